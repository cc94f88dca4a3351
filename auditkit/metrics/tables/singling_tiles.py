"""Compiled loops of the singling-out attack: how many records a predicate fits, given up as soon as it is too many.

A predicate asks of each of a few columns that its rank lies between two others. The records that pass in one column
stand beside each other in that column's order, so only the shortest of these stretches is walked.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from auditkit.metrics.tiles import compiled

__all__ = ["Sorted", "Tried", "count_matches", "try_rows"]

Small = NDArray[np.int32]
Large = NDArray[np.int64]


class Sorted(NamedTuple):
    """Records of one set and their order in each column.

    `ranks` (n, m); `order` (m, n) rows by rank; `starts[bases[c] + r]` how many records of column c rank below r.
    """

    ranks: Small
    order: Small
    starts: Large
    bases: Large


class Tried(NamedTuple):
    """Predicates that fit one synthetic record alone: it, and how many records of the other sets they fit, which first.

    A number of records is given up at the set's limit, which then stands there.
    """

    rows: Small
    train: Small
    train_first: Small
    holdout: Small
    holdout_first: Small


@compiled()
def count_matches(low: Small, high: Small, columns: Small, records: Sorted, limit: int) -> tuple[int, int]:
    """Number of records between `low` and `high` in all these columns, at most `limit`, and the first of them.

    `low` and `high` have one entry per column of the table; the first is -1 where none fits.
    """
    best, start, stop = -1, 0, 0
    for c in columns:
        first = records.starts[records.bases[c] + low[c]]
        last = records.starts[records.bases[c] + high[c] + 1]
        if best < 0 or last - first < stop - start:
            best, start, stop = c, first, last
    count, found = 0, -1
    for place in range(start, stop):
        row = records.order[best, place]
        fits = True
        for c in columns:
            rank = records.ranks[row, c]
            if rank < low[c] or rank > high[c]:
                fits = False
                break
        if fits:
            if count == 0:
                found = row
            count += 1
            if count == limit:
                break
    return count, found


@compiled()
def try_rows(
    rows: Small,
    starts: Large,
    n_sets: int,
    column_sets: Small,
    bounds: Small,
    synthetic: Sorted,
    real: tuple[Sorted, Sorted],
    limits: tuple[int, int],
    tried: Tried,
) -> int:
    """Try some column sets of some synthetic rows, and keep what fits one synthetic record alone.

    Parameters
    ----------
    rows : ndarray of shape (b,), int32
        Synthetic rows.
    starts : ndarray of shape (b,), int64
        First column set of each row; `n_sets` are tried, in a circle.
    n_sets : int
    column_sets : ndarray of shape (s, n_cols), int32
    bounds : ndarray of shape (2, m, n_columns), int32
        Lower and upper ranks of the predicates of each synthetic row.
    synthetic : Sorted
    real : tuple of (Sorted, Sorted)
        Train and holdout; a holdout without records is not asked.
    limits : tuple of (int, int)
        Where counting in train and in the holdout stops.
    tried : Tried
        Of b * n_sets entries, written here.

    Returns
    -------
    int
        How many were kept.
    """
    kept = 0
    low, high = bounds[0], bounds[1]
    train, holdout = real
    for i in range(rows.shape[0]):
        row = rows[i]
        for step in range(n_sets):
            columns = column_sets[(starts[i] + step) % column_sets.shape[0]]
            count, _ = count_matches(low[row], high[row], columns, synthetic, 2)
            if count != 1:
                continue
            tried.rows[kept] = row
            count, first = count_matches(low[row], high[row], columns, train, limits[0])
            tried.train[kept], tried.train_first[kept] = count, first
            if holdout.ranks.shape[0]:
                count, first = count_matches(low[row], high[row], columns, holdout, limits[1])
                tried.holdout[kept], tried.holdout_first[kept] = count, first
            kept += 1
    return kept
