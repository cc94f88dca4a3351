"""Columns of many types as the few that the encoding reads: numbers, booleans, moments, text and categories."""

from __future__ import annotations

import decimal
from typing import Any

import pandas as pd

from auditkit.errors import DataError

__all__ = ["plain_cells", "quiet_cells"]

_NUMBERS = ("integer", "floating", "mixed-integer-float", "decimal", "integer-na")
_MOMENTS = ("datetime", "datetime64", "date")


def plain_cells(values: pd.Series, *, name: str, source: str) -> pd.Series:
    """Column of a plain type; the one given where it has one already.

    Python objects become what they are (numbers, booleans, dates), arrow and sparse columns their pandas counterparts.
    Objects of more than one type stay, and are levels of a category.

    Parameters
    ----------
    values : pandas.Series
    name, source : str
        Column and set, for messages, as `"age"` and `"the real set"`.

    Returns
    -------
    pandas.Series

    Raises
    ------
    DataError
        If cells are of a type that nothing can be compared by: lists, complex numbers, lengths of time.
    """
    dtype = values.dtype
    if isinstance(dtype, pd.ArrowDtype):
        values = _of_arrow(values)
    elif isinstance(dtype, pd.SparseDtype):
        values = values.sparse.to_dense()
    elif isinstance(dtype, pd.PeriodDtype):
        values = values.dt.to_timestamp()
    if values.dtype.kind in "cm":
        raise _unreadable(name, source, str(values.dtype))
    return _of_objects(quiet_cells(values), name, source) if values.dtype == object else values


def quiet_cells(values: pd.Series) -> pd.Series:
    """Objects with a Decimal's signalling NaN, which raises where it is compared, as missing.

    Parameters
    ----------
    values : pandas.Series of objects

    Returns
    -------
    pandas.Series
        The one given where there is none.
    """
    loud = [isinstance(cell, decimal.Decimal) and cell.is_snan() for cell in values]
    return values.mask(loud) if any(loud) else values


def _of_arrow(values: pd.Series) -> pd.Series:
    import pyarrow as pa  # noqa: PLC0415 - most columns are of pandas' own types

    column = pa.chunked_array([pa.array(values.array)])
    if pa.types.is_integer(column.type) and column.null_count:
        return values.astype("UInt64" if pa.types.is_unsigned_integer(column.type) else "Int64")
    plain: pd.Series = column.to_pandas()
    return plain


def _of_objects(values: pd.Series, name: str, source: str) -> pd.Series:
    held = pd.api.types.infer_dtype(values, skipna=True)
    if held in _NUMBERS:
        return _of_numbers(values, name, source, whole=held.startswith("integer"))
    if held == "boolean":
        return values.astype("boolean")
    if held in _MOMENTS:
        return pd.to_datetime(values, utc=True).dt.tz_localize(None)
    if held != "string":
        _check_cells(values, name, source)
    return values


def _of_numbers(values: pd.Series, name: str, source: str, *, whole: bool) -> pd.Series:
    try:
        return values.astype("Int64") if whole else pd.to_numeric(values).astype("float64")
    except (OverflowError, TypeError, ValueError) as error:
        message = f"column {name!r} of {source} has integers that do not fit 64 bits: write them as text."
        raise DataError(message) from error


def _check_cells(values: pd.Series, name: str, source: str) -> None:
    for cell in values[values.notna()]:
        if not isinstance(cell, str | bytes) and _is_strange(cell):
            raise _unreadable(name, source, type(cell).__name__)


def _is_strange(cell: Any) -> bool:
    """Whether a cell is no single plain value."""
    return hasattr(cell, "__len__") or getattr(cell, "__hash__", None) is None or isinstance(cell, complex)


def _unreadable(name: str, source: str, what: str) -> DataError:
    return DataError(f"column {name!r} of {source} holds cells of type {what}: convert them to numbers or text.")
