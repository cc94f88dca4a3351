"""Which units of a set break what the real data show, and what a reference keeps of that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditkit.data.breaches import find_breaches, unique_columns
from auditkit.data.inference import as_numbers
from auditkit.data.levels import level_codes
from auditkit.data.schema import Column, Schema
from auditkit.metrics.tables.draws import two_halves
from auditkit.results import MIN_CELL

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.data.constraints import Constraint
    from auditkit.data.dataset import Dataset
    from auditkit.metrics.products import Role

__all__ = ["KeptRules", "crossed_breaks", "keys_of", "rule_counts", "unit_breaks"]

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class KeptRules:
    """What a reference knows of the rules that real rows follow, beside the schema.

    Attributes
    ----------
    keys : tuple of str
        Columns that name each real row once.
    constraints : tuple of str
        Those that it was built with.
    counts : tuple of mapping
        Per constraint its `text`, and per real set how many rows are `broken`, `undecided` and there at all (`n`); None
        for one to four.
    """

    keys: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    counts: tuple[Mapping[str, Any], ...] = ()

    @classmethod
    def of(cls, sets: Mapping[Role, Dataset], constraints: Sequence[Constraint]) -> KeptRules:
        """What is kept of real sets.

        Raises
        ------
        UnknownNameError, ConfigError
            If a constraint does not fit them.
        """
        real = sets["real"]
        counts = tuple(rule_counts(rule, sets, schema=real.schema) for rule in constraints)
        return cls(keys_of(real), tuple(rule.text for rule in constraints), counts)

    def count_of(self, text: str) -> dict[str, Any]:
        """What is known of real rows and a constraint."""
        return dict(next((item for item in self.counts if item["text"] == text), {"text": text}))


def keys_of(real: Dataset) -> tuple[str, ...]:
    """Columns that name each real row once."""
    return unique_columns(real.table, real.schema)


def rule_counts(rule: Constraint, sets: Mapping[Role, Dataset], *, schema: Schema) -> dict[str, Any]:
    """Rows of each set that break a constraint, are left open by it, and are there at all.

    Raises
    ------
    UnknownNameError, ConfigError
        If it does not fit a set.
    """
    found: dict[str, Any] = {"text": rule.text}
    for role, item in sets.items():
        broken, undecided = rule.check(item, schema=schema)
        found[role] = {"broken": int(broken.sum()), "undecided": int(undecided.sum()), "n": len(broken)}
        if role != "synthetic":
            found[role] = {what: _told(count) for what, count in found[role].items()}
    return found


def unit_breaks(
    dataset: Dataset, schema: Schema, *, keys: Sequence[str] = (), constraints: Sequence[Constraint] = ()
) -> Mask:
    """Which units have a row that breaks a rule.

    Parameters
    ----------
    dataset : Dataset
    schema : Schema
        The real data's.
    keys : sequence of str
        Columns that name each row once.
    constraints : sequence of Constraint

    Returns
    -------
    ndarray of bool, shape (n_units,)
    """
    found = find_breaches(dataset.table, schema, keys=keys, constraints=constraints)
    rows = np.any([breach.broken for breach in found], axis=0) if found else np.zeros(dataset.n_rows, np.bool_)
    broken: Mask = np.bincount(_units(dataset)[rows], minlength=len(dataset)) > 0
    return broken


def crossed_breaks(real: Dataset, *, constraints: Sequence[Constraint] = (), seed: int = 0) -> Mask:
    """Which real units break what the other half of them shows: what is due to chance where there is no holdout.

    Parameters
    ----------
    real : Dataset
    constraints : sequence of Constraint
    seed : int, default 0
        Of the halves.

    Returns
    -------
    ndarray of bool, shape (n_units,)
    """
    is_first = np.zeros(len(real), np.bool_)
    is_first[two_halves(len(real), np.random.default_rng(seed))[0]] = True
    broken = np.zeros(len(real), np.bool_)
    if len(real) == 1:
        return broken
    for half in (is_first, ~is_first):
        shown = _shown_by(real.table[~half[_units(real)]], real.schema)
        broken |= half & unit_breaks(real, shown, constraints=constraints)
    return broken


def _shown_by(table: pd.DataFrame, schema: Schema) -> Schema:
    """Schema with the ranges, levels and gaps of some of the rows."""
    return replace(schema, columns=tuple(_column_of(table[item.name], item) for item in schema.columns))


def _column_of(values: pd.Series, column: Column) -> Column:
    nullable = column.nullable and bool(values.isna().any())
    if column.levels:
        return replace(column, nullable=nullable, levels=tuple(level_codes(values)[1]))
    if column.minimum is None:
        return replace(column, nullable=nullable)
    numbers = as_numbers(values, moments=column.kind == "datetime")
    known = numbers[~np.isnan(numbers)]
    ends = (float(known.min()), float(known.max())) if len(known) else (None, None)
    return replace(column, nullable=nullable, minimum=ends[0], maximum=ends[1])


def _units(dataset: Dataset) -> NDArray[np.intp]:
    return np.arange(len(dataset)) if dataset.unit_of_row is None else dataset.unit_of_row


def _told(count: int) -> int | None:
    """Number of real rows; None where so few could be told apart."""
    return None if 0 < count < MIN_CELL else count
