"""Is it realistic as a whole, whatever the number of samples? The Fréchet distance extrapolated to endless sets.

It misleads where the bias does not fall with 1/n, as with fewer samples than features, and it is noisier than the
Fréchet distance itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from auditkit.blocks import single_threaded
from auditkit.intervals import normal_interval
from auditkit.metrics.arrays import feature_sides
from auditkit.metrics.gaussians import Gaussian, trace_of_root
from auditkit.metrics.influence import influences
from auditkit.metrics.moments import step_between
from auditkit.metrics.parameters import one_of, whole
from auditkit.metrics.products import Side
from auditkit.metrics.registry import Reading, metric, value_of
from auditkit.metrics.sample_sizes import require_samples

__all__ = ["frechet_distance_infinity"]

Correction = Literal["corrected", "fixed"]
# dgm-eval starts at a tenth of the samples, or at 5,000 of them where there are more.
LARGEST_START, START_SHARE = 5000, 10
# Rows per feature from which the bias falls with 1/n well enough for a line.
ROWS_PER_FEATURE = 4
# A line has two unknowns, and its fit is told by a third point.
FEWEST_POINTS, FEWEST_SAMPLES = 3, 8


@dataclass(frozen=True, eq=False)
class _Line:
    """Least squares of distances on one over the number of samples.

    Attributes
    ----------
    intercept, slope, fit : float
        `fit` is R^2.
    weights : ndarray of shape (points,)
        What each distance gives to the intercept; they sum to 1.
    """

    intercept: float
    slope: float
    fit: float
    weights: NDArray[np.float64]


def _frechet_distance_infinity(
    real: Side,
    synthetic: Side,
    real_gaussian: Gaussian,
    synthetic_gaussian: Gaussian,
    *,
    points: int,
    seed: int,
    reference: Correction,
) -> Reading:
    whole("points", points, FEWEST_POINTS, give=15)
    one_of("reference", reference, Correction)
    n = (real_gaussian.n, synthetic_gaussian.n)
    require_samples("frechet_distance_infinity", FEWEST_SAMPLES, real=n[0], synthetic=n[1])
    rng = np.random.default_rng(seed)
    with single_threaded():
        full = _signed_distance(real_gaussian, synthetic_gaussian)
        drawn = _subsets(n[1], synthetic.features.shape[1], points, rng)
        distances = [_signed_distance(real_gaussian, Gaussian.of(synthetic.features[rows])) for rows in drawn[:-1]]
        line = _line(np.array([len(rows) for rows in drawn]), np.array([*distances, full]))
        bias = _bias_of_reference(real, synthetic_gaussian, full, rng) if reference == "corrected" else 0.0
    value = line.intercept - bias
    details = {
        "slope": line.slope,
        "r_squared": line.fit,
        "reference_bias": bias,
        "smallest_size": len(drawn[0]),
        "frechet_distance": max(full, 0.0),
    }
    error = _error(line, drawn, (real, synthetic), (real_gaussian, synthetic_gaussian))
    return Reading(value, n, limits=lambda: normal_interval(value, error()), method="influence", details=details)


@metric(
    reads=_frechet_distance_infinity,
    family="realism",
    direction="lower",
    bounds=(None, None),
    interval="reading",
    default=False,
    sized_by=(),
    source="Chong and Forsyth 2020, eq. 5; Stein et al. 2023 (15 sizes, as in dgm-eval)",
    meaning="How far the cloud of synthetic features would lie from the real one if both had endless samples.",
    misleads=(
        "Fewer samples than features, where the bias does not fall with 1/n; and it is noisier than the distance "
        "itself."
    ),
    advice="Look at precision and coverage to see which side fails; train longer or with more capacity.",
)
def frechet_distance_infinity(
    *, real: ArrayLike, synthetic: ArrayLike, points: int = 15, seed: int = 0, reference: Correction = "corrected"
) -> float:
    """Fréchet distance extrapolated to infinitely many samples.

    d(N) = a + b / N by least squares over `points` sizes N; the value is a, less the bias of the real side.

    Parameters
    ----------
    real : array_like of shape (n, d)
        Features of real samples, n >= 8.
    synthetic : array_like of shape (m, d)
        Features of synthetic samples by the same extractor, m >= 8.
    points : int, default 15
        Sizes, evenly from min(5000, m / 10), or from 4 d (m / 2 at most) where that is more, to m; at least 3.
    seed : int, default 0
        Of the order of the samples.
    reference : {"corrected", "fixed"}, default "corrected"
        Whether the bias of the finite real set is taken off too, or left in as in dgm-eval.

    Returns
    -------
    float in [-inf, inf]; lower is better, 0 where both come from one distribution (below 0 by chance).

    Raises
    ------
    ShapeError
        If the numbers of features differ or a feature is not finite.
    SampleSizeError
        If a set has fewer than 8 samples.
    AuditkitError
        If `points` or `seed` is impossible.
    UnknownNameError
        If `reference` is neither of the two.

    Notes
    -----
    The distance is biased upwards by about a / n + b / m. dgm-eval takes the synthetic part off and leaves a / n of the
    real side in (with 3,000 rows of 64 normal features about 0.37), which a larger real set would lower;
    `reference="fixed"` does so too. By default it is taken off as well: the mean distance of two halves of the real
    set, less the distance of the whole, is a / n, since halving the rows doubles their part.

    A size takes the next rows of one seeded order, around and around: without replacement within a size, and every row
    about equally often, which makes the extrapolation less noisy than independent draws (dgm-eval). The sizes overlap,
    so the scatter about the line says nothing of the error: an audit takes the interval from each row's influence
    times its weight over all sizes. Sizes of few rows per feature are off the line and bias the value downwards, so
    that the smallest has 4 d rows where m allows; with 500 rows of 64 features dgm-eval's smallest, m / 10, costs more
    than three standard errors. With m < 2 d no size is on the line: read the value as a rough one.

    The factor of the real covariance is kept, so each size costs its moments and one eigenvalue problem.

    References
    ----------
    Chong and Forsyth 2020, "Effectively Unbiased FID and Inception Score and where to find them", CVPR, eq. 5; Stein et
    al. 2023, "Exposing flaws of generative model evaluation metrics", NeurIPS.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(4000, 8))
    >>> bool(abs(frechet_distance_infinity(real=x[:2000], synthetic=x[2000:])) < 0.01)
    True
    """
    sides = feature_sides(real, synthetic)
    return value_of(_frechet_distance_infinity, sides, points=points, seed=seed, reference=reference)


def _signed_distance(first: Gaussian, second: Gaussian) -> float:
    """The distance without its cut at rounding: a line is fitted through it."""
    step = step_between(second, first)
    return float(step @ step) + first.variance + second.variance - 2.0 * trace_of_root(first, second)


def _subsets(m: int, d: int, points: int, rng: np.random.Generator) -> list[NDArray[np.intp]]:
    """Rows of each size, smallest first; the last is all of them."""
    start = max(2, min(LARGEST_START, m // START_SHARE), min(ROWS_PER_FEATURE * d, m // 2))
    sizes = np.unique(np.linspace(start, m, points).astype(np.intp))
    order = rng.permutation(m)
    ends = np.cumsum(sizes)
    # Sorted, so that rows lie in memory as they are read.
    return [np.sort(order[np.arange(end - size, end) % m]) for size, end in zip(sizes, ends, strict=True)]


def _line(sizes: NDArray[np.intp], distances: NDArray[np.float64]) -> _Line:
    inverse = 1.0 / sizes
    centred = inverse - inverse.mean()
    slope = float(centred @ distances / (centred @ centred))
    intercept = float(distances.mean() - slope * inverse.mean())
    left = distances - intercept - slope * inverse
    total = float(((distances - distances.mean()) ** 2).sum())
    fit = 1.0 - float(left @ left) / total if total > 0 else 1.0
    return _Line(intercept, slope, fit, 1.0 / len(sizes) - inverse.mean() * centred / (centred @ centred))


def _bias_of_reference(real: Side, synthetic: Gaussian, full: float, rng: np.random.Generator) -> float:
    order = rng.permutation(len(real))
    half = len(order) // 2
    parts = [Gaussian.of(real.features[np.sort(order[start : start + half])]) for start in (0, half)]
    return float(np.mean([_signed_distance(synthetic, part) for part in parts])) - full


def _error(
    line: _Line,
    drawn: Sequence[NDArray[np.intp]],
    sides: tuple[Side, Side],
    gaussians: tuple[Gaussian, Gaussian],
) -> Callable[[], float]:
    """Standard error of the value, found when asked for.

    A row's influence counts in every size that holds it, by that size's weight over its number of rows.
    """

    def error() -> float:
        with single_threaded():
            of_real, of_synthetic = influences([side.features for side in sides], gaussians)
        each = np.zeros(len(of_synthetic))
        for weight, rows in zip(line.weights, drawn, strict=True):
            part = np.zeros(len(each))
            part[rows] = of_synthetic[rows] - of_synthetic[rows].mean()
            each += weight / len(rows) * part
        return float(np.sqrt((each**2).sum() + of_real.var() / len(of_real)))

    return error
