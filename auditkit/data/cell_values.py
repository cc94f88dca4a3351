"""Columns of several sets as numbers of one type, and as moments."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.casting import EXACT, is_number, parse_dates, parse_numbers
from auditkit.data.cells import MomentUnit
from auditkit.data.levels import level_text
from auditkit.errors import DataError

__all__ = ["in_one_type", "in_one_unit", "moment_values", "number_values"]

_SMALLEST = np.iinfo(np.int64).min
Numbers = NDArray[np.float64] | NDArray[np.int64]
Mask = NDArray[np.bool_] | None


def number_values(
    cells: list[pd.Series], *, name: str, roles: list[str], lenient: bool = False
) -> tuple[list[Numbers], list[Mask]]:
    """Numbers of each set, and which are missing.

    Parameters
    ----------
    cells : list of pandas.Series
        One per set.
    name : str
    roles : list of str
        What messages call the sets.
    lenient : bool, default False
        Whether cells that are no number, or infinite, count as missing.

    Returns
    -------
    values : list of ndarray
        float64, or int64 in all sets where all hold integers and some lie beyond 2^53.
    missing : list of ndarray of bool or None

    Raises
    ------
    DataError
        If cells are no numbers, infinite, or integers beyond 64 bits.
    """
    read = [_numbers(column, name, role, lenient=lenient) for column, role in zip(cells, roles, strict=True)]
    absent = [gone for _, gone in read]
    return in_one_type([item for item, _ in read], absent), absent


def in_one_type(values: list[Numbers], absent: list[Mask]) -> list[Numbers]:
    """Numbers of all sets as float64, or as int64 where one set needs that and none has fractions.

    Parameters
    ----------
    values : list of ndarray of float64 or int64
    absent : list of ndarray of bool or None
        Which are missing.
    """
    if all(item.dtype == np.float64 for item in values):
        return values
    change = _as_integers if _are_whole(values, absent) else _as_floats
    return [change(item, gone) for item, gone in zip(values, absent, strict=True)]


def moment_values(
    cells: list[pd.Series], *, name: str, roles: list[str], lenient: bool = False
) -> tuple[list[Numbers], list[Mask], MomentUnit]:
    """Moments of each set as whole numbers since 1970-01-01 UTC, and which are missing.

    Parameters
    ----------
    cells, name, roles, lenient
        As for `number_values`.

    Returns
    -------
    values : list of ndarray of int64
        The smallest int64 where missing.
    missing : list of ndarray of bool or None
    unit : {"ns", "us"}
        Of all sets: microseconds where any has a moment outside the years 1677 to 2262, else nanoseconds.

    Raises
    ------
    DataError
        If cells are no ISO 8601 dates, or so far from 1970 that 64 bits do not hold their microseconds.
    """
    read = [_moments(column, name, role, lenient=lenient) for column, role in zip(cells, roles, strict=True)]
    values, unit = in_one_unit([item for item, _ in read], [unit for _, unit in read])
    return list(values), [_any(item == _SMALLEST) for item in values], unit


def in_one_unit(values: list[NDArray[np.int64]], units: list[MomentUnit]) -> tuple[list[NDArray[np.int64]], MomentUnit]:
    """Moments of all sets in the coarsest unit that one of them needs.

    Parameters
    ----------
    values : list of ndarray of int64
        The smallest int64 where missing.
    units : list of {"ns", "us"}
        Of each.
    """
    if "us" not in units or "ns" not in units:
        return values, units[0]
    coarse = [
        item if unit == "us" else np.where(item == _SMALLEST, item, item // 1000)
        for item, unit in zip(values, units, strict=True)
    ]
    return coarse, "us"


def _any(mask: NDArray[np.bool_]) -> Mask:
    return mask if mask.any() else None


def _numbers(column: pd.Series, name: str, role: str, *, lenient: bool) -> tuple[Numbers, Mask]:
    if not is_number(column) and not pd.api.types.is_bool_dtype(column.dtype):
        if pd.api.types.is_datetime64_any_dtype(column.dtype) and not lenient and column.notna().any():
            message = f"column {name!r} of the {role} set holds dates where numbers are expected: convert it first."
            raise DataError(message)
        column = _read_numbers(column, name, role, lenient=lenient)
    absent = _any(column.isna().to_numpy())
    if pd.api.types.is_integer_dtype(column.dtype):
        present = column if absent is None else column[~absent]
        top = int(present.max()) if len(present) else 0
        if len(present) and max(top, -int(present.min())) > EXACT and not (lenient and top >= 2**63):
            return _long(present, absent, name, role), absent
    floats: NDArray[np.float64] = column.to_numpy(dtype=np.float64, na_value=np.nan)
    infinite = np.isinf(floats)
    n_infinite = int(infinite.sum())
    if n_infinite and lenient:
        floats = np.where(infinite, np.nan, floats)
        absent = np.isnan(floats)
    elif n_infinite:
        message = f"column {name!r} of the {role} set has {n_infinite} infinite value(s): make them finite or missing."
        raise DataError(message)
    zero = floats == 0
    return (floats + 0.0 if np.signbit(floats[zero]).any() else floats), absent  # no negative zeros


def _long(present: pd.Series, absent: Mask, name: str, role: str) -> NDArray[np.int64]:
    if int(present.max()) >= 2**63:
        raise DataError(f"column {name!r} of the {role} set has integers that do not fit 64 bits: write them as text.")
    integers: NDArray[np.int64] = present.to_numpy(dtype=np.int64)
    if absent is None:
        return integers
    values = np.full(len(absent), _SMALLEST)
    values[~absent] = integers
    return values


def _read_numbers(column: pd.Series, name: str, role: str, *, lenient: bool) -> pd.Series:
    """Numbers that cells stand for."""
    codes, texts = _texts(column)
    numbers = parse_numbers(texts, padded=True)
    if numbers is None:
        read = [parse_numbers([text], padded=True) for text in texts]
        bad = sum(item is None for item in read)
        if not lenient:
            message = f"column {name!r} of the {role} set has {bad} distinct cell(s) that are no number: convert it."
            raise DataError(message)
        held = [item for item in read if item is not None]
        if held and all(item.dtype == np.int64 for item in held):  # as a float, one beyond 2^53 may be another
            numbers = np.array([0 if item is None else item[0] for item in read], np.int64)
            codes = np.where(np.array([item is None for item in read])[codes], -1, codes)
        else:
            numbers = np.array([np.nan if item is None else float(item[0]) for item in read])
    if numbers.dtype == np.int64 and len(numbers):
        return pd.Series(pd.array(np.append(numbers, 0)[codes], dtype="Int64")).mask(codes < 0)
    return pd.Series(np.append(numbers.astype(np.float64), np.nan)[codes])


def _texts(column: pd.Series) -> tuple[NDArray[np.intp], list[str]]:
    codes, found = pd.factorize(column, use_na_sentinel=True)
    return codes, [level_text(value) for value in found]


def _moments(column: pd.Series, name: str, role: str, *, lenient: bool) -> tuple[NDArray[np.int64], MomentUnit]:
    if not pd.api.types.is_datetime64_any_dtype(column.dtype):
        column = _read_moments(column, name, role, lenient=lenient)
    if getattr(column.dt, "tz", None) is not None:
        column = column.dt.tz_convert("UTC").dt.tz_localize(None)
    units: tuple[MomentUnit, ...] = ("ns", "us")
    for unit in units:
        try:
            return column.dt.as_unit(unit).to_numpy().view(np.int64), unit
        except (pd.errors.OutOfBoundsDatetime, OverflowError):
            continue
    raise DataError(f"column {name!r} of the {role} set has dates beyond the year 290,000: write them as numbers.")


def _read_moments(column: pd.Series, name: str, role: str, *, lenient: bool) -> pd.Series:
    """Moments that cells stand for."""
    codes, texts = _texts(column)
    when = parse_dates(texts)
    if when is not None:
        moments = when.to_numpy()
    else:
        read = [parse_dates([text]) for text in texts]
        bad = sum(item is None for item in read)
        if not lenient:
            message = (
                f"column {name!r} of the {role} set has {bad} of {len(texts)} distinct cells that are no ISO 8601 "
                "dates, as 2020-01-31: write all of them so."
            )
            raise DataError(message)
        lost = np.datetime64("NaT")
        moments = np.array([lost if item is None else item.to_numpy()[0] for item in read], "datetime64[us]")
    return pd.Series(np.append(moments, np.datetime64("NaT"))[codes])


def _are_whole(values: list[Numbers], absent: list[Mask]) -> bool:
    """Whether every present cell of every set is an integer that 64 bits hold."""
    for item, gone in zip(values, absent, strict=True):
        present = item if gone is None else item[~gone]
        if item.dtype == np.float64 and not ((present == np.floor(present)).all() and (abs(present) < 2.0**63).all()):
            return False
    return True


def _as_integers(values: Numbers, absent: Mask) -> NDArray[np.int64]:
    if values.dtype == np.int64:
        return values.astype(np.int64, copy=False)
    filled = values if absent is None else np.where(absent, 0.0, values)
    whole = filled.astype(np.int64)
    return whole if absent is None else np.where(absent, _SMALLEST, whole)


def _as_floats(values: Numbers, absent: Mask) -> NDArray[np.float64]:
    floats = values.astype(np.float64, copy=False)
    return floats if absent is None or values.dtype == np.float64 else np.where(absent, np.nan, floats)
