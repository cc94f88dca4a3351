"""Generated cells onto the grid of the real ones: levels, whole numbers, decimals, range, days, new names for ids.

Output off the grid tells a classifier which rows are synthetic, however good they are otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from auditkit.data import Column
from auditkit.data.casting import cast_column
from auditkit.data.grids import NumberGrid

__all__ = ["Grid", "first_new_name", "new_names"]

_NUMBERS = frozenset({"int64", "float64"})


@dataclass(frozen=True, eq=False)
class Grid:
    """What the cells of a column of numbers or moments can be.

    Attributes
    ----------
    column : Column
    numbers : NumberGrid
        Levels, decimals and range; of moments nothing is read from it.
    origin, step : float
        Moments are whole steps from the origin, in microseconds.
    """

    column: Column
    numbers: NumberGrid
    origin: float = 0.0
    step: float = 1.0

    @classmethod
    def of(cls, values: NDArray[np.float64], column: Column) -> Grid:
        """Grid of the values of a column, missing ones left out of account.

        Parameters
        ----------
        values : ndarray of shape (n,)
            Moments as microseconds since 1970-01-01.
        column : Column
        """
        grid = NumberGrid.of(values)
        if column.kind != "datetime":
            return cls(column, grid)
        whole = np.unique(values[~np.isnan(values)]).astype(np.int64)
        step = int(np.gcd.reduce(np.diff(whole))) if len(whole) > 1 else 1
        return cls(column, grid, float(whole[0]) if len(whole) else 0.0, float(step))

    def snap(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        """The numbers moved onto the grid; missing stays missing."""
        if self.column.kind == "datetime":
            return np.round((numbers - self.origin) / self.step) * self.step + self.origin
        return self.numbers.snap(numbers)

    def cells(self, numbers: NDArray[np.float64]) -> pd.Series:
        """Cells of the column's type from numbers on or off the grid."""
        snapped = self.snap(numbers)
        if self.column.kind != "datetime":
            return cast_column(pd.Series(snapped), self.column)
        missing = np.isnan(snapped)
        moments = np.where(missing, 0, snapped).astype(np.int64).astype("datetime64[us]")
        moments[missing] = np.datetime64("NaT")
        return cast_column(pd.Series(moments), self.column)


def first_new_name(taken: ArrayLike, column: Column) -> int:
    """The first whole number above all that a column of ids uses; 0 for ids that are no numbers.

    Parameters
    ----------
    taken : array_like of shape (n,)
        The real ids, none of them missing.
    column : Column

    Returns
    -------
    int
    """
    return int(np.max(np.asarray(taken), initial=0)) + 1 if column.dtype in _NUMBERS else 0


def new_names(column: Column, n: int, *, first: int) -> pd.Series:
    """Fresh ids in the column's type: whole numbers from `first` on, or s0, s1, ...

    Parameters
    ----------
    column : Column
        Of kind `"id"`.
    n : int
    first : int
        From `first_new_name`.

    Returns
    -------
    pandas.Series of length n
    """
    places = np.arange(first, first + n)
    if column.dtype in _NUMBERS:
        return pd.Series(places.astype(column.dtype))
    return pd.Series([f"s{place}" for place in places], dtype="str")
