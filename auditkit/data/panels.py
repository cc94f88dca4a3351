"""Time series from arrays and from long tables: which numbers are channels, and what stays beside them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.casting import is_number
from auditkit.data.inference import as_numbers
from auditkit.data.levels import level_codes
from auditkit.data.schema import Schema
from auditkit.data.series import SeriesSamples
from auditkit.data.units import arrange_units, check_constant
from auditkit.errors import DataError, ShapeError, UnknownNameError

__all__ = ["CHANNELS", "KEY", "ORDER", "SERIES", "looks_like_series", "series_of_array", "series_of_panel"]

KEY, ORDER = "series", "step"
"""Columns of the unit and of the step in files that auditkit writes."""

SERIES, CHANNELS = "X", "channels"
"""Members of npz files: the series, and the names of their channels."""

_WIDE = 3
_LEVELS = 256


def looks_like_series(values: NDArray[Any]) -> bool:
    """Whether an array can be nothing else than series: three axes of floats that are no pixels."""
    if values.dtype.kind != "f" or values.ndim != _WIDE or not values.size:
        return False
    if not np.isfinite(values).all():
        return True
    low, high = float(values.min()), float(values.max())
    if low < 0 or high >= _LEVELS:
        return True
    scale = _LEVELS - 1 if high <= 1 else 1
    scaled = values.astype(np.float64) * scale
    return bool((abs(scaled - np.rint(scaled)) > 1e-3).any())  # noqa: PLR2004 - float32 k / 255 is off by less


def series_of_array(
    values: NDArray[Any], *, channels: NDArray[Any] | None = None, schema: Schema | None = None, source: str
) -> SeriesSamples:
    """Series of an array; NaN at the end of a series is padding and is cut off.

    Parameters
    ----------
    values : ndarray of shape (n, channels, time) or (n, time)
    channels : ndarray of str, optional
        Names of the channels; those of the schema, or `x0`, `x1`, ... by default.
    schema : Schema, optional
        Of the real set.
    source : str
        Name of the set, for messages.

    Returns
    -------
    SeriesSamples

    Raises
    ------
    ShapeError
        If the array has another number of axes, a series has no value at all, or not every channel has a name.
    DataError
        If values are missing before the end of a series.
    """
    if values.ndim not in (2, _WIDE) or values.dtype.kind not in "fiub":
        message = (
            f"{source} has shape {values.shape} and type {values.dtype}: series are numbers of shape "
            "(n, channels, time) or (n, time)."
        )
        raise ShapeError(message)
    cube = np.asarray(values, dtype=np.float64)
    cube = cube[:, None, :] if cube.ndim == 2 else cube  # noqa: PLR2004 - one channel
    steps = np.where(np.isnan(cube).all(axis=1), 0, np.arange(1, cube.shape[2] + 1))
    lengths = steps.max(axis=1, initial=0)
    names = _names(cube.shape[1], channels, schema, source)
    return SeriesSamples.of(
        (item[:, :length].T for item, length in zip(cube, lengths, strict=True)), names=names, source=source
    )


def _names(width: int, channels: NDArray[Any] | None, schema: Schema | None, source: str) -> tuple[str, ...] | None:
    if channels is not None:
        if channels.shape != (width,):
            message = f"{CHANNELS!r} of {source} has shape {channels.shape}, expected ({width},): name each channel."
            raise ShapeError(message)
        return tuple(str(name) for name in channels)
    return schema.channels if schema is not None and len(schema.channels) == width else None


def series_of_panel(
    frame: pd.DataFrame,
    *,
    key: str | None,
    order: str | None,
    roles: Collection[str] = (),
    schema: Schema | None = None,
    source: str,
) -> tuple[pd.DataFrame, SeriesSamples, NDArray[np.str_]]:
    """Series of a long table: all rows of one key are a series, columns of numbers are its channels.

    Parameters
    ----------
    frame : pandas.DataFrame
        Canonical cells.
    key, order : str or None
        Column that names the series, and column that orders the rows of one; `series` and `step`, which auditkit
        writes, where these are not there.
    roles : collection of str
        Label and groups.
    schema : Schema, optional
        Of the real set, whose channels are read.
    source : str
        Name of the set, for messages.

    Returns
    -------
    columns : pandas.DataFrame
        A row per series: what does not change within one.
    series : SeriesSamples
    ids : ndarray of str, shape (n,)
        The keys.

    Raises
    ------
    UnknownNameError, DataError
        If the key is missing, no column is a channel, a label, a group or a column that is no number changes within a
        series, or steps are missing, repeat within a series, or are neither numbers nor dates.
    """
    key = _found(frame, key, KEY, "key", schema, source)
    order = _found(frame, order, ORDER, "order", schema, source)
    if key is None:
        message = f"{source} needs key= to tell which rows are one series: name that column."
        raise DataError(message)
    rows, unit, ids = arrange_units(_with_steps(frame, order, source), key=key, order=order, source=source)
    if unit is None:  # with a key there is a unit for each row
        raise DataError(f"{source} needs key=: name the column of the series.")
    if order is not None:
        _check_steps(rows[order], unit, order, source)
    starts = np.searchsorted(unit, np.arange(len(ids)))
    others = [name for name in rows.columns if name not in {key, order}]
    changing = [name for name in others if _changes(rows[name], unit)]
    channels = _channels(rows, others, changing, roles, schema, source)
    check_constant(rows, unit, [name for name in roles if name in others], source=source)
    strange = [name for name in changing if name not in channels]
    if strange and (schema is None or strange[0] in schema):
        message = (
            f"column {strange[0]!r} of {source} changes within a series and holds no numbers: drop it, or make it a "
            "channel of numbers."
        )
        raise DataError(message)
    beside = [name for name in others if name not in channels and name not in strange]
    odd = next((name for name in channels if rows[name].dtype.kind not in "fiub"), None)
    if odd is not None:
        message = f"channel {odd!r} of {source} holds cells that are no numbers: convert or drop them."
        raise DataError(message)
    values = np.column_stack([rows[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in channels])
    missing = int(np.isnan(values).sum())
    if missing:
        column = channels[int(np.isnan(values).any(axis=0).argmax())]
        message = f"{source} has {missing} missing value(s) in its channels, first in {column!r}: fill or drop them."
        raise DataError(message)
    series = SeriesSamples.of(np.split(values, starts[1:]), names=channels, source=source)
    return rows[beside].take(starts).reset_index(drop=True), series, ids


def _found(
    frame: pd.DataFrame, asked: str | None, own: str, role: str, schema: Schema | None, source: str
) -> str | None:
    if asked in frame.columns:
        return asked
    # Another set of the same data may have been written by auditkit, under its own names.
    if own in frame.columns and (asked is None or schema is not None):
        return own
    if asked is not None:
        raise UnknownNameError.of(f"{role} column", asked, frame.columns, f"in {source}")
    return None


def _with_steps(frame: pd.DataFrame, order: str | None, source: str) -> pd.DataFrame:
    """Table whose steps are numbers or dates, which text is read as: as text, step 10 would come before step 9."""
    if order is None:
        return frame
    steps = frame[order]
    missing = int(steps.isna().sum())
    if missing:
        message = f"order column {order!r} of {source} is missing in {missing} row(s): give every row its step."
        raise DataError(message)
    if is_number(steps) or pd.api.types.is_datetime64_any_dtype(steps.dtype):
        return frame
    read = [as_numbers(steps, moments=moments) for moments in (False, True)]
    unread, numbers = min(((int(np.isnan(values).sum()), values) for values in read), key=lambda pair: pair[0])
    if unread:
        message = (
            f"order column {order!r} of {source} has {unread} step(s) that are no numbers and no ISO dates: write "
            "steps as numbers or dates, text has no order of time."
        )
        raise DataError(message)
    return frame.assign(**{order: numbers})


def _check_steps(steps: pd.Series, unit: NDArray[np.intp], order: str, source: str) -> None:
    values = steps.to_numpy()
    repeated = int(((values[1:] == values[:-1]) & (unit[1:] == unit[:-1])).sum())
    if repeated:
        message = (
            f"order column {order!r} of {source} repeats {repeated} step(s) within a series: give each row of one key "
            "its own step."
        )
        raise DataError(message)


def _changes(values: pd.Series, unit: NDArray[np.intp]) -> bool:
    codes, _ = level_codes(values)
    return bool(((codes[1:] != codes[:-1]) & (unit[1:] == unit[:-1])).any())


def _channels(
    rows: pd.DataFrame,
    others: list[str],
    changing: list[str],
    roles: Collection[str],
    schema: Schema | None,
    source: str,
) -> list[str]:
    if schema is not None and schema.channels:
        lacking = [name for name in schema.channels if name not in others]
        if lacking:
            raise UnknownNameError.of("channel", lacking[0], others, f"in {source}")
        return list(schema.channels)
    found = [name for name in changing if name not in roles and is_number(rows[name])]
    if not found:
        message = f"no column of numbers of {source} changes within a series: check key= and what its rows are."
        raise DataError(message)
    return found
