"""Quarters of a label that is an amount, cut where no limit tells of a single record."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.data.levels import MISSING
from auditkit.metrics.fairness.amounts import QUARTILES, quarters_at
from auditkit.results import MIN_CELL

__all__ = ["private_edges", "private_quarters"]


def private_edges(values: NDArray[Any]) -> tuple[float, ...]:
    """Limits near the quartiles: each the mean of the five amounts about it, to the second digit of their spread.

    Parameters
    ----------
    values : ndarray of shape (n,), object
        Amounts as text; missing ones do not count.

    Returns
    -------
    tuple of float
        Ascending, at most three.

    Notes
    -----
    A quartile itself is the amount of one record, or lies halfway between those of two.
    """
    known = np.sort(np.array([float(value) for value in values.tolist() if value != MISSING]))
    if len(known) < MIN_CELL:
        return ()
    places = [round(share * (len(known) - 1)) for share in QUARTILES]
    starts = [min(max(place - MIN_CELL // 2, 0), len(known) - MIN_CELL) for place in places]
    means = np.array([known[start : start + MIN_CELL].mean() for start in starts])
    width = float(np.ptp(means)) or abs(float(means[0])) or 1.0
    digits = 2 - math.floor(math.log10(width)) - 1
    return tuple(np.unique(means.round(digits)).tolist())


def private_quarters(values: NDArray[Any], edges: tuple[float, ...], *, label: str) -> NDArray[Any]:
    """Amounts as the quarters between such limits, which say whose they are; what is no number stays.

    Parameters
    ----------
    values : ndarray of shape (n,), object
    edges : tuple of float
        From `private_edges`; without any, the amounts stay as they are.
    label : str
        Column of the label.
    """
    if not edges:
        return values
    pairs = zip(values.tolist(), quarters_at(values, edges).tolist(), strict=True)
    return np.array([new if new == old else f"{label} {new}" for old, new in pairs], object)
