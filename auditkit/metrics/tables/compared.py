"""Whole tables as reports compare them: read as `load` reads them, and no cell of one column ends the whole report."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sized
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from auditkit.data.any_table import frame_of
from auditkit.data.cells import CellKind, Cells
from auditkit.data.inference import kind_without_levels
from auditkit.data.joint import NOT_COMPARED, check_kinds, encode_frames, encode_sets
from auditkit.data.plain_cells import plain_cells
from auditkit.errors import DataError
from auditkit.kinds import Kind
from auditkit.metrics.tables.sides import have_schemas

__all__ = [
    "Compared",
    "compared_tables",
    "lacking_columns",
    "names_and_texts",
    "peer_tables",
    "readable",
    "unread_cells",
]

_MOST = 0.9
"""Share of the real cells from which a column is one of numbers, whatever the others are."""
_NUMBER: CellKind = "number"
_LARGEST = 2**63
_FIRST = 2000
"""Rows by which most columns are told to be none of those that are left out."""


@dataclass(frozen=True, eq=False)
class Compared:
    """Tables in one encoding, with what they leave out.

    Attributes
    ----------
    cells : dict of str to Cells
        `left_out` also names the columns of names of records and of free text.
    absent : tuple of str
        Columns that only the synthetic table lacks, or lacks as well; names of records and free text are not among
        them.
    unread : mapping of str to mapping of str to int
        Columns with cells that are not of their kind, which count as missing: how many, by set.
    """

    cells: dict[str, Cells]
    absent: tuple[str, ...] = ()
    unread: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def reasons(self) -> dict[str, str]:
        """What a reader should know of each column with such cells."""
        real = self.cells["real"]
        kinds = {name: real.columns[real.place(name)].kind for name in self.unread}
        return {
            name: f"cells that are no {_NAMES[kinds[name]]} count as missing: "
            + " and ".join(f"{count} of the {role} set" for role, count in counts.items())
            for name, counts in self.unread.items()
        }

    def told(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Lines of columns with these reasons behind their own."""
        of_column = self.reasons
        own = zip(frame["column"], frame["reason"], strict=True)
        reasons = ["; ".join(filter(None, (reason, of_column.get(name)))) for name, reason in own]
        return frame.assign(reason=pd.Series(reasons, frame.index, dtype=object))

    @property
    def notes(self) -> tuple[str, ...]:
        """The same as sentences."""
        return tuple(f"{name}: {reason}." for name, reason in self.reasons.items())


def compared_tables(sets: Mapping[str, Any], kinds: Mapping[str, CellKind] | None = None) -> Compared:
    """Tables without the columns that hold names of records or free text.

    Parameters
    ----------
    sets : mapping of str to table
        The real one first.
    kinds : mapping of str to {"number", "moment", "category"}, optional
        Columns that are named here are compared whatever they hold.

    Returns
    -------
    Compared

    Raises
    ------
    ConfigError, DataError, SampleSizeError, UnknownNameError
        As for `auditkit.data.joint.encode_frames`.

    Notes
    -----
    A column of which every fresh record has a value of its own scores 0 for any honest generator, so that it says
    nothing. Where a table has no other columns, they are compared after all.
    """
    frames = {role: readable(frame_of(given, name=role)) for role, given in sets.items()}
    if have_schemas(sets, kinds):
        cells = encode_sets(sets)
        out = {name: said for name, said in cells["real"].left_out.items() if said in NOT_COMPARED.values()}
        return Compared(cells, lacking_columns(frames, out), unread_cells(frames, cells))
    check_kinds(kinds)
    numbers = (name for name in frames["real"].columns if _mostly_numbers(frames["real"][name]))
    kinds = dict.fromkeys(numbers, _NUMBER) | dict(kinds or {})
    out = names_and_texts(frames["real"], {*kinds})
    if all(name in out for name in frames["real"].columns if name in frames["synthetic"].columns):
        out = {}
    kept = {role: frame.drop(columns=[name for name in out if name in frame.columns]) for role, frame in frames.items()}
    cells = encode_frames(kept, kinds=kinds, lenient=True)
    cells = {role: replace(item, left_out={**out, **item.left_out}) for role, item in cells.items()}
    return Compared(cells, lacking_columns(frames, out), unread_cells(frames, cells))


def peer_tables(sets: Mapping[str, Any], kinds: Mapping[str, CellKind] | None) -> Compared:
    """Tables with every column that both have, as peers take them."""
    frames = {role: readable(frame_of(given, name=role)) for role, given in sets.items()}
    cells = encode_sets(sets) if have_schemas(sets, kinds) else encode_frames(frames, kinds=kinds, lenient=True)
    return Compared(cells, (), unread_cells(frames, cells))


def readable(frame: pd.DataFrame) -> pd.DataFrame:
    """The same table with the text of single cells that end an encoding, as lists or integers beyond 64 bits.

    Truth values among numbers are text too, as True equals 1.
    """
    texts = {}
    for name in frame.columns:
        column = frame[name]
        if column.dtype == object and not _is_read(column):
            texts[name] = column.map(lambda cell: cell if _is_plain(cell) else str(cell))
    return frame.assign(**texts) if texts else frame


def _is_read(column: pd.Series) -> bool:
    try:
        plain = plain_cells(column, name=str(column.name), source="the set")
    except DataError:
        return False
    return plain.dtype != object or not any(isinstance(cell, bool) for cell in column)


def _is_plain(cell: object) -> bool:
    if isinstance(cell, bool | complex):
        return False
    if isinstance(cell, int):
        return abs(cell) < _LARGEST
    return isinstance(cell, str) or (isinstance(cell, Hashable) and not isinstance(cell, Sized))


def names_and_texts(real: pd.DataFrame, declared: set[str]) -> dict[str, str]:
    """Columns that name records or hold free text, with the words for it, but for the declared ones."""
    found = {}
    for name in real.columns:
        if name in declared:
            continue
        if _kind_of(real[name].iloc[:_FIRST], name) is None:  # which is soon said of most
            continue
        kind = _kind_of(real[name], name)
        if kind is not None:
            found[name] = NOT_COMPARED[kind]
    return found


def _kind_of(values: pd.Series, name: str) -> Kind | None:
    return kind_without_levels(plain_cells(values, name=name, source="the real set"), name)


def _mostly_numbers(values: pd.Series) -> bool:
    """Whether these are numbers among which few cells are something else."""
    if values.dtype != object or pd.api.types.infer_dtype(values, skipna=True) not in ("mixed", "mixed-integer"):
        return False
    present = [cell for cell in values if cell is not None and cell == cell]  # noqa: PLR0124 - NaN is unlike itself
    n_numbers = sum(isinstance(cell, Real) and not isinstance(cell, bool) for cell in present)
    return n_numbers >= _MOST * len(present) > 0


def lacking_columns(frames: Mapping[str, pd.DataFrame], out: Mapping[str, str]) -> tuple[str, ...]:
    """Real columns that the synthetic table lacks, but for those left out anyway."""
    has = {*frames["synthetic"].columns, *out}
    return tuple(name for name in frames["real"].columns if name not in has)


def unread_cells(frames: Mapping[str, pd.DataFrame], cells: Mapping[str, Cells]) -> dict[str, dict[str, int]]:
    """How many cells of each column of numbers or moments are not of its kind, by set; those that have some."""
    found = {}
    for place, column in enumerate(cells["real"].columns):
        if column.kind != "category":
            counts = {role: _unread(frame[column.name], cells[role], place) for role, frame in frames.items()}
            if any(counts.values()):
                found[column.name] = {role: count for role, count in counts.items() if count}
    return found


_NAMES: Mapping[CellKind, str] = {"number": "finite number", "moment": "date"}


def _unread(given: pd.Series, cells: Cells, place: int) -> int:
    absent = cells.missing[place]
    if absent is None or pd.api.types.is_integer_dtype(given.dtype):
        return 0
    plain = plain_cells(given, name=cells.columns[place].name, source="the set")
    return max(int(np.count_nonzero(absent)) - int(plain.isna().sum()), 0)
