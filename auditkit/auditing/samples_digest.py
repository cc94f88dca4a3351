"""Whether a samples table is the one that an audit was saved with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from auditkit.errors import DataError

__all__ = ["check_samples", "samples_digest"]


def samples_digest(samples: pd.DataFrame) -> str:
    """SHA-256 of what a table holds, its rows in order, as hex: the same in memory and read from disk.

    Examples
    --------
    >>> table = pd.DataFrame({"id": ["a", "b"], "distance": [1.0, float("nan")]})
    >>> samples_digest(table) == samples_digest(table.copy())
    True
    >>> samples_digest(table) == samples_digest(table.iloc[::-1])
    False
    """
    total = hashlib.sha256()
    for name in samples.columns:
        column = samples[name]
        total.update(_text([str(name), len(column)]))
        if pd.api.types.is_float_dtype(column.dtype):
            values = column.to_numpy(dtype="<f8", na_value=np.nan, copy=True)
            values[np.isnan(values)] = np.nan  # one bit pattern for all of them
            total.update(values.tobytes())
        else:
            gaps = column.isna()
            held = zip(column, gaps, strict=True)
            total.update(_text([None if gap else str(value) for value, gap in held]))
    return total.hexdigest()


def check_samples(samples: pd.DataFrame, data: Mapping[str, Any], place: str) -> None:
    """Refuse a samples table that is not of the audit whose audit.json this is.

    Parameters
    ----------
    samples : pandas.DataFrame
    data : mapping
        Content of audit.json; one that was written before it held `samples_sha256` is held to its number of rows.
    place : str
        Named in errors.

    Raises
    ------
    DataError
    """
    expected = data["about"]["n"].get("synthetic")
    why = ""
    if expected is not None and len(samples) != expected:
        why = f"it has {len(samples):,} rows, and {expected:,} synthetic samples were audited"
    elif "samples_sha256" in data and data["samples_sha256"] != samples_digest(samples):
        why = "it holds other rows, or its rows in another order"
    if why:
        raise DataError(
            f"{place} is not the table that its audit wrote: {why}. Put the audit's own file back, or audit the data "
            "again."
        )


def _text(values: list[Any]) -> bytes:
    return json.dumps(values).encode()
