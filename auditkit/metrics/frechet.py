"""Is it realistic as a whole? Distance between two clouds of features, each seen as a Gaussian.

It misleads when clouds are far from Gaussian, and it is biased upwards by about 1/n: compare only at equal sizes and
beside a yardstick. Call it FID only on the pool3 features of Inception-v3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from auditkit.blocks import single_threaded
from auditkit.intervals import normal_interval
from auditkit.metrics.arrays import feature_sides
from auditkit.metrics.gaussians import EPS, Gaussian, trace_of_root
from auditkit.metrics.influence import influences
from auditkit.metrics.moments import Moments, step_between
from auditkit.metrics.products import Side
from auditkit.metrics.registry import Reading, metric, value_of
from auditkit.metrics.sample_sizes import require_samples

__all__ = ["frechet_distance"]


def _frechet_distance(real: Side, synthetic: Side, real_gaussian: Gaussian, synthetic_gaussian: Gaussian) -> Reading:
    n = (real_gaussian.n, synthetic_gaussian.n)
    require_samples("frechet_distance", 2, real=n[0], synthetic=n[1])
    with single_threaded():
        value = distance_of_gaussians(real_gaussian, synthetic_gaussian)
    limits = _limits(value, (real.features, synthetic.features), (real_gaussian, synthetic_gaussian))
    return Reading(value, n, limits=limits, method="influence")


@metric(
    reads=_frechet_distance,
    family="realism",
    direction="lower",
    bounds=(0.0, None),
    interval="reading",
    source="Fréchet 1957; Dowson and Landau 1982; Heusel et al. 2017, eq. 6",
    meaning="How far the cloud of synthetic features lies from the real one, mean and spread together.",
    misleads=(
        "Clouds far from Gaussian, since it sees means and covariances only; sets of different sizes, since fewer "
        "samples score higher; and copies, which score best."
    ),
    advice="Look at precision and coverage to see which side fails; train longer or with more capacity.",
)
def frechet_distance(*, real: ArrayLike, synthetic: ArrayLike) -> float:
    """Squared Fréchet distance between the Gaussians of two feature clouds.

    d(real, synthetic) = |m1 - m2|^2 + tr S1 + tr S2 - 2 tr (S1 S2)^(1/2), with unbiased covariances.

    Parameters
    ----------
    real : array_like of shape (n, d)
        Features of real samples, n >= 2.
    synthetic : array_like of shape (m, d)
        Features of synthetic samples by the same extractor, m >= 2.

    Returns
    -------
    float in [0, inf); lower is better. 0 on identical sets.

    Raises
    ------
    ShapeError
        If the numbers of features differ or a feature is not finite.
    SampleSizeError
        If a set has fewer than 2 samples.

    Notes
    -----
    Moments are accumulated in float64 around the mean. The trace is the sum of the roots of the eigenvalues of
    F^T S2 F with F the pivoted Cholesky factor of S1, which is symmetric; where a covariance is singular, the sum of
    the singular values of F1^T F2. With fewer rows than features F holds the centred rows. Neither a large mean nor a
    singular covariance costs digits: the error stays below 1e-12 of tr S1 + tr S2; only where columns determine one
    another but for the last digits of the rows, a covariance cannot hold what is left, and the error may reach 1e-8.
    The square root of the product (pytorch-fid, clean-fid) and its eigenvalues (torchmetrics, torch-fidelity) lose up
    to seven digits and torchmetrics' sums of squares lose all of them at an offset of 1e7. Values within rounding of 0
    are 0.

    Biased upwards by O(1/n): `frechet_distance_infinity` takes that off. O((n + m) d^2 + d^3) time, O(d^2) memory;
    O(n m (n + d)) and O((n + m) d) with fewer rows than features. An audit takes the interval from what each row adds
    to the distance (its influence).

    References
    ----------
    Heusel et al. 2017, "GANs Trained by a Two Time-Scale Update Rule", NeurIPS, eq. 6.

    Examples
    --------
    >>> x = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0], [2.0, 2.0]])
    >>> round(frechet_distance(real=x, synthetic=x + [3.0, 4.0]), 6)
    25.0
    """
    return value_of(_frechet_distance, feature_sides(real, synthetic))


def distance_of_moments(first: Moments, second: Moments) -> float:
    """Squared Fréchet distance of two sets that are known by their moments alone; each takes at least 2 samples.

    Parameters
    ----------
    first, second : Moments

    Returns
    -------
    float in [0, inf); lower is better.
    """
    with single_threaded():
        return distance_of_gaussians(Gaussian.of_moments(first), Gaussian.of_moments(second))


def distance_of_gaussians(first: Gaussian, second: Gaussian) -> float:
    """Squared Fréchet distance of two Gaussians; the factor of `first` is kept for the next that it is compared with.

    Parameters
    ----------
    first, second : Gaussian
        Of at least 2 samples each.

    Returns
    -------
    float in [0, inf); lower is better.
    """
    step = step_between(second, first)
    spread = first.variance + second.variance
    value = float(step @ step) + spread - 2.0 * trace_of_root(first, second)
    # Below this the difference of the traces is rounding, not distance.
    return value if value > 8.0 * len(step) * EPS * spread else 0.0


def _limits(
    value: float, features: tuple[NDArray[np.floating[Any]], ...], gaussians: tuple[Gaussian, Gaussian]
) -> Callable[[], tuple[float, float]]:
    def limits() -> tuple[float, float]:
        with single_threaded():
            each = influences(features, gaussians)
        variance = sum(item.var() / len(item) for item in each)
        return normal_interval(value, float(np.sqrt(variance)), bounds=(0.0, None))

    return limits
