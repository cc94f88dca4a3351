"""Calibration per group: whether a probability means the same for everybody."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.errors import DataError, ShapeError
from auditkit.intervals import wilson
from auditkit.metrics.fairness.calibration_result import GroupCalibration
from auditkit.metrics.fairness.coding import CodedLabels, code_labels
from auditkit.metrics.fairness.confusion import ratio_of
from auditkit.metrics.fairness.group_codes import read_groups
from auditkit.metrics.fairness.value_codes import numbers_of
from auditkit.metrics.parameters import whole

__all__ = ["GroupCalibration", "group_calibration"]

_TWO = 2


def group_calibration(
    *, y_true: Any, y_prob: Any, groups: Any, n_bins: int = 10, positive: Any = None
) -> GroupCalibration:
    """Calibration in each group: how far probabilities are from the shares that are observed.

    With p the probability of the positive class, y whether it is true and bins b of equal width:
    calibration_error = mean(p) - mean(y); expected_calibration_error = sum_b n_b / n |mean_b(p) - mean_b(y)|.

    Parameters
    ----------
    y_true : array-like of shape (n,)
        Labels of any type.
    y_prob : array-like of shape (n,) or (n, n_classes)
        Probability of the positive class, in [0, 1]; or a column per class, classes in order of their names.
    groups : array-like of shape (n,), or several columns
        As in `group_rates`.
    n_bins : int, default 10
    positive : object, optional
        As in `group_rates`; needed where there are three classes or more.

    Returns
    -------
    GroupCalibration
        `.groups` and `.bins`, frames indexed by group (and bin).

    Raises
    ------
    DataError
        If a probability is none, or nothing says what is positive.
    ShapeError
        If lengths differ.

    Notes
    -----
    The expected calibration error is biased upward: a perfectly calibrated group of n units has about
    sum_b sqrt(n_b p_b (1 - p_b)) / n by chance, so that small groups look worse. calibration_error has no such bias.
    Where base rates differ, calibration in every group and equalized odds exclude each other unless prediction is
    perfect. O(n).

    References
    ----------
    Pleiss et al. 2017, "On Fairness and Calibration", NeurIPS, definition 2.
    Naeini, Cooper and Hauskrecht 2015, "Obtaining Well Calibrated Probabilities Using Bayesian Binning", AAAI.

    Examples
    --------
    >>> found = group_calibration(y_true=[1, 0, 1, 0], y_prob=[0.9, 0.2, 0.6, 0.7], groups=list("aabb"))
    >>> found.groups["calibration_error"].round(3).to_dict()
    {'a': 0.05, 'b': 0.15}
    """
    n_bins = whole("n_bins", n_bins, 1, give=10)
    labels = code_labels(y_true, y_true, positive=positive)
    probability = positive_probability(y_prob, labels)
    levels = read_groups(groups, n=len(labels.truth))
    truth = (labels.truth == labels.asked[0]).astype(np.float64)
    bins = np.searchsorted(np.arange(1, n_bins) / n_bins, probability, side="right")
    place, size = levels.codes * n_bins + bins, len(levels) * n_bins
    n, expected, positives = (
        np.bincount(place, weights, size).reshape(-1, n_bins) for weights in (None, probability, truth)
    )
    means, shares = ratio_of(expected, n), ratio_of(positives, n)
    total = n.sum(axis=1)
    by_group = {
        "n": total.astype("int64"),
        "mean_probability": ratio_of(expected.sum(axis=1), total),
        "positive_rate": ratio_of(positives.sum(axis=1), total),
        "calibration_error": ratio_of((expected - positives).sum(axis=1), total),
        "expected_calibration_error": ratio_of(np.abs(expected - positives).sum(axis=1), total),
    }
    rows, columns = np.nonzero(n)
    limits = [wilson(k, m) for k, m in zip(positives[rows, columns], n[rows, columns], strict=True)]
    by_bin = {
        "lower": columns / n_bins,
        "upper": (columns + 1) / n_bins,
        "n": n[rows, columns].astype("int64"),
        "mean_probability": means[rows, columns],
        "positive_rate": shares[rows, columns],
        "low": [low for low, _ in limits],
        "high": [high for _, high in limits],
    }
    tuples = [(*levels.levels[row], int(column)) for row, column in zip(rows, columns, strict=True)]
    index = pd.MultiIndex.from_tuples(tuples, names=[*levels.names, "bin"])
    return GroupCalibration(pd.DataFrame(by_group, index=levels.index()), pd.DataFrame(by_bin, index=index))


def positive_probability(y_prob: Any, labels: CodedLabels) -> NDArray[np.float64]:
    """Probability of the positive class of each unit.

    Raises
    ------
    DataError
        If some are no probabilities, or several classes are asked for.
    ShapeError
        If there is not one per unit, or not a column per class.
    """
    if len(labels.asked) > 1:
        raise DataError(f"calibration is told for one class, and there are {len(labels.asked)}: choose by positive=.")
    columns = np.asarray(y_prob)
    if columns.ndim == _TWO and columns.shape[1] > 1:
        if columns.shape[1] != len(labels.classes):
            raise ShapeError(
                f"`y_prob` has {columns.shape[1]} columns for {len(labels.classes)} classes: give one per class, or "
                "the probability of the positive class."
            )
        y_prob = columns[:, labels.asked[0]]
    found = numbers_of(y_prob, "y_prob")
    if len(found) != len(labels.truth):
        raise ShapeError(f"`y_prob` has {len(found)} units, the labels have {len(labels.truth)}: give one per unit.")
    wrong = found[(found < 0) | (found > 1)]
    if len(wrong):
        raise DataError(f"`y_prob` has {len(wrong)} values outside [0, 1], as {wrong[0]:g}: give probabilities.")
    return found
