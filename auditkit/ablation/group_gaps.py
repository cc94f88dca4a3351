"""How differently a model treats groups, for any weighting of the test units: what each arm does to fairness.

`gap_parts` gives a part per declared group column and gap for the grid of an ablation: gaps are measures like any
other, so that arms are compared by paired differences with intervals.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from auditkit.ablation.grid import Part
from auditkit.ablation.measures import Measure, Outcome, Task
from auditkit.ablation.weighted_cells import Asked, cells_of, counted_groups, group_sums
from auditkit.metrics.fairness.confusion import dealt_cells, rates_of, ratio_of, supports_of
from auditkit.metrics.fairness.gaps import GAPS, GapKind, Method, gap_of, spread_of
from auditkit.metrics.fairness.group_codes import read_groups
from auditkit.metrics.fairness.inference import joined
from auditkit.metrics.fairness.value_codes import Codes
from auditkit.results import Direction

__all__ = ["AGAINST", "MIN_SUPPORT", "gap_measures", "gap_parts"]

Array = NDArray[np.float64]
MIN_SUPPORT = 10
"""Test units below which a group's rate takes no part in a gap: of two units any rate is 0, 1/2 or 1."""
AGAINST = "against"
"""Key of `where` in parts about how far groups are from all units: `{"group": "sex", "against": "overall"}`."""
_DEALS, _DEALT = 200, 0xDEA1
_FEW = "fewer than two groups have {least} test units that count"


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
    asked = Asked(codes, n_groups, classes, n_classes, min_support)
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


class _Rates:
    """Rates of all weightings, counted once for all the gaps that one fit is asked for."""

    def __init__(self, asked: Asked) -> None:
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
        cells = cells_of(outcome, np.ones((1, len(outcome.truth))), asked)[0].astype(np.int64)
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
        return joined(kept), joined(overall)

    def _read(self, outcome: Outcome, weights: Array) -> tuple[dict[str, Array], dict[str, Array]]:
        asked = self._asked
        plain = supports_of(cells_of(outcome, np.ones((1, len(outcome.truth))), asked), asked.classes)
        cells = cells_of(outcome, weights, asked)
        kept = {
            rate: np.where(plain[rate] >= asked.min_support, found, np.nan)
            for rate, found in rates_of(cells, asked.classes).items()
        }
        return kept, rates_of(cells.sum(axis=-3, keepdims=True), asked.classes)


def _cell_gap(kind: GapKind, rates: _Rates, method: Method) -> Callable[[Outcome, Array], Array]:
    return lambda outcome, weights: gap_of(*rates.of(outcome, weights), kind, method=method, agg="worst_case")


def _calibration_gap(asked: Asked, method: Method) -> Callable[[Outcome, Array], Array]:
    def compute(outcome: Outcome, weights: Array) -> Array:
        total = group_sums(np.ones(len(outcome.truth)), weights, asked)
        gaps = []
        for number in asked.classes:
            error = outcome.probabilities[:, number] - (outcome.truth == number)
            gaps.append(_mean_gap(group_sums(error, weights, asked), total, counted_groups(asked), method))
        return np.asarray(np.max(gaps, axis=0))

    return compute


def _amount_gaps(codes: Codes, n_groups: int, min_support: int, method: Method) -> list[Measure]:
    asked = Asked(codes, n_groups, (), 0, min_support)

    def gap(values: Callable[[Outcome], Array]) -> Callable[[Outcome, Array], Array]:
        def compute(outcome: Outcome, weights: Array) -> Array:
            total = group_sums(np.ones(len(codes)), weights, asked)
            return _mean_gap(group_sums(values(outcome), weights, asked), total, counted_groups(asked), method)

        return compute

    undefined = _FEW.format(least=min_support)
    means = {
        "mean_prediction_difference": lambda outcome: outcome.predicted,
        "mae_difference": lambda outcome: np.abs(outcome.predicted - outcome.truth),
    }
    return [Measure(name, "regression", "lower", (0.0, None), gap(values), undefined) for name, values in means.items()]


def _mean_gap(sums: Array, total: Array, counted: NDArray[np.bool_], method: Method) -> Array:
    means = ratio_of(sums, np.where(counted, total, 0.0))
    overall = ratio_of(sums.sum(axis=-1), total.sum(axis=-1))
    return spread_of(means, overall, "difference", method)
