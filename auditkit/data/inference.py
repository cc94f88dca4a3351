"""The schema that a table shows: kinds by value, with the user's word above it."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.casting import cast_column, is_number, is_text, parse_dates, parse_numbers
from auditkit.data.levels import level_codes, sort_levels
from auditkit.data.personal import is_personal
from auditkit.data.schema import Column, Schema
from auditkit.errors import DataError, UnknownNameError
from auditkit.kinds import KINDS, Kind

__all__ = ["as_numbers", "infer_schema", "kind_without_levels"]

_ID_NAME = re.compile(r"(?i:(^|[\s_.-])(id|uuid|guid|rowid|index)$)|[a-z](Id|ID)$|^(Unnamed: 0)?$")
_MANY = 20
"""Distinct values from which unique or long strings are taken for ids or texts."""
_WORDS = 3.0
_LENGTH = 40.0
_DECIMALS = 6


def infer_schema(
    table: pd.DataFrame,
    *,
    overrides: Mapping[str, Kind] | None = None,
    key: str | None = None,
    source: str = "the table",
) -> Schema:
    """Schema of a table.

    Parameters
    ----------
    table : pandas.DataFrame
        Canonical cells (see `auditkit.data.frames`).
    overrides : mapping of str to str, optional
        Kinds that are known, as the user declares them and as the label and the groups must be.
    key : str, optional
        Column that names the unit of a row; always an id. What repeats within a unit counts once then, so that a name
        or an address that a unit bears in all of its rows is no category.
    source : str
        Name of the set, for messages.

    Returns
    -------
    Schema

    Raises
    ------
    UnknownNameError
        If an override names a column or a kind that does not exist.
    DataError
        If a column cannot be of the kind declared.
    """
    declared: dict[str, Kind] = dict(overrides or {})
    for name, kind in declared.items():
        if name not in table.columns:
            raise UnknownNameError.of("column", name, table.columns, f"in the kinds declared for {source}")
        if kind not in KINDS:
            raise UnknownNameError.of("kind", kind, KINDS, f"of column {name!r}")
    if key is not None:
        declared[key] = "id"
    units = table[key] if key in table.columns else None
    columns = [_column(table[name], name, declared.get(name), units, source) for name in table.columns]
    return Schema(tuple(columns))


def _column(values: pd.Series, name: str, declared: Kind | None, units: pd.Series | None, source: str) -> Column:
    kind = declared or _kind(values if units is None else _once_per_unit(values, units), name)
    dtype = _dtype(values, kind)
    cells = cast_column(values, Column(name, kind, dtype=dtype))
    if declared and not _fits(cells, dtype):
        message = f"column {name!r} of {source} was declared {kind} and holds other values: correct one of them."
        raise DataError(message)
    nullable = bool(values.isna().any())
    if kind in {"category", "boolean", "constant"}:
        return Column(name, kind, sort_levels(level_codes(cells)[1]), nullable=nullable, dtype=dtype)
    if kind in {"numeric", "integer", "datetime"}:
        numbers = as_numbers(cells)
        present = numbers[~np.isnan(numbers)]
        low, high = (float(present.min()), float(present.max())) if len(present) else (None, None)
        decimals = None if kind == "datetime" else _decimals(present)
        return Column(name, kind, (), low, high, decimals, nullable, dtype)
    return Column(name, kind, nullable=nullable, dtype=dtype)


def _once_per_unit(values: pd.Series, units: pd.Series) -> pd.Series:
    """Each value of text once for each unit that has it; other columns as they are."""
    if not is_text(values):
        return values
    once = values[~pd.DataFrame({"unit": units, "value": values}).duplicated()]
    return once if len(once) > 1 else values


def as_numbers(values: pd.Series, *, moments: bool = False) -> NDArray[np.float64]:
    """Cells as float64, missing and unreadable ones as NaN.

    Parameters
    ----------
    values : pandas.Series
    moments : bool, default False
        Whether text stands for dates. Dates are seconds since 1970-01-01 UTC.

    Returns
    -------
    ndarray of float64
    """
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        when: NDArray[np.datetime64] = values.to_numpy(dtype="datetime64[us]")
        return np.where(np.isnat(when), np.nan, when.astype(np.int64) / 1e6)
    if is_number(values) or pd.api.types.is_bool_dtype(values.dtype):
        floats: NDArray[np.float64] = values.to_numpy(dtype=np.float64, na_value=np.nan)
        return floats
    codes, texts = level_codes(values)
    return np.array([*(_as_number(text, moments=moments) for text in texts), np.nan], dtype=np.float64)[codes]


def _as_number(text: str, *, moments: bool) -> float:
    if moments:
        when = parse_dates([text])
        return np.nan if when is None else float(as_numbers(pd.Series(when))[0])
    number = parse_numbers([text], padded=True)
    return float(number[0]) if number is not None and np.isfinite(number[0]) else np.nan


def kind_without_levels(values: pd.Series, name: str) -> Kind | None:
    """Kind of a column of names of records or of free text; None of any other.

    Parameters
    ----------
    values : pandas.Series
        Plain cells, see `auditkit.data.plain_cells`.
    name : str

    Returns
    -------
    {"id", "text"} or None
        As `infer_schema` says.
    """
    kind = _kind(values, name)
    return kind if kind in ("id", "text") else None


def _kind(values: pd.Series, name: str) -> Kind:
    present = values.dropna()
    n_levels = present.nunique()
    if n_levels == 0 or (n_levels == 1 and len(present) == len(values) > 1):
        return "constant"
    if pd.api.types.is_bool_dtype(values.dtype):
        return "boolean"
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return "datetime"
    unique = n_levels == len(values) > 1
    if is_number(values):
        return _kind_of_numbers(present, name, unique=unique)
    return _kind_of_texts(present, name, n_levels, unique=unique)


def _kind_of_numbers(present: pd.Series, name: str, *, unique: bool) -> Kind:
    if not pd.api.types.is_integer_dtype(present.dtype):
        floats = present.to_numpy(dtype=np.float64)
        if not ((floats == np.floor(floats)).all() and (abs(floats) <= 2**53).all()):
            return "numeric"
    consecutive = len(present) >= _MANY and int(present.max()) - int(present.min()) + 1 == len(present)
    ordered = bool(present.is_monotonic_increasing or present.is_monotonic_decreasing)
    return "id" if unique and (_ID_NAME.search(name) or (consecutive and ordered)) else "integer"


def _kind_of_texts(present: pd.Series, name: str, n_levels: int, *, unique: bool) -> Kind:
    texts = [str(text) for text in present.unique()]
    if parse_dates(texts) is not None:
        return "datetime"
    if unique and _ID_NAME.search(name):
        return "id"
    if is_personal(name, texts, len(present)):
        return "id" if unique else "text"
    if n_levels < _MANY or n_levels * 2 <= len(present):
        return "category"
    words = float(np.mean([len(text.split()) for text in texts]))
    if words >= _WORDS or float(np.mean([len(text) for text in texts])) >= _LENGTH:
        return "text"
    return "id" if unique else "category"


def _dtype(values: pd.Series, kind: Kind) -> str:
    fixed = {"numeric": "float64", "integer": "int64", "boolean": "bool", "datetime": "datetime64[us]", "text": "str"}
    if kind in fixed:
        return fixed[kind]
    if pd.api.types.is_bool_dtype(values.dtype):
        return "bool"
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return "datetime64[us]"
    if not is_number(values):
        return "str"
    whole = cast_column(values, Column("", "integer", dtype="int64"))
    floats = whole.to_numpy(dtype=np.float64, na_value=np.nan)
    floats = floats[~np.isnan(floats)]
    return "int64" if (floats == np.floor(floats)).all() else "float64"


def _fits(cells: pd.Series, dtype: str) -> bool:
    if dtype == "bool":
        return bool(pd.api.types.is_bool_dtype(cells.dtype))
    if dtype == "datetime64[us]":
        return bool(pd.api.types.is_datetime64_any_dtype(cells.dtype))
    if dtype == "str":
        return is_text(cells)
    if not is_number(cells):
        return False
    floats = cells.to_numpy(dtype=np.float64, na_value=np.nan)
    floats = floats[~np.isnan(floats)]
    return dtype == "float64" or bool((floats == np.floor(floats)).all())


def _decimals(present: NDArray[np.float64]) -> int | None:
    if not len(present):
        return None
    slack = 1e-9 * np.maximum(1.0, abs(present))
    for digits in range(_DECIMALS + 1):
        if (abs(np.round(present, digits) - present) <= slack).all():
            return digits
    return None
