"""Predicates that an attacker reads off a synthetic table, and how many real records each fits.

Only predicates that fit one synthetic record are used: the attacker hopes that what is rare here is rare there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import run_blocks, split_blocks
from auditkit.data.cells import Cells
from auditkit.metrics.tables.codes import ranked_rows
from auditkit.metrics.tables.column_sets import combinations_of
from auditkit.metrics.tables.singling_tiles import Sorted, Tried, try_rows

__all__ = ["CANDIDATES", "Tables", "sorted_tables", "try_combinations", "try_single"]

CANDIDATES = 2**22
"""Combinations of a row and a set of columns that are looked at, unless one per row is more."""

_SETS = 2**16
_ROWS_PER_BLOCK = 512
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Tables:
    """The sets as ranks, and what each synthetic row says of each column.

    Attributes
    ----------
    synthetic, train, holdout : Sorted
        A holdout that was not given has no records.
    bounds : ndarray of shape (2, m, n_columns), int32
        Ranks between which a record must lie to be like a synthetic row: equal for categories and missing cells, at
        least as far from the middle for numbers.
    n_codes : tuple of int
    numeric : tuple of bool
    """

    synthetic: Sorted
    train: Sorted
    holdout: Sorted
    bounds: NDArray[np.int32]
    n_codes: tuple[int, ...]
    numeric: tuple[bool, ...]


def sorted_tables(real: Cells, synthetic: Cells, holdout: Cells | None) -> Tables:
    """Ranks of all sets, in which sets share an order."""
    sets = [real, synthetic] if holdout is None else [real, synthetic, holdout]
    ranks, n_codes = ranked_rows(sets)
    numeric = tuple(column.kind != "category" for column in real.columns)
    bounds = np.stack([ranks[1], ranks[1]])
    for place in real.places("number", "moment"):
        numbers = synthetic.numbers(place)
        present = ~np.isnan(numbers)
        if not present.any():
            continue
        above = numbers > np.median(numbers[present])
        bounds[1, present & above, place] = n_codes[place] - 1
        bounds[0, present & ~above, place] = 1
    none = np.zeros((0, len(numeric)), np.int32)
    made = [_sorted(item, n_codes) for item in (ranks[1], ranks[0], none if holdout is None else ranks[2])]
    return Tables(made[0], made[1], made[2], bounds, n_codes, numeric)


def _sorted(ranks: NDArray[np.int32], n_codes: Sequence[int]) -> Sorted:
    order = np.argsort(ranks.T, axis=1, kind="stable").astype(np.int32)
    counts = [np.bincount(ranks[:, place], minlength=size) for place, size in enumerate(n_codes)]
    starts = [np.concatenate([[0], np.cumsum(count)]) for count in counts]
    bases = np.concatenate([[0], np.cumsum([len(item) for item in starts])[:-1]])
    return Sorted(ranks, order, np.concatenate(starts).astype(np.int64), bases.astype(np.int64))


def try_single(tables: Tables) -> Tried:
    """Predicates on one column: a value that occurs once, at most the least, at least the largest, the one missing."""
    found = [_single_of(tables, place) for place in range(len(tables.n_codes))]
    column = np.concatenate([np.full(len(low), place) for place, (low, _) in enumerate(found)])
    low, high = (np.concatenate([item[side] for item in found]) for side in (0, 1))
    rows = _between(tables.synthetic, column, low, high)[1]
    train, train_first = _between(tables.train, column, low, high)
    fresh, fresh_first = _between(tables.holdout, column, low, high)
    return Tried(*(item.astype(np.int32) for item in (rows, train, train_first, fresh, fresh_first)))


def _single_of(tables: Tables, place: int) -> tuple[Integers, Integers]:
    base = tables.synthetic.bases[place]
    counts = np.diff(tables.synthetic.starts[base : base + tables.n_codes[place] + 1])
    once = np.flatnonzero(counts == 1)
    low, high = [once], [once]
    present = np.flatnonzero(counts[1:]) + 1
    if tables.numeric[place] and len(present):
        least, most = present[0], present[-1]
        if counts[least] == 1:
            low.append(np.array([1]))
            high.append(np.array([least]))
        if counts[most] == 1:
            low.append(np.array([most]))
            high.append(np.array([tables.n_codes[place] - 1]))
    return np.concatenate(low), np.concatenate(high)


def _between(records: Sorted, column: Integers, low: Integers, high: Integers) -> tuple[Integers, Integers]:
    """Number of records between two ranks of a column, and the first of them or -1."""
    first = records.starts[records.bases[column] + low]
    count = records.starts[records.bases[column] + high + 1] - first
    if not records.ranks.shape[0]:
        return count, np.full(len(count), -1)
    places = records.order[column, np.minimum(first, records.ranks.shape[0] - 1)]
    return count, np.where(count > 0, places, -1)


def try_combinations(tables: Tables, *, n_cols: int, limits: tuple[int, int], rng: np.random.Generator) -> Tried:
    """Predicates on several columns, of each synthetic row.

    Parameters
    ----------
    tables : Tables
    n_cols : int
        Columns of a predicate.
    limits : tuple of (int, int)
        Where counting in train and in the holdout stops.
    rng : numpy Generator
        Deals out the sets of columns where there are too many to try all of each row.

    Returns
    -------
    Tried
    """
    n_rows = int(tables.bounds.shape[1])
    column_sets = _column_sets(len(tables.n_codes), n_cols, rng)
    n_sets = min(len(column_sets), max(1, CANDIDATES // n_rows))
    starts: Integers = rng.integers(len(column_sets), size=n_rows)

    def attack(block: slice) -> Tried:
        size = (block.stop - block.start) * n_sets
        tried = Tried(*(np.zeros(size, np.int32) for _ in Tried._fields))
        kept = try_rows(
            np.arange(block.start, block.stop, dtype=np.int32),
            starts[block],
            n_sets,
            column_sets,
            tables.bounds,
            tables.synthetic,
            (tables.train, tables.holdout),
            limits,
            tried,
        )
        return Tried(*(item[:kept].copy() for item in tried))

    parts = run_blocks(attack, split_blocks(n_rows, _ROWS_PER_BLOCK))
    return Tried(*(np.concatenate(items) for items in zip(*parts, strict=True)))


def _column_sets(n_columns: int, n_cols: int, rng: np.random.Generator) -> NDArray[np.int32]:
    """All sets of columns in a random order, or as many as are ever looked at."""
    found = combinations_of(n_columns, n_cols, most=_SETS, rng=rng).astype(np.int32)
    return np.ascontiguousarray(found[rng.permutation(len(found))])
