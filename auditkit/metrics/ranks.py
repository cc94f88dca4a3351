"""Two samples compared by ranks: the area under the ROC curve, its error, and how it varies when nothing differs.

Infinite scores are ranks like any other; equal scores count one half.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from auditkit.intervals import normal_interval, wilson
from auditkit.metrics.tiles import TIE

__all__ = ["area_interval", "area_under_curve", "null_error", "with_ties"]


def area_under_curve(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> tuple[float, float] | None:
    """Area under the ROC curve with DeLong's standard error; None without both classes or with missing scores.

    Parameters
    ----------
    scores : ndarray of shape (n,)
        Larger for what looks positive.
    positive : ndarray of shape (n,), bool

    Returns
    -------
    tuple of (float, float), or None
        The area in [0, 1], 0.5 where ranks tell nothing, and its standard error.

    References
    ----------
    Sun and Xu 2014, "Fast Implementation of DeLong's Algorithm".

    Examples
    --------
    >>> area, error = area_under_curve(np.array([0.1, 0.4, 0.3, 0.9]), np.array([False, False, True, True]))
    >>> area, round(error, 4)
    (0.75, 0.3536)
    """
    from scipy.stats import rankdata  # noqa: PLC0415 - costs half a second

    m, n = int(positive.sum()), int((~positive).sum())
    if min(m, n) < 2 or np.isnan(scores).any():  # noqa: PLR2004 - a variance takes two
        return None
    ranks = rankdata(scores)
    above = (ranks[positive] - rankdata(scores[positive])) / n
    below = 1.0 - (ranks[~positive] - rankdata(scores[~positive])) / m
    return float(above.mean()), float(np.sqrt(above.var(ddof=1) / m + below.var(ddof=1) / n))


def with_ties(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values of which those that differ by rounding alone are equal: ranks then do not depend on a unit.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Distances or ratios of them, infinite ones too.

    Returns
    -------
    ndarray of shape (n,)
        In order of size, each value within 1e-12 of the one before is replaced by the first of its kind.

    Examples
    --------
    >>> with_ties(np.array([0.3, 0.1 + 0.2, 0.4])).tolist()
    [0.3, 0.3, 0.4]
    """
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    least, most = ordered[:-1], ordered[1:]
    with np.errstate(invalid="ignore"):
        step = most - least
        near = np.isfinite(step) & (step <= TIE * np.maximum(np.abs(least), np.abs(most)))
    first = np.concatenate([np.ones(min(1, len(values)), bool), ~(near | (least == most))])
    merged = np.empty_like(values)
    merged[order] = ordered[first][np.cumsum(first) - 1]
    return merged


def area_interval(area: float, error: float, n: int) -> tuple[float, float]:
    """Two-sided 95 % limits of an area; Wilson's for n units where two samples do not overlap at all.

    Parameters
    ----------
    area, error : float
        From `area_under_curve`.
    n : int
        Size of the smaller sample. Its variance as a rate, area (1 - area) / n, is the largest that the area can
        have (Birnbaum and Klose 1957).

    Returns
    -------
    tuple of (float, float)
        In [0, 1].

    Examples
    --------
    >>> low, high = area_interval(1.0, 0.0, 16)
    >>> round(low, 4), high
    (0.8064, 1.0)
    """
    if error > 0:
        return normal_interval(area, error, bounds=(0.0, 1.0))
    return wilson(area * n, n)


def null_error(scores: NDArray[np.float64], positive: NDArray[np.bool_], *, ties: bool = True) -> float:
    """Standard error of the area where the labels are dealt out at random: that of the Mann-Whitney test.

    Parameters
    ----------
    scores : ndarray of shape (n,)
    positive : ndarray of shape (n,), bool
        Holds both classes.
    ties : bool, default True
        Correct for equal scores.

    Returns
    -------
    float
        sqrt((N + 1 - sum_t (t^3 - t) / (N (N - 1))) / (12 m n)) with t the sizes of the groups of equal scores; 0 where
        all are equal.

    References
    ----------
    Lehmann 1975, "Nonparametrics: Statistical Methods Based on Ranks", section 1.4.

    Examples
    --------
    >>> round(null_error(np.arange(6.0), np.arange(6) > 2), 4)
    0.2546
    """
    m, n = int(positive.sum()), int((~positive).sum())
    size, tied = m + n, 0.0
    if ties:
        counts = np.unique(scores, return_counts=True)[1].astype(np.float64)
        tied = float((counts**3 - counts).sum()) / (size * (size - 1))
    return math.sqrt(max(size + 1 - tied, 0.0) / (12.0 * m * n))
