"""Numbers and moments as bins, so that any two columns make a table of cells; the edges are the real column's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from auditkit.data.cells import Cells
from auditkit.metrics.tables.contingency import Coded
from auditkit.metrics.tables.pair_tiles import equal_bins, place_values
from auditkit.metrics.tables.shapes import Levels, Ordered

__all__ = ["Edges", "code_cells", "edges_of", "equal_width", "peer_coded", "quantile_edges"]

Edges = Literal["quantile", "width"]
Double = NDArray[np.float64]


def edges_of(real: Cells, place: int, *, bins: int, edges: Edges) -> Double:
    """Edges from the present values of the real column; a value on an edge belongs above it.

    Parameters
    ----------
    real : Cells
    place : int
        Of a column of numbers or moments.
    bins : int
        At most so many bins hold the real values.
    edges : {"quantile", "width"}
        Bins that hold about equally many real values, with all that is below the smallest and all that is above the
        largest in bins of their own; or bins of equal width, the outer two without an end.

    Returns
    -------
    ndarray, ascending
        Less the column's origin, see `Cells.offsets`. Empty where the real column has no present value.
    """
    offsets = real.offsets(place)
    present = offsets[~np.isnan(offsets)]
    if not len(present):
        return np.empty(0)
    if edges == "width":
        return equal_width(float(present.min()), float(present.max()), bins)[1:-1]
    found = quantile_edges(present, bins)
    return np.unique(np.append(found[:-1], np.nextafter(found[-1], np.inf)))


def quantile_edges(present: NDArray[Any], bins: int) -> NDArray[Any]:
    """Edges of bins that hold about equally many values, none of which is divided.

    Parameters
    ----------
    present : ndarray of shape (n,)
        At least one value, none missing, of any type that has an order.
    bins : int
        At most so many; a value as frequent as a bin has one of its own.

    Returns
    -------
    ndarray of shape (n_bins + 1,), of the same type
        Ascending: the lower edge of each bin, from the least value on, and the largest value.
    """
    levels, counts = np.unique(present, return_counts=True)
    # By rank, so that integers beyond 2^53 stay apart.
    ranks = np.repeat(np.arange(len(levels), dtype=np.float64), counts)
    lower = equal_bins(ranks, bins).astype(np.intp)
    return np.concatenate([levels[:1], levels[lower], levels[-1:]])


def code_cells(cells: Cells, edges: dict[int, Double]) -> Coded:
    """Columns as codes: 0 = missing, then levels or bins.

    Parameters
    ----------
    cells : Cells
    edges : dict of int to ndarray
        Of each column of numbers or moments, by its place.

    Returns
    -------
    Coded
    """
    codes = np.empty((len(cells.columns), len(cells)), np.int32)
    sizes = np.empty(len(cells.columns), np.int64)
    for place, column in enumerate(cells.columns):
        if column.kind == "category":
            codes[place] = cells.values[place]
            sizes[place] = len(column.levels) + 1
        else:
            place_values(cells.offsets(place), edges[place], -1, codes[place])
            codes[place] += 1
            sizes[place] = len(edges[place]) + 2
    return Coded(codes, sizes)


def peer_coded(cells: Cells, columns: Sequence[Ordered | Levels], bins: int) -> Coded:
    """Columns as sdmetrics codes them: edges from the set itself, missing numbers in one bin with the largest value.

    Parameters
    ----------
    cells : Cells
    columns : sequence of Ordered or Levels
        Its columns, sorted or counted.
    bins : int

    Returns
    -------
    Coded
    """
    codes = np.empty((len(cells.columns), len(cells)), np.int32)
    sizes = np.empty(len(cells.columns), np.int64)
    for place, column in enumerate(columns):
        if isinstance(column, Levels):
            codes[place] = cells.values[place]
            sizes[place] = len(column.counts)
        else:
            ends = (float(column.values[0]), float(column.values[-1])) if len(column.values) else (0.0, 1.0)
            edges = equal_width(*ends, bins)
            place_values(cells.numbers(place), edges, len(edges), codes[place])
            sizes[place] = len(edges) + 1
    return Coded(codes, sizes)


def equal_width(low: float, high: float, bins: int) -> Double:
    """Edges of bins of equal width from the least to the largest value; around one value alone, half a unit off."""
    if low == high:
        low, high = low - 0.5, high + 0.5
    if not np.isfinite(high - low):  # halves of the ends are exact, and so is doubling
        return 2.0 * np.linspace(low / 2.0, high / 2.0, bins + 1)
    return np.linspace(low, high, bins + 1)
