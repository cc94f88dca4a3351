"""Rules over an audit's samples. A rule is a demand on a column; a sample that breaks it is rejected, and told why."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.levels import level_text
from auditkit.errors import DataError, UnknownNameError

__all__ = ["DEFAULT_RULES", "Condition", "Rule", "RuleLike", "built_in_rules", "read_rules"]

Mask: TypeAlias = NDArray[np.bool_]
Value: TypeAlias = str | float | bool

_KEYS = ("column", "min", "max", "equals", "reason")


@dataclass(frozen=True)
class Condition:
    """A demand on one column.

    Attributes
    ----------
    column : str
    min, max : float or None
        Least and largest value allowed.
    equals : str, float, bool or None
        The only value allowed.
    above : float or None
        The value must be larger than this.
    """

    column: str
    min: float | None = None
    max: float | None = None
    equals: Value | None = None
    above: float | None = None

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
        if self.min is None and self.max is None and self.above is None:
            return broken
        numbers = self._numbers(known)
        if self.min is not None:
            broken |= numbers < self.min
        if self.max is not None:
            broken |= numbers > self.max
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
        if self.min is not None:
            parts.append(f">= {self.min:g}")
        if self.above is not None:
            parts.append(f"> {self.above:g}")
        if self.max is not None:
            parts.append(f"<= {self.max:g}")
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
        columns = [[_text(value) for value in frame[name]] for name in self.columns]
        if len(columns) == 1:
            return columns[0]
        rows = zip(*columns, strict=True)
        return [", ".join(f"{name} {text}" for name, text in zip(self.columns, row, strict=True)) for row in rows]

    def to_json(self) -> dict[str, Any]:
        """Mapping of plain types."""
        return {"name": self.name, "reason": self.reason, "limit": self.limit(), "columns": list(self.columns)}


RuleLike: TypeAlias = str | Rule | Mapping[str, Any] | Any
"""A built-in rule's name, a `Rule`, a mapping, or an object with column, min, max, equals and reason."""

DEFAULT_RULES: Mapping[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule("copies", "copy of a training record", (Condition("copy", equals=False),)),
        Rule("near-copies", "a training text or image but for a little", (Condition("near_copy", equals=False),)),
        Rule("violations", "breaks the schema", (Condition("violations", equals=""),)),
        Rule("duplicates", "repeats another synthetic sample", (Condition("duplicate", equals=False),)),
        # One sign alone rejects good samples: a tenth of fresh real rows has density 0, and a strong discriminator
        # knows most samples of an honest generator. Fresh real rows that show both at once are rare.
        Rule(
            "outside",
            "far from all real data and recognised as synthetic",
            (Condition("density", above=0.0), Condition("discriminator", max=0.9)),
        ),
        # Where a calibrated classifier gives a label less than 5 %, fewer than 5 % of real labels are so: over all
        # real rows that is about one in a hundred.
        Rule("label", "its label does not fit its features", (Condition("label_agreement", min=0.05),)),
    )
}
"""The rules of `filter(..., rules=None)`, by name."""

_ONLY_OF: Mapping[str, frozenset[str]] = {"near-copies": frozenset({"text", "image"})}
"""Modalities that a built-in rule is for, where these are not all."""

_ALIASES = {"exact-copies": "copies"}


def read_rules(
    rules: Iterable[RuleLike] | RuleLike | None, *, known: Sequence[str], modality: str | None = None
) -> list[Rule]:
    """Rules from what the user gave, checked against the columns there are.

    Parameters
    ----------
    rules : iterable of rule-likes, one rule-like, or None
        None stands for all built-in rules that there are columns for.
    known : sequence of str
        Columns of the evidence.
    modality : str, optional
        Of the samples: built-in rules for others are left out of all.

    Returns
    -------
    list of Rule

    Raises
    ------
    UnknownNameError
        If a column, a key or a built-in rule does not exist.
    DataError
        If a rule demands nothing, or cannot be read.
    """
    if rules is None:
        return [rule for rule in built_in_rules(modality) if set(rule.columns) <= set(known)]
    # Settings objects iterate over their fields: one that has a column is one rule.
    alone = isinstance(rules, (str, Mapping)) or hasattr(rules, "column")
    found = [_read(item) for item in (rules if isinstance(rules, Iterable) and not alone else [rules])]
    for rule in found:
        for column in rule.columns:
            if column not in known:
                raise UnknownNameError.of("column", column, known, "in a filter rule")
    return found


def built_in_rules(modality: str | None) -> list[Rule]:
    """The built-in rules for samples of this modality; all of them for None."""
    return [
        rule
        for rule in DEFAULT_RULES.values()
        if modality is None or rule.name not in _ONLY_OF or modality in _ONLY_OF[rule.name]
    ]


def _read(item: RuleLike) -> Rule:
    if isinstance(item, Rule):
        return item
    if isinstance(item, str):
        name = _ALIASES.get(item, item)
        if name not in DEFAULT_RULES:
            raise UnknownNameError.of("filter rule", item, DEFAULT_RULES)
        return DEFAULT_RULES[name]
    if isinstance(item, Mapping):
        for key in item:
            if key not in _KEYS:
                raise UnknownNameError.of("key of a filter rule", str(key), _KEYS)
        fields = {key: item.get(key) for key in _KEYS}
    else:
        fields = {key: getattr(item, key, None) for key in _KEYS}
    return _build(fields, item)


def _build(fields: Mapping[str, Any], given: RuleLike) -> Rule:
    column = fields["column"]
    if not isinstance(column, str) or not column:
        raise DataError(f"a filter rule needs a column and min, max or equals, got {given!r}.")
    if fields["min"] is None and fields["max"] is None and fields["equals"] is None:
        raise DataError(f"the filter rule on {column!r} demands nothing: give it min, max or equals.")
    limits = [_limit(fields[side], column, side) for side in ("min", "max")]
    condition = Condition(column, limits[0], limits[1], fields["equals"])
    return Rule(column, fields["reason"] or f"{column} is not {condition.limit()}", (condition,))


def _limit(value: Any, column: str, side: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not math.isfinite(value):
        raise DataError(f"{side} of the filter rule on {column!r} must be a finite number, got {value!r}.")
    return float(value)


def _equal(known: pd.Series, value: Value) -> Mask:
    if pd.api.types.is_bool_dtype(known.dtype) and isinstance(value, (bool, np.bool_)):
        return np.asarray(known.to_numpy(dtype=bool) == bool(value))
    if pd.api.types.is_numeric_dtype(known.dtype) and not isinstance(value, (str, bool, np.bool_)):
        return np.asarray(known.to_numpy(dtype=np.float64) == float(value))
    named = np.asarray([level_text(item) for item in known], dtype=object)
    return np.asarray(named == level_text(value))


def _text(value: Any) -> str:
    """A cell in words, numbers to four digits."""
    if isinstance(value, (float, np.floating)):
        return f"{float(value):.4g}"
    return str(value)
