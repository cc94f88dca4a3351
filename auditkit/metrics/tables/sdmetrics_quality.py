"""The numbers of sdmetrics 0.32's QualityReport: its edges, its thresholds, its rules for missing cells, every row.

What it does that the default does not: each set is binned by edges of its own, missing cells are dropped from shapes
and correlations, and pairs whose real association is weak are not counted.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.cells import Cells
from auditkit.errors import UndefinedError
from auditkit.metrics.tables import shapes
from auditkit.metrics.tables.bins import peer_coded
from auditkit.metrics.tables.contingency import Coded, all_pairs, associations, similarities
from auditkit.metrics.tables.correlations import NO_PAIR, pearson_matrix
from auditkit.metrics.tables.fidelity import Sketch
from auditkit.metrics.tables.shapes import Ordered

__all__ = ["peer_pairs", "peer_shapes"]

Double = NDArray[np.float64]

BINS = 10
LEAST_CORRELATION = 0.5
LEAST_ASSOCIATION = 0.3


def peer_shapes(real: Cells, first: list[Sketch], second: list[Sketch]) -> pd.DataFrame:
    """Column Shapes.

    Parameters
    ----------
    real : Cells
    first, second : list of Ordered or Levels
        Columns of the real and of the synthetic set.

    Returns
    -------
    pandas.DataFrame
        column, metric, score (missing where undefined), reason.
    """
    rows = []
    for column, *sides in zip(real.columns, first, second, strict=True):
        category = column.kind == "category"
        logic: Any = shapes.peer_variation_similarity if category else shapes.peer_distribution_similarity
        score, reason = None, ""
        try:
            score = logic(*sides)
        except UndefinedError as error:
            reason = str(error)
        rows.append((column.name, "tv_complement" if category else "ks_complement", score, reason))
    names, metrics, scores, reasons = zip(*rows, strict=True)
    found = np.array(scores, dtype=np.float64)
    return pd.DataFrame({"column": names, "metric": metrics, "score": found, "reason": reasons})


def peer_pairs(real: Cells, synthetic: Cells, first: list[Sketch], second: list[Sketch]) -> pd.DataFrame:
    """Column Pair Trends.

    Parameters
    ----------
    real, synthetic : Cells
    first, second : list of Ordered or Levels
        Their columns.

    Returns
    -------
    pandas.DataFrame
        column_a, column_b, metric, score (missing where undefined or not counted), correlation_real,
        correlation_synthetic, association_real, counted, reason.
    """
    pairs = all_pairs(len(real.columns))
    ordered = np.array([column.kind != "category" for column in real.columns])
    linear = np.asarray(ordered[pairs].all(axis=1))
    table: dict[str, Any] = {name: np.full(len(pairs), np.nan) for name in _NUMBERS}
    reasons = np.full(len(pairs), "", dtype=object)
    constant = {place for side in (first, second) for place, column in enumerate(side) if _constant(column)}
    _correlate((real, synthetic), constant, pairs, linear, table, reasons)
    coded = (peer_coded(real, first, BINS), peer_coded(synthetic, second, BINS))
    _count(coded, pairs, ~linear, table, reasons)
    names = np.array(real.names, dtype=object)
    return pd.DataFrame(
        {
            "column_a": names[pairs[:, 0]],
            "column_b": names[pairs[:, 1]],
            "metric": np.where(linear, "correlation_similarity", "contingency_similarity"),
            **table,
            "counted": ~np.isnan(table["score"]),
            "reason": reasons,
        }
    )


_NUMBERS = ("score", "correlation_real", "correlation_synthetic", "association_real")


def _correlate(
    sides: tuple[Cells, Cells],
    constant: set[int],
    pairs: NDArray[np.int64],
    chosen: NDArray[np.bool_],
    table: dict[str, Double],
    reasons: NDArray[np.object_],
) -> None:
    """Pearson's r of pairs of numbers."""
    if not chosen.any():
        return
    places = np.unique(pairs[chosen])
    i, j = np.searchsorted(places, pairs[chosen].T)
    found = [pearson_matrix([side.numbers(place) for place in places])[i, j] for side in sides]
    barred = np.isin(pairs[chosen], list(constant)).any(axis=1)
    before = np.where(barred, np.nan, found[0])
    weak = np.abs(before) <= LEAST_CORRELATION
    after = np.where(barred | weak, np.nan, found[1])
    table["correlation_real"][chosen] = before
    table["correlation_synthetic"][chosen] = after
    table["score"][chosen] = 1.0 - np.abs(before - after) / 2.0
    said = np.full(len(before), "", dtype=object)
    said[np.isnan(before) | (np.isnan(after) & ~weak)] = NO_PAIR
    said[weak] = f"the real correlation is at most {LEAST_CORRELATION:g}"
    reasons[chosen] = said


def _constant(column: Sketch) -> bool:
    return isinstance(column, Ordered) and len(column.values) > 0 and column.spread == 0


def _count(
    coded: tuple[Coded, Coded],
    pairs: NDArray[np.int64],
    chosen: NDArray[np.bool_],
    table: dict[str, Double],
    reasons: NDArray[np.object_],
) -> None:
    """Tables of cells of all other pairs."""
    strength = associations(coded[0], pairs[chosen]).cramers_v
    strong = strength > LEAST_ASSOCIATION
    scores = np.full(len(strength), np.nan)
    scores[strong] = similarities(coded[0], coded[1], pairs[chosen][strong])
    said = np.full(len(strength), "", dtype=object)
    said[~strong] = f"the real association is at most {LEAST_ASSOCIATION:g}"
    said[np.isnan(strength)] = "a real column is constant"
    table["association_real"][chosen] = strength
    table["score"][chosen] = scores
    reasons[chosen] = said
