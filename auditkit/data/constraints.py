"""Rules that each row of a table should follow, as `"end >= start"`, in a small language of their own.

The language and its examples are in docs/constraints.md. A rule is read by a parser of ours, never evaluated as code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.any_table import frame_of
from auditkit.data.constraint_grammar import parse_tree
from auditkit.data.constraint_tree import Arithmetic, Literal, Missing, Name, Node, mistake, nodes, shown
from auditkit.data.constraint_values import Evaluation
from auditkit.data.plain_cells import plain_cells
from auditkit.data.schema import Schema
from auditkit.errors import ConfigError, UnknownNameError, did_you_mean

__all__ = ["Checked", "Constraint", "parse_constraint", "parse_constraints"]


class Checked(NamedTuple):
    """Which rows break a constraint, and for which it is undecided because a cell is missing."""

    broken: NDArray[np.bool_]
    undecided: NDArray[np.bool_]


@dataclass(frozen=True)
class Constraint:
    """A rule for the rows of a table; make one with `parse_constraint`.

    Attributes
    ----------
    text : str
        As it was written.
    tree : Node
        What it says.
    """

    text: str
    tree: Node = field(repr=False, compare=False)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that it names, in order of appearance."""
        found = (node.name for node in nodes(self.tree) if isinstance(node, Name | Missing))
        return tuple(dict.fromkeys(found))

    def check(self, frame: Any, *, schema: Schema | None = None) -> Checked:
        """Hold every row against the rule.

        Parameters
        ----------
        frame : table
            A pandas, polars or arrow table, a mapping of columns or a Dataset.
        schema : Schema, optional
            Types that the columns should have, usually the real data's; a cell of another type then counts as missing.
            By default each column is of the type of its cells, and one that is of none is an error.

        Returns
        -------
        broken : ndarray of bool, shape (n,)
        undecided : ndarray of bool, shape (n,)
            Rows where missing cells leave it open; they are neither met nor broken.

        Raises
        ------
        UnknownNameError
            If the table lacks a column, with its position and the nearest name.
        ConfigError
            If types do not go together, as a date compared with a number.
        DataError, SampleSizeError
            If it is no table, or an empty one.

        Notes
        -----
        O(n) per part of the rule. Numbers and dates that are written in cells and in the rule compare exactly, also
        integers beyond 2^53; results of + - * / (in float64) within the rounding errors that they can have.

        Examples
        --------
        >>> rule = parse_constraint("end >= start")
        >>> broken, undecided = rule.check({"start": [1, 2, 3], "end": [2, 1, None]})
        >>> broken.tolist(), undecided.tolist()
        ([False, True, False], [False, False, True])
        """
        empty = isinstance(frame, pd.DataFrame) and not len(frame)
        table = frame if empty else frame_of(frame, name="frame")
        self.check_names(table.columns)
        columns = {name: _cells(table[name], name) for name in self.columns}
        dtypes = {} if schema is None else {name: schema[name].dtype for name in self.columns if name in schema}
        found = Evaluation(self.text, columns, dtypes).truths(self.tree)
        broken = np.broadcast_to(found.false, len(table))
        return Checked(broken.copy(), ~(broken | found.true))

    def check_names(self, columns: Iterable[str]) -> None:
        """Refuse a rule that names a column which is none of these.

        Raises
        ------
        UnknownNameError
        """
        known = [str(name) for name in columns]
        for node in nodes(self.tree):
            if isinstance(node, Name | Missing) and node.name not in known:
                raise UnknownNameError(str(mistake(self.text, node.at, _unknown(node.name, known))))


def parse_constraint(text: object) -> Constraint:
    """Rule for the rows of a table.

    Parameters
    ----------
    text : str
        Such as `"end >= start"`, `"age >= 18 or income == '<=50K'"`, `"not missing(email)"`, or
        `"status in ['a', 'b']"`; see docs/constraints.md.

    Returns
    -------
    Constraint

    Raises
    ------
    ConfigError
        If it is no rule, in one sentence with the position.

    Examples
    --------
    >>> parse_constraint("`hours per week` <= 99").columns
    ('hours per week',)
    >>> parse_constraint("age = 18")
    Traceback (most recent call last):
    auditkit.errors.ConfigError: constraint 'age = 18', position 5: '=' has no meaning here: write == to compare.
    """
    if not isinstance(text, str):
        message = f'a constraint must be text, as "end >= start", got {type(text).__name__}.'
        raise ConfigError(message)
    tree = parse_tree(text)
    for node in nodes(tree):
        match node:
            case Arithmetic(sign="/", right=Literal(at=at, value=0)):
                raise mistake(text, at, "nothing can be divided by 0: no row could be judged")
    return Constraint(text, tree)


def parse_constraints(given: Iterable[str | Constraint]) -> tuple[Constraint, ...]:
    """Rules, those that are text parsed; one that is given twice counts once.

    Raises
    ------
    ConfigError
        If one is no rule, or a single text stands for the list.
    """
    if isinstance(given, str | Constraint | Mapping) or not isinstance(given, Iterable):
        message = f"constraints must be a list of rules, got {type(given).__name__}: put it in brackets."
        raise ConfigError(message)
    parsed = [item if isinstance(item, Constraint) else parse_constraint(item) for item in given]
    return tuple({item.text: item for item in parsed}.values())


def _cells(values: pd.Series, name: str) -> pd.Series:
    """Plain cells; empty text is missing, as in what is loaded."""
    plain = plain_cells(values, name=name, source="the table")
    if plain.dtype == object or isinstance(plain.dtype, pd.StringDtype | pd.CategoricalDtype):
        empty = (plain == "").fillna(value=False).to_numpy(dtype=np.bool_)
        return plain.mask(empty) if empty.any() else plain
    return plain


def _unknown(name: str, known: list[str]) -> str:
    said = f"unknown column {shown(name)}"
    longer = [item for item in known if re.match(rf"{re.escape(name)}\W", item)]
    if longer:
        return f"{said}; did you mean `{longer[0]}`, in backticks?"
    return said + did_you_mean(name, known)
