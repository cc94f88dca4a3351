"""Kinds of the columns that play a role: groups are categories, a label is one unless it is an amount."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from auditkit.data.amounts import amount_kind
from auditkit.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.kinds import Kind

__all__ = ["role_kinds"]

_FEW = 50
_MANY = 1000


def role_kinds(
    table: pd.DataFrame,
    *,
    label: str | None,
    groups: Sequence[str],
    key: str | None,
    declared: Mapping[str, Kind],
    source: str,
    amounts: bool = True,
) -> dict[str, Kind]:
    """Kinds declared for columns, with those of the label and the groups.

    Parameters
    ----------
    table : pandas.DataFrame
        Canonical cells.
    label : str or None
    groups : sequence of str
    key : str or None
        Column that joins rows to units.
    declared : mapping of str to str
        Kinds that the user declares.
    source : str
        Name of the set, for messages.
    amounts : bool, default True
        Whether the label may be an amount, as it may in tables.

    Returns
    -------
    dict of str to str

    Raises
    ------
    DataError
        If a column that must be a category has most of its values once, or more than a thousand.
    """
    amount = amount_kind(table, label, groups=groups, key=key, declared=declared) if amounts else None
    kinds: dict[str, Kind] = dict(declared)
    if label is not None:
        kinds[label] = amount or "category"
    kinds |= dict.fromkeys(groups, "category")
    roles = dict.fromkeys(name for name in (label, *groups) if name is not None)
    _check_levels(table, [name for name in roles if kinds[name] == "category"], source=source)
    return kinds


def _check_levels(table: pd.DataFrame, names: Sequence[str], *, source: str) -> None:
    """Refuse a category that is none: most of its values differ, or there are more than a thousand."""
    for name in names:
        n_levels = int(table[name].nunique())
        if n_levels > _MANY or (n_levels > _FEW and n_levels * 2 > len(table)):
            message = (
                f"column {name!r} of {source} has {n_levels} different values in {len(table)} rows: groups, and labels "
                "that are no amounts, must be categories, so bin it or choose another column."
            )
            raise DataError(message)
