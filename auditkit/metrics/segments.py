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
        found = []
        for place, near in zip(range(block.start, block.stop), nearest, strict=True):
            if numbers is None:
                found.append(_in_space(asked.features[place].astype(np.float64), train.features[near]))
            else:
                found.append(_in_table(own_rows[place], near_rows[near], numbers.grids))
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


def _in_table(row: NDArray[np.float64], near: NDArray[np.float64], grids: list[tuple[NumberGrid, float]]) -> float:
    reach = np.array(
        [
            max(float(grid.reach(np.array([cell]))[0]), exact, 1e-300) if np.isfinite(cell) else np.inf
            for cell, (grid, exact) in zip(row, grids, strict=True)
        ]
    )
    first, second = _pairs(len(near))
    start, way = near[first], near[second] - near[first]
    off = row - start
    known = np.isfinite(off) & np.isfinite(way)
    off, way = np.where(known, off, 0.0), np.where(known, way, 0.0)
    moves = known & (np.abs(way) > 2 * reach)
    still = ~known | moves | (np.abs(off) <= np.abs(way) + reach)
    step = np.where(moves, np.abs(way), 1.0)
    along = off * np.sign(way)
    # A step too small to divide by leaves infinity, which fits nowhere.
    with np.errstate(over="ignore"):
        low = np.where(moves, (along - reach) / step, -np.inf).max(axis=1, initial=-np.inf)
        high = np.where(moves, (along + reach) / step, np.inf).min(axis=1, initial=np.inf)
    fits = still.all(axis=1) & (low <= high) & (low > 0) & (high < 1)
    nats = np.where(moves, np.log(step) - np.log(2 * np.where(moves, reach, 0.5)), 0.0)
    evidence = nats.sum(axis=1) - nats.max(axis=1, initial=0.0)
    return float(np.where(fits, evidence, 0.0).max(initial=0.0))


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
