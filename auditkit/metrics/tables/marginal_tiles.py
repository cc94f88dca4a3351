"""Compiled loops that count the cells of one, two or three columns together and compare such counts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.metrics.tiles import compiled

__all__ = ["count_cells", "expected_overlap", "overlap", "overlap_of_runs"]

Codes = NDArray[np.int32]
Whole = NDArray[np.int64]


@compiled()
def count_cells(codes: Codes, places: Whole, sizes: Whole, rows: Codes, counts: Whole) -> None:
    """Add rows to the counts of the cells that they fall in.

    Parameters
    ----------
    codes : ndarray of shape (n_columns, n_rows), int32
        Bin of each row in each column, from 0.
    places : ndarray of shape (1,), (2,) or (3,), int64
        The columns that are counted together.
    sizes : ndarray of the same shape, int64
        Bins of each; the cell of bins a, b, c is (a * sizes[1] + b) * sizes[2] + c.
    rows : ndarray of int32
        The rows to count; all where empty.
    counts : ndarray of shape (2, cells), int64
        Written here, to be added: rows go to the two halves by turns, as equal cells often follow each other and an
        addition to a cell that was just written waits.
    """
    n = codes.shape[1] if rows.shape[0] == 0 else rows.shape[0]
    first = codes[places[0]]
    second = codes[places[1]] if places.shape[0] > 1 else first
    third = codes[places[2]] if places.shape[0] > 2 else first  # noqa: PLR2004
    by_second = sizes[1] if places.shape[0] > 1 else 1
    by_third = sizes[2] if places.shape[0] > 2 else 1  # noqa: PLR2004
    for i in range(n):
        row = i if rows.shape[0] == 0 else rows[i]
        cell = np.int64(first[row])
        if places.shape[0] > 1:
            cell = cell * by_second + second[row]
        if places.shape[0] > 2:  # noqa: PLR2004
            cell = cell * by_third + third[row]
        counts[i & 1, cell] += 1


@compiled()
def overlap(left: NDArray[Any], right: NDArray[Any]) -> float:
    """One minus the total variation distance of the shares that two lists of counts stand for."""
    n_left, n_right = 0.0, 0.0
    for c in range(left.shape[0]):
        n_left += left[c]
        n_right += right[c]
    distance = 0.0
    for c in range(left.shape[0]):
        if left[c] > 0 or right[c] > 0:
            distance += abs(left[c] / n_left - right[c] / n_right)
    return max(1.0 - distance / 2.0, 0.0)


@compiled()
def overlap_of_runs(left: Whole, right: Whole) -> float:
    """The same of the keys of the rows of two sets, both sorted, where a table of all cells would be too large."""
    n, m = left.shape[0], right.shape[0]
    i, j, total = 0, 0, 0.0
    while i < n or j < m:
        key = left[i] if j >= m or (i < n and left[i] <= right[j]) else right[j]
        a, b = i, j
        while i < n and left[i] == key:
            i += 1
        while j < m and right[j] == key:
            j += 1
        total += abs((i - a) / n - (j - b) / m)
    return max(1.0 - total / 2.0, 0.0)


@compiled()
def expected_overlap(counts: NDArray[Any], n: float, n_other: float) -> float:
    """Overlap to be expected of two samples of the shares that the counts stand for."""
    total = 0.0
    for c in range(counts.shape[0]):
        total += counts[c]
    scale = 2.0 / np.pi * (1.0 / n + 1.0 / n_other)
    distance = 0.0
    for c in range(counts.shape[0]):
        if counts[c] > 0:
            share = counts[c] / total
            distance += np.sqrt(scale * share * (1.0 - share))
    return 1.0 - distance / 2.0
