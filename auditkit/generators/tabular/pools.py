"""Columns as places in pools of their own values: what a tabular network reads and writes.

Numbers with many values become places in their sorted values, which a share of the distribution belongs to (so atoms
and grids come back exactly); all others become places among their levels, the rare ones together in the last place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.casting import cast_column
from auditkit.data.levels import level_text
from auditkit.data.schema import Column
from auditkit.generators.snapping import first_new_name, new_names

__all__ = ["MAX_GRID", "MAX_PLACES", "MAX_VALUES", "UNSEEN", "Pool", "pool_columns"]

MAX_PLACES = 200
"""Levels that a category is learnt with; rarer levels share the last place."""

MAX_GRID = 100
"""Distinct numbers up to which a column is learnt like a category, which keeps its ties with other columns."""

MAX_VALUES = 10_000
"""Distinct numbers kept of a column, at equal steps of its distribution."""

UNSEEN = -2
"""Position of a level that a pool does not have."""

_ORDERED = {"numeric", "integer", "datetime"}


@dataclass(frozen=True)
class Pool:
    """Values of one column, each once, and how often they were seen.

    Attributes
    ----------
    column : Column
    values : ndarray of shape (n_values,)
        Sorted; float64, int64, bool, datetime64[us] or object (str).
    counts : ndarray of int64, shape (n_values,)
    n_missing : int
    """

    column: Column
    values: NDArray[Any]
    counts: NDArray[np.int64]
    n_missing: int

    @classmethod
    def of(cls, cells: pd.Series, column: Column) -> tuple[Pool, NDArray[np.int64]]:
        """Pool of a column and the position of each cell in it, -1 where missing."""
        codes, found = pd.factorize(cells, sort=True, use_na_sentinel=True)
        values = np.asarray(found, dtype=object if column.dtype == "str" else column.dtype)
        counts = np.bincount(codes[codes >= 0], minlength=len(values)).astype(np.int64)
        pool = cls(column, values, counts, int((codes < 0).sum()))
        if pool.ordered and len(values) > MAX_VALUES:
            return pool._thinned(codes)
        return pool, codes.astype(np.int64)

    def _thinned(self, codes: NDArray[np.intp]) -> tuple[Pool, NDArray[np.int64]]:
        middle = np.cumsum(self.counts) - self.counts / 2
        part = np.minimum((middle / self.counts.sum() * MAX_VALUES).astype(np.int64), MAX_VALUES - 1)
        _, first, part = np.unique(part, return_index=True, return_inverse=True)
        counts = np.bincount(part, weights=self.counts).astype(np.int64)
        moved = np.where(codes >= 0, part[codes], -1).astype(np.int64)
        return Pool(self.column, self.values[first], counts, self.n_missing), moved

    @property
    def ordered(self) -> bool:
        """Whether the values are learnt by their rank: numbers and moments with many distinct values."""
        return self.column.kind in _ORDERED and len(self.values) > MAX_GRID

    @property
    def is_number(self) -> bool:
        """Whether the values are numbers or moments."""
        return self.column.kind in _ORDERED

    @property
    def levels(self) -> tuple[str, ...]:
        """The values as text."""
        return tuple(level_text(value) for value in self.values)

    @property
    def edges(self) -> NDArray[np.float64]:
        """Share of the distribution below each value and at its end: ndarray of shape (n_values + 1,)."""
        total = self.counts.sum()
        return np.concatenate([[0.0], np.cumsum(self.counts) / total])

    @property
    def n_places(self) -> int:
        """Places of a category: its levels, the rare ones together, and missing where it occurs."""
        return min(len(self.values), MAX_PLACES) + (self.n_missing > 0)

    def _by_count(self) -> NDArray[np.intp]:
        return np.argsort(-self.counts, kind="stable")

    def places(self, codes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Place of each cell of a category; missing is the last place."""
        rank = np.empty(len(self.values) + 1, dtype=np.int64)
        rank[self._by_count()] = np.arange(len(self.values))
        rank = np.minimum(rank, MAX_PLACES - 1)
        rank[-1] = self.n_places - 1
        return rank[codes]

    def codes_of_places(self, places: NDArray[np.int64], uniform: NDArray[np.float64]) -> NDArray[np.int64]:
        """Positions in the pool for places of a category; `uniform` picks among the rare levels by their counts."""
        order = self._by_count()
        codes = np.append(order, -1)[np.minimum(places, len(order))]
        if len(order) > MAX_PLACES:
            rare = order[MAX_PLACES - 1 :]
            ends = np.cumsum(self.counts[rare]) / self.counts[rare].sum()
            picked = rare[np.minimum(np.searchsorted(ends, uniform, side="right"), len(rare) - 1)]
            codes = np.where(places == MAX_PLACES - 1, picked, codes)
            codes = np.where(places == MAX_PLACES, -1, codes)
        return codes.astype(np.int64)

    def codes_of_shares(self, shares: NDArray[np.float64]) -> NDArray[np.int64]:
        """Positions in the pool of the values that shares of the distribution fall on."""
        found = np.searchsorted(self.edges[1:-1], shares, side="right")
        return np.clip(found, 0, len(self.values) - 1).astype(np.int64)

    def codes_of(self, cells: pd.Series) -> NDArray[np.int64]:
        """Positions of cells in the pool: -1 where missing, the nearest for numbers and moments, else -2 if unseen."""
        cast = cast_column(cells.reset_index(drop=True), self.column)
        missing = cast.isna().to_numpy()
        codes = np.full(len(cast), -1, dtype=np.int64)
        if not len(self.values):
            codes[~missing] = UNSEEN
        elif self.column.kind in _ORDERED:
            codes[~missing] = _nearest(self.values, np.asarray(cast[~missing], dtype=self.values.dtype))
        else:
            found = pd.Index(self.values).get_indexer(pd.Index(cast[~missing].astype(self.values.dtype)))
            codes[~missing] = np.where(found < 0, UNSEEN, found)
        return codes

    def cells(self, codes: NDArray[np.int64]) -> pd.Series:
        """Cells of the column's type from positions in the pool; -1 is missing."""
        kept = pd.Series(self.values, dtype=self.column.dtype)
        taken = kept.reindex(codes).reset_index(drop=True) if (codes < 0).any() else kept.take(codes)
        return cast_column(taken.reset_index(drop=True), self.column)

    def new_ids(self, n: int) -> pd.Series:
        """Ids that no training row has, in the column's type."""
        return new_names(self.column, n, first=first_new_name(self.values, self.column))

    def to_json(self) -> dict[str, Any]:
        """The part that is saved as json; `arrays` is the other."""
        texts = self.values.tolist() if self.values.dtype == object else None
        return {"column": self.column.to_json(), "n_missing": self.n_missing, "texts": texts}

    def arrays(self, name: str) -> dict[str, NDArray[Any]]:
        """The part that is saved as arrays."""
        found: dict[str, NDArray[Any]] = {f"{name}.counts": self.counts}
        if self.values.dtype != object:
            moments = self.values.dtype.kind == "M"
            found[f"{name}.values"] = self.values.astype(np.int64) if moments else self.values
        return found

    @classmethod
    def from_saved(cls, data: Mapping[str, Any], name: str, arrays: Mapping[str, NDArray[Any]]) -> Pool:
        """Pool from what `to_json` and `arrays` gave."""
        column = Column.from_json(data["column"])
        if data["texts"] is None:
            values = arrays[f"{name}.values"].astype(column.dtype)
        else:
            values = np.array([*data["texts"], None], dtype=object)[:-1]
        return cls(column, values, arrays[f"{name}.counts"], int(data["n_missing"]))


def pool_columns(
    table: pd.DataFrame, columns: Sequence[Column]
) -> tuple[tuple[Pool, ...], tuple[NDArray[np.int64], ...]]:
    """Pools of several columns and the positions of their cells."""
    made = [Pool.of(table[column.name], column) for column in columns]
    return tuple(pool for pool, _ in made), tuple(codes for _, codes in made)


def _nearest(values: NDArray[Any], asked: NDArray[Any]) -> NDArray[np.int64]:
    """Positions of the nearest of some sorted values, the smaller of two that are as near."""
    above = np.clip(np.searchsorted(values, asked), 1, max(len(values) - 1, 1))
    below = above - 1
    above = np.minimum(above, len(values) - 1)
    with np.errstate(over="ignore"):
        nearer = values[above] - asked < asked - values[below]
    found: NDArray[np.int64] = np.where(nearer, above, below)
    return found
