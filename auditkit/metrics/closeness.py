"""Is it copied, seen by distance? Samples nearer to the training records than fresh real samples are.

None of these means anything alone: fresh real rows score anything from .33 to .84 on authenticity, and a distance
has no zero point. Each stands beside the holdout.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from auditkit.errors import SampleSizeError
from auditkit.metrics.arrays import feature_sides
from auditkit.metrics.crossing import Crossing, Pairs
from auditkit.metrics.mixed_space import mixed_distance, mixed_holdout_share, mixed_ratio, mixed_sides
from auditkit.metrics.neighbours import Neighbours, Points, check_k
from auditkit.metrics.parameters import one_of
from auditkit.metrics.registry import Reading, metric, value_of
from auditkit.metrics.spaces import Space, is_mixed
from auditkit.metrics.tiles import TIE, tied
from auditkit.metrics.votes import vote_reading

__all__ = ["authenticity", "distance_to_closest_record", "holdout_share", "nearest_neighbour_distance_ratio"]

Variant = Literal["paper", "synthcity"]
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, eq=False)
class _Votes:
    """Votes of the synthetic rows for their nearest records.

    Attributes
    ----------
    share : ndarray of shape (u_s,)
        What each distinct synthetic row gives to train.
    squares : float
        Sum over all real records of their squared votes.
    """

    share: NDArray[np.float64]
    squares: float


def _holdout_share(
    crossing: Crossing,
    holdout_crossing: Crossing,
    real_points: Points,
    holdout_points: Points,
    synthetic_points: Points,
) -> Reading:
    votes = _votes(crossing, holdout_crossing, real_points, holdout_points, synthetic_points)
    return vote_reading(votes.share[synthetic_points.inverse], votes.squares, (len(real_points), len(holdout_points)))


def _votes(crossing: Crossing, holdout_crossing: Crossing, real: Points, holdout: Points, synthetic: Points) -> _Votes:
    """Each synthetic row splits one vote among all records, of both sets, that are tied for nearest."""
    near, fresh = crossing.nearest_real_squared, holdout_crossing.nearest_real_squared
    same = tied(near, fresh)
    in_real = _tied_rows(crossing.nearest_real_ties, real) * ((near < fresh) | same)
    in_holdout = _tied_rows(holdout_crossing.nearest_real_ties, holdout) * ((fresh < near) | same)
    each = synthetic.counts / (in_real + in_holdout)
    squares = 0.0
    for pairs, points, counted in (
        (crossing.nearest_real_ties, real, in_real > 0),
        (holdout_crossing.nearest_real_ties, holdout, in_holdout > 0),
    ):
        weights = np.bincount(pairs.real, (each * counted)[pairs.synthetic], minlength=points.n_distinct)
        squares += float((points.counts * weights**2).sum())
    return _Votes(in_real / (in_real + in_holdout), squares)


def _tied_rows(ties: Pairs, points: Points) -> NDArray[np.float64]:
    """Records tied for nearest to each distinct synthetic row, copies counted."""
    return np.add.reduceat(points.counts[ties.real].astype(np.float64), ties.offsets[:-1])


def _authenticity(
    crossing: Crossing, real_neighbours: Neighbours, real_points: Points, synthetic_points: Points, *, variant: Variant
) -> Reading:
    one_of("variant", variant, Variant)
    if variant == "synthcity":
        return _published_authenticity(crossing, real_neighbours, real_points, synthetic_points)
    ties = crossing.nearest_real_ties
    farther = ties.squared_distances > real_neighbours.squared_radius(1)[ties.real] * (1.0 + TIE)
    weights = real_points.counts[ties.real].astype(np.float64)
    share = np.add.reduceat(farther * weights, ties.offsets[:-1]) / np.add.reduceat(weights, ties.offsets[:-1])
    n = (len(real_points), len(synthetic_points))
    return Reading(synthetic_points.mean(share), n, contributions=share[synthetic_points.inverse])


def _published_authenticity(
    crossing: Crossing, real_neighbours: Neighbours, real_points: Points, synthetic_points: Points
) -> Reading:
    """Position j of the synthetic row nearest to each real one, taken for a position among the real rows."""
    n, m = len(real_points), len(synthetic_points)
    if n != m:
        raise SampleSizeError(
            f"the synthcity variant of authenticity needs as many synthetic samples as real ones, got real={n} and "
            f"synthetic={m}: cut the larger set, or use variant='paper'."
        )
    _, first = np.unique(synthetic_points.inverse, return_index=True)
    position = first[crossing.nearest_synthetic][real_points.inverse]
    distance = crossing.nearest_synthetic_squared[real_points.inverse]
    radius = real_neighbours.squared_radius(1)[real_points.inverse]
    return Reading(float((radius[position] * (1.0 + TIE) < distance).mean()), (n, m))


def _distance_to_closest_record(crossing: Crossing, real_points: Points, synthetic_points: Points) -> Reading:
    return median_reading(crossing.nearest_real_distance[synthetic_points.inverse], len(real_points))


def _nearest_neighbour_distance_ratio(crossing: Crossing, real_points: Points, synthetic_points: Points) -> Reading:
    check_k(1, len(real_points), "real")
    ratio = np.sqrt(distance_ratio(crossing.nearest_real_squared, crossing.second_real_squared))
    return median_reading(ratio[synthetic_points.inverse], len(real_points))


def distance_ratio(nearest: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Nearest over second nearest distance.

    On two equal records a sample is no nearer to one than to the other, at distance 0 as at any other: 1.
    """
    return np.divide(nearest, second, out=np.ones_like(nearest), where=second > 0)


def median_reading(each: NDArray[np.float64], n_real: int) -> Reading:
    """Median over the synthetic rows, with quantiles."""
    return Reading(
        float(np.median(each)),
        (n_real, len(each)),
        contributions=each,
        details={"quantiles": [float(q) for q in np.quantile(each, QUANTILES)]},
    )


@metric(
    reads=_holdout_share,
    family="copying",
    direction="lower",
    bounds=(0.0, 1.0),
    unit="share",
    interval="reading",
    sized_by=("real",),
    source="Platzer and Reutterer 2021; variance over permutations of train and holdout labels",
    meaning="The share of synthetic samples whose nearest real record is a training record, not a holdout record.",
    misleads=(
        "A small holdout hides copies in the share itself (the judged excess corrects that), and a holdout from "
        "another time or place accuses honest generators."
    ),
    advice="Train for fewer steps or with more data; remove the samples nearest to training records; add noise.",
    mixed=mixed_holdout_share,
)
def holdout_share(*, real: Any, synthetic: Any, holdout: Any, space: Space = "features") -> float:
    """Share of synthetic samples that are nearer to a training record than to a holdout record.

    h(real, synthetic, holdout) = mean_j t_j / (t_j + u_j), with t_j and u_j the numbers of training and of holdout
    records at the least distance that any of both has to s_j.

    Parameters
    ----------
    real : array_like of shape (n, d)
        Training records.
    synthetic : array_like of shape (m, d)
    holdout : array_like of shape (h, d)
        Real records that the generator never saw.
    space : {"features", "mixed"}, default "features"
        With `"mixed"` the sets are tables, compared cell by cell (see Notes).

    Returns
    -------
    float in [0, 1]; lower is better, n / (n + h) for a generator that learnt the distribution and no record.

    Raises
    ------
    ShapeError, SampleSizeError, DataError, UnknownNameError

    Notes
    -----
    Records tied for nearest share the vote. Synthetic samples share neighbours, so an audit takes the variance over
    permutations of train and holdout labels, never a binomial one. The excess that it judges is
    (share - pi) / (2 (1 - pi)) with pi = n / (n + h): half the share of synthetic samples that are drawn to train,
    whatever the sizes, and share - pi where these are equal.

    In mixed space a distance is the mean over the columns: of |a - b| / range, at most 1, for numbers and moments, with
    one range for train and holdout together; of 0 or 1 for categories; 0 between two missing cells and 1 between a
    missing one and any other.

    References
    ----------
    Platzer and Reutterer 2021, "Holdout-Based Empirical Assessment of Mixed-Type Synthetic Data".

    Examples
    --------
    >>> x = np.arange(8.0).reshape(-1, 1)
    >>> holdout_share(real=x[::2], synthetic=x[::2] + 0.1, holdout=x[1::2])
    1.0
    """
    if is_mixed(space):
        return value_of(mixed_holdout_share, mixed_sides(real=real, synthetic=synthetic, holdout=holdout))
    return value_of(_holdout_share, feature_sides(real, synthetic, holdout=holdout))


@metric(
    reads=_authenticity,
    family="copying",
    direction="match",
    bounds=(0.0, 1.0),
    unit="share",
    sized_by=("real",),
    source="Alaa et al. 2022 (authenticity)",
    meaning="The share of samples farther from their nearest training record than that record is from its own.",
    misleads=(
        "Alone it means nothing: fresh real rows score from .33 to .84. Where real data repeat themselves, a value "
        "above the yardstick is no sign of privacy."
    ),
    advice="Below the yardstick: too near to the training records; train for fewer steps or with more data.",
)
def authenticity(*, real: ArrayLike, synthetic: ArrayLike, variant: Variant = "paper") -> float:
    """Share of synthetic samples that lie farther from their nearest real one than that one's nearest neighbour.

    a(real, synthetic) = mean_j 1[ d(s_j, r_i) > r_1(r_i) ], r_i the nearest real sample of s_j.

    Parameters
    ----------
    real : array_like of shape (n, d)
    synthetic : array_like of shape (m, d)
    variant : {"paper", "synthcity"}, default "paper"
        `"synthcity"` gives the numbers of that package, which much of the literature on tables reports.

    Returns
    -------
    float in [0, 1]; nearest to the holdout's is best (fresh real samples do not score 1).

    Raises
    ------
    ShapeError, SampleSizeError
        The variant of synthcity needs sets of equal size.

    Notes
    -----
    Real samples tied for nearest are averaged. Where real data repeat themselves by nature (messages, coarse tables)
    this number says little, for two reasons that have nothing to do with memory: a sample equal to a training record
    counts as copied, also where fresh real samples equal training records as often; and the radius of a training
    record that has a twin is 0, so that everything near it that is not equal counts as authentic. A generator that
    writes no such repeats then lies above the yardstick: 11 % of fresh SMS messages equal a training message, and the
    n-gram generator lies .12 to .17 above the yardstick there, .06 to .11 when samples equal to a training record are
    left out of both; the rest is its own. Being above is no sign of privacy: read `copy_excess` and `holdout_share`
    there, which count repeats of both sets alike. The synthcity package takes for each real sample r_i its nearest
    synthetic one s_j and then the radius of the real sample at position j, which is another and unrelated one:
    mean_i 1[ d(r_i, s_j) > r_1(r_j) ]. That number changes with the order of the rows.

    References
    ----------
    Alaa et al. 2022, "How Faithful is your Synthetic Data?", ICML (authenticity).

    Examples
    --------
    >>> x = np.arange(8.0).reshape(-1, 1)
    >>> authenticity(real=x, synthetic=np.array([[0.5], [9.0]]))
    0.5
    """
    return value_of(_authenticity, feature_sides(real, synthetic), variant=variant)


@metric(
    reads=_distance_to_closest_record,
    family="copying",
    direction="match",
    bounds=(0.0, None),
    unit="feature units",
    source="Park et al. 2018 (distance to the closest record)",
    meaning="How far the median synthetic sample is from its closest training record.",
    misleads="A median hides copied minorities, and noise raises it: a large distance is no evidence of privacy.",
    advice="Compare with the holdout only; a few copies do not move a median, so read copy_excess beside it.",
    mixed=mixed_distance,
)
def distance_to_closest_record(*, real: Any, synthetic: Any, space: Space = "features") -> float:
    """Median Euclidean distance from a synthetic sample to its closest real one.

    c(real, synthetic) = median_j min_i |s_j - r_i|.

    Parameters
    ----------
    real : array_like of shape (n, d)
    synthetic : array_like of shape (m, d)
    space : {"features", "mixed"}, default "features"
        With `"mixed"` the sets are tables, compared cell by cell (see Notes).

    Returns
    -------
    float in [0, inf), in units of the features (in [0, 1] in mixed space); nearest to the holdout's is best.

    Raises
    ------
    ShapeError, SampleSizeError, DataError, UnknownNameError

    Notes
    -----
    A median hides copied minorities: it is no evidence of privacy.

    In mixed space the distance is that of SDMetrics 0.32 (`calculate_dcr`): the mean over the columns of |a - b| over
    the real range, at most 1, for numbers and moments, and of 0 or 1 for categories; 0 between two missing cells and 1
    between a missing one and any other. A column that is constant in the real set counts 0 or 1.

    References
    ----------
    Park et al. 2018, "Data Synthesis based on Generative Adversarial Networks", PVLDB 11, section 5 (distance to the
    closest record).

    Examples
    --------
    >>> x = np.arange(8.0).reshape(-1, 1)
    >>> distance_to_closest_record(real=x, synthetic=x + 0.25)
    0.25
    >>> table = {"age": [20.0, 60.0], "sex": ["f", "m"]}
    >>> distance_to_closest_record(real=table, synthetic={"age": [24.0], "sex": ["f"]}, space="mixed")
    0.05
    """
    if is_mixed(space):
        return value_of(mixed_distance, mixed_sides(real=real, synthetic=synthetic))
    return value_of(_distance_to_closest_record, feature_sides(real, synthetic))


@metric(
    reads=_nearest_neighbour_distance_ratio,
    family="copying",
    direction="match",
    bounds=(0.0, 1.0),
    unit="ratio",
    default=False,
    source="Platzer and Reutterer 2021 (nearest-neighbour distance ratio); Lowe 2004, section 7.1",
    meaning="How much nearer the median synthetic sample is to its closest training record than to the next one.",
    misleads=(
        "A median hides copied minorities; duplicates among the real records push it to 1, and samples far from "
        "everything have 1 as well."
    ),
    advice="Below the yardstick: samples sit on single records; a median hides few copies, so read copy_excess too.",
    mixed=mixed_ratio,
)
def nearest_neighbour_distance_ratio(*, real: Any, synthetic: Any, space: Space = "features") -> float:
    """Median ratio of a synthetic sample's distances to its closest and to its second closest real one.

    t(real, synthetic) = median_j d_1(s_j) / d_2(s_j), d_k the distance to the k-th nearest real sample.

    Parameters
    ----------
    real : array_like of shape (n, d)
        At least two samples.
    synthetic : array_like of shape (m, d)
    space : {"features", "mixed"}, default "features"
        With `"mixed"` the sets are tables, compared cell by cell (see Notes).

    Returns
    -------
    float in [0, 1]; nearest to the holdout's is best, 0 for a set of copies.

    Raises
    ------
    ShapeError, SampleSizeError

    Notes
    -----
    Real samples that occur twice are two records: a sample nearest to them has ratio 1, also at distance 0, where the
    quotient alone says nothing. mostlyai-qa adds 1e-8 to both distances, which agrees there, and reports the tenth
    smallest ratio instead of the median; syntheval gives 0 there. In mixed space distances are those of
    `distance_to_closest_record`.

    References
    ----------
    Lowe 2004, "Distinctive Image Features from Scale-Invariant Keypoints", IJCV 60, section 7.1.
    Platzer and Reutterer 2021, "Holdout-Based Empirical Assessment of Mixed-Type Synthetic Data".

    Examples
    --------
    >>> nearest_neighbour_distance_ratio(real=[[0.0], [4.0]], synthetic=[[1.0], [0.8], [3.2]])
    0.25
    """
    if is_mixed(space):
        return value_of(mixed_ratio, mixed_sides(real=real, synthetic=synthetic))
    return value_of(_nearest_neighbour_distance_ratio, feature_sides(real, synthetic))
