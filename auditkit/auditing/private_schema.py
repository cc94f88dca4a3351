"""What a private reference says of columns: what enough records share, and nothing of a single one."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from auditkit.data.levels import level_codes
from auditkit.data.schema import Column, Schema
from auditkit.results import MIN_CELL

if TYPE_CHECKING:
    from auditkit.data.dataset import Dataset

__all__ = ["hides", "lenient_schema", "private_schema"]


def private_schema(dataset: Dataset) -> Schema:
    """Schema that tells of no single record: levels that enough rows share, and no ends of ranges."""
    columns = tuple(_private_column(column, dataset) for column in dataset.schema.columns)
    return replace(dataset.schema, columns=columns)


def _private_column(column: Column, dataset: Dataset) -> Column:
    values = dataset.table[column.name]
    codes, levels = level_codes(values)
    counts = np.bincount(codes[codes >= 0], minlength=len(levels))
    often = {level for level, count in zip(levels, counts, strict=True) if count >= MIN_CELL}
    return replace(
        column,
        # A value that all records share stands in each of them.
        levels=() if column.kind == "constant" else tuple(level for level in column.levels if level in often),
        minimum=None,
        maximum=_magnitude(column),
        decimals=None,
        nullable=int((codes < 0).sum()) >= MIN_CELL,
    )


def _magnitude(column: Column) -> float | None:
    """Power of ten above numbers that are all small, for it says how many of their decimals count."""
    largest = max(abs(column.minimum or 0.0), abs(column.maximum or 0.0))
    return 10.0 ** math.ceil(math.log10(largest)) if 0 < largest <= 0.1 else None  # noqa: PLR2004 - as digests have it


def hides(column: Column, shown: Column) -> bool:
    """Whether a level that the shown column lacks may be one of the real data's."""
    return column.kind == "constant" or len(shown.levels) < len(column.levels)


def lenient_schema(schema: Schema, names: Collection[str]) -> Schema:
    """Schema under which no level of these columns is impossible."""
    columns = tuple(
        replace(column, kind="text", levels=()) if column.name in names else column for column in schema.columns
    )
    return replace(schema, columns=columns)
