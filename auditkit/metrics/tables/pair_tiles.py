"""Compiled loops over coded columns and sorted values: one pass each, no table of all pairs in memory."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from auditkit.metrics.tables.marginal_tiles import count_cells
from auditkit.metrics.tiles import compiled

__all__ = [
    "associate_pairs",
    "equal_bins",
    "largest_gap",
    "place_values",
    "run_counts",
    "value_distance",
]

Codes = NDArray[np.int32]
Counts = NDArray[np.int64]
Values = NDArray[np.float64] | NDArray[np.int64]
Double = NDArray[np.float64]


@compiled()
def place_values(values: Double, edges: Double, missing: int, out: Codes) -> None:
    """Number of edges that do not exceed each value; `missing` for NaN. A dozen edges beat a binary search."""
    for i in range(values.shape[0]):
        value = values[i]
        place = np.int32(0)
        for edge in edges:
            place += np.int32(value >= edge)
        out[i] = place if value == value else missing  # noqa: PLR0124 - NaN is unlike itself


@compiled()
def _spread(table: Counts, rows: Counts, columns: Counts, by_row: Double, by_column: Double) -> float:
    """Variance of what a row adds to chi-square over n: its mean is 0."""
    width, n, total = columns.shape[0], rows.sum(), 0.0
    for cell in range(table.shape[0]):
        here = table[cell]
        if here:
            i, j = cell // width, cell % width
            slope = 2.0 * here * n / (rows[i] * columns[j]) - by_row[i] - by_column[j]
            total += here / n * slope * slope
    return total


@compiled()
def _associate(table: Counts, rows: Counts, columns: Counts, n: int, found: Double) -> None:
    """Chi-square over n, mutual information in nats, rows and columns in use, spread of chi-square over n."""
    height, width = rows.shape[0], columns.shape[0]
    rows[:] = 0
    columns[:] = 0
    by_row, by_column = np.zeros(height), np.zeros(width)
    for i in range(height):
        for j in range(width):
            rows[i] += table[i * width + j]
            columns[j] += table[i * width + j]
    square, information = 0.0, 0.0
    for i in range(height):
        if rows[i] == 0:
            continue
        for j in range(width):
            if columns[j] == 0:
                continue
            expected = rows[i] * columns[j] / n
            here = table[i * width + j]
            square += (here - expected) ** 2 / expected
            if here:
                information += here / n * math.log(here / expected)
                by_row[i] += here / expected * here / rows[i]
                by_column[j] += here / expected * here / columns[j]
    found[0], found[1] = square / n, information
    found[2], found[3] = np.count_nonzero(rows), np.count_nonzero(columns)
    found[4] = _spread(table, rows, columns, by_row, by_column)


@compiled()
def associate_pairs(codes: Codes, sizes: Counts, pairs: Counts, largest: int, found: Double) -> None:
    """How strongly each pair of columns hangs together.

    Parameters
    ----------
    codes : ndarray of shape (k, n), int32
        Code c of column j is in [0, sizes[j]).
    sizes : ndarray of shape (k,)
    pairs : ndarray of shape (p, 2)
        Places of columns.
    largest : int
        Most cells that a table of a pair has.
    found : ndarray of shape (p, 5)
        Chi-square over n, mutual information in nats, rows in use, columns in use, and the variance of what each row
        adds to chi-square over n (by the delta method, which divides it by n); written here.
    """
    every = np.empty(0, np.int32)
    table = np.empty((2, largest), np.int64)
    for p in range(pairs.shape[0]):
        both = sizes[pairs[p]]
        cells = both[0] * both[1]
        table[:, :cells] = 0
        count_cells(codes, pairs[p], both, every, table)
        for c in range(cells):
            table[0, c] += table[1, c]
        rows, columns = np.empty(both[0], np.int64), np.empty(both[1], np.int64)
        _associate(table[0, :cells], rows, columns, codes.shape[1], found[p])


@compiled()
def run_counts(keys: Counts, rows: Counts, columns: Counts, width: int) -> tuple[float, float, float]:
    """Chi-square over n, mutual information and spread of the former, of sorted keys `left * width + right`."""
    n = keys.shape[0]
    square, information, met, spread = 0.0, 0.0, 0.0, 0.0
    by_row, by_column = np.zeros(rows.shape[0]), np.zeros(columns.shape[0])
    start = 0
    while start < n:
        stop = start + 1
        while stop < n and keys[stop] == keys[start]:
            stop += 1
        found = stop - start
        i, j = keys[start] // width, keys[start] % width
        expected = rows[i] * columns[j] / n
        square += (found - expected) ** 2 / expected
        information += found / n * math.log(found / expected)
        met += expected
        by_row[i] += found / expected * found / rows[i]
        by_column[j] += found / expected * found / columns[j]
        start = stop
    for row in range(n):  # a run of `found` rows adds as often
        i, j = keys[row] // width, keys[row] % width
        if row == 0 or keys[row] != keys[row - 1]:
            start = row
            while start < n and keys[start] == keys[row]:
                start += 1
            found = start - row
        slope = 2.0 * found * n / (rows[i] * columns[j]) - by_row[i] - by_column[j]
        spread += slope * slope / n
    return (square + max(n - met, 0.0)) / n, information, spread


@compiled()
def largest_gap(real: Values, synthetic: Values, n: int, m: int) -> tuple[float, float]:
    """Largest excess of the real distribution function over the synthetic one, and the other way round.

    Parameters
    ----------
    real, synthetic : ndarrays of shape (r,) and (s,)
        Present values, sorted.
    n, m : int
        What counts are divided by: r and s, or all rows where a missing cell is a cell.
    """
    i, j, above, below = 0, 0, 0.0, 0.0
    r, s = real.shape[0], synthetic.shape[0]
    while i < r and j < s:
        value = min(real[i], synthetic[j])
        while i < r and real[i] <= value:
            i += 1
        while j < s and synthetic[j] <= value:
            j += 1
        gap = i / n - j / m
        above = max(above, gap)
        below = max(below, -gap)
    return max(above, r / n - s / m), max(below, s / m - r / n)


@compiled()
def value_distance(real: Values, synthetic: Values) -> float:
    """Wasserstein-1 distance of two sorted lists: the area between their distribution functions."""
    r, s = real.shape[0], synthetic.shape[0]
    i, j, total = 0, 0, 0.0
    last = min(real[0], synthetic[0])
    while i < r or j < s:
        value = real[i] if j >= s or (i < r and real[i] <= synthetic[j]) else synthetic[j]
        total += abs(i / r - j / s) * float(value - last)
        last = value
        while i < r and real[i] == value:
            i += 1
        while j < s and synthetic[j] == value:
            j += 1
    return total


@compiled()
def equal_bins(values: Double, bins: int) -> Double:
    """Lower edges of all bins but the first that hold about equally many of the sorted values; no value is divided.

    A value as frequent as a bin has one of its own, and the others share what is left.
    """
    n = values.shape[0]
    edges = np.empty(max(bins - 1, 0))
    used, start, i = 0, 0, 0
    while i < n and used < bins - 1:
        stop = i + 1
        while stop < n and values[stop] == values[i]:
            stop += 1
        share = (n - start) / (bins - used)
        if i > start and (stop - start) - share > share - (i - start):
            edges[used] = values[i]  # the bin is fuller by less without this value than with it
            used += 1
            start = i
            share = (n - start) / (bins - used)
        if stop < n and stop - start >= share and used < bins - 1:
            edges[used] = values[stop]
            used += 1
            start = stop
        i = stop
    return edges[:used]
