"""One encoding of several tables together: a level has one code in all of them, a cell is read once.

Everything that compares tables cell by cell starts here. The frames that are given stay as they are; a column that
needs no conversion is not copied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.any_table import frame_of
from auditkit.data.casting import EXACT, is_number, is_text, parse_dates, parse_numbers
from auditkit.data.dataset import Dataset
from auditkit.data.levels import level_text
from auditkit.data.schema import Schema
from auditkit.errors import DataError, UnknownNameError

__all__ = ["MISSING_CODE", "CellColumn", "CellKind", "Cells", "encode_frames", "encode_sets"]

CellKind = Literal["number", "moment", "category"]
CELL_KINDS: tuple[CellKind, ...] = ("number", "moment", "category")

MISSING_CODE = 0
"""Code of a missing cell in a column of categories; level i has code i + 1."""

_KIND_OF: Mapping[str, CellKind] = {
    "numeric": "number",
    "integer": "number",
    "datetime": "moment",
    "category": "category",
    "boolean": "category",
    "constant": "category",
}
_NOT_COMPARED = {"id": "names of records", "text": "free text"}


@dataclass(frozen=True)
class CellColumn:
    """A column that all sets have.

    Attributes
    ----------
    name : str
    kind : {"number", "moment", "category"}
    levels : tuple of str
        Of a category, in order of first appearance, the first set's before the others'; level i has code i + 1.
    known : int
        How many of the levels the first set (the real one) has: a code above it is a level that it lacks.
    """

    name: str
    kind: CellKind
    levels: tuple[str, ...] = ()
    known: int = 0


@dataclass(frozen=True, eq=False)
class Cells:
    """Rows of one set, column by column, encoded together with other sets.

    Attributes
    ----------
    columns : tuple of CellColumn
        The same in all sets.
    values : tuple of ndarray of shape (n_rows,)
        One per column: int32 codes of a category (`MISSING_CODE` where missing), float64 numbers (NaN where missing;
        int64 in all sets where one holds integers beyond 2^53), int64 nanoseconds since 1970-01-01 UTC of a moment.
        A missing integer or moment is the smallest int64.
    missing : tuple of ndarray of bool, shape (n_rows,), or None
        Which cells are missing; None where none is.
    n_rows : int
    left_out : mapping of str to str
        Columns that are not compared, with the reason.
    """

    columns: tuple[CellColumn, ...]
    values: tuple[NDArray[Any], ...]
    missing: tuple[NDArray[np.bool_] | None, ...]
    n_rows: int
    left_out: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return self.n_rows

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    def place(self, name: str) -> int:
        """Position of a column.

        Raises
        ------
        UnknownNameError
            If there is no such column.
        """
        if name not in self.names:
            raise UnknownNameError.of("column", name, self.names)
        return self.names.index(name)

    def places(self, *kinds: CellKind) -> tuple[int, ...]:
        """Positions of the columns of these kinds."""
        return tuple(place for place, column in enumerate(self.columns) if column.kind in kinds)

    def numbers(self, place: int) -> NDArray[np.float64]:
        """Column as float64, NaN where missing; moments as nanoseconds."""
        values = self.values[place]
        if values.dtype == np.float64:
            return values
        absent = self.missing[place]
        floats = values.astype(np.float64)
        return floats if absent is None else np.where(absent, np.nan, floats)

    def take(self, index: NDArray[np.intp] | NDArray[np.bool_]) -> Cells:
        """Rows at these places, in this order."""
        values = tuple(column[index] for column in self.values)
        missing = tuple(None if absent is None else absent[index] for absent in self.missing)
        n_rows = int(np.count_nonzero(index)) if index.dtype == np.bool_ else len(index)
        return replace(self, values=values, missing=missing, n_rows=n_rows)

    def only(self, names: Iterable[str]) -> Cells:
        """The same rows with these columns alone, in this order.

        Raises
        ------
        UnknownNameError
            If there is no such column.
        """
        places = [self.place(name) for name in names]
        return replace(
            self,
            columns=tuple(self.columns[place] for place in places),
            values=tuple(self.values[place] for place in places),
            missing=tuple(self.missing[place] for place in places),
        )


def encode_frames(sets: Mapping[str, Any], *, kinds: Mapping[str, CellKind] | None = None) -> dict[str, Cells]:
    """Several tables in one encoding.

    Parameters
    ----------
    sets : mapping of str to table
        The real one first, as `{"real": ..., "synthetic": ..., "holdout": ...}`: pandas, polars or arrow tables,
        mappings of columns, arrays, or Datasets. See `frame_of`.
    kinds : mapping of str to {"number", "moment", "category"}, optional
        Kinds of columns; where not given, by the type of the first set's cells: numbers are numbers, dates are
        moments, everything else (text and booleans) is a category.

    Returns
    -------
    dict of str to Cells
        One per set with the same columns: those of the first set that all others have. The others are in `left_out`
        with the reason.

    Raises
    ------
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
    for name, kind in (kinds or {}).items():
        if name not in first.columns:
            raise UnknownNameError.of("column", name, first.columns, f"in the {next(iter(frames))} set")
        if kind not in CELL_KINDS:
            raise UnknownNameError.of("kind", kind, CELL_KINDS, f"of column {name!r}")
    chosen = {name: (kinds or {}).get(name) or _kind_of_cells(first[name]) for name in first.columns}
    return _encoded(frames, chosen, {})


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
        Names of records and free text are in `left_out`.

    Raises
    ------
    DataError, SampleSizeError
        As for `encode_frames`.
    """
    schema = next(iter(sets.values())).schema if schema is None else schema
    kinds = {column.name: _KIND_OF[column.kind] for column in schema.columns if column.kind in _KIND_OF}
    out = {column.name: _NOT_COMPARED[column.kind] for column in schema.columns if column.kind in _NOT_COMPARED}
    for item in sets.values():
        if item.key is not None and item.key in kinds:
            del kinds[item.key]
            out[item.key] = _NOT_COMPARED["id"]
    return _encoded({role: item.table for role, item in sets.items()}, kinds, out)


def _kind_of_cells(values: pd.Series) -> CellKind:
    if is_number(values):
        return "number"
    return "moment" if pd.api.types.is_datetime64_any_dtype(values.dtype) else "category"


def _encoded(
    frames: Mapping[str, pd.DataFrame], kinds: Mapping[str, CellKind], out: Mapping[str, str]
) -> dict[str, Cells]:
    left_out = dict(out)
    shared = []
    first = next(iter(frames))
    for name in kinds:
        lacking = [role for role, frame in frames.items() if name not in frame.columns]
        if lacking:
            left_out[name] = f"the {' and the '.join(lacking)} set lacks it"
        else:
            shared.append(name)
    for role, frame in frames.items():
        for name in frame.columns:
            if name not in kinds and name not in left_out:
                left_out[name] = f"only the {role} set has it"
    if not shared:
        raise DataError(f"no column can be compared: the {first} set shares none with the others.")
    encoded = [_column([frame[name] for frame in frames.values()], name, kinds[name], list(frames)) for name in shared]
    return {
        role: Cells(
            columns=tuple(column for column, _, _ in encoded),
            values=tuple(values[place] for _, values, _ in encoded),
            missing=tuple(missing[place] for _, _, missing in encoded),
            n_rows=len(frame),
            left_out=left_out,
        )
        for place, (role, frame) in enumerate(frames.items())
    }


Encoded = tuple[CellColumn, list[NDArray[Any]], list[NDArray[np.bool_] | None]]


def _column(cells: list[pd.Series], name: str, kind: CellKind, roles: list[str]) -> Encoded:
    if kind == "category":
        return _levels(cells, name)
    read = _moments if kind == "moment" else _numbers
    values = [read(column, name, role) for column, role in zip(cells, roles, strict=True)]
    absent = [_any(column.isna().to_numpy()) for column in cells]
    if kind == "number" and any(item.dtype == np.int64 for item in values) and not _whole(values, absent):
        values = [_as_floats(item, gone) for item, gone in zip(values, absent, strict=True)]
    elif kind == "number" and any(item.dtype != values[0].dtype for item in values):
        values = [_as_integers(item, gone) for item, gone in zip(values, absent, strict=True)]
    return CellColumn(name, kind), values, absent


def _any(mask: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    return mask if mask.any() else None


def _numbers(column: pd.Series, name: str, role: str) -> NDArray[Any]:
    """float64, or int64 where integers need it."""
    if is_text(column) or column.dtype == object or isinstance(column.dtype, pd.CategoricalDtype):
        column = _read_numbers(column, name, role)
    if not is_number(column) and not pd.api.types.is_bool_dtype(column.dtype):
        raise DataError(f"column {name!r} of the {role} set holds {column.dtype} and not numbers: convert it first.")
    if pd.api.types.is_integer_dtype(column.dtype):
        absent = column.isna().to_numpy()
        present = column[~absent] if absent.any() else column
        if len(present) and max(abs(int(present.max())), abs(int(present.min()))) > EXACT:
            if int(present.max()) >= 2**63:
                raise DataError(f"column {name!r} of the {role} set has integers that do not fit 64 bits.")
            whole = np.full(len(column), np.iinfo(np.int64).min)
            whole[~absent] = present.to_numpy(dtype=np.int64)
            return whole
    floats: NDArray[np.float64] = column.to_numpy(dtype=np.float64, na_value=np.nan)
    n_infinite = int(np.isinf(floats).sum())
    if n_infinite:
        message = f"column {name!r} of the {role} set has {n_infinite} infinite value(s): make them finite or missing."
        raise DataError(message)
    return floats


def _read_numbers(column: pd.Series, name: str, role: str) -> pd.Series:
    """Numbers that cells stand for."""
    codes, found = pd.factorize(column, use_na_sentinel=True)
    texts = [level_text(value) for value in found]
    numbers = parse_numbers(texts, padded=True)
    if numbers is None:
        bad = sum(parse_numbers([text], padded=True) is None for text in texts)
        message = f"column {name!r} of the {role} set has {bad} distinct cell(s) that are no number: convert it first."
        raise DataError(message)
    if numbers.dtype == np.int64 and len(numbers):
        return pd.Series(pd.array(np.append(numbers, 0)[codes], dtype="Int64")).mask(codes < 0)
    return pd.Series(np.append(numbers.astype(np.float64), np.nan)[codes])


def _moments(column: pd.Series, name: str, role: str) -> NDArray[np.int64]:
    if not pd.api.types.is_datetime64_any_dtype(column.dtype):
        codes, found = pd.factorize(column, use_na_sentinel=True)
        when = parse_dates([level_text(value) for value in found])
        if when is None:
            message = f"column {name!r} of the {role} set has cells that are no ISO 8601 dates: convert it first."
            raise DataError(message)
        column = pd.Series(np.append(when.to_numpy(), np.datetime64("NaT"))[codes])
    if getattr(column.dt, "tz", None) is not None:
        column = column.dt.tz_convert("UTC").dt.tz_localize(None)
    try:
        moments: NDArray[np.int64] = column.dt.as_unit("ns").to_numpy().view(np.int64)
    except (pd.errors.OutOfBoundsDatetime, OverflowError) as error:
        message = f"column {name!r} of the {role} set has dates beyond the years 1677 to 2262: write them as numbers."
        raise DataError(message) from error
    return moments


def _whole(values: list[NDArray[Any]], absent: list[NDArray[np.bool_] | None]) -> bool:
    """Whether every present cell of every set is an integer that 64 bits hold."""
    for item, gone in zip(values, absent, strict=True):
        if item.dtype == np.int64:
            continue
        present = item if gone is None else item[~gone]
        if not ((present == np.floor(present)).all() and (abs(present) < 2.0**63).all()):
            return False
    return True


def _as_integers(values: NDArray[Any], absent: NDArray[np.bool_] | None) -> NDArray[np.int64]:
    if values.dtype == np.int64:
        return values
    filled = values if absent is None else np.where(absent, 0.0, values)
    whole = filled.astype(np.int64)
    return whole if absent is None else np.where(absent, np.iinfo(np.int64).min, whole)


def _as_floats(values: NDArray[Any], absent: NDArray[np.bool_] | None) -> NDArray[np.float64]:
    if values.dtype == np.float64:
        return values
    floats: NDArray[np.float64] = values.astype(np.float64)
    return floats if absent is None else np.where(absent, np.nan, floats)


def _levels(cells: list[pd.Series], name: str) -> Encoded:
    """Codes of categories, one hash table for all sets."""
    codes, found = _factorized(cells)
    texts = [level_text(value) for value in found]
    place: dict[str, int] = {}
    for text in texts:
        place.setdefault(text, len(place) + 1)
    if len(place) < len(texts):  # 1 and "1" are one level
        places = np.array([*(place[text] for text in texts), MISSING_CODE], np.int32)[codes]
    else:
        places = codes.astype(np.int32) + np.int32(1)
    ends = np.cumsum([len(column) for column in cells])
    values = np.split(places, ends[:-1])
    missing = [_any(item == MISSING_CODE) for item in values]
    known = int(values[0].max(initial=0))
    return CellColumn(name, "category", tuple(place), known), values, missing


def _factorized(cells: list[pd.Series]) -> tuple[NDArray[np.intp], Sequence[Any]]:
    """Place of each cell's value among the distinct ones of all sets, in order of appearance; -1 = missing."""
    if len({column.dtype for column in cells}) == 1 or all(is_text(column) for column in cells):
        joined = pd.concat(cells, ignore_index=True)
    else:  # sets that hold one column in different types meet as text
        joined = pd.concat([_as_texts(column) for column in cells], ignore_index=True)
    codes, found = pd.factorize(joined, use_na_sentinel=True)
    return codes, list(found)


def _as_texts(column: pd.Series) -> pd.Series:
    codes, found = pd.factorize(column, use_na_sentinel=True)
    return pd.Series(np.array([*(level_text(value) for value in found), None], dtype=object)[codes])
