"""Is it realistic as a whole? How far mass must move from one cloud to the other, seen along random lines.

It sees all of the shape along a line and needs no kernel or Gaussian. It misleads in many dimensions, where most lines
look at nothing in particular, and it is biased upwards: compare only at equal sizes and beside a yardstick.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from auditkit.blocks import run_blocks, split_blocks
from auditkit.metrics.arrays import feature_sides
from auditkit.metrics.parameters import whole
from auditkit.metrics.products import Side
from auditkit.metrics.registry import Reading, metric, value_of

__all__ = ["sliced_wasserstein"]

Double = NDArray[np.float64]
BLOCK = 16


@dataclass(frozen=True, eq=False)
class _Match:
    """Which sorted real value meets which sorted synthetic value, and the share of mass that moves between them."""

    real: NDArray[np.int64]
    synthetic: NDArray[np.int64]
    mass: Double

    @classmethod
    def of(cls, n: int, m: int) -> _Match:
        # Quantile functions step at i / n and j / m; over the common denominator n m all steps are whole numbers.
        ends = np.union1d(np.arange(1, n + 1, dtype=np.int64) * m, np.arange(1, m + 1, dtype=np.int64) * n)
        starts = np.concatenate([[0], ends[:-1]])
        return cls(starts // m, starts // n, (ends - starts) / (n * m))


def _sliced_wasserstein(real: Side, synthetic: Side, *, projections: int, seed: int) -> Reading:
    rows = _random_directions(projections, real.features.shape[1], seed)
    squares = _squares(real.features, synthetic.features, rows)
    error = float(squares.std(ddof=1)) / math.sqrt(len(squares)) if len(squares) > 1 else None
    mean = float(squares.mean())
    return Reading(
        math.sqrt(mean), (len(real), len(synthetic)), details={"mean_square": mean, "projection_error": error}
    )


def _random_directions(projections: int, d: int, seed: int) -> Double:
    """Random unit vectors, evenly spread over the sphere; the same whatever the rows, so that views are comparable."""
    rows = np.random.default_rng(seed).standard_normal((whole("projections", projections, 1, give=1000), d))
    return np.asarray(rows / np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None])


def _squares(real: NDArray[np.floating[Any]], synthetic: NDArray[np.floating[Any]], rows: Double) -> Double:
    """Squared Wasserstein distance along each direction, exact for any two sizes."""
    # Moving both clouds changes nothing, and near the origin nothing is lost by rounding.
    centre = real.mean(axis=0, dtype=np.float64)
    ours, theirs = (np.asarray(item - centre, np.float64) for item in (real, synthetic))
    match = _Match.of(len(real), len(synthetic)) if len(real) != len(synthetic) else None

    def along(block: slice) -> Double:
        a, b = (np.sort(rows[block] @ item.T, axis=1) for item in (ours, theirs))
        if match is None:
            step = a - b
            return np.asarray(np.einsum("ij,ij->i", step, step) / step.shape[1])
        step = a[:, match.real] - b[:, match.synthetic]
        return np.asarray((step * step) @ match.mass)

    return np.concatenate(run_blocks(along, split_blocks(len(rows), BLOCK)))


@metric(
    reads=_sliced_wasserstein,
    family="realism",
    direction="lower",
    bounds=(0.0, None),
    unit="feature units",
    default=False,
    source="Bonneel et al. 2015, section 3 (sliced Wasserstein distance)",
    meaning="How far samples must move, along a line, to turn the synthetic cloud into the real one.",
    misleads=(
        "Many dimensions, where most lines look at nothing in particular; features of mixed scales; and sets of "
        "different sizes, since fewer samples score higher."
    ),
    advice="Compare with the yardstick at equal sizes; standardise features of mixed scales first.",
)
def sliced_wasserstein(*, real: ArrayLike, synthetic: ArrayLike, projections: int = 1000, seed: int = 0) -> float:
    """Root mean square over random directions of the 2-Wasserstein distance of the projections.

    d(real, synthetic) = sqrt( mean_u W_2^2(<u, real>, <u, synthetic>) ), where W_2^2 is the integral over t in (0, 1)
    of the squared difference of the quantile functions.

    Parameters
    ----------
    real : array_like of shape (n, d)
    synthetic : array_like of shape (m, d)
        Sizes may differ: the quantile functions are matched exactly, not interpolated.
    projections : int, default 1000
        Random directions, evenly spread over the sphere.
    seed : int, default 0
        Of the directions.

    Returns
    -------
    float in [0, inf), in units of the features; lower is better. 0 on identical sets.

    Raises
    ------
    ShapeError
        If the numbers of features differ or a feature is not finite.

    Notes
    -----
    Two clouds that differ by a shift s alone are |s| / sqrt(d) apart, on average over directions. With d = 1 every
    direction is the axis, and the value is the exact 2-Wasserstein distance. The square is an unbiased mean over
    directions; the reading's details hold its standard error over them. Fewer projections are the first of more.

    MIND (torch-fidelity) is 3 d times the square of this value, for equal sizes. POT's `sliced_wasserstein_distance`
    is this value for the same directions.

    Projections and sums are float64 on centred rows, in fixed blocks of directions. O(p ((n + m) d + n log n +
    m log m)) time, O((n + m) d) memory.

    References
    ----------
    Bonneel et al. 2015, "Sliced and Radon Wasserstein Barycenters of Measures", Journal of Mathematical Imaging and
    Vision 51, section 3.

    Examples
    --------
    >>> x = np.array([[0.0], [1.0], [5.0]])
    >>> round(sliced_wasserstein(real=x, synthetic=x + 2.0), 12)
    2.0
    """
    return value_of(_sliced_wasserstein, feature_sides(real, synthetic), projections=projections, seed=seed)
