"""How much alike two sets are in how strongly their columns hang together, and how sure that is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from auditkit.intervals import NORMAL_95
from auditkit.metrics.tables.contingency import Associations

__all__ = ["retained_share", "strength_similarity"]

Double = NDArray[np.float64]


def strength_similarity(real: Associations, other: Associations) -> tuple[Double, Double]:
    """One less the difference of the corrected Cramér's V of each pair, and its standard error.

    Parameters
    ----------
    real, other : Associations
        Of the same p pairs.

    Returns
    -------
    tuple of two ndarrays of shape (p,)
        NaN where a real column is constant; a column that is constant in the other set alone says nothing there.

    Notes
    -----
    V is a root, steep at 0: its error is that of its square taken along the root, the larger V's downwards and the
    smaller one's upwards, as far as a 95 % limit lies.
    """
    theirs, error = np.nan_to_num(other.corrected), np.nan_to_num(other.error)
    ours, own = np.sqrt(real.corrected), np.sqrt(theirs)
    above, below = _upwards(real.corrected, real.error), _downwards(real.corrected, real.error)
    errors = np.where(
        ours > own,
        np.hypot(below, _upwards(theirs, error)),
        np.hypot(above, _downwards(theirs, error)),
    )
    return 1.0 - np.abs(ours - own), np.where(np.isnan(ours), np.nan, errors)


def retained_share(real: Associations, other: Associations) -> float:
    """Share of the real pairs' squared strength that the other set's strengths, where weaker, leave.

    Parameters
    ----------
    real, other : Associations

    Returns
    -------
    float
        In [0, 1]; NaN where no real pair hangs together.
    """
    ours, theirs = (np.sqrt(np.nan_to_num(item.corrected)) for item in (real, other))
    total = float((ours**2).sum())
    return float((ours * np.minimum(ours, theirs)).sum()) / total if total > 0 else float("nan")


def _upwards(square: Double, error: Double) -> Double:
    return np.asarray((np.sqrt(square + NORMAL_95 * error) - np.sqrt(square)) / NORMAL_95)


def _downwards(square: Double, error: Double) -> Double:
    return np.asarray((np.sqrt(square) - np.sqrt(np.maximum(square - NORMAL_95 * error, 0.0))) / NORMAL_95)
