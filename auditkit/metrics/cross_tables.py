"""Counts of rows by two codings at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["cross_table"]


def cross_table(rows: NDArray[Any], columns: NDArray[Any], shape: tuple[int, int]) -> NDArray[np.int64]:
    """How many samples have each pair of codes.

    Parameters
    ----------
    rows, columns : ndarray of shape (n,), int
        Codes from 0 below `shape[0]` and `shape[1]`.
    shape : tuple of (int, int)

    Returns
    -------
    ndarray of the given shape, int64

    Examples
    --------
    >>> cross_table(np.array([0, 0, 1]), np.array([1, 1, 0]), (2, 2)).tolist()
    [[0, 2], [1, 0]]
    """
    counts = np.bincount(rows * shape[1] + columns, minlength=shape[0] * shape[1])
    return counts.reshape(shape).astype(np.int64, copy=False)
