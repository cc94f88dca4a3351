"""Is it realistic as a whole? Distances of two clouds by the mean similarity of their samples, all moments at once.

They need no Gaussian shape, and the kernel distance has no bias of its own: 0 means no difference at any size. It
misleads on features of other scales than it was made for (a cubic kernel is ruled by the largest entries); the
distance of unit vectors sees little but the step between their means. "KID" and "CMMD" are their names on the
features that they were published with: Inception-v3 pool3 and CLIP.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from auditkit.blocks import run_blocks
from auditkit.errors import AuditkitError, SampleSizeError
from auditkit.intervals import NORMAL_95, within
from auditkit.metrics.arrays import feature_sides
from auditkit.metrics.directions import lacking_direction, unit_rows
from auditkit.metrics.kernel_sums import PairedRows, paired_rows, standard_error
from auditkit.metrics.kernel_tiles import gaussian_tile, polynomial_tile
from auditkit.metrics.parameters import LEGACY_SEED, check_seed, flag, number, whole
from auditkit.metrics.points import SMALLEST
from auditkit.metrics.products import Side
from auditkit.metrics.registry import Reading, metric, value_of
from auditkit.metrics.sample_sizes import require_samples

__all__ = ["cmmd", "kernel_distance"]

Double = NDArray[np.float64]
# Work and terms held grow with it, and beyond it no features keep their digits.
MOST_DEGREE = 100
# Growth of the variance with the distance, over the standard error, near 0 where it cannot be found.
MOST_SLOPE = 0.5
# Work per pair for one more subset, over that for one more feature: float64 against float32, and a store.
MEMBER_COST = 4.0


@dataclass(frozen=True, eq=False)
class _Polynomial:
    """(gamma <x, y> + coef0)^degree of rows that were centred at `centre`."""

    centre: Double
    degree: int
    gamma: float
    coef0: float
    tile: Callable[..., None] = polynomial_tile

    @property
    def base(self) -> np.float64:
        return np.float64(self.gamma * float(self.centre @ self.centre) + self.coef0)

    def terms(self, centred: Double) -> Double:
        # Of the product gamma <x, y> + coef0 with x = centred + centre, what depends on one row alone.
        offset = self.gamma * (centred @ self.centre)
        terms = [offset]
        power, base = offset, self.base
        with np.errstate(over="ignore", invalid="ignore"):
            for k in range(1, self.degree):
                terms.append(power)
                power = (base + offset) * power + offset * base**k
        return np.stack(terms)

    def constants(self, real: Double, synthetic: Double) -> tuple[float, float]:
        del real, synthetic
        return float(self.base), self.gamma


@dataclass(frozen=True, eq=False)
class _Gaussian:
    """exp(-|x - y|^2 / (2 sigma^2)), which does not see the centre."""

    sigma: float
    tile: Callable[..., None] = gaussian_tile

    def terms(self, centred: Double) -> Double:
        scaled = centred / self.sigma
        return np.asarray(0.5 * np.einsum("ij,ij->i", scaled, scaled)[None])

    def constants(self, real: Double, synthetic: Double) -> tuple[float, float]:
        # |x - y|^2 <= 2 |x|^2 + 2 |y|^2
        return 4.0 * max(float(real.max()), float(synthetic.max())), self.sigma**-2


def _kernel_distance(
    real: Side,
    synthetic: Side,
    *,
    degree: int,
    gamma: float | None,
    coef0: float,
    subsets: int | None,
    subset_size: int,
    seed: int,
) -> Reading:
    n = (len(real), len(synthetic))
    centre = real.features.mean(axis=0, dtype=np.float64)
    kernel = _Polynomial(
        centre,
        whole("degree", degree, 1, MOST_DEGREE, give=3),
        1.0 / real.features.shape[1] if gamma is None else number("gamma", gamma, above=0, give=1.0),
        number("coef0", coef0, least=0, give=1.0),
    )
    require_samples("kernel_distance", 2, real=n[0], synthetic=n[1])
    _check_draws(subsets, subset_size, seed)
    chosen = None if subsets is None else _draws(n, subsets, subset_size, seed)
    with np.errstate(over="ignore", invalid="ignore"):
        paired = paired_rows(real.features, synthetic.features, kernel, centre=centre)
        reading = _over_all(paired, n) if chosen is None else _over_subsets(paired, n, chosen)
    if not math.isfinite(reading.value or 0.0):
        raise AuditkitError(f"kernel_distance overflows at degree={degree} on these features: standardise them first.")
    return reading


def _over_all(paired: PairedRows, n: tuple[int, int]) -> Reading:
    effects = paired.sums().effects()
    value, error = _value(effects), standard_error(effects)
    return Reading(value, n, interval=_interval(value, error), method="row effects", details={"error": error})


def _over_subsets(paired: PairedRows, n: tuple[int, int], chosen: list[tuple[Any, Any]]) -> Reading:
    values = _subset_values(paired, n, chosen)
    value, deviation = float(values.mean()), float(values.std())

    def limits() -> tuple[float, float]:
        # A mean over random subsets adds their spread to the variance of the mean over all pairs.
        error = math.hypot(standard_error(paired.sums().effects()), deviation / math.sqrt(len(values)))
        return _interval(value, error)

    return Reading(value, n, limits=limits, method="row effects", details={"std": deviation, "subsets": len(values)})


def _subset_values(paired: PairedRows, n: tuple[int, int], chosen: list[tuple[Any, Any]]) -> Double:
    """The distance of each subset: one pass over all pairs for all of them, or one by one, whichever is less work."""
    size, d = len(chosen[0][0]), paired.real.rows.shape[1]
    at_once = sum(n) ** 2 / 2 * (d + MEMBER_COST * len(chosen))
    if at_once > len(chosen) * 2 * size**2 * d:
        return np.array(run_blocks(lambda pair: _value(paired.take(*pair).sums().effects()), chosen))
    members = [np.zeros((count, len(chosen))) for count in n]
    for column, pair in enumerate(chosen):
        for member, index in zip(members, pair, strict=True):
            member[index, column] = 1.0
    real, synthetic, between = paired.totals(*members)
    return 2.0 * ((real + synthetic) / (size * (size - 1)) - between / size**2)


def _check_draws(subsets: int | None, size: int, seed: int) -> None:
    """Refuse impossible subsets, also where all pairs are asked for."""
    if subsets is not None:
        whole("subsets", subsets, 1, give=100)
    whole("subset_size", size, 2, give=1000)
    check_seed(seed, LEGACY_SEED)


def _draws(n: tuple[int, int], subsets: int, size: int, seed: int) -> list[tuple[Any, Any]]:
    """Rows of each subset, drawn in the order in which torch-fidelity draws."""
    for name, count in zip(("real", "synthetic"), n, strict=True):
        if count < size:
            raise SampleSizeError(
                f"`{name}` has {count} samples, fewer than subset_size={size}: give subset_size={min(n)} or less, or "
                "leave out `subsets` to use all pairs."
            )
    # An old generator of its own, never the global one: its stream is part of the published numbers.
    rng = np.random.RandomState(seed)
    return [(rng.choice(n[0], size, replace=False), rng.choice(n[1], size, replace=False)) for _ in range(subsets)]


def _interval(value: float, error: float) -> tuple[float, float]:
    """95 % limits of a squared distance: normal below; above, for a variance that grows in step with the distance."""
    # Where the truth is above the value, its variance is above the one found: solved for the limit, as Wilson's is.
    slope = min(error**2 / value, MOST_SLOPE * error) if value > 0 else MOST_SLOPE * error
    bend = NORMAL_95**2 * slope / 2.0
    return value - NORMAL_95 * error, value + bend + math.hypot(bend, NORMAL_95 * error)


def _value(effects: tuple[Double, Double]) -> float:
    return float(effects[0].mean() + effects[1].mean())


def _cmmd(real: Side, synthetic: Side, *, sigma: float, scale: float, normalise: bool) -> Reading:
    n = (len(real), len(synthetic))
    kernel = _Gaussian(number("sigma", sigma, least=SMALLEST, give=10.0))
    scale = number("scale", scale, above=0, give=1000.0)
    reason = (lacking_direction(real) or lacking_direction(synthetic)) if flag("normalise", normalise) else ""
    if reason:
        return Reading(None, n, reason)
    rows = [unit_rows(side.features) if normalise else side.features for side in (real, synthetic)]
    paired = paired_rows(rows[0], rows[1], kernel, centre=rows[0].mean(axis=0, dtype=np.float64))
    effects = paired.sums().effects(with_self=True)
    # Below 0 is rounding: with the pairs of a row with itself it is a squared distance.
    value = scale * max(_value(effects), 0.0)
    if min(n) < 2:  # noqa: PLR2004 - one row has no spread
        return Reading(value, n)
    error = scale * standard_error(effects)
    interval = within(*_interval(value, error), (0.0, None))
    return Reading(value, n, interval=interval, method="row effects", details={"error": error})


@metric(
    reads=_kernel_distance,
    family="realism",
    direction="lower",
    bounds=(None, None),
    null=0.0,
    interval="reading",
    default=False,
    sized_by=(),
    source="Gretton et al. 2012, eq. 3; Binkowski et al. 2018, section 4 (kernel)",
    meaning="How much more alike samples of one set are than samples of two sets, by a polynomial of their product.",
    misleads=(
        "Features of mixed scales: the cubic kernel is ruled by the largest entries. Values below 0 are chance around "
        "0, and copies score no worse than fresh samples."
    ),
    advice="Look at precision and coverage to see which side fails; standardise features of mixed scales first.",
)
def kernel_distance(
    *,
    real: ArrayLike,
    synthetic: ArrayLike,
    degree: int = 3,
    gamma: float | None = None,
    coef0: float = 1.0,
    subsets: int | None = None,
    subset_size: int = 1000,
    seed: int = 0,
) -> float:
    """Squared maximum mean discrepancy with a polynomial kernel, without bias.

    d(real, synthetic) = mean_{i != j} k(r_i, r_j) + mean_{i != j} k(s_i, s_j) - 2 mean_{i, j} k(r_i, s_j) with
    k(x, y) = (gamma <x, y> + coef0)^degree.

    Parameters
    ----------
    real : array_like of shape (n, d)
        Features of real samples, n >= 2.
    synthetic : array_like of shape (m, d)
        Features of synthetic samples by the same extractor, m >= 2.
    degree : int, default 3
        At most 100.
    gamma : float, optional
        1 / d by default.
    coef0 : float, default 1.0
        From 0 on.
    subsets : int, optional
        None takes all pairs. A number takes the mean over so many random subsets instead, as the published numbers do.
    subset_size : int, default 1000
        Samples of each set in a subset, at most min(n, m).
    seed : int, default 0
        Of the subsets; 2020 is what torch-fidelity uses.

    Returns
    -------
    float in [-2 (1 / n + 1 / m) max |k|, inf); lower is better. About 0, of either sign, for one distribution.

    Raises
    ------
    ShapeError
        If the numbers of features differ or a feature is not finite.
    SampleSizeError
        If a set is smaller than `subset_size` and `subsets` is given.
    SampleSizeError
        If a set has fewer than 2 samples.

    Notes
    -----
    It is called KID on the pool3 features of Inception-v3 only. All pairs give the same expectation as subsets at a
    smaller variance and a lower cost. With `subsets`, rows are drawn by `numpy.random.RandomState(seed)` in
    torch-fidelity's order (for each subset the real rows, then the synthetic ones) with `real` as its first input; the
    standard deviation over subsets is in the reading's details. torchmetrics draws from the global state of torch, so
    its numbers cannot be had again.

    Rows are centred by the real mean. The kernel is no function of differences, but its inner product is a sum,
    <x - c, y - c> + <x - c, c> + <c, y - c> + <c, c>, and what depends on one row alone cancels in the distance: so a
    large mean costs no digits. Products of more than 2,048 rows are float32 where a comparison on 256 rows of each
    set shows an error below 1 % of the least standard error, else float64 (measured: at most 5e-7 of the standard error
    at offsets up to 1e7, 3e-5 of it for sets 1,000 standard deviations apart); sums are float64 in a fixed order.

    The interval of an audit has Hoeffding's first-order variance 4 var(h_r) / n + 4 var(h_s) / m of the rows' own
    effects h, which is right away from 0 and twice too large where the sets do not differ. Its upper limit allows for
    a variance that grows with the distance. It held the truth in 93 to 99 % of simulations in 1 to 32 dimensions,
    wherever the distance was two standard deviations or more, at most 1.9 times as wide as it must be.

    O((n + m)^2 d) time, that of two float32 products n x n x d for n = m, and little more for 100 subsets, whose sums
    come from one pass where that is less work; O((n + m) d) memory, no n x n array.

    References
    ----------
    Gretton et al. 2012, "A Kernel Two-Sample Test", JMLR 13, eq. 3. Binkowski et al. 2018, "Demystifying MMD GANs",
    ICLR.

    Examples
    --------
    >>> x = np.array([[0.0], [2.0]])
    >>> kernel_distance(real=x, synthetic=x + 1.0, degree=1)
    -1.0
    """
    return value_of(
        _kernel_distance,
        feature_sides(real, synthetic),
        degree=degree,
        gamma=gamma,
        coef0=coef0,
        subsets=subsets,
        subset_size=subset_size,
        seed=seed,
    )


@metric(
    reads=_cmmd,
    family="realism",
    direction="lower",
    bounds=(0.0, None),
    interval="reading",
    default=False,
    source="Jayasumana et al. 2024, section 4; Gretton et al. 2012, eq. 5",
    meaning="How much more alike samples of one set are than samples of two sets, by the angle between them.",
    misleads=(
        "On unit vectors it is nearly the step between the mean directions, so it says little about spread, modes or "
        "copies; its size depends on the embedder."
    ),
    advice="Compare with the yardstick at equal sizes; look at precision and coverage to see which side fails.",
)
def cmmd(
    *, real: ArrayLike, synthetic: ArrayLike, sigma: float = 10.0, scale: float = 1000.0, normalise: bool = True
) -> float:
    """Squared maximum mean discrepancy with a Gaussian kernel on rows of unit length.

    d(real, synthetic) = scale (mean_{i, j} k(r_i, r_j) + mean_{i, j} k(s_i, s_j) - 2 mean_{i, j} k(r_i, s_j)) with
    k(x, y) = exp(-|x - y|^2 / (2 sigma^2)), pairs of a row with itself included.

    Parameters
    ----------
    real : array_like of shape (n, d)
        Features of real samples; CLIP embeddings in the paper.
    synthetic : array_like of shape (m, d)
    sigma : float, default 10.0
        Width of the kernel, at least 1e-60.
    scale : float, default 1000.0
        What the distance is multiplied by, to be read more easily.
    normalise : bool, default True
        Divide each row by its length first.

    Returns
    -------
    float in [0, inf); lower is better. On identical sets 0 but for rounding, which is below 1e-10 of `scale`.

    Raises
    ------
    ShapeError
        If the numbers of features differ or a feature is not finite.
    UndefinedError
        If rows have length 0, which no division gives a direction.

    Notes
    -----
    On unit vectors |x - y| is at most 2, so that a kernel of width 10 is nearly linear: the number is close to
    scale / sigma^2 times the squared step between the mean directions, and says little about spread or modes. With
    pairs of a row with itself it is biased upwards by about scale (1 / n + 1 / m) (1 - mean k): compare only at equal
    sizes. The package of the paper normalises in the wrapper of its embedder, not in the distance; `normalise=False`
    is its distance on rows as they are.

    Kernel values are summed as exp(t) - 1 in float64, since near 1 they would lose the digits that matter; products
    and interval are as in `kernel_distance`. O((n + m)^2 d) time, O((n + m) d) memory.

    References
    ----------
    Jayasumana et al. 2024, "Rethinking FID: Towards a Better Evaluation Metric for Image Generation", CVPR, section 4.

    Examples
    --------
    >>> x = np.eye(2)
    >>> round(cmmd(real=x[:1], synthetic=x[1:]), 6)
    19.900333
    """
    return value_of(_cmmd, feature_sides(real, synthetic), sigma=sigma, scale=scale, normalise=normalise)
