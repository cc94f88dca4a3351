"""How faithful a synthetic table is, column by column and pair by pair, between fresh real rows and no structure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.cells import CellKind, Cells
from auditkit.metrics.parameters import check_seed
from auditkit.metrics.tables.between import normalised, share_error
from auditkit.metrics.tables.compared import Compared, compared_tables, peer_tables
from auditkit.metrics.tables.correlations import NO_PAIR
from auditkit.metrics.tables.equal_sizes import EqualSets, equal_sets
from auditkit.metrics.tables.fidelity import (
    PAIR_MAIN,
    PAIR_METRICS,
    SHAPE_MAIN,
    pair_edges,
    pair_scores,
    pair_side,
    shape_scores,
    sketches,
)
from auditkit.metrics.tables.headline import (
    Places,
    column_rows,
    headline_of,
    headline_text,
    room_between,
    worst_first,
    worst_of,
)
from auditkit.metrics.tables.peers import SDMetrics, check_peer
from auditkit.metrics.tables.sdmetrics_quality import peer_pairs, peer_shapes
from auditkit.metrics.tables.shown import Shown, left_out_note, short_text
from auditkit.metrics.tables.sides import named_sets

__all__ = ["QualityReport", "quality_report"]

Double = NDArray[np.float64]

_SHOWN = ("column", "score", "reason")
_LESS_CERTAIN = 2.0
"""Measured on Adult: associations and correlations vary up to 1.7 times as much as the bound of a share says."""
_NO_HALVES = "one real row has no ceiling"
_OF_SHARES = ("tv_complement", *PAIR_MAIN)
_WITH_FLOOR = ("ks_complement", "tv_complement", "wasserstein_complement", "statistic_similarity")


@dataclass(frozen=True, eq=False, repr=False)
class QualityReport(Shown):
    """Fidelity of a synthetic table.

    Attributes
    ----------
    score : float or None
        The weaker property's normalised score, less up to half of it for the worst column: 1 = as good as fresh real
        rows throughout, at most 1/2 = a column is ruined or absent, 0 = noise. See `headline_of`. Compatible: the
        peer's score, the plain mean of its two properties.
    columns : pandas.DataFrame
        column, score (the normalised scores of its shape and its pairs, each weighted by the room between ceiling and
        floor; 0 for a column that the synthetic table lacks), reason; the worst first. Compatible: of the shapes.
    properties : pandas.DataFrame
        property, score; unless compatible also matched, ceiling, floor (means of the main metric over columns or
        pairs), n, n_normalised and normalised: the mean over the n_normalised of n that have a value, each weighted
        by the room between its ceiling and its floor, times the share of the real table's columns or pairs that the
        synthetic table has.
    shapes : pandas.DataFrame
        column, metric, score, matched, ceiling, floor, normalised, reason. `score` is of all rows, `matched` of as
        many as ceiling and floor are of. Compatible: column, metric, score, reason.
    pairs : pandas.DataFrame
        column_a, column_b, metric, score, matched, ceiling, floor, normalised, reason. Compatible: column_a,
        column_b, metric, score, correlation_real, correlation_synthetic, association_real, counted, reason.
    left_out : mapping of str to str
        Columns that are not compared, with the reason.
    notes : tuple of str
        What a reader should know, a sentence each.
    compatible : str or None
    """

    score: float | None
    columns: pd.DataFrame
    properties: pd.DataFrame
    shapes: pd.DataFrame
    pairs: pd.DataFrame
    left_out: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    compatible: str | None = None

    @property
    def worst(self) -> tuple[str, float] | None:
        """The lowest of `columns`; None where none has a score."""
        return worst_of(self.columns)

    def __str__(self) -> str:
        kind = "score" if self.compatible else "normalised"
        parts = dict(zip(self.properties["property"], self.properties[kind], strict=True))
        what = f"quality as {self.compatible} has it" if self.compatible else "quality"
        head = headline_text(what, self.score, parts, self.columns)
        notes = [*self.notes, *left_out_note(self.left_out)]
        return short_text(head, _SHOWN, column_rows(self.columns), notes=notes, more=".columns")


def quality_report(
    *,
    real: Any,
    synthetic: Any,
    holdout: Any = None,
    compatible: SDMetrics | None = None,
    kinds: Mapping[str, CellKind] | None = None,
    seed: int = 0,
) -> QualityReport:
    """Fidelity of a table's columns and pairs, judged between a ceiling and a floor.

    A column scores by `ks_complement` or `tv_complement`, a pair by the total variation similarity of its cells,
    numbers in up to ten bins of the real column's quantiles, what lies outside its range in cells of its own. Missing
    is a cell everywhere. Each score stands beside the same score of fresh real rows (ceiling) and of rows without the
    structure in question (floor): uniform over the real range or levels for a column, columns shuffled on their own
    for a pair. normalised = (matched - floor) / (ceiling - floor), within [0, 1].

    score = min(shapes, pairs) x (1 + worst column) / 2, each a mean of normalised scores weighted by ceiling - floor. A
    column that the synthetic table lacks counts 0 among shapes and pairs, and as a column.

    Parameters
    ----------
    real, synthetic, holdout : table
        Pandas, polars or arrow tables, mappings of columns, or Datasets. Without a holdout one half of the real rows
        against the other is the ceiling.
    compatible : {"sdmetrics"}, optional
        QualityReport of sdmetrics 0.32 with its defaults, of all rows: each set is binned by edges of its own (so
        that a column times 1,000 scores 1 in its pairs), missing cells are dropped from shapes, pairs with a real
        correlation of at most 0.5 or a real association of at most 0.3 are not counted. Takes no holdout.
    kinds : mapping of str to {"number", "moment", "category"}, optional
        Where not given, by the type of the real column's cells. Columns of names of records and of free text (as
        `load` tells them) are left out unless they are named here; compatible, nothing is left out.
    seed : int
        Of halves, draws, shuffles and uniform columns.

    Returns
    -------
    QualityReport
        `.score`, `.worst`, `.columns`, `.properties`, `.shapes`, `.pairs`.

    Raises
    ------
    AuditkitError
        If `seed` is no whole number from 0 on.
    DataError, SampleSizeError, UnknownNameError
        If a table cannot be read, is empty or shares no column with the others, or a name is unknown.

    Notes
    -----
    O(n) per pair; nothing is subsampled but to give ceiling, floor and synthetic rows one size: ten draws of the larger
    set, fewer of more than 20,000 rows, one of more than 100,000. Other metrics of a column or pair
    (`wasserstein_complement`, `missing_value_similarity`, `correlation_similarity`, ...) stand in the
    frames and are not in the score. A score is normalised only where ceiling and floor are more than 3 standard errors
    apart (an upper bound of them): a column that is uniform in the real rows, or a pair that is independent in them,
    has no such room. A score at the ceiling is no evidence of copying.

    A cell that is not of its column's kind, as one text among numbers, counts as missing and is named in the reasons of
    `shapes`; compatible, its column has no score, as an error of the peer's has none.

    References
    ----------
    sdmetrics 0.32.0, QualityReport; Platzer and Reutterer 2021, "Holdout-Based Empirical Assessment of Mixed-Type
    Synthetic Data", Frontiers in Big Data 4 (binned cells against a holdout).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=4000)
    >>> table = {"x": x, "y": x + rng.normal(size=4000) / 9}
    >>> shuffled_too = {"x": x, "y": rng.permutation(table["y"])}
    >>> same, apart = (quality_report(real=table, synthetic=other) for other in (table, shuffled_too))
    >>> same.score, apart.properties["normalised"].round(1).tolist()
    (1.0, [1.0, 0.0])
    """
    check_peer(compatible, SDMetrics)
    seed = check_seed(seed)
    if compatible is not None:
        return _peer(peer_tables(named_sets(real=real, synthetic=synthetic), kinds))
    return _judged_report(compared_tables(named_sets(real=real, synthetic=synthetic, holdout=holdout), kinds), seed)


def _judged_report(tables: Compared, seed: int) -> QualityReport:
    real, synthetic = tables.cells["real"], tables.cells["synthetic"]
    rng = np.random.default_rng(seed)
    judged = equal_sets(real, synthetic, tables.cells.get("holdout"), rng)
    shapes = tables.told(_shapes(real, synthetic, judged, rng))
    pairs = _pairs(real, synthetic, judged, rng)
    error = 0.0 if judged is None else judged.error
    mains = {"shapes": _main_rows(shapes, SHAPE_MAIN), "pairs": _main_rows(pairs, PAIR_MAIN)}
    head = headline_of({name: _places(rows, error) for name, rows in mains.items()}, real.names, tables.absent)
    lines = [_property(name, rows, head.properties[name]) for name, rows in mains.items()]
    properties = pd.DataFrame(lines, columns=_PROPERTY)
    columns = head.frame(tables.absent)
    return QualityReport(head.score, columns, properties, shapes, pairs, real.left_out, tables.notes)


def _peer(tables: Compared) -> QualityReport:
    real, synthetic = tables.cells["real"], tables.cells["synthetic"]
    first, second = sketches(real), sketches(synthetic)
    shapes, pairs = peer_shapes(real, first, second), peer_pairs(real, synthetic, first, second)
    for column, said in tables.reasons.items():
        shapes.loc[shapes["column"] == column, ["score", "reason"]] = [np.nan, said]
        of_it = (pairs["column_a"] == column) | (pairs["column_b"] == column)
        pairs.loc[of_it, ["score", "counted", "reason"]] = [np.nan, False, said]
    scores = [shapes["score"].mean(), pairs["score"].mean()]
    properties = pd.DataFrame({"property": ["shapes", "pairs"], "score": scores})
    score = float(properties["score"].mean()) if properties["score"].notna().any() else None
    columns = worst_first(shapes[["column", "score", "reason"]])
    return QualityReport(score, columns, properties, shapes, pairs, real.left_out, tables.notes, "sdmetrics")


_NUMBERS = ("score", "matched", "ceiling", "floor", "normalised")
_PROPERTY = ["property", *_NUMBERS, "n", "n_normalised"]


def _main_rows(frame: pd.DataFrame, main: tuple[str, ...]) -> pd.DataFrame:
    return frame[frame["metric"].isin(main)]


def _places(rows: pd.DataFrame, error: float) -> Places:
    names = [name for name in ("column", "column_a", "column_b") if name in rows]
    columns = list(rows[names].itertuples(index=False, name=None))
    ceiling, floor, values = (rows[number].to_numpy(np.float64) for number in _NUMBERS[2:])
    shares = share_error(ceiling, floor, error)
    errors = np.where(rows["metric"].isin(_OF_SHARES), np.where(np.isnan(shares), error, shares), error)
    return Places(columns, values, room_between(ceiling, floor, errors))


def _property(name: str, rows: pd.DataFrame, mean: float | None) -> list[Any]:
    means = [rows[number].mean() for number in _NUMBERS[:-1]]
    return [name, *means, mean, len(rows), int(rows["normalised"].notna().sum())]


def _shapes(real: Cells, synthetic: Cells, judged: EqualSets | None, rng: np.random.Generator) -> pd.DataFrame:
    first = shape_scores(sketches(real), sketches(synthetic))
    found: list[list[list[dict[str, float | str]]]] = []
    if judged is not None:
        reference = sketches(judged.reference)
        even = tuple(side.uniform(rng, like=judged.reference) for side in judged.fresh)
        draws = (judged.synthetic, judged.fresh, even)
        found = [[shape_scores(reference, sketches(side)) for side in sides] for sides in draws]
    rows = []
    for place, (column, scores) in enumerate(zip(real.columns, first, strict=True)):
        for metric, score in scores.items():
            means = [_average([side[place][metric] for side in sides]) for sides in found]
            rows.append([column.name, metric, *_line(metric, score, means, judged)])
    return pd.DataFrame(rows, columns=["column", "metric", *_NUMBERS, "reason"]).astype(dict.fromkeys(_NUMBERS, float))


def _pairs(real: Cells, synthetic: Cells, judged: EqualSets | None, rng: np.random.Generator) -> pd.DataFrame:
    own = pair_edges(real)
    side = pair_side(real, own)
    first = pair_scores(side, pair_side(synthetic, own))
    found: list[list[dict[str, Double]]] = []
    if judged is not None:
        whole = judged.reference is real
        edges = own if whole else pair_edges(judged.reference)
        reference = side if whole else pair_side(judged.reference, edges)
        draws = (judged.synthetic, judged.fresh, tuple(item.shuffled(rng) for item in judged.fresh))
        found = [[pair_scores(reference, pair_side(item, edges)) for item in items] for items in draws]
    rows = []
    for metric, scores in first.items():
        pairs = side.pairs[side.linear] if metric.startswith("correlation") else side.pairs
        averages = [np.mean([item[metric] for item in items], axis=0) for items in found]
        for place, (i, j) in enumerate(pairs.tolist()):
            means = [_known(average[place]) for average in averages]
            line = _line(metric, _known(scores[place]), means, judged)
            rows.append([real.columns[i].name, real.columns[j].name, metric, *line])
    columns = ["column_a", "column_b", "metric", *_NUMBERS, "reason"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(_NUMBERS, float))


def _known(score: float) -> float | str:
    return NO_PAIR if np.isnan(score) else float(score)


def _average(scores: list[float | str]) -> float | str:
    """Mean, or the first reason why there is none."""
    for score in scores:
        if isinstance(score, str):
            return score
    return float(np.mean([float(score) for score in scores]))


def _line(metric: str, score: float | str, means: list[float | str], judged: EqualSets | None) -> list[Any]:
    """Score, matched, ceiling, floor, normalised and the reason for what is missing."""
    reasons = [value for value in (score, *means) if isinstance(value, str)]
    numbers = [None if isinstance(value, str) else value for value in (score, *means)]
    numbers += [None] * (4 - len(numbers))
    if metric not in (*_WITH_FLOOR, *PAIR_METRICS):
        return [*numbers[:3], None, None, reasons[0] if reasons else "rows without structure lose nothing here"]
    if judged is None or reasons:
        return [*numbers, None, reasons[0] if reasons else _NO_HALVES]
    matched, ceiling, floor = (float(value) for value in means)
    error: float = judged.error if metric in (*SHAPE_MAIN, *PAIR_MAIN) else _LESS_CERTAIN * judged.error
    if metric in _OF_SHARES:
        error = float(share_error(ceiling, floor, error))
    place, reason = normalised(matched, ceiling, floor, error)
    return [*numbers, float(place), str(reason)]
