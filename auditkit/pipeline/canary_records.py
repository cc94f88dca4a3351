"""Records that are planted in training data: the user's, or drawn evenly over each column, which is unlike anybody."""

from __future__ import annotations

import numpy as np
import pandas as pd

from auditkit.data.dataset import Dataset
from auditkit.data.schema import Column
from auditkit.errors import DataError

__all__ = ["canary_records", "drawn_records"]


def canary_records(dataset: Dataset, canaries: int | pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The records that were given, or as many drawn ones.

    Raises
    ------
    DataError
        If the given ones lack a column.
    """
    if not isinstance(canaries, pd.DataFrame):
        return drawn_records(dataset, int(canaries), rng)
    lacking = [name for name in dataset.table.columns if name not in canaries.columns]
    if lacking:
        raise DataError(f"the canaries lack column {lacking[0]!r} of `real`: give them all of its columns.")
    return canaries[list(dataset.table.columns)].reset_index(drop=True)


def drawn_records(dataset: Dataset, n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Records drawn evenly over levels and ranges, column by column."""
    table = dataset.table
    return pd.DataFrame({column.name: _column(column, table[column.name], n, rng) for column in dataset.schema.columns})


def _column(column: Column, cells: pd.Series, n: int, rng: np.random.Generator) -> pd.Series:
    present = cells.dropna()
    if column.kind == "id":
        if pd.api.types.is_integer_dtype(present.dtype):
            return pd.Series(rng.integers(int(present.max()) + 1, int(present.max()) + 10**9, n)).astype(cells.dtype)
        return pd.Series([f"{number:012d}" for number in rng.integers(10**12, size=n)]).astype(cells.dtype)
    if not len(present):
        return pd.Series([None] * n).astype(cells.dtype)
    if column.kind == "integer" and pd.api.types.is_numeric_dtype(present.dtype):
        low, high = int(present.min()), int(present.max())
        return pd.Series(rng.integers(low, high, n, endpoint=True)).astype(cells.dtype)
    if column.kind == "numeric":
        values = rng.uniform(float(present.min()), float(present.max()), n)
        return pd.Series(values if column.decimals is None else values.round(column.decimals)).astype(cells.dtype)
    found = present.drop_duplicates()
    return found.iloc[rng.integers(len(found), size=n)].reset_index(drop=True)
