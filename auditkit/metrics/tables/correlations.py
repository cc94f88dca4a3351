"""Correlations of all pairs of number columns at once: one matrix product, or four where cells are missing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import run_blocks, split_blocks
from auditkit.metrics.tables.shapes import LARGE, UNIT

__all__ = ["NO_PAIR", "pearson_matrix", "spearman_matrix"]

Double = NDArray[np.float64]

NO_PAIR = "a column is constant, or fewer than two rows have both"
"""Why a pair of columns has no association."""
ROWS = 1 << 16
_SMALL = 1e-140
"""Sums of squares from which their product is still a float64."""
_LEAST = 2
"""Rows that a line needs."""

_NEARLY_CONSTANT = 1e-6
"""Share of a column's variance below which the rows of a pair are gone through once more."""


def pearson_matrix(columns: list[Double]) -> Double:
    """Pearson's r of each pair of columns over the rows where both are present.

    Parameters
    ----------
    columns : list of k ndarrays of shape (n,)
        NaN where missing.

    Returns
    -------
    ndarray of shape (k, k)
        NaN where a pair shares fewer than two rows or a column is constant in them.
    """
    if not columns:
        return np.zeros((0, 0))
    columns = [_within_floats(column) for column in columns]
    rows = np.stack(columns)
    rows -= rows[:, :1].copy()  # a constant column is exactly 0 now
    rows -= rows.mean(axis=1, keepdims=True)
    products = _product(rows, rows)
    squares = np.diag(products)
    if not ((squares > _SMALL) & (squares < 1.0 / _SMALL)).all():  # a cell is missing, or squares leave float64
        return _of_present(columns)
    return np.asarray(np.clip(products / np.sqrt(np.outer(squares, squares)), -1.0, 1.0))


def spearman_matrix(columns: list[Double]) -> Double:
    """Spearman's rho: Pearson's r of the ranks, ties ranked by their mean, among the rows where both are present.

    Parameters
    ----------
    columns : list of k ndarrays of shape (n,)

    Returns
    -------
    ndarray of shape (k, k)
    """
    whole = [place for place, column in enumerate(columns) if not np.isnan(column).any()]
    result = np.full((len(columns), len(columns)), np.nan)
    result[np.ix_(whole, whole)] = pearson_matrix([_ranks(columns[place]) for place in whole])
    pairs = [(i, j) for i in range(len(columns)) for j in range(i + 1) if i not in whole or j not in whole]
    for (i, j), value in zip(pairs, run_blocks(lambda pair: _rank_pair(columns, *pair), pairs), strict=True):
        result[i, j] = result[j, i] = value
    return result


def _rank_pair(columns: list[Double], i: int, j: int) -> float:
    both = ~(np.isnan(columns[i]) | np.isnan(columns[j]))
    return _direct(_ranks(columns[i][both]), _ranks(columns[j][both]))


def _ranks(column: Double) -> Double:
    """Ranks from 0, ties by their mean."""
    order = np.argsort(column)
    values = column[order]
    first = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]])) if len(values) else np.array([], int)
    ends = np.append(first[1:], len(values))
    ranks = np.empty(len(column))
    ranks[order] = np.repeat((first + ends - 1) / 2.0, ends - first)
    return ranks


def _within_floats(column: Double) -> Double:
    """Column in units of a power of two where differences or their squares would leave float64: the same lines."""
    large = len(column) and np.fmax.reduce(np.abs(column)) > LARGE
    return column * UNIT if large else column


def _standard(column: Double) -> Double:
    """Values less one of them, then less their mean, over their spread: a constant column is exactly 0."""
    present = ~np.isnan(column)
    if not present.any():
        return column
    centred: Double = column - column[int(np.argmax(present))]
    centred -= np.nanmean(centred)
    if np.nanmax(centred) == np.nanmin(centred):
        centred *= 0.0
    scale = np.nanmax(np.abs(centred))
    if scale > 0:
        centred /= scale
        centred /= float(np.sqrt(np.nanmean(centred**2)))
    return centred


def _product(left: Double, right: Double) -> Double:
    """Sums of products of columns, which are rows here, added up block by block."""

    def one(cells: slice) -> Double:
        with np.errstate(over="ignore", invalid="ignore"):  # the caller looks at the squares
            product: Double = left[:, cells] @ right[:, cells].T
        return product

    total = np.zeros((len(left), len(right)))
    for part in run_blocks(one, split_blocks(left.shape[1], ROWS)):
        total += part
    return total


def _of_present(columns: list[Double]) -> Double:
    stacked = np.stack([_standard(column) for column in columns])
    masks = (~np.isnan(stacked)).astype(np.float64)
    filled = np.where(np.isnan(stacked), 0.0, stacked)
    n = _product(masks, masks)
    sums = _product(filled, masks)
    squares = _product(filled**2, masks)
    products = _product(filled, filled)
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = squares - sums**2 / n
        found = np.clip((products - sums * sums.T / n) / np.sqrt(spread * spread.T), -1.0, 1.0)
    found[n < _LEAST] = np.nan
    doubtful = (n >= _LEAST) & (np.minimum(spread, spread.T) <= _NEARLY_CONSTANT * n)
    for i, j in np.argwhere(np.tril(doubtful)):
        found[i, j] = found[j, i] = _direct(columns[i], columns[j])
    return np.asarray(found)


def _direct(left: Double, right: Double) -> float:
    both = ~(np.isnan(left) | np.isnan(right))
    a, b = left[both], right[both]
    if len(a) < _LEAST or a.min() == a.max() or b.min() == b.max():
        return float("nan")
    a, b = a - a[0], b - b[0]
    a, b = a - a.mean(), b - b.mean()
    a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
    return float(np.clip(a @ b, -1.0, 1.0))
