"""Is it realistic, is it varied? Balls around each sample up to its k-th neighbour stand for the region of a set.

Precision and density ask whether synthetic samples lie where real ones do; recall and coverage whether real samples
lie where synthetic ones do. Precision rewards copies and recall rewards outliers; density above the yardstick means
samples too typical. All depend on the sizes of both sets: compare only at equal sizes.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from auditkit.metrics.arrays import feature_sides
from auditkit.metrics.crossing import Crossing
from auditkit.metrics.neighbours import Neighbours, Points
from auditkit.metrics.parameters import one_of
from auditkit.metrics.registry import Reading, evaluate, metric, value_of
from auditkit.metrics.tiles import tied

__all__ = [
    "PrecisionRecallDensityCoverage",
    "coverage",
    "density",
    "precision",
    "precision_recall_density_coverage",
    "recall",
]

Ties = Literal["strict", "inclusive", "half"]
# What a sample on the rim of a ball counts for.
RIM = {"strict": 0.0, "inclusive": 1.0, "half": 0.5}
SOURCE = "Naeem et al. 2020, {}; ties as stated by the parameter"


def read_precision(crossing: Crossing, real_points: Points, synthetic_points: Points, *, k: int, ties: Ties) -> Reading:
    inside = crossing.inside_real(k)
    return _share(inside.strict > 0, inside.tied > 0, ties, synthetic_points, real_points, synthetic_points)


def _density(crossing: Crossing, real_points: Points, synthetic_points: Points, *, k: int, ties: Ties) -> Reading:
    inside = crossing.inside_real(k)
    hits = (inside.strict + _rim(ties) * inside.tied) / k
    return _mean(hits, inside.tied > 0, synthetic_points, real_points, synthetic_points)


def read_recall(crossing: Crossing, real_points: Points, synthetic_points: Points, *, k: int, ties: Ties) -> Reading:
    inside = crossing.inside_synthetic(k)
    return _share(inside.strict > 0, inside.tied > 0, ties, real_points, real_points, synthetic_points)


def _coverage(
    crossing: Crossing,
    real_neighbours: Neighbours,
    real_points: Points,
    synthetic_points: Points,
    *,
    k: int,
    ties: Ties,
) -> Reading:
    crossing.require(k)
    radius, nearest = real_neighbours.squared_radius(k), crossing.nearest_synthetic_squared
    rim = tied(nearest, radius)
    return _share((nearest < radius) & ~rim, rim, ties, real_points, real_points, synthetic_points)


def _rim(ties: Ties) -> float:
    one_of("ties", ties, Ties)
    return RIM[ties]


def _share(
    strict: NDArray[np.bool_], rim: NDArray[np.bool_], ties: Ties, rows: Points, real: Points, synthetic: Points
) -> Reading:
    """Share of rows that are inside, or on a rim and not inside as far as that counts."""
    hangs = rim & ~strict
    return _mean(strict + _rim(ties) * hangs, hangs, rows, real, synthetic)


def _mean(
    per_row: NDArray[np.float64], hangs: NDArray[np.bool_], rows: Points, real: Points, synthetic: Points
) -> Reading:
    """Mean over all rows, and the share of those whose part hangs on a tie: another rule would give them another."""
    value = rows.mean(per_row)
    details = {"tie_rate": rows.mean(hangs)}
    contributions = per_row[rows.inverse] if rows is synthetic else None
    return Reading(value, (len(real), len(synthetic)), contributions=contributions, details=details)


@metric(
    reads=read_precision,
    family="realism",
    direction="higher",
    bounds=(0.0, 1.0),
    unit="share",
    sized_by=("real",),
    source=SOURCE.format("section 2 (precision)"),
    meaning="The share of synthetic samples that lie where real samples lie.",
    misleads=(
        "Copies and a collapsed set score 1, and one real outlier with a huge ball lets everything in: read density, "
        "coverage and the copying metrics beside it."
    ),
    advice="Filter the samples outside the real manifold; train longer; lower the sampling temperature.",
)
def precision(*, real: ArrayLike, synthetic: ArrayLike, k: int = 5, ties: Ties = "strict") -> float:
    """Share of synthetic samples inside the ball of some real sample.

    p(real, synthetic) = mean_j 1[ exists i: d(s_j, r_i) < r_k(r_i) ].

    Parameters
    ----------
    real : array_like of shape (n, d)
    synthetic : array_like of shape (m, d)
    k : int, default 5
        Neighbours that set a ball's radius; 1 <= k < min(n, m).
    ties : {"strict", "inclusive", "half"}, default "strict"
        What a sample on the rim of a ball counts: 0, 1, or one half.

    Returns
    -------
    float in [0, 1]; higher is better.

    Raises
    ------
    ShapeError, SampleSizeError

    Notes
    -----
    `"strict"` is the definition of the prdc package; the improved precision of Kynkäänniemi et al. counts ties inside.
    Exact to float64. O(n m d) time.

    References
    ----------
    Naeem et al. 2020, "Reliable Fidelity and Diversity Metrics for Generative Models", ICML, section 2.

    Examples
    --------
    >>> x = np.arange(10.0).reshape(-1, 1)
    >>> precision(real=x, synthetic=x + 0.25, k=2)
    1.0
    """
    return value_of(read_precision, feature_sides(real, synthetic), k=k, ties=ties)


@metric(
    reads=read_recall,
    family="variety",
    direction="higher",
    bounds=(0.0, 1.0),
    unit="share",
    source=SOURCE.format("section 2 (recall)"),
    meaning="The share of real samples that lie where synthetic samples lie.",
    misleads=(
        "One synthetic outlier owns a huge ball and lifts it, so noise can score better than good samples: read "
        "coverage beside it."
    ),
    advice="Look for missing modes; sample at a higher temperature; train with more variety.",
)
def recall(*, real: ArrayLike, synthetic: ArrayLike, k: int = 5, ties: Ties = "strict") -> float:
    """Share of real samples inside the ball of some synthetic sample.

    r(real, synthetic) = mean_i 1[ exists j: d(r_i, s_j) < r_k(s_j) ].

    Parameters
    ----------
    real : array_like of shape (n, d)
    synthetic : array_like of shape (m, d)
    k : int, default 5
        Neighbours that set a ball's radius; 1 <= k < min(n, m).
    ties : {"strict", "inclusive", "half"}, default "strict"

    Returns
    -------
    float in [0, 1]; higher is better.

    Raises
    ------
    ShapeError, SampleSizeError, UnknownNameError

    Notes
    -----
    One synthetic outlier has a huge ball and can lift it: read coverage beside it. `ties` as for `precision`. Exact to
    float64. O(n m d) time.

    References
    ----------
    Naeem et al. 2020, "Reliable Fidelity and Diversity Metrics for Generative Models", ICML, section 2.

    Examples
    --------
    >>> x = np.arange(10.0).reshape(-1, 1)
    >>> recall(real=x, synthetic=x[:6] + 0.25, k=2)
    0.8
    """
    return value_of(read_recall, feature_sides(real, synthetic), k=k, ties=ties)


@metric(
    reads=_density,
    family="realism",
    direction="match",
    bounds=(0.0, None),
    sized_by=("real",),
    source=SOURCE.format("section 3 (density)"),
    meaning="How densely real samples surround the synthetic ones; far above the yardstick means too typical.",
    misleads=(
        "A generator that repeats the dense middle of the data scores far above fresh real data; larger is better only "
        "up to the yardstick."
    ),
    advice="Too low: train longer. Too high: the generator repeats the middle of the data; add variety.",
)
def density(*, real: ArrayLike, synthetic: ArrayLike, k: int = 5, ties: Ties = "strict") -> float:
    """Mean number of real balls around a synthetic sample, over k.

    d(real, synthetic) = (1 / k) mean_j sum_i 1[ d(s_j, r_i) < r_k(r_i) ].

    Parameters
    ----------
    real : array_like of shape (n, d)
    synthetic : array_like of shape (m, d)
    k : int, default 5
        Neighbours that set a ball's radius; 1 <= k < min(n, m).
    ties : {"strict", "inclusive", "half"}, default "strict"

    Returns
    -------
    float in [0, n / k]; nearest to the holdout's is best, about 1 for fresh real samples.

    Raises
    ------
    ShapeError, SampleSizeError, UnknownNameError

    Notes
    -----
    A real outlier with a huge ball adds at most 1 / k to each sample, where it can lift `precision` to 1. `ties` as for
    `precision`. Exact to float64. O(n m d) time.

    References
    ----------
    Naeem et al. 2020, "Reliable Fidelity and Diversity Metrics for Generative Models", ICML, section 3.

    Examples
    --------
    >>> x = np.arange(10.0).reshape(-1, 1)
    >>> density(real=x, synthetic=x[4:6] + 0.25, k=1)
    2.0
    """
    return value_of(_density, feature_sides(real, synthetic), k=k, ties=ties)


@metric(
    reads=_coverage,
    family="variety",
    direction="higher",
    bounds=(0.0, 1.0),
    unit="share",
    source=SOURCE.format("section 3 (coverage)"),
    meaning="The share of real samples that have a synthetic sample near them.",
    misleads=(
        "It grows with the number of synthetic samples, and fresh real data reach about 1 - 2^-k, not 1; copies cover "
        "best."
    ),
    advice="Find the uncovered classes and groups; generate more of them; train with more variety.",
)
def coverage(*, real: ArrayLike, synthetic: ArrayLike, k: int = 5, ties: Ties = "strict") -> float:
    """Share of real samples with a synthetic sample inside their ball.

    c(real, synthetic) = mean_i 1[ exists j: d(r_i, s_j) < r_k(r_i) ].

    Parameters
    ----------
    real : array_like of shape (n, d)
    synthetic : array_like of shape (m, d)
    k : int, default 5
        Neighbours that set a ball's radius; 1 <= k < min(n, m).
    ties : {"strict", "inclusive", "half"}, default "strict"

    Returns
    -------
    float in [0, 1]; higher is better.

    Raises
    ------
    ShapeError, SampleSizeError, UnknownNameError

    Notes
    -----
    For as many fresh real samples it is about 1 - 2^-k, not 1, and it grows with m:
    compare at equal sizes. `ties` as for `precision`. Exact to float64. O(n m d) time.

    References
    ----------
    Naeem et al. 2020, "Reliable Fidelity and Diversity Metrics for Generative Models", ICML, section 3.

    Examples
    --------
    >>> x = np.arange(10.0).reshape(-1, 1)
    >>> coverage(real=x, synthetic=x[:5] + 0.25, k=2)
    0.6
    """
    return value_of(_coverage, feature_sides(real, synthetic), k=k, ties=ties)


class PrecisionRecallDensityCoverage(NamedTuple):
    """The four neighbour metrics of one pass."""

    precision: float
    recall: float
    density: float
    coverage: float


def _all_four(
    crossing: Crossing,
    real_neighbours: Neighbours,
    real_points: Points,
    synthetic_points: Points,
    *,
    k: int,
    ties: Ties,
) -> Reading:
    pair = (crossing, real_points, synthetic_points)
    four = {
        "precision": read_precision(*pair, k=k, ties=ties),
        "recall": read_recall(*pair, k=k, ties=ties),
        "density": _density(*pair, k=k, ties=ties),
        "coverage": _coverage(crossing, real_neighbours, real_points, synthetic_points, k=k, ties=ties),
    }
    first = four["precision"]
    return Reading(first.value, first.n, details={name: reading.value for name, reading in four.items()})


def precision_recall_density_coverage(
    *, real: ArrayLike, synthetic: ArrayLike, k: int = 5, ties: Ties = "strict"
) -> PrecisionRecallDensityCoverage:
    """Precision, recall, density and coverage from one pass over the pairs.

    Parameters
    ----------
    real : array_like of shape (n, d)
    synthetic : array_like of shape (m, d)
    k : int, default 5
        Neighbours that set a ball's radius; 1 <= k < min(n, m).
    ties : {"strict", "inclusive", "half"}, default "strict"

    Returns
    -------
    PrecisionRecallDensityCoverage
        Named tuple of four floats; see `precision`, `recall`, `density`, `coverage`.

    Examples
    --------
    >>> x = np.arange(10.0).reshape(-1, 1)
    >>> precision_recall_density_coverage(real=x, synthetic=x + 0.25, k=2).coverage
    1.0
    """
    return PrecisionRecallDensityCoverage(**evaluate(_all_four, feature_sides(real, synthetic), k=k, ties=ties).details)
