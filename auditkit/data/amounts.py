"""Whether a label names classes or is an amount: one rule for everything that treats them differently."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import numpy as np

from auditkit.data.casting import EXACT, is_number

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.data.schema import Schema
    from auditkit.kinds import Kind

__all__ = ["AMOUNTS", "MOST_CLASSES", "amount_kind", "has_amounts", "has_many_numbers", "is_amount"]

MOST_CLASSES = 20
"""A number of more distinct values is an amount, unless the values number classes."""
AMOUNTS = frozenset({"numeric", "integer"})
"""Kinds of a column of amounts."""
_ROWS_PER_CLASS = 5


def is_amount(column: pd.Series) -> bool:
    """Whether the cells are numbers (booleans are not) of more than 20 distinct values that do not number classes.

    Values number classes where they are the whole numbers from 0 or from 1 on without a gap, as 0 to 25 or 1 to 60,
    and each stands in five rows at least. Missing cells do not count.

    Parameters
    ----------
    column : pandas.Series

    Returns
    -------
    bool

    Notes
    -----
    This decides wherever nobody says what a label is; `columns={"zip": "category"}` and `columns={"stars": "integer"}`
    at `load` say it. Counts and ages seldom look like numbered classes: their largest values are rare or leave gaps.

    Examples
    --------
    >>> import pandas as pd
    >>> is_amount(pd.Series(range(21))), is_amount(pd.Series(range(20))), is_amount(pd.Series(list("abc") * 9))
    (True, False, False)
    >>> is_amount(pd.Series(list(range(1, 61)) * 5)), is_amount(pd.Series(list(range(2, 62)) * 5))
    (False, True)
    """
    return has_many_numbers(column) and not _numbers_classes(column)


def has_many_numbers(column: pd.Series) -> bool:
    """Whether the cells are numbers of more than 20 distinct values, amounts or numbered classes.

    Parameters
    ----------
    column : pandas.Series

    Returns
    -------
    bool
    """
    return is_number(column) and int(column.nunique()) > MOST_CLASSES


def _numbers_classes(column: pd.Series) -> bool:
    values, counts = np.unique(column.dropna().to_numpy(dtype=np.float64), return_counts=True)
    whole = bool((values == np.floor(values)).all()) and values[0] in {0.0, 1.0}
    return whole and values[-1] - values[0] + 1 == len(values) and int(counts.min()) >= _ROWS_PER_CLASS


def amount_kind(
    table: pd.DataFrame, label: str | None, *, groups: Collection[str], key: str | None, declared: Mapping[str, Kind]
) -> Kind | None:
    """Kind of a label that is an amount; None of one that names classes, and without a label.

    Parameters
    ----------
    table : pandas.DataFrame
        Canonical cells.
    label : str or None
    groups : collection of str
        Columns that are categories whatever they hold.
    key : str or None
        Column that joins rows to units, whose label counts once.
    declared : mapping of str to str
        Kinds that the user declares, which decide.

    Returns
    -------
    {"numeric", "integer"} or None
    """
    if label is None or label in groups:
        return None
    if label in declared:
        return declared[label] if declared[label] in AMOUNTS else None
    cells = table[label] if key is None else table.drop_duplicates(key)[label]
    if not is_amount(cells):
        return None
    values = cells.dropna().to_numpy(dtype=np.float64)
    whole = bool((values == np.floor(values)).all() and (abs(values) <= EXACT).all())
    return "integer" if whole else "numeric"


def has_amounts(schema: Schema, label: str | None) -> bool:
    """Whether the label of a set is an amount, as its schema says.

    Parameters
    ----------
    schema : Schema
    label : str or None

    Returns
    -------
    bool
    """
    return label is not None and label in schema.names and schema[label].kind in AMOUNTS
