"""Is it realistic as a whole? Distance between two clouds of features, each seen as a Gaussian.

It misleads when clouds are far from Gaussian, and it is biased upwards by about 1/n: compare only at equal sizes and
beside a yardstick. Call it FID only on the pool3 features of Inception-v3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from auditkit.blocks import single_threaded
from auditkit.intervals import normal_interval
from auditkit.metrics.moments import Moments
from auditkit.metrics.products import Side
from auditkit.metrics.registry import Reading, feature_sides, metric, value_of

__all__ = ["frechet_distance"]


@dataclass(frozen=True, eq=False)
class _Transport:
    """Trace of (S1 S2)^(1/2), the symmetric A with A S2 A = S1 and the symmetric B with B S1 B = S2, on their spans."""

    trace: float
    to_first: NDArray[np.float64]
    to_second: NDArray[np.float64]


def _frechet_distance(real: Side, synthetic: Side, real_moments: Moments, synthetic_moments: Moments) -> Reading:
    n = (real_moments.n, synthetic_moments.n)
    if min(n) < 2:  # noqa: PLR2004 - a covariance takes two
        return Reading(
            None, n, f"frechet_distance needs at least 2 samples per set, got real={n[0]}, synthetic={n[1]}."
        )
    with single_threaded():
        transport = _transport(real_moments.covariance, synthetic_moments.covariance)
        value = _distance(real_moments, synthetic_moments, transport.trace)
        variance = (
            _influence(synthetic.features, synthetic_moments, real_moments, transport.to_first).var() / n[1]
            + _influence(real.features, real_moments, synthetic_moments, transport.to_second).var() / n[0]
        )
    interval = normal_interval(value, float(np.sqrt(variance)), bounds=(0.0, None))
    return Reading(value, n, interval=interval, method="influence")


@metric(
    reads=_frechet_distance,
    family="realism",
    direction="lower",
    bounds=(0.0, None),
    interval="reading",
    source="Fréchet 1957; Dowson and Landau 1982; Heusel et al. 2017, eq. 6",
    meaning="How far the cloud of synthetic features lies from the real one, mean and spread together.",
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
    UndefinedError
        If a set has fewer than 2 samples.

    Notes
    -----
    Moments are accumulated in float64 around a shift, the trace is the nuclear norm of the product of the covariances'
    roots (eigenvalues below d eps lambda_max dropped), so neither a large mean nor n < d costs digits. Values within
    rounding of 0 are 0. Biased upwards by O(1/n). O((n + m) d^2 + d^3) time, O(d^2) memory.

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
    """Squared Fréchet distance of two sets of which only the moments are at hand, each of n >= 2 rows."""
    with single_threaded():
        return _distance(first, second, _transport(first.covariance, second.covariance).trace)


def _distance(first: Moments, second: Moments, trace: float) -> float:
    step = first.mean - second.mean
    spread = float(np.trace(first.covariance) + np.trace(second.covariance))
    value = float(step @ step) + spread - 2.0 * trace
    # Below this the difference of the traces is rounding, not distance.
    return value if value > 8.0 * len(step) * np.finfo(np.float64).eps * spread else 0.0


def _transport(first: NDArray[np.float64], second: NDArray[np.float64]) -> _Transport:
    # Singular values of the product of roots, not eigenvalues of the product: squaring would lose half of the digits.
    root, other = _root(first), _root(second)
    left, lengths, right = np.linalg.svd(root.T @ other, full_matrices=False)
    kept = _above_rounding(lengths)
    scale = np.sqrt(lengths[kept])
    ours, theirs = root @ left[:, kept] / scale, other @ right[kept].T / scale
    return _Transport(float(lengths.sum()), ours @ ours.T, theirs @ theirs.T)


def _root(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """R of shape (d, rank) with R R^T the covariance."""
    values, vectors = np.linalg.eigh(covariance)
    kept = _above_rounding(values)
    return np.asarray(vectors[:, kept] * np.sqrt(values[kept]))


def _above_rounding(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    if not len(values):
        return np.zeros(0, bool)
    rounding = max(
        len(values) * float(np.finfo(np.float64).eps) * float(values.max()), float(np.finfo(np.float64).tiny)
    )
    return np.asarray(values > rounding)


def _influence(
    features: NDArray[np.floating[Any]], own: Moments, other: Moments, carry: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What each row adds to the distance: the derivative of the formula in mean and covariance of its own side."""
    centred = np.asarray(features, np.float64) - own.mean
    slope = np.eye(len(own.mean)) - carry
    linear = 2.0 * centred @ (own.mean - other.mean)
    return np.asarray(linear + np.einsum("ij,ij->i", centred @ slope, centred))
