"""Cells of space: clusters of the training records, found without a global seed and in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import run_blocks, split_blocks
from auditkit.errors import SampleSizeError
from auditkit.lazy import unmoved_random
from auditkit.metrics.neighbours import IndexArray, Points
from auditkit.metrics.parameters import whole
from auditkit.metrics.products import Side, product

__all__ = ["CellSeed", "cell_seed", "cells_of", "clusters_of", "number_of_cells"]

# So many rows make a cell worthwhile; so many cells are enough.
ROWS_PER_CELL = 100
MOST_CELLS = 5
CLUSTERED_ROWS = 10_000
LEAST_CLUSTERED_ROWS = 1_000
CLUSTERED_VALUES = 1 << 23
CLUSTER_STARTS = 3
CLUSTER_STEPS = 100
STRIP = 256
# Steps of the largest entry that rows are rounded to: rounding in another unit must not send the clusters elsewhere.
GRID = 2.0**32


@dataclass(frozen=True)
class CellSeed:
    """Seed of the partition of the training records into cells."""

    seed: int


@product(sides=("real",))
def cell_seed(side: Side, *, rng: np.random.Generator) -> CellSeed:  # noqa: ARG001 - the rows choose the generator
    """Draw the seed of the cells."""
    return CellSeed(int(rng.integers(2**31)))


def number_of_cells(asked: object, sets: tuple[Points, ...]) -> int:
    """Cells to make: as asked, else one per 100 samples of the smallest set, 5 at most.

    Raises
    ------
    AuditkitError
        If it is no whole number from 1 to the number of distinct training records, the first of the sets.
    """
    distinct, smallest = sets[0].n_distinct, min(len(points) for points in sets)
    if asked is None:
        return int(np.clip(smallest // ROWS_PER_CELL, 1, min(MOST_CELLS, distinct)))
    cells = whole("cells", asked, 1, give=3)
    if cells > distinct:
        raise SampleSizeError(
            f"`cells` must be from 1 to {distinct}, the distinct samples of `real`, got {asked}: ask for fewer."
        )
    return cells


def cells_of(sets: tuple[Points, ...], n_cells: int, seed: int) -> tuple[IndexArray, IndexArray, IndexArray]:
    """Cell of each row of each of three sets, by k-means on the training records, the first of them."""
    first, second, third = clusters_of(sets[0], sets, n_cells, seed)
    return first, second, third


def clusters_of(real: Points, sets: tuple[Points, ...], n_cells: int, seed: int) -> tuple[IndexArray, ...]:
    """Cluster of each row of each set, by k-means on the distinct rows of `real`, copies counted."""
    if n_cells == 1:
        return tuple(np.zeros(len(points), np.int64) for points in sets)
    # Its OpenMP must be loaded before blocks run: what is loaded later escapes the limit of one thread.
    with unmoved_random():
        from sklearn.cluster import KMeans  # noqa: PLC0415 - costs half a second

    size = min(CLUSTERED_ROWS, max(LEAST_CLUSTERED_ROWS, CLUSTERED_VALUES // real.rows.shape[1]))
    chosen = np.random.default_rng(seed).permutation(real.n_distinct)[:size]
    centre = real.rows[chosen].mean(axis=0, dtype=np.float64)
    step = float(np.abs(real.rows[chosen] - centre).max()) / GRID or 1.0
    model = KMeans(n_cells, n_init=CLUSTER_STARTS, max_iter=CLUSTER_STEPS, random_state=seed, copy_x=False)

    def placed(rows: NDArray[Any]) -> NDArray[np.float64]:
        return np.asarray(np.round((rows - centre) / step) / GRID, np.float64)

    def fit(_: None) -> None:
        model.fit(placed(real.rows[chosen]), sample_weight=real.counts[chosen].astype(np.float64))

    def predict(rows: NDArray[Any]) -> IndexArray:
        return np.asarray(model.predict(placed(rows)), np.int64)

    run_blocks(fit, [None])
    found = (
        np.concatenate(run_blocks(predict, [points.rows[block] for block in split_blocks(points.n_distinct, STRIP)]))
        for points in sets
    )
    return tuple(codes[points.inverse] for codes, points in zip(found, sets, strict=True))
