"""Targets that are amounts and no classes, cut into four at the quartiles of the real ones."""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray

from auditkit.data.amounts import MOST_CLASSES
from auditkit.metrics.fairness.level_names import Names

__all__ = ["cut_amounts"]


def cut_amounts(*columns: Names) -> list[Names]:
    """Classes as they are; numbers of more than 20 values in the first column as quarters of the first column's.

    Parameters
    ----------
    *columns : ndarray of shape (n,), object
        Levels of each set as text, the real ones first.

    Returns
    -------
    list of ndarray of shape (n,), object
        Quarters are named by their limits, as "above 12 to 20.5"; what is no number (missing cells) stays.

    Examples
    --------
    >>> cut_amounts(np.array([str(n) for n in range(40)], object))[0][[0, 9, 10, 39]].tolist()
    ['to 9.75', 'to 9.75', 'above 9.75 to 19.5', 'above 29.25']
    """
    levels = {level for column in columns for level in column.tolist()}
    amounts = {level: _amount(level) for level in levels}
    known = sorted(amount for level in set(columns[0].tolist()) if (amount := amounts[level]) is not None)
    texts = {level for level in levels if amounts[level] is None} - {"(missing)"}
    if len(known) <= MOST_CLASSES or texts:
        return list(columns)
    real = np.array([amount for level in columns[0].tolist() if (amount := amounts[level]) is not None])
    edges = np.unique(np.quantile(real, [0.25, 0.5, 0.75]))
    names = _names(edges)
    quarter = {
        level: level if amount is None else names[int(np.searchsorted(edges, amount, side="left"))]
        for level, amount in amounts.items()
    }
    return [np.array([quarter[level] for level in column.tolist()], object) for column in columns]


def _amount(level: str) -> float | None:
    try:
        found = float(level)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _names(edges: NDArray[np.float64]) -> list[str]:
    texts = [f"{edge:.6g}" for edge in edges.tolist()]
    between = [f"above {low} to {high}" for low, high in itertools.pairwise(texts)]
    return [f"to {texts[0]}", *between, f"above {texts[-1]}"]
