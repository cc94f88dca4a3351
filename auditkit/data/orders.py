"""Orders between columns that hold in every row of a table, as that nobody is discharged before being admitted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from auditkit.data.inference import as_numbers
from auditkit.data.schema import Column, Schema

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Order", "compared_columns", "orders_of", "spanning"]

MOST_COLUMNS = 30
LEAST_ROWS = 100
LEAST_BROKEN = 0.05
"""Share of rows that pairing the cells of both columns anew must break, for an order to say anything."""
LEAST_OVERLAP = 0.5
_FIRST_ROWS = 1000
_KINDS = ("datetime", "numeric", "integer")
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TAKEN = frozenset({"and", "or", "not", "in", "true", "false", "missing", "abs"})


@dataclass(frozen=True)
class Order:
    """Two columns of which one is never below the other.

    Attributes
    ----------
    low, high : str
        Names of the columns; low <= high in every row where neither cell is missing.
    moments : bool
        Whether they hold dates.
    """

    low: str
    high: str
    moments: bool = False

    @property
    def constraint(self) -> str:
        """The order in the language of constraints."""
        return f"{_named(self.high)} >= {_named(self.low)}"

    @property
    def sentence(self) -> str:
        """The order in words."""
        return f"{self.high!r} is not {'before' if self.moments else 'below'} {self.low!r}"

    def held_against(self, table: pd.DataFrame) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Which rows break the order, and which have both cells, each of shape (n,)."""
        low, high = (as_numbers(table[name], moments=self.moments) for name in (self.low, self.high))
        return low > high, ~(np.isnan(low) | np.isnan(high))


def compared_columns(schema: Schema) -> tuple[Column, ...]:
    """Columns between which orders are looked for: dates, then numbers, 30 at most."""
    ranged = [item for item in schema.columns if item.kind in _KINDS and item.minimum is not None]
    return tuple(sorted(ranged, key=lambda item: item.kind != "datetime")[:MOST_COLUMNS])


def orders_of(table: pd.DataFrame, schema: Schema) -> list[Order]:
    """Orders that hold in every row, of two columns of dates or of one kind of numbers whose ranges overlap by half.

    Parameters
    ----------
    table : pandas.DataFrame, shape (n, d)
    schema : Schema
        Of the table.

    Returns
    -------
    list of Order
        Each holds in at least 100 rows, and in at most 95 % of them once the cells of both columns are paired anew.

    Notes
    -----
    O(c^2 n) for c columns, 30 at most, and O(n log n) for each order that holds.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from auditkit.data import load
    >>> start = np.arange(200) % 50
    >>> stays = load(pd.DataFrame({"start": start + 0.5, "end": start + 7.25}))
    >>> [order.constraint for order in orders_of(stays.table, stays.schema)]
    ['end >= start']
    """
    if len(table) < LEAST_ROWS:
        return []
    columns = compared_columns(schema)
    numbers = [as_numbers(table[item.name], moments=item.kind == "datetime") for item in columns]
    return [
        Order(columns[low].name, columns[high].name, columns[low].kind == "datetime")
        for low, high in permutations(range(len(columns)), 2)
        if _comparable(columns[low], columns[high]) and _holds(numbers[low], numbers[high])
    ]


def spanning(orders: Sequence[Order]) -> list[Order]:
    """Orders without those that follow from two others."""
    pairs = {(order.low, order.high) for order in orders}
    strict = {pair for pair in pairs if pair[::-1] not in pairs}
    middles = {name for pair in strict for name in pair}
    return [
        order
        for order in orders
        if not any((order.low, middle) in strict and (middle, order.high) in strict for middle in middles)
    ]


def _comparable(one: Column, other: Column) -> bool:
    """Whether two columns are of one kind and share half of the shorter range."""
    if one.kind != other.kind or one.minimum is None or other.minimum is None:
        return False
    (low, high), (bottom, top) = ((item.minimum or 0.0, item.maximum or 0.0) for item in (one, other))
    return min(high, top) - max(low, bottom) >= LEAST_OVERLAP * min(high - low, top - bottom)


def _holds(low: NDArray[np.float64], high: NDArray[np.float64]) -> bool:
    """Whether low <= high in each of enough rows, and not because of how each column is distributed."""
    if (low[:_FIRST_ROWS] > high[:_FIRST_ROWS]).any() or (low > high).any():
        return False
    known = ~(np.isnan(low) | np.isnan(high))
    n = int(known.sum())
    if n < LEAST_ROWS:
        return False
    at_most = np.searchsorted(np.sort(low[known]), high[known], side="right")
    return bool(1 - at_most.mean() / n >= LEAST_BROKEN)


def _named(name: str) -> str:
    if _PLAIN_NAME.fullmatch(name) and name.lower() not in _TAKEN:
        return name
    return "`" + name.replace("`", "``") + "`"
