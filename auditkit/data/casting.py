"""Columns into another type where nothing is lost: text into numbers, whole floats into integers, and so on."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.levels import level_codes, level_text
from auditkit.data.schema import Column, Schema

__all__ = ["EXACT", "cast_column", "cast_table", "is_number", "is_text", "parse_dates", "parse_numbers"]

EXACT = 2**53
"""Above this size a float64 no longer holds every integer."""

_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")
_INFINITE = re.compile(r"\s*[+-]?inf(inity)?\s*", re.IGNORECASE)
_INTEGER = re.compile(r"[+-]?\d+")
_PADDED = re.compile(r"[+-]?0\d")
_WORDS = {"true": True, "1": True, "false": False, "0": False}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?")


def is_number(column: pd.Series) -> bool:
    """Whether the cells are numbers (booleans are not)."""
    return bool(pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype))


def is_text(column: pd.Series) -> bool:
    """Whether the cells are strings."""
    return isinstance(column.dtype, pd.StringDtype)


def parse_numbers(texts: Sequence[str], *, padded: bool = False) -> NDArray[np.int64] | NDArray[np.float64] | None:
    """Numbers that strings stand for, or None when one is not a number.

    Parameters
    ----------
    texts : sequence of str
    padded : bool, default False
        Whether numbers with leading zeros count as numbers; as codes ("007") they do not.

    Returns
    -------
    ndarray of int64 when all are written as integers, of float64 otherwise; None for anything else, and for integers
    that do not fit 64 bits.
    """
    if not padded and any(_PADDED.match(text) for text in texts):
        return None
    if all(_INTEGER.fullmatch(text) for text in texts):
        # More digits than 64 bits hold: a code, not a number.
        numbers = [int(text) if len(text) <= 20 else EXACT**2 for text in texts]  # noqa: PLR2004
        fits = all(-(2**63) <= number < 2**63 for number in numbers)
        return np.array(numbers, dtype=np.int64) if fits else None
    if all(_NUMBER.fullmatch(text) or _INFINITE.fullmatch(text) for text in texts):
        return np.array([float(text) for text in texts], dtype=np.float64)
    return None


def parse_dates(texts: Sequence[str]) -> pd.DatetimeIndex | None:
    """Moments (UTC) that ISO 8601 strings stand for, or None when one is not a date."""
    if not all(_DATE.fullmatch(text) for text in texts):
        return None
    try:
        moments = pd.to_datetime(list(texts), format="ISO8601", utc=True)
    except (ValueError, OverflowError):
        return None
    return moments.tz_localize(None).as_unit("us")


def cast_table(table: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """Table whose columns have the schema's types where nothing is lost; other columns stay as they are.

    Columns come in the schema's order; those that it does not know follow.
    """
    known = [name for name in schema.names if name in table.columns]
    others = [name for name in table.columns if name not in schema]
    parts = {name: cast_column(table[name], schema[name]) for name in known} | {name: table[name] for name in others}
    return pd.DataFrame(parts, index=pd.RangeIndex(len(table)))


def cast_column(values: pd.Series, column: Column) -> pd.Series:
    """Cells in the column's type where nothing is lost, else unchanged.

    Integers with missing cells become floats (or nullable integers beyond 2^53), booleans with missing cells
    nullable booleans.
    """
    cast = _CASTS[column.dtype](values)
    if cast is None and column.dtype == "int64":
        cast = _as_float(values)
    if cast is None and column.kind in {"category", "boolean", "constant"}:
        cast = _as_levels(values, column.dtype)
    if cast is None and column.kind in {"id", "text"}:
        cast = _as_text(values)
    return values if cast is None else cast


def _through_uniques(values: pd.Series) -> tuple[NDArray[np.intp], list[str]]:
    codes, found = pd.factorize(values, use_na_sentinel=True)
    return codes, [str(text) for text in found]


def _spread(values: NDArray[np.generic], codes: NDArray[np.intp]) -> pd.Series:
    """Series of `values[codes]` with missing cells where the code is -1."""
    if (codes >= 0).all():
        return pd.Series(values[codes])
    if values.dtype.kind == "b":
        return pd.Series(values[codes], dtype="boolean").mask(codes < 0)
    if values.dtype.kind in "iu" and len(values) and (values.min() < -EXACT or values.max() > EXACT):
        return pd.Series(values[codes], dtype="Int64").mask(codes < 0)
    return pd.Series(np.append(values.astype(np.float64), np.nan)[codes])


def _as_float(values: pd.Series) -> pd.Series | None:
    if is_number(values) or pd.api.types.is_bool_dtype(values.dtype):
        return pd.Series(values.to_numpy(dtype=np.float64, na_value=np.nan))
    if not is_text(values):
        return None
    codes, texts = _through_uniques(values)
    numbers = parse_numbers(texts, padded=True)
    return None if numbers is None else _spread(numbers.astype(np.float64), codes)


def _as_integer(values: pd.Series) -> pd.Series | None:
    if is_text(values):
        codes, texts = _through_uniques(values)
        numbers = parse_numbers(texts, padded=True)
        if numbers is None:
            return None
        values = _spread(numbers, codes)
    if not is_number(values):
        return None
    if pd.api.types.is_integer_dtype(values.dtype):
        return values
    floats = values.to_numpy(dtype=np.float64, na_value=np.nan)
    present = floats[~np.isnan(floats)]
    if not (np.isfinite(present).all() and (present == np.floor(present)).all() and (abs(present) <= EXACT).all()):
        return None
    return pd.Series(floats.astype(np.int64) if len(present) == len(floats) else floats)


def _as_boolean(values: pd.Series) -> pd.Series | None:
    if pd.api.types.is_bool_dtype(values.dtype):
        return values
    codes, levels = level_codes(values)
    if any(level.lower() not in _WORDS for level in levels):
        return None
    return _spread(np.array([_WORDS[level.lower()] for level in levels], dtype=np.bool_), codes.astype(np.intp))


def _as_moment(values: pd.Series) -> pd.Series | None:
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return values
    if not is_text(values):
        return None
    codes, texts = _through_uniques(values)
    moments = parse_dates(texts)
    if moments is None:
        return None
    cells = np.append(moments.to_numpy(dtype="datetime64[us]"), np.datetime64("NaT", "us"))
    return pd.Series(cells[codes])


def _as_text(values: pd.Series) -> pd.Series:
    if is_text(values):
        return values
    codes, found = pd.factorize(values, use_na_sentinel=True)
    names = np.array([*(level_text(value) for value in found), None], dtype=object)
    return pd.Series(names[codes], dtype="str")


def _as_levels(values: pd.Series, dtype: str) -> pd.Series:
    """Text, cells that are of the type named as its levels are: one that is not makes no other a new level."""
    codes, levels = level_codes(values)
    names = np.array([*(_level_of(level, dtype) for level in levels), None], dtype=object)
    return pd.Series(names[codes], dtype="str")


def _level_of(text: str, dtype: str) -> str:
    if dtype == "bool":
        return level_text(_WORDS[text.lower()]) if text.lower() in _WORDS else text
    read = parse_dates([text]) if dtype == "datetime64[us]" else parse_numbers([text], padded=True)
    return text if read is None else level_text(read[0])


_CASTS = {
    "float64": _as_float,
    "int64": _as_integer,
    "bool": _as_boolean,
    "datetime64[us]": _as_moment,
    "str": _as_text,
}
