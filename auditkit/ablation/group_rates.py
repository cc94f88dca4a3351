"""Rates of each group of the test units: what a model says of its members, for any weighting of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from auditkit.ablation.grid import Part
from auditkit.ablation.measures import Measure, Outcome, Task, measure_of
from auditkit.ablation.weighted_cells import Asked, cells_of
from auditkit.metrics.fairness.confusion import rates_of
from auditkit.metrics.fairness.group_codes import read_groups

__all__ = ["rate_measures", "rate_parts"]

Array = NDArray[np.float64]


def rate_parts(
    groups: Mapping[str, NDArray[np.object_]], *, task: Task, n_classes: int = 0, positive: int | None = None
) -> Iterator[Part]:
    """Every rate of every group: selection rate, true and false positive rate, accuracy, calibration.

    Parameters
    ----------
    groups, task, n_classes, positive
        As in `group_gaps.gap_parts`; without a positive class the accuracy alone.

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


def _rate(name: str, positive: int, n_classes: int) -> Callable[[Outcome, Array], Array]:
    def compute(outcome: Outcome, weights: Array) -> Array:
        alone = Asked(np.zeros(len(outcome.truth), dtype=np.intp), 1, (positive,), n_classes, 1)
        return rates_of(cells_of(outcome, weights, alone), (positive,))[name][:, 0, 0]

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
