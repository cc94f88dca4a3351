"""Shapes of columns of numbers and dates: how like a synthetic column is to the real one, a number per question.

None of these sees more than one column: independently shuffled columns are perfect here. A missing cell is a cell:
a column that lost half of its values is not like one that has them all. Where sdmetrics answers otherwise,
`compatible="sdmetrics"` gives its number.
"""

from __future__ import annotations

from typing import Any

from auditkit.metrics.parameters import one_of
from auditkit.metrics.registry import Reading, metric
from auditkit.metrics.tables import shapes
from auditkit.metrics.tables.peers import SDMetrics, check_peer
from auditkit.metrics.tables.scored import ColumnSketches, mean_of_columns, reading_of_columns, reading_of_missing
from auditkit.metrics.tables.shapes import Ordered, Statistic
from auditkit.metrics.tables.sides import score_levels, score_ordered

__all__ = [
    "boundary_adherence",
    "ks_complement",
    "missing_value_similarity",
    "range_coverage",
    "statistic_similarity",
    "wasserstein_complement",
]


def _statistic_similarity(
    real_sketches: ColumnSketches, synthetic_sketches: ColumnSketches, *, statistic: Statistic
) -> Reading:
    one_of("statistic", statistic, Statistic)
    return mean_of_columns(
        real_sketches, synthetic_sketches, Ordered, lambda a, b: shapes.statistic_score(a, b, statistic)
    )


@metric(
    reads=reading_of_columns("ks_complement"),
    family="realism",
    modalities=("tabular",),
    direction="higher",
    bounds=(0.0, 1.0),
    floor="uniform",
    asks=("rows",),
    source="1 - Kolmogorov-Smirnov distance; Smirnov 1948",
    meaning="How like the distributions of numbers and dates are, column by column; missing cells count.",
    misleads=(
        "One column at a time: independently shuffled columns are perfect. It is least sensitive in the tails, where "
        "rare values are."
    ),
    advice="Compare the column with the real one: heaps, limits, gaps. Transform it before training, or train longer.",
)
def ks_complement(*, real: Any, synthetic: Any, compatible: SDMetrics | None = None) -> float:
    """One less the Kolmogorov-Smirnov distance of two columns of numbers or dates, missing cells counted.

    1 - max over x of |P(real <= x) - P(synthetic <= x)| and of the same with > x, P being shares of all rows: a
    missing cell is neither, so the score is never above `missing_value_similarity`.

    Parameters
    ----------
    real, synthetic : column of length n and m
        Numbers or dates.
    compatible : {"sdmetrics"}, optional
        KSComplement of sdmetrics 0.32: missing cells are dropped, numbers rounded to 14 decimals.

    Returns
    -------
    float in [0, 1]; higher is better. 1 on identical columns.

    Raises
    ------
    UndefinedError
        In the peer's way, if a column has no present value.
    DataError, ShapeError, SampleSizeError
        If a column cannot be read as numbers, is more than one, or is empty.

    Notes
    -----
    O(n log n). Integers beyond 2^53 are compared exactly. Without missing cells both ways agree.

    References
    ----------
    Smirnov 1948, "Table for Estimating the Goodness of Fit of Empirical Distributions"; sdmetrics 0.32.0.

    Examples
    --------
    >>> ks_complement(real=[1, 2, 3, 4], synthetic=[1, 2, 3, None])
    0.75
    >>> ks_complement(real=[1, 2, 3, 4], synthetic=[3, 4, None, None], compatible="sdmetrics")
    0.5
    """
    check_peer(compatible, SDMetrics)
    logic = shapes.peer_distribution_similarity if compatible else shapes.distribution_similarity
    return score_ordered("ks_complement", real, synthetic, logic)


@metric(
    reads=reading_of_columns("wasserstein_complement"),
    family="realism",
    modalities=("tabular",),
    direction="higher",
    bounds=(0.0, 1.0),
    floor="uniform",
    default=False,
    asks=("rows",),
    source="1 - Wasserstein-1 distance over the real range",
    meaning="How far numbers and dates would have to be moved, in real ranges, column by column.",
    misleads="One far outlier in the real column makes everything near; missing cells are not seen.",
    advice="Look for a shifted or stretched column; check units and scaling.",
)
def wasserstein_complement(*, real: Any, synthetic: Any) -> float:
    """One less the Wasserstein-1 distance of two columns over the real range, at least 0.

    max(0, 1 - integral of |F_real - F_synthetic| / (max real - min real)), of present cells.

    Parameters
    ----------
    real, synthetic : column of length n and m
        Numbers or dates.

    Returns
    -------
    float in [0, 1]; higher is better. 1 on identical columns.

    Raises
    ------
    UndefinedError
        If the real column is constant or a column has no present value.
    DataError, ShapeError, SampleSizeError
        As for `ks_complement`.

    Notes
    -----
    O(n log n). Unlike the Kolmogorov-Smirnov distance it knows how far values have moved, and one far outlier in the
    real column makes everything near. Missing cells are not seen: read it beside `missing_value_similarity`.

    References
    ----------
    Ramdas, Garcia Trillos and Cuturi 2017, "On Wasserstein Two-Sample Testing and Related Families of Nonparametric
    Tests", Entropy 19, 47.

    Examples
    --------
    >>> wasserstein_complement(real=[0, 10], synthetic=[1, 9])
    0.9
    """
    return score_ordered("wasserstein_complement", real, synthetic, shapes.value_similarity)


@metric(
    reads=reading_of_missing,
    family="realism",
    modalities=("tabular",),
    direction="higher",
    bounds=(0.0, 1.0),
    interval="reading",
    asks=("rows",),
    source="1 - difference of the shares of missing cells, errors of both from Wilson's limits",
    meaning="Whether cells are missing as often as in the real columns.",
    misleads=(
        "It counts missing cells, not where they are: cells missing at random score like cells missing for a reason."
    ),
    advice="Let the generator model missing cells as a level or an indicator of its own.",
)
def missing_value_similarity(*, real: Any, synthetic: Any) -> float:
    """One less the difference of the shares of missing cells.

    1 - | n_missing_real / n - n_missing_synthetic / m |

    Parameters
    ----------
    real, synthetic : column of length n and m
        Of any type.

    Returns
    -------
    float in [0, 1]; higher is better. 1 on identical columns.

    Raises
    ------
    ShapeError, SampleSizeError
        If a side is more than one column, or empty.

    Notes
    -----
    O(n). The same number as sdmetrics.

    References
    ----------
    sdmetrics 0.32.0, MissingValueSimilarity.

    Examples
    --------
    >>> missing_value_similarity(real=[1, 2, 3, None], synthetic=[None, None, 1, 2])
    0.75
    """
    return score_levels("missing_value_similarity", real, synthetic, shapes.missing_similarity)


@metric(
    reads=_statistic_similarity,
    family="realism",
    modalities=("tabular",),
    direction="higher",
    bounds=(0.0, 1.0),
    floor="uniform",
    default=False,
    asks=("rows",),
    source="1 - difference of a statistic over the real range",
    meaning="How near a statistic of each column of numbers, the mean unless another is named, is to the real one.",
    misleads=(
        "One number of a column: a constant column with the right mean is perfect. An outlier that widens the range "
        "makes everything near."
    ),
    advice="Look for a shifted column; check units and scaling.",
)
def statistic_similarity(*, real: Any, synthetic: Any, statistic: Statistic = "mean") -> float:
    """One less the difference of a statistic of two columns over the real range, at least 0.

    max(0, 1 - |s(real) - s(synthetic)| / (max real - min real)), of present cells.

    Parameters
    ----------
    real, synthetic : column of length n and m
        Numbers or dates.
    statistic : {"mean", "median", "std"}
        The standard deviation divides by n - 1.

    Returns
    -------
    float in [0, 1]; higher is better. 1 on identical columns.

    Raises
    ------
    UnknownNameError
        If there is no such statistic.
    UndefinedError
        If the real column is constant, a column has no present value, or one value for "std".
    DataError, ShapeError, SampleSizeError
        As for `ks_complement`.

    Notes
    -----
    O(n log n). The same number as sdmetrics.

    References
    ----------
    sdmetrics 0.32.0, StatisticSimilarity.

    Examples
    --------
    >>> statistic_similarity(real=[0, 10], synthetic=[4, 4])
    0.9
    """
    one_of("statistic", statistic, Statistic)
    return score_ordered("statistic_similarity", real, synthetic, lambda a, b: shapes.statistic_score(a, b, statistic))


@metric(
    reads=reading_of_columns("boundary_adherence"),
    family="realism",
    modalities=("tabular",),
    direction="higher",
    bounds=(0.0, 1.0),
    asks=("rows",),
    sized_by=("real",),
    source="Share of cells within the real limits",
    meaning="Which share of numbers and dates lies within the real limits of its column.",
    misleads=(
        "Every value inside the limits is perfect, whatever its distribution; fresh real rows leave the limits now and "
        "then."
    ),
    advice="Clip or resample what lies outside, or bound the column in the generator.",
)
def boundary_adherence(*, real: Any, synthetic: Any) -> float:
    """Share of synthetic cells between the smallest and the largest real value.

    sum_j 1[ min real <= synthetic_j <= max real ] / m. Missing cells are left out of sum and m where the real column
    has some, and outside where it has none.

    Parameters
    ----------
    real, synthetic : column of length n and m
        Numbers or dates.

    Returns
    -------
    float in [0, 1]; higher is better. 1 on identical columns.

    Raises
    ------
    UndefinedError
        If the real column has no present value, or no synthetic cell is left.
    DataError, ShapeError, SampleSizeError
        As for `ks_complement`.

    Notes
    -----
    O(n log n). The same number as sdmetrics. Fresh real rows stay a little below 1: the holdout says how much.

    References
    ----------
    sdmetrics 0.32.0, BoundaryAdherence.

    Examples
    --------
    >>> boundary_adherence(real=[0, 5, 10], synthetic=[0, 10, 11, -1])
    0.5
    """
    return score_ordered("boundary_adherence", real, synthetic, shapes.boundary_share)


@metric(
    reads=reading_of_columns("range_coverage"),
    family="variety",
    modalities=("tabular",),
    direction="higher",
    bounds=(0.0, 1.0),
    asks=("rows",),
    source="Share of the real range that is spanned",
    meaning="How much of the real range of each column the synthetic one spans.",
    misleads="Two rows decide it: the smallest and the largest. Outliers cover best, and fewer rows cover less.",
    advice="Extremes are lost: train longer, or weigh rare values; heavy tails want a transform.",
)
def range_coverage(*, real: Any, synthetic: Any) -> float:
    """Share of the real range that lies between the smallest and the largest synthetic value.

    max(0, 1 - max(0, min s - min r) / R - max(0, max r - max s) / R), R = max r - min r.

    Parameters
    ----------
    real, synthetic : column of length n and m
        Numbers or dates.

    Returns
    -------
    float in [0, 1]; higher is better. 1 on identical columns.

    Raises
    ------
    UndefinedError
        If the real column is constant or a column has no present value.
    DataError, ShapeError, SampleSizeError
        As for `ks_complement`.

    Notes
    -----
    O(n log n). The same number as sdmetrics. Two rows decide it, so fewer rows cover less.

    References
    ----------
    sdmetrics 0.32.0, RangeCoverage.

    Examples
    --------
    >>> range_coverage(real=[0, 10], synthetic=[2, 20])
    0.8
    """
    return score_ordered("range_coverage", real, synthetic, shapes.range_share)
