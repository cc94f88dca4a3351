"""Generated cells onto the grid of the real ones: whole numbers, decimals, range, new names for ids.

Output off the grid tells a classifier which rows are synthetic, however good they are otherwise.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data import Column, Schema
from auditkit.data.casting import cast_table

__all__ = ["new_names", "snap", "snap_numbers"]


def snap(frame: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """Frame whose numbers lie on the schema's grid and in its range, in the schema's types and order.

    Parameters
    ----------
    frame : DataFrame
        Left as it is.
    schema : Schema
        The training data's.

    Returns
    -------
    DataFrame
        Numbers are clipped to the real range and rounded to the real decimals; other cells only change their type.

    Examples
    --------
    >>> schema = Schema((Column("age", "integer", minimum=17, maximum=90, decimals=0, dtype="int64"),))
    >>> snap(pd.DataFrame({"age": [16.2, 40.7]}), schema)["age"].tolist()
    [17, 41]
    """
    parts = dict(frame.items())
    for column in schema.columns:
        if column.kind in {"numeric", "integer"} and column.name in parts:
            numbers = parts[column.name].to_numpy(dtype=np.float64, na_value=np.nan)
            parts[column.name] = pd.Series(snap_numbers(numbers, column))
    return cast_table(pd.DataFrame(parts).reset_index(drop=True), schema)


def snap_numbers(numbers: NDArray[np.float64], column: Column) -> NDArray[np.float64]:
    """Numbers clipped to a column's range and rounded to its decimals; missing stays missing."""
    clipped = np.clip(numbers, column.minimum, column.maximum) if column.minimum is not None else numbers
    decimals = 0 if column.kind == "integer" else column.decimals
    return clipped if decimals is None else np.round(clipped, decimals)


def new_names(column: Column, n: int) -> pd.Series:
    """Fresh names for a column of ids: numbers above the real ones, or s0, s1, ..."""
    if column.dtype in {"int64", "float64"}:
        start = int(column.maximum or 0) + 1
        return pd.Series(np.arange(start, start + n).astype(column.dtype))
    return pd.Series([f"s{place}" for place in range(n)], dtype="str")
