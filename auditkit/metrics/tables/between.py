"""Where scores lie between a floor and a ceiling, and when that cannot be said."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["APART", "error_bound", "judged_columns", "normalised", "share_error"]

APART = 3.0
"""Standard errors between floor and ceiling from which a place between them means something."""
_CLOSE = f"ceiling and floor are within {APART:g} standard errors"


def error_bound(n: float, m: float) -> float:
    """Standard error that the difference of two scores of m rows against the same n real rows has at most.

    sqrt((1 / n + 1 / m) / 2)

    Parameters
    ----------
    n, m : float
        Rows, units or parents.

    Returns
    -------
    float

    Notes
    -----
    One minus a total variation distance, or one minus the largest gap of two distribution functions, moves by at most
    1 / n when one of the n real rows changes and by at most 1 / m when one of the other rows does. The variance of such
    a score of independent rows is at most a quarter of the sum of the squared steps: (n / n^2 + m / m^2) / 4 =
    (1 / n + 1 / m) / 4. Two scores have twice that, less what the shared real rows move both of them by.

    References
    ----------
    Boucheron, Lugosi and Massart 2013, "Concentration Inequalities", corollary 3.2.
    """
    return float(np.sqrt((1.0 / n + 1.0 / m) / 2.0))


def share_error(ceiling: ArrayLike, floor: ArrayLike, error: float) -> NDArray[np.float64]:
    """Standard error that the difference of two shares of common rows has at most; less than the bound of small ones.

    min(error, sqrt(2 error^2 (ceiling + floor)))

    Parameters
    ----------
    ceiling, floor : array_like
        One less a total variation distance: what two sets have in common of the cells of a column, pair or triple.
    error : float
        As `error_bound` gives it.

    Returns
    -------
    ndarray of float64

    Notes
    -----
    Taking one of n rows away takes at most 1 / n from what is common, and all of them together take at most the share
    s itself, so by Efron and Stein its variance is at most s (1 / n + 1 / m), or 2 s error^2. One row more stands for
    what has not been seen.

    References
    ----------
    Boucheron, Lugosi and Massart 2013, "Concentration Inequalities", theorem 3.1 and section 3.3.
    """
    seen = sum(np.minimum(np.asarray(share, np.float64) + error**2, 0.25) for share in (ceiling, floor))
    return np.asarray(np.minimum(error, error * np.sqrt(2.0 * seen)))


def judged_columns(
    matched: ArrayLike, ceiling: ArrayLike, floor: ArrayLike, error: ArrayLike
) -> dict[str, NDArray[np.float64] | NDArray[np.str_]]:
    """Columns of a frame of scores at equal sizes.

    Parameters
    ----------
    matched, ceiling, floor, error : array_like
        As for `normalised`.

    Returns
    -------
    dict of str to ndarray
        `matched`, `ceiling`, `floor`, `excess` (ceiling - matched, positive = worse), `normalised`, and `reason`: why
        that is missing or was cut.
    """
    ours, high, low = (np.asarray(item, np.float64) for item in (matched, ceiling, floor))
    place, reason = normalised(ours, high, low, error)
    return {
        "matched": ours,
        "ceiling": high,
        "floor": low,
        "excess": high - ours,
        "normalised": place,
        "reason": reason,
    }


def normalised(
    matched: ArrayLike, ceiling: ArrayLike, floor: ArrayLike, error: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.str_]]:
    """Place of scores between floor, 0, and ceiling, 1.

    Parameters
    ----------
    matched, ceiling, floor : array_like
        Higher is better; NaN where there is no score.
    error : array_like
        Standard error of a difference of two of them.

    Returns
    -------
    values : ndarray of float64
        (matched - floor) / (ceiling - floor), cut to [0, 1]; 0 for what is more than `APART` errors below both; else
        NaN where the ceiling is not as far above the floor, or a score is missing.
    reasons : ndarray of str
        Why there is no value, or that it was cut at the ceiling or below the floor; else empty.
    """
    ours, high, low = (np.asarray(item, np.float64) for item in (matched, ceiling, floor))
    room = APART * np.asarray(error, np.float64)
    missing = np.isnan(ours) | np.isnan(high) | np.isnan(low)
    below, close, top = ours < np.minimum(low, high) - room, high - low <= room, ours >= high
    share = np.clip((ours - low) / np.where(high > low, high - low, 1.0), 0.0, 1.0)
    values = np.where(missing | close & ~below, np.nan, np.where(below, 0.0, share))
    texts = ["a score is missing", "below the floor", _CLOSE, "at the ceiling"]
    return values, np.select([missing, below, close, top], texts, "")
