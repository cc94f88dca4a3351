"""Validity: is a synthetic table made of the same columns as the real one, with cells within the same bounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from auditkit.data.any_table import frame_of
from auditkit.data.cells import CellKind
from auditkit.data.joint import NOT_COMPARED, encode_frames
from auditkit.errors import UndefinedError, UnknownNameError
from auditkit.metrics.tables import shapes
from auditkit.metrics.tables.compared import Compared, compared_tables, peer_tables, readable
from auditkit.metrics.tables.fidelity import Sketch, sketches
from auditkit.metrics.tables.headline import (
    Headline,
    Places,
    column_rows,
    headline_of,
    headline_text,
    lowered,
    worst_first,
    worst_of,
)
from auditkit.metrics.tables.peers import SDMetrics, check_peer
from auditkit.metrics.tables.shown import Shown, left_out_note, short_text
from auditkit.metrics.tables.sides import named_sets

__all__ = ["DiagnosticReport", "diagnostic_report"]

_COLUMNS = ["column", "metric", "score", "ceiling", "reason"]


@dataclass(frozen=True, eq=False, repr=False)
class DiagnosticReport(Shown):
    """Validity and structure of a synthetic table.

    Attributes
    ----------
    score : float or None
        The lower property, less up to half of it for the worst column. Compatible: the mean of the properties.
    columns : pandas.DataFrame
        column, score (that of `shapes` over its ceiling, at most 1; 0 for a column that the synthetic table lacks),
        reason; the worst first. Compatible: the scores of `shapes`.
    properties : pandas.DataFrame
        property ("validity", "structure"), score.
    shapes : pandas.DataFrame
        column, metric, score, ceiling (the same for the holdout; missing without one), reason.
    pairs : pandas.DataFrame
        The same columns without a row: no pair makes a table valid.
    left_out : mapping of str to str
        Columns that only one set has, with the reason; they count against the structure. Unless compatible also
        columns of names of records and of free text, which count for nothing.
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
        parts = dict(zip(self.properties["property"], self.properties["score"], strict=True))
        what = f"diagnosis as {self.compatible} has it" if self.compatible else "diagnosis"
        head = headline_text(what, self.score, parts, self.columns)
        notes = [*self.notes, *left_out_note(self.left_out)]
        return short_text(head, ("column", "score", "reason"), column_rows(self.columns), notes=notes, more=".columns")


def diagnostic_report(
    *,
    real: Any,
    synthetic: Any,
    holdout: Any = None,
    compatible: SDMetrics | None = None,
    kinds: Mapping[str, CellKind] | None = None,
    key: str | None = None,
) -> DiagnosticReport:
    """Validity of a table's cells and structure of its columns.

    Validity is the mean over columns of `boundary_adherence` (numbers, dates), `category_adherence` (categories) and
    `key_uniqueness` (the key), each over the same of the holdout. Structure is the number of columns that both tables
    have with cells of one kind, over the number that either has.

    score = min(validity, structure) x (1 + worst column) / 2, a column that the synthetic table lacks being worth 0.

    Parameters
    ----------
    real, synthetic, holdout : table
        Pandas, polars or arrow tables, mappings of columns, or Datasets.
    compatible : {"sdmetrics"}, optional
        DiagnosticReport of sdmetrics 0.32: a column has the same structure only if its type is stored alike, so that
        whole numbers as int64 and as float64 differ; every column is judged, by its own score alone, and the report's
        score is the mean of validity and structure.
    kinds : mapping of str to {"number", "moment", "category"}, optional
        Where not given, by the type of the real column's cells. Columns of names of records and of free text (as
        `load` tells them) are not judged unless they are named here.
    key : str, optional
        Column that names the records.

    Returns
    -------
    DiagnosticReport
        `.score`, `.worst`, `.columns`, `.properties`, `.shapes`.

    Raises
    ------
    UnknownNameError
        If the real set has no such key column, or a name is unknown.
    DataError, SampleSizeError
        If a table cannot be read, is empty or shares no column with the others.

    Notes
    -----
    O(n log n) per column. Fresh real rows leave the bounds of the others now and then, which is why a holdout's score
    is a column's ceiling. A cell that is not of its column's kind, as one text among numbers, is not valid; compatible,
    its column has no score, as an error of the peer's has none.

    References
    ----------
    sdmetrics 0.32.0, DiagnosticReport.

    Examples
    --------
    >>> report = diagnostic_report(real={"x": [0, 9], "c": ["a", "b"]}, synthetic={"x": [5, 10], "c": ["a", "a"]})
    >>> report.shapes["score"].tolist(), report.score
    ([0.5, 1.0], 0.5625)
    """
    check_peer(compatible, SDMetrics)
    given = named_sets(real=real, synthetic=synthetic, holdout=holdout)
    frames = {role: readable(frame_of(table, name=role)) for role, table in given.items()}
    if key is not None and key not in frames["real"].columns:
        raise UnknownNameError.of("key column", key, frames["real"].columns)
    if key is not None:
        kinds = dict(kinds or {}) | {key: "category"}
    if compatible is not None:
        return _peer(peer_tables(given, kinds), key, _stored_alike(frames))
    tables = compared_tables(given, kinds)
    found = tables.told(_validity(tables, key))
    head, left_out = _over_ceilings(found, tables.absent), tables.cells["real"].left_out
    names = [name for name, reason in left_out.items() if reason in NOT_COMPARED.values()]
    kept = {role: frame.drop(columns=names, errors="ignore") for role, frame in frames.items()}
    scores = [head.properties["validity"], _kinds_alike(kept, kinds or {})]
    properties = pd.DataFrame({"property": ["validity", "structure"], "score": scores}).astype({"score": np.float64})
    columns, lower = head.frame(tables.absent), float(properties["score"].min())
    worst = worst_of(columns)
    score = lower if worst is None else lowered(lower, worst[1])
    return DiagnosticReport(score, columns, properties, found, found.iloc[:0].copy(), left_out, tables.notes)


def _over_ceilings(found: pd.DataFrame, absent: tuple[str, ...]) -> Headline:
    """Scores over those of the holdout, all columns of one weight."""
    ceiling = found["ceiling"].where(found["ceiling"] > 0, 1.0)
    values = (found["score"] / ceiling).clip(upper=1.0).to_numpy(np.float64)
    names = found["column"].tolist()
    return headline_of({"validity": Places([(name,) for name in names], values, np.ones(len(names)))}, names, absent)


def _peer(tables: Compared, key: str | None, structure: float) -> DiagnosticReport:
    found = _validity(tables, key)
    for column, said in tables.reasons.items():
        found.loc[found["column"] == column, ["score", "reason"]] = [np.nan, said]
    properties = pd.DataFrame({"property": ["validity", "structure"], "score": [found["score"].mean(), structure]})
    score, columns = float(properties["score"].mean()), worst_first(found[["column", "score", "reason"]])
    left_out, pairs = tables.cells["real"].left_out, found.iloc[:0].copy()
    return DiagnosticReport(score, columns, properties, found, pairs, left_out, tables.notes, "sdmetrics")


def _validity(tables: Compared, key: str | None) -> pd.DataFrame:
    columns = {role: sketches(side) for role, side in tables.cells.items()}
    rows = []
    for place, column in enumerate(tables.cells["real"].columns):
        found: list[float | None] = []
        reason = ""
        metric, logic = _metric_of(column.kind, is_key=column.name == key)
        for role in ("synthetic", "holdout"):
            n_unread = tables.unread.get(column.name, {}).get(role, 0)
            try:
                found.append(
                    _share(logic, columns["real"][place], columns[role][place], n_unread) if role in columns else None
                )
            except UndefinedError as error:
                found.append(None)
                reason = reason or str(error)
        rows.append([column.name, metric, *found, reason])
    return pd.DataFrame(rows, columns=_COLUMNS).astype({"score": np.float64, "ceiling": np.float64})


def _share(logic: Callable[[Any, Any], float], real: Sketch, other: Sketch, n_unread: int) -> float:
    """Share of valid cells, those of another kind among the others where missing ones are not counted."""
    if not n_unread or not real.n_missing:
        return logic(real, other)
    n_read = other.n - other.n_missing
    return logic(real, other) * n_read / (n_read + n_unread) if n_read else 0.0


def _metric_of(kind: CellKind, *, is_key: bool) -> tuple[str, Callable[[Any, Any], float]]:
    if is_key:
        return "key_uniqueness", _unique
    if kind == "category":
        return "category_adherence", shapes.known_share
    return "boundary_adherence", shapes.boundary_share


def _unique(_real: Sketch, other: shapes.Levels) -> float:
    return float(np.count_nonzero(other.counts[1:])) / other.n


def _stored_alike(frames: Mapping[str, pd.DataFrame]) -> float:
    real, synthetic = ({(name, str(kind)) for name, kind in frames[role].dtypes.items()} for role in _TWO)
    return len(real & synthetic) / len(real | synthetic)


_TWO = ("real", "synthetic")


def _kinds_alike(frames: Mapping[str, pd.DataFrame], chosen: Mapping[str, CellKind]) -> float:
    found = []
    for role in _TWO:
        frame = frames[role]
        own = {name: kind for name, kind in chosen.items() if name in frame.columns}
        cells = encode_frames({role: frame}, kinds=own, lenient=True)[role]
        found.append({(column.name, column.kind) for column in cells.columns})
    return len(found[0] & found[1]) / len(found[0] | found[1])
