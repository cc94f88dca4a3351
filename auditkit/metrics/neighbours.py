"""The k nearest neighbours of a set within itself: exact to float64 at the price of float32 products.

Rows that are equal are merged first and carry a count, so that a duplicated row has a neighbour at distance 0 and
costs nothing. Half of the products are computed (each pair once), in tiles that stay in the cache; `tiles.py` says
why the result is that of float64 brute force all the same. Memory is O(tile + n * k) per thread and never n * n.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from auditkit.blocks import run_blocks, split_blocks
from auditkit.errors import SampleSizeError
from auditkit.metrics.operands import FLUSH, SLICE, FloatArray, Operand, StatePool, TileBuffer, Tiling, tiling
from auditkit.metrics.parameters import whole
from auditkit.metrics.points import LARGEST, IndexArray, Points, merge_rows
from auditkit.metrics.seed_tiles import limit_self
from auditkit.metrics.seeds import in_row_blocks, nearest_bounds
from auditkit.metrics.sketches import chosen_operands
from auditkit.metrics.tiles import LONGEST_SORTED, SelfFindings, Single, merge_nearest, self_refine, self_tile

__all__ = ["LARGEST", "FloatArray", "IndexArray", "Neighbours", "Points", "check_k", "merge_rows", "neighbours"]

SPARE_SEEDS = 3
"""Rows measured beyond k for a limit: the smallest lower bounds are not quite those of the nearest."""


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The k nearest neighbours of each distinct row within its own set, copies counted.

    A row that occurs c times has c - 1 neighbours at distance 0, which are itself.

    Attributes
    ----------
    squared_distances : ndarray of shape (u, k), float64
        Squared Euclidean distances, ascending, in the unit of the features squared.
    indices : ndarray of shape (u, k), int64
        Distinct rows; a row with several copies is named once per copy. Among equal distances the lowest index.
    name : str
        What messages call the set.
    """

    squared_distances: FloatArray
    indices: IndexArray
    name: str = "features"

    @property
    def k(self) -> int:
        """Neighbours known per row."""
        return int(self.indices.shape[1])

    def squared_radius(self, k: int) -> FloatArray:
        """Squared distance of each distinct row to its k-th neighbour, shape (u,).

        Raises
        ------
        SampleSizeError
            If fewer neighbours are known.
        """
        if not self.k:
            check_k(k, 1, self.name)
        if not 1 <= k <= self.k:
            raise SampleSizeError(
                f"each row of `{self.name}` has {self.k} known neighbours ({self.k + 1} rows with itself), got k={k}: "
                "lower k or add rows."
            )
        return self.squared_distances[:, k - 1]

    def first(self, k: int) -> FloatArray:
        """Squared distances of each distinct row to its first k neighbours, shape (u, k), as an own copy."""
        self.squared_radius(k)
        return self.squared_distances[:, :k].copy()


def neighbours(points: Points, *, k: int, name: str = "features", pruned: bool | None = None) -> Neighbours:
    """Find the k nearest neighbours of each row within its set, itself left out.

    Parameters
    ----------
    points : Points
        From `merge_rows`.
    k : int
        Neighbours per row; 1 <= k < n.
    name : str, default "features"
        What error messages call the set.
    pruned : bool, optional
        Whether to leave pairs out by few principal directions first; by default where a sample says that it pays.

    Returns
    -------
    Neighbours
        The same bytes for any number of threads, pruned or not.

    Raises
    ------
    SampleSizeError
        If k < 1 or k >= n.

    Notes
    -----
    O(u^2 (d / 2 + log k)) time for u distinct rows, O(u k) memory and a fixed buffer per thread.

    Examples
    --------
    >>> found = neighbours(merge_rows(np.array([[0.0], [1.0], [3.0], [3.0]])), k=2)
    >>> np.sqrt(found.squared_distances).tolist()
    [[1.0, 3.0], [1.0, 2.0], [0.0, 2.0]]
    """
    check_k(k, len(points), name)
    if pruned is None and k > LONGEST_SORTED:
        pruned = False  # a row with so many neighbours has few pairs that can be left out
    (operand,), is_pruned = chosen_operands((points,), pruned=pruned)
    limit = np.full(points.n_distinct, np.inf, dtype=np.float32)
    limit[points.counts > k] = 0.0
    if is_pruned:
        _seed(points, operand, limit, k)
    task = _Pass(points, operand, limit, tiling(operand))
    pool = StatePool(lambda: (_own_copies(points.counts, k), TileBuffer(task.tiles)))

    def visit(strip: slice) -> None:
        with pool.borrow() as (found, buffer):
            task.strip(strip, found, buffer)

    run_blocks(visit, split_blocks(points.n_distinct, task.tiles.strip))
    states = pool.all()
    for state in states:
        task.measure(*state)
    (first, _), *others = states
    for other, _ in others:
        merge_nearest(first.squared, first.indices, other.squared, other.indices)
    if k > LONGEST_SORTED:
        in_row_blocks(points.n_distinct, lambda start, stop: _sort(first, slice(start, stop)))
    return Neighbours(first.squared, first.indices, name)


def check_k(k: object, n: int, name: str) -> None:
    """Refuse a number of neighbours that a set of n rows does not have."""
    if whole("k", k, 1, give=5) >= n:
        fix = "lower k or add rows" if k != 1 and n > 1 else "add rows"
        raise SampleSizeError(f"k nearest neighbours need more than k rows, got k={k} and {n} rows in `{name}`: {fix}.")


def _seed(points: Points, operand: Operand, limit: Single, k: int) -> None:
    """Lower the limits by the distances to the rows with the smallest lower bounds."""
    seeds, _ = nearest_bounds(operand, operand, n_left=k + SPARE_SEEDS, n_right=k + SPARE_SEEDS)

    def lower(start: int, stop: int) -> None:
        limit_self(points.rows, points.counts, operand.factor**2, seeds, start, stop, k, limit)

    in_row_blocks(points.n_distinct, lower)


@dataclass(frozen=True, eq=False)
class _Pass:
    """A set meets itself, strip by strip; `limit` is shared by the strips."""

    points: Points
    operand: Operand
    limit: Single
    tiles: Tiling

    def strip(self, strip: slice, found: SelfFindings, buffer: TileBuffer) -> None:
        """Meet the rows of one strip with all rows from its start on."""
        left = self.operand.left(strip)
        for block in self.tiles.blocks(self.points.n_distinct, start=strip.start):
            right = self.operand.right(block, buffer)
            for part in split_blocks(len(left), SLICE // 2 if block.start == strip.start else SLICE):
                row = strip.start + part.start
                column = max(row, block.start)
                if column >= block.stop:
                    continue
                buffer.waiting = self_tile(
                    buffer.products(left[part], right[column - block.start :]), row, column,
                    self.operand.low, self.operand.error, self.points.counts, self.limit, found.bounds,
                    buffer.candidates, buffer.waiting,
                )  # fmt: skip
                if buffer.waiting > FLUSH:
                    self.measure(found, buffer)

    def measure(self, found: SelfFindings, buffer: TileBuffer) -> None:
        """Measure what waits. The later, the fewer: limits only fall."""
        scale = self.operand.factor**2
        self_refine(self.points.rows, self.points.counts, scale, self.limit, found, buffer.candidates, buffer.waiting)
        buffer.waiting = 0


def _sort(found: SelfFindings, block: slice) -> None:
    """Order the neighbours of some rows by distance, then by index."""
    order = np.lexsort((found.indices[block], found.squared[block]), axis=-1)
    for item in (found.squared, found.indices):
        item[block] = np.take_along_axis(item[block], order, axis=1)


def _own_copies(counts: IndexArray, k: int) -> SelfFindings:
    """Neighbours of each row while only its own copies are known."""
    copies = np.arange(k) < (counts - 1)[:, None]
    own = np.broadcast_to(np.arange(len(counts))[:, None], copies.shape)
    return SelfFindings(
        np.where(copies, np.float32(0.0), np.float32(np.inf)), np.where(copies, 0.0, np.inf), np.where(copies, own, -1)
    )
