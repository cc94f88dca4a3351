"""All numbers of a table's columns and pairs for one set against another: what a quality report is made of."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import run_blocks
from auditkit.data.cells import Cells
from auditkit.errors import UndefinedError
from auditkit.metrics.tables import shapes
from auditkit.metrics.tables.bins import code_cells, edges_of
from auditkit.metrics.tables.contingency import Associations, Coded, all_pairs, associations, similarities
from auditkit.metrics.tables.correlations import pearson_matrix, spearman_matrix
from auditkit.metrics.tables.shapes import Levels, Ordered

__all__ = [
    "BINS",
    "COLUMN_METRICS",
    "LINEAR_METRICS",
    "PAIR_MAIN",
    "PAIR_METRICS",
    "SHAPE_MAIN",
    "Failed",
    "PairSide",
    "Sketch",
    "column_score",
    "pair_edges",
    "pair_scores",
    "pair_side",
    "relative_information",
    "shape_scores",
    "sketches",
]

_LOG = logging.getLogger("auditkit")
Double = NDArray[np.float64]
Sketch = Ordered | Levels

SHAPE_MAIN = ("ks_complement", "tv_complement")
PAIR_MAIN = ("contingency_similarity",)
LINEAR_METRICS = ("correlation_similarity", "correlation_similarity[coefficient=spearman]")
"""Of two columns of numbers or moments alone."""
PAIR_METRICS = (
    *PAIR_MAIN,
    "cramers_v_similarity",
    "mutual_information_similarity",
    *LINEAR_METRICS,
)
BINS = 10
WORTH_A_THREAD = 1 << 17
"""Rows from which sorting a column takes longer than starting a thread."""

_OF_ORDERED: dict[str, Callable[[Any, Any], float]] = {
    "ks_complement": shapes.distribution_similarity,
    "wasserstein_complement": shapes.value_similarity,
    "statistic_similarity": lambda real, other: shapes.statistic_score(real, other, "mean"),
    "missing_value_similarity": shapes.missing_similarity,
    "boundary_adherence": shapes.boundary_share,
    "range_coverage": shapes.range_share,
}
_OF_LEVELS: dict[str, Callable[[Any, Any], float]] = {
    "tv_complement": shapes.variation_similarity,
    "missing_value_similarity": shapes.missing_similarity,
    "category_adherence": shapes.known_share,
    "category_coverage": shapes.level_coverage,
    "rare_category_loss": lambda real, other: shapes.rare_loss(real, other, 0.01),
}
COLUMN_METRICS = tuple(_OF_ORDERED | _OF_LEVELS)


def sketches(cells: Cells) -> list[Sketch]:
    """Sorted values or counts of levels of each column."""

    def one(place: int) -> Sketch:
        category = cells.columns[place].kind == "category"
        return shapes.levels_of(cells, place) if category else shapes.ordered_of(cells, place)

    return run_blocks(one, range(len(cells.columns)), threads=1 if len(cells) < WORTH_A_THREAD else None)


def shape_scores(real: list[Sketch], other: list[Sketch]) -> list[dict[str, float | str]]:
    """Every metric of every column, by its name; the reason where it has no value."""
    return [_column(*sides) for sides in zip(real, other, strict=True)]


def _column(real: Sketch, other: Sketch) -> dict[str, float | str]:
    known = _OF_LEVELS if isinstance(real, Levels) else _OF_ORDERED
    return {name: column_score(logic, real, other) for name, logic in known.items()}


class Failed(str):
    """Why a column has no score although it should: its logic failed, which ends no score of another column."""

    __slots__ = ()


def column_score(logic: Callable[[Any, Any], float], real: Sketch, other: Sketch) -> float | str:
    """What the logic says of a column, or why it says nothing."""
    try:
        return logic(real, other)
    except UndefinedError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - its text can hold values of real records, so only its type is told
        _LOG.debug("a column failed", exc_info=True)
        return Failed(f"its cells failed with {type(error).__name__}; --debug (logger 'auditkit') shows where")


@dataclass(frozen=True, eq=False)
class PairSide:
    """What the pairs of one set are compared by.

    Attributes
    ----------
    coded : Coded
        Levels and bins, on edges that all sets share.
    pairs : ndarray of shape (p, 2)
        Places of columns.
    linear : ndarray of bool, shape (p,)
        Which pairs are two columns of numbers or moments.
    strength : Associations
    information : ndarray of shape (p,)
        Mutual information over the geometric mean of the entropies; NaN where a column is constant.
    pearson, spearman : ndarrays of shape (n_linear,)
        NaN where a column is constant.
    """

    coded: Coded
    pairs: NDArray[np.int64]
    linear: NDArray[np.bool_]
    strength: Associations
    information: Double
    pearson: Double
    spearman: Double


def pair_edges(real: Cells) -> dict[int, Double]:
    """Edges of all columns of numbers and moments, from the real set."""
    places = real.places("number", "moment")
    return {place: edges_of(real, place, bins=BINS, edges="quantile") for place in places}


def pair_side(cells: Cells, edges: dict[int, Double]) -> PairSide:
    """A set's side of the comparison of pairs."""
    pairs = all_pairs(len(cells.columns))
    ordered = np.array([column.kind != "category" for column in cells.columns])
    linear = np.asarray(ordered[pairs].all(axis=1))
    coded = code_cells(cells, edges)
    strength = associations(coded, pairs)
    information = relative_information(strength.information, coded, pairs)
    places = np.unique(pairs[linear])
    numbers = [cells.offsets(int(place)) for place in places]
    i, j = np.searchsorted(places, pairs[linear].T)
    pearson, spearman = (np.asarray(matrix(numbers)[i, j]) for matrix in (pearson_matrix, spearman_matrix))
    return PairSide(coded, pairs, linear, strength, information, pearson, spearman)


def pair_scores(real: PairSide, other: PairSide) -> dict[str, Double]:
    """Every metric of every pair, NaN where it has no value; correlations of pairs of numbers alone."""
    return {
        "contingency_similarity": similarities(real.coded, other.coded, real.pairs),
        "cramers_v_similarity": 1.0 - np.abs(real.strength.cramers_v - other.strength.cramers_v),
        "mutual_information_similarity": 1.0 - np.abs(real.information - other.information),
        "correlation_similarity": 1.0 - np.abs(real.pearson - other.pearson) / 2.0,
        "correlation_similarity[coefficient=spearman]": 1.0 - np.abs(real.spearman - other.spearman) / 2.0,
    }


def relative_information(information: Double, coded: Coded, pairs: NDArray[np.int64]) -> Double:
    """Mutual information over the geometric mean of the entropies; NaN where a column is constant."""
    shares = [np.bincount(column) / len(coded) for column in coded.codes]
    entropies = np.array([-float((share[share > 0] * np.log(share[share > 0])).sum()) for share in shares])
    scale = np.sqrt(np.maximum(entropies[pairs[:, 0]] * entropies[pairs[:, 1]], 0.0))
    return np.where(scale > 0, np.minimum(information / np.where(scale > 0, scale, 1.0), 1.0), np.nan)
