"""What lies between a real and a synthetic set: who is inside whose ball, who is nearest to whom.

One pass over all pairs, in the tiles of `crossing_tiles.py`, gives every number that precision, recall, density,
coverage, realism, rarity, authenticity and the distances to the closest record are read from. Each is exact to
float64. Memory is O(tile + (u_r + u_s) * k) per thread, plus the pairs that are kept.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import run_blocks, split_blocks
from auditkit.errors import SampleSizeError, ShapeError
from auditkit.metrics.crossing_result import Crossing, Inside, Pairs
from auditkit.metrics.crossing_tiles import (
    RealFindings,
    RealLimits,
    SetBounds,
    SyntheticFindings,
    crossing_refine,
    crossing_tile,
)
from auditkit.metrics.neighbours import FloatArray, IndexArray, Neighbours, Points, check_k
from auditkit.metrics.operands import FLUSH, SLICE, Operand, StatePool, TileBuffer, Tiling, tiling
from auditkit.metrics.parameters import is_whole
from auditkit.metrics.seed_tiles import limit_crossing, limit_real
from auditkit.metrics.seeds import in_row_blocks, nearest_bounds
from auditkit.metrics.sketches import chosen_operands
from auditkit.metrics.tiles import TIE, UP, RowArray, Single

__all__ = ["Crossing", "Inside", "Pairs", "crossing", "weighted_median"]

MOST_PAIRS = 20_000_000
"""Pairs that a crossing keeps at most of each kind: 320 MB."""

SEEDS, REAL_SEEDS = 5, 2
"""Real rows measured for the limits of each synthetic row of a pruned pass, and synthetic rows of each real one."""

IN_REAL, IN_SYNTHETIC, NEAREST = FLAGS = (1, 2, 4)


def crossing(
    real: Points,
    synthetic: Points,
    *,
    real_neighbours: Neighbours,
    synthetic_neighbours: Neighbours,
    k: int,
    ks: Sequence[int] | None = None,
    realism_k: int | None = None,
    most_pairs: int = MOST_PAIRS,
    pruned: bool | None = None,
) -> Crossing:
    """Compare every synthetic row with every real row once and keep what neighbour metrics need.

    Parameters
    ----------
    real, synthetic : Points
        Both from `merge_rows`, of the same width.
    real_neighbours, synthetic_neighbours : Neighbours
        Of the two sets, for at least `k` neighbours.
    k : int
        Largest number of neighbours that sets a ball's radius; 0 for no balls, only the nearest rows.
    ks : sequence of int, optional
        Numbers of neighbours up to `k` whose balls are looked at; by default each from 1 to `k`.
    realism_k : int, optional
        Neighbours that set the radius for realism, at most `k`; by default the smaller of 3 and `k`.
    most_pairs : int, default 20 million
        Pairs of one kind to keep at most, at 16 bytes each.
    pruned : bool, optional
        Whether to leave pairs out by few principal directions first; by default where a sample says that it pays.

    Returns
    -------
    Crossing
        The same bytes for any number of threads, pruned or not.

    Raises
    ------
    ShapeError
        If the widths differ.
    SampleSizeError
        If k is not known to both `Neighbours`, or more than `most_pairs` real rows tie for nearest.

    Notes
    -----
    O(u_r u_s d) time.

    Examples
    --------
    >>> from auditkit.metrics.neighbours import merge_rows, neighbours
    >>> real, synthetic = merge_rows([[0.0], [1.0], [3.0]]), merge_rows([[0.5], [1.5], [9.0]])
    >>> near = [neighbours(points, k=1) for points in (real, synthetic)]
    >>> found = crossing(real, synthetic, real_neighbours=near[0], synthetic_neighbours=near[1], k=1)
    >>> found.inside_real(1).strict.tolist(), found.nearest_real_distance.tolist()
    ([2, 2, 0], [0.5, 0.5, 6.0])
    """
    if real.rows.shape[1] != synthetic.rows.shape[1]:
        raise ShapeError(
            f"`synthetic` has {synthetic.rows.shape[1]} features, `real` has {real.rows.shape[1]}: "
            "use one extractor for both."
        )
    if not is_whole(k) or k:
        check_k(k, len(real), "real")
        check_k(k, len(synthetic), "synthetic")
    least = min(1, k)
    realism_k = min(3, k) if realism_k is None else realism_k
    if not least <= realism_k <= k:
        raise SampleSizeError(f"`realism_k` must be from 1 to k={k}, got {realism_k}.")
    places = tuple(sorted({*(range(1, k) if ks is None else ks), k}))
    if places[0] < least or places[-1] > k:
        raise SampleSizeError(
            f"`ks` must hold numbers from 1 to k={k}, got {places[0]} to {places[-1]}: leave others out."
        )
    task = _prepare(
        (real, synthetic), (real_neighbours, synthetic_neighbours), ks=places, realism_k=realism_k,
        most_pairs=most_pairs, pruned=pruned,
    )  # fmt: skip
    pool = StatePool(lambda: (_nothing_found_real(real.n_distinct, len(places)), TileBuffer(task.tiles)))

    def visit(strip: slice) -> list[_Kept]:
        with pool.borrow() as (real_found, buffer):
            return task.strip(strip, real_found, buffer)

    strips = run_blocks(visit, split_blocks(synthetic.n_distinct, task.tiles.strip))
    real_found = functools.reduce(_merged, [state[0] for state in pool.all()])
    return _result(task, [group for groups in strips for group in groups], real_found, ks=places, realism_k=realism_k)


def _result(
    task: _Pass, kept: list[_Kept], real_found: RealFindings, *, ks: tuple[int, ...], realism_k: int
) -> Crossing:
    found, n_synthetic = task.found, len(task.rows)
    ties = _pairs(kept, NEAREST, n_synthetic)
    return Crossing(
        ks=ks,
        in_real_strict=found.strict,
        in_real_tied=found.tied,
        in_synthetic_strict=real_found.strict,
        in_synthetic_tied=real_found.tied,
        smallest_strict=found.smallest,
        smallest_tied=found.smallest_tied,
        pairs_in_real=_pairs(kept, IN_REAL, n_synthetic) if task.room.take(IN_REAL) else None,
        pairs_in_synthetic=_pairs(kept, IN_SYNTHETIC, n_synthetic) if task.room.take(IN_SYNTHETIC) else None,
        nearest_real=ties.real[ties.offsets[:-1]].astype(np.int64),
        nearest_real_squared=found.nearest_squared[:, 0].copy(),
        second_real_squared=found.nearest_squared[:, 1].copy(),
        nearest_real_ties=ties,
        nearest_synthetic=real_found.nearest_index,
        nearest_synthetic_squared=real_found.nearest_squared,
        realism=np.sqrt(found.ratio),
        realism_k=realism_k,
    )


class _Kept(NamedTuple):
    """Pairs of one flag, of one strip, in scanning order."""

    flag: int
    synthetic: NDArray[np.int32]
    real: NDArray[np.int32]
    squared: FloatArray


class _Room:
    """Counts pairs, also those that are not kept, so that what is kept does not depend on the threads."""

    def __init__(self, most_pairs: int) -> None:
        self.most_pairs = most_pairs
        self._counts = dict.fromkeys(FLAGS, 0)
        self._lock = Lock()

    def take(self, flag: int, more: int = 0) -> bool:
        """Count more pairs of one flag; returns whether all so far may be kept."""
        with self._lock:
            self._counts[flag] += more
            return self._counts[flag] <= self.most_pairs


@dataclass(frozen=True, eq=False)
class _Pass:
    """One set meets the other, strip by strip of the synthetic one.

    `found` is written by the one strip that holds the row; `limits` and `nearest` of the real side are shared.
    """

    rows: RowArray
    real_rows: RowArray
    operand: Operand
    real_operand: Operand
    synthetic: SetBounds
    real: SetBounds
    limits: RealLimits
    found: SyntheticFindings
    room: _Room
    tiles: Tiling

    def seed(self) -> None:
        """Lower the limits by the distances to the rows with the smallest lower bounds."""
        scale = self.operand.factor**2
        near, near_real = nearest_bounds(self.operand, self.real_operand, n_left=SEEDS, n_right=REAL_SEEDS)

        def lower(start: int, stop: int) -> None:
            limit_crossing(
                self.rows, self.real_rows, self.synthetic, self.real, self.limits, self.found, scale, near, start, stop
            )

        def lower_real(start: int, stop: int) -> None:
            limit_real(self.rows, self.real_rows, self.real, self.limits, scale, near_real, start, stop)

        in_row_blocks(len(self.rows), lower)
        in_row_blocks(len(self.real_rows), lower_real)

    def strip(self, strip: slice, real_found: RealFindings, buffer: TileBuffer) -> list[_Kept]:
        """Meet the synthetic rows of one strip with all real rows."""
        left = self.operand.left(strip)
        kept: list[_Kept] = []
        waiting = 0
        for block in self.tiles.blocks(len(self.real_rows)):
            right = self.real_operand.right(block, buffer)
            for part in split_blocks(len(left), SLICE):
                waiting = crossing_tile(
                    buffer.products(left[part], right), strip.start + part.start, block.start,
                    self.synthetic, self.real, self.limits, self.found, buffer.candidates, waiting,
                )  # fmt: skip
                if waiting > FLUSH:
                    kept += self._refine(real_found, buffer, waiting)
                    waiting = 0
        kept += self._refine(real_found, buffer, waiting)
        return [*(group for group in kept if group.flag != NEAREST), self._ties(kept)]

    def _refine(self, real_found: RealFindings, buffer: TileBuffer, waiting: int) -> list[_Kept]:
        candidates = buffer.candidates
        n_kept = crossing_refine(
            self.rows, self.real_rows, self.synthetic, self.real, self.limits, self.found, real_found,
            self.operand.factor**2, candidates, waiting,
        )  # fmt: skip
        pairs, squared = candidates.pairs[:n_kept], candidates.squared[:n_kept]
        kept = []
        for flag in FLAGS:
            chosen = np.flatnonzero(candidates.flags[:n_kept] & flag)
            if flag == NEAREST or self.room.take(flag, len(chosen)):
                kept.append(_Kept(flag, pairs[chosen, 0], pairs[chosen, 1], squared[chosen]))
        return kept

    def _ties(self, kept: list[_Kept]) -> _Kept:
        """Those of a strip's pairs that are at the nearest distance, now that it is known."""
        synthetic, real, squared = _joined(kept, NEAREST)
        tied = np.flatnonzero(squared <= self.found.nearest_squared[synthetic, 0] * (1.0 + TIE))
        if not self.room.take(NEAREST, len(tied)):
            raise SampleSizeError(
                f"more than {self.room.most_pairs} pairs of a synthetic row and a real row tie for nearest: "
                "use features that tell the rows apart, or fewer rows."
            )
        return _Kept(NEAREST, synthetic[tied], real[tied], squared[tied])


def _prepare(
    sets: tuple[Points, Points],
    found: tuple[Neighbours, Neighbours],
    *,
    ks: tuple[int, ...],
    realism_k: int,
    most_pairs: int,
    pruned: bool | None,
) -> _Pass:
    """Set up the pass of a real and a synthetic set, in this order."""
    (real_operand, synthetic_operand), is_pruned = chosen_operands(sets, pruned=pruned)
    scale = real_operand.factor**2
    real = _bounds(sets[0], real_operand, _radii(found[0], ks), scale)
    synthetic = _bounds(sets[1], synthetic_operand, _radii(found[1], ks), scale)
    dtype = np.result_type(sets[0].rows, sets[1].rows)
    radius = found[0].squared_radius(realism_k).copy() if realism_k else np.zeros(sets[0].n_distinct)
    # Radii that are the median but for rounding are not above it.
    shown = (radius <= weighted_median(radius, counts=real.counts) * (1.0 + TIE)) & (radius > 0)
    limits = RealLimits(
        np.full(len(radius), np.inf, dtype=np.float32),
        np.where(shown, _rounded_up(radius, scale), np.float32(0.0)),
        radius,
    )
    task = _Pass(
        sets[1].rows.astype(dtype, copy=False), sets[0].rows.astype(dtype, copy=False),
        synthetic_operand, real_operand, synthetic, real, limits,
        _nothing_found(sets[1].n_distinct, len(ks)), _Room(most_pairs), tiling(real_operand),
    )  # fmt: skip
    if is_pruned:
        task.seed()
    return task


def _bounds(points: Points, operand: Operand, radii: FloatArray, scale: float) -> SetBounds:
    nearest = np.full(points.n_distinct, np.inf, dtype=np.float32)
    return SetBounds(points.counts, radii, operand.low, operand.error, _rounded_up(radii[:, -1], scale), nearest)


def _radii(found: Neighbours, ks: tuple[int, ...]) -> FloatArray:
    """Squared radii for some numbers of neighbours, shape (u, len(ks))."""
    if ks == (0,):
        return np.full((len(found.indices), 1), -1.0)  # nothing is inside
    return np.stack([found.squared_radius(k) for k in ks], axis=1)


def _nothing_found(n_synthetic: int, size: int) -> SyntheticFindings:
    return SyntheticFindings(
        reach=np.full(n_synthetic, np.finfo(np.float32).max, dtype=np.float32),
        nearest_bounds=np.full((n_synthetic, 2), np.inf, dtype=np.float32),
        ratio=np.zeros(n_synthetic),
        nearest_squared=np.full((n_synthetic, 2), np.inf),
        strict=np.zeros((n_synthetic, size), dtype=np.int64),
        tied=np.zeros((n_synthetic, size), dtype=np.int64),
        smallest=np.full((n_synthetic, size), np.inf),
        smallest_tied=np.full((n_synthetic, size), np.inf),
    )


def _nothing_found_real(n_real: int, size: int) -> RealFindings:
    return RealFindings(
        nearest_squared=np.full(n_real, np.inf),
        nearest_index=np.full(n_real, np.iinfo(np.int64).max),
        strict=np.zeros((n_real, size), dtype=np.int64),
        tied=np.zeros((n_real, size), dtype=np.int64),
    )


def _merged(one: RealFindings, two: RealFindings) -> RealFindings:
    """Findings of two threads as one; sums of integers and least pairs, so their order does not matter."""
    closer = (two.nearest_squared < one.nearest_squared) | (
        (two.nearest_squared == one.nearest_squared) & (two.nearest_index < one.nearest_index)
    )
    return RealFindings(
        np.where(closer, two.nearest_squared, one.nearest_squared),
        np.where(closer, two.nearest_index, one.nearest_index),
        one.strict + two.strict,
        one.tied + two.tied,
    )


def _pairs(kept: list[_Kept], flag: int, n_synthetic: int) -> Pairs:
    synthetic, real, squared = _joined(kept, flag)
    order = np.argsort(synthetic, kind="stable")
    offsets = np.zeros(n_synthetic + 1, dtype=np.int64)
    np.cumsum(np.bincount(synthetic, minlength=n_synthetic), out=offsets[1:])
    return Pairs(offsets, real[order], squared[order])


def _joined(kept: list[_Kept], flag: int) -> tuple[NDArray[np.int32], NDArray[np.int32], FloatArray]:
    """Pairs of one flag: synthetic rows, real rows, squared distances."""
    groups = [group for group in kept if group.flag == flag]
    return (
        np.concatenate([group.synthetic for group in groups]),
        np.concatenate([group.real for group in groups]),
        np.concatenate([group.squared for group in groups]),
    )


def _rounded_up(squared: FloatArray, scale: float) -> Single:
    """Squared distances in the unit of the operands, as float32 that are not below them."""
    return (squared * (1.0 + TIE) * scale).astype(np.float32) * UP + np.float32(1e-36)


def weighted_median(values: FloatArray, *, counts: IndexArray) -> float:
    """Median of values that occur `counts` times each; the mean of the middle two if there are two."""
    order = np.argsort(values, kind="stable")
    upto = np.cumsum(counts[order])
    total = int(upto[-1])
    low, high = np.searchsorted(upto, [(total - 1) // 2, total // 2], side="right")
    return float(values[order[low]] + values[order[high]]) / 2.0
