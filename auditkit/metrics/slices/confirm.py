"""What was found in one half of the rows is tested on the other, which had no part in finding it.

So the correction is for the few slices that are tested, not for the millions that were looked at, and sizes of effects
are not those that looked largest by luck. Rows that hang together (copies of one record, records near one and the same
row) count as one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

from auditkit.intervals import wilson
from auditkit.metrics.slices.conditions import Axis
from auditkit.metrics.slices.search import Candidate, Found, Sample, find_candidates
from auditkit.metrics.slices.slice_tiles import FIXED, REST, SHARES

__all__ = ["Tested", "discover_and_test", "halves"]

Double = NDArray[np.float64]
Mask = NDArray[np.bool_]
Clusters = NDArray[np.int64]
Clustered = tuple[Double, Clusters]
# So few independent rows decide nothing.
LEAST_INDEPENDENT = 8


@dataclass(frozen=True)
class Tested:
    """A candidate with what the other half says of it.

    Attributes
    ----------
    candidate : Candidate
    value, expected : float
        Of the slice in the half that did not find it: mean and what it is held against; or the two shares.
    effect, low, high : float
        How much worse, with its 95 % interval; of shares, 1 less their ratio.
    p : float
        One-sided, of the rows that no earlier slice explains.
    """

    candidate: Candidate
    value: float
    expected: float
    effect: float
    low: float
    high: float
    p: float


def halves(clusters: Clusters, rng: np.random.Generator) -> Mask:
    """Which rows are in the half that finds: those of half of the clusters, numbers from 0."""
    size = int(clusters.max(initial=-1)) + 1
    first = np.zeros(size, np.bool_)
    first[rng.permutation(size)[: (size + 1) // 2]] = True
    return first[clusters]


def discover_and_test(
    axes: Sequence[Axis], sample: Sample, clusters: Clusters, *, rng: np.random.Generator, depth: int, most: int
) -> tuple[list[Tested], Found]:
    """Slices found in one half with their test in the other, and what the search says of itself.

    Parameters
    ----------
    axes : sequence of Axis
    sample : Sample
        Its support is that of all rows, so a half must hold half of it.
    clusters : ndarray of shape (n,), int64
        Rows with the same number stay in one half and count as one.
    rng : numpy.random.Generator
    depth, most : int

    Returns
    -------
    list of Tested, Found
    """
    finds = halves(clusters, rng)
    half = _halved(sample)
    found = find_candidates(axes, half.take(finds), depth=depth, most=most)
    rest, rest_clusters = half.take(~finds), clusters[~finds]
    rest = replace(rest, totals=(rest.n_target, len(rest.values) - rest.n_target))
    if not rest.n_target:  # all rows hang together
        return [], found
    tested, floor = [], float(rest.values[: rest.n_target].mean())
    for candidate in found.candidates:
        held = candidate.holds(axes, rest.codes)
        item = _test(rest, rest_clusters, held, candidate)
        if item is not None:
            tested.append(item)
        rest, rest_clusters = replace(rest.take(~held), floor=floor), rest_clusters[~held]
    return tested, found


def _halved(sample: Sample) -> Sample:
    return replace(sample, least_rows=(sample.least_rows + 1) // 2, least_reference=(sample.least_reference + 1) // 2)


def _test(sample: Sample, clusters: Clusters, held: Mask, candidate: Candidate) -> Tested | None:
    ours, theirs = held[: sample.n_target], held[sample.n_target :]
    n, m = int(ours.sum()), int(theirs.sum())
    if n < max(2, sample.least_rows // 2) or n == len(ours):
        return None
    if sample.mode == SHARES:
        n_all, m_all = sample.totals or (len(ours), len(theirs))
        return _test_shares(candidate, (n, n_all), (m, m_all))
    values, numbers = sample.values[: sample.n_target], clusters[: sample.n_target]
    own = values[ours], numbers[ours]
    if sample.mode == FIXED:
        return _test_means(candidate, own, None, shift=sample.shift, centre=sample.shift)
    if sample.mode == REST:
        others = values[~ours]
        shift = max(0.0, sample.floor - float(others.mean()))
        centre = float((own[0].sum() + others.sum() + len(others) * shift) / len(values))
        return _test_means(candidate, own, (others, numbers[~ours]), shift=shift, centre=centre)
    if m < max(2, sample.least_reference // 2):
        return None
    beside = sample.values[sample.n_target :][theirs], clusters[sample.n_target :][theirs]
    centre = float((own[0].sum() + beside[0].sum() + m * sample.shift) / (n + m))
    return _test_means(candidate, own, beside, shift=sample.shift, centre=centre)


def _test_means(
    candidate: Candidate, own: Clustered, beside: Clustered | None, *, shift: float, centre: float
) -> Tested | None:
    """Student's test of a mean against a number, or against another mean and a number.

    For the p-value the variance is that around `centre`, as if there were no difference, as in the search: a few equal
    values are no certainty. For the interval it is that around the means, with one more row of the usual spread.
    """
    mean = float(own[0].mean())
    expected = shift if beside is None else float(beside[0].mean()) + shift
    spread = float((own[0] if beside is None else np.concatenate([own[0], beside[0] + shift])).var())
    null, free = _variance(own[0] - centre, own[1])
    around = _variance(own[0] - mean, own[1])[0] + spread / len(own[0]) ** 2
    if beside is not None:
        more, its_free = _variance(beside[0] + shift - centre, beside[1])
        null, free = null + more, min(free, its_free)
        around += _variance(beside[0] + shift - expected, beside[1])[0] + spread / len(beside[0]) ** 2
    if free < LEAST_INDEPENDENT or null <= 0:
        return None
    effect = mean - expected
    half = -float(special.stdtrit(free, 0.025)) * math.sqrt(around)
    p = float(special.stdtr(free, -effect / math.sqrt(null)))
    return Tested(candidate, mean, expected, effect, effect - half, effect + half, p)


def _variance(residuals: Double, clusters: Clusters) -> tuple[float, float]:
    """Variance of a mean of rows that hang together, and the degrees of freedom."""
    _, numbers, sizes = np.unique(clusters, return_inverse=True, return_counts=True)
    sums = np.bincount(numbers, weights=residuals)
    independent = len(residuals) ** 2 / float((sizes.astype(np.float64) ** 2).sum())
    return float((sums**2).sum()) / len(residuals) ** 2, independent - 1.0


def _test_shares(candidate: Candidate, real: tuple[int, int], synthetic: tuple[int, int]) -> Tested | None:
    """Exact chance of so many of the slice's rows being real, if real and synthetic rows were shuffled."""
    from scipy import stats  # noqa: PLC0415 - costs half a second

    (n, n_all), (m, m_all) = real, synthetic
    if not m_all:
        return None
    p = float(stats.hypergeom.sf(n - 1, n_all + m_all, n_all, n + m))
    value, expected = m / m_all, n / n_all
    low, high = _ratio_limits(value, wilson(m, m_all), expected, wilson(n, n_all))
    return Tested(candidate, value, expected, 1.0 - value / expected, 1.0 - high, 1.0 - low, min(p, 1.0))


def _ratio_limits(
    first: float, ours: tuple[float, float], second: float, theirs: tuple[float, float]
) -> tuple[float, float]:
    """Limits of a ratio of two shares from the limits of each (MOVER; Donner and Zou 2012)."""
    product, (low, high), (their_low, their_high) = first * second, ours, theirs
    ends = []
    for end, other, sign in ((low, their_high, -1.0), (high, their_low, 1.0)):
        below = end * (2.0 * first - end)
        beside = other * (2.0 * second - other)
        ends.append((product + sign * math.sqrt(max(product**2 - below * beside, 0.0))) / beside)
    return max(ends[0], 0.0), ends[1]
