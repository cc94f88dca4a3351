"""What the parts of a constraint are worth on a table: numbers, moments, texts and truths, cell by cell.

A missing cell makes what is computed from it unknown: a truth is true, false or neither (Kleene's logic). What is
computed by + - * / carries the largest error that rounding can have made, so that 0.1 * 3 equals 0.3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from typing import Literal as OneOf

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.casting import is_number, parse_dates
from auditkit.data.cell_values import in_one_type, number_values
from auditkit.data.constraint_tree import (
    Arithmetic,
    Comparison,
    Junction,
    Literal,
    Member,
    Missing,
    Name,
    Node,
    Not,
    Size,
    Unary,
    mistake,
    shown,
)
from auditkit.data.inference import as_numbers
from auditkit.data.levels import level_codes, level_text
from auditkit.errors import ConfigError

__all__ = ["Evaluation", "Truths"]

Worth = OneOf["number", "moment", "text", "truth", "nothing"]
Mask = NDArray[np.bool_]

_DAY = 86400.0
_ROUNDING = 2.0**-52
_WORTH_OF_DTYPE: Mapping[str, Worth] = {
    "float64": "number",
    "int64": "number",
    "bool": "truth",
    "datetime64[us]": "moment",
    "str": "text",
}
_SAY: Mapping[Worth, str] = {
    "number": "a number",
    "moment": "a date",
    "text": "text",
    "truth": "true or false",
    "nothing": "nothing",
}
_EQUAL = ("==", "!=")
_TRUTHS = ("True", "False")


@dataclass(frozen=True, eq=False)
class Truths:
    """Where something is true and where it is false; neither where it is unknown."""

    true: Mask
    false: Mask

    def opposite(self) -> Truths:
        """True where it was false, and the other way round."""
        return Truths(self.false, self.true)


@dataclass(frozen=True, eq=False)
class _Numbers:
    cells: NDArray[Any]
    absent: Mask
    slack: NDArray[np.float64] | None = None
    """Largest error by rounding; None of cells and numbers as they are written."""

    def floats(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Values and their slack, where cells are decimals that were rounded once."""
        values = np.where(self.absent, np.nan, self.cells.astype(np.float64))
        return values, np.abs(values) * _ROUNDING if self.slack is None else self.slack


class Evaluation:
    """One constraint on one table.

    Parameters
    ----------
    text : str
        The constraint, for messages.
    columns : mapping of str to pandas.Series
        Those that it names.
    dtypes : mapping of str to str
        Types that columns have by the schema; cells of another type are unknown there, and a mistake elsewhere.
    """

    def __init__(self, text: str, columns: Mapping[str, pd.Series], dtypes: Mapping[str, str]) -> None:
        self._text = text
        self._columns = columns
        self._n = len(next(iter(columns.values())))
        self._dtypes = dtypes
        self._numbers: dict[str, _Numbers] = {}
        self._texts: dict[str, tuple[NDArray[np.int32], list[str]]] = {}

    def truths(self, node: Node) -> Truths:
        """Worth of a part that is true or false."""
        match node:
            case Not(operand=operand):
                found = self.truths(operand).opposite()
            case Junction(word="and", parts=parts):
                found = _all([self.truths(part) for part in parts])
            case Junction(parts=parts):
                found = _any([self.truths(part) for part in parts])
            case Comparison():
                found = self._compared(node)
            case Member(operand=operand, values=values):
                found = _any([self._compared(Comparison(value.at, "==", operand, value)) for value in values])
            case _:
                found = self._leaf(node)
        return found

    def _leaf(self, node: Node) -> Truths:
        if isinstance(node, Literal) and isinstance(node.value, bool):
            return Truths(np.asarray(node.value), np.asarray(not node.value))
        if isinstance(node, Missing):
            absent = self._columns[node.name].isna().to_numpy()
            return Truths(absent, ~absent)
        worth = self._worth(node)
        if isinstance(node, Name) and worth in ("truth", "nothing"):
            number = self._number(node)
            return _outcome(number.cells != 0, ~number.absent)
        raise mistake(self._text, node.at, f"this is {_SAY[worth]}, neither true nor false: compare it with something")

    def _worth(self, node: Node) -> Worth:
        """What a part is, as far as the columns' types say."""
        match node:
            case Literal(value=value):
                return "truth" if isinstance(value, bool) else "text" if isinstance(value, str) else "number"
            case Name(name=name):
                return self._worth_of_column(name)
            case Arithmetic(sign=sign, left=left, right=right):
                return _worth_of_two(sign, {self._worth(left), self._worth(right)})
            case Unary() | Size():
                return "number"
        return "truth"

    def _worth_of_column(self, name: str) -> Worth:
        values = self._columns[name]
        if not values.notna().any():
            return "nothing"
        if name in self._dtypes:
            return _WORTH_OF_DTYPE[self._dtypes[name]]
        if is_number(values):
            return "number"
        if pd.api.types.is_bool_dtype(values.dtype):
            return "truth"
        return "moment" if pd.api.types.is_datetime64_any_dtype(values.dtype) else "text"

    def _compared(self, node: Comparison) -> Truths:
        as_what = self._common(node)
        if as_what == "truth":
            left, right = self.truths(node.left), self.truths(node.right)
            known = (left.true | left.false) & (right.true | right.false)
            return _outcome(left.true == right.true, known, negated=node.sign == "!=")
        if as_what == "text":
            return self._same_text(node)
        if as_what == "moment":
            earlier, later = self._moment(node.left), self._moment(node.right)
            return _outcome(_ORDER[node.sign](earlier - later, 0.0), ~(np.isnan(earlier) | np.isnan(later)))
        return _compare_numbers(node.sign, self._number(node.left), self._number(node.right))

    def _common(self, node: Comparison) -> Worth:
        """What both sides of a comparison are read as."""
        sides = (node.left, node.right)
        found = {self._worth(side) for side in sides} - {"nothing"}
        ordered = node.sign not in _EQUAL
        if len(found) <= 1:
            worth: Worth = next(iter(found), "text")
            if ordered and worth == "truth":
                raise mistake(self._text, node.at, "true and false have no order: compare them with == or !=")
            if ordered and worth == "text" and found:
                self._check_dates(node)
                return "moment"
            return worth
        if found == {"moment", "text"}:
            return "moment"
        if found == {"number", "text"}:
            quoted = next((side for side in sides if isinstance(side, Literal) and isinstance(side.value, str)), None)
            if quoted is None:
                return "number"
            if not ordered and any(isinstance(side, Name) for side in sides):
                return "text"
            raise mistake(self._text, quoted.at, "this text is compared with a number: write no quotation marks")
        if "truth" in found and "moment" not in found and not ordered:
            return "number" if "number" in found else "text"
        first, second = (_SAY[self._worth(side)] for side in sides)
        raise mistake(self._text, node.at, f"{first} cannot be compared with {second}")

    def _check_dates(self, node: Comparison) -> None:
        """Refuse an order of texts that are no dates; a column with a few cells that are none is told elsewhere."""
        for side in (node.left, node.right):
            if isinstance(side, Name) and all(parse_dates([text]) is None for text in self._level_codes(side)[1]):
                words = f"column {shown(side.name)} holds text that is no date, and text has no order"
                raise mistake(self._text, node.at, f"{words}: compare it with == or !=, or `in` a list")

    def _same_text(self, node: Comparison) -> Truths:
        truth = "truth" in (self._worth(node.left), self._worth(node.right))
        (first, names), (second, others) = (self._level_codes(side) for side in (node.left, node.right))
        if truth:
            names, others = _truth_names(names), _truth_names(others)
            self._check_truth(node)
        place = {name: number for number, name in enumerate(dict.fromkeys([*names, *others]))}
        left = np.array([*(place[name] for name in names), -1], np.int64)[first]
        right = np.array([*(place[name] for name in others), -1], np.int64)[second]
        return _outcome(left == right, (left >= 0) & (right >= 0), negated=node.sign == "!=")

    def _check_truth(self, node: Comparison) -> None:
        for side in (node.left, node.right):
            if isinstance(side, Literal) and _truth_names([str(side.value)])[0] not in _TRUTHS:
                raise mistake(self._text, side.at, f"{shown(str(side.value))} is neither true nor false")

    def _level_codes(self, node: Node) -> tuple[NDArray[np.int32], list[str]]:
        if isinstance(node, Literal):
            return np.zeros((), np.int32), [level_text(node.value)]
        if not isinstance(node, Name):
            raise mistake(self._text, node.at, f"{_SAY[self._worth(node)]} cannot be compared with text")
        if node.name not in self._texts:
            self._texts[node.name] = level_codes(self._columns[node.name])
        return self._texts[node.name]

    def _moment(self, node: Node) -> NDArray[np.float64]:
        """Seconds since 1970-01-01 UTC, NaN where missing."""
        if self._worth(node) == "nothing":
            return np.full(self._n, np.nan)
        match node:
            case Literal(value=str() as value):
                when = parse_dates([value])
                if when is None:
                    raise mistake(self._text, node.at, f"{shown(value)} is no ISO 8601 date, as '2020-01-31'")
                return as_numbers(pd.Series(when))[0]  # type: ignore[no-any-return]
            case Name(name=name):
                values = self._columns[name]
                seconds = as_numbers(values, moments=True)
                self._check_read(node, np.isnan(seconds) & values.notna().to_numpy(), "moment")
                return seconds
            case Arithmetic(sign="+" | "-" as sign, left=left, right=right) if self._worth(node) == "moment":
                if self._worth(right) == "number":
                    days = self._number(right).floats()[0] * _DAY
                    return self._moment(left) + (days if sign == "+" else -days)
                if self._worth(left) == "number" and sign == "+":
                    return self._number(left).floats()[0] * _DAY + self._moment(right)
        raise self._no("a date", node)

    def _number(self, node: Node) -> _Numbers:
        if self._worth(node) == "nothing":
            return _Numbers(np.full(self._n, np.nan), np.ones(self._n, np.bool_))
        match node:
            case Literal(value=int() | float() as value):
                whole = isinstance(value, int) and abs(value) > 2**53
                return _Numbers(np.asarray(value, np.int64 if whole else np.float64), np.asarray(False))  # noqa: FBT003
            case Name():
                return self._number_column(node)
            case Unary(operand=operand):
                inner = _turnable(self._number(operand))
                return replace(inner, cells=-inner.cells)
            case Size(operand=operand):
                inner = _turnable(self._number(operand))
                return replace(inner, cells=np.abs(inner.cells))
            case Arithmetic() if self._worth(node) == "number":
                return self._computed(node)
        raise self._no("a number", node)

    def _computed(self, node: Arithmetic) -> _Numbers:
        if "moment" not in (self._worth(node.left), self._worth(node.right)):
            return _arithmetic(node.sign, self._number(node.left), self._number(node.right))
        first, second = self._moment(node.left), self._moment(node.right)
        days = (first - second) / _DAY
        return _Numbers(days, np.isnan(days), (np.abs(first) + np.abs(second)) * (_ROUNDING / _DAY))

    def _number_column(self, node: Name) -> _Numbers:
        if node.name not in self._numbers:
            column = self._columns[node.name]
            if self._worth(node) == "moment":
                raise self._no("a number", node)
            (values,), (absent,) = number_values([column], name=node.name, roles=["given"], lenient=True)
            mask = np.zeros(len(column), np.bool_) if absent is None else absent
            self._check_read(node, mask & column.notna().to_numpy(), "number")
            self._numbers[node.name] = _Numbers(values, mask)
        return self._numbers[node.name]

    def _check_read(self, node: Name, unread: Mask, wanted: Worth) -> None:
        """Cells that are of no use are a mistake, but in a column that should hold the like."""
        if unread.any() and _WORTH_OF_DTYPE.get(self._dtypes.get(node.name, "")) != wanted:
            what = "ISO 8601 date" if wanted == "moment" else "number"
            words = f"{int(unread.sum())} of {len(unread)} cells of column {shown(node.name)} are no {what}"
            raise mistake(self._text, node.at, words)

    def _no(self, wanted: str, node: Node) -> ConfigError:
        if isinstance(node, Arithmetic):
            left, right = _SAY[self._worth(node.left)], _SAY[self._worth(node.right)]
            return mistake(self._text, node.at, f"{left} and {right} do not go together in {node.sign!r}")
        return mistake(self._text, node.at, f"expected {wanted}, found {_SAY[self._worth(node)]}")


def _turnable(numbers: _Numbers) -> _Numbers:
    """Numbers whose opposites are there: that of -2^63 does not fit 64 bits, and is unknown."""
    if numbers.cells.dtype != np.int64:
        return numbers
    return replace(numbers, absent=numbers.absent | (numbers.cells == np.iinfo(np.int64).min))


def _truth_names(names: list[str]) -> list[str]:
    """Names of levels, "true" and "false" as truth values are named, however they are capitalised."""
    return [name.capitalize() if name.capitalize() in _TRUTHS else name for name in names]


def _worth_of_two(sign: str, both: set[Worth]) -> Worth:
    """What a sum, difference, product or quotient is; dates may be written as text."""
    if "moment" not in both:
        return "nothing" if both == {"nothing"} else "number"
    if "nothing" in both:
        return "nothing"
    return "number" if sign == "-" and both <= {"moment", "text"} else "moment"


def _all(parts: list[Truths]) -> Truths:
    true, false = parts[0].true, parts[0].false
    for part in parts[1:]:
        true, false = true & part.true, false | part.false
    return Truths(true, false)


def _any(parts: list[Truths]) -> Truths:
    return _all([part.opposite() for part in parts]).opposite()


def _outcome(holds: Mask, known: Mask, *, negated: bool = False) -> Truths:
    found = Truths(known & holds, known & ~holds)
    return found.opposite() if negated else found


_ORDER: Mapping[str, Callable[[NDArray[Any], Any], Mask]] = {
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


def _compare_numbers(sign: str, left: _Numbers, right: _Numbers) -> Truths:
    known = ~(left.absent | right.absent)
    if left.slack is None and right.slack is None:
        first, second = in_one_type([left.cells, right.cells], [left.absent, right.absent])
        return _outcome(_ORDER[sign](first, second), known)
    (first, one), (second, other) = left.floats(), right.floats()
    difference = first - second
    equal = np.abs(difference) <= one + other
    if sign in _EQUAL:
        return _outcome(equal, known, negated=sign == "!=")
    strictly = _ORDER[sign[0]](difference, 0.0) & ~equal
    return _outcome(strictly | equal if sign.endswith("=") else strictly, known)


def _arithmetic(sign: str, left: _Numbers, right: _Numbers) -> _Numbers:
    (a, slack_a), (b, slack_b) = left.floats(), right.floats()
    with np.errstate(all="ignore"):
        if sign in "+-":
            value = a + b if sign == "+" else a - b
            slack = slack_a + slack_b
        elif sign == "*":
            value = a * b
            slack = np.abs(a) * slack_b + np.abs(b) * slack_a
        else:
            value = a / b
            slack = (slack_a + np.abs(value) * slack_b) / np.abs(b)
        slack = slack + np.abs(value) * _ROUNDING
    absent = ~np.isfinite(value)
    return _Numbers(np.where(absent, np.nan, value), absent, np.where(absent, np.nan, slack))
