"""How differently a model treats groups, for any weighting of the test units: what each arm does to fairness.

`gap_parts` gives a part per declared group column and gap, `rate_parts` a part per group and rate, both for the grid
of an ablation: they are measures like any other, so that arms are compared by paired differences with intervals.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditkit.ablation.measures import Measure, Outcome, Task, measure_of
from auditkit.ablation.scoring import Part
from auditkit.metrics.fairness.coding import Codes, read_groups
from auditkit.metrics.fairness.confusion import dealt_cells, rates_of, ratio_of, supports_of
from auditkit.metrics.fairness.gaps import GAPS, GapKind, Method, gap_of, spread_of
from auditkit.results import Direction

__all__ = ["AGAINST", "MIN_SUPPORT", "gap_measures", "gap_parts", "rate_measures", "rate_parts"]

Array = NDArray[np.float64]
MIN_SUPPORT = 10
"""Test units below which a group's rate takes no part in a gap: of two units any rate is 0, 1/2 or 1."""
AGAINST = "against"
"""Key of `where` in parts about how far groups are from all units: `{"group": "sex", "against": "overall"}`."""
_DEALS, _DEALT = 200, 0xDEA1
_FEW = "fewer than two groups have {least} test units that count"


@dataclass(frozen=True, eq=False)
class _Asked:
    """Groups of the test units, and the classes that rates are about."""

    codes: Codes
    n_groups: int
    classes: tuple[int, ...]
    n_classes: int
    min_support: int


def gap_parts(
    groups: Mapping[str, NDArray[np.object_]],
    *,
    task: Task,
    n_classes: int = 0,
    positive: int | None = None,
    min_support: int = MIN_SUPPORT,
) -> Iterator[Part]:
    """Every gap of every declared group column, over all test units.

    Parameters
    ----------
    groups : mapping of str to ndarray of object, shape (n_test,)
        Level of each test unit, as `Prepared.groups` holds them.
    task : {"classification", "regression"}
    n_classes : int
        Classes of the task; 0 for regression.
    positive : int, optional
        Number of the positive class; None reads each class against the rest, and the worst counts.
    min_support : int
        Rates over fewer test units take no part.

    Yields
    ------
    Part
        With `where = {"group": column}` for gaps between groups, and for those to all units together also
        `"against": "overall"`.
    """
    methods: tuple[tuple[Method, dict[str, str]], ...] = (
        ("between_groups", {}),
        ("to_overall", {AGAINST: "overall"}),
    )
    for name, levels in groups.items():
        found = read_groups(levels, n=len(levels))
        everyone = np.ones(len(levels), dtype=bool)
        for method, more in methods:
            measures = gap_measures(
                found.codes, len(found), task=task, n_classes=n_classes, positive=positive, min_support=min_support,
                method=method,
            )  # fmt: skip
            yield from (Part(measure, {"group": name} | more, everyone) for measure in measures)


def rate_parts(
    groups: Mapping[str, NDArray[np.object_]], *, task: Task, n_classes: int = 0, positive: int | None = None
) -> Iterator[Part]:
    """Every rate of every group: selection rate, true and false positive rate, accuracy, calibration.

    Parameters
    ----------
    groups, task, n_classes, positive
        As in `gap_parts`; without a positive class the accuracy alone.

    Yields
    ------
    Part
        With `where = {column: level}`.
    """
    measures = rate_measures(task=task, n_classes=n_classes, positive=positive)
    for name, levels in groups.items():
        found = read_groups(levels, n=len(levels))
        for code in range(len(found)):
            members = found.codes == code
            yield from (Part(measure, {name: found.name(code)}, members) for measure in measures)


def gap_measures(
    codes: Codes,
    n_groups: int,
    *,
    task: Task,
    n_classes: int = 0,
    positive: int | None = None,
    min_support: int = MIN_SUPPORT,
    method: Method = "between_groups",
) -> list[Measure]:
    """Gaps between the groups of one column as measures of the test units.

    Parameters
    ----------
    codes : ndarray of intp, shape (n_test,)
        Group of each test unit.
    n_groups : int
    task, n_classes, positive, min_support
        As in `gap_parts`.
    method : {"between_groups", "to_overall"}

    Returns
    -------
    list of Measure
        Classification: demographic_parity, equalized_odds, equal_opportunity and accuracy as `_difference` (lower is
        better) and `_ratio` (higher is better), calibration_difference (of mean probability less observed share).
        Regression: mean_prediction_difference, mae_difference (in the target's unit). Each takes the outcome of all
        test units and weights of shape (b, n_test).
    """
    if task == "regression":
        return _amount_gaps(codes, n_groups, min_support, method)
    classes = tuple(range(n_classes)) if positive is None else (positive,)
    asked = _Asked(codes, n_groups, classes, n_classes, min_support)
    undefined = _FEW.format(least=min_support)
    rates = _Rates(asked)
    directions: dict[str, Direction] = {"difference": "lower", "ratio": "higher"}
    found = [
        Measure(
            name,
            task,
            directions[kind.form],
            (0.0, 1.0),
            _cell_gap(kind, rates, method),
            undefined,
            functools.partial(rates.chance, kind, method),
        )
        for name, kind in GAPS.items()
    ]
    calibration = _calibration_gap(asked, method)
    return [*found, Measure("calibration_difference", task, "lower", (0.0, 2.0), calibration, undefined)]


def rate_measures(*, task: Task, n_classes: int = 0, positive: int | None = None) -> list[Measure]:
    """What is measured of the members of each group.

    Returns
    -------
    list of Measure
        selection_rate, tpr, fpr, accuracy, calibration_error (mean probability of the positive class less its share,
        in [-1, 1]); without a positive class the accuracy; for regression mean_prediction, mae, r2.
    """
    if task == "regression":
        mean = Measure("mean_prediction", task, "none", (None, None), _mean_prediction, "the group has no test units")
        return [mean, measure_of("mae", task), measure_of("r2", task)]
    accuracy = measure_of("accuracy", task)
    if positive is None:
        return [accuracy]
    reasons = {"tpr": "the group has no positives among the test units", "fpr": "the group has no negatives among them"}
    rates = [
        Measure(name, task, "none", (0.0, 1.0), _rate(name, positive, n_classes), reasons.get(name, accuracy.undefined))
        for name in ("selection_rate", "tpr", "fpr")
    ]
    error = Measure("calibration_error", task, "none", (-1.0, 1.0), _calibration(positive), accuracy.undefined)
    return [*rates, accuracy, error]


class _Rates:
    """Rates of all weightings, counted once for all the gaps that one fit is asked for."""

    def __init__(self, asked: _Asked) -> None:
        self._asked = asked
        self._last = threading.local()

    def of(self, outcome: Outcome, weights: Array) -> tuple[dict[str, Array], dict[str, Array]]:
        """By group and of all units, small groups left out; kept until the thread asks for another outcome."""
        held = getattr(self._last, "held", None)
        if held is None or held[0] is not outcome or held[1] is not weights:
            held = self._last.held = (outcome, weights, self._read(outcome, weights))
        found: tuple[dict[str, Array], dict[str, Array]] = held[2]
        return found

    def chance(self, kind: GapKind, method: Method, outcome: Outcome) -> Array:
        """The gap when groups are dealt out anew within each true label, or within all units for parity."""
        # Both ways of dealing serve several gaps, and dealing is most of the work.
        held = getattr(self._last, "dealt", None)
        if held is None or held[0] is not outcome:
            held = self._last.dealt = (outcome, {})
        dealt: dict[bool, tuple[dict[str, Array], dict[str, Array]]] = held[1]
        if kind.within_truth not in dealt:
            dealt[kind.within_truth] = self._deal(outcome, within_truth=kind.within_truth)
        rates, overall = dealt[kind.within_truth]
        return gap_of(rates, overall, kind, method=method, agg="worst_case")

    def _deal(self, outcome: Outcome, *, within_truth: bool) -> tuple[dict[str, Array], dict[str, Array]]:
        asked = self._asked
        cells = _cells(outcome, np.ones((1, len(outcome.truth))), asked)[0].astype(np.int64)
        plain = supports_of(cells, asked.classes)
        rng = np.random.default_rng(np.random.SeedSequence([_DEALT, len(outcome.truth)]))
        kept: list[dict[str, Array]] = []
        overall: list[dict[str, Array]] = []
        for dealt in dealt_cells(cells, _DEALS, rng, within_truth=within_truth):
            rates = rates_of(dealt, asked.classes)
            kept.append(
                {name: np.where(plain[name] >= asked.min_support, rate, np.nan) for name, rate in rates.items()}
            )
            overall.append(rates_of(dealt.sum(axis=-3, keepdims=True), asked.classes))
        return _joined(kept), _joined(overall)

    def _read(self, outcome: Outcome, weights: Array) -> tuple[dict[str, Array], dict[str, Array]]:
        asked = self._asked
        plain = supports_of(_cells(outcome, np.ones((1, len(outcome.truth))), asked), asked.classes)
        cells = _cells(outcome, weights, asked)
        kept = {
            rate: np.where(plain[rate] >= asked.min_support, found, np.nan)
            for rate, found in rates_of(cells, asked.classes).items()
        }
        return kept, rates_of(cells.sum(axis=-3, keepdims=True), asked.classes)


def _joined(parts: Sequence[Mapping[str, Array]]) -> dict[str, Array]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _cell_gap(kind: GapKind, rates: _Rates, method: Method) -> Callable[[Outcome, Array], Array]:
    return lambda outcome, weights: gap_of(*rates.of(outcome, weights), kind, method=method, agg="worst_case")


def _calibration_gap(asked: _Asked, method: Method) -> Callable[[Outcome, Array], Array]:
    def compute(outcome: Outcome, weights: Array) -> Array:
        total = _group_sums(np.ones(len(outcome.truth)), weights, asked)
        gaps = []
        for number in asked.classes:
            error = outcome.probabilities[:, number] - (outcome.truth == number)
            gaps.append(_mean_gap(_group_sums(error, weights, asked), total, _counted(asked), method))
        return np.asarray(np.max(gaps, axis=0))

    return compute


def _amount_gaps(codes: Codes, n_groups: int, min_support: int, method: Method) -> list[Measure]:
    asked = _Asked(codes, n_groups, (), 0, min_support)

    def gap(values: Callable[[Outcome], Array]) -> Callable[[Outcome, Array], Array]:
        def compute(outcome: Outcome, weights: Array) -> Array:
            total = _group_sums(np.ones(len(codes)), weights, asked)
            return _mean_gap(_group_sums(values(outcome), weights, asked), total, _counted(asked), method)

        return compute

    undefined = _FEW.format(least=min_support)
    means = {
        "mean_prediction_difference": lambda outcome: outcome.predicted,
        "mae_difference": lambda outcome: np.abs(outcome.predicted - outcome.truth),
    }
    return [Measure(name, "regression", "lower", (0.0, None), gap(values), undefined) for name, values in means.items()]


def _rate(name: str, positive: int, n_classes: int) -> Callable[[Outcome, Array], Array]:
    def compute(outcome: Outcome, weights: Array) -> Array:
        alone = _Asked(np.zeros(len(outcome.truth), dtype=np.intp), 1, (positive,), n_classes, 1)
        return rates_of(_cells(outcome, weights, alone), (positive,))[name][:, 0, 0]

    return compute


def _calibration(positive: int) -> Callable[[Outcome, Array], Array]:
    def compute(outcome: Outcome, weights: Array) -> Array:
        error = outcome.probabilities[:, positive] - (outcome.truth == positive)
        total = weights.sum(axis=1)
        return np.asarray(np.divide(weights @ error, total, out=np.full(len(total), np.nan), where=total > 0))

    return compute


def _mean_prediction(outcome: Outcome, weights: Array) -> Array:
    total = weights.sum(axis=1)
    return np.asarray(np.divide(weights @ outcome.predicted, total, out=np.full(len(total), np.nan), where=total > 0))


def _cells(outcome: Outcome, weights: Array, asked: _Asked) -> Array:
    """Weight per (weighting, group, true class, predicted class)."""
    k = asked.n_classes
    cell = (asked.codes * k + outcome.truth.astype(np.intp)) * k + outcome.predicted.astype(np.intp)
    return _sums(weights, cell, asked.n_groups * k * k).reshape(len(weights), asked.n_groups, k, k)


def _group_sums(values: Array, weights: Array, asked: _Asked) -> Array:
    return _sums(weights * values, asked.codes, asked.n_groups)


def _sums(weights: Array, places: Codes, size: int) -> Array:
    """Sum of each row's weights per place."""
    order = np.argsort(places, kind="stable")
    used, starts = np.unique(places[order], return_index=True)
    sums = np.zeros((len(weights), size))
    if len(used):
        sums[:, used] = np.add.reduceat(weights[:, order], starts, axis=1)
    return sums


def _counted(asked: _Asked) -> NDArray[np.bool_]:
    return np.bincount(asked.codes, minlength=asked.n_groups) >= asked.min_support


def _mean_gap(sums: Array, total: Array, counted: NDArray[np.bool_], method: Method) -> Array:
    means = ratio_of(sums, np.where(counted, total, 0.0))
    overall = ratio_of(sums.sum(axis=-1), total.sum(axis=-1))
    return spread_of(means, overall, "difference", method)
