"""Columns and pairs of tables as products of an audit, and what each metric reads of them.

A score of the whole table is the mean over the columns, or pairs, that have one; each of them is a part of the reading.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.errors import UnknownNameError
from auditkit.intervals import NORMAL_95, normal_interval, wilson
from auditkit.metrics.products import Side, product
from auditkit.metrics.registry import Part, Reading
from auditkit.metrics.tables.contingency import Associations, all_pairs
from auditkit.metrics.tables.correlations import NO_PAIR
from auditkit.metrics.tables.fidelity import (
    COLUMN_METRICS,
    LINEAR_METRICS,
    Failed,
    PairSide,
    Sketch,
    column_score,
    pair_edges,
    pair_scores,
    pair_side,
    shape_scores,
    sketches,
)
from auditkit.metrics.tables.shapes import Ordered
from auditkit.metrics.tables.strengths import retained_share, strength_similarity
from auditkit.metrics.tables.unit_sides import UnitRows
from auditkit.metrics.tables.whole_table import rows_of

__all__ = [
    "RATES",
    "STRENGTHS",
    "ColumnScores",
    "ColumnSketches",
    "PairScores",
    "mean_of_columns",
    "mean_of_pairs",
    "mean_over_columns",
    "mean_over_pairs",
    "reading_of_columns",
    "reading_of_missing",
    "with_limits",
    "with_strengths",
]

Named = Mapping[str, float | str]
"""Score of each column or pair, or the reason why it has none."""

RATES = "difference of rates"
STRENGTHS = "delta method on counts"
"""How limits were made that are known from counts alone."""
NO_STRENGTH = "a real column of the pair is constant"


@dataclass(frozen=True, eq=False)
class ColumnSketches:
    """Sorted values or counts of levels of each column of one set.

    Attributes
    ----------
    n : int
        Units.
    names : tuple of str
    items : list of Sketch
        Of all rows, each counted once.
    rates : list of (float, float)
        Missing cells of each column and the independent rows that they are of: fewer than the rows where cells of one
        unit are missing together.
    """

    n: int
    names: tuple[str, ...]
    items: list[Sketch]
    rates: list[tuple[float, float]]


@dataclass(frozen=True, eq=False)
class ColumnScores:
    """Every metric of shapes on every column.

    Attributes
    ----------
    n : tuple of (int, int)
        Real and synthetic units.
    found : mapping of metric to mapping of column to score or reason
    errors : mapping of column to the standard error of the difference of its shares of missing cells
    """

    n: tuple[int, int]
    found: Mapping[str, Named]
    errors: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class RealPairs:
    """The real side of the pairs of a table, and the edges of its bins."""

    n: int
    names: tuple[str, ...]
    edges: dict[int, NDArray[np.float64]]
    side: PairSide


@dataclass(frozen=True, eq=False)
class PairScores:
    """Every metric of pairs on every pair of columns.

    Attributes
    ----------
    n : tuple of (int, int)
        Real and synthetic units.
    found : mapping of metric to mapping of pair ("a, b") to score or reason
    columns : mapping of pair to its two columns
    errors : mapping of pair to the standard error of its association similarity
    retained : float or None
        Share of the real associations that is left; None where there are none.
    """

    n: tuple[int, int]
    found: Mapping[str, Named]
    columns: Mapping[str, tuple[str, str]]
    errors: Mapping[str, float]
    retained: float | None


@product(sides=("real",))
def column_sketches(side: Side) -> ColumnSketches:
    """Sketches of a side's columns."""
    cells = rows_of(side)
    names, items = cells.names, sketches(cells)
    if side.units is None:
        return ColumnSketches(len(side), names, items, [(item.n_missing, item.n) for item in items])
    absent = [cells.absent(place) for place in range(len(names))]
    if side.units.steps is not None:
        none = np.isnan(side.units.steps)
        absent.append(none)
        names, items = (*names, side.units.order), [*items, Ordered(np.sort(side.units.steps[~none]), len(none))]
    return ColumnSketches(len(side), names, items, [_independent(mask, side.units) for mask in absent])


def _independent(absent: NDArray[np.bool_], units: UnitRows) -> tuple[float, float]:
    """Missing cells and rows of a sample of single rows in which their share errs as much as in these units.

    Kish 1965, "Survey Sampling": p (1 - p) over the variance of the ratio of missing cells to rows among units.
    """
    n_units, n_rows = len(units), len(absent)
    share = float(absent.mean())
    per_unit = np.bincount(units.unit_of_row, weights=absent, minlength=n_units)
    scatter = float(((per_unit - share * units.lengths) ** 2).sum())
    variance = n_units / max(n_units - 1, 1) * scatter / n_rows**2
    rows = min(share * (1.0 - share) / variance, n_rows) if variance > 0 else n_units
    return share * rows, float(rows)


@product(sides=("real", "synthetic"))
def column_scores(real_sketches: ColumnSketches, synthetic_sketches: ColumnSketches) -> ColumnScores:
    """Scores of all columns."""
    found: dict[str, dict[str, float | str]] = {metric: {} for metric in COLUMN_METRICS}
    for name, scores in zip(
        real_sketches.names, shape_scores(real_sketches.items, synthetic_sketches.items), strict=True
    ):
        for metric, score in scores.items():
            found[metric][name] = score
    rates = zip(real_sketches.names, real_sketches.rates, synthetic_sketches.rates, strict=True)
    errors = {name: _rate_error(real, synthetic) for name, real, synthetic in rates}
    return ColumnScores((real_sketches.n, synthetic_sketches.n), found, errors)


@product(sides=("real",))
def real_pairs(side: Side) -> RealPairs:
    """Bins and associations of a side's pairs."""
    cells = rows_of(side)
    edges = pair_edges(cells)
    return RealPairs(len(side), cells.names, edges, pair_side(cells, edges))


@product(sides=("real", "synthetic"))
def pairs_scored(real_pairs: RealPairs, synthetic: Side) -> PairScores:
    """Scores of all pairs, numbers binned at the real table's edges."""
    cells = rows_of(synthetic)
    other = pair_side(cells, real_pairs.edges)
    columns = {
        f"{real_pairs.names[i]}, {real_pairs.names[j]}": (real_pairs.names[i], real_pairs.names[j])
        for i, j in real_pairs.side.pairs.tolist()
    }
    linear = [name for name, both in zip(columns, real_pairs.side.linear, strict=True) if both]
    found: dict[str, dict[str, float | str]] = {}
    for metric, values in pair_scores(real_pairs.side, other).items():
        names = linear if metric in LINEAR_METRICS else list(columns)
        found[metric] = {
            name: float(value) if np.isfinite(value) else NO_PAIR for name, value in zip(names, values, strict=True)
        }
    scores = PairScores((real_pairs.n, len(synthetic)), found, columns, {}, None)
    return with_strengths(scores, real_pairs.side.strength, other.strength)


def with_strengths(scores: PairScores, real: Associations, other: Associations) -> PairScores:
    """Scores of pairs with those that compare how strongly columns hang together.

    Parameters
    ----------
    scores : PairScores
    real, other : Associations
        Of the same pairs, on any bins.
    """
    values, errors = strength_similarity(real, other)
    alike = list(zip(scores.columns, values.tolist(), errors.tolist(), strict=True))
    found = {name: NO_STRENGTH if math.isnan(value) else value for name, value, _ in alike}
    share = retained_share(real, other)
    return replace(
        scores,
        found={**scores.found, "association_similarity": found},
        errors={name: error for name, value, error in alike if not math.isnan(value)},
        retained=None if math.isnan(share) else share,
    )


def reading_of_columns(metric: str) -> Callable[[ColumnScores], Reading]:
    """Reading of a metric of shapes, at its default parameters.

    Raises
    ------
    UnknownNameError
        If there is no such metric: already when the reading is made.
    """
    if metric not in COLUMN_METRICS:
        raise UnknownNameError.of("metric of columns", metric, COLUMN_METRICS)

    def reads(column_scores: ColumnScores) -> Reading:
        return mean_over_columns(column_scores, metric)

    return reads


def reading_of_missing(column_scores: ColumnScores) -> Reading:
    """Reading of `missing_value_similarity` with limits: of columns those of two rates, of the mean the widest."""
    found = mean_over_columns(column_scores, "missing_value_similarity")
    if found.value is None:
        return found
    errors = [column_scores.errors[part.where["column"]] for part in found.parts]
    parts = tuple(
        replace(part, reading=with_limits(part.reading, error, RATES))
        for part, error in zip(found.parts, errors, strict=True)
    )
    # As if all columns erred together: cells of one row are often missing together.
    return with_limits(replace(found, parts=parts), sum(errors) / len(errors), RATES)


def _rate_error(*rates: tuple[float, float]) -> float:
    """Standard error of the difference of two rates, from Wilson's limits: not 0 where no cell is missing."""
    widths = [high - low for low, high in (wilson(count, rows) for count, rows in rates)]
    return math.hypot(*widths) / (2 * NORMAL_95)


def with_limits(reading: Reading, error: float, method: str) -> Reading:
    """Reading of a share with limits from its standard error."""
    limits = normal_interval(reading.value or 0.0, error, bounds=(0.0, 1.0))
    return replace(reading, interval=limits, method=method)


def mean_of_columns(
    real: ColumnSketches, synthetic: ColumnSketches, kind: type[Sketch], logic: Callable[[Any, Any], float]
) -> Reading:
    """The mean of what the logic says of the columns of a kind, each a part.

    Parameters
    ----------
    real, synthetic : ColumnSketches
    kind : {Ordered, Levels}
    logic : callable
        Of both sketches of a column.
    """
    found = {
        name: column_score(logic, ours, theirs)
        for name, ours, theirs in zip(real.names, real.items, synthetic.items, strict=True)
        if isinstance(ours, kind)
    }
    return _mean(found, "column", (real.n, synthetic.n))


def mean_over_columns(scores: ColumnScores, metric: str) -> Reading:
    """The mean over the columns that have a score, each a part.

    Parameters
    ----------
    scores : ColumnScores
    metric : str
        One of `COLUMN_METRICS`.
    """
    return _mean(_found(scores.found, metric, "column"), "column", scores.n)


def mean_over_pairs(scores: PairScores, metric: str) -> Reading:
    """The mean over the pairs of columns that have a score, each a part.

    Parameters
    ----------
    scores : PairScores
    metric : str
        As `pairs_scored` names it.
    """
    return _mean(_found(scores.found, metric, "pair"), "pair", scores.n)


def _found(found: Mapping[str, Named], metric: str, what: str) -> Named:
    if metric not in found:
        raise UnknownNameError.of(f"metric of {what}s", metric, found)
    return found[metric]


def mean_of_pairs(names: tuple[str, ...], values: NDArray[np.float64], n: tuple[int, int]) -> Reading:
    """The mean of the scores of all pairs of these columns, each a part."""
    pairs = all_pairs(len(names)).tolist()
    found = {f"{names[i]}, {names[j]}": value for (i, j), value in zip(pairs, values.tolist(), strict=True)}
    return _mean(found, "pair", n)


def _mean(found: Named, what: str, n: tuple[int, int]) -> Reading:
    parts = tuple(
        Part({what: name}, _without(score, n) if isinstance(score, str) else Reading(score, n))
        for name, score in found.items()
    )
    values = [score for score in found.values() if not isinstance(score, str)]
    if not values:
        failed = next((part.reading for part in parts if part.reading.failed), None)
        if failed is not None:
            return replace(failed, reason=f"no {what} of this kind has a value: {failed.reason}", parts=parts)
        return Reading(None, n, f"no {what} of this kind has a value.", parts=parts)
    return Reading(float(np.mean(values)), n, parts=parts, details={"averaged": len(values), "of": len(found)})


def _without(reason: str, n: tuple[int, int]) -> Reading:
    return Reading(None, n, f"{reason}.", failed=isinstance(reason, Failed))
