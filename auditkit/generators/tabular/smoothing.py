"""Rare numbers moved between their neighbours, so that fewer values are those of one real record."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.casting import cast_column
from auditkit.generators.snapping import snap_numbers
from auditkit.generators.tabular.pools import Pool

__all__ = ["smoothed_cells"]

_ATOM = 0.01
"""Values that at least this share of the rows have stay as they are."""


def smoothed_cells(pool: Pool, codes: NDArray[np.int32], jitter: NDArray[np.float64]) -> pd.Series:
    """Cells of a column of numbers, rare values at a random place halfway to their neighbours at most.

    Parameters
    ----------
    pool : Pool
        Of a numeric or integer column.
    codes : ndarray of shape (n,)
        Positions in the pool; -1 gives a missing cell.
    jitter : ndarray of shape (n,), float64
        Numbers in [0, 1).

    Returns
    -------
    pandas.Series
        Of the column's type.
    """
    values = np.asarray(pool.values, dtype=np.float64)
    middles = (values[1:] + values[:-1]) / 2
    low = np.concatenate([values[:1], middles, [np.nan]])[codes]
    high = np.concatenate([middles, values[-1:], [np.nan]])[codes]
    rare = np.append(pool.counts < _ATOM * pool.counts.sum(), [False])[codes]
    moved = snap_numbers(low + jitter * (high - low), pool.column)
    return cast_column(pd.Series(np.where(rare, moved, np.append(values, np.nan)[codes])), pool.column)
