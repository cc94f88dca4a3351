"""How well the shares of the cells of one, two or three columns agree, for many sets of columns at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import run_blocks, split_blocks
from auditkit.metrics.tables.marginal_tiles import count_cells, expected_overlap, overlap, overlap_of_runs

__all__ = [
    "CELLS_PER_ROW",
    "DENSE_CELLS",
    "EVERYTHING",
    "Rows",
    "agreements",
    "expected_agreements",
    "named_columns",
    "rows_at",
]

DENSE_CELLS = 4096
CELLS_PER_ROW = 4
MOST_CELLS = 1 << 22
BLOCK = 16
EVERYTHING = 1 << 62
Columns = NDArray[np.int64]
EVERY_ROW = np.zeros(0, np.int32)  # stands for all of them


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of a set of bins.

    Attributes
    ----------
    codes : ndarray of int32, shape (n_columns, n_rows)
    rows : ndarray of int32, shape (n,)
        The rows to count; all where empty.
    """

    codes: NDArray[np.int32]
    rows: NDArray[np.int32] = field(default_factory=lambda: EVERY_ROW)

    def __len__(self) -> int:
        return len(self.rows) or self.codes.shape[1]


def rows_at(codes: NDArray[np.int32], places: NDArray[np.intp]) -> Rows:
    """Rows at these places, which are in order and each once."""
    return Rows(codes) if len(places) == codes.shape[1] else Rows(codes, places.astype(np.int32))


def named_columns(names: Sequence[str], columns: Columns) -> tuple[tuple[str, ...], ...]:
    """Names of sets of columns."""
    return tuple(tuple(names[place] for place in chosen) for chosen in columns.tolist())


def agreements(
    real: Rows, others: Sequence[Rows], *, sizes: NDArray[np.int64], columns: Columns
) -> NDArray[np.float64]:
    """One minus the total variation distance between real and other rows, for each set of columns.

    Parameters
    ----------
    real : Rows
    others : sequence of Rows
    sizes : ndarray of int64, shape (n_columns,)
        Bins of each column.
    columns : ndarray of int64, shape (n_sets, ways)

    Returns
    -------
    ndarray of float64, shape (len(others), n_sets)

    Notes
    -----
    O(rows) per set of columns and cells of the joint table; where these are more than a few times the rows, rows
    become integer keys that are sorted and counted in runs instead.
    """

    def task(block: slice) -> NDArray[np.float64]:
        found = np.empty((len(others), block.stop - block.start))
        for place, chosen in enumerate(columns[block]):
            compare = _by_tables if _is_small([real, *others], sizes[chosen]) else _by_runs
            found[:, place] = compare(real, others, chosen, sizes[chosen])
        return found

    if not len(columns):
        return np.empty((len(others), 0))
    return np.concatenate(run_blocks(task, split_blocks(len(columns), BLOCK)), axis=1)


def expected_agreements(
    real: Rows, *, n: int, n_other: int, sizes: NDArray[np.int64], columns: Columns
) -> NDArray[np.float64]:
    """Agreement to be expected of `n_other` fresh rows of the same distribution as `n` real ones.

    E = 1 - sum over cells of sqrt(2 / pi * p (1 - p) (1 / n + 1 / n_other)) / 2.

    Returns
    -------
    ndarray of float64, shape (n_sets,)
    """

    def task(block: slice) -> NDArray[np.float64]:
        counts = [_counts(real, chosen, sizes[chosen]) for chosen in columns[block]]
        return np.array([expected_overlap(one, float(n), float(n_other)) for one in counts])

    if not len(columns):
        return np.empty(0)
    return np.concatenate(run_blocks(task, split_blocks(len(columns), BLOCK)))


def _is_small(sets: Sequence[Rows], sizes: NDArray[np.int64]) -> bool:
    """Whether a table of all cells is worth laying out."""
    n_cells = math.prod(sizes.tolist())
    n_rows = sum(len(item) for item in sets)
    return bool(n_cells <= min(max(DENSE_CELLS, CELLS_PER_ROW * n_rows), MOST_CELLS))


def _by_tables(real: Rows, others: Sequence[Rows], chosen: NDArray[np.int64], sizes: NDArray[np.int64]) -> list[float]:
    first = _table(real, chosen, sizes)
    return [overlap(first, _table(item, chosen, sizes)) for item in others]


def _by_runs(real: Rows, others: Sequence[Rows], chosen: NDArray[np.int64], sizes: NDArray[np.int64]) -> list[float]:
    first, *rest = (np.sort(keys) for keys in _keys([real, *others], chosen, sizes))
    return [overlap_of_runs(first, keys) for keys in rest]


def _counts(item: Rows, chosen: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows per cell, of those that occur at least."""
    if _is_small([item], sizes):
        return _table(item, chosen, sizes)
    return np.unique(_keys([item], chosen, sizes)[0], return_counts=True)[1].astype(np.int64)


def _table(item: Rows, chosen: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    counts = np.zeros((2, math.prod(sizes.tolist())), np.int64)
    count_cells(item.codes, chosen, sizes, item.rows, counts)
    both: NDArray[np.int64] = counts[0] + counts[1]
    return both


def _keys(sets: Sequence[Rows], chosen: NDArray[np.int64], sizes: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """A number per row, equal where the cells are."""
    keys = np.zeros(sum(map(len, sets)), np.int64)
    n_keys = 1
    for place, size in zip(chosen.tolist(), sizes.tolist(), strict=True):
        if n_keys * size >= 2**62:
            found, keys = np.unique(keys, return_inverse=True)
            n_keys = len(found)
        columns = [item.codes[place] if not len(item.rows) else item.codes[place][item.rows] for item in sets]
        keys = keys * size + np.concatenate(columns)
        n_keys *= size
    return list(np.split(keys, np.cumsum([len(item) for item in sets])[:-1]))
