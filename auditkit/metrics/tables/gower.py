"""Nearest rows of tables with columns of mixed type, exact and without a matrix of distances.

The distance is Gower's, as SDMetrics defines it: the mean over the columns of min(|a - b| / range, 1) for numbers and
moments, 0 or 1 for categories (and for numbers whose range is 0), 0 between two missing cells and 1 between a missing
one and any other. `gower_tiles.py` says why the search is fast and still exact.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import run_blocks
from auditkit.data.cells import Cells
from auditkit.errors import DataError, SampleSizeError
from auditkit.metrics.tables.codes import joined, stacked
from auditkit.metrics.tables.gower_tiles import (
    ABSENT,
    Entries,
    Found,
    Queries,
    Stick,
    cut_leaves,
    search,
)

__all__ = ["Nearest", "nearest", "spans"]

IndexArray = NDArray[np.int64]
Span = float | int | None

LARGEST = 1e150
_EXACT = 2**53
_WORD = 64
_BLOCKS = 32


@dataclass(frozen=True, eq=False)
class Nearest:
    """The k nearest rows of one or two reference sets, for each row that looks for them.

    Attributes
    ----------
    distances : ndarray of shape (n_sets, m, k), float64
        In [0, 1], ascending.
    rows : ndarray of shape (n_sets, m, k), int64
        Positions in the reference set; among equal distances the lowest first.
    tied : ndarray of shape (n_sets, m), int64
        How many rows of each set are at the smallest distance over all sets.
    votes : tuple of ndarray of shape (n_rows of the set,), float64
        What each reference row gets when every query splits one vote among all rows, of all sets, that are tied for
        nearest; empty unless asked for.
    """

    distances: NDArray[np.float64]
    rows: IndexArray
    tied: IndexArray
    votes: tuple[NDArray[np.float64], ...] = ()

    def share(self, place: int = 0) -> NDArray[np.float64]:
        """What each query gives of its vote to one of the sets, shape (m,)."""
        shares: NDArray[np.float64] = self.tied[place] / self.tied.sum(axis=0)
        return shares


def spans(*sets: Cells) -> tuple[Span, ...]:
    """Range of each column over all rows of some sets: what a difference is divided by.

    Parameters
    ----------
    *sets : Cells
        Of one encoding.

    Returns
    -------
    tuple of float, int or None
        None for a category, 0 for a column that is constant or missing throughout; an int where cells are integers.
    """
    return tuple(_span(sets, place) for place in range(len(sets[0].columns)))


def nearest(
    queries: Cells, references: Sequence[Cells], *, measure: Sequence[Span], k: int = 1, votes: bool = False
) -> Nearest:
    """Find the k nearest rows of each reference set for every row.

    Parameters
    ----------
    queries : Cells
        m rows that look for neighbours.
    references : sequence of Cells
        One or two sets of the same encoding.
    measure : sequence of float, int or None
        Range of each column, from `spans`.
    k : int, default 1
        Neighbours per row and set; 1 <= k <= rows of each set.
    votes : bool, default False
        Whether to count the votes of reference rows.

    Returns
    -------
    Nearest
        The same bytes for any number of threads.

    Raises
    ------
    SampleSizeError
        If k < 1 or a set has fewer than k rows.
    DataError
        If a column holds numbers beyond 1e150.

    Notes
    -----
    O(g_q g_r) additions of machine words for g groups of equal categories, and O(p) for each row that such a sum does
    not leave out. Memory O(n p) and never n * m. Sums of distances are in float64, in one order of columns: two that
    are equal on paper may differ in the last digits, so ties are those within 1e-12 of the smallest.
    """
    _check(references, k)
    prepared = _prepare(queries, references, measure)
    n_distinct = len(prepared.queries.near)
    found = Found(
        np.full((n_distinct, 2, k), np.inf),
        np.full((n_distinct, 2, k), -1, np.int64),
        np.zeros((n_distinct, 2), np.int64),
    )
    n_entries = len(prepared.entries.near) if votes else 0
    counts = np.array([*(len(item) for item in references), 0][:2], np.int64)

    def visit(bounds: tuple[int, int]) -> NDArray[np.float64]:
        block = np.zeros(n_entries)
        search(prepared.queries, prepared.entries, prepared.stick, counts, *bounds, prepared.n_categories, found, block)
        return block

    edges = np.unique(np.linspace(0, n_distinct, _BLOCKS + 1).astype(int)).tolist()
    blocks = run_blocks(visit, list(itertools.pairwise(edges)))
    n_sets, inverse = len(references), prepared.inverse
    sums = np.moveaxis(found.sums[:, :n_sets], 1, 0)[:, inverse] / len(queries.columns)
    rows = np.moveaxis(found.rows[:, :n_sets], 1, 0)[:, inverse]
    rows[1:] -= counts[0]
    tied = np.ascontiguousarray(found.tied[:, :n_sets].T[:, inverse])
    if not votes:
        return Nearest(sums, rows, tied)
    each = np.empty(int(counts.sum()))
    each[prepared.entries.rows] = np.repeat(sum(blocks[1:], blocks[0]), np.diff(prepared.entries.bounds[:, ::2])[:, 0])
    return Nearest(sums, rows, tied, tuple(np.split(each, counts.cumsum()[: n_sets - 1])))


class _Prepared(NamedTuple):
    queries: Queries
    entries: Entries
    stick: Stick
    n_categories: int
    inverse: IndexArray


class _Parts(NamedTuple):
    """Columns of some rows: packed categories (w, n), numbers (n, p), integers that floats cannot hold (n, q)."""

    words: NDArray[np.uint64]
    near: NDArray[np.float64]
    whole: IndexArray


def _check(references: Sequence[Cells], k: int) -> None:
    if isinstance(k, bool) or not isinstance(k, int | np.integer):
        raise SampleSizeError(f"k must be a whole number of neighbours, got {k!r}: give k=5, say.")
    fewest = min(len(item) for item in references)
    if not 1 <= k <= fewest:
        raise SampleSizeError(
            f"k nearest rows need k >= 1 and at least k rows in each set, got k={k} and {fewest} rows: lower k."
        )


def _span(sets: Sequence[Cells], place: int) -> Span:
    column = sets[0].columns[place]
    if column.kind == "category":
        return None
    present = [item.present(place) for item in sets]
    held = [item for item in present if len(item)]
    if not held:
        return 0
    low, high = min(item.min() for item in held), max(item.max() for item in held)
    if max(abs(float(low)), abs(float(high))) > LARGEST and held[0].dtype == np.float64:
        raise DataError(f"column {column.name!r} holds numbers beyond {LARGEST:.0e}: rescale it.")
    return int(high) - int(low) if held[0].dtype == np.int64 else float(high - low)


def _prepare(queries: Cells, references: Sequence[Cells], measure: Sequence[Span]) -> _Prepared:
    """Distinct rows of both sides in the order of their groups and leaves."""
    sets = (queries, *references)
    same: list[NDArray[np.int64]] = []
    near: list[NDArray[np.float64]] = []
    whole: list[IndexArray] = []
    scales: tuple[list[float], list[float]] = ([], [])
    for place, span in enumerate(measure):
        if span is None:
            same.append(joined(sets, place)[0].astype(np.int64))
        elif span == 0:
            same.append(_as_codes(sets, place))
        elif (floats := _as_floats(sets, place, span)) is not None:
            near.append(floats[0])
            scales[0].append(floats[1])
        else:
            whole.append(np.asarray(joined(sets, place)[0], np.int64))
            scales[1].append(1.0 / float(span))
    words, full, spare = _packed(same, sum(len(item) for item in sets))
    n = len(words[0])
    stick = Stick(np.array(scales[0]), np.array(scales[1]), full, spare)
    parts = _Parts(words, stacked(near, n, np.float64), stacked(whole, n, np.int64))
    m = len(queries)
    mine, inverse = _as_queries(_Parts(words[:, :m], parts.near[:m], parts.whole[:m]))
    entries = _as_entries(_Parts(words[:, m:], parts.near[m:], parts.whole[m:]), stick, len(references[0]))
    return _Prepared(mine, entries, stick, len(same), inverse)


def _as_codes(sets: Sequence[Cells], place: int) -> NDArray[np.int64]:
    """Numbers of range 0 as codes: only equal or not counts, 0 is missing."""
    values, absent = joined(sets, place)
    codes = np.unique(values, return_inverse=True)[1].astype(np.int64) + 1
    codes[absent] = 0
    return codes


def _as_floats(sets: Sequence[Cells], place: int, span: float) -> tuple[NDArray[np.float64], float] | None:
    """Column as floats whose differences are exact, and one over its range in their unit; None where floats are not."""
    values, absent = joined(sets, place)
    if values.dtype == np.float64:
        if not span <= LARGEST or np.abs(values, where=~absent, out=np.zeros(len(values))).max() > LARGEST:
            raise DataError(f"column {sets[0].columns[place].name!r} holds numbers beyond {LARGEST:.0e}: rescale it.")
        return np.where(absent, ABSENT, values + 0.0), 1.0 / float(span)
    low = int(values[~absent].min(initial=np.iinfo(np.int64).max))
    steps = values.astype(np.uint64) - np.uint64(low % 2**64)  # wraps around: exact for any two int64
    steps[absent] = 0
    unit = math.gcd(int(np.gcd.reduce(steps)), int(span))
    if int(steps.max()) // unit > _EXACT:
        return None
    return np.where(absent, ABSENT, (steps // np.uint64(unit)).astype(np.float64)), unit / int(span)


def _packed(same: Sequence[NDArray[np.int64]], n: int) -> tuple[NDArray[np.uint64], ...]:
    """Codes side by side in machine words, each field with a spare bit on top."""
    words, full, spare, used = [np.zeros(n, np.uint64)], [0], [0], 0
    for codes in same:
        width = max(1, int(codes.max()).bit_length())
        if used + width + 1 > _WORD:
            words.append(np.zeros(n, np.uint64))
            full.append(0)
            spare.append(0)
            used = 0
        words[-1] |= codes.astype(np.uint64) << np.uint64(used)
        full[-1] |= (2**width - 1) << used
        spare[-1] |= 1 << (used + width)
        used += width + 1
    return np.stack(words), np.array(full, np.uint64), np.array(spare, np.uint64)


def _sorted(parts: _Parts) -> tuple[IndexArray, NDArray[np.bool_], NDArray[np.bool_]]:
    """Order in which equal rows lie together, group by group; where a new row and where a new group starts."""
    keys = [*parts.whole.T, *parts.near.T, *parts.words]
    order = np.lexsort(keys)
    new_group = np.zeros(len(order), np.bool_)
    new_group[0] = True
    for key in parts.words:
        new_group[1:] |= np.diff(key[order]) != 0
    new_row = new_group.copy()
    for key in (*parts.whole.T, *parts.near.T):
        held = key[order]
        new_row[1:] |= held[1:] != held[:-1]
    return order, new_row, new_group


def _as_queries(parts: _Parts) -> tuple[Queries, IndexArray]:
    order, new_row, new_group = _sorted(parts)
    first = order[new_row]
    inverse = np.empty(len(order), np.int64)
    inverse[order] = np.cumsum(new_row) - 1
    groups = np.cumsum(new_group)[new_row] - 1
    weight = np.bincount(inverse).astype(np.float64)
    words = np.ascontiguousarray(parts.words[:, order[new_group]])
    return Queries(words, groups.astype(np.int64), parts.near[first], parts.whole[first], weight), inverse


def _as_entries(parts: _Parts, stick: Stick, n_first: int) -> Entries:
    order, new_row, new_group = _sorted(parts)
    firsts = np.flatnonzero(new_row)
    first, n_entries = order[firsts], len(firsts)
    groups = np.append(np.flatnonzero(new_group[new_row]), n_entries).astype(np.int64)
    near = parts.near[first]
    standing = np.arange(n_entries, dtype=np.int64)
    starts, leaves = np.empty(n_entries + 1, np.int64), np.empty(len(groups), np.int64)
    n_leaves = cut_leaves(near, stick.near, groups, standing, starts, leaves)
    starts = starts[: n_leaves + 1].copy()
    near = near[standing]
    sizes = np.diff(np.append(firsts, len(order)))[standing]
    bounds = np.empty((n_entries, 3), np.int64)
    bounds[:, 2] = np.cumsum(sizes)
    bounds[:, 0] = bounds[:, 2] - sizes
    # Rows of one entry keep their order, so those of the first set come first.
    rows = order[np.repeat(firsts[standing] - bounds[:, 0], sizes) + np.arange(len(order))].astype(np.int64)
    bounds[:, 1] = bounds[:, 0] + np.add.reduceat(rows < n_first, bounds[:, 0], dtype=np.int64)
    return Entries(
        np.ascontiguousarray(parts.words[:, order[new_group]]),
        leaves,
        starts,
        np.ascontiguousarray(np.minimum.reduceat(near, starts[:-1], axis=0).T),
        np.ascontiguousarray(np.maximum.reduceat(near, starts[:-1], axis=0).T),
        np.ascontiguousarray(near.T),
        near,
        parts.whole[first][standing],
        bounds,
        rows,
    )
