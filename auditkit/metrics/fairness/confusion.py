"""Cells of (group, truth, prediction), and everything that can be read from them without the rows.

A table of units becomes one count per cell. Resampling the rows with replacement is one multinomial draw of the cells,
and dealing the groups out again among units of one true label is a hypergeometric one, so that thousands of resamples
cost no more than a few. NaN stands for undefined inside this folder only.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from auditkit.errors import SampleSizeError
from auditkit.metrics.fairness.coding import CodedLabels
from auditkit.metrics.fairness.value_codes import Codes

__all__ = [
    "RATES",
    "Array",
    "count_cells",
    "dealt_cells",
    "rates_of",
    "ratio_of",
    "resampled_cells",
    "supports_of",
]  # fmt: skip

Array = NDArray[np.float64]
RATES = ("selection_rate", "tpr", "fpr", "tnr", "fnr", "accuracy")
_MOST_CELLS = 20_000_000
_AT_ONCE = 4_000_000


def count_cells(labels: CodedLabels, groups: Codes, n_groups: int) -> NDArray[np.int64]:
    """Units per group, truth and prediction.

    Parameters
    ----------
    labels : CodedLabels
    groups : ndarray of intp, shape (n,)
    n_groups : int

    Returns
    -------
    ndarray of int64, shape (n_groups, n_classes, n_classes)

    Raises
    ------
    SampleSizeError
        If that takes more than 20 million cells.
    """
    k = len(labels.classes)
    size = n_groups * k * k
    if size > _MOST_CELLS:
        raise SampleSizeError(
            f"{n_groups} groups and {k} classes make {size} cells, at most {_MOST_CELLS} are counted: merge some."
        )
    cell = (groups * k + labels.truth) * k + labels.predicted
    return np.bincount(cell, minlength=size).reshape(n_groups, k, k).astype(np.int64)


def supports_of(cells: NDArray[np.number], asked: tuple[int, ...]) -> dict[str, Array]:
    """Units that each rate is taken over: its denominator.

    Parameters
    ----------
    cells : ndarray of shape (..., n_groups, k, k)
    asked : tuple of int
        Classes that are read against the rest.

    Returns
    -------
    dict of str to ndarray of shape (..., n_groups, len(asked))
    """
    truths = cells.sum(axis=-1)
    n = np.repeat(truths.sum(axis=-1)[..., None], len(asked), axis=-1).astype(np.float64)
    positives = truths[..., list(asked)].astype(np.float64)
    negatives = n - positives
    return dict(zip(RATES, (n, positives, negatives, negatives, positives, n), strict=True))


def rates_of(cells: NDArray[np.number], asked: tuple[int, ...], *, min_support: int = 1) -> dict[str, Array]:
    """Rates per group of each asked class against the rest; the accuracy is that of all classes.

    Parameters
    ----------
    cells : ndarray of shape (..., n_groups, k, k)
    asked : tuple of int
    min_support : int, default 1
        A rate over fewer units is undefined.

    Returns
    -------
    dict of str to ndarray of shape (..., n_groups, len(asked))
        NaN = undefined.
    """
    chosen = list(asked)
    supports = supports_of(cells, asked)
    hits = np.diagonal(cells, axis1=-2, axis2=-1)
    true = hits[..., chosen].astype(np.float64)
    false = cells.sum(axis=-2)[..., chosen] - true
    right = np.repeat(hits.sum(axis=-1)[..., None], len(chosen), axis=-1)
    tops = {
        "selection_rate": true + false,
        "tpr": true,
        "fpr": false,
        "tnr": supports["fpr"] - false,
        "fnr": supports["tpr"] - true,
        "accuracy": right,
    }
    return {name: ratio_of(tops[name], supports[name], least=min_support) for name in RATES}


def resampled_cells(
    cells: NDArray[np.int64], n_resamples: int, rng: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    """Cells of resamples of the rows with replacement, some resamples at a time.

    The counts of n rows drawn from n are Multinomial(n, cells / n): the same resamples as of rows, groups not
    stratified.

    Parameters
    ----------
    cells : ndarray of int64, shape (n_groups, k, k)
    n_resamples : int
    rng : numpy.random.Generator

    Yields
    ------
    ndarray of int64, shape (b, n_groups, k, k)
    """
    counts = cells.reshape(-1)
    used = np.flatnonzero(counts)
    n = int(counts.sum())
    for size in _pieces(n_resamples, cells.size):
        drawn = np.zeros((size, cells.size), dtype=np.int64)
        drawn[:, used] = rng.multinomial(n, counts[used] / n, size=size)
        yield drawn.reshape(size, *cells.shape)


def dealt_cells(
    cells: NDArray[np.int64], n_resamples: int, rng: np.random.Generator, *, within_truth: bool
) -> Iterator[NDArray[np.int64]]:
    """Cells after dealing the groups out anew, some deals at a time.

    Group sizes and predictions stay as they are within each true label (or, without `within_truth`, within all
    rows, where the truths are left as one): a table with both margins fixed, drawn by hypergeometric counts.

    Parameters
    ----------
    cells : ndarray of int64, shape (n_groups, k, k)
    n_resamples : int
    rng : numpy.random.Generator
    within_truth : bool

    Yields
    ------
    ndarray of int64, shape (b, n_groups, k, k)
        Without `within_truth`, all units stand in the row of the first class: such cells give selection rates alone.
    """
    for size in _pieces(n_resamples, cells.size):
        dealt = np.zeros((size, *cells.shape), dtype=np.int64)
        if within_truth:
            for truth in range(cells.shape[1]):
                dealt[:, :, truth] = _deal(cells[:, truth], size, rng)
        else:
            dealt[:, :, 0] = _deal(cells.sum(axis=1), size, rng)
        yield dealt


def ratio_of(top: NDArray[np.number], bottom: NDArray[np.number], *, least: float = 0.0) -> Array:
    """Quotient, NaN where the bottom is 0 or below `least`."""
    shape = np.broadcast_shapes(top.shape, bottom.shape)
    defined = (bottom > 0) & (bottom >= least)
    return np.asarray(np.divide(top, bottom, out=np.full(shape, np.nan), where=defined))


def _deal(table: NDArray[np.int64], size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Tables of groups and predictions with the margins of the given one."""
    n_groups, k = table.shape
    dealt = np.zeros((size, n_groups, k), dtype=np.int64)
    left = np.broadcast_to(table.sum(axis=0), (size, k)).copy()
    for group in range(n_groups - 1):
        open_places = np.full(size, int(table[group].sum()))
        for number in range(k - 1):
            after = left[:, number + 1 :].sum(axis=1)
            drawn = rng.hypergeometric(left[:, number], after, open_places)
            dealt[:, group, number] = drawn
            open_places = open_places - drawn
        dealt[:, group, k - 1] = open_places
        left = left - dealt[:, group]
    dealt[:, n_groups - 1] = left
    return dealt


def _pieces(n_resamples: int, n_cells: int) -> Iterator[int]:
    size = max(1, _AT_ONCE // n_cells)
    for start in range(0, n_resamples, size):
        yield min(size, n_resamples - start)
