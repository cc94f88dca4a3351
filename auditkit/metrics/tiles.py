"""Compiled loops of the nearest-neighbour passes: what happens to one tile of float32 products.

A tile holds `-2 a.b` for some rows of one set and some rows of another. Adding the two squared norms, each lowered
by the largest error that float32 arithmetic can have made, gives a *lower bound* of the squared distance. A pair
whose lower bound exceeds every limit that it could meet is done with after two additions and a comparison. The few
others are *candidates*: their squared distance is computed again in float64 from the rows as they were given. So
every number that leaves this file is exact to float64, whatever the data look like; data that float32 cannot
resolve only make more candidates.

Limits only ever fall. Threads share some of them without a lock: a limit that is read late is too high, which
costs a candidate and changes no result.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numba
import numpy as np

__all__ = ["TIE", "crossing_refine", "crossing_tile", "merge_nearest", "self_refine", "self_tile"]

F = TypeVar("F", bound=Callable[..., object])

TIE = 1e-12
"""Squared distances that differ by less than this share of themselves are one and the same distance."""

CHUNK = 64
# Rounds a float32 up by more than its conversion can have rounded it down.
_UP = np.float32(1.0 + 2.0**-21)
_TINY = np.float32(1e-36)
# Below this a rounded-up float32 may be far above what it stands for.
_RESOLVED = np.float32(1e-28)


def compiled(*fastmath: str) -> Callable[[F], F]:
    """Compile a loop that runs without the interpreter's lock, kept on disk where a folder allows it."""

    def wrap(function: F) -> F:
        options = {"nogil": True, "fastmath": set(fastmath)}
        try:
            return numba.njit(cache=True, **options)(function)  # type: ignore[no-any-return]
        except RuntimeError:  # no folder to keep the machine code in
            return numba.njit(**options)(function)  # type: ignore[no-any-return]

    return wrap


@compiled("reassoc", "contract", "nsz")
def _squared_distance(a, b):  # type: ignore[no-untyped-def]
    total = 0.0
    for c in range(a.shape[0]):
        difference = np.float64(a[c]) - np.float64(b[c])
        total += difference * difference
    return total


@compiled()
def _insert_bound(bounds, value, count):  # type: ignore[no-untyped-def]
    """Put `count` copies of a value into an ascending list of fixed length; the largest fall out."""
    k = bounds.shape[0]
    for _ in range(min(count, k)):
        if value >= bounds[k - 1]:
            return
        place = k - 1
        while place > 0 and bounds[place - 1] > value:
            bounds[place] = bounds[place - 1]
            place -= 1
        bounds[place] = value


@compiled()
def _insert_nearest(distances, indices, value, index, count):  # type: ignore[no-untyped-def]
    """Put `count` copies of a neighbour into a list ordered by distance, then by index."""
    k = distances.shape[0]
    for _ in range(min(count, k)):
        if value > distances[k - 1] or (value == distances[k - 1] and index >= indices[k - 1]):
            return
        place = k - 1
        while place > 0 and (
            distances[place - 1] > value or (distances[place - 1] == value and indices[place - 1] > index)
        ):
            distances[place] = distances[place - 1]
            indices[place] = indices[place - 1]
            place -= 1
        distances[place] = value
        indices[place] = index


@compiled()
def self_tile(  # type: ignore[no-untyped-def]
    products, row_start, column_start, low, error, counts, limit, bounds, candidates, lower, n_candidates
):
    """Collect the pairs of one tile that may be among each other's k nearest; returns how many there are now.

    `limit` is an upper bound of each row's k-th smallest squared distance, `bounds` the k smallest upper bounds
    that this thread has met. Only pairs with row < column are looked at.
    """
    n_rows, n_columns = products.shape
    k = bounds.shape[1]
    low_columns = low[column_start : column_start + n_columns]
    limit_columns = limit[column_start : column_start + n_columns]
    for r in range(n_rows):
        row = row_start + r
        base = low[row]
        for start in range(0, n_columns, CHUNK):
            products_chunk = products[r, start : start + CHUNK]
            low_chunk = low_columns[start : start + CHUNK]
            limit_chunk = limit_columns[start : start + CHUNK]
            row_limit = limit[row]
            hit = np.int32(0)
            for c in range(products_chunk.shape[0]):
                value = products_chunk[c] + low_chunk[c] + base
                hit |= np.int32((value <= row_limit) | (value <= limit_chunk[c]))
            if not hit:
                continue
            for c in range(products_chunk.shape[0]):
                column = column_start + start + c
                value = products_chunk[c] + low_chunk[c] + base
                if column <= row or not (value <= limit[row] or value <= limit_chunk[c]):
                    continue
                candidates[n_candidates, 0] = row
                candidates[n_candidates, 1] = column
                lower[n_candidates] = value
                n_candidates += 1
                upper = value + error[row] + error[column]
                if upper < limit[row]:
                    _insert_bound(bounds[row], upper, counts[column])
                    limit[row] = min(limit[row], bounds[row, k - 1])
                if upper < limit[column]:
                    _insert_bound(bounds[column], upper, counts[row])
                    limit[column] = min(limit[column], bounds[column, k - 1])
    return n_candidates


@compiled()
def self_refine(  # type: ignore[no-untyped-def]
    rows, counts, scale, limit, candidates, lower, n_candidates, distances, indices
):
    """Measure the candidates in float64, keep each row's k nearest and lower its limit to what is now known."""
    k = distances.shape[1]
    for c in range(n_candidates):
        i, j = candidates[c]
        if lower[c] > limit[i] and lower[c] > limit[j]:
            continue
        squared = _squared_distance(rows[i], rows[j])
        _insert_nearest(distances[i], indices[i], squared, j, counts[j])
        _insert_nearest(distances[j], indices[j], squared, i, counts[i])
        limit[i] = min(limit[i], np.float32(distances[i, k - 1] * scale) * _UP + _TINY)
        limit[j] = min(limit[j], np.float32(distances[j, k - 1] * scale) * _UP + _TINY)


@compiled()
def merge_nearest(distances, indices, more_distances, more_indices):  # type: ignore[no-untyped-def]
    """Merge another thread's neighbours into the first; a row's own copies are in both and count once."""
    for i in range(distances.shape[0]):
        for c in range(distances.shape[1]):
            if more_indices[i, c] >= 0 and more_indices[i, c] != i:
                _insert_nearest(distances[i], indices[i], more_distances[i, c], more_indices[i, c], 1)


@compiled()
def crossing_tile(  # type: ignore[no-untyped-def]
    products, row_start, column_start,
    low, error, ball, nearest, reach,
    real_low, real_error, real_ball, real_nearest, real_limit, real_shown,
    candidates, lower, n_candidates,
):  # fmt: skip
    """Collect the pairs of one tile (synthetic rows, real columns) that some result may need.

    A pair is needed inside the ball of either end (`ball`, `real_ball`), when it may be the nearest of either end
    (`nearest`, `real_nearest`: upper bounds so far), or when it may set the realism of the synthetic row:
    `real_shown` is the squared radius of the real rows that realism looks at, else 0, and `reach` an upper bound
    of 1 / realism^2 so far. `real_limit` is the larger of `real_ball` and `real_nearest`.
    """
    n_rows, n_columns = products.shape
    stop = column_start + n_columns
    low_columns = real_low[column_start:stop]
    limit_columns = real_limit[column_start:stop]
    shown_columns = real_shown[column_start:stop]
    for r in range(n_rows):
        row = row_start + r
        base = low[row]
        for start in range(0, n_columns, CHUNK):
            products_chunk = products[r, start : start + CHUNK]
            low_chunk = low_columns[start : start + CHUNK]
            limit_chunk = limit_columns[start : start + CHUNK]
            shown_chunk = shown_columns[start : start + CHUNK]
            row_limit = max(ball[row], nearest[row])
            row_reach = reach[row]
            hit = np.int32(0)
            for c in range(products_chunk.shape[0]):
                value = products_chunk[c] + low_chunk[c] + base
                hit |= np.int32(
                    (value <= row_limit) | (value <= limit_chunk[c]) | (value <= shown_chunk[c] * row_reach)
                )
            if not hit:
                continue
            for c in range(products_chunk.shape[0]):
                value = products_chunk[c] + low_chunk[c] + base
                row_limit = max(ball[row], nearest[row])
                shown = shown_chunk[c]
                if not (value <= row_limit or value <= limit_chunk[c] or value <= shown * reach[row]):
                    continue
                column = column_start + start + c
                candidates[n_candidates, 0] = row
                candidates[n_candidates, 1] = column
                lower[n_candidates] = value
                n_candidates += 1
                upper = value + error[row] + real_error[column]
                nearest[row] = min(nearest[row], upper)
                if upper < real_nearest[column]:
                    real_nearest[column] = upper
                    real_limit[column] = max(real_ball[column], upper)
                if shown > _RESOLVED:
                    reach[row] = min(reach[row], upper / shown * _UP * _UP * _UP)
    return n_candidates


@compiled()
def _count_inside(squared, radii, weight, strict, tied, column):  # type: ignore[no-untyped-def]
    """Add a pair to the counts of every k whose ball holds it; returns whether the largest does."""
    for place in range(radii.shape[0] - 1, -1, -1):
        if squared > radii[place] * (1.0 + TIE):
            return place < radii.shape[0] - 1
        if squared < radii[place] * (1.0 - TIE):
            strict[place, column] += weight
        else:
            tied[place, column] += weight
    return True


@compiled()
def crossing_refine(  # type: ignore[no-untyped-def]
    rows, radii, counts, ball, nearest, reach, nearest_squared, ratio, strict, tied, smallest, smallest_tied,
    real_rows, real_radii, real_counts, real_ball, real_nearest, real_limit, real_shown, realism_place,
    real_nearest_squared, real_nearest_index, real_strict, real_tied,
    scale, candidates, lower, n_candidates, kept_squared, kept_flags,
):  # fmt: skip
    """Measure the candidates in float64 and add them to every result; returns how many pairs are to be kept.

    Kept pairs are moved to the front of `candidates`, with flag 1 inside the real row's largest ball, 2 inside the
    synthetic row's, 4 when the real row may be a nearest one of the synthetic row.
    """
    n_kept = 0
    for c in range(n_candidates):
        j, i = candidates[c]
        value = lower[c]
        if not (
            value <= ball[j] or value <= nearest[j] or value <= real_limit[i] or value <= real_shown[i] * reach[j]
        ):
            continue
        squared = _squared_distance(rows[j], real_rows[i])
        flags = 0
        if _count_inside(squared, real_radii[i], real_counts[i], strict, tied, j):
            flags |= 1
            for place in range(real_radii.shape[1]):
                radius = real_radii[i, place]
                if squared < radius * (1.0 - TIE):
                    smallest[place, j] = min(smallest[place, j], radius)
                elif squared <= radius * (1.0 + TIE):
                    smallest_tied[place, j] = min(smallest_tied[place, j], radius)
        if _count_inside(squared, radii[j], counts[j], real_strict, real_tied, i):
            flags |= 2
        if squared <= nearest_squared[j] * (1.0 + TIE):
            flags |= 4
            if squared < nearest_squared[j]:
                nearest_squared[j] = squared
                nearest[j] = min(nearest[j], np.float32(squared * (1.0 + TIE) * scale) * _UP + _TINY)
        if squared < real_nearest_squared[i] or (squared == real_nearest_squared[i] and j < real_nearest_index[i]):
            real_nearest_squared[i] = squared
            real_nearest_index[i] = j
            upper = np.float32(squared * scale) * _UP + _TINY
            if upper < real_nearest[i]:
                real_nearest[i] = upper
                real_limit[i] = max(real_ball[i], upper)
        radius = real_radii[i, realism_place]
        if real_shown[i] > 0:
            ratio[j] = max(ratio[j], radius / squared if squared > 0 else np.inf)
        elif squared == 0 and radius == 0:
            ratio[j] = max(ratio[j], 1.0)
        if flags:
            candidates[n_kept, 0] = j
            candidates[n_kept, 1] = i
            kept_squared[n_kept] = squared
            kept_flags[n_kept] = flags
            n_kept += 1
    return n_kept
