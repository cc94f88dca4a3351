"""What lies between a real and a synthetic set: who is inside whose ball, who is nearest to whom.

One pass over all pairs, in the tiles of `neighbours.py`, gives every number that precision, recall, density,
coverage, realism, rarity, authenticity and the distances to the closest record are read from. Each is exact to
float64. Memory is O(tile + (u_r + u_s) * k) per thread, plus the pairs that are kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import run_blocks, split_blocks
from auditkit.errors import SampleSizeError, ShapeError
from auditkit.metrics.neighbours import (
    COLUMNS,
    FLUSH,
    STRIP,
    FloatArray,
    IndexArray,
    Neighbours,
    Operand,
    Points,
    StatePool,
    TileBuffer,
    check_k,
    operands,
)
from auditkit.metrics.tiles import TIE, crossing_refine, crossing_tile

__all__ = ["Crossing", "Inside", "Pairs", "crossing", "weighted_median"]

MOST_PAIRS = 20_000_000
"""Pairs that a crossing keeps at most of each kind: 320 MB."""

IN_REAL, IN_SYNTHETIC, NEAREST = _FLAGS = (1, 2, 4)


@dataclass(frozen=True, eq=False)
class Pairs:
    """A sparse set of pairs, ordered by synthetic row, then by real row (compressed rows).

    Attributes
    ----------
    offsets : ndarray of shape (u_s + 1,), int64
        The pairs of synthetic row j are those from `offsets[j]` to `offsets[j + 1]`.
    real : ndarray of shape (p,), int32
        Distinct real row of each pair.
    squared_distances : ndarray of shape (p,), float64
    """

    offsets: IndexArray
    real: NDArray[np.int32]
    squared_distances: FloatArray

    @property
    def synthetic(self) -> IndexArray:
        """Distinct synthetic row of each pair, shape (p,)."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))


@dataclass(frozen=True, eq=False)
class Inside:
    """In how many balls of the other set each distinct row lies, copies of the balls' centres counted.

    Attributes
    ----------
    strict : ndarray of shape (u,), int64
        Balls that hold the row with room to spare: d < r.
    tied : ndarray of shape (u,), int64
        Balls on whose rim it lies: d^2 and r^2 differ by at most 1e-12 of r^2. Readings with ties inclusive add
        them, with ties strict leave them out, with ties half add half of them.
    """

    strict: IndexArray
    tied: IndexArray


@dataclass(frozen=True, eq=False)
class Crossing:
    """Everything between a real and a synthetic set that neighbour metrics read, per distinct row.

    Attributes
    ----------
    k : int
        The largest number of neighbours that sets the radius of a ball; each smaller one is known too.
    in_real_strict, in_real_tied : ndarray of shape (k, u_s), int64
        Real balls around each synthetic row; see `inside_real`.
    in_synthetic_strict, in_synthetic_tied : ndarray of shape (k, u_r), int64
        Synthetic balls around each real row; see `inside_synthetic`.
    smallest_strict, smallest_tied : ndarray of shape (k, u_s), float64
        Smallest squared radius among the real balls that hold the synthetic row strictly, or on their rim; infinite
        where there are none. Rarity reads them.
    pairs_in_real, pairs_in_synthetic : Pairs or None
        Pairs inside the k-ball of the real row, or of the synthetic row, rim included. None when they are more than
        `MOST_PAIRS`, as when many rows crowd the middle of a high-dimensional set; the counts above are whole
        all the same.
    nearest_real : ndarray of shape (u_s,), int64
        Nearest distinct real row, the lowest index of those tied.
    nearest_real_squared : ndarray of shape (u_s,), float64
        Its squared distance.
    nearest_real_ties : Pairs
        All real rows at the nearest distance of each synthetic row (within 1e-12 of it): at least one each.
    nearest_synthetic, nearest_synthetic_squared : ndarrays of shape (u_r,), int64 and float64
        The same from real rows to synthetic ones, the lowest index among equal distances.
    realism : ndarray of shape (u_s,), float64
        max over the real rows i with r_i <= median(r) of r_i / d(i, j), with r_i the radius for `realism_k`
        neighbours and the median over all real rows, copies counted. At least 1 means inside or on the rim of one
        of the smaller half of the balls. Infinite on the centre of a ball of positive radius; on the centre of one
        of radius 0 (a row with more than k copies) it is 1, as on any rim.
    realism_k : int
        Neighbours that set the radius for realism.
    """

    k: int
    in_real_strict: IndexArray
    in_real_tied: IndexArray
    in_synthetic_strict: IndexArray
    in_synthetic_tied: IndexArray
    smallest_strict: FloatArray
    smallest_tied: FloatArray
    pairs_in_real: Pairs | None
    pairs_in_synthetic: Pairs | None
    nearest_real: IndexArray
    nearest_real_squared: FloatArray
    nearest_real_ties: Pairs
    nearest_synthetic: IndexArray
    nearest_synthetic_squared: FloatArray
    realism: FloatArray
    realism_k: int

    def inside_real(self, k: int) -> Inside:
        """Balls around real rows (radius: k-th neighbour) that hold each distinct synthetic row."""
        self._check(k)
        return Inside(self.in_real_strict[k - 1], self.in_real_tied[k - 1])

    def inside_synthetic(self, k: int) -> Inside:
        """Balls around synthetic rows (radius: k-th neighbour) that hold each distinct real row."""
        self._check(k)
        return Inside(self.in_synthetic_strict[k - 1], self.in_synthetic_tied[k - 1])

    def smallest_radius(self, k: int, *, tied: bool) -> FloatArray:
        """Smallest radius of the real balls that hold each synthetic row, infinite where none does."""
        self._check(k)
        squared = self.smallest_strict[k - 1]
        return np.sqrt(np.minimum(squared, self.smallest_tied[k - 1]) if tied else squared)

    def _check(self, k: int) -> None:
        if not 1 <= k <= self.k:
            raise SampleSizeError(f"k must be from 1 to {self.k} here, got {k}: build the crossing with k={k}.")

    @property
    def nearest_real_distance(self) -> FloatArray:
        """Distance of each synthetic row to its nearest real row, shape (u_s,)."""
        return np.sqrt(self.nearest_real_squared)

    @property
    def nearest_synthetic_distance(self) -> FloatArray:
        """Distance of each real row to its nearest synthetic row, shape (u_r,)."""
        return np.sqrt(self.nearest_synthetic_squared)


def crossing(
    real: Points,
    synthetic: Points,
    *,
    real_neighbours: Neighbours,
    synthetic_neighbours: Neighbours,
    k: int,
    realism_k: int | None = None,
    most_pairs: int = MOST_PAIRS,
) -> Crossing:
    """Compare every synthetic row with every real row once and keep what neighbour metrics need.

    Parameters
    ----------
    real, synthetic : Points
        Both from `merge_rows`, of the same width.
    real_neighbours, synthetic_neighbours : Neighbours
        Of the two sets, for at least `k` neighbours.
    k : int
        Largest number of neighbours that sets a ball's radius.
    realism_k : int, optional
        Neighbours that set the radius for realism, at most `k`; by default the smaller of 3 and `k`.
    most_pairs : int, default 20 million
        Pairs of one kind to keep at most, at 16 bytes each.

    Returns
    -------
    Crossing
        The same bytes for any number of threads.

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
    check_k(k, len(real), "real")
    check_k(k, len(synthetic), "synthetic")
    realism_k = min(3, k) if realism_k is None else realism_k
    if not 1 <= realism_k <= k:
        raise SampleSizeError(f"`realism_k` must be from 1 to k={k}, got {realism_k}.")
    work = _Work.start(real, synthetic, real_neighbours, synthetic_neighbours, k=k, realism_k=realism_k, most_pairs=most_pairs)
    pool = StatePool(lambda: _CrossingState.start(real.n_distinct, k))

    def visit(strip: slice) -> list[_Kept]:
        with pool.borrow() as state:
            return work.strip(strip, state)

    kept = run_blocks(visit, split_blocks(synthetic.n_distinct, STRIP))
    return work.finish([group for groups in kept for group in groups], pool.all())


@dataclass(frozen=True, eq=False)
class _Side:
    """One set with its balls in float64 and the float32 limits that tiles compare with."""

    points: Points
    operand: Operand
    radii: FloatArray
    ball: NDArray[np.float32]
    nearest: NDArray[np.float32]

    @classmethod
    def start(cls, points: Points, operand: Operand, found: Neighbours, k: int, scale: float) -> _Side:
        found.squared_radius(k)
        radii = np.ascontiguousarray(found.squared_distances[:, :k])
        return cls(
            points, operand, radii, _rounded_up(radii[:, -1], scale),
            np.full(points.n_distinct, np.inf, dtype=np.float32),
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Kept:
    """Pairs of one flag, of one strip, in scanning order."""

    flag: int
    synthetic: NDArray[np.int32]
    real: NDArray[np.int32]
    squared: FloatArray


@dataclass(frozen=True, eq=False)
class _CrossingState:
    """What one thread finds out about real rows, which every strip meets."""

    strict: IndexArray
    tied: IndexArray
    nearest_squared: FloatArray
    nearest_index: IndexArray
    buffer: TileBuffer
    squared: FloatArray
    flags: NDArray[np.uint8]

    @classmethod
    def start(cls, n_real: int, k: int) -> _CrossingState:
        buffer = TileBuffer()
        room = len(buffer.lower)
        return cls(
            np.zeros((k, n_real), dtype=np.int64), np.zeros((k, n_real), dtype=np.int64),
            np.full(n_real, np.inf), np.full(n_real, np.iinfo(np.int64).max),
            buffer, np.empty(room), np.empty(room, dtype=np.uint8),
        )  # fmt: skip


class _Work:
    """Results per synthetic row, each written by the one strip that holds the row, and the shared limits."""

    @classmethod
    def start(
        cls, real: Points, synthetic: Points, real_found: Neighbours, synthetic_found: Neighbours, *, k: int,
        realism_k: int, most_pairs: int,
    ) -> _Work:  # fmt: skip
        dtype = np.result_type(real.rows, synthetic.rows)
        real, synthetic = (
            Points(points.rows.astype(dtype, copy=False), points.counts, points.inverse)
            for points in (real, synthetic)
        )
        (real_operand, synthetic_operand), scale = operands((real, synthetic))
        return cls(
            _Side.start(real, real_operand, real_found, k, scale),
            _Side.start(synthetic, synthetic_operand, synthetic_found, k, scale),
            scale, k=k, realism_k=realism_k, most_pairs=most_pairs,
        )  # fmt: skip

    def __init__(
        self, real: _Side, synthetic: _Side, scale: float, *, k: int, realism_k: int, most_pairs: int
    ) -> None:
        n_synthetic = synthetic.points.n_distinct
        self.real, self.synthetic, self.scale = real, synthetic, scale
        self.k, self.realism_k, self.most_pairs = k, realism_k, most_pairs
        self.n_pairs = dict.fromkeys(_FLAGS, 0)
        self.counting = Lock()
        self.real_limit = np.full(real.points.n_distinct, np.inf, dtype=np.float32)
        radius = real.radii[:, realism_k - 1]
        shown = (radius <= weighted_median(radius, counts=real.points.counts)) & (radius > 0)
        self.real_shown = np.where(shown, _rounded_up(radius, scale), np.float32(0.0))
        self.reach = np.full(n_synthetic, np.finfo(np.float32).max)
        self.strict, self.tied = (np.zeros((k, n_synthetic), dtype=np.int64) for _ in range(2))
        self.smallest, self.smallest_tied = (np.full((k, n_synthetic), np.inf) for _ in range(2))
        self.nearest_squared = np.full(n_synthetic, np.inf)
        self.ratio = np.zeros(n_synthetic)

    def strip(self, strip: slice, state: _CrossingState) -> list[_Kept]:
        """Meet the synthetic rows of one strip with all real rows."""
        real, synthetic, buffer = self.real, self.synthetic, state.buffer
        left = synthetic.operand.features[strip] * np.float32(-2.0)
        kept: list[_Kept] = []
        waiting = 0
        for start in range(0, real.points.n_distinct, COLUMNS):
            products = buffer.products(left, real.operand.features[start : start + COLUMNS])
            waiting = crossing_tile(
                products, strip.start, start,
                synthetic.operand.low, synthetic.operand.error, synthetic.ball, synthetic.nearest, self.reach,
                real.operand.low, real.operand.error, real.ball, real.nearest, self.real_limit, self.real_shown,
                buffer.candidates, buffer.lower, waiting,
            )  # fmt: skip
            if waiting > FLUSH or start + COLUMNS >= real.points.n_distinct:
                kept += self._refine(state, waiting)
                waiting = 0
        return [*(group for group in kept if group.flag != NEAREST), self._ties(kept)]

    def _refine(self, state: _CrossingState, waiting: int) -> list[_Kept]:
        real, synthetic, buffer = self.real, self.synthetic, state.buffer
        n_kept = crossing_refine(
            synthetic.points.rows, synthetic.radii, synthetic.points.counts, synthetic.ball, synthetic.nearest,
            self.reach, self.nearest_squared, self.ratio, self.strict, self.tied, self.smallest, self.smallest_tied,
            real.points.rows, real.radii, real.points.counts, real.ball, real.nearest, self.real_limit,
            self.real_shown, self.realism_k - 1,
            state.nearest_squared, state.nearest_index, state.strict, state.tied,
            self.scale, buffer.candidates, buffer.lower, waiting, state.squared, state.flags,
        )  # fmt: skip
        pairs, squared, flags = buffer.candidates[:n_kept], state.squared[:n_kept], state.flags[:n_kept]
        kept = []
        for flag in _FLAGS:
            chosen = np.flatnonzero(flags & flag)
            if flag == NEAREST or self._has_room(flag, len(chosen)):
                kept.append(_Kept(flag, pairs[chosen, 0], pairs[chosen, 1], squared[chosen]))
        return kept

    def _has_room(self, flag: int, more: int) -> bool:
        """Count pairs, also those that are not kept, so that what is kept does not depend on the threads."""
        with self.counting:
            self.n_pairs[flag] += more
            return self.n_pairs[flag] <= self.most_pairs

    def _ties(self, kept: list[_Kept]) -> _Kept:
        """Those of a strip's pairs that are at the nearest distance, now that it is known."""
        synthetic, real, squared = _joined(kept, NEAREST)
        tied = np.flatnonzero(squared <= self.nearest_squared[synthetic] * (1.0 + TIE))
        if not self._has_room(NEAREST, len(tied)):
            raise SampleSizeError(
                f"more than {self.most_pairs} pairs of a synthetic row and a real row tie for nearest: "
                "use features that tell the rows apart, or fewer rows."
            )
        return _Kept(NEAREST, synthetic[tied], real[tied], squared[tied])

    def finish(self, kept: list[_Kept], states: list[_CrossingState]) -> Crossing:
        """Put together what the strips kept and what the threads found."""
        ties = self._pairs(kept, NEAREST)
        first = states[0]
        nearest_squared, nearest_index = first.nearest_squared, first.nearest_index
        for other in states[1:]:
            closer = (other.nearest_squared < nearest_squared) | (
                (other.nearest_squared == nearest_squared) & (other.nearest_index < nearest_index)
            )
            nearest_squared = np.where(closer, other.nearest_squared, nearest_squared)
            nearest_index = np.where(closer, other.nearest_index, nearest_index)
        return Crossing(
            k=self.k,
            in_real_strict=self.strict,
            in_real_tied=self.tied,
            in_synthetic_strict=sum((state.strict for state in states[1:]), first.strict),
            in_synthetic_tied=sum((state.tied for state in states[1:]), first.tied),
            smallest_strict=self.smallest,
            smallest_tied=self.smallest_tied,
            pairs_in_real=self._pairs(kept, IN_REAL) if self.n_pairs[IN_REAL] <= self.most_pairs else None,
            pairs_in_synthetic=(
                self._pairs(kept, IN_SYNTHETIC) if self.n_pairs[IN_SYNTHETIC] <= self.most_pairs else None
            ),
            nearest_real=ties.real[ties.offsets[:-1]].astype(np.int64),
            nearest_real_squared=self.nearest_squared,
            nearest_real_ties=ties,
            nearest_synthetic=nearest_index,
            nearest_synthetic_squared=nearest_squared,
            realism=np.sqrt(self.ratio),
            realism_k=self.realism_k,
        )

    def _pairs(self, kept: list[_Kept], flag: int) -> Pairs:
        synthetic, real, squared = _joined(kept, flag)
        order = np.argsort(synthetic, kind="stable")
        counts = np.bincount(synthetic, minlength=self.synthetic.points.n_distinct)
        return Pairs(np.concatenate([[0], np.cumsum(counts)]), real[order], squared[order])


def _joined(kept: list[_Kept], flag: int) -> tuple[NDArray[np.int32], NDArray[np.int32], FloatArray]:
    """Pairs of one flag: synthetic rows, real rows, squared distances."""
    groups = [group for group in kept if group.flag == flag]
    return (
        np.concatenate([group.synthetic for group in groups]),
        np.concatenate([group.real for group in groups]),
        np.concatenate([group.squared for group in groups]),
    )


def _rounded_up(squared: FloatArray, scale: float) -> NDArray[np.float32]:
    """Squared distances in the unit of the operands, as float32 that are not below them."""
    up = np.float32(1.0 + 2.0**-21)
    return ((squared * (1.0 + TIE) * scale).astype(np.float32) * up + np.float32(1e-36)).astype(np.float32)


def weighted_median(values: FloatArray, *, counts: IndexArray) -> float:
    """Median of values that occur `counts` times each; the mean of the middle two if there are two."""
    order = np.argsort(values, kind="stable")
    upto = np.cumsum(counts[order])
    total = int(upto[-1])
    low, high = np.searchsorted(upto, [(total - 1) // 2, total // 2], side="right")
    return float(values[order[low]] + values[order[high]]) / 2.0
