"""Whatever holds a table, as a pandas frame: frames of other libraries, tables not read yet, mappings, arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import numpy as np
import pandas as pd

from auditkit.data.dataset import Dataset
from auditkit.data.frames import check_names
from auditkit.errors import DataError, SampleSizeError

__all__ = ["ArrowTable", "arrow_frame", "frame_of", "is_frame"]


class ArrowTable(Protocol):
    """A table of another library: polars, pyarrow, duckdb and others speak the arrow stream protocol."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Rows as a stream."""


_STREAM = "__arrow_c_stream__"
_LAZY = (("collect", "collect_schema"), ("to_table", "head"))
"""What a lazy polars frame can do, and an arrow dataset or scanner: they hold rows once asked for them."""
_WHOLE = ("Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64")


def is_frame(given: object) -> bool:
    """Whether something is a table of some library."""
    return (
        isinstance(given, pd.DataFrame)
        or _is_lazy(given)
        or (hasattr(given, _STREAM) and not isinstance(given, Mapping))
    )


def _is_lazy(given: object) -> bool:
    return any(all(callable(getattr(given, name, None)) for name in names) for names in _LAZY)


def frame_of(given: Any, *, name: str, limit: int | None = None) -> pd.DataFrame:
    """Table as a pandas frame; what needs no conversion shares its memory with what was given.

    Parameters
    ----------
    given : table
        A pandas, polars or arrow table, anything else that speaks the arrow stream protocol, a lazy polars frame, an
        arrow dataset, a Dataset, a mapping of names to columns, one column (a series or a sequence, which is then
        called "values"), or an array of two axes.
    name : str
        What messages call the set.
    limit : int, optional
        Rows that a lazy frame, a dataset or a stream of batches is asked for; other tables come whole.

    Returns
    -------
    pandas.DataFrame
        Not to be changed.

    Raises
    ------
    DataError
        If it is none of these, names repeat, or columns differ in length.
    SampleSizeError
        If it has no row or no column.
    """
    frame = _as_frame(given, name, limit)
    names = [str(column) for column in frame.columns]
    check_names(names, source=f"`{name}`")
    if not len(frame) or not names:
        raise SampleSizeError(f"`{name}` has {len(frame)} rows and {len(names)} columns: give at least one of each.")
    return frame if names == list(frame.columns) else frame.set_axis(names, axis=1)


def _as_frame(given: Any, name: str, limit: int | None) -> pd.DataFrame:
    if isinstance(given, Dataset | pd.DataFrame):
        return given.table if isinstance(given, Dataset) else given
    if isinstance(given, pd.Series):
        return given.to_frame("values" if given.name is None else given.name)
    if _is_lazy(given):
        given = _collected(given, name, limit)
    elif limit is not None and hasattr(given, "read_next_batch"):
        given = _top(given, limit)
    return arrow_frame(given, name=name) if hasattr(given, _STREAM) else _of_columns(given, name)


def _collected(given: Any, name: str, limit: int | None) -> Any:
    """Rows of a lazy frame or an arrow dataset, no more than are asked for."""
    try:
        if hasattr(given, "to_table"):
            return given.to_table() if limit is None else given.head(limit)
        return (given if limit is None else given.head(limit)).collect()
    except Exception as error:  # each library has errors of its own
        why = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise DataError(f"`{name}` cannot be collected ({why}): correct the query or the files it reads.") from error


def _top(reader: Any, limit: int) -> Any:
    """Table of the first batches of a stream that hold `limit` rows, or of all there are."""
    import pyarrow as pa  # noqa: PLC0415 - most users bring pandas frames

    batches: list[Any] = []
    while sum(batch.num_rows for batch in batches) < limit:
        try:
            batches.append(reader.read_next_batch())
        except StopIteration:
            break
    return pa.Table.from_batches(batches, schema=reader.schema).slice(0, limit)


def _of_columns(given: Any, name: str) -> pd.DataFrame:
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        raise DataError(f"`{name}` must be a table or a column, got {type(given).__name__}: give a data frame.")
    try:
        if isinstance(given, Mapping):
            return pd.DataFrame(dict(given))
        array = given if isinstance(given, np.ndarray) else np.asarray(given)
        if array.ndim == 1:
            cells = given if isinstance(given, np.ndarray) else list(given)
            return pd.DataFrame({"values": cells})
        return pd.DataFrame(array)
    except (ValueError, TypeError) as error:
        message = f"`{name}` is no table (columns that differ in length, or more than two axes): give a data frame."
        raise DataError(message) from error


def arrow_frame(given: Any, *, name: str) -> pd.DataFrame:
    """Pandas frame of what speaks the arrow stream protocol; whole numbers with missing cells stay whole.

    Raises
    ------
    DataError
        If names of columns repeat.
    """
    import pyarrow as pa  # noqa: PLC0415 - most users bring pandas frames

    try:
        table = pa.table(given)
    except (pa.ArrowInvalid, TypeError, ValueError):  # a stream of one column
        table = pa.table({"values": pa.chunked_array(given)})
    if len(set(table.column_names)) < len(table.column_names):
        check_names(table.column_names, source=f"`{name}`")
    whole = {getattr(pa, name.lower())(): pd.api.types.pandas_dtype(name) for name in _WHOLE}
    frame: pd.DataFrame = table.to_pandas(types_mapper=whole.get)
    return frame
