"""Validity: is a synthetic table made of the same columns as the real one, with cells within the same bounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from auditkit.data.any_table import frame_of
from auditkit.data.cells import CellKind, Cells
from auditkit.data.joint import encode_frames
from auditkit.errors import UndefinedError, UnknownNameError
from auditkit.metrics.tables import shapes
from auditkit.metrics.tables.fidelity import Sketch, sketches
from auditkit.metrics.tables.peers import SDMetrics, check_peer
from auditkit.metrics.tables.sides import named_sets

__all__ = ["DiagnosticReport", "diagnostic_report"]

_COLUMNS = ["column", "metric", "score", "ceiling", "reason"]


@dataclass(frozen=True, eq=False)
class DiagnosticReport:
    """Validity and structure of a synthetic table.

    Attributes
    ----------
    score : float or None
        Mean of the properties.
    properties : pandas.DataFrame
        property ("validity", "structure"), score.
    shapes : pandas.DataFrame
        column, metric, score, ceiling (the same for the holdout; missing without one), reason.
    pairs : pandas.DataFrame
        The same columns without a row: no pair makes a table valid.
    left_out : mapping of str to str
        Columns that only one set has, with the reason; they count against the structure.
    compatible : str or None
    """

    score: float | None
    properties: pd.DataFrame
    shapes: pd.DataFrame
    pairs: pd.DataFrame
    left_out: Mapping[str, str] = field(default_factory=dict)
    compatible: str | None = None


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
    `key_uniqueness` (the key). Structure is the number of columns that both tables have with cells of one kind, over
    the number that either has.

    Parameters
    ----------
    real, synthetic, holdout : table
        Pandas, polars or arrow tables, mappings of columns, or Datasets.
    compatible : {"sdmetrics"}, optional
        DiagnosticReport of sdmetrics 0.32: a column has the same structure only if its type is stored alike, so that
        whole numbers as int64 and as float64 differ. Validity is the same either way.
    kinds : mapping of str to {"number", "moment", "category"}, optional
        Where not given, by the type of the real column's cells.
    key : str, optional
        Column that names the records.

    Returns
    -------
    DiagnosticReport
        `.score`, `.properties`, `.shapes`.

    Raises
    ------
    UnknownNameError
        If the real set has no such key column, or a name is unknown.
    DataError, SampleSizeError
        If a table cannot be read, is empty or shares no column with the others.

    Notes
    -----
    O(n log n) per column. A holdout stands beside each column as its ceiling and is not in the score: fresh real rows
    leave the bounds of the others now and then.

    References
    ----------
    sdmetrics 0.32.0, DiagnosticReport.

    Examples
    --------
    >>> report = diagnostic_report(real={"x": [0, 9], "c": ["a", "b"]}, synthetic={"x": [5, 10], "c": ["a", "a"]})
    >>> report.shapes["score"].tolist(), report.score
    ([0.5, 1.0], 0.875)
    """
    check_peer(compatible, SDMetrics)
    given = named_sets(real=real, synthetic=synthetic, holdout=holdout)
    frames = {role: frame_of(table, name=role) for role, table in given.items()}
    if key is not None and key not in frames["real"].columns:
        raise UnknownNameError.of("key column", key, frames["real"].columns)
    chosen = dict(kinds or {}) | ({} if key is None else {key: "category"})
    cells = encode_frames(frames, kinds=chosen)
    found = _validity(cells, key)
    structure = _stored_alike(frames) if compatible else _kinds_alike(frames, chosen)
    validity = float(found["score"].mean())
    properties = pd.DataFrame({"property": ["validity", "structure"], "score": [validity, structure]})
    pairs = found.iloc[:0].copy()
    return DiagnosticReport(
        float(properties["score"].mean()), properties, found, pairs, cells["real"].left_out, compatible
    )


def _validity(cells: Mapping[str, Cells], key: str | None) -> pd.DataFrame:
    columns = {role: sketches(side) for role, side in cells.items()}
    rows = []
    for place, column in enumerate(cells["real"].columns):
        found: list[Any] = []
        reason = ""
        metric, logic = _metric_of(column.kind, is_key=column.name == key)
        for role in ("synthetic", "holdout"):
            try:
                found.append(logic(columns["real"][place], columns[role][place]) if role in columns else None)
            except UndefinedError as error:
                found.append(None)
                reason = reason or str(error)
        rows.append([column.name, metric, *found, reason])
    return pd.DataFrame(rows, columns=_COLUMNS).astype({"score": np.float64, "ceiling": np.float64})


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
        cells = encode_frames({role: frame}, kinds=own)[role]
        found.append({(column.name, column.kind) for column in cells.columns})
    return len(found[0] & found[1]) / len(found[0] | found[1])
