"""Compiled loops that seed the limits of a pruned pass: each row's few smallest lower bounds, then their distances.

A lower bound from few coordinates says where a row's neighbours may be and not how far they are. The distances to
the rows with the smallest bounds are near those of the true neighbours, and a limit from them is tight.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from auditkit.metrics.crossing_tiles import RealLimits, SetBounds, SyntheticFindings, lower_reach
from auditkit.metrics.tiles import (
    CHUNK,
    TIE,
    Counts,
    RowArray,
    Single,
    any_near,
    compiled,
    insert_value,
    rounded_up,
    squared_distance,
)

__all__ = ["Seeds", "limit_crossing", "limit_real", "limit_self", "seed_tile"]


class Seeds(NamedTuple):
    """Of each row the smallest lower bounds so far, ascending, whose they are, and the largest of them."""

    limit: Single
    lower: Single
    whose: NDArray[np.int32]


@compiled()
def _insert_seed(seeds: Seeds, row: int, value: np.float32, other: int) -> None:
    lower, whose = seeds.lower[row], seeds.whose[row]
    place = lower.shape[0] - 1
    while place > 0 and lower[place - 1] > value:
        lower[place] = lower[place - 1]
        whose[place] = whose[place - 1]
        place -= 1
    lower[place] = value
    whose[place] = other
    seeds.limit[row] = lower[lower.shape[0] - 1]


@compiled()
def seed_tile(
    products: Single,
    row_start: int,
    column_start: int,
    low: Single,
    column_low: Single,
    rows: Seeds,
    columns: Seeds,
    above: int,
) -> None:
    """Put the bounds of one tile into the seeds of both ends; only `column - row >= above` is looked at."""
    for r in range(products.shape[0]):
        row = row_start + r
        for start in range(0, products.shape[1], CHUNK):
            chunk = products[r, start : start + CHUNK]
            first = column_start + start
            stop = first + chunk.shape[0]
            if not any_near(chunk, low[row], column_low[first:stop], rows.limit[row], columns.limit[first:stop]):
                continue
            for c in range(chunk.shape[0]):
                column = first + c
                if column - row < above:
                    continue
                value = chunk[c] + column_low[column] + low[row]
                if value < rows.limit[row]:
                    _insert_seed(rows, row, value, column)
                if value < columns.limit[column]:
                    _insert_seed(columns, column, value, row)


@compiled()
def limit_self(
    rows: RowArray, counts: Counts, scale: float, seeds: NDArray[np.int32], start: int, stop: int, k: int, limit: Single
) -> None:
    """Lower the limits of some rows to the k-th smallest distance among a row's own copies and its seeds."""
    known = np.empty(k)
    for i in range(start, stop):
        known[:] = np.inf
        insert_value(known, 0.0, counts[i] - 1)
        for place in range(seeds.shape[1]):
            j = seeds[i, place]
            if j >= 0:
                insert_value(known, squared_distance(rows[i], rows[j]), counts[j])
        limit[i] = min(limit[i], rounded_up(known[k - 1], scale))


@compiled()
def limit_crossing(
    rows: RowArray,
    real_rows: RowArray,
    synthetic: SetBounds,
    real: SetBounds,
    limits: RealLimits,
    found: SyntheticFindings,
    scale: float,
    seeds: NDArray[np.int32],
    start: int,
    stop: int,
) -> None:
    """Lower what a crossing needs of some synthetic rows to what their seeds among the real rows allow."""
    known = np.empty(2)
    for j in range(start, stop):
        known[:] = np.inf
        for place in range(seeds.shape[1]):
            i = seeds[j, place]
            if i >= 0:
                squared = squared_distance(rows[j], real_rows[i])
                insert_value(known, squared, real.counts[i])
                lower_reach(found.reach, j, rounded_up(squared, scale), limits.shown[i])
        synthetic.nearest[j] = min(synthetic.nearest[j], rounded_up(known[1] * (1.0 + TIE), scale))


@compiled()
def limit_real(
    rows: RowArray,
    real_rows: RowArray,
    real: SetBounds,
    limits: RealLimits,
    scale: float,
    seeds: NDArray[np.int32],
    start: int,
    stop: int,
) -> None:
    """Lower the limits of some real rows to the nearest of their seeds among the synthetic rows."""
    for i in range(start, stop):
        nearest = np.inf
        for place in range(seeds.shape[1]):
            if seeds[i, place] >= 0:
                nearest = min(nearest, squared_distance(rows[seeds[i, place]], real_rows[i]))
        real.nearest[i] = min(real.nearest[i], rounded_up(nearest, scale))
        limits.limit[i] = max(real.ball[i], real.nearest[i])
