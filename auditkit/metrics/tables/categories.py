"""Shapes of columns of categories: which levels a synthetic column has, and how often.

Missing is a level where the real column has some. Text such as "NA" is a level like any other, not a missing cell.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from auditkit.data.any_table import frame_of
from auditkit.data.joint import encode_frames
from auditkit.metrics.parameters import number
from auditkit.metrics.registry import Reading, metric
from auditkit.metrics.tables import shapes
from auditkit.metrics.tables.peers import SDMetrics, check_peer
from auditkit.metrics.tables.scored import ColumnSketches, mean_of_columns, reading_of_columns
from auditkit.metrics.tables.shapes import Levels
from auditkit.metrics.tables.sides import score_levels

__all__ = [
    "category_adherence",
    "category_coverage",
    "key_uniqueness",
    "rare_category_loss",
    "tv_complement",
]


def _rare_category_loss(real_sketches: ColumnSketches, synthetic_sketches: ColumnSketches, *, rare: float) -> Reading:
    number("rare", rare, above=0, most=1, give=0.01)
    return mean_of_columns(real_sketches, synthetic_sketches, Levels, lambda a, b: shapes.rare_loss(a, b, rare))


@metric(
    reads=reading_of_columns("tv_complement"),
    family="realism",
    modalities=("tabular",),
    direction="higher",
    bounds=(0.0, 1.0),
    floor="uniform",
    asks=("rows",),
    source="1 - total variation distance of the levels",
    meaning="How like the shares of the levels are, category by category; missing is a level.",
    misleads=(
        "One column at a time: independently shuffled columns are perfect. With many levels, fresh real rows fall "
        "short of 1 as well."
    ),
    advice="Draw with conditions on the level, or train longer; check levels that are spelt in two ways.",
)
def tv_complement(*, real: Any, synthetic: Any, compatible: SDMetrics | None = None) -> float:
    """One less the total variation distance of two columns of categories, missing being a category.

    1 - sum over levels of |p_real - p_synthetic| / 2.

    Parameters
    ----------
    real, synthetic : column of length n and m
    compatible : {"sdmetrics"}, optional
        TVComplement of sdmetrics 0.32: missing cells are dropped and a level that the real column lacks counts there
        as 1e-6 rows (a difference of about 1e-6 / n per such level).

    Returns
    -------
    float in [0, 1]; higher is better. 1 on identical columns.

    Raises
    ------
    UndefinedError
        In the peer's way, if a column has no present value.
    ShapeError, SampleSizeError
        If a side is more than one column, or empty.

    Notes
    -----
    O(n). Text such as "NA" is a level like any other.

    References
    ----------
    Levin, Peres and Wilmer 2017, "Markov Chains and Mixing Times", 4.1; sdmetrics 0.32.0.

    Examples
    --------
    >>> tv_complement(real=["a", "a", "b", "b"], synthetic=["a", "a", "a", None])
    0.5
    """
    check_peer(compatible, SDMetrics)
    logic = shapes.peer_variation_similarity if compatible else shapes.variation_similarity
    return score_levels("tv_complement", real, synthetic, logic)


@metric(
    reads=reading_of_columns("category_coverage"),
    family="variety",
    modalities=("tabular",),
    direction="higher",
    bounds=(0.0, 1.0),
    asks=("rows",),
    source="Share of the real levels that occur",
    meaning="Which share of the real levels of each category occurs at all.",
    misleads=(
        "A level of one row in a million counts as much as any other, and one occurrence is enough; fewer rows cover "
        "less."
    ),
    advice="Rare levels are lost: weigh them in training, or draw them with conditions.",
)
def category_coverage(*, real: Any, synthetic: Any) -> float:
    """Share of the real levels that the synthetic column has.

    |L_real & L_synthetic| / |L_real|, with L the set of levels that occur.

    Parameters
    ----------
    real, synthetic : column of length n and m

    Returns
    -------
    float in [0, 1]; higher is better. 1 on identical columns.

    Raises
    ------
    UndefinedError
        If the real column has no level.
    ShapeError, SampleSizeError
        As for `tv_complement`.

    Notes
    -----
    O(n). The same number as sdmetrics. A level held by one row in a million counts as much as any other.

    References
    ----------
    sdmetrics 0.32.0, CategoryCoverage.

    Examples
    --------
    >>> category_coverage(real=["a", "b", "c", "d"], synthetic=["a", "a", "z"])
    0.25
    """
    return score_levels("category_coverage", real, synthetic, shapes.level_coverage)


@metric(
    reads=reading_of_columns("category_adherence"),
    family="realism",
    modalities=("tabular",),
    direction="higher",
    bounds=(0.0, 1.0),
    default=False,
    asks=("rows",),
    sized_by=("real",),
    source="Share of cells whose level is a real one",
    meaning="Which share of cells holds a level that the real column has.",
    misleads=(
        "Levels that are allowed but happen not to occur in the real column count as wrong, and one level repeated is "
        "perfect."
    ),
    advice="Drop the rows with invented levels; check spelling and case.",
)
def category_adherence(*, real: Any, synthetic: Any) -> float:
    """Share of synthetic cells whose level the real column has; missing counts if the real column has missing cells.

    sum_j 1[ synthetic_j in L_real ] / m, with L_real the set of real levels that occur and, if it does, missing.

    Parameters
    ----------
    real, synthetic : column of length n and m

    Returns
    -------
    float in [0, 1]; higher is better. 1 on identical columns.

    Raises
    ------
    ShapeError, SampleSizeError
        As for `tv_complement`.

    Notes
    -----
    O(n). The same number as sdmetrics.

    References
    ----------
    sdmetrics 0.32.0, CategoryAdherence.

    Examples
    --------
    >>> category_adherence(real=["a", "b"], synthetic=["a", "b", "z", None])
    0.5
    """
    return score_levels("category_adherence", real, synthetic, shapes.known_share)


@metric(
    reads=_rare_category_loss,
    family="variety",
    modalities=("tabular",),
    direction="lower",
    bounds=(0.0, 1.0),
    default=False,
    asks=("rows",),
    source="Share of the rare real levels that are lost",
    meaning="Which share of the rare levels of each category (of at most 1 % of the rows, or as named) is lost.",
    misleads=(
        "Fresh real rows lose rare levels too, the fewer rows the more: read it beside the yardstick. What is rare "
        "depends on a threshold."
    ),
    advice="Weigh rare levels in training, or draw them with conditions.",
)
def rare_category_loss(*, real: Any, synthetic: Any, rare: float = 0.01) -> float:
    """Share of the rare real levels that the synthetic column lacks.

    |R - L_synthetic| / |R|, with R = { l : 0 < p_real(l) <= rare } and L_synthetic the set of levels that occur.

    Parameters
    ----------
    real, synthetic : column of length n and m
    rare : float
        A level is rare if at most this share of the real rows hold it; in (0, 1].

    Returns
    -------
    float in [0, 1]; lower is better. 0 on identical columns.

    Raises
    ------
    UndefinedError
        If no real level is rare.
    AuditkitError
        If `rare` is no such share.
    ShapeError, SampleSizeError
        As for `tv_complement`.

    Notes
    -----
    O(n). Fresh real rows lose some too, on average sum (1 - p)^m / K: the holdout says how many.

    References
    ----------
    Alaa et al. 2022, "How Faithful is your Synthetic Data?", ICML (why coverage stands beside fidelity).

    Examples
    --------
    >>> rare_category_loss(real=["a"] * 8 + ["b", "c"], synthetic=["a", "b"], rare=0.1)
    0.5
    """
    number("rare", rare, above=0, most=1, give=0.01)
    return score_levels("rare_category_loss", real, synthetic, lambda a, b: shapes.rare_loss(a, b, rare))


def key_uniqueness(*, synthetic: Any) -> float:
    """Share of rows whose key is neither missing nor that of an earlier row.

    |{ key_j : key_j is not missing }| / m, the number of distinct keys over that of rows.

    Parameters
    ----------
    synthetic : column or table of m rows
        The columns of the key; a key is missing where all of them are.

    Returns
    -------
    float in [0, 1]; higher is better. 1 where every key is its own.

    Raises
    ------
    DataError, SampleSizeError
        If it is no table, or empty.

    Notes
    -----
    O(m). The same number as sdmetrics, which takes the real keys too and does not look at them.

    References
    ----------
    sdmetrics 0.32.0, KeyUniqueness.

    Examples
    --------
    >>> key_uniqueness(synthetic=["a", "b", "b", None])
    0.5
    """
    frame = frame_of(synthetic, name="synthetic")
    cells = encode_frames({"synthetic": frame}, kinds=dict.fromkeys(frame.columns, "category"))["synthetic"]
    codes = np.column_stack(cells.values)
    distinct = np.unique(codes[codes.any(axis=1)], axis=0)
    return len(distinct) / len(cells)
