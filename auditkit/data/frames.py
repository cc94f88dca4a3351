"""A user's frame into canonical cells: plain types, names as text, a fresh index. The user's frame stays as it is."""

from __future__ import annotations

import datetime as dt
import decimal
import unicodedata
from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

from auditkit.data.casting import EXACT, is_number, is_text
from auditkit.data.levels import level_text
from auditkit.data.plain_cells import plain_cells, quiet_cells
from auditkit.errors import DataError

__all__ = ["canonical_frame", "check_names"]


def canonical_frame(frame: pd.DataFrame, *, source: str, known: Collection[str] = ()) -> pd.DataFrame:
    """New table of int64, float64, bool, boolean, str and datetime64[us] columns.

    Empty strings are missing, in frames and in every file format, so that the same data agree as csv and as parquet.

    Parameters
    ----------
    frame : pandas.DataFrame
    source : str
        Name of the set, for messages.
    known : collection of str
        Columns whose kind is known already: cells of several types become text there, to be read cell by cell.

    Returns
    -------
    pandas.DataFrame
        With a RangeIndex; the frame given stays as it is.

    Raises
    ------
    DataError
        If column names repeat, cells mix numbers and text or are of no readable type, or numbers are infinite.
    """
    names = [str(name) for name in frame.columns]
    check_names(names, source=source)
    columns = [_canonical(frame.iloc[:, place], name, source, name in known) for place, name in enumerate(names)]
    return pd.DataFrame(dict(zip(names, columns, strict=True)), index=pd.RangeIndex(len(frame)))


def check_names(names: list[str], *, source: str) -> None:
    """Refuse names that repeat, also when they only differ in how Unicode writes them.

    Raises
    ------
    DataError
    """
    seen: set[str] = set()
    for name in names:
        plain = unicodedata.normalize("NFC", name)
        if not _writable(name):
            message = f"{source} has a column name that is no Unicode text (a lone surrogate): rename it."
            raise DataError(message)
        if plain in seen:
            message = f"{source} has more than one column named {name!r}: give every column its own name."
            raise DataError(message)
        seen.add(plain)


def _canonical(values: pd.Series, name: str, source: str, known: bool) -> pd.Series:  # noqa: FBT001 - of a column
    values = values.reset_index(drop=True)
    if isinstance(values.dtype, pd.ArrowDtype | pd.SparseDtype):
        values = plain_cells(values, name=name, source=source)
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        values = _plain(values, dtype.categories)
        dtype = values.dtype
    if pd.api.types.is_bool_dtype(dtype):
        return _booleans(values)
    if pd.api.types.is_complex_dtype(dtype) or pd.api.types.is_timedelta64_dtype(dtype):
        raise _unreadable(name, source, str(dtype))
    if is_number(values):
        return _numbers(values, name, source)
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return _moments(values)
    if is_text(values):
        return _texts(values)
    return _objects(values, name, source, known=known)


def _plain(values: pd.Series, categories: pd.Index) -> pd.Series:
    """Cells of a categorical column, whole numbers and booleans with missing cells as nullable ones."""
    codes = values.cat.codes.to_numpy()
    levels = pd.Series(categories)
    nullable = {"i": "Int64", "u": "UInt64", "b": "boolean"}.get(levels.dtype.kind)
    if nullable and (codes < 0).any():
        levels = levels.astype(nullable)
    return levels.reindex(codes).reset_index(drop=True)


def _booleans(values: pd.Series) -> pd.Series:
    return values.astype("boolean") if values.isna().any() else values.astype("bool")


def _numbers(values: pd.Series, name: str, source: str) -> pd.Series:
    if pd.api.types.is_integer_dtype(values.dtype):
        missing = values.isna()
        if not missing.any():
            unsigned = pd.api.types.is_unsigned_integer_dtype(values.dtype) and len(values) and values.max() >= 2**63
            return pd.Series(values.to_numpy(dtype=np.uint64 if unsigned else np.int64))
        present = values[~missing]
        if len(present) and (present.max() > EXACT or present.min() < -EXACT):
            return values.astype("Int64")
    floats = values.to_numpy(dtype=np.float64, na_value=np.nan, copy=True)
    n_infinite = int(np.isinf(floats).sum())
    if n_infinite:
        message = f"column {name!r} of {source} has {n_infinite} infinite value(s): make them finite or missing."
        raise DataError(message)
    floats[floats == 0] = 0.0
    return pd.Series(floats)


def _moments(values: pd.Series) -> pd.Series:
    if getattr(values.dt, "tz", None) is not None:
        values = values.dt.tz_convert("UTC").dt.tz_localize(None)
    return values.astype("datetime64[us]")


def _texts(values: pd.Series) -> pd.Series:
    values = values.astype("str")
    empty = (values == "").fillna(value=False)
    return values.mask(empty) if empty.any() else values


def _objects(values: pd.Series, name: str, source: str, *, known: bool) -> pd.Series:
    values = quiet_cells(values)
    present = values[~values.isna()]
    kinds = {_family(value) for value in present}
    if not all(_writable(value) for value in present if isinstance(value, str)):
        message = f"column {name!r} of {source} holds text that is no Unicode (a lone surrogate): replace it."
        raise DataError(message)
    if kinds <= {"text"}:
        return _texts(values)
    if kinds == {"boolean"}:
        return _booleans(values.astype("boolean"))
    if kinds <= {"number"}:
        return _object_numbers(values, present, name, source)
    if kinds == {"moment"}:
        return _moments(pd.to_datetime(values, utc=True))
    if kinds <= {"text", "number", "boolean", "moment"}:
        if known:
            return _texts(values.map(level_text, na_action="ignore"))
        words = " and ".join(sorted(kinds))
        message = f"column {name!r} of {source} mixes {words}: convert it to one type before loading."
        raise DataError(message)
    strange = next(value for value in present if _family(value) == "other")
    raise _unreadable(name, source, type(strange).__name__)


def _object_numbers(values: pd.Series, present: pd.Series, name: str, source: str) -> pd.Series:
    if len(present) and all(isinstance(value, (int, np.integer)) for value in present):
        if not all(-(2**63) <= int(value) < 2**63 for value in present):
            message = f"column {name!r} of {source} has integers that do not fit 64 bits: write them as text."
            raise DataError(message)
        return _numbers(values.astype("Int64"), name, source)
    cells = [np.nan if missing else float(value) for value, missing in zip(values, values.isna(), strict=True)]
    return _numbers(pd.Series(cells, dtype=np.float64), name, source)


def _writable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _family(value: Any) -> str:
    if isinstance(value, str):
        return "text"
    if isinstance(value, (bool, np.bool_)):
        return "boolean"
    if isinstance(value, (int, float, np.integer, np.floating, decimal.Decimal)):
        return "number"
    return "moment" if isinstance(value, (dt.date, np.datetime64)) else "other"


def _unreadable(name: str, source: str, what: str) -> DataError:
    if what in {"list", "tuple", "ndarray"}:
        message = (
            f"column {name!r} of {source} holds a list in each cell: say modality='series' where these are time "
            "series, or give each number its own column."
        )
        return DataError(message)
    return DataError(f"column {name!r} of {source} holds cells of type {what}: convert them to numbers, text or dates.")
