"""Every rule that rows can break under a schema: types, ranges, levels, missing cells, keys, constraints.

The one place where a rule is checked; per-row sentences (`schema_violations`) and counts (`validity`) read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.casting import is_number
from auditkit.data.constraints import Constraint
from auditkit.data.inference import as_numbers
from auditkit.data.levels import level_codes
from auditkit.data.schema import Column, Schema

__all__ = [
    "RULES",
    "Breach",
    "Rule",
    "find_breaches",
    "sentences",
    "share_in_words",
    "unique_columns",
    "without_unseen",
]

Rule = Literal["missing", "type", "whole", "minimum", "maximum", "level", "key", "constraint"]
RULES: tuple[Rule, ...] = ("missing", "type", "whole", "minimum", "maximum", "level", "key", "constraint")
Mask = NDArray[np.bool_]

_BELOW, _ABOVE = "below the real range", "above the real range"
_UNKNOWN = "a level that the real data do not have"
_FAR = 0.5
"""Of a range's width; what lies further beyond it is far."""
_UNSEEN = tuple(f": {words}" for words in (_BELOW, _ABOVE, _UNKNOWN))
_MEASURED = ("numeric", "integer", "datetime")


@dataclass(frozen=True, eq=False)
class Breach:
    """One rule on one table.

    Attributes
    ----------
    rule : str
        One of `RULES`.
    column : str
        Column that it is about; of a constraint, the text.
    words : str
        What is wrong with a row that breaks it. Values of real records are not shown.
    broken : ndarray of bool, shape (n_rows,)
    undecided : ndarray of bool, shape (n_rows,), or None
        Rows that it says nothing about, as their cell is missing; None where it is about all rows.
    far : ndarray of bool, shape (n_rows,), or None
        Rows that lie beyond a range by more than half its width.
    """

    rule: Rule
    column: str
    words: str
    broken: Mask
    undecided: Mask | None = None
    far: Mask | None = None

    @property
    def sentence(self) -> str:
        """Column and words, or what a constraint says."""
        return f"{self.words} {self.column}" if self.rule == "constraint" else f"{self.column}: {self.words}"

    @property
    def n_decided(self) -> int:
        """Rows that the rule is about."""
        return len(self.broken) - (0 if self.undecided is None else int(self.undecided.sum()))


def find_breaches(
    table: pd.DataFrame, schema: Schema, *, keys: Iterable[str] = (), constraints: Sequence[Constraint] = ()
) -> list[Breach]:
    """Every rule of a schema on every row, also those that none breaks.

    Parameters
    ----------
    table : pandas.DataFrame
        Cells of the schema's types where they could be converted (see `cast_table`). Columns that it lacks, or that the
        schema does not know, break no rule.
    schema : Schema
        Usually the real data's.
    keys : iterable of str
        Columns that name each row once; see `unique_columns`.
    constraints : sequence of Constraint
        Those that name only columns of the table are checked.

    Returns
    -------
    list of Breach
        In order of the schema's columns, constraints last.

    Notes
    -----
    O(n) per rule. Range and level rules leave out missing cells.
    """
    unique = set(keys)
    found: list[Breach] = []
    for column in schema.columns:
        if column.name not in table.columns:
            continue
        values = table[column.name]
        if column.name in unique:
            found.append(_keyed(values, column.name))
        if column.kind != "id":
            found.extend(_of_column(values, column))
    for rule in constraints:
        if set(rule.columns) <= set(table.columns):
            broken, undecided = rule.check(table, schema=schema)
            found.append(Breach("constraint", rule.text, "breaks", broken, undecided))
    return found


def sentences(breaches: Iterable[Breach], n_rows: int, *, units: NDArray[np.intp] | None = None) -> list[str]:
    """What each row breaks, as `"age: above the real range; breaks end >= start"`; empty for nothing.

    Parameters
    ----------
    breaches : iterable of Breach
    n_rows : int
        Sentences that come back.
    units : ndarray of int, optional
        Unit of each row; a unit breaks what one of its rows breaks.
    """
    said: list[list[str]] = [[] for _ in range(n_rows)]
    for breach in breaches:
        far = np.zeros_like(breach.broken) if breach.far is None else breach.far
        for broken, words in ((breach.broken & ~far, breach.sentence), (far, f"{breach.column}: far {breach.words}")):
            places = np.flatnonzero(broken)
            for place in places if units is None else np.unique(units[places]):
                said[place].append(words)
    return ["; ".join(words) for words in said]


def without_unseen(said: str) -> str:
    """What a row breaks, as `sentences` has it, without values that a larger real table might hold.

    Parameters
    ----------
    said : str

    Returns
    -------
    str
        Without levels and what is not far beyond a range; empty where nothing is left.
    """
    return "; ".join(part for part in said.split("; ") if not part.endswith(_UNSEEN))


def share_in_words(count: int, n: int) -> str:
    """Some of all, as `"12 of 1,000 (1.2%)"`."""
    rate = "under 0.1%" if 0 < count < 0.001 * n else f"{count / n:.1%}"
    return f"{count:,} of {n:,} ({rate})"


def unique_columns(table: pd.DataFrame, schema: Schema) -> tuple[str, ...]:
    """Columns of names of records in which each name stands once and none is missing."""
    names = [name for name in schema.of_kind("id") if name in table.columns]
    return tuple(name for name in names if len(table) and table[name].notna().all() and table[name].is_unique)


def _of_column(values: pd.Series, column: Column) -> Iterator[Breach]:
    missing = values.isna().to_numpy()
    if not column.nullable:
        yield Breach("missing", column.name, "missing, which it never is in the real data", missing)
    if column.kind in _MEASURED:
        yield from _of_numbers(values, column, missing)
    elif column.kind in {"category", "boolean", "constant"}:
        codes, levels = level_codes(values)
        known = set(column.levels)
        novel = np.array([*(level not in known for level in levels), False], dtype=np.bool_)
        yield Breach("level", column.name, _UNKNOWN, novel[codes], missing)


def _of_numbers(values: pd.Series, column: Column, missing: Mask) -> Iterator[Breach]:
    numbers = as_numbers(values, moments=column.kind == "datetime")
    unread = np.isnan(numbers) & ~missing
    what = "not a date" if column.kind == "datetime" else "not a number"
    yield Breach("type", column.name, what, unread, missing)
    lost = np.isnan(numbers)
    if column.minimum is not None and column.maximum is not None:
        with np.errstate(over="ignore"):  # near the ends of float64 the room is infinite
            room = _FAR * (column.maximum - column.minimum)
            below, above = column.minimum - numbers, numbers - column.maximum
        yield Breach("minimum", column.name, _BELOW, below > 0, lost, below > room)
        yield Breach("maximum", column.name, _ABOVE, above > 0, lost, above > room)
    if column.kind == "integer":
        whole = is_number(values) and values.dtype.kind in "iu"
        fractions = np.zeros(len(values), np.bool_) if whole else ~lost & (numbers != np.floor(numbers))
        yield Breach("whole", column.name, "a fraction in a column of whole numbers", fractions, lost)


def _keyed(values: pd.Series, name: str) -> Breach:
    repeats = (values.duplicated() | values.isna()).to_numpy()
    return Breach("key", name, "missing or repeated, where the real data name each row once", repeats)
