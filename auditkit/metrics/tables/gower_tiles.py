"""Compiled loops of the search for nearest rows of mixed type.

A row falls into cells that are the same or not (categories) and cells that are nearer or farther (numbers). What the
first kind adds to a distance is a whole number, and rows with equal categories are one *group*: so groups are visited
in the order of how many categories differ, and the search ends at the first number that no longer can win. Within a
group rows lie in *leaves*, small boxes of numbers, and a box that is too far away is passed over. A row and its box
are summed in the same order, so that rounding cannot put the box beyond the row. What is left out is always too far:
results are those of brute force.

The loop is one long body, with `a if a < b else b` for `min`: a call, a slice or a check for NaN in it costs more than
what it is there for.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from auditkit.metrics.tiles import TIE, compiled

__all__ = ["ABSENT", "ABSENT_WHOLE", "Entries", "Found", "Queries", "Stick", "cut_leaves", "search"]

Words = NDArray[np.uint64]
Double = NDArray[np.float64]
Whole = NDArray[np.int64]

ABSENT = 1e300
"""Stands for a missing number: at distance 0 from itself and farther than any range from all others."""

ABSENT_WHOLE = np.iinfo(np.int64).min
LEAF = 32
FEW = 4
"""Rows of a leaf from which on the loop over its rows is the inner one."""


class Stick(NamedTuple):
    """What a difference is measured with: one over each range, and the masks of the packed categories."""

    near: Double
    whole: Double
    full: Words
    spare: Words


class Queries(NamedTuple):
    """Distinct rows that look for neighbours: packed categories per group, numbers and weight per row."""

    words: Words
    group: Whole
    near: Double
    whole: Whole
    weight: Double


class Entries(NamedTuple):
    """Distinct rows that are found: groups hold leaves, leaves hold entries, entries hold rows of two parts.

    `low`, `high` and `columns` are column by column, `near` is row by row.
    """

    words: Words
    leaves: Whole
    starts: Whole
    low: Double
    high: Double
    columns: Double
    near: Double
    whole: Whole
    bounds: Whole
    rows: Whole


class Found(NamedTuple):
    """Per query and part the k smallest sums with their rows, and how many rows are tied for nearest of all."""

    sums: Double
    rows: Whole
    tied: Whole


@compiled()
def _ones(word: np.uint64) -> np.uint64:
    """Bits of a word that are set; the compiler knows the idiom."""
    word = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (word * np.uint64(0x0101010101010101)) >> np.uint64(56)


@compiled()
def _count_differing(query: Words, words: Words, stick: Stick, differing: NDArray[np.uint16]) -> None:
    """Number of categories that differ between one group and all others.

    Each field has a spare bit on top: adding all ones to what differs carries into it unless nothing differs.
    """
    for w in range(words.shape[0]):
        mine, full, spare = query[w], stick.full[w], stick.spare[w]
        others = words[w]
        if w == 0:
            for i in range(others.shape[0]):
                differing[i] = np.uint16(_ones(((mine ^ others[i]) + full) & spare))
        else:
            for i in range(others.shape[0]):
                differing[i] += np.uint16(_ones(((mine ^ others[i]) + full) & spare))


@compiled()
def _collect(differing: NDArray[np.uint16], level: int, order: Whole, start: int) -> int:
    """Append the groups at one level to a list; returns its new end."""
    end = start
    wanted = np.uint16(level)
    for i in range(differing.shape[0]):
        if differing[i] == wanted:
            order[end] = i
            end += 1
    return end


@compiled()
def _insert(sums: Double, rows: Whole, q: int, part: int, value: float, row: int) -> None:
    """Put a row into a query's ascending list; among equal sums the lowest row comes first."""
    place = sums.shape[2] - 1
    last = sums[q, part, place]
    if value > last or (value == last and row > rows[q, part, place]):
        return
    while place > 0:
        before = sums[q, part, place - 1]
        if before < value or (before == value and rows[q, part, place - 1] < row):
            break
        sums[q, part, place] = before
        rows[q, part, place] = rows[q, part, place - 1]
        place -= 1
    sums[q, part, place] = value
    rows[q, part, place] = row


@compiled()
def _whole_sum(whole: Whole, q: int, others: Whole, e: int, scale: Double) -> float:
    """Sum over integers that floats cannot hold, subtracted as integers."""
    total = 0.0
    for c in range(whole.shape[1]):
        a, b = max(whole[q, c], others[e, c]), min(whole[q, c], others[e, c])
        if a == b:
            continue
        if b == ABSENT_WHOLE:
            total += 1.0
        else:
            total += min(np.float64(np.uint64(a) - np.uint64(b)) * scale[c], 1.0)
    return total


@compiled()
def _drop_ties(ties: Whole, tie_sums: Double, n_ties: int, limit: float) -> int:
    """Forget the entries that are no longer tied for nearest; returns how many stay."""
    kept = 0
    for t in range(n_ties):
        if tie_sums[t] <= limit:
            ties[kept], tie_sums[kept] = ties[t], tie_sums[t]
            kept += 1
    return kept


@compiled()
def search(  # noqa: C901, PLR0912, PLR0915 - one body: handing arrays on costs more than a leaf does
    queries: Queries, entries: Entries, stick: Stick, counts: Whole, start: int, stop: int, n_levels: int,
    found: Found, votes: Double,
) -> None:  # fmt: skip
    """Find the nearest rows of the queries from `start` to `stop`, which lie group by group.

    `votes`, if it is not empty, gathers what each entry's rows get when a query splits its weight among all rows that
    are tied for nearest.
    """
    leaves, starts, low, high = entries.leaves, entries.starts, entries.low, entries.high
    bounds, members, near, columns, whole = entries.bounds, entries.rows, entries.near, entries.columns, entries.whole
    my_near, my_whole, my_group = queries.near, queries.whole, queries.group
    near_scale, whole_scale = stick.near, stick.whole
    sums, rows, tied = found.sums, found.rows, found.tied
    k, n_columns, has_whole = sums.shape[2], near.shape[1], whole.shape[1] > 0
    n_groups, n_entries = entries.words.shape[1], near.shape[0]
    differing, order = np.empty(n_groups, np.uint16), np.empty(n_groups, np.int64)
    ends, boxes = np.zeros(n_levels + 2, np.int64), np.empty(low.shape[1])
    measured = np.empty(max(LEAF, int(np.diff(starts).max())))
    ties, tie_sums = np.empty(n_entries, np.int64), np.empty(n_entries)
    group, n_collected = -1, 0
    for q in range(start, stop):
        if my_group[q] != group:
            group, n_collected = my_group[q], 0
            _count_differing(queries.words[:, group], entries.words, stick, differing)
        # Largest sums that still matter: for each part, and for ties of the nearest of all.
        first_limit = np.inf if counts[0] else -1.0
        second_limit = np.inf if counts[1] else -1.0
        tie_limit, any_limit, n_ties = np.inf, np.inf, 0
        for level in range(n_levels + 1):
            if level > any_limit:
                break
            if level == n_collected:
                ends[level + 1] = _collect(differing, level, order, ends[level])
                n_collected += 1
            for o in range(ends[level], ends[level + 1]):
                first, last = leaves[order[o]], leaves[order[o] + 1]
                best = first
                if last > first + 1:  # of several leaves the nearest box goes first
                    boxes[first:last] = 0.0
                    for c in range(n_columns):
                        value, scale, box = my_near[q, c], near_scale[c], boxes[first:last]
                        floor, ceiling = low[c, first:last], high[c, first:last]
                        for i in range(last - first):
                            below, above = floor[i] - value, value - ceiling[i]
                            outside = below if below > above else above  # noqa: FURB136
                            scaled = outside * scale if outside > 0.0 else 0.0
                            box[i] += scaled if scaled < 1.0 else 1.0  # noqa: FURB136
                    best = first + np.argmin(boxes[first:last])
                for step in range(-1, last - first):
                    leaf = best if step < 0 else first + step
                    if step >= 0 and (leaf == best or boxes[leaf] + level > any_limit):
                        continue
                    begin, n_rows = starts[leaf], starts[leaf + 1] - starts[leaf]
                    in_columns = n_rows >= FEW
                    if in_columns:
                        measured[:n_rows] = 0.0
                        for c in range(n_columns):
                            value, scale, column = my_near[q, c], near_scale[c], columns[c, begin : begin + n_rows]
                            for i in range(n_rows):
                                scaled = abs(value - column[i]) * scale
                                measured[i] += scaled if scaled < 1.0 else 1.0  # noqa: FURB136
                    for i in range(n_rows):
                        e = begin + i
                        if in_columns:
                            total = measured[i]
                        else:
                            total = 0.0
                            for c in range(n_columns):
                                scaled = abs(my_near[q, c] - near[e, c]) * near_scale[c]
                                total += scaled if scaled < 1.0 else 1.0  # noqa: FURB136
                        if total + level > any_limit:
                            continue
                        limit = first_limit if bounds[e, 1] > bounds[e, 0] else -1.0
                        if bounds[e, 2] > bounds[e, 1]:
                            limit = max(limit, second_limit)
                        if has_whole:
                            total += _whole_sum(my_whole, q, whole, e, whole_scale)
                        total += level
                        if total > limit:
                            continue
                        for r in range(bounds[e, 0], min(bounds[e, 1], bounds[e, 0] + k)):
                            _insert(sums, rows, q, 0, total, members[r])
                        for r in range(bounds[e, 1], min(bounds[e, 2], bounds[e, 1] + k)):
                            _insert(sums, rows, q, 1, total, members[r])
                        if total + TIE * total < tie_limit:  # those met before may have fallen behind
                            tie_limit = total + TIE * total
                            n_ties = _drop_ties(ties, tie_sums, n_ties, tie_limit)
                        if total <= tie_limit:
                            ties[n_ties], tie_sums[n_ties] = e, total
                            n_ties += 1
                        if counts[0]:
                            first_limit = max(sums[q, 0, k - 1], tie_limit)
                        if counts[1]:
                            second_limit = max(sums[q, 1, k - 1], tie_limit)
                        any_limit = max(first_limit, second_limit)
        for t in range(n_ties):
            tied[q, 0] += bounds[ties[t], 1] - bounds[ties[t], 0]
            tied[q, 1] += bounds[ties[t], 2] - bounds[ties[t], 1]
        if votes.shape[0]:
            each = queries.weight[q] / (tied[q, 0] + tied[q, 1])
            for t in range(n_ties):
                votes[ties[t]] += each


@compiled()
def cut_leaves(near: Double, scale: Double, groups: Whole, order: Whole, starts: Whole, leaves: Whole) -> int:
    """Cut each group into leaves at the median of its widest column, again and again.

    `order` (which row stands where) is rearranged within groups; `starts` gets where each leaf starts, `leaves` the
    first leaf of each group. Returns how many leaves there are.
    """
    n_leaves = 0
    stack = np.empty((64, 2), np.int64)
    for g in range(groups.shape[0] - 1):
        leaves[g] = n_leaves
        stack[0, 0], stack[0, 1], depth = groups[g], groups[g + 1], 1
        while depth > 0:
            depth -= 1
            start, stop = stack[depth]
            column, widest = -1, 0.0
            if stop - start > LEAF:
                for c in range(near.shape[1]):
                    low, high = np.inf, -np.inf
                    for i in range(start, stop):
                        low, high = min(low, near[order[i], c]), max(high, near[order[i], c])
                    width = min((high - low) * scale[c], 1.0)
                    if width > widest:
                        column, widest = c, width
            if column < 0:
                starts[n_leaves] = start
                n_leaves += 1
                continue
            part = order[start:stop].copy()
            order[start:stop] = part[np.argsort(near[part, column], kind="mergesort")]
            middle = (start + stop) // 2
            stack[depth, 0], stack[depth, 1] = middle, stop
            stack[depth + 1, 0], stack[depth + 1, 1] = start, middle
            depth += 2
    leaves[groups.shape[0] - 1] = n_leaves
    starts[n_leaves] = groups[groups.shape[0] - 1]
    return n_leaves
