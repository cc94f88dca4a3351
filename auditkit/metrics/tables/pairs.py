"""Pairs: does what two columns have to do with each other survive, a number per question.

Each takes the same two columns of both sets, as tables with two columns. Correlations see only how numbers grow
together, and neither how large they are nor what else depends; cells of a table see everything, and marginal errors
too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from auditkit.data.cells import CellKind, Cells
from auditkit.errors import ShapeError, UndefinedError
from auditkit.metrics.parameters import flag, one_of, whole
from auditkit.metrics.registry import Reading, metric
from auditkit.metrics.side import Side
from auditkit.metrics.tables.bins import Edges, code_cells, edges_of
from auditkit.metrics.tables.contingency import Coded, all_pairs, associations, similarities
from auditkit.metrics.tables.correlations import NO_PAIR, pearson_matrix, spearman_matrix
from auditkit.metrics.tables.fidelity import BINS, relative_information
from auditkit.metrics.tables.scored import PairScores, mean_of_pairs, mean_over_pairs
from auditkit.metrics.tables.sides import pair_sides, table_sides
from auditkit.metrics.tables.whole_table import table_of

__all__ = ["contingency_similarity", "correlation_similarity", "cramers_v", "mutual_information"]

Coefficient = Literal["pearson", "spearman"]
COEFFICIENTS = {"pearson": pearson_matrix, "spearman": spearman_matrix}
MOST_BINS = 100_000
Kinds = Mapping[str, CellKind]


def _correlation_similarity(pair_scores: PairScores, *, coefficient: Coefficient) -> Reading:
    name = "correlation_similarity"
    one_of("coefficient", coefficient, Coefficient)
    return mean_over_pairs(pair_scores, name if coefficient == "pearson" else f"{name}[coefficient={coefficient}]")


def _contingency_similarity(
    real: Side, synthetic: Side, pair_scores: PairScores, *, bins: int, edges: Edges
) -> Reading:
    one_of("edges", edges, Edges)
    whole("bins", bins, 1, MOST_BINS, give=BINS)
    if (bins, edges) == (BINS, "quantile"):
        return mean_over_pairs(pair_scores, "contingency_similarity")
    cells = [table_of(side) for side in (real, synthetic)]
    coded = [_coded(side, cells[0], bins, edges) for side in cells]
    values = similarities(coded[0], coded[1], all_pairs(len(cells[0].columns)))
    return mean_of_pairs(cells[0].names, values, (len(cells[0]), len(cells[1])))


@metric(
    reads=_correlation_similarity,
    family="realism",
    modalities=("tabular",),
    direction="higher",
    bounds=(0.0, 1.0),
    floor="shuffled",
    asks=("rows",),
    source="1 - |r_real - r_synthetic| / 2",
    meaning="How near the correlation of each pair of columns of numbers is to the real one.",
    misleads=(
        "Pairs that are independent in both sets score near 1, so most look good; it sees how numbers grow together, "
        "nothing else, and no scale."
    ),
    advice="Relations are lost or made stronger: use a generator that models columns together, or train longer.",
)
def correlation_similarity(*, real: Any, synthetic: Any, coefficient: Coefficient = "pearson") -> float:
    """One less half the difference of the correlations of two columns of numbers or dates.

    1 - |r_real - r_synthetic| / 2, over the rows where both are present.

    Parameters
    ----------
    real, synthetic : table of two columns
    coefficient : {"pearson", "spearman"}

    Returns
    -------
    float in [0, 1]; higher is better. 1 on identical pairs.

    Raises
    ------
    UnknownNameError
        If there is no such coefficient.
    UndefinedError
        If a column is constant, or fewer than two rows have both.
    ShapeError, DataError, SampleSizeError
        If the sets do not share exactly two columns of numbers or dates.

    Notes
    -----
    O(n), Spearman O(n log n). The same number as sdmetrics without a threshold. Two columns that are independent in
    both sets score near 1, and a column times 1,000 scores 1: `contingency_similarity` sees the latter.

    References
    ----------
    Pearson 1895; Spearman 1904; sdmetrics 0.32.0, CorrelationSimilarity.

    Examples
    --------
    >>> real, synthetic = {"x": [1, 2, 3], "y": [2, 4, 6]}, {"x": [1, 2, 3], "y": [3, 2, 1]}
    >>> correlation_similarity(real=real, synthetic=synthetic)
    0.0
    """
    one_of("coefficient", coefficient, Coefficient)
    found = []
    for role, side in zip(("real", "synthetic"), pair_sides(real, synthetic, None), strict=True):
        if side.places("category"):
            name = side.columns[side.places("category")[0]].name
            raise ShapeError(f"column {name!r} of `{role}` holds categories: use contingency_similarity.")
        value = float(COEFFICIENTS[coefficient]([side.offsets(0), side.offsets(1)])[0, 1])
        if np.isnan(value):
            raise UndefinedError(f"correlation_similarity is undefined in `{role}`: {NO_PAIR}.")
        found.append(value)
    return 1.0 - abs(found[0] - found[1]) / 2.0


@metric(
    reads=_contingency_similarity,
    family="realism",
    modalities=("tabular",),
    direction="higher",
    bounds=(0.0, 1.0),
    floor="shuffled",
    asks=("rows",),
    source="1 - total variation distance of the cells of two columns, bins at the real quantiles",
    meaning="How like each pair of columns is, cell by cell of its cross table.",
    misleads=(
        "Errors of the single columns count as well, and pairs of columns that do not depend on each other score high "
        "without any relation being learnt."
    ),
    advice="Look at the pairs furthest below fresh real data: how these columns hang together is not learnt.",
)
def contingency_similarity(
    *, real: Any, synthetic: Any, bins: int = BINS, edges: Edges = "quantile", kinds: Kinds | None = None
) -> float:
    """One less the total variation distance of the cells of two columns, missing being a level of each.

    1 - sum over cells of |p_real - p_synthetic| / 2. Numbers and dates fall into bins of the real column.

    Parameters
    ----------
    real, synthetic : table of two columns
    bins : int
        At least 1.
    edges : {"quantile", "width"}
        "quantile": bins that hold about equally many real values, and what lies outside the real range in two of its
        own. "width": of equal width between the smallest and the largest real value, the outer two without an end.
    kinds : mapping of str to {"number", "moment", "category"}, optional
        Where not given, by the type of the real column's cells.

    Returns
    -------
    float in [0, 1]; higher is better. 1 on identical pairs.

    Raises
    ------
    UnknownNameError
        If there are no such edges.
    AuditkitError
        If `bins` is no whole number from 1 to 100,000.
    ShapeError, DataError, SampleSizeError
        If the sets do not share exactly two columns.

    Notes
    -----
    O(n), in memory of the size of the rows however many levels there are. sdmetrics bins by equal width, in its
    report by edges of each set's own: there a column times 1,000 scores 1. It drops nothing either, but puts a
    missing number into the outermost bin.

    References
    ----------
    sdmetrics 0.32.0, ContingencySimilarity (`continuous_column_names=` is `edges="width"` here).

    Examples
    --------
    >>> real = {"a": ["x", "x", "y", "y"], "b": [1, 2, 1, 2]}
    >>> contingency_similarity(real=real, synthetic={"a": ["x", "x", "y", "y"], "b": [1, 1, 2, 2]})
    0.5
    """
    one_of("edges", edges, Edges)
    whole("bins", bins, 1, MOST_BINS, give=10)
    sides = pair_sides(real, synthetic, kinds)
    coded = [_coded(side, sides[0], bins, edges) for side in sides]
    return float(similarities(coded[0], coded[1], all_pairs(2))[0])


def cramers_v(*, table: Any, bins: int = 10, kinds: Kinds | None = None) -> float:
    """How strongly two columns hang together: Cramér's V of the table of their cells.

    sqrt(chi-square / (n min(rows - 1, columns - 1))).

    Parameters
    ----------
    table : table of two columns
        Numbers and dates fall into at most `bins` bins that hold about equally many values; missing is a level.
    bins : int
        At least 1.
    kinds : mapping of str to {"number", "moment", "category"}, optional

    Returns
    -------
    float in [0, 1]; 0 where nothing depends, 1 where one column says the other.

    Raises
    ------
    UndefinedError
        If a column is constant.
    AuditkitError, ShapeError, DataError, SampleSizeError
        As for `contingency_similarity`.

    Notes
    -----
    O(n). Not corrected for its bias: independent columns of r and c levels score about
    sqrt(max(r - 1, c - 1) / n), which is what scipy's `association` and sdmetrics give too.

    References
    ----------
    Cramér 1946, "Mathematical Methods of Statistics", 21.9.

    Examples
    --------
    >>> cramers_v(table={"a": ["x", "x", "y", "y"], "b": ["p", "p", "q", "q"]})
    1.0
    """
    coded = _one(table, bins, kinds)
    value = float(associations(coded, all_pairs(2)).cramers_v[0])
    if np.isnan(value):
        raise UndefinedError("cramers_v is undefined: a column is constant.")
    return value


def mutual_information(*, table: Any, bins: int = 10, kinds: Kinds | None = None, relative: bool = False) -> float:
    """What one column says about the other, in nats.

    sum over cells of p log(p / (p_row p_column)).

    Parameters
    ----------
    table : table of two columns
        As for `cramers_v`.
    bins : int
        At least 1.
    kinds : mapping of str to {"number", "moment", "category"}, optional
    relative : bool
        Over the geometric mean of the two entropies, which puts it into [0, 1].

    Returns
    -------
    float, at least 0; 0 where nothing depends.

    Raises
    ------
    UndefinedError
        If it is relative and a column is constant.
    AuditkitError, ShapeError, DataError, SampleSizeError
        As for `contingency_similarity`.

    Notes
    -----
    O(n). Not corrected for its bias of about (r - 1)(c - 1) / 2n.

    References
    ----------
    Shannon 1948; Strehl and Ghosh 2002, "Cluster Ensembles", JMLR 3, eq. 2 (the relative form).

    Examples
    --------
    >>> table = {"a": ["x", "x", "y", "y"], "b": ["p", "p", "q", "q"]}
    >>> round(mutual_information(table=table), 4), round(mutual_information(table=table, relative=True), 4)
    (0.6931, 1.0)
    """
    flag("relative", relative)
    coded = _one(table, bins, kinds)
    information = associations(coded, all_pairs(2)).information
    if not relative:
        return float(information[0])
    value = float(relative_information(information, coded, all_pairs(2))[0])
    if np.isnan(value):
        raise UndefinedError("mutual_information is undefined: a column is constant.")
    return value


def _one(table: Any, bins: int, kinds: Kinds | None) -> Coded:
    whole("bins", bins, 1, MOST_BINS, give=10)
    cells = table_sides({"table": table}, kinds)["table"]
    if len(cells.columns) != 2:  # noqa: PLR2004 - a pair
        raise ShapeError(f"`table` has {len(cells.columns)} columns: give two.")
    return _coded(cells, cells, bins, "quantile")


def _coded(cells: Cells, real: Cells, bins: int, edges: Edges) -> Coded:
    places = real.places("number", "moment")
    return code_cells(cells, {place: edges_of(real, place, bins=bins, edges=edges) for place in places})
