"""Readers of tables: csv, csv.gz, parquet, jsonl. Strict: a ragged row is an error with its line, never a shift.

Missing cells. In every format an empty string is missing. In csv files the usual spellings ("NA", "N/A", "NaN",
"null" ...) are missing as well, unless the column is declared (`columns={"country": "category"}`), or read with a
schema that knows the spelling as a level. "None" is missing among numbers, dates and booleans and a level among texts.
Parquet and jsonl have missing cells of their own, so there every text is text. Both sets are read by the same rules.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import logging
import re
import shlex
import zlib
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.casting import parse_numbers
from auditkit.data.frames import check_names
from auditkit.data.schema import Kind, Schema
from auditkit.errors import DataError

__all__ = ["read_csv", "read_jsonl", "read_parquet"]

SPELLINGS = frozenset({"NA", "N/A", "n/a", "#N/A", "NaN", "nan", "-nan", "-NaN", "null", "NULL", "<NA>", "NaT"})
_LOG = logging.getLogger("auditkit")
_CODE = re.compile(r"[A-Z]{2,3}")
_CHUNK = 20_000
_RATIO = 200
"""A gzip file that grows more than this when unpacked is refused,"""
_LARGE = 1 << 28
"""from 256 MiB on."""
_PIECE = 1 << 20
_WORDS = {"true": True, "false": False}


def read_csv(
    path: Path,
    *,
    source: str,
    columns: Mapping[str, Kind] | None = None,
    schema: Schema | None = None,
    limit: int | None = None,
) -> pd.DataFrame:
    """Table from a csv file, plain or gzipped, in UTF-8, with commas and one line of column names.

    Parameters
    ----------
    path : Path
    source : str
        Name of the set, for messages.
    columns : mapping of str to str, optional
        Kinds declared for columns.
    schema : Schema, optional
        Schema that the table will be held against.
    limit : int, optional
        Rows to read, from the top.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    DataError
        If the file is empty, has no rows, is not UTF-8, has ragged rows or another delimiter.
    """
    header, cells = _cells(_text(path, source), source, limit)
    frame = {}
    for name, column in zip(header, cells, strict=True):
        declared = (columns or {}).get(name)
        kept: frozenset[str] = frozenset()
        if declared in {"category", "text"}:
            kept = SPELLINGS
        elif schema is not None and name in schema:
            kept = frozenset(schema[name].levels)
        frame[name] = _column(column, kept=kept, text=declared == "text")
        if schema is None or name not in schema:  # else the set that the schema is of was told of
            _tell_of_codes(name, column, kept=kept, source=source)
    return pd.DataFrame(frame)


def _tell_of_codes(name: str, cells: _Cells, *, kept: frozenset[str], source: str) -> None:
    """Log that "NA" was read as missing where it stands among codes of its kind, as Namibia among countries."""
    present = [text for text in cells.places if text and text not in SPELLINGS]
    if "NA" not in cells.places or "NA" in kept or not present or not all(_CODE.fullmatch(text) for text in present):
        return
    n = int(sum(np.count_nonzero(codes == cells.places["NA"]) for codes in cells.codes))
    _LOG.warning(
        "column %r of %s has %d cell(s) 'NA' among codes of letters, which were read as missing: if NA is a code, "
        "declare the column a category, by load(columns={%r: 'category'}), --column %s=category or [data] columns.",
        name,
        source,
        n,
        name,
        name if name.isidentifier() else shlex.quote(name),
    )


def _text(path: Path, source: str) -> str:
    data = path.read_bytes()
    if path.suffix == ".gz":
        try:
            data = _unpacked(data, source)
        except (OSError, EOFError, zlib.error) as error:
            message = f"{source} is not a whole gzip file: write it again."
            raise DataError(message) from error
    if not data.strip():
        message = f"{source} is empty: expected a line of column names and at least one row."
        raise DataError(message)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"{source} is not UTF-8 text (byte {error.start}): save it as UTF-8."
        raise DataError(message) from error
    if "\0" in text:
        message = f"{source} holds NUL characters: it is not a text file, or is UTF-16; save it as UTF-8."
        raise DataError(message)
    return text


def _unpacked(data: bytes, source: str) -> bytes:
    """Bytes of a gzip file, read piece by piece so that a bomb is refused before it fills the memory."""
    most = max(_LARGE, _RATIO * len(data))
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
        found = bytearray()
        while piece := file.read(_PIECE):
            found += piece
            if len(found) > most:
                message = f"{source} grows more than {_RATIO}-fold when unpacked: save it without compression."
                raise DataError(message)
    return bytes(found)


def _cells(text: str, source: str, limit: int | None) -> tuple[list[str], list[_Cells]]:
    """Names of the columns, and each column's cells."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader)
        check_names(header, source=source)
        columns = [_Cells() for _ in header]
        rows = islice(_even_rows(reader, len(header), source), limit)
        while chunk := list(islice(rows, _CHUNK)):
            for column, cells in zip(columns, zip(*chunk, strict=True), strict=True):
                column.add(cells)
    except csv.Error as error:
        message = f"{source}, line {reader.line_num}: {error}; check the quotes there."
        raise DataError(message) from error
    if len(header) == 1:
        _check_delimiter(header[0], source)
    if not columns or not columns[0].codes:
        message = f"{source} has column names and no rows: give at least one row."
        raise DataError(message)
    return header, columns


class _Cells:
    """Cells of a column as codes of its distinct texts: a fraction of the memory of the texts themselves."""

    def __init__(self) -> None:
        self.places: dict[str, int] = {}
        self.codes: list[NDArray[np.intp]] = []

    def add(self, cells: tuple[str, ...]) -> None:
        """Append cells."""
        places = self.places
        self.codes.append(np.array([places.setdefault(cell, len(places)) for cell in cells], dtype=np.intp))


def _even_rows(reader: Any, width: int, source: str) -> Iterator[list[str]]:
    """Rows of a reader that all have `width` cells; empty lines are skipped."""
    for row in reader:
        if not row and width > 1:
            continue
        # In a file of one column an empty line is a missing cell.
        cells = row or [""]
        if len(cells) != width:
            _ragged(source, reader.line_num, len(cells), width)
        yield cells


def _ragged(source: str, line: int, found: int, expected: int) -> NoReturn:
    message = f"{source}, line {line}: found {found} cell(s), expected {expected}: check the delimiter and the quotes."
    raise DataError(message)


def _check_delimiter(header: str, source: str) -> None:
    for mark, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if mark in header:
            message = f"{source} has 1 column and {name} in its first line: separate the columns by commas."
            raise DataError(message)


def _column(cells: _Cells, *, kept: frozenset[str], text: bool) -> pd.Series:
    codes = np.concatenate(cells.codes)
    names = list(cells.places)
    absent = np.array([not name or (name in SPELLINGS and name not in kept) for name in names], dtype=np.bool_)
    if not text and not kept & set(names):
        gone = absent | np.array([name == "None" for name in names], dtype=np.bool_)
        typed = _typed([name for name, is_gone in zip(names, gone, strict=True) if not is_gone])
        if typed is not None:
            return _spread(typed, gone, codes)
    present = [name for name, is_absent in zip(names, absent, strict=True) if not is_absent]
    return _spread(np.array(present, dtype=object), absent, codes)


def _typed(names: list[str]) -> NDArray[Any] | None:
    if not names:
        return None
    if all(name.lower() in _WORDS for name in names):
        return np.array([_WORDS[name.lower()] for name in names], dtype=np.bool_)
    return parse_numbers(names)


def _spread(values: NDArray[Any], absent: NDArray[np.bool_], codes: NDArray[np.intp]) -> pd.Series:
    """Column from the values of the levels that are present."""
    place = np.where(absent, -1, np.cumsum(~absent) - 1)[codes]
    full = pd.Series(values, dtype="str" if values.dtype == object else None)
    if not absent.any():
        return full.take(place).reset_index(drop=True)
    nullable = {"i": "Int64", "b": "boolean"}.get(values.dtype.kind)
    full = full.astype(nullable) if nullable else full
    cells = full.take(np.maximum(place, 0)) if len(full) else pd.Series([None] * len(place), dtype="str")
    return cells.reset_index(drop=True).mask(place < 0)


def read_jsonl(path: Path, *, source: str, limit: int | None = None) -> pd.DataFrame:
    """Table from a file with one JSON object per line; a name that a line lacks is missing there.

    Parameters
    ----------
    path : Path
    source : str
        Name of the set, for messages.
    limit : int, optional
        Rows to read, from the top.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    DataError
        If the file is empty or a line is no JSON object of plain values.
    """
    records = []
    for number, line in enumerate(_text(path, source).split("\n"), start=1):
        if not line.strip():
            continue
        records.append(_record(line, f"{source}, line {number}"))
        if limit is not None and len(records) >= limit:
            break
    names = list(dict.fromkeys(name for record in records for name in record))
    check_names(names, source=source)
    return pd.DataFrame({name: pd.Series([record.get(name) for record in records], dtype=object) for name in names})


def _record(line: str, place: str) -> dict[str, Any]:
    def refuse(text: str) -> NoReturn:
        message = f"{place}: {text} is no JSON value; write null for a missing one."
        raise DataError(message)

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            message = f"{place}: a name stands twice in one JSON object; give every value its own."
            raise DataError(message)
        return found

    try:
        record = json.loads(line, parse_constant=refuse, object_pairs_hook=once)
    except DataError:
        raise
    # Numbers of thousands of digits are ValueErrors of their own.
    except (ValueError, RecursionError) as error:
        message = f"{place}: expected one JSON object of plain values per line."
        raise DataError(message) from error
    if not isinstance(record, dict):
        message = f"{place}: expected a JSON object, got {type(record).__name__}."
        raise DataError(message)
    return record


def read_parquet(path: Path, *, source: str, limit: int | None = None) -> pd.DataFrame:
    """Table from a parquet file.

    Parameters
    ----------
    path : Path
    source : str
        Name of the set, for messages.
    limit : int, optional
        Rows to keep, from the top.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    DataError
        If the file cannot be read as parquet, or holds nested columns.
    """
    import pyarrow as pa  # noqa: PLC0415 - heavy, and only needed here
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        with pq.ParquetFile(path) as file:
            table = file.read()
    except (pa.ArrowException, OSError) as error:
        message = f"{source} cannot be read as parquet: write it again."
        raise DataError(message) from error
    check_names(table.column_names, source=source)
    frame = table.to_pandas(integer_object_nulls=True).reset_index(drop=True)
    return frame if limit is None else frame.head(limit)
