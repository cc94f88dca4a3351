"""Do samples lie on straight lines between training records? Those of SMOTE and mixup do, and say so exactly.

Distances do not tell: such a sample may be as far from training records as a fresh one. That two columns and more
divide the way between two records in the same proportion does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import run_blocks, split_blocks
from auditkit.data.grids import NumberGrid
from auditkit.metrics.side import Side

__all__ = ["line_evidence"]

_NEAREST = 24
"""Training records next to a sample among which the two ends are looked for."""

_BLOCK = 50
_CELLS = 1 << 15
_EXACT = 1e-6
_LEAST_COLUMNS = 2
_INSIDE = 0.02
_LARGE, _BEYOND = 1e150, 1e200


def line_evidence(train: Side, asked: Side) -> NDArray[np.float64]:
    """How improbably well each sample fits between two training records near it, in nats; 0 where it does not.

    A table's numbers: of all pairs of near records between which there is a place that gives every number of the
    sample up to rounding, the largest sum of log(|difference| / rounding) over the columns that differ, less the
    largest of them, which any sample fits by itself. Elsewhere the features: the largest -log of the squared distance
    from the line, in units of the pair's, with the foot inside.

    Parameters
    ----------
    train, asked : Side
        With features of one embedder.

    Returns
    -------
    ndarray of shape (n,), float64

    Notes
    -----
    The 24 nearest records by features are tried. What chance gives depends on rounding and on the number of columns:
    compare with fresh real samples.
    """
    places = train.features.astype(np.float32)
    if len(places) < _LEAST_COLUMNS:
        return np.zeros(len(asked))
    squares = np.einsum("ij,ij->i", places, places)
    numbers = None if train.columns is None or asked.columns is None else _Numbers.of(train)
    near_rows, own_rows = (np.empty((0, 0)) if numbers is None else numbers.scaled(side) for side in (train, asked))

    def work(block: slice) -> list[float]:
        distance = squares - 2 * (asked.features[block].astype(np.float32) @ places.T)
        nearest = np.argsort(distance, axis=1, kind="stable")[:, :_NEAREST]
        if numbers is None:
            rows = asked.features[block].astype(np.float64)
            return [_in_space(row, train.features[near]) for row, near in zip(rows, nearest, strict=True)]
        found: list[float] = []
        for part in split_blocks(len(nearest), max(1, _CELLS // max(1, nearest.shape[1] ** 2 * near_rows.shape[1]))):
            found += _in_table(own_rows[block][part], near_rows[nearest[part]], numbers.grids)
        return found

    blocks = [slice(item.start, min(item.stop, len(asked))) for item in split_blocks(len(asked), _BLOCK)]
    return np.array([value for part in run_blocks(work, blocks) for value in part])


@dataclass(frozen=True, eq=False)
class _Numbers:
    """Which columns are numbers, by what each is divided, its grid, and what counts as exact."""

    chosen: list[int]
    scale: NDArray[np.float64]
    grids: list[tuple[NumberGrid, float]]

    @classmethod
    def of(cls, train: Side) -> _Numbers:
        columns = _columns(train)
        chosen = [place for place in range(columns.shape[1]) if not train.categorical[place]]
        numbers = columns[:, chosen]
        most = np.abs(numbers).max(axis=0, initial=0.0, where=np.isfinite(numbers))
        # Squares of numbers near the ends of float64 leave it; those of parts of the largest do not.
        scale = np.where((most > _LARGE) | ((most > 0) & (most < 1 / _LARGE)), most, 1.0)
        grids = []
        for column in (numbers / scale).T:
            there = column[np.isfinite(column)]
            grids.append((NumberGrid.of(there), _EXACT * float(there.std()) if len(there) else 0.0))
        return cls(chosen, scale, grids)

    def scaled(self, side: Side) -> NDArray[np.float64]:
        numbers = _columns(side)[:, self.chosen]
        # What is beyond that lies on no line between training records, and no difference to it may overflow.
        with np.errstate(over="ignore"):
            return np.clip(numbers / self.scale, -_BEYOND, _BEYOND)


def _columns(side: Side) -> NDArray[np.float64]:
    return np.empty((len(side), 0)) if side.columns is None else side.columns


def _pairs(n: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    first, second = np.triu_indices(n, 1)
    return first, second


def _in_table(
    rows: NDArray[np.float64], near: NDArray[np.float64], grids: list[tuple[NumberGrid, float]]
) -> list[float]:
    """Evidence of each of some rows, each beside its own nearest ones."""
    reach = np.full((len(rows), 1, len(grids)), np.inf)
    for place, (grid, exact) in enumerate(grids):
        there = np.isfinite(rows[:, place])
        reach[there, 0, place] = np.maximum(np.maximum(grid.reach(rows[there, place]), exact), 1e-300)
    first, second = _pairs(near.shape[1])
    start = near[:, first]
    way = near[:, second] - start
    off = rows[:, None] - start
    known = np.isfinite(off) & np.isfinite(way)
    off, way = np.where(known, off, 0.0), np.where(known, way, 0.0)
    size = np.abs(way)
    moves = known & (size > 2 * reach)
    still = ~known | moves | (np.abs(off) <= size + reach)
    step = np.where(moves, size, 1.0)
    along = off * np.sign(way)
    # A step too small to divide by leaves infinity, which fits nowhere.
    with np.errstate(over="ignore"):
        low = np.where(moves, (along - reach) / step, -np.inf).max(axis=2, initial=-np.inf)
        high = np.where(moves, (along + reach) / step, np.inf).min(axis=2, initial=np.inf)
    fits = still.all(axis=2) & (low <= high) & (low > 0) & (high < 1)
    found = np.zeros(len(rows))
    row, pair = np.nonzero(fits)
    moving, rounding = moves[row, pair], reach[row, 0]
    nats = np.where(moving, np.log(step[row, pair]) - np.log(2 * np.where(moving, rounding, 0.5)), 0.0)
    np.maximum.at(found, row, nats.sum(axis=1) - nats.max(axis=1, initial=0.0))
    return [float(value) for value in found]


def _in_space(row: NDArray[np.float64], near: NDArray[np.floating]) -> float:
    first, second = _pairs(len(near))
    start = near[first].astype(np.float64)
    way = near[second].astype(np.float64) - start
    off = row - start
    length = np.einsum("ij,ij->i", way, way)
    usable = length > 0
    at = np.einsum("ij,ij->i", off, way) / np.where(usable, length, 1.0)
    left = off - at[:, None] * way
    share = np.einsum("ij,ij->i", left, left) / np.where(usable, length, 1.0)
    fits = usable & (at > _INSIDE) & (at < 1 - _INSIDE)
    return float(np.where(fits, np.maximum(-np.log(np.maximum(share, _EXACT**2)), 0.0), 0.0).max(initial=0.0))
