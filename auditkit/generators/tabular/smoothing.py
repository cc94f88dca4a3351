"""Numbers of one or two records moved between their neighbours, so that no such value is drawn as it stands."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.generators.snapping import Grid
from auditkit.generators.tabular.coded import is_number
from auditkit.generators.tabular.pools import Pool

__all__ = ["is_moved", "smoothed_cells"]

_SHARED = 3
"""Rows that must share a value for it to stay as it is."""

_REPEATS = 20
"""Mean count of a column's values from which on all of them stay: they are steps of a scale, not traits of records."""


def is_moved(pool: Pool) -> NDArray[np.bool_]:
    """Which values of a pool smoothing moves, shape (n_values + 1,); the last stands for missing cells."""
    moves = is_number(pool) and pool.counts.sum() < _REPEATS * len(pool.counts)
    return np.append((pool.counts < _SHARED) & moves, [False])


def smoothed_cells(pool: Pool, codes: NDArray[np.int32], jitter: NDArray[np.float64]) -> pd.Series:
    """Cells of a column of numbers or moments, those of one or two records at most halfway to their neighbours.

    Parameters
    ----------
    pool : Pool
        Of a numeric, integer or datetime column.
    codes : ndarray of shape (n,)
        Positions in the pool; -1 gives a missing cell.
    jitter : ndarray of shape (n,), float64
        Numbers in [0, 1).

    Returns
    -------
    pandas.Series
        Of the column's type, on the grid of its values.
    """
    moves = is_moved(pool)
    if not moves.any():
        return pool.cells(codes.astype(np.int64))
    values = _as_numbers(pool)
    middles = (values[1:] + values[:-1]) / 2
    low = np.concatenate([values[:1], middles, [np.nan]])[codes]
    high = np.concatenate([middles, values[-1:], [np.nan]])[codes]
    drawn = np.append(values, np.nan)[codes]
    grid = Grid.of(values, pool.column)
    return grid.cells(np.where(moves[codes], low + jitter * (high - low), drawn))


def _as_numbers(pool: Pool) -> NDArray[np.float64]:
    """The values as numbers, moments in microseconds since 1970-01-01."""
    values = np.asarray(pool.values)
    numbers: NDArray[np.float64] = (values.astype(np.int64) if values.dtype.kind == "M" else values).astype(np.float64)
    return numbers
