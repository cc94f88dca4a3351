"""Cells of tables that hold more than one value: lists of numbers, which are series, a row per series."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.schema import Schema
from auditkit.data.series import SeriesSamples
from auditkit.errors import DataError, ShapeError, UnknownNameError

__all__ = ["list_columns", "series_of_lists"]

_LISTS = (list, tuple, np.ndarray)
_PAIR = 2


def list_columns(frame: pd.DataFrame) -> list[str]:
    """Columns whose first cell that is there is a list or an array."""
    return [str(name) for name in frame.columns if _is_list(frame[name])]


def _is_list(values: pd.Series) -> bool:
    present = values.notna().to_numpy()
    return bool(present.any()) and isinstance(values.iloc[int(present.argmax())], _LISTS)


def series_of_lists(
    frame: pd.DataFrame, *, roles: Collection[str] = (), schema: Schema | None = None, source: str
) -> tuple[pd.DataFrame, SeriesSamples]:
    """Series of a table with a row per series: each column of lists is a channel.

    Parameters
    ----------
    frame : pandas.DataFrame
        With a column of lists at least. A single column may hold lists of channels, each a list of steps.
    roles : collection of str
        Label and groups, which are no channels.
    schema : Schema, optional
        Of the real set, whose channels are read.
    source : str
        Name of the set, for messages.

    Returns
    -------
    columns : pandas.DataFrame
        What is no channel.
    series : SeriesSamples

    Raises
    ------
    DataError
        If a cell is missing, or channels of one series differ in length.
    ShapeError
        If a cell is no list of numbers.
    UnknownNameError
        If a channel of the schema is not there.
    """
    found = [name for name in list_columns(frame) if name not in roles]
    names = found
    if schema is not None and schema.channels and not (len(found) == 1 and found[0] not in schema.channels):
        lacking = [name for name in schema.channels if name not in found]
        if lacking:
            raise UnknownNameError.of("channel", lacking[0], found, f"in {source}")
        names = list(schema.channels)
    cells = [[_numbers(cell, name, row, source) for row, cell in enumerate(frame[name])] for name in names]
    beside = frame.drop(columns=names).reset_index(drop=True)
    if len(names) == 1 and all(cell.ndim == _PAIR for cell in cells[0]):
        width = {len(cell) for cell in cells[0]}
        own = schema.channels if schema is not None and width == {len(schema.channels)} else None
        return beside, SeriesSamples.of((cell.T for cell in cells[0]), names=own, source=source)
    for row, parts in enumerate(zip(*cells, strict=True)):
        if len({part.shape for part in parts}) > 1 or parts[0].ndim != 1:
            message = (
                f"row {row + 1} of {source} has channels of {_sizes(parts)} values: every channel of a series needs "
                "as many steps as the others."
            )
            raise DataError(message)
    series = (np.column_stack(parts) for parts in zip(*cells, strict=True))
    return beside, SeriesSamples.of(series, names=names, source=source)


def _numbers(cell: Any, name: str, row: int, source: str) -> NDArray[Any]:
    if not isinstance(cell, _LISTS):
        message = f"column {name!r} of {source} has no series in row {row + 1}: fill it or drop the row."
        raise DataError(message)
    try:
        # A list of lists comes out of arrow as an array of arrays.
        values = np.asarray([np.asarray(item) for item in cell]) if _holds_lists(cell) else np.asarray(cell)
    except ValueError as error:
        message = f"column {name!r} of {source} has lists that differ in length in row {row + 1}: cut or fill them."
        raise ShapeError(message) from error
    if values.dtype.kind not in "fiub":
        message = f"column {name!r} of {source} holds lists of other cells than numbers in row {row + 1}: convert them."
        raise ShapeError(message)
    return values


def _holds_lists(cell: Any) -> bool:
    return len(cell) > 0 and isinstance(cell[0], _LISTS)


def _sizes(parts: Sequence[NDArray[Any]]) -> str:
    return " and ".join(sorted({" x ".join(map(str, part.shape)) for part in parts}))
