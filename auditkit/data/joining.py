"""Sets behind each other: tables, images, schemas, ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.casting import cast_column, cast_table, is_number
from auditkit.data.checks import check_compatible, check_dataset
from auditkit.data.dataset import Dataset
from auditkit.data.provenance import joined_record
from auditkit.data.samples import join_samples
from auditkit.data.schema import Column, Schema
from auditkit.data.units import unique_ids

__all__ = ["join_parts", "join_schemas", "join_sets"]


def join_sets(sets: Sequence[Dataset]) -> Dataset:
    """One set of all units, with the first set's roles and a schema wide enough for all.

    Raises
    ------
    DataError
        If the sets differ in modality, columns or image shape.
    """
    for other in sets[1:]:
        check_dataset("other", other)
        check_compatible(sets[0], other, other.source)
    return join_parts(sets)


def join_parts(sets: Sequence[Dataset]) -> Dataset:
    """The same of sets that are known to have the same columns, though each may have labels of its own."""
    first = sets[0]
    schema = join_schemas([item.schema for item in sets])
    columns = {name: _join_columns([_cells(item, name) for item in sets]) for name in first.table.columns}
    origin = np.concatenate([_origins(item) for item in sets])
    weighted = any(item.weights is not None for item in sets)
    return replace(
        first,
        table=cast_table(pd.DataFrame(columns, index=pd.RangeIndex(sum(item.n_rows for item in sets))), schema),
        samples=join_samples([item.samples for item in sets if item.samples is not None]) if first.samples else None,
        schema=schema,
        ids=unique_ids(np.concatenate([item.ids for item in sets]), origin),
        origin=origin,
        weights=np.concatenate([_weights(item) for item in sets]) if weighted else None,
        unit_of_row=_join_units(sets),
        provenance=joined_record(sets),
    )


def join_schemas(schemas: Sequence[Schema]) -> Schema:
    """The first schema, with levels, ranges and missing cells of all."""
    first = schemas[0]
    columns = [[schema[name] for schema in schemas if name in schema] for name in first.names]
    return replace(first, columns=tuple(_widen(column) for column in columns))


def _widen(columns: Sequence[Column]) -> Column:
    first = columns[0]
    lows = [column.minimum for column in columns if column.minimum is not None]
    highs = [column.maximum for column in columns if column.maximum is not None]
    digits = [column.decimals for column in columns]
    known = [count for count in digits if count is not None]
    return replace(
        first,
        levels=tuple(dict.fromkeys(level for column in columns for level in column.levels)) if first.levels else (),
        minimum=min(lows, default=None),
        maximum=max(highs, default=None),
        decimals=max(known) if known and len(known) == len(digits) else None,
        nullable=any(column.nullable for column in columns),
    )


def _join_columns(parts: Sequence[pd.Series]) -> pd.Series:
    if len({str(part.dtype) for part in parts}) > 1 and not all(is_number(part) for part in parts):
        text = Column("", "text")
        parts = [cast_column(part, text) for part in parts]
    return pd.concat(list(parts), ignore_index=True)


def _cells(item: Dataset, name: str) -> pd.Series:
    """Cells of a column; all missing where images lack a column of metadata."""
    if name in item.table.columns:
        return item.table[name]
    return pd.Series([None] * item.n_rows, dtype="str")


def _join_units(sets: Sequence[Dataset]) -> NDArray[np.intp] | None:
    starts = np.cumsum([0, *(len(item) for item in sets)])
    pairs = [(item.unit_of_row, start) for item, start in zip(sets, starts[:-1], strict=True)]
    units = [unit_of_row + start for unit_of_row, start in pairs if unit_of_row is not None]
    return np.concatenate(units) if units else None


def _origins(item: Dataset) -> NDArray[np.str_]:
    return np.full(len(item), item.source) if item.origin is None else item.origin


def _weights(item: Dataset) -> NDArray[np.float64]:
    return np.ones(len(item)) if item.weights is None else item.weights
