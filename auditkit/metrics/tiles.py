"""Compiled loops of the nearest-neighbour passes: what happens to one tile of float32 products.

A tile holds `-2 a.b` for some rows of one set and some rows of another. Adding the two squared norms, each lowered
by the largest error that float32 arithmetic can have made, gives a *lower bound* of the squared distance. A pair
whose lower bound exceeds every limit that it could meet is done with after two additions and a comparison. The few
others are *candidates*: their squared distance is computed again in float64 from the rows as they were given. So
every number that leaves this file is exact to float64, whatever the data look like; data that float32 cannot
resolve only make more candidates.

Limits only ever serve to leave pairs out, and any value that once was a true upper bound stays one. So threads
share some of them without a lock: a limit that is read late is too high, which costs a candidate and changes no
result.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

__all__ = [
    "CHUNK",
    "LONGEST_SORTED",
    "TIE",
    "UP",
    "Candidates",
    "Counts",
    "Double",
    "RowArray",
    "SelfFindings",
    "Single",
    "any_near",
    "compiled",
    "insert_bound",
    "insert_value",
    "merge_nearest",
    "rounded_up",
    "self_refine",
    "self_tile",
    "squared_distance",
    "tied",
]

F = TypeVar("F", bound=Callable[..., object])
Single = NDArray[np.float32]
Double = NDArray[np.float64]
RowArray = NDArray[np.float32] | NDArray[np.float64]
Counts = NDArray[np.int64]

TIE = 1e-12
"""Squared distances that differ by less than this share of themselves are one and the same distance."""

UP = np.float32(1.0 + 2.0**-21)
"""Times this, a float32 is above the float64 it was rounded from."""

LONGEST_SORTED = 32
"""Lists of the nearest that are longer are heaps while they fill, where an insertion costs log k and not k."""

CHUNK = 64
_TINY = np.float32(1e-36)


def tied(first: Double, second: Double) -> NDArray[np.bool_]:
    """Which pairs of squared distances are one and the same distance."""
    same: NDArray[np.bool_] = np.abs(first - second) <= TIE * np.maximum(first, second)
    return same


class Candidates(NamedTuple):
    """Pairs that wait to be measured: (row, column), lower bound, then squared distance and flags of those kept."""

    pairs: NDArray[np.int32]
    lower: Single
    squared: Double
    flags: NDArray[np.uint8]


class SelfFindings(NamedTuple):
    """What one thread knows of each row's k nearest: upper bounds of distances, then measured neighbours."""

    bounds: Single
    squared: Double
    indices: Counts


@functools.cache
def forget_outdated(source: Path) -> None:
    """Remove the machine code of a file's loops if that file or one beside it has changed since.

    Numba compares a loop with its own file only, though it calls loops of others, and before that it loads what it
    kept, which fails where a class that the loop takes has been renamed.
    """
    with contextlib.suppress(OSError):  # another process may be doing the same; a folder may be for reading only
        changed = max((path.stat().st_mtime for path in source.parent.glob("*tiles.py")), default=0.0)
        for kept in (source.parent / "__pycache__").glob(f"{source.stem}.*.nb[ic]"):
            if kept.stat().st_mtime < changed:
                kept.unlink(missing_ok=True)


def compiled(*fastmath: str, inline: bool = False) -> Callable[[F], F]:
    """Compile a loop that runs without the interpreter's lock, kept on disk where a folder allows it.

    With `inline` it becomes part of each loop that calls it, under that one's `fastmath`. A reassociated sum of
    several terms needs that: fresh code puts it into its caller, code from the disk may not, and last digits follow.
    """
    where: Literal["always", "never"] = "always" if inline else "never"

    def wrap(function: F) -> F:
        forget_outdated(Path(function.__code__.co_filename))
        try:
            kept: F = numba.njit(function, cache=True, nogil=True, fastmath=set(fastmath), inline=where)
        except RuntimeError:  # no folder to keep the machine code in
            kept = numba.njit(function, nogil=True, fastmath=set(fastmath), inline=where)
        return kept

    return wrap


@compiled("reassoc", "contract", "nsz")
def squared_distance(a: RowArray, b: RowArray) -> float:
    """Sum of squared differences of two rows in float64: the same either way round."""
    total = 0.0
    for c in range(a.shape[0]):
        difference = np.float64(a[c]) - np.float64(b[c])
        total += difference * difference
    return total


@compiled()
def rounded_up(squared: float, scale: float) -> np.float32:
    """A squared distance in the unit of the operands, as a float32 that is not below it."""
    return np.float32(np.float32(squared * scale) * UP + _TINY)


@compiled()
def _replace_largest(values: Single | Double, value: float | np.float32) -> None:
    """Put a value in the place of the largest one, in a heap that is laid out from its end: the last is the largest.

    An ascending list is such a heap.
    """
    last = values.shape[0] - 1
    place = 0
    while 2 * place + 1 <= last:
        child = 2 * place + 1
        if child < last and values[last - child - 1] > values[last - child]:
            child += 1
        if values[last - child] <= value:
            break
        values[last - place] = values[last - child]
        place = child
    values[last - place] = value


@compiled()
def _replace_farthest(squared: Double, indices: Counts, value: float, index: int) -> None:
    """The same for pairs of a distance and an index, ordered by distance, then by index."""
    last = squared.shape[0] - 1
    place = 0
    while 2 * place + 1 <= last:
        child = last - 2 * place - 1
        if child > 0 and (
            squared[child - 1] > squared[child]
            or (squared[child - 1] == squared[child] and indices[child - 1] > indices[child])
        ):
            child -= 1
        if squared[child] < value or (squared[child] == value and indices[child] <= index):
            break
        squared[last - place] = squared[child]
        indices[last - place] = indices[child]
        place = last - child
    squared[last - place] = value
    indices[last - place] = index


@compiled()
def insert_bound(bounds: Single, value: np.float32, count: int) -> None:
    """Put `count` copies of a value into a list of fixed length, ascending or a heap; the largest fall out."""
    k = bounds.shape[0]
    for _ in range(min(count, k)):
        if value >= bounds[k - 1]:
            return
        if k > LONGEST_SORTED:
            _replace_largest(bounds, value)
            continue
        place = k - 1
        while place > 0 and bounds[place - 1] > value:
            bounds[place] = bounds[place - 1]
            place -= 1
        bounds[place] = value


@compiled()
def insert_value(values: Double, value: float, count: int) -> None:
    """The same in float64."""
    k = values.shape[0]
    for _ in range(min(count, k)):
        if value >= values[k - 1]:
            return
        if k > LONGEST_SORTED:
            _replace_largest(values, value)
            continue
        place = k - 1
        while place > 0 and values[place - 1] > value:
            values[place] = values[place - 1]
            place -= 1
        values[place] = value


@compiled()
def _insert_nearest(squared: Double, indices: Counts, value: float, index: int, count: int) -> None:
    """Put `count` copies of a neighbour into a list or heap ordered by distance, then by index."""
    k = squared.shape[0]
    for _ in range(min(count, k)):
        if value > squared[k - 1] or (value == squared[k - 1] and index >= indices[k - 1]):
            return
        if k > LONGEST_SORTED:
            _replace_farthest(squared, indices, value, index)
            continue
        place = k - 1
        while place > 0 and (
            squared[place - 1] > value or (squared[place - 1] == value and indices[place - 1] > index)
        ):
            squared[place] = squared[place - 1]
            indices[place] = indices[place - 1]
            place -= 1
        squared[place] = value
        indices[place] = index


@compiled()
def any_near(products: Single, base: np.float32, low: Single, row_limit: np.float32, limit: Single) -> bool:
    """Whether a lower bound of the chunk is within a limit of its row or of its column; compiles to vector code."""
    hit = np.int32(0)
    for c in range(products.shape[0]):
        value = products[c] + low[c] + base
        hit |= np.int32((value <= row_limit) | (value <= limit[c]))
    return bool(hit != 0)


@compiled()
def self_tile(
    products: Single,
    row_start: int,
    column_start: int,
    low: Single,
    error: Single,
    counts: Counts,
    limit: Single,
    bounds: Single,
    candidates: Candidates,
    n_candidates: int,
) -> int:
    """Collect the pairs of one tile that may be among each other's k nearest.

    Parameters
    ----------
    products : ndarray of shape (rows, columns), float32
        -2 a.b of the rows from `row_start` and the columns from `column_start`; only row < column is looked at.
    row_start, column_start : int
        First row and first column.
    low, error : ndarrays of shape (u,), float32
        Norms less the error, and what makes a lower bound an upper one.
    counts : ndarray of shape (u,), int64
        Copies of each row.
    limit : ndarray of shape (u,), float32
        Upper bound of each row's k-th smallest squared distance, lowered here.
    bounds : ndarray of shape (u, k), float32
        The smallest upper bounds that this thread has met, written here.
    candidates : Candidates
        Written here.
    n_candidates : int
        How many wait already.

    Returns
    -------
    int
        How many candidates wait now.
    """
    k = bounds.shape[1]
    for r in range(products.shape[0]):
        row = row_start + r
        for start in range(0, products.shape[1], CHUNK):
            chunk = products[r, start : start + CHUNK]
            first = column_start + start
            stop = first + chunk.shape[0]
            if not any_near(chunk, low[row], low[first:stop], limit[row], limit[first:stop]):
                continue
            for c in range(chunk.shape[0]):
                column = first + c
                value = chunk[c] + low[column] + low[row]
                if column <= row or not (value <= limit[row] or value <= limit[column]):
                    continue
                candidates.pairs[n_candidates, 0] = row
                candidates.pairs[n_candidates, 1] = column
                candidates.lower[n_candidates] = value
                n_candidates += 1
                upper = value + error[row] + error[column]
                if upper < limit[row]:
                    insert_bound(bounds[row], upper, counts[column])
                    limit[row] = min(limit[row], bounds[row, k - 1])
                if upper < limit[column]:
                    insert_bound(bounds[column], upper, counts[row])
                    limit[column] = min(limit[column], bounds[column, k - 1])
    return n_candidates


@compiled()
def self_refine(
    rows: RowArray,
    counts: Counts,
    scale: float,
    limit: Single,
    findings: SelfFindings,
    candidates: Candidates,
    n_candidates: int,
) -> None:
    """Measure the candidates in float64, keep each row's k nearest and lower its limit to what is now known."""
    squared, indices = findings.squared, findings.indices
    k = squared.shape[1]
    for c in range(n_candidates):
        i, j = candidates.pairs[c]
        if candidates.lower[c] > limit[i] and candidates.lower[c] > limit[j]:
            continue
        value = squared_distance(rows[i], rows[j])
        _insert_nearest(squared[i], indices[i], value, j, counts[j])
        _insert_nearest(squared[j], indices[j], value, i, counts[i])
        limit[i] = min(limit[i], rounded_up(squared[i, k - 1], scale))
        limit[j] = min(limit[j], rounded_up(squared[j, k - 1], scale))


@compiled()
def merge_nearest(squared: Double, indices: Counts, more_squared: Double, more_indices: Counts) -> None:
    """Merge another thread's neighbours into the first; a row's own copies are in both and count once."""
    for i in range(squared.shape[0]):
        for c in range(squared.shape[1]):
            if more_indices[i, c] >= 0 and more_indices[i, c] != i:
                _insert_nearest(squared[i], indices[i], more_squared[i, c], more_indices[i, c], 1)
