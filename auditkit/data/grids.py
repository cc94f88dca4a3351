"""The grid that a column's numbers lie on: a few levels, or so many decimals, within a range."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["NumberGrid", "snap_to_levels"]

_REPEATS = 20
"""Mean count of a column's values from which on only those values can be."""

_MOST_DECIMALS = 6


def snap_to_levels(numbers: NDArray[np.float64], levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """The nearest of sorted levels to each number, the lower one halfway; missing stays missing.

    Examples
    --------
    >>> snap_to_levels(np.array([0.2, 0.5, 0.6, np.nan]), np.array([0.0, 1.0])).tolist()
    [0.0, 0.0, 1.0, nan]
    """
    place = np.searchsorted((levels[1:] + levels[:-1]) / 2, numbers, side="left")
    return np.where(np.isnan(numbers), np.nan, levels[np.minimum(place, len(levels) - 1)])


@dataclass(frozen=True, eq=False)
class NumberGrid:
    """What the numbers of a column can be.

    Attributes
    ----------
    levels : ndarray of shape (m,), float64
        The only values that can be, sorted, where each stands for twenty rows or more on average; else empty.
    decimals : int or None
        Digits after the point that all values do with, at most six; None where they need more.
    low, high : float
        Range of the values.
    """

    levels: NDArray[np.float64]
    decimals: int | None
    low: float
    high: float

    @classmethod
    def of(cls, values: NDArray[np.float64]) -> NumberGrid:
        """Grid of the values of a column, shape (n,); NaN is left out of account.

        Examples
        --------
        >>> NumberGrid.of(np.array([0.25, 1.5, np.nan])).decimals
        2
        """
        there = values[np.isfinite(values)]
        if not len(there):
            return cls(there, None, -np.inf, np.inf)
        seen = np.unique(there)
        exact = (digits for digits in range(_MOST_DECIMALS + 1) if (np.round(seen, digits) == seen).all())
        few = seen if len(seen) * _REPEATS <= len(there) else seen[:0]
        return cls(few, next(exact, None), float(seen[0]), float(seen[-1]))

    def snap(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        """The numbers moved onto the grid; missing stays missing."""
        if len(self.levels):
            return snap_to_levels(numbers, self.levels)
        clipped = np.clip(numbers, self.low, self.high)
        return clipped if self.decimals is None else np.round(clipped, self.decimals)

    def reach(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        """How far from each number, which lies on the grid, what was snapped to it may have been."""
        if len(self.levels) > 1:
            place = np.clip(np.searchsorted(self.levels, numbers), 0, len(self.levels) - 1)
            gaps = np.diff(self.levels)
            wider: NDArray[np.float64] = np.maximum(
                gaps[np.maximum(place - 1, 0)], gaps[np.minimum(place, len(gaps) - 1)]
            )
            return wider / 2
        return np.full(len(numbers), 0.0 if self.decimals is None else 0.5 * 10.0**-self.decimals)
