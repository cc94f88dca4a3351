"""Does it repeat itself? How many different samples a generator can make, and how many of them lie too near together.

Equal samples are known by their content, never by a distance. Both numbers mislead in tables with few columns, where
real records repeat each other too: read them beside the yardstick.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincinv

from auditkit.metrics.arrays import feature_side, feature_sides
from auditkit.metrics.neighbours import Neighbours, Points
from auditkit.metrics.parameters import number
from auditkit.metrics.products import Side
from auditkit.metrics.records import records_of
from auditkit.metrics.registry import Reading, metric, value_of
from auditkit.metrics.sample_sizes import require_samples
from auditkit.metrics.tiles import TIE

__all__ = ["near_duplicate_share", "support_estimate"]


def _support_estimate(synthetic: Side) -> Reading:
    m = len(synthetic)
    require_samples("support_estimate", 2, synthetic=m)
    _, counts = np.unique(records_of(synthetic)[0], return_counts=True)
    all_pairs = m * (m - 1) / 2
    pairs = float((counts * (counts - 1) / 2).sum())
    if not pairs:
        least = max(all_pairs / -math.log(0.05), float(m))  # of few samples, all are different ones
        reason = (
            f"no two of the {m} synthetic samples are equal, so all that can be said is that there are at least about "
            f"{least:,.0f} different ones (95 %): draw more samples to know more."
        )
        return Reading(None, (m, m), reason, details={"pairs": 0, "at_least": least})
    low, high = _pair_limits(counts, m)
    return Reading(
        all_pairs / pairs,
        (m, m),
        interval=(max(1.0, all_pairs / high), all_pairs / low),
        method="poisson",
        details={"pairs": int(pairs), "largest_cluster": int(counts.max()), "distinct": len(counts)},
    )


def _pair_limits(counts: NDArray[np.int64], m: int) -> tuple[float, float]:
    """95 % limits of the expected number of equal pairs: Poisson's, for as many pairs as are independent of each other.

    How many that is follows from the variance by the delete-one jackknife, which errs on the wide side: by a factor of
    two where all samples are equally likely, by none where pairs come in clusters.
    """
    each = counts.astype(np.float64)
    pairs = float((each * (each - 1) / 2).sum())
    lost = each - 1
    centred = lost - float(each @ lost) / m
    # Leaving out one of m leaves (m - 2) / m of the pairs, so what it loses counts m / (m - 2) fold.
    variance = (m - 1) / m * float(each @ centred**2) * (m / max(m - 2, 1)) ** 2
    known = pairs / max(1.0, variance / pairs)
    scale = pairs / known
    return scale * float(gammaincinv(known, 0.025)), scale * float(gammaincinv(known + 1.0, 0.975))


def _near_duplicate_share(
    real_neighbours: Neighbours,
    synthetic_neighbours: Neighbours,
    real_points: Points,
    synthetic_points: Points,
    *,
    quantile: float,
) -> Reading:
    quantile = number("quantile", quantile, above=0, below=1, give=0.01)
    own = real_neighbours.squared_radius(1)[real_points.inverse]
    radius = float(np.quantile(own, quantile, method="inverted_cdf"))
    limit = radius * (1.0 + TIE)
    near = (synthetic_neighbours.squared_radius(1) <= limit)[synthetic_points.inverse]
    return Reading(
        float(near.mean()),
        (len(real_points), len(synthetic_points)),
        contributions=near.astype(np.float64),
        details={
            "radius": math.sqrt(radius),
            "real_share": float((own <= limit).mean()),
            "equal_share": float((synthetic_points.counts > 1)[synthetic_points.inverse].mean()),
        },
    )


@metric(
    reads=_support_estimate,
    family="variety",
    direction="match",
    bounds=(1.0, None),
    unit="samples",
    interval="reading",
    default=False,
    source="Arora and Zhang 2018, section 2 (birthday paradox), with all pairs counted",
    meaning="How many different samples the generator seems to draw from, judged by how often two are equal.",
    misleads=(
        "It is ruled by the likeliest samples and ignores the rest; without a repeat there is no value; coarse tables "
        "repeat themselves honestly."
    ),
    advice="Far below the yardstick, the generator repeats itself: sample at a higher temperature, or train it longer.",
)
def support_estimate(*, synthetic: ArrayLike, real: ArrayLike | None = None) -> float:
    """Number of equally likely samples that would repeat as often as the synthetic ones do.

    N(synthetic) = m (m - 1) / (2 pairs), with `pairs` the number of pairs of equal samples.

    Parameters
    ----------
    synthetic : array_like of shape (m, d)
    real : array_like of shape (n, d), optional
        Not looked at; accepted so that it can be called with the sets of a comparison.

    Returns
    -------
    float in [1, inf); nearest to that of as many fresh real rows is best: noise alone has endless variety.

    Raises
    ------
    ShapeError
    UndefinedError
        If no two samples are equal; the sentence says how large the support is at least.

    Notes
    -----
    1 / N estimates without bias the chance that two samples are equal, so N is at most the number of different samples,
    and far below it where a few are much likelier than the others: below the number of distinct samples that were seen,
    even, which stands in the details. Limits are those of a Poisson number of pairs,
    widened where pairs come in clusters. Arora and Zhang look for the batch size at which a pair of
    near duplicates turns up in half the batches, and judge by eye what is one; here samples are equal in every cell.

    References
    ----------
    Arora and Zhang 2018, "Do GANs learn the distribution? Some Theory and Empirics", ICLR, section 2.

    Examples
    --------
    >>> support_estimate(synthetic=np.array([[1.0], [1.0], [2.0], [3.0]]))
    6.0
    """
    side = feature_side(synthetic, "synthetic", like=None if real is None else feature_side(real, "real"))
    return value_of(_support_estimate, {"synthetic": side})


@metric(
    reads=_near_duplicate_share,
    family="variety",
    direction="match",
    bounds=(0.0, 1.0),
    unit="share",
    default=False,
    source="Arora and Zhang 2018, section 2 (near duplicates), with the radius taken from the real data",
    meaning="The share of synthetic samples nearer to another one than all but the closest real samples are.",
    misleads=(
        "Larger sets lie denser: compare only equal sizes. Where many real samples are equal to others, the radius is "
        "0 and only equal samples count."
    ),
    advice="Above the yardstick, the generator makes one sample again with small changes: train it for more variety.",
)
def near_duplicate_share(*, real: ArrayLike, synthetic: ArrayLike, quantile: float = 0.01) -> float:
    """Share of synthetic samples that have another synthetic one within the radius of real near duplicates.

    n(real, synthetic) = mean_j 1[ r_1(s_j) <= R ], with R the quantile of the real samples' distances r_1 to their own
    nearest neighbours: the least of them that at least that share do not exceed (the inverse of the empirical
    distribution function, type 1 of Hyndman and Fan).

    Parameters
    ----------
    real : array_like of shape (n, d)
        Sets the radius.
    synthetic : array_like of shape (m, d)
    quantile : float, default 0.01
        Share of the real samples that count as near duplicates of another one.

    Returns
    -------
    float in [0, 1]; nearest to the holdout's is best. For as many fresh real samples about `quantile`.

    Raises
    ------
    ShapeError, SampleSizeError
    AuditkitError
        If `quantile` is not between 0 and 1.

    Notes
    -----
    Equal samples are near ones too; their share alone is in the reading's details. Where more real samples than
    `quantile` are equal to another one, R is 0 and only equal samples count. Larger sets lie denser: compare only equal
    sizes. Distances are exact to float64.

    References
    ----------
    Arora and Zhang 2018, "Do GANs Learn the Distribution? Some Theory and Empirics", ICLR, section 2.
    Hyndman and Fan 1996, "Sample Quantiles in Statistical Packages", American Statistician 50, definition 1.

    Examples
    --------
    >>> x = np.arange(100.0).reshape(-1, 1) ** 2
    >>> near_duplicate_share(real=x, synthetic=np.array([[0.0], [1.0], [50.0], [80.0]]))
    0.5
    """
    return value_of(_near_duplicate_share, feature_sides(real, synthetic), quantile=quantile)
