"""How good predictions are, for any weighting of the test units.

Each measure takes a matrix of weights, a row per weighting, and gives a value per row. Ones give the plain measure
(equal to scikit-learn's); the counts of a bootstrap give its resamples, all at once. NaN stands for undefined inside
this folder only: results say None and why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from auditkit.ablation.weighted_cells import sums_at
from auditkit.blocks import split_blocks
from auditkit.errors import UnknownNameError
from auditkit.results import Direction

__all__ = [
    "CLASS_AVERAGES",
    "MEASURES",
    "PROBABILISTIC",
    "Measure",
    "Outcome",
    "Task",
    "default_measures",
    "measure_of",
]

Task = Literal["classification", "regression"]
_BINS = 15
_AT_ONCE = 200_000
Weights = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a model said about the test units, beside the truth.

    Attributes
    ----------
    truth : ndarray of shape (n,)
        Class numbers (classification) or target values (regression).
    predicted : ndarray of shape (n,)
        The same for the prediction.
    probabilities : ndarray of shape (n, n_classes), or (n, 0) for regression
        NaN where the model gives none.
    rarest : int or None
        Class that measures of the minority look at; None where nobody said.
    """

    truth: NDArray[np.float64]
    predicted: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    rarest: int | None = None

    @property
    def n_classes(self) -> int:
        """Classes known to the task; 0 for regression."""
        return int(self.probabilities.shape[1])

    def take(self, members: NDArray[np.bool_]) -> Outcome:
        """The outcome on some of the units."""
        if members.all():
            return self
        return replace(
            self,
            truth=self.truth[members],
            predicted=self.predicted[members],
            probabilities=self.probabilities[members],
        )


@dataclass(frozen=True)
class Measure:
    """A measure of predictions.

    Attributes
    ----------
    name : str
    task : {"classification", "regression"}
    direction : {"higher", "lower", "none"}
    bounds : tuple of (float or None, float or None)
    compute : callable
        `(outcome, weights of shape (b, n)) -> values of shape (b,)`, NaN where undefined.
    undefined : str
        Why it can be undefined.
    chance : callable, optional
        `(outcome) -> values of shape (m,)` that chance alone would give.
    """

    name: str
    task: Task
    direction: Direction
    bounds: tuple[float | None, float | None]
    compute: Callable[[Outcome, Weights], Weights]
    undefined: str
    chance: Callable[[Outcome], Weights] | None = None

    @property
    def width(self) -> float | None:
        """How far apart two values can lie; None where there is no limit."""
        low, high = self.bounds
        return None if low is None or high is None else high - low


def accuracy(outcome: Outcome, weights: Weights) -> Weights:
    """Share of units predicted rightly."""
    return _ratio(weights @ (outcome.truth == outcome.predicted).astype(np.float64), weights.sum(axis=1))


def balanced_accuracy(outcome: Outcome, weights: Weights) -> Weights:
    """Mean over the classes present of the share predicted rightly; chance is one over the number of classes."""
    cells = _confusion(outcome, weights)
    recall = _ratio(np.einsum("bkk->bk", cells), cells.sum(axis=2))
    return _mean_of_defined(recall)


def macro_f1(outcome: Outcome, weights: Weights) -> Weights:
    """Mean of F1 over the classes present in truth or prediction."""
    cells = _confusion(outcome, weights)
    hits = np.einsum("bkk->bk", cells)
    return _mean_of_defined(_ratio(2 * hits, cells.sum(axis=2) + cells.sum(axis=1)))


def minority_f1(outcome: Outcome, weights: Weights) -> Weights:
    """F1 of the class that is rarest in the real set; undefined where it is neither true nor predicted."""
    if outcome.rarest is None:
        return np.full(len(weights), np.nan)
    true, said = outcome.truth == outcome.rarest, outcome.predicted == outcome.rarest
    hits = weights @ (true & said).astype(np.float64)
    return _ratio(2 * hits, weights @ true.astype(np.float64) + weights @ said.astype(np.float64))


def auroc(outcome: Outcome, weights: Weights) -> Weights:
    """Area under the ROC curve; with several classes the mean of each against the rest. Chance is 0.5."""
    if _nothing_said(outcome):
        return np.full(len(weights), np.nan)
    present = [k for k in range(outcome.n_classes) if bool((outcome.truth == k).any())]
    chosen = present[-1:] if outcome.n_classes == 2 else present  # noqa: PLR2004 - two classes share one curve
    curves = [_auc(outcome.probabilities[:, k], outcome.truth == k, weights) for k in chosen]
    return np.mean(curves, axis=0) if curves else np.full(len(weights), np.nan)


def average_precision(outcome: Outcome, weights: Weights) -> Weights:
    """Mean precision over recall of the rarest class; with several classes the mean of each against the rest.

    Chance is the share of the class.
    """
    if _nothing_said(outcome):
        return np.full(len(weights), np.nan)
    present = [k for k in range(outcome.n_classes) if bool((outcome.truth == k).any())]
    if outcome.n_classes == 2:  # noqa: PLR2004 - two classes: the one that matters
        rarest = 1 if outcome.rarest is None else outcome.rarest
        present = [rarest] if rarest in present else []
    curves = [_precision(outcome.probabilities[:, k], outcome.truth == k, weights) for k in present]
    return np.mean(curves, axis=0) if curves else np.full(len(weights), np.nan)


def brier(outcome: Outcome, weights: Weights) -> Weights:
    """Mean squared distance of the probabilities from the truth, halved for two classes, as it is usually given."""
    truth = np.eye(outcome.n_classes)[outcome.truth.astype(np.intp)]
    scale = 0.5 if outcome.n_classes == 2 else 1.0  # noqa: PLR2004 - two classes
    return _ratio(weights @ (scale * ((outcome.probabilities - truth) ** 2).sum(axis=1)), weights.sum(axis=1))


def calibration(outcome: Outcome, weights: Weights) -> Weights:
    """Expected calibration error: how far the share of right predictions lies from the probability stated for them.

    Mean over 15 bins of equal width, weighed by their units. Above 0 also for a calibrated model, by chance.
    """
    if _nothing_said(outcome):
        return np.full(len(weights), np.nan)
    stated = outcome.probabilities.max(axis=1)
    bins = np.minimum((stated * _BINS).astype(np.intp), _BINS - 1)
    right = (outcome.probabilities.argmax(axis=1) == outcome.truth).astype(np.float64)
    gaps = [np.abs(weights[:, bins == k] @ (right - stated)[bins == k]) for k in range(_BINS)]
    return _ratio(np.sum(gaps, axis=0), weights.sum(axis=1))


def log_loss(outcome: Outcome, weights: Weights) -> Weights:
    """Mean of minus the log probability given to the truth."""
    given = outcome.probabilities[np.arange(len(outcome.truth)), outcome.truth.astype(np.intp)]
    loss = -np.log(np.clip(given, np.finfo(np.float64).eps, 1.0))
    return _ratio(weights @ loss, weights.sum(axis=1))


def r2(outcome: Outcome, weights: Weights) -> Weights:
    """Share of the target's variance that the predictions explain; 0 is as good as the mean, below 0 is worse."""
    # Centred first: the sums of squares below would cancel badly for targets far from zero.
    truth = outcome.truth - outcome.truth.mean()
    total = weights.sum(axis=1)
    mean = _ratio(weights @ truth, total)
    spread = weights @ truth**2 - total * mean**2
    error = weights @ (outcome.truth - outcome.predicted) ** 2
    spread = np.where(spread > np.finfo(np.float64).eps * (weights @ truth**2), spread, 0.0)
    return 1.0 - _ratio(error, spread)


def mae(outcome: Outcome, weights: Weights) -> Weights:
    """Mean absolute error, in the target's unit."""
    return _ratio(weights @ np.abs(outcome.truth - outcome.predicted), weights.sum(axis=1))


def rmse(outcome: Outcome, weights: Weights) -> Weights:
    """Root of the mean squared error, in the target's unit."""
    return np.sqrt(_ratio(weights @ (outcome.truth - outcome.predicted) ** 2, weights.sum(axis=1)))


_ONE_CLASS = "the test part has one class only"
_NO_RARE = "no test unit is of the rarest class"
_NO_UNITS = "no test unit has weight"
MEASURES: Mapping[str, Measure] = {
    item.name: item
    for item in (
        Measure("balanced_accuracy", "classification", "higher", (0.0, 1.0), balanced_accuracy, _NO_UNITS),
        Measure("macro_f1", "classification", "higher", (0.0, 1.0), macro_f1, _NO_UNITS),
        Measure("auroc", "classification", "higher", (0.0, 1.0), auroc, _ONE_CLASS),
        Measure("minority_f1", "classification", "higher", (0.0, 1.0), minority_f1, _NO_RARE),
        Measure("average_precision", "classification", "higher", (0.0, 1.0), average_precision, _NO_RARE),
        Measure("accuracy", "classification", "higher", (0.0, 1.0), accuracy, _NO_UNITS),
        Measure("brier", "classification", "lower", (0.0, None), brier, _NO_UNITS),
        Measure("expected_calibration_error", "classification", "lower", (0.0, 1.0), calibration, _NO_UNITS),
        Measure("log_loss", "classification", "lower", (0.0, None), log_loss, _NO_UNITS),
        Measure("r2", "regression", "higher", (None, 1.0), r2, "the test part's target does not vary"),
        Measure("mae", "regression", "lower", (0.0, None), mae, _NO_UNITS),
        Measure("rmse", "regression", "lower", (0.0, None), rmse, _NO_UNITS),
    )
}

PROBABILISTIC = frozenset({"auroc", "average_precision", "brier", "expected_calibration_error", "log_loss"})
"""Measures that need probabilities."""

CLASS_AVERAGES = frozenset({"balanced_accuracy", "macro_f1", "auroc", "average_precision"})
"""Measures that average over the classes of the tested units, so that sets of other classes are not comparable."""


def default_measures(task: Task, *, imbalanced: bool = False) -> tuple[str, ...]:
    """Names measured when none are asked for; the first is the main one, which decides the words.

    Parameters
    ----------
    task : {"classification", "regression"}
    imbalanced : bool, default False
        Whether one class is at least three times as frequent as another.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> default_measures("classification", imbalanced=True)
    ('balanced_accuracy', 'macro_f1', 'auroc', 'minority_f1', 'average_precision')
    """
    if task == "regression":
        return ("r2", "mae")
    return ("balanced_accuracy", "macro_f1", "auroc", *(("minority_f1", "average_precision") if imbalanced else ()))


def measure_of(name: str, task: Task) -> Measure:
    """Measure by name.

    Raises
    ------
    UnknownNameError
        If no measure of this task has that name.
    """
    known = [item.name for item in MEASURES.values() if item.task == task]
    if name not in known:
        raise UnknownNameError.of(f"{task} measure", name, known)
    return MEASURES[name]


def _confusion(outcome: Outcome, weights: Weights) -> Weights:
    """Weight per (weighting, true class, predicted class)."""
    k = outcome.n_classes
    return sums_at(weights, (outcome.truth * k + outcome.predicted).astype(np.intp), (k, k))


def _auc(scores: NDArray[np.float64], positive: NDArray[np.bool_], weights: Weights) -> Weights:
    def area(above: Weights, below: Weights) -> Weights:
        beaten = np.cumsum(below, axis=1) - below / 2
        return _ratio((above * beaten).sum(axis=1), above.sum(axis=1) * below.sum(axis=1))

    return _by_threshold(scores, positive, weights, area)


def _precision(scores: NDArray[np.float64], positive: NDArray[np.bool_], weights: Weights) -> Weights:
    """Precision at every threshold, weighed by the recall that it adds."""

    def area(hits: Weights, others: Weights) -> Weights:
        named = np.cumsum(hits + others, axis=1)
        precision = np.divide(np.cumsum(hits, axis=1), named, out=np.zeros_like(named), where=named > 0)
        return _ratio((hits * precision).sum(axis=1), hits.sum(axis=1))

    return _by_threshold(-scores, positive, weights, area)


def _by_threshold(
    scores: NDArray[np.float64],
    positive: NDArray[np.bool_],
    weights: Weights,
    area: Callable[[Weights, Weights], Weights],
) -> Weights:
    """What `area` makes of the weight of positives and of others at each score, lowest first."""
    order = np.argsort(scores, kind="stable")
    ranked = scores[order]
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
    result = np.empty(len(weights))
    # Some weightings at a time: the whole matrix in another order would double the memory.
    for block in split_blocks(len(weights), max(1, _AT_ONCE // len(scores))):
        ordered = weights[block][:, order]
        hits = np.add.reduceat(ordered * positive[order], starts, axis=1)
        result[block] = area(hits, np.add.reduceat(ordered, starts, axis=1) - hits)
    return result


def _nothing_said(outcome: Outcome) -> bool:
    """Whether the model gave no probabilities."""
    return bool(np.isnan(outcome.probabilities).any())


def _ratio(top: Weights, bottom: Weights) -> Weights:
    return np.asarray(np.divide(top, bottom, out=np.full(np.shape(top), np.nan), where=bottom > 0))


def _mean_of_defined(values: Weights) -> Weights:
    defined = ~np.isnan(values)
    return _ratio(np.where(defined, values, 0.0).sum(axis=1), defined.sum(axis=1).astype(np.float64))
