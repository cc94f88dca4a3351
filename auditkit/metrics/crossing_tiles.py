"""Compiled loops of a crossing: what happens to one tile of products of synthetic rows with real rows.

`tiles.py` says how the loops leave most pairs out and still give exact results.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from auditkit.metrics.tiles import (
    CHUNK,
    TIE,
    UP,
    Candidates,
    Counts,
    Double,
    RowArray,
    Single,
    compiled,
    insert_bound,
    rounded_up,
    squared_distance,
)

__all__ = [
    "RealFindings",
    "RealLimits",
    "SetBounds",
    "SyntheticFindings",
    "crossing_refine",
    "crossing_tile",
    "lower_reach",
]

# Below this a float32 that was rounded up may be far above what it stands for.
_RESOLVED = np.float32(1e-28)


class SetBounds(NamedTuple):
    """One set of a crossing.

    `counts` of copies, squared `radii` of shape (u, k) in float64; in the unit of the operands `low` (norms less
    the error), `error` (what makes a lower bound an upper one), `ball` (the largest radius) and `nearest` (upper
    bound so far of the distance to the other set's nearest row or, for synthetic rows, second nearest).
    """

    counts: Counts
    radii: Double
    low: Single
    error: Single
    ball: Single
    nearest: Single


class RealLimits(NamedTuple):
    """Per real row, what decides whether a pair is needed.

    `limit` is the larger of its ball and nearest; `radius` its squared radius for realism; `shown` the same in the
    unit of the operands and rounded up, or 0 where realism does not look.
    """

    limit: Single
    shown: Single
    radius: Double


class SyntheticFindings(NamedTuple):
    """Results per synthetic row.

    `reach` is an upper bound of 1 / realism^2 so far, `nearest_bounds` of shape (u_s, 2) upper bounds of the two
    smallest distances, `nearest_squared` of shape (u_s, 2) the two smallest that were measured.
    """

    reach: Single
    nearest_bounds: Single
    ratio: Double
    nearest_squared: Double
    strict: Counts
    tied: Counts
    smallest: Double
    smallest_tied: Double


class RealFindings(NamedTuple):
    """Results per real row, of one thread."""

    nearest_squared: Double
    nearest_index: Counts
    strict: Counts
    tied: Counts


@compiled()
def lower_reach(reach: Single, j: int, upper: np.float32, shown: np.float32) -> None:
    """Lower what is known of a synthetic row's realism by an upper bound of its distance to one real row."""
    if shown > _RESOLVED:
        reach[j] = min(reach[j], upper / shown * UP * UP * UP)


@compiled()
def _any_needed(
    products: Single,
    base: np.float32,
    low: Single,
    row_limit: np.float32,
    limit: Single,
    reach: np.float32,
    shown: Single,
) -> bool:
    """Whether a result may need a pair of the chunk; compiles to vector code."""
    hit = np.int32(0)
    for c in range(products.shape[0]):
        value = products[c] + low[c] + base
        hit |= np.int32((value <= row_limit) | (value <= limit[c]) | (value <= shown[c] * reach))
    return bool(hit != 0)


@compiled()
def crossing_tile(
    products: Single,
    row_start: int,
    column_start: int,
    synthetic: SetBounds,
    real: SetBounds,
    limits: RealLimits,
    found: SyntheticFindings,
    candidates: Candidates,
    n_candidates: int,
) -> int:
    """Collect the pairs of one tile (synthetic rows, real columns) that a result may need.

    A pair is needed inside the ball of either end, when it may be the nearest of the real row or one of the two
    nearest of the synthetic row, or when it may set the realism of the synthetic row. `nearest`, `limit` and `reach`
    are lowered here. Parameters as in `self_tile`.
    """
    reach = found.reach
    for r in range(products.shape[0]):
        row = row_start + r
        row_limit = max(synthetic.ball[row], synthetic.nearest[row])
        for start in range(0, products.shape[1], CHUNK):
            chunk = products[r, start : start + CHUNK]
            first = column_start + start
            stop = first + chunk.shape[0]
            if not _any_needed(
                chunk, synthetic.low[row], real.low[first:stop], row_limit, limits.limit[first:stop], reach[row],
                limits.shown[first:stop],
            ):  # fmt: skip
                continue
            for c in range(chunk.shape[0]):
                column = first + c
                value = chunk[c] + real.low[column] + synthetic.low[row]
                shown = limits.shown[column]
                if not (value <= row_limit or value <= limits.limit[column] or value <= shown * reach[row]):
                    continue
                candidates.pairs[n_candidates, 0] = row
                candidates.pairs[n_candidates, 1] = column
                candidates.lower[n_candidates] = value
                n_candidates += 1
                upper = value + synthetic.error[row] + real.error[column]
                if upper < synthetic.nearest[row]:
                    insert_bound(found.nearest_bounds[row], upper, real.counts[column])
                    synthetic.nearest[row] = min(synthetic.nearest[row], found.nearest_bounds[row, 1])
                row_limit = max(synthetic.ball[row], synthetic.nearest[row])
                if upper < real.nearest[column]:
                    real.nearest[column] = upper
                    limits.limit[column] = max(real.ball[column], upper)
                lower_reach(reach, row, upper, shown)
    return n_candidates


@compiled()
def _count_inside(squared: float, radii: Double, weight: int, strict: Counts, tied: Counts) -> bool:
    """Add a pair to the counts of every k whose ball holds it; returns whether the largest does."""
    k = radii.shape[0]
    for place in range(k - 1, -1, -1):
        if squared > radii[place] * (1.0 + TIE):
            return bool(place < k - 1)
        if squared < radii[place] * (1.0 - TIE):
            strict[place] += weight
        else:
            tied[place] += weight
    return True


@compiled()
def _lower_smallest(squared: float, radii: Double, smallest: Double, smallest_tied: Double) -> None:
    for place in range(radii.shape[0]):
        if squared < radii[place] * (1.0 - TIE):
            smallest[place] = min(smallest[place], radii[place])
        elif squared <= radii[place] * (1.0 + TIE):
            smallest_tied[place] = min(smallest_tied[place], radii[place])


@compiled()
def _realism_squared(squared: float, radius: float) -> float:
    if squared > 0.0:
        return 1.0 if abs(radius - squared) <= TIE * radius else radius / squared
    return np.inf if radius > 0.0 else 1.0


@compiled()
def _may_be_nearest(squared: float, count: int, smallest: Double) -> bool:
    """Whether `count` real rows at a distance are the nearest so far or tie with them; keeps the two smallest."""
    if squared < smallest[0]:
        smallest[1] = squared if count > 1 else smallest[0]
        smallest[0] = squared
        return True
    smallest[1] = min(smallest[1], squared)
    return bool(squared <= smallest[0] * (1.0 + TIE))


@compiled()
def _lower_nearest(squared: float, j: int, i: int, found: RealFindings) -> bool:
    """Make synthetic row j the nearest of real row i if it is, by distance and then by index."""
    known = found.nearest_squared[i]
    if squared > known or (squared == known and j >= found.nearest_index[i]):
        return False
    found.nearest_squared[i] = squared
    found.nearest_index[i] = j
    return True


@compiled()
def crossing_refine(
    rows: RowArray,
    real_rows: RowArray,
    synthetic: SetBounds,
    real: SetBounds,
    limits: RealLimits,
    found: SyntheticFindings,
    real_found: RealFindings,
    scale: float,
    candidates: Candidates,
    n_candidates: int,
) -> int:
    """Measure the candidates in float64 and add them to every result; returns how many pairs are to be kept.

    Kept pairs move to the front of the candidates, with flag 1 inside the real row's largest ball, 2 inside the
    synthetic row's, 4 when the real row may be a nearest one of the synthetic row.
    """
    n_kept = 0
    for c in range(n_candidates):
        j, i = candidates.pairs[c]
        value = candidates.lower[c]
        if value > max(synthetic.ball[j], synthetic.nearest[j], limits.limit[i], limits.shown[i] * found.reach[j]):
            continue
        squared = squared_distance(rows[j], real_rows[i])
        flags = 0
        if _count_inside(squared, real.radii[i], real.counts[i], found.strict[j], found.tied[j]):
            flags |= 1
            _lower_smallest(squared, real.radii[i], found.smallest[j], found.smallest_tied[j])
        if _count_inside(squared, synthetic.radii[j], synthetic.counts[j], real_found.strict[i], real_found.tied[i]):
            flags |= 2
        if _may_be_nearest(squared, real.counts[i], found.nearest_squared[j]):
            flags |= 4
        tied = rounded_up(found.nearest_squared[j, 1] * (1.0 + TIE), scale)
        synthetic.nearest[j] = min(synthetic.nearest[j], tied)
        if _lower_nearest(squared, j, i, real_found):
            upper = rounded_up(squared, scale)
            if upper < real.nearest[i]:
                real.nearest[i] = upper
                limits.limit[i] = max(real.ball[i], upper)
        lower_reach(found.reach, j, rounded_up(squared, scale), limits.shown[i])
        if limits.shown[i] > 0 or squared + limits.radius[i] == 0.0:
            found.ratio[j] = max(found.ratio[j], _realism_squared(squared, limits.radius[i]))
        if flags:
            candidates.pairs[n_kept, 0] = j
            candidates.pairs[n_kept, 1] = i
            candidates.squared[n_kept] = squared
            candidates.flags[n_kept] = flags
            n_kept += 1
    return n_kept
