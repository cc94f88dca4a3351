"""Precision and recall by typicality: how much of the typical part of one set is found in the other.

For every share alpha, the most typical samples are those nearest to the centre of their set. A perfect set has a share
of alpha inside the ball that holds a share of alpha of the real one; the scores say how far the curve of shares is
from that. They assume what the paper obtains with an embedding network, that the features of a set lie around one
centre: on clusters read `precision` and `coverage` instead.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from auditkit.blocks import split_blocks
from auditkit.errors import SampleSizeError
from auditkit.metrics.arrays import feature_sides
from auditkit.metrics.crossing import Crossing
from auditkit.metrics.crossing import crossing as cross
from auditkit.metrics.neighbours import Neighbours, Points, merge_rows, neighbours
from auditkit.metrics.parameters import one_of
from auditkit.metrics.products import Side
from auditkit.metrics.registry import Reading, metric, value_of
from auditkit.metrics.tiles import TIE

__all__ = ["alpha_precision", "beta_recall"]

Variant = Literal["paper", "synthcity"]
STEPS = 30
BLOCK = 1024
FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]


def _alpha_precision(real: Side, synthetic: Side, *, variant: Variant) -> Reading:
    n = _checked(variant, len(real), len(synthetic))
    if variant == "synthcity":
        ours, theirs = _scaled(real.features, synthetic.features)
        centre = ours.mean(axis=0)
        return Reading(_on_grid(_distances(ours, centre), _distances(theirs, centre)), n)
    origin = real.features[0].astype(np.float64)
    centre = _mean(real.features, origin)
    within = _squared(real.features, origin, centre)
    lower, upper = _ranks(_squared(synthetic.features, origin, centre), within)
    outside = float((lower == len(within)).mean())
    return Reading(_integrated(lower, upper, len(within)), n, details={"outside": outside})


def _beta_recall(
    real: Side,
    synthetic: Side,
    crossing: Crossing,
    real_neighbours: Neighbours,
    synthetic_neighbours: Neighbours,
    real_points: Points,
    synthetic_points: Points,
    *,
    variant: Variant,
) -> Reading:
    n = _checked(variant, len(real), len(synthetic))
    if variant == "synthcity":
        return Reading(_published_recall(*_scaled(real.features, synthetic.features)), n)
    if crossing.pairs_in_real is None and crossing.k > 1:  # for the balls of metrics with more neighbours
        near = real_neighbours, synthetic_neighbours
        crossing = _cross(real_points, synthetic_points, near)
    if crossing.pairs_in_real is None:
        reason = (
            f"beta_recall looks at each pair of a real ball and a synthetic sample in it, of which {n[0]} real and "
            f"{n[1]} synthetic samples have too many: take fewer samples."
        )
        return Reading(None, n, reason)
    origin = synthetic.features[0].astype(np.float64)
    centre = _mean(synthetic.features, origin)
    all_squared = _squared(synthetic.features, origin, centre)
    most_typical = _nearest_to_centre(_of_distinct(all_squared, synthetic_points), crossing, real_neighbours)
    squared = most_typical[real_points.inverse]
    lower, upper = _ranks(squared, all_squared)
    recalled = float(np.isfinite(squared).mean())
    return Reading(_integrated(lower, upper, len(all_squared)), n, details={"recalled": recalled})


def _checked(variant: str, n_real: int, n_synthetic: int) -> tuple[int, int]:
    one_of("variant", variant, Variant)
    if variant == "synthcity" and n_real != n_synthetic:
        raise SampleSizeError(
            f"variant 'synthcity' needs as many synthetic samples as real ones, got `real` with {n_real} and "
            f"`synthetic` with {n_synthetic}: cut the larger set, or use variant='paper'."
        )
    return n_real, n_synthetic


def _cross(real: Points, synthetic: Points, near: tuple[Neighbours, Neighbours]) -> Crossing:
    return cross(real, synthetic, real_neighbours=near[0], synthetic_neighbours=near[1], k=1)


def _nearest_to_centre(squared: FloatArray, crossing: Crossing, real_neighbours: Neighbours) -> FloatArray:
    """Least squared distance to the centre of the synthetic rows in each distinct real row's 1-ball; inf if none."""
    radius = real_neighbours.squared_radius(1)
    found = np.full(len(radius), np.inf)
    pairs = crossing.pairs_in_real
    if pairs is not None:
        inside = pairs.squared_distances <= radius[pairs.real] * (1.0 + TIE)
        np.minimum.at(found, pairs.real[inside], squared[pairs.synthetic[inside]])
    return found


def _of_distinct(values: FloatArray, points: Points) -> FloatArray:
    """Values of the distinct rows, from those of all rows."""
    found = np.empty(points.n_distinct)
    found[points.inverse] = values
    return found


def _mean(features: NDArray[np.floating], origin: FloatArray) -> FloatArray:
    """Mean of the rows less the origin, which keeps the digits of rows far from 0."""
    total = np.zeros(features.shape[1])
    for block in split_blocks(len(features), BLOCK):
        total += (features[block] - origin).sum(axis=0)
    return total / len(features)


def _squared(features: NDArray[np.floating], origin: FloatArray, centre: FloatArray) -> FloatArray:
    """Squared distances of the rows to origin plus centre."""
    blocks = split_blocks(len(features), BLOCK)
    return np.concatenate([(((features[block] - origin) - centre) ** 2).sum(axis=1) for block in blocks])


def _ranks(squared: FloatArray, reference: FloatArray) -> tuple[IndexArray, IndexArray]:
    """How many reference distances are smaller than each distance, and how many are not larger."""
    ordered = np.sort(reference)
    lower = np.searchsorted(ordered, squared * (1.0 - TIE), side="left")
    upper = np.searchsorted(ordered, squared * (1.0 + TIE), side="right")
    return lower, upper


def _integrated(lower: IndexArray, upper: IndexArray, n: int) -> float:
    """1 - 2 * integral of |P(alpha) - alpha|, exactly.

    A row with `lower` reference rows nearer to the centre is inside the ball of each alpha > lower / n. One at the
    distance of reference rows takes any place among them, in the mean over all orders. So P is linear between steps
    at the multiples of 1 / n.
    """
    tied = upper > lower
    steps = np.bincount(lower[~tied], minlength=n + 1) / len(lower)
    share = 1.0 / (upper[tied] - lower[tied]) / len(lower)
    slope = np.bincount(lower[tied], share, n + 1) - np.bincount(upper[tied], share, n + 1)
    rise = np.cumsum(slope)[:n]
    end = np.cumsum(steps[:n] + rise)
    grid = np.arange(n + 1) / n
    first, last = end - rise - grid[:-1], end - grid[1:]
    total = np.abs(first) + np.abs(last)
    # The area between a line and 0: a trapezium, or two triangles where it crosses.
    crossed = np.divide(first**2 + last**2, total, out=np.zeros(n), where=total > 0)
    area = np.where(first * last >= 0, total, crossed).sum() / (2 * n)
    return float(np.clip(1.0 - 2.0 * area, 0.0, 1.0))


def _scaled(real: NDArray[np.floating], synthetic: NDArray[np.floating]) -> tuple[FloatArray, FloatArray]:
    """Both sets with the range of each real feature brought to [0, 1]."""
    low = real.min(axis=0).astype(np.float64)
    span = real.max(axis=0).astype(np.float64) - low
    span[span == 0] = 1.0
    return (real - low) / span, (synthetic - low) / span


def _distances(rows: FloatArray, centre: FloatArray) -> FloatArray:
    return np.asarray(np.sqrt(((rows - centre) ** 2).sum(axis=1)))


def _on_grid(reference: FloatArray, distances: FloatArray, counted: NDArray[np.bool_] | None = None) -> float:
    """The package's sum over 30 shares, its ends included."""
    shares = np.linspace(0.0, 1.0, STEPS)
    radii = np.quantile(reference, shares)
    inside = distances <= radii[:, None]
    curve = (inside if counted is None else inside & counted).mean(axis=1)
    return float(1.0 - np.abs(shares - curve).sum() / shares.sum())


def _published_recall(real: FloatArray, synthetic: FloatArray) -> float:
    """Only the nearest synthetic row of each real one counts, and the quantiles are those of these nearest rows."""
    ours, theirs = merge_rows(real, name="real"), merge_rows(synthetic, name="synthetic")
    near = neighbours(ours, k=1, name="real"), neighbours(theirs, k=1, name="synthetic")
    found = _cross(ours, theirs, near)
    covered = found.nearest_synthetic_squared <= near[0].squared_radius(1) * (1.0 + TIE)
    distances = _distances(theirs.rows.astype(np.float64, copy=False), synthetic.mean(axis=0))[found.nearest_synthetic][
        ours.inverse
    ]
    return _on_grid(distances, distances, covered[ours.inverse])


@metric(
    reads=_alpha_precision,
    family="realism",
    direction="higher",
    bounds=(0.0, 1.0),
    default=False,
    source="Alaa et al. 2022, section 4 (integrated alpha-precision), without the embedding network",
    meaning="How well the spread of the synthetic samples around the real centre follows that of the real ones.",
    misleads=(
        "Data in several clusters: it takes the samples to lie around one centre, and what lies between clusters looks "
        "typical. Read precision beside it."
    ),
    advice="See `outside` in the details: far from the centre, drop the samples outside; too near, add variety.",
)
def alpha_precision(*, real: ArrayLike, synthetic: ArrayLike, variant: Variant = "paper") -> float:
    """Agreement of the typical part of the synthetic set with that of the real one, over all its sizes.

    IP(real, synthetic) = 1 - 2 integral_0^1 |P_a - a| da, P_a = mean_j 1[ |s_j - c| <= Q_a(|r - c|) ], with c the
    mean of the real samples and Q_a the quantile of their distances to it.

    Parameters
    ----------
    real : array_like of shape (n, d)
    synthetic : array_like of shape (m, d)
    variant : {"paper", "synthcity"}, default "paper"
        `"synthcity"` gives the numbers of that package, which most papers on tables report.

    Returns
    -------
    float in [0, 1]; higher is better. 1 on identical sets, 0 where all synthetic samples lie beyond all real ones, or
    all on the centre.

    Raises
    ------
    ShapeError
    SampleSizeError
        For variant "synthcity" with sets of different sizes.

    Notes
    -----
    The integral is exact. A synthetic sample at the distance of real ones takes any place among them, in the mean.
    The paper first maps the features into a ball by a network that is trained on the real samples, without a seed and
    with the features unscaled; it is not reproduced here, so the values are those called naive in the literature.
    The synthcity package scales each feature by its real range, sums over 30 shares with both ends and divides by
    their sum, needs n = m, and has values slightly below 1 on identical sets. O((n + m) d) time.

    References
    ----------
    Alaa et al. 2022, "How Faithful is your Synthetic Data? Sample-level Metrics for Evaluating and Auditing
    Generative Models", ICML, section 4.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(200, 3))
    >>> round(alpha_precision(real=x, synthetic=x[::-1]), 9), alpha_precision(real=x, synthetic=x + 20.0)
    (1.0, 0.0)
    """
    return value_of(_alpha_precision, feature_sides(real, synthetic), variant=variant)


@metric(
    reads=_beta_recall,
    family="variety",
    direction="higher",
    bounds=(0.0, 1.0),
    default=False,
    source="Alaa et al. 2022, section 4 (integrated beta-recall), without the embedding network",
    meaning="How much of the real data the typical part of the synthetic set covers, over all sizes of that part.",
    misleads=(
        "Data in several clusters, as for alpha_precision; and copies or sets that are too narrow score higher than "
        "fresh samples."
    ),
    advice="Look for missing modes; sample at a higher temperature; train with more variety.",
)
def beta_recall(*, real: ArrayLike, synthetic: ArrayLike, variant: Variant = "paper") -> float:
    """Share of the real set that the typical part of the synthetic one covers, over all its sizes.

    IR(real, synthetic) = 1 - 2 integral_0^1 |R_b - b| db, R_b = mean_i 1[ exists j: |s_j - c| <= Q_b(|s - c|) and
    d(r_i, s_j) <= r_1(r_i) ], with c the mean of the synthetic samples, Q_b the quantile of their distances to it and
    r_1 the distance of a real sample to its nearest other one.

    Parameters
    ----------
    real : array_like of shape (n, d)
    synthetic : array_like of shape (m, d)
    variant : {"paper", "synthcity"}, default "paper"
        `"synthcity"` gives the numbers of that package, which most papers on tables report.

    Returns
    -------
    float in [0, 1]; higher is better, up to the value of fresh real samples of about one half: the balls are small.

    Raises
    ------
    ShapeError
    SampleSizeError
        For variant "synthcity" with sets of different sizes.
    UndefinedError
        If more pairs lie in the balls than a crossing keeps, 20 million.

    Notes
    -----
    Of the paper's definition all but the embedding network is kept, with one neighbour; see `alpha_precision` for
    that and for the grid of synthcity. R_b is a step function where Q_b is the empirical quantile; here it is linear
    within each step of 1 / m, as a sample takes any place in its step, so the integral does not depend on which end of
    the step the quantile is taken at; both differ by less than 1 / m. The synthcity package also looks only at the
    nearest synthetic sample of each real one, and takes the quantiles over these nearest samples instead of over the
    synthetic set. Identical sets score 1 there, up to the grid; here less, for a sample's nearest neighbour on the rim
    of its ball may recall it too early. Copies and sets that are too narrow score higher than fresh samples: read
    `alpha_precision` and `authenticity` beside it.
    O(n m d) time.

    References
    ----------
    Alaa et al. 2022, "How Faithful is your Synthetic Data? Sample-level Metrics for Evaluating and Auditing
    Generative Models", ICML, section 4.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(200, 3))
    >>> beta_recall(real=x, synthetic=x + 1e-9) > 0.8, beta_recall(real=x, synthetic=x + 20.0)
    (True, 0.0)
    """
    return value_of(_beta_recall, feature_sides(real, synthetic), variant=variant)
