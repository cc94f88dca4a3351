"""Targets that are amounts and no classes, cut into four at the quartiles of the real ones."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from auditkit.data.amounts import is_amount
from auditkit.metrics.fairness.level_names import Names

__all__ = ["QUARTILES", "cut_amounts", "quarters_at"]

QUARTILES = (0.25, 0.5, 0.75)


def cut_amounts(*columns: Names, sure: bool = False) -> list[Names]:
    """Classes as they are; amounts in the first column (see `auditkit.data.amounts`) as quarters of the first column's.

    Parameters
    ----------
    *columns : ndarray of shape (n,), object
        Levels of each set as text, the real ones first.
    sure : bool, default False
        Whether somebody has said that these are amounts: they are cut however many values there are.

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
    real = np.array([amount for level in columns[0].tolist() if (amount := amounts[level]) is not None])
    texts = {level for level in levels if amounts[level] is None} - {"(missing)"}
    if not len(real) or not (sure or (not texts and is_amount(pd.Series(real)))):
        return list(columns)
    edges = np.unique(np.quantile(real, QUARTILES))
    return [quarters_at(column, edges.tolist()) for column in columns]


def quarters_at(column: Names, edges: Sequence[float]) -> Names:
    """Amounts as the parts that some limits cut them into.

    Parameters
    ----------
    column : ndarray of shape (n,), object
        Amounts as text; what is no number stays.
    edges : sequence of float
        Ascending; an amount that equals one lies below it.

    Returns
    -------
    ndarray of shape (n,), object

    Examples
    --------
    >>> quarters_at(np.array(["1", "12", "40", "(missing)"], object), [12.0, 20.5]).tolist()
    ['to 12', 'to 12', 'above 20.5', '(missing)']
    """
    names = _names(edges)
    amounts = {level: _amount(level) for level in set(column.tolist())}
    part = {
        level: level if amount is None else names[int(np.searchsorted(edges, amount, side="left"))]
        for level, amount in amounts.items()
    }
    return np.array([part[level] for level in column.tolist()], object)


def _amount(level: str) -> float | None:
    try:
        found = float(level)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _names(edges: Sequence[float]) -> list[str]:
    texts = [f"{edge:.6g}" for edge in edges]
    between = [f"above {low} to {high}" for low, high in itertools.pairwise(texts)]
    return [f"to {texts[0]}", *between, f"above {texts[-1]}"]
