"""Blind spots of a synthetic set: slices with too few samples, without counterparts, or of samples like no real one.

Each kind is a search of its own over the same conditions. What real data with as many rows would do in the same slice
is the yardstick, as fresh real rows are badly covered where real data are sparse; and what the whole set is worse by
is no blind spot, so a slice must be worse than that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from auditkit.intervals import holm
from auditkit.metrics.slices.conditions import Axis, Codes
from auditkit.metrics.slices.confirm import Tested, discover_and_test
from auditkit.metrics.slices.result import BlindSpots, Slice
from auditkit.metrics.slices.search import DEPTH, MOST_FOUND, Sample, effect_of
from auditkit.metrics.slices.slice_tiles import FIXED, REFERENCE, SHARES

__all__ = ["ALPHA", "FEWER", "WORSE", "Counterparts", "Rows", "spots_of"]

KINDS = ("rare", "uncovered", "unlike")
ALPHA = 0.01
FEWER = 0.5
WORSE = 0.10
Index = NDArray[np.intp]
Double = NDArray[np.float64]
Clusters = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Counterparts:
    """What neighbours say of some real rows and as many synthetic as fresh real ones.

    Attributes
    ----------
    real, synthetic, fresh : ndarray of intp
        Which rows of the sets they are: n, m and h of them. Fresh rows are rows of `fresh_role`.
    covered, fresh_covered : ndarray of shape (n,)
        1 where a real row has a synthetic (fresh) row in its ball, one half on the rim.
    nearest : ndarray of shape (n,), int64
        Number of the synthetic or fresh record that is nearest to each real row.
    unlike, fresh_unlike : ndarray of shape (m,) and (h,)
        1 where a row is in no real row's ball, one half on rims alone.
    records : ndarray of shape (m + h,), int64
        Number of each synthetic and fresh row's record.
    fresh_role : str
    """

    real: Index
    synthetic: Index
    fresh: Index
    covered: Double
    fresh_covered: Double
    nearest: Clusters
    unlike: Double
    fresh_unlike: Double
    records: Clusters
    fresh_role: Literal["real", "holdout"] = "holdout"


@dataclass(frozen=True, eq=False)
class Rows:
    """Conditions, and the codes of each set's rows on them, by role."""

    axes: tuple[Axis, ...]
    codes: Mapping[str, Codes]


def spots_of(
    rows: Rows,
    counterparts: Counterparts | None,
    *,
    least: int,
    depth: int = DEPTH,
    most: int = MOST_FOUND,
    alpha: float = ALPHA,
    fewer: float = FEWER,
    worse: float = WORSE,
    seed: int = 0,
) -> BlindSpots:
    """Blind spots of one synthetic set.

    Parameters
    ----------
    rows : Rows
    counterparts : Counterparts or None
        Without them only shares are compared.
    least : int
        Real rows of a slice, and synthetic ones of a slice whose samples are unlike real ones.
    depth, most : int
    alpha : float
        Chance of naming any slice where there is none.
    fewer : float
        A slice is too rare where this part of its real share is missing.
    worse : float
        Points by which coverage or precision must be worse than fresh rows', beyond what the whole set is worse by.
    seed : int

    Returns
    -------
    BlindSpots
    """
    rng = np.random.default_rng([seed, 23])
    tested: list[tuple[str, Tested]] = []
    looked = left_out = 0
    for kind, whole, all_clusters in _samples(rows, counterparts, least=least, fewer=fewer, worse=worse):
        sample, clusters = whole, all_clusters
        known = [item.candidate for _, item in tested if item.p <= alpha / (len(KINDS) * most)]
        if kind == "uncovered":  # what is absent has no counterpart either
            kept = np.ones(sample.codes.shape[1], np.bool_)
            for candidate in known:
                kept &= ~candidate.holds(rows.axes, sample.codes)
            sample, clusters = whole.take(kept), all_clusters[kept]
        found, search = discover_and_test(rows.axes, sample, clusters, rng=rng, depth=depth, most=most)
        tested += [
            (kind, item)
            for item in found
            # Sizes fall back a little where they were not sought, and where worse slices overlap.
            if 2.0 * min(item.effect, effect_of(sample, item.candidate.holds(rows.axes, sample.codes)))
            >= sample.least_effect
        ]
        looked, left_out = looked + search.n_looked_at, max(left_out, search.n_left_out)
    adjusted = holm([item.p for _, item in tested])
    slices = [
        _slice(kind, item, p, rows, counterparts)
        for (kind, item), p in zip(tested, adjusted, strict=True)
        if p <= alpha
    ]
    return BlindSpots(
        tuple(slices), n_looked_at=looked, n_tested=len(tested), alpha=alpha, least=least, n_left_out=left_out
    )


def _samples(
    rows: Rows, counterparts: Counterparts | None, *, least: int, fewer: float, worse: float
) -> Sequence[tuple[str, Sample, Clusters]]:
    real = [codes for role, codes in rows.codes.items() if role != "synthetic"]
    n = sum(codes.shape[1] for codes in real)
    everything = np.concatenate([*real, rows.codes["synthetic"]], axis=1)
    size = everything.shape[1]
    shares = Sample(np.ascontiguousarray(everything), np.ones(size), n, SHARES, least_effect=fewer, least_rows=least)
    found: list[tuple[str, Sample, Clusters]] = [("rare", shares, np.arange(size))]
    if counterparts is None:
        return found
    lost = counterparts.fresh_covered - counterparts.covered
    uncovered = Sample(
        np.ascontiguousarray(rows.codes["real"][:, counterparts.real]),
        lost,
        len(lost),
        FIXED,
        shift=max(0.0, float(lost.mean())),
        least_effect=worse,
        least_rows=least,
    )
    ours, theirs = counterparts.unlike, counterparts.fresh_unlike
    fresh = rows.codes[counterparts.fresh_role][:, counterparts.fresh]
    unlike = Sample(
        np.ascontiguousarray(np.concatenate([rows.codes["synthetic"][:, counterparts.synthetic], fresh], axis=1)),
        np.concatenate([ours, theirs]),
        len(ours),
        REFERENCE,
        shift=max(0.0, float(ours.mean() - theirs.mean())),
        least_effect=worse,
        least_rows=least,
        least_reference=least,
    )
    return [*found, ("uncovered", uncovered, counterparts.nearest), ("unlike", unlike, counterparts.records)]


def _slice(kind: str, item: Tested, p: float, rows: Rows, counterparts: Counterparts | None) -> Slice:
    held = {role: item.candidate.holds(rows.axes, codes) for role, codes in rows.codes.items()}
    real = np.concatenate([mask for role, mask in held.items() if role != "synthetic"])
    found: dict[str, Any] = {}
    synthetic_rows = np.flatnonzero(held["synthetic"])
    if counterparts is not None:
        ours = held["real"][counterparts.real]
        found |= {
            "coverage": _mean(counterparts.covered[ours]),
            "fresh_coverage": _mean(counterparts.fresh_covered[ours]),
        }
        inside = held["synthetic"][counterparts.synthetic]
        beside = held[counterparts.fresh_role][counterparts.fresh]
        found |= {
            "precision": _mean(1.0 - counterparts.unlike[inside]),
            "fresh_precision": _mean(1.0 - counterparts.fresh_unlike[beside]),
        }
        if kind == "unlike":
            synthetic_rows = counterparts.synthetic[inside & (counterparts.unlike > 0)]
    return Slice(
        kind=kind,
        conditions=tuple(rows.axes[axis].words[place] for axis, place in item.candidate.conditions),
        columns=tuple(rows.axes[axis].name for axis, _ in item.candidate.conditions),
        n_real=int(held["real"].sum()),
        n_synthetic=int(held["synthetic"].sum()),
        real_share=float(real.mean()),
        synthetic_share=float(held["synthetic"].mean()),
        value=item.value,
        expected=item.expected,
        effect=item.effect,
        low=item.low,
        high=item.high,
        p=item.p,
        p_adjusted=p,
        synthetic_rows=synthetic_rows,
        real_rows=np.flatnonzero(held["real"]),
        **found,
    )


def _mean(values: Double) -> float | None:
    return float(values.mean()) if len(values) else None
