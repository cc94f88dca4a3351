"""First scan of a pruned pass: the rows whose lower bounds are smallest, to be measured before all others."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import run_blocks, split_blocks
from auditkit.metrics.operands import Operand, StatePool, TileBuffer, tiling
from auditkit.metrics.seed_tiles import Seeds, seed_tile

__all__ = ["in_row_blocks", "nearest_bounds"]

Index = NDArray[np.int32]
_ROWS = 512


def nearest_bounds(left: Operand, right: Operand, *, n_left: int, n_right: int) -> tuple[Index, Index]:
    """Of each row the rows of the other set with the smallest lower bounds; -1 where there are too few.

    Parameters
    ----------
    left, right : Operand
        Of the same width; the same object for a set that meets itself, when a row does not count for itself.
    n_left, n_right : int
        How many to find for the rows of the left and of the right.

    Returns
    -------
    tuple of ndarrays of shapes (u_left, n_left) and (u_right, n_right), int32
    """
    own = left is right
    tiles = tiling(left)

    def start() -> tuple[Seeds, Seeds, TileBuffer]:
        rows = _none(len(left), n_left)
        return rows, rows if own else _none(len(right), n_right), TileBuffer(tiles, candidates=False)

    pool = StatePool(start)

    def visit(strip: slice) -> None:
        products = left.left(strip)
        with pool.borrow() as (rows, columns, buffer):
            for block in tiles.blocks(len(right), start=strip.start if own else 0):
                seed_tile(
                    buffer.products(products, right.right(block, buffer)), strip.start, block.start, left.low,
                    right.low, rows, columns, 1 if own else -len(left),
                )  # fmt: skip

    run_blocks(visit, split_blocks(len(left), tiles.strip))
    states = pool.all()
    rows = _smallest([state[0] for state in states])
    return rows, rows if own else _smallest([state[1] for state in states])


def _none(n: int, size: int) -> Seeds:
    return Seeds(
        np.full(n, np.inf, dtype=np.float32),
        np.full((n, size), np.inf, dtype=np.float32),
        np.full((n, size), -1, dtype=np.int32),
    )


def _smallest(found: list[Seeds]) -> Index:
    """The seeds of several threads, which met different pairs, as one."""
    if len(found) == 1:
        return found[0].whose
    size = found[0].whose.shape[1]
    order = np.argsort(np.concatenate([seeds.lower for seeds in found], axis=1), axis=1)[:, :size]
    return np.take_along_axis(np.concatenate([seeds.whose for seeds in found], axis=1), order, axis=1)


def in_row_blocks(n: int, task: Callable[[int, int], None]) -> None:
    """Run a task over blocks of rows."""
    run_blocks(lambda block: task(block.start, block.stop), split_blocks(n, _ROWS))
