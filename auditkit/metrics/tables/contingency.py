"""All pairs of columns as tables of cells: how alike two sets' tables are, how strongly a pair hangs together.

A pair whose table would be larger than a few times the rows is never laid out: its rows become integer keys that are
sorted and counted in runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import run_blocks
from auditkit.metrics.tables.marginals import CELLS_PER_ROW, DENSE_CELLS, Rows, agreements
from auditkit.metrics.tables.pair_tiles import associate_pairs, run_counts

__all__ = ["Associations", "Coded", "all_pairs", "associations", "similarities"]

Pairs = NDArray[np.int64]
Double = NDArray[np.float64]

FOUND = 5
"""Numbers that are found of each pair."""
STEPS_PER_BLOCK = 1 << 22
"""Rows times pairs that one block of work goes through."""


@dataclass(frozen=True, eq=False)
class Coded:
    """Columns as codes.

    Attributes
    ----------
    codes : ndarray of shape (k, n), int32
        Column by column.
    sizes : ndarray of shape (k,)
        Codes that each column can have, the same for all sets that are compared.
    """

    codes: NDArray[np.int32]
    sizes: NDArray[np.int64]

    def __len__(self) -> int:
        return int(self.codes.shape[1])

    def take(self, rows: NDArray[np.intp]) -> Coded:
        """These rows."""
        return Coded(np.take(self.codes, rows, axis=1), self.sizes)

    def keys(self, i: int, j: int) -> NDArray[np.int64]:
        """Cells of a pair as sorted integers."""
        return np.sort(self.codes[i].astype(np.int64) * self.sizes[j] + self.codes[j])


@dataclass(frozen=True, eq=False)
class Associations:
    """How strongly each of p pairs hangs together.

    Attributes
    ----------
    cramers_v : ndarray of shape (p,)
        In [0, 1]; NaN where a column of the pair is constant.
    information : ndarray of shape (p,)
        Mutual information in nats.
    corrected : ndarray of shape (p,)
        Cramér's V squared, less what independent columns have by chance; NaN where a column is constant.
    error : ndarray of shape (p,)
        Standard error of `corrected`.
    """

    cramers_v: Double
    information: Double
    corrected: Double
    error: Double


def all_pairs(k: int) -> Pairs:
    """Places of all pairs of k columns, the first the smaller, in order."""
    return np.column_stack(np.triu_indices(k, 1)).astype(np.int64)


def similarities(real: Coded, synthetic: Coded, pairs: Pairs) -> Double:
    """One less the total variation distance between the two sets' tables of each pair.

    Parameters
    ----------
    real, synthetic : Coded
        Of the same columns and sizes.
    pairs : ndarray of shape (p, 2)

    Returns
    -------
    ndarray of shape (p,)
    """
    found: Double = agreements(Rows(real.codes), [Rows(synthetic.codes)], sizes=real.sizes, columns=pairs)[0]
    return found


def associations(coded: Coded, pairs: Pairs) -> Associations:
    """Cramér's V (without and with correction of its bias) and mutual information of each pair.

    Parameters
    ----------
    coded : Coded
    pairs : ndarray of shape (p, 2)

    Returns
    -------
    Associations
    """

    def dense(chosen: Pairs, largest: int) -> Double:
        found = np.empty((len(chosen), FOUND))
        associate_pairs(coded.codes, coded.sizes, chosen, largest, found)
        return found

    def sparse(i: int, j: int) -> Double:
        margins = [np.bincount(coded.codes[place], minlength=int(coded.sizes[place])) for place in (i, j)]
        square, information, spread = run_counts(coded.keys(i, j), margins[0], margins[1], int(coded.sizes[j]))
        return np.array([square, information, *(np.count_nonzero(margin) for margin in margins), spread])

    found = _by_pair(dense, sparse, coded.sizes, len(coded), pairs).reshape(-1, FOUND)
    free = np.minimum(found[:, 2], found[:, 3]) - 1
    with np.errstate(invalid="ignore", divide="ignore"):
        v = np.where(free > 0, np.sqrt(found[:, 0] / free), np.nan)
    corrected, error = _corrected(found, len(coded))
    return Associations(np.minimum(v, 1.0), np.maximum(found[:, 1], 0.0), corrected, error)


def _corrected(found: Double, n: int) -> tuple[Double, Double]:
    """V squared less its bias (Bergsma 2013), and its standard error; 0 where as many levels as rows leave nothing."""
    square, rows, columns, spread = found[:, 0], found[:, 2], found[:, 3], found[:, 4]
    degrees, others = (rows - 1) * (columns - 1), max(n - 1, 1)
    free = np.minimum(rows - (rows - 1) ** 2 / others, columns - (columns - 1) ** 2 / others) - 1
    known, least = degrees > 0, free > np.finfo(np.float64).eps * n
    scale = np.where(least, free, 1.0)
    value = np.where(least, np.clip((square - degrees / others) / scale, 0.0, 1.0), 0.0)
    # The delta method knows no spread where nothing depends: there chi-square has that of its distribution.
    error = np.where(least, np.sqrt(spread / n + 2.0 * degrees / n**2) / scale, 0.0)
    return np.where(known, value, np.nan), np.where(known, error, np.nan)


def _by_pair(
    dense: Callable[[Pairs, int], Double],
    sparse: Callable[[int, int], Double],
    sizes: NDArray[np.int64],
    n_rows: int,
    pairs: Pairs,
) -> Double:
    """Results in the order of the pairs, each from the way that suits the size of its table."""
    if not len(pairs):
        return np.empty(0)
    cells = sizes[pairs[:, 0]] * sizes[pairs[:, 1]]
    small = cells <= max(DENSE_CELLS, CELLS_PER_ROW * n_rows)
    step = max(1, STEPS_PER_BLOCK // n_rows)
    places = np.flatnonzero(small)
    blocks = [places[start : start + step] for start in range(0, len(places), step)]
    found = run_blocks(lambda block: dense(pairs[block], int(cells[block].max())), blocks)
    large = np.flatnonzero(~small)
    found += [item[None] for item in run_blocks(lambda place: sparse(*pairs[place].tolist()), large)]
    order = np.concatenate([places, large])
    results = np.concatenate(found)
    return results[np.argsort(order)]
