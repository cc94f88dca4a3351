"""The columns beside samples: which combinations of label and groups exist, how often, and the rest of a row.

A combination is one row of label and group values. Models of samples are conditioned on combinations, so label and
groups are met exactly; columns that play no role are drawn from training rows of the same combination.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.errors import DataError
from auditkit.generators.conditions import Request
from auditkit.generators.tabular.pools import Pool, pool_columns

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["Roles"]


@dataclass(frozen=True)
class Roles:
    """Rows beside the training samples, as positions in the pools of their columns.

    Attributes
    ----------
    pools : tuple of Pool
        One per column of the table.
    rows : ndarray of int64, shape (n, n_columns)
        Positions of the training rows' cells.
    roles : tuple of int
        Columns that are label or groups.
    combinations : ndarray of int64, shape (n_combinations, n_roles)
    members : ndarray of int64, shape (n,)
        Combination of each training row.
    """

    pools: tuple[Pool, ...]
    rows: NDArray[np.int64]
    roles: tuple[int, ...]
    combinations: NDArray[np.int64]
    members: NDArray[np.int64]

    @classmethod
    def of(cls, dataset: Dataset) -> Roles:
        """Roles of the columns of a dataset whose units are no rows."""
        pools, codes = pool_columns(dataset.table, dataset.schema.columns)
        rows = np.stack(codes, axis=1) if codes else np.zeros((len(dataset), 0), dtype=np.int64)
        named = {name for name in (dataset.label, *dataset.groups) if name is not None}
        return cls.of_rows(pools, rows, tuple(at for at, pool in enumerate(pools) if pool.column.name in named))

    @classmethod
    def of_rows(cls, pools: tuple[Pool, ...], rows: NDArray[np.int64], roles: tuple[int, ...]) -> Roles:
        """Roles from positions of cells."""
        if not roles:
            return cls(pools, rows, roles, np.zeros((1, 0), dtype=np.int64), np.zeros(len(rows), dtype=np.int64))
        found, members = np.unique(rows[:, roles], axis=0, return_inverse=True)
        return cls(pools, rows, roles, found, members.reshape(-1).astype(np.int64))

    @property
    def widths(self) -> tuple[int, ...]:
        """Levels of each role, one more where it is missing somewhere."""
        return tuple(len(self.pools[at].values) + (self.pools[at].n_missing > 0) for at in self.roles)

    @property
    def levels(self) -> Mapping[str, Sequence[str]]:
        """Levels of each role by column name."""
        return {self.pools[at].column.name: self.pools[at].levels for at in self.roles}

    def one_hot(self) -> NDArray[np.float32]:
        """Each combination as one-hot levels side by side: shape (n_combinations, sum of widths)."""
        parts = [np.eye(width, dtype=np.float32)[self.combinations[:, at]] for at, width in enumerate(self.widths)]
        return np.concatenate(parts, axis=1) if parts else np.zeros((1, 0), dtype=np.float32)

    def eligible(self, request: Request) -> NDArray[np.int64]:
        """Training rows that meet a request.

        Raises
        ------
        DataError
            When no training row has this combination of levels, or the column is neither label nor group.
        """
        kept = np.ones(len(self.rows), dtype=np.bool_)
        for name, level in request.fixed.items():
            if name not in self.levels:
                known = ", ".join(self.levels) or "none"
                raise DataError(f"conditions need the label or a group, got {name!r}: use one of {known}.")
            at = next(at for at in self.roles if self.pools[at].column.name == name)
            kept &= self.rows[:, at] == self.pools[at].levels.index(level)
        found = np.flatnonzero(kept).astype(np.int64)
        if len(found) == 0 and request.n > 0:
            raise DataError(f"no training unit has {dict(request.fixed)!r} together: ask for a pair that occurs.")
        return found

    def members_of(self, dataset: Dataset) -> NDArray[np.int64]:
        """Combination of each unit of another dataset with the same label and groups.

        Raises
        ------
        DataError
            For a combination that no training unit has.
        """
        pools = [self.pools[at] for at in self.roles]
        codes = [pool.codes_of(dataset.table[pool.column.name]) for pool in pools]
        rows = np.stack(codes, axis=1) if codes else np.zeros((len(dataset), 0), dtype=np.int64)
        known = {tuple(row): at for at, row in enumerate(self.combinations.tolist())}
        members = np.array([known.get(tuple(row), -1) for row in rows.tolist()], dtype=np.int64)
        strange = np.flatnonzero(members < 0)
        if len(strange):
            said = {pool.column.name: str(dataset.group_values(pool.column.name)[strange[0]]) for pool in pools}
            raise DataError(
                f"no training unit has {said!r}, as the unit at {strange[0]} has: leave out the {len(strange)} units "
                "of combinations that were not trained on."
            )
        return members

    def donors(self, requests: Sequence[Request], uniform: NDArray[np.float64]) -> NDArray[np.int64]:
        """A training row for each sample asked for, whose label and groups it takes over.

        Parameters
        ----------
        requests : sequence of Request
        uniform : ndarray of shape (n,)
            Numbers in [0, 1), one per sample.
        """
        chosen, start = [], 0
        for request in requests:
            found = self.eligible(request)
            picks = (uniform[start : start + request.n] * len(found)).astype(np.int64)
            chosen.append(found[picks])
            start += request.n
        return np.concatenate(chosen) if chosen else np.zeros(0, dtype=np.int64)

    def table(self, donors: NDArray[np.int64]) -> pd.DataFrame:
        """Rows of the donors as a table of the training data's types; ids are numbered anew."""
        columns = {
            pool.column.name: pool.new_ids(len(donors))
            if pool.column.kind == "id"
            else pool.cells(self.rows[donors, at])
            for at, pool in enumerate(self.pools)
        }
        return pd.DataFrame(columns, index=pd.RangeIndex(len(donors)))

    def to_json(self) -> dict[str, Any]:
        """The part that is saved as json; `arrays` is the other."""
        return {"pools": [pool.to_json() for pool in self.pools], "roles": list(self.roles)}

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The part that is saved as arrays."""
        found: dict[str, NDArray[Any]] = {"rows": self.rows}
        for at, pool in enumerate(self.pools):
            found |= pool.arrays(f"pool.{at}")
        return found

    @classmethod
    def from_saved(cls, data: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Roles:
        """Roles from what `to_json` and `arrays` gave."""
        pools = tuple(Pool.from_saved(pool, f"pool.{at}", arrays) for at, pool in enumerate(data["pools"]))
        return cls.of_rows(pools, arrays["rows"], tuple(int(at) for at in data["roles"]))
