"""Demands on columns of the evidence, and rules made of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.levels import level_text
from auditkit.errors import DataError

__all__ = ["Condition", "Rule", "texts_of"]

Mask: TypeAlias = NDArray[np.bool_]
Value: TypeAlias = str | float | bool
Limit: TypeAlias = float | str
"""A number, or the share of real or synthetic samples that lie beyond the limit, as `"real:0.01"`."""


@dataclass(frozen=True)
class Condition:
    """A demand on one column.

    Attributes
    ----------
    column : str
    min, max : float, str or None
        Least and largest value allowed; text, as `"real:0.01"`, until the rule is held against an audit.
    equals : str, float, bool or None
        The only value allowed.
    above : float or None
        The value must be larger than this.
    differs : str or None
        The value that is not allowed.
    otherwise : float or None
        The limit where the audit does not know what real samples show.
    """

    column: str
    min: Limit | None = None
    max: Limit | None = None
    equals: Value | None = None
    above: float | None = None
    differs: str | None = None
    otherwise: float | None = None

    def __post_init__(self) -> None:
        """Refuse limits that no value meets.

        Raises
        ------
        DataError
            If min lies above max.
        """
        limits = (self.min, self.max)
        if any(limit is None or isinstance(limit, str) for limit in limits):
            return
        least, most = (float(limit) for limit in limits if limit is not None)
        if least > most:
            raise DataError(
                f"a filter rule on {self.column!r} has min {least:g} above max {most:g}, which no sample meets: swap "
                "them, or write two rules."
            )

    def broken(self, frame: pd.DataFrame) -> tuple[Mask, Mask]:
        """Which samples break the demand, and of which it is not known because their value is missing.

        Parameters
        ----------
        frame : pandas.DataFrame
            A row per sample.

        Returns
        -------
        broken, unknown : ndarray of bool, shape (n,)

        Raises
        ------
        DataError
            If limits are asked of a column that holds no numbers.
        """
        column = frame[self.column]
        unknown = np.asarray(column.isna(), dtype=bool)
        known = column[~unknown]
        broken = np.zeros(len(frame), dtype=bool)
        broken[~unknown] = self._breaks(known)
        return broken, unknown

    def _breaks(self, known: pd.Series) -> Mask:
        broken = np.zeros(len(known), dtype=bool)
        if self.equals is not None:
            broken |= ~_equal(known, self.equals)
        if self.differs is not None:
            broken |= _equal(known, self.differs)
        if self.min is None and self.max is None and self.above is None:
            return broken
        numbers = self._numbers(known)
        if self.min is not None:
            broken |= numbers < float(self.min)
        if self.max is not None:
            broken |= numbers > float(self.max)
        if self.above is not None:
            broken |= numbers <= self.above
        return broken

    def _numbers(self, known: pd.Series) -> NDArray[np.float64]:
        try:
            return np.asarray(known.to_numpy(dtype=np.float64))
        except (TypeError, ValueError) as error:
            raise DataError(
                f"a filter rule asks for min or max of {self.column!r}, which holds {known.iloc[0]!r} and no numbers: "
                f"use equals."
            ) from error

    def limit(self) -> str:
        """The demand in words, as `">= 0.5"`."""
        parts = []
        if self.equals is not None:
            parts.append(f"= {_text(self.equals) or 'none'}")
        if self.differs is not None:
            parts.append(f"not {self.differs}")
        if self.min is not None:
            parts.append(f">= {_limit_text(self.min)}")
        if self.above is not None:
            parts.append(f"> {self.above:g}")
        if self.max is not None:
            parts.append(f"<= {_limit_text(self.max)}")
        return " and ".join(parts)


@dataclass(frozen=True)
class Rule:
    """A reason to reject a sample: all of its conditions are broken at once.

    Attributes
    ----------
    name : str
    reason : str
        What is told about a rejected sample.
    conditions : tuple of Condition
        Several: the evidence must agree, a sample that meets one of them stays.
    """

    name: str
    reason: str
    conditions: tuple[Condition, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that the rule reads."""
        return tuple(condition.column for condition in self.conditions)

    @property
    def relative(self) -> bool:
        """Whether a limit is a share of samples, for which an audit must give the number."""
        return any(isinstance(side, str) for item in self.conditions for side in (item.min, item.max))

    def filled_in(self, number: Callable[[Condition, str, str], float]) -> Rule:
        """The rule with numbers for its relative limits.

        Parameters
        ----------
        number : callable
            Gives the number for a condition, a share as `"real:0.01"` and a side, `"min"` or `"max"`.

        Returns
        -------
        Rule
        """
        if not self.relative:
            return self
        return replace(self, conditions=tuple(_filled(item, number) for item in self.conditions))

    def judge(self, frame: pd.DataFrame) -> tuple[Mask, Mask]:
        """Which samples break the rule, and of which it is not known.

        Parameters
        ----------
        frame : pandas.DataFrame

        Returns
        -------
        broken, unknown : ndarray of bool, shape (n,)
            Never both; an unknown value never rejects.
        """
        outcomes = [condition.broken(frame) for condition in self.conditions]
        broken = np.logical_and.reduce([outcome[0] for outcome in outcomes])
        met = np.logical_or.reduce([~outcome[0] & ~outcome[1] for outcome in outcomes])
        return broken, ~broken & ~met

    def limit(self) -> str:
        """The demand in words; of several conditions one is enough."""
        if len(self.conditions) == 1:
            return self.conditions[0].limit()
        return " or ".join(f"{condition.column} {condition.limit()}" for condition in self.conditions)

    def values(self, frame: pd.DataFrame) -> list[str]:
        """The values that the rule read, as text, a string per row of the frame."""
        columns = [texts_of(frame[name]) for name in self.columns]
        if len(columns) == 1:
            return columns[0]
        rows = zip(*columns, strict=True)
        return [", ".join(f"{name} {text}" for name, text in zip(self.columns, row, strict=True)) for row in rows]

    def to_json(self) -> dict[str, Any]:
        """Mapping of plain types."""
        return {"name": self.name, "reason": self.reason, "limit": self.limit(), "columns": list(self.columns)}


def texts_of(column: pd.Series) -> list[str]:
    """Cells in words, numbers to four digits."""
    if pd.api.types.is_float_dtype(column.dtype):
        return [f"{value:.4g}" for value in column.to_numpy(dtype=np.float64, na_value=np.nan).tolist()]
    return [_text(value) for value in column.tolist()]


def _filled(condition: Condition, number: Callable[[Condition, str, str], float]) -> Condition:
    sides = {
        side: number(condition, given, side)
        for side, given in (("min", condition.min), ("max", condition.max))
        if isinstance(given, str)
    }
    return replace(condition, min=sides.get("min", condition.min), max=sides.get("max", condition.max))


def _equal(known: pd.Series, value: Value) -> Mask:
    if pd.api.types.is_bool_dtype(known.dtype) and isinstance(value, (bool, np.bool_)):
        return np.asarray(known.to_numpy(dtype=bool) == bool(value))
    if pd.api.types.is_numeric_dtype(known.dtype) and not isinstance(value, (str, bool, np.bool_)):
        return np.asarray(known.to_numpy(dtype=np.float64) == float(value))
    codes, levels = pd.factorize(known)
    same = np.array([level_text(level) == level_text(value) for level in levels], dtype=bool)
    return np.asarray(same[codes]) if len(same) else np.zeros(len(known), dtype=bool)


def _limit_text(limit: Limit) -> str:
    return limit if isinstance(limit, str) else f"{limit:g}"


def _text(value: Any) -> str:
    """A cell in words, numbers to four digits."""
    if isinstance(value, (float, np.floating)):
        return f"{float(value):.4g}"
    return str(value)
