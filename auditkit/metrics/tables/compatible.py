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
from auditkit.metrics.tables.correlations import pearson_matrix

__all__ = ["peer_pairs", "peer_shapes"]

Double = NDArray[np.float64]

BINS = 10
LEAST_CORRELATION = 0.5
LEAST_ASSOCIATION = 0.3


def peer_shapes(real: Cells, synthetic: Cells) -> pd.DataFrame:
    """Column Shapes.

    Parameters
    ----------
    real, synthetic : Cells

    Returns
    -------
    pandas.DataFrame
        column, metric, score (missing where undefined), reason.
    """
    rows = []
    for place, column in enumerate(real.columns):
        category = column.kind == "category"
        score, reason = None, ""
        try:
            if category:
                counts = (shapes.levels_of(side, place) for side in (real, synthetic))
                score = shapes.peer_variation_similarity(*counts)
            else:
                values = (shapes.ordered_of(side, place) for side in (real, synthetic))
                score = shapes.peer_distribution_similarity(*values)
        except UndefinedError as error:
            reason = str(error)
        rows.append((column.name, "tv_complement" if category else "ks_complement", score, reason))
    return pd.DataFrame(rows, columns=["column", "metric", "score", "reason"]).astype({"score": np.float64})


def peer_pairs(real: Cells, synthetic: Cells) -> pd.DataFrame:
    """Column Pair Trends.

    Parameters
    ----------
    real, synthetic : Cells

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
    _correlate(real, synthetic, pairs, linear, table, reasons)
    _count(real, synthetic, pairs, ~linear, table, reasons)
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
    real: Cells,
    synthetic: Cells,
    pairs: NDArray[np.int64],
    chosen: NDArray[np.bool_],
    table: dict[str, Double],
    reasons: NDArray[np.object_],
) -> None:
    """Pearson's r of pairs of numbers."""
    if not chosen.any():
        return
    places = np.unique(pairs[chosen])
    constant = {place for place in places for side in (real, synthetic) if _constant(side.numbers(place))}
    i, j = np.searchsorted(places, pairs[chosen].T)
    found = [pearson_matrix([side.numbers(place) for place in places])[i, j] for side in (real, synthetic)]
    barred = np.isin(pairs[chosen], list(constant)).any(axis=1)
    before = np.where(barred, np.nan, found[0])
    weak = np.abs(before) <= LEAST_CORRELATION
    after = np.where(barred | weak, np.nan, found[1])
    table["correlation_real"][chosen] = before
    table["correlation_synthetic"][chosen] = after
    table["score"][chosen] = 1.0 - np.abs(before - after) / 2.0
    said = np.full(len(before), "", dtype=object)
    said[np.isnan(before) | (np.isnan(after) & ~weak)] = "a column is constant or shares fewer than two rows"
    said[weak] = f"the real correlation is at most {LEAST_CORRELATION:g}"
    reasons[chosen] = said


def _constant(values: Double) -> bool:
    present = values[~np.isnan(values)]
    return bool(len(present)) and bool(present.min() == present.max())


def _count(
    real: Cells,
    synthetic: Cells,
    pairs: NDArray[np.int64],
    chosen: NDArray[np.bool_],
    table: dict[str, Double],
    reasons: NDArray[np.object_],
) -> None:
    """Tables of cells of all other pairs."""
    coded: list[Coded] = [peer_coded(side, BINS) for side in (real, synthetic)]
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
