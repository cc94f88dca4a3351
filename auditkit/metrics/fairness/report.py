"""One answer about the fairness of predictions: rates, gaps, how sure they are, and what chance alone would make."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from auditkit.errors import DataError, ShapeError
from auditkit.metrics.fairness.calibration import group_calibration, positive_probability
from auditkit.metrics.fairness.coding import CodedLabels, code_labels
from auditkit.metrics.fairness.confusion import count_cells
from auditkit.metrics.fairness.gaps import GAPS, Agg, GapKind, Method
from auditkit.metrics.fairness.group_codes import Groups, read_groups
from auditkit.metrics.fairness.inference import Inferred, Wanted, infer
from auditkit.metrics.fairness.own_metrics import own_metrics
from auditkit.metrics.fairness.report_result import FairnessReport, Gap, GroupRate
from auditkit.metrics.fairness.report_rows import gaps_from, group_rates_from, rate_frame, with_holm
from auditkit.metrics.fairness.sources import CellSource, Source, amounts, calibrations
from auditkit.metrics.fairness.value_codes import numbers_of, predicts_amount
from auditkit.metrics.parameters import check_seed, one_of, whole

if TYPE_CHECKING:
    from auditkit.metrics.fairness.calibration_result import GroupCalibration

__all__ = ["FairnessReport", "Gap", "GroupRate", "fairness_report"]

FairnessTask = Literal["classification", "regression"]
_SMALL = 30
_AMOUNTS = (
    GapKind("mean_prediction_difference", ("mean_prediction",), "difference", within_truth=False),
    GapKind("mae_difference", ("mae",), "difference"),
    GapKind("r2_difference", ("r2",), "difference"),
)
_CALIBRATION = GapKind("calibration_difference", ("calibration_error",), "difference")


@dataclass(frozen=True, eq=False)
class _Read:
    """What was given, as sources of rates."""

    sources: list[tuple[Source, tuple[GapKind, ...], tuple[str, ...]]]
    groups: Groups
    task: FairnessTask
    classes: tuple[str, ...]
    positive: str
    calibration: GroupCalibration | None
    notes: list[str]
    coded: tuple[Any, Any] | None = None
    """Truth and prediction as 1 and 0, of two classes."""


def fairness_report(  # noqa: PLR0913 - what a reader may want to choose
    *,
    y_true: Any,
    y_pred: Any,
    groups: Any,
    y_prob: Any = None,
    positive: Any = None,
    metrics: Mapping[str, Callable[[Any, Any], float]] | None = None,
    n_resamples: int = 1000,
    seed: int = 0,
    min_support: int = 1,
    method: Method = "between_groups",
    agg: Agg = "worst_case",
    task: FairnessTask | None = None,
) -> FairnessReport:
    """How predictions treat groups: rates, gaps with intervals, and how large a gap chance alone would make.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n,)
        Labels of any type, or amounts. A numeric target of more than 20 distinct values is an amount,
        unless its values are whole numbers and every prediction is one of them.
    groups : array-like of shape (n,), or (n, c), frame or mapping for the intersections of several columns
        A missing value is a group of its own, `"(missing)"`.
    y_prob : array-like of shape (n,) or (n, n_classes), optional
        Probabilities, for calibration.
    positive : object, optional
        The positive class, as in `group_rates`.
    metrics : mapping of str to callable, optional
        Further metrics `(y_true, y_pred) -> float`, read per group by fairlearn's MetricFrame. Of two classes they get
        1 for the positive and 0 for the other, else the labels as they are. A metric that has no value in a group must
        return NaN.
    n_resamples : int, default 1000
        Resamples for percentiles, and deals of groups for nulls; 0 for neither.
    seed : int, default 0
    min_support : int, default 1
        Rates over fewer units are undefined and take no part in gaps.
    method : {"between_groups", "to_overall"}, default "between_groups"
    agg : {"worst_case", "mean"}, default "worst_case"
        How equalized odds joins its two rates.
    task : {"classification", "regression"}, optional
        What labels are, where it should not be read from them.

    Returns
    -------
    FairnessReport
        `.rates` (frame), `.group_rates` and `.gaps` (with intervals, chance and p), `.calibration`, `.frame()`, and a
        readable print. Gaps: demographic_parity, equalized_odds, equal_opportunity and accuracy, each as difference
        (in [0, 1], lower is better) and ratio (in [0, 1], higher is better); of amounts the differences of mean
        prediction, mae and r2; calibration_difference where there are probabilities.

    Raises
    ------
    AuditkitError
        As `group_rates`, or with the first line of what a metric of the user's raises.

    Notes
    -----
    `.percentile` are limits from resamples of all rows with replacement, groups not stratified, as fairlearn's
    MetricFrame makes them; here the resamples are multinomial draws of the cells, some 800 times as fast. A
    rate's `.low` and `.high` are these, too, in groups over 200 rows; in smaller ones, and where the rate is 0 or 1,
    Wilson's. A gap's are not: the largest difference of noisy rates is larger than that of the true ones, and its
    resamples are larger still, so that percentiles often lie above the true gap where several groups are at the
    extremes. They are joined from Wilson's limits of all pairs of groups at once (MOVER): wider, and made to hold the
    true gap 95 times of 100 or more.

    Whether there is a gap is told by p: groups are dealt out anew within each true label (within all rows for
    demographic parity; within tenths of the truth for amounts, of the probability for calibration), and p is the share
    of deals, and the data themselves, in which the largest difference between groups in its standard errors is as
    large. By the gap itself, a group of two units would decide: `.chance` says how large a gap deals make. Holm's
    correction over the differences, and over the ratios. O(n + n_resamples x cells); amounts and probabilities
    O(n x n_resamples), in fewer resamples (at least 100) beyond 50 million draws.

    References
    ----------
    Efron and Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13.
    Zou and Donner 2008, "Construction of Confidence Limits about Effect Measures: A General Approach", Statistics in
    Medicine 27 (MOVER).
    DiCiccio, Vasudevan, Basu, Kenthapadi and Agarwal 2020, "Evaluating Fairness Using Permutation Tests", KDD.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> sex = rng.choice(["f", "m"], 2000)
    >>> truth = rng.integers(0, 2, 2000)
    >>> predicted = np.where(rng.random(2000) < np.where(sex == "f", 0.2, 0.05), 1 - truth, truth)
    >>> report = fairness_report(y_true=truth, y_pred=predicted, groups=sex, n_resamples=200)
    >>> gap = report.gaps["equalized_odds_difference"]
    >>> round(gap.value, 2), gap.groups, gap.p < 0.01
    (0.16, ('f', 'm'), True)
    """
    one_of("method", method, Method)
    one_of("agg", agg, Agg)
    if task is not None:
        one_of("task", task, FairnessTask)
    least = whole("min_support", min_support, 1)
    n_resamples, seed = whole("n_resamples", n_resamples, 0, give=1000), check_seed(seed)
    read = _read(y_true, y_pred, groups, y_prob, positive, task, least)
    rngs = np.random.default_rng(seed).spawn(len(read.sources))
    inferred: list[Inferred] = []
    rates: list[GroupRate] = []
    gaps: list[Gap] = []
    for (source, kinds, labels), rng in zip(read.sources, rngs, strict=True):
        found = infer(source, Wanted(kinds, method, agg, n_resamples), rng)
        inferred.append(found)
        rates += group_rates_from(found, read.groups, labels, least)
        gaps += gaps_from(found, kinds, read.groups, labels, method=method, agg=agg, min_support=least)
    frame = rate_frame(inferred, read.groups, read.sources[0][2])
    if metrics is not None:
        truth, predicted = read.coded or (y_true, y_pred)
        values, own_rates, own_gaps = own_metrics(
            metrics, y_true=truth, y_pred=predicted, groups=read.groups, method=method, min_support=least,
            n_resamples=n_resamples, seed=seed,
        )  # fmt: skip
        repeats = len(frame) // len(read.groups)
        frame = frame.assign(**{name: np.repeat(found, repeats) for name, found in values.items()})
        rates, gaps = [*rates, *own_rates], [*gaps, *own_gaps]
    about = {
        "task": read.task, "n": len(read.groups.codes), "groups": len(read.groups), "columns": list(read.groups.names),
        "classes": list(read.classes), "positive": read.positive, "n_missing_groups": read.groups.n_missing,
        "method": method, "agg": agg, "min_support": least, "n_resamples": n_resamples, "seed": seed,
    }  # fmt: skip
    return FairnessReport(
        frame, tuple(rates), with_holm(gaps), read.calibration, about, (*read.notes, *_notes(read.groups, least, gaps))
    )


def _read(
    y_true: Any, y_pred: Any, groups: Any, y_prob: Any, positive: Any, task: FairnessTask | None, least: int
) -> _Read:
    if task == "regression" or (task is None and positive is None and predicts_amount(y_true, y_pred)):
        return _read_amounts(y_true, y_pred, groups, y_prob, least)
    labels = code_labels(y_true, y_pred, positive=positive)
    levels = read_groups(groups, n=len(labels.truth))
    asked = tuple(labels.classes[place] for place in labels.asked)
    cells = CellSource(count_cells(labels, levels.codes, len(levels)), labels.asked, least)
    sources: list[tuple[Source, tuple[GapKind, ...], tuple[str, ...]]] = [(cells, tuple(GAPS.values()), asked)]
    notes, calibration = _strangers(labels), None
    if y_prob is not None and len(asked) > 1:
        notes.append("calibration is told for one class, and there are several: choose one by positive=.")
    elif y_prob is not None:
        probability = positive_probability(y_prob, labels)
        truth = labels.truth == labels.asked[0]
        rows = calibrations(truth, probability, levels.codes, len(levels), min_support=least)
        sources.append((rows, (_CALIBRATION,), asked))
        calibration = group_calibration(y_true=truth, y_prob=probability, groups=groups)
    known = asked[0] if len(asked) == 1 else ""
    coded = None
    if known and len(labels.classes) == 2:  # noqa: PLR2004 - where 1 and 0 say all
        coded = (
            (labels.truth == labels.asked[0]).astype(np.int64),
            (labels.predicted == labels.asked[0]).astype(np.int64),
        )
    return _Read(sources, levels, "classification", labels.classes, known, calibration, notes, coded)


def _strangers(labels: CodedLabels) -> list[str]:
    """Predicted classes that are nobody's: mostly another spelling of one that is."""
    lost = sorted({*labels.predicted.tolist()} - {*labels.truth.tolist()})
    if len(labels.classes) < 3 or not lost:  # noqa: PLR2004 - one of two may well be rare
        return []
    units = int(np.isin(labels.predicted, lost).sum())
    names = ", ".join(repr(labels.classes[code]) for code in lost[:3]) + (" and others" if len(lost) > 3 else "")  # noqa: PLR2004
    return [f"no unit is of class {names}, and {units} are predicted so: see whether classes are spelt alike."]


def _read_amounts(y_true: Any, y_pred: Any, groups: Any, y_prob: Any, least: int) -> _Read:
    truth, predicted = numbers_of(y_true, "y_true"), numbers_of(y_pred, "y_pred")
    if len(truth) != len(predicted):
        raise ShapeError(f"`y_true` has {len(truth)} units and `y_pred` {len(predicted)}: give a prediction for each.")
    if not len(truth):
        raise DataError("`y_true` has no units: give at least one.")
    levels = read_groups(groups, n=len(truth))
    source = amounts(truth, predicted, levels.codes, len(levels), min_support=least)
    notes = ["the target is a number of many values: groups differ in mean prediction, error and R2."]
    if y_prob is not None:
        notes.append("probabilities say nothing about an amount and were not read.")
    return _Read([(source, _AMOUNTS, ("",))], levels, "regression", (), "", None, notes)


def _notes(groups: Groups, least: int, gaps: Sequence[Gap]) -> Iterator[str]:
    if groups.n_missing:
        yield f"{groups.n_missing} units have a missing group value and are the group '(missing)'."
    if len(groups) == 1:
        yield "there is a single group: every gap is 0."
    sizes = np.bincount(groups.codes, minlength=len(groups))
    small = [groups.name(int(code)) for code in np.flatnonzero((sizes < _SMALL) & (sizes >= least))]
    if small:
        shown = "; ".join(small[:5]) + (f" and {len(small) - 5} more" if len(small) > 5 else "")  # noqa: PLR2004
        yield (
            f"{len(small)} of {len(groups)} groups {'has' if len(small) == 1 else 'have'} fewer than {_SMALL} units "
            f"({shown}){_between_small(gaps, set(small))}: min_support={_SMALL} leaves out what rests on so few."
        )


def _between_small(gaps: Sequence[Gap], small: set[str]) -> str:
    """Which gaps rest on small groups: these are the largest by chance."""
    found = [gap for gap in gaps if small & set(gap.groups)]
    if not found:
        return ""
    return f", and {len(found)} of {len(gaps)} gaps {'is' if len(found) == 1 else 'are'} theirs, maybe by chance alone"
