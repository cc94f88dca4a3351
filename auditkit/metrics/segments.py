"""Do samples lie on straight lines between training records? Those of SMOTE and mixup do, and say so exactly.

Distances do not tell: such a sample may be as far from training records as a fresh one. That two columns and more
divide the way between two records in the same proportion does.
"""

from __future__ import annotations

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
    rows = None if train.columns is None or asked.columns is None else _numbers(train)

    def work(block: slice) -> list[float]:
        distance = squares - 2 * (asked.features[block].astype(np.float32) @ places.T)
        nearest = np.argsort(distance, axis=1, kind="stable")[:, :_NEAREST]
        found = []
        for place, near in zip(range(block.start, block.stop), nearest, strict=True):
            if rows is None or asked.columns is None:
                found.append(_in_space(asked.features[place].astype(np.float64), train.features[near]))
            else:
                chosen, grids = rows
                found.append(_in_table(asked.columns[place, chosen], _columns(train)[near][:, chosen], grids))
        return found

    blocks = [slice(item.start, min(item.stop, len(asked))) for item in split_blocks(len(asked), _BLOCK)]
    return np.array([value for part in run_blocks(work, blocks) for value in part])


def _columns(side: Side) -> NDArray[np.float64]:
    return np.empty((len(side), 0)) if side.columns is None else side.columns


def _numbers(train: Side) -> tuple[list[int], list[tuple[NumberGrid, float]]]:
    """Which columns are numbers, with the grid of each and what counts as exact."""
    columns = _columns(train)
    chosen = [place for place in range(columns.shape[1]) if not train.categorical[place]]
    grids = []
    for place in chosen:
        there = columns[np.isfinite(columns[:, place]), place]
        grids.append((NumberGrid.of(there), _EXACT * float(there.std()) if len(there) else 0.0))
    return chosen, grids


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
    low = np.where(moves, (along - reach) / step, -np.inf).max(axis=1, initial=-np.inf)
    high = np.where(moves, (along + reach) / step, np.inf).min(axis=1, initial=np.inf)
    fits = still.all(axis=1) & (low <= high) & (low > 0) & (high < 1)
    nats = np.where(moves, np.log(step / (2 * np.where(moves, reach, 0.5))), 0.0)
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
