"""Cells as whole numbers: ranks of numbers, codes of categories, and one number for several columns together.

Tables are compared by counting, and small whole numbers are what counts fast. A code means the same in all sets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.data.cells import MISSING_CODE, Cells

__all__ = ["Codes", "column_codes", "combined", "joined", "ranked_rows", "stacked"]

Codes = NDArray[np.int64]
Bins = Callable[[NDArray[np.float64]], Codes]

# Codes of several columns are numbered anew where they could be more than this many times the rows.
_ROOM = 4


def column_codes(sets: Sequence[Cells], place: int, *, bins: Bins | None = None) -> tuple[list[Codes], int]:
    """Codes of one column in all sets, in the order of the numbers where it has numbers.

    Parameters
    ----------
    sets : sequence of Cells
        From one encoding.
    place : int
        Position of the column.
    bins : callable, optional
        Gives the bins, from 0, of a column's numbers; without it each number has a code of its own.

    Returns
    -------
    codes : list of ndarray of int64, shape (n_rows,)
        One per set; `MISSING_CODE` where missing, else from 1.
    n_codes : int
        One more than the largest code.
    """
    if sets[0].columns[place].kind == "category":
        codes = [cells.values[place].astype(np.int64) for cells in sets]
        return codes, len(sets[0].columns[place].levels) + 1
    if bins is None:
        values, absent = joined(sets, place)
        found, inverse = np.unique(values[~absent], return_inverse=True)
        places = np.full(len(values), MISSING_CODE, np.int64)
        places[~absent] = inverse + 1
        return np.split(places, np.cumsum([len(cells) for cells in sets])[:-1]), len(found) + 1
    codes = []
    for cells in sets:
        numbers = cells.numbers(place)
        codes.append(np.where(np.isnan(numbers), MISSING_CODE, bins(numbers) + 1))
    return codes, max(int(item.max(initial=0)) for item in codes) + 1


def joined(sets: Sequence[Cells], place: int) -> tuple[NDArray[np.float64] | NDArray[np.int64], NDArray[np.bool_]]:
    """Cells of a column of all sets, one set after the other, and which are missing."""
    values = np.concatenate([cells.values[place] for cells in sets])
    return values, np.concatenate([cells.absent(place) for cells in sets])


def combined(columns: Sequence[tuple[Sequence[Codes], int]]) -> tuple[list[Codes], int]:
    """One code for several columns: equal where all of them are.

    Parameters
    ----------
    columns : sequence of (codes, n_codes)
        From `column_codes`, or from here.

    Returns
    -------
    codes : list of ndarray of int64
        One per set, from 0 and without large gaps: at most four times as many as there are rows.
    n_codes : int

    Examples
    --------
    >>> combined([([np.array([1, 1, 2])], 3), ([np.array([1, 2, 1])], 3)])
    ([array([4, 5, 7])], 9)
    """
    codes, n_codes = list(columns[0][0]), columns[0][1]
    ends = np.cumsum([len(item) for item in codes])
    for other, n_other in columns[1:]:
        codes = [one * n_other + two for one, two in zip(codes, other, strict=True)]
        n_codes *= n_other
        if n_codes > _ROOM * int(ends[-1]):
            codes, n_codes = _renumbered(codes, ends)
    return codes, n_codes


def _renumbered(codes: Sequence[Codes], ends: NDArray[np.int64]) -> tuple[list[Codes], int]:
    import pandas as pd  # noqa: PLC0415 - its hash table is many times faster than sorting

    numbers, found = pd.factorize(np.concatenate(codes))
    return np.split(numbers.astype(np.int64), ends[:-1]), len(found)


def ranked_rows(sets: Sequence[Cells]) -> tuple[list[NDArray[np.int32]], tuple[int, ...]]:
    """All columns' codes as one array per set.

    Parameters
    ----------
    sets : sequence of Cells

    Returns
    -------
    ranks : list of ndarray of int32, shape (n_rows, n_columns)
        One per set.
    n_codes : tuple of int
        Per column one more than its largest code.
    """
    columns = [column_codes(sets, place) for place in range(len(sets[0].columns))]
    rows = [
        np.stack([codes[number] for codes, _ in columns], axis=1).astype(np.int32, order="C")
        for number in range(len(sets))
    ]
    return rows, tuple(n_codes for _, n_codes in columns)


def stacked(columns: Sequence[NDArray[Any]], n: int, dtype: type) -> NDArray[Any]:
    """Columns side by side, shape (n, n_columns); n rows without a column where there is none."""
    return np.stack(columns, axis=1) if columns else np.empty((n, 0), dtype)
