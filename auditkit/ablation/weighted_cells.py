"""Weights of test units, summed by group and by cells of truth and prediction, for many weightings at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from auditkit.metrics.fairness.value_codes import Codes

if TYPE_CHECKING:
    from auditkit.ablation.measures import Outcome

__all__ = ["Asked", "cells_of", "counted_groups", "group_sums", "sums_at"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Asked:
    """Groups of the test units, and the classes that rates are about.

    Attributes
    ----------
    codes : ndarray of intp, shape (n_test,)
        Group of each test unit.
    n_groups : int
    classes : tuple of int
        Those that are read against the rest.
    n_classes : int
        0 for regression.
    min_support : int
        Test units from which a group counts.
    """

    codes: Codes
    n_groups: int
    classes: tuple[int, ...]
    n_classes: int
    min_support: int


def cells_of(outcome: Outcome, weights: Array, asked: Asked) -> Array:
    """Weight per (weighting, group, true class, predicted class)."""
    k = asked.n_classes
    cell = (asked.codes * k + outcome.truth.astype(np.intp)) * k + outcome.predicted.astype(np.intp)
    return sums_at(weights, cell, (asked.n_groups, k, k))


def group_sums(values: Array, weights: Array, asked: Asked) -> Array:
    """Weighted sum of values per (weighting, group)."""
    return sums_at(weights * values, asked.codes, (asked.n_groups,))


def sums_at(weights: Array, places: Codes, shape: tuple[int, ...]) -> Array:
    """Sum of each row's weights per cell, shape (b, *shape).

    Parameters
    ----------
    weights : ndarray of shape (b, n)
    places : ndarray of intp, shape (n,)
        Number of each unit's cell, counted along `shape` with the last axis fastest.
    shape : tuple of int

    Examples
    --------
    >>> sums_at(np.array([[1.0, 1.0, 2.0]]), np.array([0, 3, 3]), (2, 2)).tolist()
    [[[1.0, 0.0], [0.0, 3.0]]]
    """
    order = np.argsort(places, kind="stable")
    used, starts = np.unique(places[order], return_index=True)
    sums = np.zeros((len(weights), math.prod(shape)))
    if len(used):
        sums[:, used] = np.add.reduceat(weights[:, order], starts, axis=1)
    return sums.reshape(len(weights), *shape)


def counted_groups(asked: Asked) -> NDArray[np.bool_]:
    """Which groups have test units enough."""
    return np.bincount(asked.codes, minlength=asked.n_groups) >= asked.min_support
