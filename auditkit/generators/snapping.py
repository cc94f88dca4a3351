"""Generated cells onto the grid of the real ones: whole numbers, decimals, range, new names for ids.

Output off the grid tells a classifier which rows are synthetic, however good they are otherwise.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from auditkit.data import Column

__all__ = ["first_new_name", "new_names", "snap_numbers"]

_NUMBERS = frozenset({"int64", "float64"})


def snap_numbers(numbers: NDArray[np.float64], column: Column) -> NDArray[np.float64]:
    """Numbers clipped to a column's range and rounded to its decimals; missing stays missing."""
    clipped = np.clip(numbers, column.minimum, column.maximum) if column.minimum is not None else numbers
    decimals = 0 if column.kind == "integer" else column.decimals
    return clipped if decimals is None else np.round(clipped, decimals)


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
