"""Units that share a long run of rows with a real one: a copy that lacks its first or last row equals no unit.

Two units share a run where rows that follow each other in one are equal, in the same order, to rows that follow each
other in the other. It is long if it holds at least three rows and half those of the shorter unit, or all rows but one.
Of units whose rows have no order, as many rows anywhere in both count as a run.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditkit.metrics.copies import excess_of_hits
from auditkit.metrics.registry import Reading

__all__ = ["RowsOfUnits", "run_excess"]

FEWEST_ROWS = 3
MOST_PLACES = 64
"""What stands in more places of the real sets leads to nobody."""
_MOST_PAIRS = 1 << 24
_AT_ONCE = 1 << 22
_WEIGHT = np.uint64(0x9E3779B97F4A7C15)
Whole = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RowsOfUnits:
    """Hashes of rows, unit after unit.

    Attributes
    ----------
    rows : ndarray of uint64, shape (n_rows,)
    starts : ndarray of int64, shape (n_units + 1,)
    ordered : bool, default True
        Whether the rows of a unit have an order; otherwise units share a number of rows, not a run.
    """

    rows: NDArray[np.uint64]
    starts: Whole
    ordered: bool = True

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def unit_of_row(self) -> Whole:
        """Unit of each row."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    def followed(self) -> Whole:
        """Rows that have a next row in their unit."""
        last = np.zeros(len(self.rows), np.bool_)
        last[self.starts[1:] - 1] = True
        return np.flatnonzero(~last)


def run_excess(train: RowsOfUnits, synthetic: RowsOfUnits, fresh: RowsOfUnits) -> Reading:
    """Share of synthetic units that share a long run with train units only, less that with holdout units only.

    Returns
    -------
    Reading
        With the sign test's spread. Synthetic units that share their longest run with the same real unit count as one
        piece of evidence.

    Notes
    -----
    Runs are searched from two equal rows that follow each other (equal rows without order), in both real sets together
    in at most `MOST_PLACES` places: what many real units have in common tells of none. O(n log n) but for such places.
    """
    n_train = len(train)
    pool = RowsOfUnits(
        np.concatenate([train.rows, fresh.rows]), np.append(train.starts, train.starts[-1] + fresh.starts[1:])
    )
    ours, theirs, length = (_long_runs if train.ordered else _many_rows)(synthetic, pool)
    counts = [np.bincount(ours[side], minlength=len(synthetic)) for side in (theirs < n_train, theirs >= n_train)]
    # The longest run first, so that the first of each unit is what it was taken from.
    order = np.lexsort((theirs, -length, ours))
    found, first = np.unique(ours[order], return_index=True)
    source = np.full(len(synthetic), -1)
    source[found] = theirs[order][first]
    _, one, repeats = np.unique(source, return_index=True, return_counts=True)
    in_train, in_holdout = (np.asarray(count[one], np.int64) for count in counts)
    return excess_of_hits(in_train, in_holdout, repeats.astype(np.int64), sizes=(n_train, len(fresh)))


def _long_runs(synthetic: RowsOfUnits, pool: RowsOfUnits) -> tuple[Whole, Whole, Whole]:
    """Synthetic unit, real unit and rows of the longest run, of each two units that share a long one."""
    rows, places = _seeds(synthetic, pool)
    ours, theirs = synthetic.unit_of_row[rows], pool.unit_of_row[places]
    _, first = np.unique(np.column_stack([ours, theirs, places - rows]), axis=0, return_index=True)
    ours, theirs, shift = ours[first], theirs[first], (places - rows)[first]
    # Both units laid over each other: where the later one starts to where the earlier one ends.
    starts = np.maximum(synthetic.starts[ours], pool.starts[theirs] - shift)
    ends = np.minimum(synthetic.starts[ours + 1], pool.starts[theirs + 1] - shift)
    runs = _longest(synthetic.rows, pool.rows, starts, ends - starts, shift)
    return _longest_of_each(*_enough(ours, theirs, runs, synthetic, pool))


def _many_rows(synthetic: RowsOfUnits, pool: RowsOfUnits) -> tuple[Whole, Whole, Whole]:
    """Synthetic unit, real unit and equal rows, of each two units that share many, in any order."""
    rows, places = _equal(synthetic.rows, pool.rows)
    pairs = np.column_stack([synthetic.unit_of_row[rows], pool.unit_of_row[places]])
    # A row that one unit holds twice is shared twice only if the other one holds it twice.
    counts = []
    for at in (rows, places):
        _, first = np.unique(np.column_stack([pairs, at]), axis=0, return_index=True)
        found, count = np.unique(pairs[first], axis=0, return_counts=True)
        counts.append(count)
    return _enough(found[:, 0], found[:, 1], np.minimum(*counts), synthetic, pool)


def _enough(
    ours: Whole, theirs: Whole, shared: Whole, synthetic: RowsOfUnits, pool: RowsOfUnits
) -> tuple[Whole, Whole, Whole]:
    """Those that share enough rows for the sizes of both units."""
    sizes = np.diff(synthetic.starts)[ours], np.diff(pool.starts)[theirs]
    half = (shared >= FEWEST_ROWS) & (2 * shared >= np.minimum(*sizes) - 1)
    enough = half | (shared >= np.maximum(np.maximum(*sizes) - 1, 2))
    return ours[enough], theirs[enough], shared[enough]


def _longest_of_each(ours: Whole, theirs: Whole, runs: Whole) -> tuple[Whole, Whole, Whole]:
    """The longest run of each two units."""
    order = np.lexsort((-runs, theirs, ours))
    _, first = np.unique(np.column_stack([ours, theirs])[order], axis=0, return_index=True)
    return ours[order][first], theirs[order][first], runs[order][first]


def _seeds(synthetic: RowsOfUnits, pool: RowsOfUnits) -> tuple[Whole, Whole]:
    """Rows of both sets from which on two rows are equal."""
    made, real = synthetic.followed(), pool.followed()
    sought, keys = (item.rows[at] * _WEIGHT + item.rows[at + 1] for item, at in ((synthetic, made), (pool, real)))
    rows, places = _equal(sought, keys)
    return made[rows], real[places]


def _equal(sought: NDArray[np.uint64], keys: NDArray[np.uint64]) -> tuple[Whole, Whole]:
    """Places of equal keys in both, but for those that stand in many places of the second."""
    most = max(4, min(MOST_PLACES, _MOST_PAIRS // max(len(sought), 1)))
    order = np.argsort(keys, kind="stable")
    first, behind = (np.searchsorted(keys[order], sought, side=side) for side in ("left", "right"))
    count = np.where(behind - first <= most, behind - first, 0)
    rows = np.repeat(np.arange(len(sought)), count)
    steps = np.arange(len(rows)) - np.repeat(np.cumsum(count) - count, count)
    return rows, order[np.repeat(first, count) + steps]


def _longest(made: NDArray[np.uint64], real: NDArray[np.uint64], starts: Whole, lengths: Whole, shift: Whole) -> Whole:
    """Most rows in a row that are equal, for each stretch of synthetic rows and its shift to the real ones."""
    longest = np.zeros(len(starts), np.int64)
    part = np.cumsum(lengths) // _AT_ONCE
    for number in np.unique(part):
        these = np.flatnonzero(part == number)
        begins = np.cumsum(lengths[these]) - lengths[these]
        place = np.arange(int(lengths[these].sum()))
        rows = place + np.repeat(starts[these] - begins, lengths[these])
        equal = made[rows] == real[rows + np.repeat(shift[these], lengths[these])]
        broken = np.maximum.accumulate(np.where(equal, -1, place))
        broken = np.maximum(broken, np.repeat(begins - 1, lengths[these]))
        longest[these] = np.maximum.reduceat(place - broken, begins)
    return longest
