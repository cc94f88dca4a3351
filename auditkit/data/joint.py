"""One encoding of several tables together: a level has one code in all of them, a cell is read once.

Everything that compares tables cell by cell starts here. The frames that are given stay as they are; a column that
needs no conversion is not copied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.any_table import frame_of
from auditkit.data.casting import cast_column, is_number, is_text
from auditkit.data.cell_values import in_one_type, in_one_unit, moment_values, number_values
from auditkit.data.cells import CELL_KINDS, MISSING_CODE, CellColumn, CellKind, Cells, origin_of
from auditkit.data.dataset import Dataset
from auditkit.data.levels import level_text, sort_levels
from auditkit.data.plain_cells import plain_cells
from auditkit.data.renamed import renamed_columns
from auditkit.data.schema import Column, Schema
from auditkit.errors import ConfigError, DataError, UnknownNameError

__all__ = ["NOT_COMPARED", "check_kinds", "encode_frames", "encode_sets", "join_cells"]

Columns = Mapping[str, pd.Series]

_KIND_OF: Mapping[str, CellKind] = {
    "numeric": "number",
    "integer": "number",
    "datetime": "moment",
    "category": "category",
    "boolean": "category",
    "constant": "category",
}
_BOOLEAN = Column("", "boolean", dtype="bool")
NOT_COMPARED: Mapping[str, str] = {"id": "names of records", "text": "free text"}
"""Kinds of columns in which each cell has words of its own, and what reasons call them."""


def encode_frames(
    sets: Mapping[str, Any], *, kinds: Mapping[str, CellKind] | None = None, lenient: bool = False
) -> dict[str, Cells]:
    """Several tables in one encoding.

    Parameters
    ----------
    sets : mapping of str to table
        The real one first, as `{"real": ..., "synthetic": ..., "holdout": ...}`: pandas, polars or arrow tables,
        mappings of columns, arrays, or Datasets. See `frame_of`.
    kinds : mapping of str to {"number", "moment", "category"}, optional
        Kinds of columns; where not given, by the type of the cells of the first set that has any: numbers are numbers,
        dates are moments, everything else (text and booleans) is a category.
    lenient : bool, default False
        Whether cells that are not of their column's kind, as text among numbers, count as missing.

    Returns
    -------
    dict of str to Cells
        One per set with the same columns: those of the first set that all others have. The others are in `left_out`
        with the reason.

    Raises
    ------
    ConfigError
        If `kinds` is no mapping.
    DataError
        If names repeat, no column is shared, or cells are not of their column's kind.
    UnknownNameError
        If a kind names no column of the first set, or is none of the three.
    SampleSizeError
        If a set has no row.

    Notes
    -----
    O(n) per column; categories by one hash table over all sets.

    Examples
    --------
    >>> real = pd.DataFrame({"x": [1.5, None], "c": ["a", "b"]})
    >>> cells = encode_frames({"real": real, "synthetic": pd.DataFrame({"c": ["b", "c", None], "x": [1, 2, 3]})})
    >>> cells["synthetic"].values[1].tolist(), cells["real"].columns[1].known
    ([2, 3, 0], 2)
    """
    frames = {role: frame_of(given, name=role) for role, given in sets.items()}
    first = next(iter(frames.values()))
    check_kinds(kinds)
    for name, kind in (kinds or {}).items():
        if name not in first.columns:
            raise UnknownNameError.of("column", name, first.columns, f"in the {next(iter(frames))} set")
        if kind not in CELL_KINDS:
            raise UnknownNameError.of("kind", kind, CELL_KINDS, f"of column {name!r}")
    tables = {
        role: {name: plain_cells(frame[name], name=name, source=f"the {role} set") for name in frame.columns}
        for role, frame in frames.items()
    }
    chosen = {name: (kinds or {}).get(name) or _kind_of_cells(name, tables.values()) for name in first.columns}
    return _encoded(tables, chosen, {}, {}, lenient=lenient)


def encode_sets(sets: Mapping[str, Dataset], *, schema: Schema | None = None) -> dict[str, Cells]:
    """Several sets in one encoding, kinds as the schema says.

    Parameters
    ----------
    sets : mapping of str to Dataset
        The real one first.
    schema : Schema, optional
        The first set's by default.

    Returns
    -------
    dict of str to Cells
        Names of records and free text are in `left_out`. Cells that are not of their column's kind, as text among
        numbers, count as missing: `schema_violations` names them.

    Raises
    ------
    DataError, SampleSizeError
        As for `encode_frames`.
    """
    schema = next(iter(sets.values())).schema if schema is None else schema
    kinds = {column.name: _KIND_OF[column.kind] for column in schema.columns if column.kind in _KIND_OF}
    out = {column.name: NOT_COMPARED[column.kind] for column in schema.columns if column.kind in NOT_COMPARED}
    for item in sets.values():
        if item.key is not None and item.key in kinds:
            del kinds[item.key]
            out[item.key] = NOT_COMPARED["id"]
    tables = {role: {str(name): item.table[name] for name in item.table.columns} for role, item in sets.items()}
    levels = {column.name: column.levels for column in schema.columns if kinds.get(column.name) == "category"}
    return _encoded(tables, kinds, out, levels, lenient=True)


def join_cells(sets: Mapping[Any, Cells]) -> dict[Any, Cells]:
    """Sets that were encoded one by one, in one encoding.

    Parameters
    ----------
    sets : mapping of str to Cells
        The real one first, all with the same columns. Its levels keep their codes.

    Returns
    -------
    dict of str to Cells
    """
    first = next(iter(sets.values()))
    columns, values = [], []
    for place, column in enumerate(first.columns):
        own = [item.values[place] for item in sets.values()]  # noqa: PD011 - no frames
        if column.kind == "category":
            column, own = _joined_levels([item.columns[place] for item in sets.values()], own)  # noqa: PLW2901
        elif column.kind == "moment":
            own, unit = in_one_unit(own, [item.columns[place].unit for item in sets.values()])
            column = replace(column, unit=unit)  # noqa: PLW2901
        elif column.kind == "number":
            own = in_one_type(own, [item.missing[place] for item in sets.values()])
            column = replace(column, origin=_origin(own[0], first.missing[place]))  # noqa: PLW2901
        columns.append(column)
        values.append(own)
    return {
        role: replace(item, columns=tuple(columns), values=tuple(own[number] for own in values))
        for number, (role, item) in enumerate(sets.items())
    }


def _origin(values: NDArray[Any], absent: NDArray[np.bool_] | None) -> int:
    return origin_of(values if absent is None else values[~absent])


def _joined_levels(
    columns: Sequence[CellColumn], values: Sequence[NDArray[Any]]
) -> tuple[CellColumn, list[NDArray[Any]]]:
    known = columns[0].levels
    levels = (*known, *sort_levels({level for column in columns for level in column.levels} - set(known)))
    codes = {level: code for code, level in enumerate(levels, start=1)}
    tables = [np.array([MISSING_CODE, *(codes[level] for level in column.levels)], np.int32) for column in columns]
    return replace(columns[0], levels=levels), [table[own] for table, own in zip(tables, values, strict=True)]


def check_kinds(kinds: object) -> None:
    """Refuse kinds that are no mapping.

    Raises
    ------
    ConfigError
        With what they are instead.
    """
    if kinds is not None and not isinstance(kinds, Mapping):
        got = type(kinds).__name__
        raise ConfigError(f"kinds must map names of columns to kinds, got {got}: write {{'age': 'number'}}, say.")


def _kind_of_cells(name: str, tables: Iterable[Columns]) -> CellKind:
    """Kind by the cells of the first set that has any."""
    columns = [table[name] for table in tables if name in table]
    values = next((column for column in columns if column.notna().any()), columns[0])
    if is_number(values):
        return "number"
    return "moment" if pd.api.types.is_datetime64_any_dtype(values.dtype) else "category"


def _renamed(name: str, renamed: Iterable[Mapping[str, str]]) -> str:
    """What the column may be called now, as the tail of a sentence."""
    near = next((names[name] for names in renamed if name in names), None)
    return "" if near is None else f"; its column {near!r} may be it: rename it"


def _encoded(
    tables: Mapping[str, Columns],
    kinds: Mapping[str, CellKind],
    out: Mapping[str, str],
    levels: Mapping[str, tuple[str, ...]],
    *,
    lenient: bool,
) -> dict[str, Cells]:
    left_out = dict(out)
    shared = []
    roles = list(tables)
    renamed = [renamed_columns(tables[roles[0]], table) for table in tables.values()]
    for name in kinds:
        lacking = [role for role, table in tables.items() if name not in table]
        if lacking:
            left_out[name] = f"the {' and the '.join(lacking)} set lacks it{_renamed(name, renamed)}"
        else:
            shared.append(name)
    for role, table in tables.items():
        for name in table:
            if name not in kinds and name not in left_out:
                left_out[name] = f"only the {role} set has it"
    if not shared:
        raise DataError(f"no column can be compared: the {roles[0]} set shares none with the others.")
    encoded = []
    for name in shared:
        cells = [table[name] for table in tables.values()]
        if kinds[name] == "category":
            encoded.append(_levels(cells, name, levels.get(name, ())))
        elif kinds[name] == "moment":
            values, missing, unit = moment_values(cells, name=name, roles=roles, lenient=lenient)
            encoded.append((CellColumn(name, "moment", unit=unit), values, missing))
        else:
            values, missing = number_values(cells, name=name, roles=roles, lenient=lenient)
            encoded.append((CellColumn(name, "number", origin=_origin(values[0], missing[0])), values, missing))
    return {
        role: Cells(
            columns=tuple(column for column, _, _ in encoded),
            values=tuple(values[place] for _, values, _ in encoded),
            missing=tuple(missing[place] for _, _, missing in encoded),
            n_rows=len(encoded[0][1][place]),
            left_out=left_out,
        )
        for place, role in enumerate(roles)
    }


Encoded = tuple[CellColumn, list[NDArray[Any]], list[NDArray[np.bool_] | None]]


def _levels(cells: list[pd.Series], name: str, schema: tuple[str, ...]) -> Encoded:
    """Codes of categories, one hash table for all sets; levels of a schema come first."""
    codes, found = _factorized(cells)
    texts = [level_text(value) for value in found]
    place = {level: code for code, level in enumerate(schema, start=1)}
    for text in texts:
        place.setdefault(text, len(place) + 1)
    if schema or len(place) < len(texts):  # 1 and "1" are one level
        joint = np.array([*(place[text] for text in texts), MISSING_CODE], np.int32)[codes]
    else:
        joint = codes.astype(np.int32) + np.int32(1)
    ends = np.cumsum([len(column) for column in cells])
    values = np.split(joint, ends[:-1])
    missing = [absent if absent.any() else None for absent in (item == MISSING_CODE for item in values)]
    known = max(len(schema), int(values[0].max(initial=0)))
    return CellColumn(name, "category", tuple(place), known), values, missing


def _factorized(cells: list[pd.Series]) -> tuple[NDArray[np.intp], Sequence[Any]]:
    """Place of each cell's value among the distinct ones of all sets, in order of appearance; -1 = missing."""
    if len({column.dtype for column in cells}) > 1 and any(_is_boolean(column) for column in cells):
        cells = [cast_column(column, _BOOLEAN) for column in cells]
    if len({column.dtype for column in cells}) == 1 or all(is_text(column) for column in cells):
        joined = pd.concat(cells, ignore_index=True)
    else:  # sets that hold one column in different types meet as text
        joined = pd.concat([_as_texts(column) for column in cells], ignore_index=True)
    codes, found = pd.factorize(joined, use_na_sentinel=True)
    return codes, list(found)


def _is_boolean(column: pd.Series) -> bool:
    return bool(pd.api.types.is_bool_dtype(column.dtype))


def _as_texts(column: pd.Series) -> pd.Series:
    codes, found = pd.factorize(column, use_na_sentinel=True)
    return pd.Series(np.array([*(level_text(value) for value in found), None], dtype=object)[codes])
