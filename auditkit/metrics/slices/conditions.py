"""Conditions that slices are made of: a level, an interval between real quantiles, a missing cell; each with its words.

A column is an *axis*: every row has one code on it, and a condition is a run of neighbouring codes. So counts of all
conjunctions are differences of cumulated counts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditkit.data.cells import CellColumn, Cells
from auditkit.metrics.tables.bins import quantile_edges

__all__ = ["Axis", "Codes", "axes_of_cells", "axis_of_levels", "slice_words"]

BINS = 8
MOST_LEVELS = 24
Codes = NDArray[np.int32]
Double = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Axis:
    """One column's conditions.

    Attributes
    ----------
    name : str
    size : int
        Number of codes; the last one is that of rows which no single level describes.
    lows, highs : ndarray of shape (n_conditions,), int64
        A condition holds for codes from `low` to below `high`.
    words : tuple of str
        As `"age 40 to 52"`.
    """

    name: str
    size: int
    lows: NDArray[np.int64]
    highs: NDArray[np.int64]
    words: tuple[str, ...]

    def holds(self, condition: int, codes: Codes) -> NDArray[np.bool_]:
        """Rows for which a condition holds, by their codes on this axis."""
        return np.asarray((codes >= self.lows[condition]) & (codes < self.highs[condition]), np.bool_)


def slice_words(words: Iterable[str]) -> str:
    """Name of a slice.

    Examples
    --------
    >>> slice_words(["education is Doctorate", "age 40 to 52"])
    'education is Doctorate and age 40 to 52'
    """
    return " and ".join(words)


def axes_of_cells(
    sets: Sequence[Cells], *, least: int, bins: int = BINS, places: Sequence[int] | None = None
) -> tuple[tuple[Axis, ...], tuple[Codes, ...]]:
    """Axes of a table and the codes of each set on them.

    Parameters
    ----------
    sets : sequence of Cells
        From one encoding, the real one first: its levels and quantiles make the conditions.
    least : int
        Real rows for which a condition must hold, and must not hold.
    bins : int, default 8
        Intervals of a column of numbers; a condition is a run of them.
    places : sequence of int, optional
        Columns that make axes; all by default.

    Returns
    -------
    axes : tuple of Axis
        Columns without a condition have none.
    codes : tuple of ndarray of shape (n_axes, n_rows), int32
        One per set.
    """
    axes: list[Axis] = []
    coded: list[list[Codes]] = []
    for place in range(len(sets[0].columns)) if places is None else places:
        category = sets[0].columns[place].kind == "category"
        made = _levels(sets, place, least) if category else _intervals(sets, place, bins)
        if made is None:
            continue
        axis = _supported(made[0], made[1][0], least)
        if len(axis.words):
            axes.append(axis)
            coded.append(made[1])
    codes = tuple(
        np.ascontiguousarray([column[number] for column in coded], np.int32).reshape(len(axes), len(cells))
        for number, cells in enumerate(sets)
    )
    return tuple(axes), codes


def axis_of_levels(
    name: str, levels: Sequence[str], codes: Sequence[NDArray[np.int64]], *, least: int, verb: str = "is "
) -> tuple[Axis, list[Codes]]:
    """Axis of coded levels; levels of fewer than `least` rows of the first set share the last code.

    Parameters
    ----------
    name : str
    levels : sequence of str
    codes : sequence of ndarray of int64
        Positions in `levels`, one array per set.
    least : int
    verb : str, default "is "
        What stands between the name and the level.

    Returns
    -------
    Axis, list of ndarray of int32
    """
    counts = np.bincount(codes[0], minlength=len(levels))
    kept = np.sort(np.argsort(-counts, kind="stable")[:MOST_LEVELS])
    kept = kept[counts[kept] >= least]
    table = np.full(len(levels), len(kept), np.int32)
    table[kept] = np.arange(len(kept), dtype=np.int32)
    lows = np.arange(len(kept), dtype=np.int64)
    words = tuple(f"{name} {verb}{levels[level]}" for level in kept)
    return _supported(Axis(name, len(kept) + 1, lows, lows + 1, words), table[codes[0]], least), [
        table[item] for item in codes
    ]


def _supported(axis: Axis, codes: Codes, least: int) -> Axis:
    """The same axis with those conditions that hold for enough rows, and not for nearly all."""
    cumulated = np.append(0, np.cumsum(np.bincount(codes, minlength=axis.size)))
    counts = cumulated[axis.highs] - cumulated[axis.lows]
    kept = np.flatnonzero((counts >= least) & (len(codes) - counts >= least))
    return Axis(axis.name, axis.size, axis.lows[kept], axis.highs[kept], tuple(axis.words[place] for place in kept))


def _levels(sets: Sequence[Cells], place: int, least: int) -> tuple[Axis, list[Codes]]:
    column = sets[0].columns[place]
    axis, codes = axis_of_levels(
        column.name,
        ["missing", *column.levels],
        [cells.values[place].astype(np.int64) for cells in sets],
        least=least,
    )
    return axis, codes


def _intervals(sets: Sequence[Cells], place: int, bins: int) -> tuple[Axis, list[Codes]] | None:
    """Runs of intervals between quantiles of the present real numbers; missing cells have the last code but one."""
    column, present = sets[0].columns[place], sets[0].present(place)
    if not len(present):
        return None
    whole = column.kind == "moment" or bool((present == np.floor(present)).all())
    edges = _round_edges(present, bins, day=_DAY[column.unit] if column.kind == "moment" else 0.0, whole=whole)
    n_bins = len(edges) + 1
    codes = []
    for cells in sets:
        numbers = cells.numbers(place)
        found = np.searchsorted(edges, numbers, side="right").astype(np.int32)
        found[np.isnan(numbers)] = n_bins
        codes.append(found)
    given = [cells.present(place).astype(np.float64) for cells in sets]
    ends = (min(item.min() for item in given if len(item)), max(item.max() for item in given if len(item)))
    runs = [(low, high) for low in range(n_bins) for high in range(low + 1, n_bins + 1) if high - low < n_bins]
    words = [f"{column.name} {_run_words(edges, low, high, column, whole=whole, ends=ends)}" for low, high in runs]
    if bool((codes[0] == n_bins).any()):
        runs.append((n_bins, n_bins + 1))
        words.append(f"{column.name} is missing")
        if n_bins > 1:
            runs.append((0, n_bins))
            words.append(f"{column.name} is given")
    lows, highs = (np.array([run[side] for run in runs], np.int64) for side in (0, 1))
    return Axis(column.name, n_bins + 2, lows, highs, tuple(words)), codes


_HALF_OF_ALL = np.finfo(np.float64).max / 2.0
_TOLD_APART = 1e15  # whole numbers that floats tell apart are below
_DAY = {"ns": 86_400e9, "us": 86_400e6}


def _round_edges(present: NDArray[np.generic], bins: int, *, day: float, whole: bool) -> Double:
    """Inner edges of the quantile bins, as round as leaves the bins what they are."""
    values = np.sort(present.astype(np.float64))
    edges = quantile_edges(present, bins).astype(np.float64)[1:-1]
    if values[-1] / 2.0 - values[0] / 2.0 > _HALF_OF_ALL:  # no step between such numbers is a number
        return np.unique(edges)
    rounded = []
    for place, edge in enumerate(edges):
        below = float(edges[place - 1]) if place else float(values[0])
        gap = edge - below
        step = day or max(10.0 ** math.floor(math.log10(gap)) / 10.0 if gap > 0 else 0.0, 1.0 if whole else 0.0)
        moved = round(edge / step) * step if step else edge
        # A value that has a bin of its own keeps it.
        before, after = values[np.searchsorted(values, edge) - 1], np.searchsorted(values, edge, side="right")
        alone_below = before == below
        alone = place + 1 < len(edges) and after < len(values) and values[after] >= edges[place + 1]
        rounded.append(edge if (alone_below and moved <= before) or (alone and moved > edge) else moved)
    return np.unique(rounded)


def _run_words(
    edges: Double, low: int, high: int, column: CellColumn, *, whole: bool, ends: tuple[float, float]
) -> str:
    n_bins = len(edges) + 1
    if low == 0 or high == n_bins:
        apart = whole and column.kind != "moment" and max(map(abs, ends)) < _TOLD_APART
        least, most = ends[0], ends[1]
        if apart and low == 0 and math.ceil(edges[high - 1]) - 1 == least:
            return f"is {_word(least, column)}"
        if apart and high == n_bins and math.ceil(edges[low - 1]) == most:
            return f"is {_word(most, column)}"
        return f"below {_word(edges[high - 1], column)}" if low == 0 else f"from {_word(edges[low - 1], column)} on"
    first, last = float(edges[low - 1]), float(edges[high - 1])
    if column.kind == "moment":
        return f"from {_word(first, column)} to before {_word(last, column)}"
    if not whole:
        return f"from {_word(first, column)} to below {_word(last, column)}"
    first, last = math.ceil(first), math.ceil(last) - 1
    return f"is {_word(first, column)}" if first == last else f"{_word(first, column)} to {_word(last, column)}"


def _word(edge: float, column: CellColumn) -> str:
    if column.kind == "moment":
        return str(np.datetime64(round(edge), column.unit).astype("datetime64[D]"))
    if edge == round(edge) and abs(edge) < _TOLD_APART:
        return f"{round(edge)}"
    return f"{edge:.6g}"
