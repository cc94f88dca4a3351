"""Bins of columns, so that one, two or three of them can be counted together.

The edges come from the real rows alone. Two ways: `train_bins` keeps every level and has cells of their own for values
outside the range; `mostly_bins` does what mostlyai-qa 1.10.11 does, which merges rare levels and clips to the range.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditkit.data.cells import MISSING_CODE, CellColumn, Cells
from auditkit.metrics.tables.bins import quantile_edges

__all__ = ["SPECIAL", "Bins", "below_edges", "distinct_edges", "mostly_bins", "mostly_edges", "train_bins"]

N_BINS = 10
MOST_QUANTILES = 1000
LEAST_COUNT = 5
_LARGE = 1e307
"""Numbers whose differences may leave float64."""
DAY = 86_400 * 10**9
SPECIAL = EMPTY, OTHER, RARE, NOT_AVAILABLE = "(empty)", "(other)", "_RARE_", "(n/a)"
"""Names of the last bins of a column of levels, in order."""


@dataclass(frozen=True, eq=False)
class Bins:
    """Rows of several sets as bins.

    Attributes
    ----------
    names : tuple of str
    sizes : ndarray of int64, shape (n_columns,)
        Number of bins of each column.
    codes : mapping of str to ndarray of int32, shape (n_columns, n_rows)
        Bin of each cell, per set.
    uniform : tuple of ndarray of float64
        Per column the share of each bin under a uniform draw from the real range or levels, missing cells as often as
        in the real rows; empty in the compatible way.
    """

    names: tuple[str, ...]
    sizes: NDArray[np.int64]
    codes: Mapping[str, NDArray[np.int32]]
    uniform: tuple[NDArray[np.float64], ...] = ()


def distinct_edges(values: NDArray[np.generic], n_bins: int = N_BINS) -> NDArray[np.generic]:
    """Smallest set of equally spaced quantiles that has more than `n_bins` distinct values.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Without missing ones.
    n_bins : int, default 10

    Returns
    -------
    ndarray
        Ascending, distinct, the least and the largest value included; those of 999 quantiles (or of one per value)
        where even these are too few.

    Notes
    -----
    Quantiles are values at the places 0, (n - 1) / (i - 1), ... cut to whole numbers, for i = 10, 11, ...
    """
    ordered = np.sort(values)
    if not len(ordered):
        return ordered
    edges = ordered[:1]
    for number in range(n_bins, max(n_bins + 1, min(MOST_QUANTILES, len(ordered) + 1))):
        picked = ordered[np.linspace(0, len(ordered) - 1, number).astype(np.intp)]
        edges = picked[np.append(True, picked[1:] != picked[:-1])]
        if len(edges) > n_bins:
            break
    return edges


def train_bins(sets: Mapping[str, Cells], *, n_bins: int = N_BINS) -> Bins:
    """Bins on the first set's quantiles; every level, every value outside the range and missing cells are kept apart.

    Parameters
    ----------
    sets : mapping of str to Cells
        The real one first.
    n_bins : int, default 10
        At most so many of a column of numbers or moments, see `quantile_edges`; one per value where there are no more
        values.

    Returns
    -------
    Bins
    """
    real = next(iter(sets.values()))
    codes = {role: np.empty((len(real.columns), len(cells)), np.int32) for role, cells in sets.items()}
    sizes, uniform = [], []
    for place, column in enumerate(real.columns):
        if column.kind == "category":
            for role, cells in sets.items():
                codes[role][place] = cells.values[place]
            sizes.append(len(column.levels) + 1)
            uniform.append(_even(sizes[-1], np.unique(real.present(place)), _missing_share(real, place), MISSING_CODE))
            continue
        edges, even = _range_edges(real.present(place), n_bins)
        n_inner = len(even)
        for role, cells in sets.items():
            codes[role][place] = _placed(cells, place, edges, n_inner)
        sizes.append(n_inner + 3)
        missing = _missing_share(real, place)
        uniform.append(np.concatenate([even * (1.0 - missing), [0.0, 0.0, missing]]))
    return Bins(real.names, np.array(sizes, np.int64), codes, tuple(uniform))


def _range_edges(present: NDArray[np.generic], n_bins: int) -> tuple[NDArray[np.generic], NDArray[np.float64]]:
    """Edges, the largest value last, and the share of a uniform draw in each bin."""
    if not len(present):
        return present, np.zeros(0)
    levels = np.unique(present)
    if len(levels) <= n_bins:
        return np.append(levels, levels[-1:]), np.full(len(levels), 1.0 / len(levels))
    edges = quantile_edges(present, n_bins)
    ends = edges.astype(np.float64)
    widths = np.diff(ends) if abs(ends[[0, -1]]).max() < _LARGE else np.diff(ends / 2.0)  # of which only shares count
    total = widths.sum()
    return edges, widths / total if total > 0 else np.full(len(widths), 1.0 / len(widths))


def _placed(cells: Cells, place: int, edges: NDArray[np.generic], n_inner: int) -> NDArray[np.int32]:
    """Bin of each cell: the inner ones, then below the range, above it, and missing."""
    values, absent = cells.values[place], cells.missing[place]
    if n_inner:
        inner = np.searchsorted(edges[1:n_inner], values, side="right").astype(np.int32)
        inner[values < edges[0]] = n_inner
        inner[values > edges[-1]] = n_inner + 1
    else:  # the real column is empty, so that no value is within its range
        inner = np.full(len(values), 1, np.int32)
    if absent is not None:
        inner[absent] = n_inner + 2
    return inner


def _even(size: int, places: NDArray[np.intp], missing: float, missing_place: int) -> NDArray[np.float64]:
    shares = np.zeros(size)
    shares[places] = (1.0 - missing) / max(len(places), 1)
    shares[missing_place] = missing
    return shares


def _missing_share(cells: Cells, place: int) -> float:
    absent = cells.missing[place]
    return 0.0 if absent is None else float(absent.mean())


def mostly_bins(originals: Sequence[str], sets: Mapping[str, Cells], *, n_bins: int = N_BINS) -> Bins:
    """Bins as mostlyai-qa 1.10.11 makes them.

    Parameters
    ----------
    originals : sequence of str
        The sets whose rows together make the bins: train and holdout.
    sets : mapping of str to Cells
    n_bins : int, default 10

    Returns
    -------
    Bins

    Notes
    -----
    Numbers: a bin per value where there are at most `n_bins`, else quantiles raised until `n_bins` + 1 are distinct,
    then cut down to the fewest decimals that keep them distinct; values outside go to the outer bins. Moments: always
    quantiles, not cut. Levels: the `n_bins` most frequent (missing and empty cells compete) that occur five times, then
    (empty), (other), _RARE_ and (n/a). Ties between levels go by first appearance; the peer shuffles the rows first.
    """
    first = sets[originals[0]]
    codes = {role: np.empty((len(first.columns), len(cells)), np.int32) for role, cells in sets.items()}
    sizes = []
    for place, column in enumerate(first.columns):
        if column.kind == "category":
            table, size = _mostly_levels(column, [sets[role].values[place] for role in originals], n_bins)
            for role, cells in sets.items():
                codes[role][place] = table[cells.values[place]]
        else:
            values = np.concatenate([sets[role].numbers(place) for role in originals])
            edges = mostly_edges(values, n_bins=n_bins, moments=column.kind == "moment")
            size = len(edges)
            for role, cells in sets.items():
                codes[role][place] = below_edges(cells.numbers(place), edges)
        sizes.append(size)
    return Bins(first.names, np.array(sizes, np.int64), codes)


def below_edges(values: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.int32]:
    """Bin of each value between edges, clipped to the outer ones; the last bin is that of missing values."""
    places = np.searchsorted(edges[1:-1], values, side="right").astype(np.int32)
    places[np.isnan(values)] = len(edges) - 1
    return places


def mostly_edges(values: NDArray[np.float64], *, n_bins: int, moments: bool = False) -> NDArray[np.float64]:
    """Edges of a column of numbers or moments; two at least.

    Parameters
    ----------
    values : ndarray of float64
        NaN where missing.
    n_bins : int
    moments : bool, default False
        Whether they are nanoseconds.

    Returns
    -------
    ndarray of float64
    """
    present = values[~np.isnan(values)]
    levels = np.unique(present)
    if not len(levels):
        return np.array([-1e10, 1e10])
    if moments:
        edges = levels if len(levels) == 1 else np.asarray(distinct_edges(present, n_bins), np.float64)
        return np.append(edges, edges[-1] + DAY) if len(edges) == 1 else edges
    if len(levels) <= n_bins:
        edges = np.append(levels, levels[-1] + 1.0)
    else:
        edges = np.asarray(distinct_edges(present, n_bins), np.float64)
    return _shortened(edges)


def _shortened(edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """All edges but the last cut down to the fewest decimals that keep all of them apart."""
    for precision in range(20):
        scale = float(10**precision)
        with np.errstate(over="ignore"):
            cut = np.floor(edges * scale) / scale
        if len(np.unique(cut)) == len(edges):
            return np.append(cut[:-1], edges[-1])
    return edges


def _mostly_levels(
    column: CellColumn, cells: Sequence[NDArray[np.int32]], n_bins: int
) -> tuple[NDArray[np.int32], int]:
    """Bin of each code, and the number of bins."""
    names = [NOT_AVAILABLE, *(level or EMPTY for level in column.levels)]
    counts = np.sum([np.bincount(part, minlength=len(names)) for part in cells], axis=0)
    top = np.argsort(-counts, kind="stable")[:n_bins]
    frequent = sorted({names[code] for code in top[counts[top] >= LEAST_COUNT]} - set(SPECIAL))
    bins = {name: place for place, name in enumerate([*frequent, *SPECIAL])}
    return np.array([bins.get(name, bins[OTHER]) for name in names], np.int32), len(bins)
