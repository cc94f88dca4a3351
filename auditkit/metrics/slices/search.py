"""The search: all conjunctions of up to three conditions, the strongest taken, its rows set aside, and again.

What has been found explains its own rows, so that no slice is listed because it overlaps a worse one. Deeper slices
must be stronger by what the larger number of candidates makes up.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import run_blocks
from auditkit.metrics.slices.conditions import Axis, Codes
from auditkit.metrics.slices.slice_tiles import N_SUMS, REFERENCE, REST, SHARES, best_conjunction, fill_cube

__all__ = ["DEPTH", "MOST_FOUND", "Candidate", "Found", "Sample", "effect_of", "find_candidates"]

DEPTH = 3
MOST_FOUND = 10
LATER_SETS = 64
"""Sets of columns per depth, the most promising of the first round, that later rounds look at."""
MOST_STEPS = 80_000_000
"""Work of the first round on sets of two (three) columns; columns beyond are left out of them."""
STEPS_PER_SET, STEPS_PER_CONJUNCTION = 5_000, 3
"""What a set of columns and a conjunction cost beside a visit of a row, about 5 ns."""
NEARLY, HALF = 0.9, 0.5
SLACK = 1.5
"""Candidates may be expected by chance as many as e to this power times: the other half decides."""
_WHOLE = np.zeros(1, np.int64), np.ones(1, np.int64)
Double = NDArray[np.float64]
Mask = NDArray[np.bool_]
Columns = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows that are searched; a large value is bad.

    Attributes
    ----------
    codes : ndarray of shape (n_axes, n), int32
        Those of the target first, then those of the reference.
    values : ndarray of shape (n,), float64
        Of the reference between 0 and 1.
    n_target : int
    mode : int
        `REST`, `FIXED`, `REFERENCE` or `SHARES`.
    totals : tuple of (int, int), optional
        Rows of the target and of the reference that shares are of, as rows are set aside; these ones by default.
    shift : float
        What a slice is allowed: the mean against which `FIXED` holds it, or what all rows are worse by.
    floor : float
        Least that `REST` holds a slice against: where the worst rows have been set aside, those that remain must still
        be worse than all rows were.
    least_effect : float
    least_rows, least_reference : int
        Rows of a slice.
    """

    codes: Codes
    values: Double
    n_target: int
    mode: int
    shift: float = 0.0
    floor: float = -math.inf
    least_effect: float = 0.0
    least_rows: int = 30
    least_reference: int = 0
    totals: tuple[int, int] | None = None

    def take(self, kept: Mask) -> Sample:
        """Sample of some rows."""
        n_target = int(np.count_nonzero(kept[: self.n_target]))
        return replace(
            self, codes=np.ascontiguousarray(self.codes[:, kept]), values=self.values[kept], n_target=n_target
        )

    @property
    def sums(self) -> Double:
        """The five sums over all rows."""
        ours, theirs = self.values[: self.n_target], self.values[self.n_target :]
        n, m = (len(ours), len(theirs)) if self.totals is None else self.totals
        return np.array([n, ours.sum(), (ours**2).sum(), m, theirs.sum()], np.float64)

    @property
    def least(self) -> Double:
        """Rows and effect that a slice needs, as the loops take them."""
        return np.array([self.least_rows, self.least_reference, self.least_effect], np.float64)


@dataclass(frozen=True)
class Candidate:
    """A slice: pairs of axis and condition, ascending, with its z where it was found."""

    conditions: tuple[tuple[int, int], ...]
    z: float

    def holds(self, axes: Sequence[Axis], codes: Codes) -> Mask:
        """Rows in the slice."""
        held = np.ones(codes.shape[1], np.bool_)
        for axis, condition in self.conditions:
            held &= axes[axis].holds(condition, codes[axis])
        return held


@dataclass(frozen=True)
class Found:
    """What a search found, strongest first.

    Attributes
    ----------
    candidates : tuple of Candidate
    n_looked_at : int
        Conjunctions that had the support.
    n_left_out : int
        Columns that were left out of conjunctions of the deepest kind.
    """

    candidates: tuple[Candidate, ...]
    n_looked_at: int
    n_left_out: int = 0


def find_candidates(
    axes: Sequence[Axis], sample: Sample, *, depth: int = DEPTH, most: int = MOST_FOUND, steps: int = MOST_STEPS
) -> Found:
    """Slices that are worse than chance over all conjunctions makes likely, none within another one's rows.

    Parameters
    ----------
    axes : sequence of Axis
    sample : Sample
    depth : int, default 3
        Conditions of a slice at most.
    most : int, default 10
        Slices at most.
    steps : int
        Bound on the work of the first round.

    Returns
    -------
    Found

    Notes
    -----
    O(C(p, 3) (n + conditions)) for p columns; rounds after the first look at 64 sets of columns per depth. The ranking
    is by the p-value of a normal z times the number of conjunctions of the same depth.
    """
    if not axes or sample.n_target < max(2, sample.least_rows):
        return Found((), 0)
    is_shares = sample.mode == SHARES
    first = _Round(axes, sample)
    sets: list[Columns] = []
    for size in range(1, min(depth, len(axes)) + 1):
        chosen = range(len(axes)) if size == 1 else first.worth(size, steps)
        first.look(list(itertools.combinations(chosen, size)))
        sets += first.promising(size)
    left_out = len(axes) - len(first.kept)
    counts, current = dict(first.looked), first
    found: list[Candidate] = []
    floor = float(sample.values[: sample.n_target].mean())
    rest = replace(sample, totals=(sample.n_target, len(sample.values) - sample.n_target)) if is_shares else sample
    while len(found) < most:
        best = current.best(counts)
        if best is None:
            break
        best = _widened(axes, rest, best)
        found.append(best)
        rest = replace(rest.take(~best.holds(axes, rest.codes)), floor=floor)
        if rest.n_target <= rest.least_rows or (rest.mode in (SHARES, REFERENCE) and len(rest.values) == rest.n_target):
            break
        current = _Round(axes, rest)
        current.look(sets)
    return Found(tuple(found), sum(counts.values()), left_out)


class _Round:
    """One pass over sets of columns."""

    def __init__(self, axes: Sequence[Axis], sample: Sample) -> None:
        self._axes, self._sample, self._whole = axes, sample, sample.sums
        self._results: dict[Columns, tuple[float, tuple[int, ...]]] = {}
        self.looked: dict[int, int] = {}
        self.kept: Sequence[int] = range(len(axes))

    def look(self, sets: Sequence[Columns]) -> None:
        """Find the strongest conjunction of each set of columns."""
        # Blocks of several sets share one cube, and few blocks cost little.
        blocks = [sets[start : start + 16] for start in range(0, len(sets), 16)]
        for block in run_blocks(self._block, blocks):
            for columns, z, places, looked in block:
                self._results[columns] = (z, places)
                self.looked[len(columns)] = self.looked.get(len(columns), 0) + looked

    def _block(self, sets: Sequence[Columns]) -> list[tuple[Columns, float, tuple[int, ...], int]]:
        corners = max(
            math.prod(self._axes[axis].size + 1 for axis in columns) * 2 ** (DEPTH - len(columns)) for columns in sets
        )
        cube = np.empty(corners * N_SUMS)
        return [self._one(columns, cube) for columns in sets]

    def _one(self, columns: Columns, cube: Double) -> tuple[Columns, float, tuple[int, ...], int]:
        sample, missing = self._sample, DEPTH - len(columns)
        sizes = np.array([*(self._axes[axis].size for axis in columns), *(1 for _ in range(missing))], np.int64)
        chosen = [self._axes[axis] for axis in columns]
        low = [*(axis.lows for axis in chosen), *(_WHOLE[0] for _ in range(missing))]
        high = [*(axis.highs for axis in chosen), *(_WHOLE[1] for _ in range(missing))]
        lows, highs = (low[0], low[1], low[2]), (high[0], high[1], high[2])
        places = np.array([*columns, *(-1 for _ in range(missing))], np.int64)
        fill_cube(sample.codes, places, sizes, sample.values, sample.n_target, cube)
        best = np.zeros(4)
        shift = sample.floor if sample.mode == REST else sample.shift
        looked = best_conjunction(cube, sizes, lows, highs, sample.mode, self._whole, shift, sample.least, best)
        return columns, float(best[0]), tuple(int(place) for place in best[1 : len(columns) + 1]), int(looked)

    def best(self, counts: dict[int, int]) -> Candidate | None:
        """The strongest of all that is beyond chance, allowing for how many there are of its depth."""
        ranked = [
            (_surprise(z) - math.log(max(counts[len(columns)], 1)), -len(columns), columns)
            for columns, (z, _) in self._results.items()
            if z > 1
        ]
        if not ranked:
            return None
        surprise, _, columns = max(ranked, key=lambda item: (item[0], item[1], tuple(-axis for axis in item[2])))
        if surprise <= -SLACK:
            return None
        z, places = self._results[columns]
        return Candidate(tuple(zip(columns, places, strict=True)), z)

    def promising(self, size: int) -> list[Columns]:
        """Sets of columns of one size with the strongest conjunctions."""
        sets = [columns for columns in self._results if len(columns) == size]
        return sorted(sorted(sets, key=lambda columns: -self._results[columns][0])[:LATER_SETS])

    def worth(self, size: int, steps: int) -> Sequence[int]:
        """Columns for conjunctions of a size: all, or as many as the work allows, the strongest so far first."""
        strongest = [-math.inf] * len(self._axes)
        for columns, (z, _) in self._results.items():
            for axis in columns:
                strongest[axis] = max(strongest[axis], z)
        order = sorted(range(len(self._axes)), key=lambda axis: -strongest[axis])
        # Sums of products of the numbers of conditions, over all sets of so many of the columns so far.
        products, kept = [1.0] + [0.0] * size, 0
        per_set = self._sample.codes.shape[1] + STEPS_PER_SET
        for axis in order:
            for place in range(size, 0, -1):
                products[place] += products[place - 1] * len(self._axes[axis].words)
            work = math.comb(kept + 1, size) * per_set + STEPS_PER_CONJUNCTION * products[size]
            if kept >= size and work > steps:
                break
            kept += 1
        self.kept = sorted(order[:kept])
        return self.kept


def _surprise(z: float) -> float:
    """Minus the log of the chance of a z beyond 1."""
    return z * z / 2.0 + math.log(z * math.sqrt(2.0 * math.pi))


def _widened(axes: Sequence[Axis], sample: Sample, found: Candidate) -> Candidate:
    """The slice without the conditions that explain little: it is nearly as bad without, or half as bad outside."""
    while len(found.conditions) > 1:
        held = found.holds(axes, sample.codes)
        size = effect_of(sample, held)
        wider = [
            Candidate(tuple(item for item in found.conditions if item != dropped), found.z)
            for dropped in found.conditions
        ]
        holds = [item.holds(axes, sample.codes) for item in wider]
        effects = [effect_of(sample, mask) for mask in holds]
        idle = [
            place
            for place, mask in enumerate(holds)
            # A parent that is nearly as bad is the slice, even where conditions that say nothing lift it to the size
            # that is sought.
            if effects[place] >= NEARLY * size
            or (effects[place] >= sample.least_effect and effect_of(sample, mask & ~held) >= HALF * size)
        ]
        if not idle:
            break
        found = wider[max(idle, key=lambda place: effects[place])]
    return found


def effect_of(sample: Sample, held: Mask) -> float:
    """How bad some rows are, as the search measures it; minus infinity where there are none."""
    ours, theirs = held[: sample.n_target], held[sample.n_target :]
    if not ours.any():
        return -math.inf
    whole = sample.sums
    if sample.mode == SHARES:
        return float(1.0 - (np.count_nonzero(theirs) / whole[3]) / (np.count_nonzero(ours) / whole[0]))
    values = sample.values[: sample.n_target]
    mean = float(values[ours].mean())
    if sample.mode == REST:
        return mean - max(float(values[~ours].mean()), sample.floor) if not ours.all() else -math.inf
    if sample.mode == REFERENCE:
        others = sample.values[sample.n_target :][theirs]
        return mean - float(others.mean()) - sample.shift if len(others) else -math.inf
    return mean - sample.shift
