"""The columns of a training table as networks read them: which lead, which are learnt, which come from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.schema import Kind
from auditkit.errors import DataError
from auditkit.generators.outline import check_trainable
from auditkit.generators.tabular.leading import LeadingBlock
from auditkit.generators.tabular.pools import UNSEEN, Pool, pool_columns
from auditkit.generators.tabular.smoothing import smoothed_cells

if TYPE_CHECKING:
    from auditkit.data import Dataset
    from auditkit.generators.interface import GeneratorInfo

__all__ = ["LEARNT", "Columns", "read_columns"]

LEARNT: tuple[Kind, ...] = ("numeric", "integer", "datetime", "category", "boolean", "constant")
"""Kinds of columns that a network sees; ids and texts are left out."""

_LEADING: tuple[Kind, ...] = ("category", "boolean", "constant")
_ROWS_PER_COMBINATION = 5


@dataclass(frozen=True)
class Columns:
    """Pools of a table's columns, with the label and groups that are drawn first, as often as in training.

    Attributes
    ----------
    pools : tuple of Pool
        One per column of the table.
    block : LeadingBlock
        Combinations of the leading columns; of no columns when there are none.
    """

    pools: tuple[Pool, ...]
    block: LeadingBlock

    @property
    def leading(self) -> tuple[int, ...]:
        """Columns that are drawn first and then told to the network."""
        names = [pool.column.name for pool in self.pools]
        return tuple(names.index(name) for name in self.block.names)

    @property
    def learnt(self) -> tuple[int, ...]:
        """Columns that the network draws."""
        leading = self.leading
        return tuple(at for at, pool in enumerate(self.pools) if pool.column.kind in LEARNT and at not in leading)

    @property
    def none(self) -> NDArray[np.int64]:
        """No rows of positions."""
        return np.zeros((0, len(self.pools)), dtype=np.int64)

    @property
    def n_conditions(self) -> int:
        """Width of `conditions`."""
        return sum(self.pools[at].n_places for at in self.leading)

    def conditions(self, codes: NDArray[np.int64]) -> NDArray[np.float32]:
        """Leading columns of rows of positions as one-hot places side by side: shape (n, n_conditions)."""
        parts = [
            np.eye(self.pools[at].n_places, dtype=np.float32)[self.pools[at].places(codes[:, at])]
            for at in self.leading
        ]
        return np.concatenate([np.zeros((len(codes), 0), dtype=np.float32), *parts], axis=1)

    @property
    def texts(self) -> tuple[int, ...]:
        """Columns of free text."""
        return tuple(at for at, pool in enumerate(self.pools) if pool.column.kind == "text")

    def lead(self, uniform: NDArray[np.float64], fixed: Mapping[str, int]) -> NDArray[np.int64]:
        """Rows of positions whose leading columns and texts are drawn; the others are missing.

        Parameters
        ----------
        uniform : ndarray of shape (n, 1 + n_texts)
        fixed : mapping of str to int
            Leading column to position.

        Returns
        -------
        ndarray of shape (n, n_columns), int64; no rows when no training row has the fixed values together.
        """
        cells = self.block.draw(uniform[:, 0], fixed)
        codes = np.full((len(cells), len(self.pools)), -1, dtype=np.int64)
        for place, at in enumerate(self.leading):
            codes[:, at] = cells[:, place]
        for place, at in enumerate(self.texts if len(cells) else (), start=1):
            codes[:, at] = self.pools[at].codes_of_shares(uniform[:, place])
        return codes

    def log_shares(self, codes: NDArray[np.int64]) -> NDArray[np.float64]:
        """Log of the share of training rows with each row's leading columns, minus infinity where none has them."""
        if not self.leading:
            return np.zeros(len(codes))
        m = len(self.block.cells)
        _, number = np.unique(np.concatenate([self.block.cells, codes[:, self.leading]]), axis=0, return_inverse=True)
        shares = np.full(int(number.max()) + 1, -np.inf)
        shares[number.reshape(-1)[:m]] = np.log(self.block.counts / self.block.counts.sum())
        found: NDArray[np.float64] = shares[number.reshape(-1)[m:]]
        return found

    def codes_of(self, dataset: Dataset, *, name: str) -> NDArray[np.int64]:
        """Positions of a dataset's cells in the pools: -1 where missing, numbers at the nearest observed one.

        Raises
        ------
        DataError
            When a column is missing.
        """
        missing = [pool.column.name for pool in self.pools if pool.column.name not in dataset.table.columns]
        if missing:
            raise DataError(f"generator {name!r} was fitted with column {missing[0]!r}, the dataset has none: add it.")
        found = [
            pool.codes_of(dataset.table[pool.column.name])
            if pool.column.kind in LEARNT
            else np.full(len(dataset), -1, dtype=np.int64)
            for pool in self.pools
        ]
        return np.stack(found, axis=1)

    def known_codes_of(self, dataset: Dataset, *, name: str) -> NDArray[np.int64]:
        """As `codes_of`, for networks that cannot read what they never saw.

        Raises
        ------
        DataError
            Also for a level, or a gap, that the training data do not have.
        """
        codes = self.codes_of(dataset, name=name)
        for at, pool in enumerate(self.pools):
            gaps = pool.column.kind in LEARNT and not pool.n_missing and (codes[:, at] == -1).any()
            if gaps or (codes[:, at] == UNSEEN).any():
                what = "missing cells" if gaps else "a level"
                raise DataError(
                    f"generator {name!r} cannot read column {pool.column.name!r}: it has {what} that the training data "
                    "do not have, so leave those rows out."
                )
        return codes

    def table(self, codes: NDArray[np.int64], jitter: NDArray[np.float64] | None) -> pd.DataFrame:
        """Rows as a table of the training data's types; ids are numbered anew.

        Parameters
        ----------
        codes : ndarray of shape (n, n_columns)
        jitter : ndarray of shape (n, n_columns), or None
            Numbers in [0, 1) that move values of one or two records between their neighbours; None leaves them.
        """
        columns = {}
        for at, pool in enumerate(self.pools):
            if pool.column.kind == "id":
                cells = pool.new_ids(len(codes))
            elif jitter is None or not pool.is_number or not len(pool.values):
                cells = pool.cells(codes[:, at])
            else:
                cells = smoothed_cells(pool, codes[:, at].astype(np.int32), jitter[:, at])
            columns[pool.column.name] = cells
        return pd.DataFrame(columns, index=pd.RangeIndex(len(codes)))

    def to_json(self) -> dict[str, Any]:
        """The part that is saved as json; `arrays` is the other."""
        return {"pools": [pool.to_json() for pool in self.pools], "leading": list(self.block.names)}

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The part that is saved as arrays."""
        found: dict[str, NDArray[Any]] = {"leading.cells": self.block.cells, "leading.counts": self.block.counts}
        for at, pool in enumerate(self.pools):
            found |= pool.arrays(f"pool.{at}")
        return found

    @classmethod
    def from_saved(cls, data: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Columns:
        """Columns from what `to_json` and `arrays` gave."""
        pools = tuple(Pool.from_saved(pool, f"pool.{at}", arrays) for at, pool in enumerate(data["pools"]))
        block = LeadingBlock(tuple(data["leading"]), arrays["leading.cells"], arrays["leading.counts"])
        return cls(pools, block)


def read_columns(dataset: Dataset, info: GeneratorInfo) -> tuple[Columns, NDArray[np.int64]]:
    """Columns of a training table, and its rows as positions in their pools, shape (n, n_columns).

    Label and groups that are categories lead, together, as long as a combination has five rows on average.

    Raises
    ------
    DataError
        For other data than tables, several rows per unit, and tables with nothing but ids and texts.
    SampleSizeError
        For no rows.
    """
    check_trainable(dataset, info)
    if not dataset.schema.of_kind(*LEARNT):
        raise DataError(
            f"generator {info.name!r} needs a column of numbers or categories, {dataset.source!r} has only ids and "
            "texts: add one."
        )
    pools, codes = pool_columns(dataset.table, dataset.schema.columns)
    rows = np.stack(codes, axis=1)
    columns = Columns(pools, _block(dataset, pools, rows))
    # Where nothing else is left to learn, a network for label and groups is better than none.
    return (columns if columns.learnt else Columns(pools, _no_block())), rows


def _block(dataset: Dataset, pools: tuple[Pool, ...], rows: NDArray[np.int64]) -> LeadingBlock:
    roles = dict.fromkeys(name for name in (dataset.label, *dataset.groups) if name is not None)
    places = {pool.column.name: at for at, pool in enumerate(pools) if pool.column.kind in _LEADING}
    candidates = tuple(name for name in roles if name in places)
    if not candidates:
        return _no_block()
    codes = {name: rows[:, places[name]].astype(np.int32) for name in candidates}
    return LeadingBlock.of(codes, candidates, max_cells=max(len(rows) // _ROWS_PER_COMBINATION, 1))


def _no_block() -> LeadingBlock:
    return LeadingBlock((), np.zeros((1, 0), dtype=np.int32), np.ones(1, dtype=np.int64))
