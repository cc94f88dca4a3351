"""In how many directions does a set vary? The dimension that distances between neighbours tell of.

A generator that has collapsed to a few modes, to a curve or to a plane has a lower one than real samples; noise that
was added to every feature gives a higher one. Only beside as many real samples does it say anything.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from auditkit.metrics.arrays import feature_side
from auditkit.metrics.neighbours import Neighbours, Points
from auditkit.metrics.parameters import one_of
from auditkit.metrics.products import Role, Side
from auditkit.metrics.registry import Reading, metric, value_of
from auditkit.metrics.tiles import TIE

__all__ = ["local_intrinsic_dimension"]


Average = Literal["harmonic", "arithmetic"]


def _local_intrinsic_dimension(
    synthetic_neighbours: Neighbours, synthetic_points: Points, *, k: int, average: Average
) -> Reading:
    one_of("average", average, Average)
    squared, weights = synthetic_neighbours.first(k), synthetic_points.counts
    inverse = _inverses(squared)
    known, tied = np.isfinite(inverse), inverse == 0
    n = len(synthetic_points)
    details = {
        "zero_distances": int((weights * (squared == 0).sum(axis=1)).sum()),
        "undefined": int(weights[~known].sum()),
        "all_tied": int(weights[tied].sum()),
        "k": k,
    }
    used = known if average == "harmonic" else known & ~tied
    total = float(weights[used].sum())
    inverse, weights = inverse[used], weights[used]
    if not (inverse > 0).any():
        reason = (
            f"no synthetic sample has two neighbours at different distances above 0 among its {k} nearest: "
            "the samples repeat each other, or k is too small."
        )
        return Reading(None, (n, n), reason, details=details)
    if average == "harmonic":
        return Reading(total / float((inverse * weights).sum()), (n, n), details=details)
    return Reading(float((weights / inverse).sum()) / total, (n, n), details=details)


def _inverses(squared: NDArray[np.float64]) -> NDArray[np.float64]:
    """Inverse of the maximum-likelihood dimension around each row.

    NaN where fewer than two of its neighbours are at distances above 0; 0 where all of these are at one distance.
    """
    positive = squared > 0
    radius = squared[:, -1:]
    # Distances that differ by rounding only are equal, and what is equal to the radius adds nothing.
    nearer = positive & (squared < radius * (1.0 - TIE))
    logs = 0.5 * np.log(np.divide(radius, squared, out=np.ones_like(squared), where=nearer))
    total, terms = logs.sum(axis=1), positive.sum(axis=1) - 1
    found: NDArray[np.float64] = np.divide(total, terms, out=np.full(len(squared), np.nan), where=terms > 0)
    return found


@metric(
    reads=_local_intrinsic_dimension,
    family="variety",
    direction="match",
    bounds=(0.0, None),
    unit="dimensions",
    default=False,
    source="Levina and Bickel 2004, eq. 8; MacKay and Ghahramani 2005; Amsaleg et al. 2015, section 4.1",
    meaning="In how many directions synthetic samples vary around each other.",
    misleads=(
        "Few samples and high dimensions bias it downwards; noise raises it as variety does. Compare only equal sizes."
    ),
    advice="Below the yardstick: look for collapse, sample with more variety. Above it: the samples are noisy.",
)
def local_intrinsic_dimension(
    *, synthetic: ArrayLike, real: ArrayLike | None = None, k: int = 20, average: Average = "harmonic"
) -> float:
    """Maximum-likelihood dimension of a set around its samples.

    m(synthetic) = [ mean_j 1 / (k - 1) sum_{i < k} log(d_k(s_j) / d_i(s_j)) ]^-1, d_i the distance to the i-th
    neighbour within the set.

    Parameters
    ----------
    synthetic : array_like of shape (m, d)
    real : array_like of shape (n, d), optional
        Not looked at; accepted so that it can be called with the sets of a comparison.
    k : int, default 20
        Neighbours that each estimate is made from; 1 <= k < m.
    average : {"harmonic", "arithmetic"}, default "harmonic"
        Average the inverses of the estimates, as the equation does, or the estimates.

    Returns
    -------
    float in [0, inf), a number of dimensions; nearest to that of as many fresh real samples is best.

    Raises
    ------
    ShapeError, SampleSizeError
    UndefinedError
        If no sample has two neighbours at different distances above 0.

    Notes
    -----
    Distances of 0 tell nothing of the dimension and are dropped, so that k - 1 becomes the number of the others less
    one; how many, and how many samples had fewer than two left and are left out, stands in the details of the score. A
    sample all of whose neighbours are at one distance above 0 adds 0 to the mean, as the equation says; `"arithmetic"`,
    for which its estimate is infinite, leaves it out (`all_tied` in the details). Few samples and high dimensions bias
    the number downwards: compare only equal sizes. Levina and Bickel average the estimates (`"arithmetic"`), of
    which a few are huge where distances almost tie, as in tables: on a collapsed synthetic Adult one sample in a
    thousand lifts that average from below 2 to 329. The inverses are what likelihood adds up. O(m^2 d) time.

    References
    ----------
    Levina and Bickel 2004, "Maximum Likelihood Estimation of Intrinsic Dimension", NIPS, eq. 8.
    MacKay and Ghahramani 2005, "Comments on 'Maximum Likelihood Estimation of Intrinsic Dimension'".
    Amsaleg et al. 2015, "Estimating Local Intrinsic Dimensionality", KDD, section 4.1.

    Examples
    --------
    >>> plane = np.random.default_rng(0).normal(size=(500, 2)) @ np.random.default_rng(1).normal(size=(2, 30))
    >>> round(local_intrinsic_dimension(synthetic=plane))
    2
    """
    first = None if real is None else feature_side(real, "real")
    sides: dict[Role, Side] = {"synthetic": feature_side(synthetic, "synthetic", like=first)}
    return value_of(_local_intrinsic_dimension, sides, k=k, average=average)
