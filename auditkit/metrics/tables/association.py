"""Associations: do columns of any kind hang together as strongly as the real ones, pair by pair and in all.

Unlike the cells of a cross table, a strength does not move with the shares of levels, so what is lost stands out: a
pair that says nothing any more loses its whole strength. Which values go with which, it does not see.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from auditkit.data.cells import CellKind, Cells
from auditkit.errors import ShapeError, UndefinedError
from auditkit.metrics.parameters import whole
from auditkit.metrics.registry import Reading, metric
from auditkit.metrics.side import Side
from auditkit.metrics.tables.bins import code_cells, edges_of
from auditkit.metrics.tables.contingency import Associations, all_pairs, associations
from auditkit.metrics.tables.fidelity import BINS
from auditkit.metrics.tables.pairs import MOST_BINS
from auditkit.metrics.tables.scored import STRENGTHS, PairScores, mean_over_pairs, with_limits, with_strengths
from auditkit.metrics.tables.sides import pair_sides, table_sides
from auditkit.metrics.tables.strengths import retained_share, strength_similarity
from auditkit.metrics.tables.whole_table import rows_of

__all__ = ["association_retention", "association_similarity"]

Kinds = Mapping[str, CellKind]


def _association_similarity(real: Side, synthetic: Side, pair_scores: PairScores, *, bins: int) -> Reading:
    pair_scores = _binned(real, synthetic, pair_scores, bins)
    found = mean_over_pairs(pair_scores, "association_similarity")
    errors = pair_scores.errors
    parts = tuple(
        part
        if part.reading.value is None
        else replace(part, reading=with_limits(part.reading, errors[part.where["pair"]], STRENGTHS))
        for part in found.parts
    )
    found = replace(found, parts=parts)
    if found.value is None:
        return found
    # As if all pairs erred together: they share their columns and rows.
    return with_limits(found, float(np.mean(list(errors.values()))), STRENGTHS)


def _association_retention(real: Side, synthetic: Side, pair_scores: PairScores, *, bins: int) -> Reading:
    pair_scores = _binned(real, synthetic, pair_scores, bins)
    if pair_scores.retained is None:
        return Reading(None, pair_scores.n, "no two real columns hang together beyond chance.")
    return Reading(pair_scores.retained, pair_scores.n)


def _binned(real: Side, synthetic: Side, scores: PairScores, bins: int) -> PairScores:
    """The scores on so many bins; those that are at hand are on the usual number."""
    whole("bins", bins, 1, MOST_BINS, give=BINS)
    return scores if bins == BINS else with_strengths(scores, *_strengths((rows_of(real), rows_of(synthetic)), bins))


@metric(
    reads=_association_similarity,
    family="realism",
    modalities=("tabular",),
    direction="higher",
    bounds=(0.0, 1.0),
    interval="reading",
    floor="shuffled",
    source="1 - |V_real - V_synthetic|, Cramer's V corrected for its bias (Bergsma 2013)",
    meaning="Whether each pair of columns of any kind hangs together as strongly as the real one.",
    misleads=(
        "Strength only: tables as strong that tie other values together are perfect. Independent pairs score near 1."
    ),
    advice="Look at the pairs furthest below fresh real data: the generator draws these columns apart, or ties them.",
)
def association_similarity(*, real: Any, synthetic: Any, bins: int = BINS, kinds: Kinds | None = None) -> float:
    """One less the difference of how strongly two columns of any kind hang together.

    1 - |V_real - V_synthetic|, with V Cramér's V corrected for its bias: V^2 = max(0, phi^2 - (r - 1)(c - 1) / (n - 1))
    / (min(r', c') - 1), where phi^2 is chi-square over n, r' = r - (r - 1)^2 / (n - 1) and c' likewise, and r and c the
    levels in use.

    Parameters
    ----------
    real, synthetic : table of two columns
        Numbers and dates fall into bins at the quantiles of the real column; missing is a level of each.
    bins : int
        At least 1; fewer where a value is as frequent as a bin.
    kinds : mapping of str to {"number", "moment", "category"}, optional
        Where not given, by the type of the real column's cells.

    Returns
    -------
    float in [0, 1]; higher is better. 1 on identical pairs.

    Raises
    ------
    UndefinedError
        If a real column is constant. A column that is constant in `synthetic` alone has V = 0 there.
    AuditkitError
        If `bins` is no whole number from 1 to 100,000.
    ShapeError, DataError, SampleSizeError
        If the sets do not share exactly two columns.

    Notes
    -----
    O(n). Without the correction independent columns of few rows seem to hang together, the more so the finer the bins,
    and what a generator has lost seems to be kept: 333 rows in ten by ten bins have V = .16. sdmetrics and scipy's
    `association` do not correct. Two tables may be as strong and tie other values together:
    `contingency_similarity` sees that. Audits lay limits by the delta method for chi-square, of each set by itself.

    References
    ----------
    Bergsma 2013, "A bias-correction for Cramér's V and Tschuprow's T", Journal of the Korean Statistical Society 42,
    eq. 4-6; Bishop, Fienberg and Holland 1975, "Discrete Multivariate Analysis", 11.3.4 (the variance).

    Examples
    --------
    >>> real = {"a": ["x", "x", "y", "y"] * 25, "b": [1, 1, 2, 2] * 25}
    >>> association_similarity(real=real, synthetic={"a": ["x", "x", "y", "y"] * 25, "b": [1, 2, 1, 2] * 25})
    0.0
    """
    whole("bins", bins, 1, MOST_BINS, give=BINS)
    sides = pair_sides(real, synthetic, kinds)
    value = float(strength_similarity(*_strengths(sides, bins))[0][0])
    if np.isnan(value):
        raise UndefinedError("association_similarity is undefined: a column of `real` is constant.")
    return value


@metric(
    reads=_association_retention,
    family="realism",
    modalities=("tabular",),
    direction="higher",
    bounds=(0.0, 1.0),
    floor="shuffled",
    source="sum of V_real min(V_real, V_synthetic) over that of V_real^2, V corrected (Bergsma 2013)",
    meaning="How much of what real columns say of each other is left, over all pairs, by the square of their strength.",
    misleads=(
        "What is made up, or stronger than in the real data, does not count; fresh real rows score below 1, the fewer "
        "the lower."
    ),
    advice="Relations are lost throughout: use a generator that models columns together, or train longer.",
)
def association_retention(*, real: Any, synthetic: Any, bins: int = BINS, kinds: Kinds | None = None) -> float:
    """Share of how strongly columns hang together, over all pairs, that is left.

    sum over pairs of V_real min(V_real, V_synthetic) / sum over pairs of V_real^2, with V as in
    `association_similarity`.

    Parameters
    ----------
    real, synthetic : table of at least two columns
    bins : int
        As for `association_similarity`.
    kinds : mapping of str to {"number", "moment", "category"}, optional

    Returns
    -------
    float in [0, 1]; higher is better. 1 where every pair hangs together at least as strongly as in `real`.

    Raises
    ------
    UndefinedError
        If no two columns of `real` hang together beyond chance.
    ShapeError
        If there are fewer than two columns.
    AuditkitError, DataError, SampleSizeError
        As for `association_similarity`.

    Notes
    -----
    O(n k^2) for k columns. Tells that all relations are lost where no single pair can be decided, which a plain mean
    over pairs does not: most pairs hardly hang together. Weak pairs seem lost by chance, the more so the fewer rows, so
    fresh real rows score below 1; read it beside them. What is made up, or stronger than in `real`, does not count.

    References
    ----------
    Bergsma 2013, "A bias-correction for Cramér's V and Tschuprow's T", Journal of the Korean Statistical Society 42.

    Examples
    --------
    >>> real = {"a": ["x", "x", "y", "y"] * 25, "b": [1, 1, 2, 2] * 25, "c": ["p", "q"] * 50}
    >>> association_retention(real=real, synthetic=real | {"c": ["p", "p", "q", "q"] * 25})
    1.0
    """
    whole("bins", bins, 1, MOST_BINS, give=BINS)
    sides = table_sides({"real": real, "synthetic": synthetic}, kinds)
    if len(sides["real"].columns) < 2:  # noqa: PLR2004 - a pair
        raise ShapeError(f"`real` and `synthetic` share {len(sides['real'].columns)} columns: give two or more.")
    value = retained_share(*_strengths((sides["real"], sides["synthetic"]), bins))
    if np.isnan(value):
        raise UndefinedError(
            "association_retention is undefined: no two columns of `real` hang together beyond chance."
        )
    return value


def _strengths(sides: tuple[Cells, Cells], bins: int) -> tuple[Associations, Associations]:
    real, synthetic = sides
    edges = {place: edges_of(real, place, bins=bins, edges="quantile") for place in real.places("number", "moment")}
    pairs = all_pairs(len(real.columns))
    return associations(code_cells(real, edges), pairs), associations(code_cells(synthetic, edges), pairs)
