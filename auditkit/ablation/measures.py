"""How good predictions are, for any weighting of the test units.

Each measure takes a matrix of weights, a row per weighting, and gives a value per row. Ones give the plain measure
(equal to scikit-learn's); the counts of a bootstrap give its resamples, all at once. NaN stands for undefined inside
this folder only: results say None and why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from auditkit.errors import UnknownNameError
from auditkit.results import Direction

__all__ = ["CLASS_AVERAGES", "MEASURES", "Measure", "Outcome", "Task", "default_measures", "measure_of"]

Task = Literal["classification", "regression"]
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
    """

    truth: NDArray[np.float64]
    predicted: NDArray[np.float64]
    probabilities: NDArray[np.float64]

    @property
    def n_classes(self) -> int:
        """Classes known to the task; 0 for regression."""
        return int(self.probabilities.shape[1])


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
    """

    name: str
    task: Task
    direction: Direction
    bounds: tuple[float | None, float | None]
    compute: Callable[[Outcome, Weights], Weights]
    undefined: str


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


def auroc(outcome: Outcome, weights: Weights) -> Weights:
    """Area under the ROC curve; with several classes the mean of each against the rest. Chance is 0.5."""
    present = [k for k in range(outcome.n_classes) if bool((outcome.truth == k).any())]
    chosen = present[-1:] if outcome.n_classes == 2 else present  # noqa: PLR2004 - two classes share one curve
    curves = [_auc(outcome.probabilities[:, k], outcome.truth == k, weights) for k in chosen]
    return np.mean(curves, axis=0) if curves else np.full(len(weights), np.nan)


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


_ONE_CLASS = "the test part has one class only"
_NO_UNITS = "no test unit has weight"
MEASURES: Mapping[str, Measure] = {
    item.name: item
    for item in (
        Measure("balanced_accuracy", "classification", "higher", (0.0, 1.0), balanced_accuracy, _NO_UNITS),
        Measure("macro_f1", "classification", "higher", (0.0, 1.0), macro_f1, _NO_UNITS),
        Measure("auroc", "classification", "higher", (0.0, 1.0), auroc, _ONE_CLASS),
        Measure("accuracy", "classification", "higher", (0.0, 1.0), accuracy, _NO_UNITS),
        Measure("log_loss", "classification", "lower", (0.0, None), log_loss, _NO_UNITS),
        Measure("r2", "regression", "higher", (None, 1.0), r2, "the test part's target does not vary"),
        Measure("mae", "regression", "lower", (0.0, None), mae, _NO_UNITS),
    )
}

CLASS_AVERAGES = frozenset({"balanced_accuracy", "macro_f1", "auroc"})
"""Measures that average over the classes of the tested units, so that sets of other classes are not comparable."""


def default_measures(task: Task) -> tuple[str, ...]:
    """Names measured when none are asked for; the first is the main one, which decides the words."""
    return ("balanced_accuracy", "macro_f1", "auroc") if task == "classification" else ("r2", "mae")


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
    n_classes = outcome.n_classes
    cell = (outcome.truth * n_classes + outcome.predicted).astype(np.intp)
    used, position = np.unique(cell, return_inverse=True)
    sums = np.zeros((len(weights), n_classes * n_classes))
    for place, number in enumerate(used):
        sums[:, number] = weights[:, position == place].sum(axis=1)
    return sums.reshape(len(weights), n_classes, n_classes)


def _auc(scores: NDArray[np.float64], positive: NDArray[np.bool_], weights: Weights) -> Weights:
    order = np.argsort(scores, kind="stable")
    ranked = scores[order]
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
    result = np.empty(len(weights))
    for place, row in enumerate(weights):
        ordered = row[order]
        above = np.add.reduceat(ordered * positive[order], starts)
        below = np.add.reduceat(ordered * ~positive[order], starts)
        beaten = np.cumsum(below) - below / 2
        area = above.sum() * below.sum()
        result[place] = above @ beaten / area if area > 0 else np.nan
    return result


def _ratio(top: Weights, bottom: Weights) -> Weights:
    return np.asarray(np.divide(top, bottom, out=np.full(np.shape(top), np.nan), where=bottom > 0))


def _mean_of_defined(values: Weights) -> Weights:
    defined = ~np.isnan(values)
    return _ratio(np.where(defined, values, 0.0).sum(axis=1), defined.sum(axis=1).astype(np.float64))
