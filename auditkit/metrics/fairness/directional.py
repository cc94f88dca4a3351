"""Amplification as arithmetic on counts: rates, signs and their means, of one pair of tables or of many at once.

A table counts the samples of each level of an attribute (rows) with each class (columns); leading axes are resamples.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["attribute_to_label", "label_to_attribute", "rates_along", "signs_of", "zhao_terms"]

FloatArray = NDArray[np.float64]
Counts = NDArray[Any]


def signs_of(counts: Counts) -> NDArray[np.int64]:
    """1 where level and class go together, -1 where they avoid each other, 0 where they are independent.

    Parameters
    ----------
    counts : ndarray of shape (n_levels, n_classes)

    Returns
    -------
    ndarray of the same shape
    """
    exact = np.asarray(counts, np.int64)
    signs: NDArray[np.int64] = np.sign(exact * exact.sum() - np.outer(exact.sum(axis=1), exact.sum(axis=0)))
    return signs


def rates_along(counts: Counts, axis: int) -> FloatArray:
    """Shares that sum to 1 along an axis; NaN where there is nothing to share."""
    totals = np.asarray(counts, np.float64).sum(axis=axis, keepdims=True)
    return np.asarray(np.divide(counts, totals, out=np.full(np.shape(counts), np.nan), where=totals > 0))


def attribute_to_label(signs: NDArray[np.int64], truth: Counts, other: Counts) -> FloatArray:
    """Mean over all cells of sign times the change of P(class | level).

    Parameters
    ----------
    signs : ndarray of shape (n_levels, n_classes)
    truth, other : ndarray of shape (..., n_levels, n_classes)

    Returns
    -------
    ndarray of shape (...)
    """
    return _mean(signs * (rates_along(other, -1) - rates_along(truth, -1)))


def label_to_attribute(
    signs: NDArray[np.int64], truth: Counts, other: Counts, *, reweighted: bool = True
) -> FloatArray:
    """Mean over all cells of sign times the change of P(level | class).

    Parameters
    ----------
    signs : ndarray of shape (n_levels, n_classes)
    truth, other : ndarray of shape (..., n_levels, n_classes)
    reweighted : bool, default True
        Give every level of `other` its share in `truth` first: these rates also move with the shares of levels.

    Returns
    -------
    ndarray of shape (...)
    """
    if reweighted:
        other = rates_along(other, -1) * np.asarray(truth, np.float64).sum(axis=-1, keepdims=True)
    return _mean(signs * (rates_along(other, -2) - rates_along(truth, -2)))


def zhao_terms(counted: NDArray[np.bool_], truth: Counts, other: Counts) -> FloatArray:
    """Sum over the counted cells of the change of P(level | class), divided by the number of classes.

    Parameters
    ----------
    counted : ndarray of shape (n_levels, n_classes), bool
        Where the level's share of the class is above that of an even split.
    truth, other : ndarray of shape (..., n_levels, n_classes)

    Returns
    -------
    ndarray of shape (...)
    """
    change = rates_along(other, -2) - rates_along(truth, -2)
    total: FloatArray = np.where(counted, change, 0.0).sum(axis=(-2, -1)) / np.shape(counted)[1]
    return total


def _mean(values: FloatArray) -> FloatArray:
    """Mean over the last two axes of what is defined."""
    known = np.isfinite(values)
    total = np.where(known, values, 0.0).sum(axis=(-2, -1))
    count = known.sum(axis=(-2, -1))
    return np.asarray(np.divide(total, count, out=np.full(np.shape(total), np.nan), where=count > 0))
