"""Category levels as text, so that 1, 1.0 and "1" name the same level in every set."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["MISSING", "level_codes", "level_text", "level_values", "sort_levels"]

# Not whatever float() reads: "nan" has no place in an order.
_NUMBER = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")
MISSING = "(missing)"
"""Level that stands for a missing value among labels and groups."""


def level_text(value: Any) -> str:
    """Name of a category level: `1`, `1.0` and `"1"` are `"1"`, `True` is `"True"`.

    Parameters
    ----------
    value : object
        One cell that is not missing.

    Returns
    -------
    str
    """
    if isinstance(value, str):
        return str(value)
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (float, np.floating)):
        number = float(value)
        return str(int(number)) if number.is_integer() else repr(number)
    if isinstance(value, (pd.Timestamp, np.datetime64)):
        return str(pd.Timestamp(value).isoformat())
    return str(value)


def level_codes(column: pd.Series) -> tuple[NDArray[np.int32], list[str]]:
    """Code of each cell and the names of the levels, in order of appearance; missing is -1.

    Parameters
    ----------
    column : pandas.Series of length n

    Returns
    -------
    codes : ndarray of int32, shape (n,)
    levels : list of str
    """
    codes, found = pd.factorize(column, use_na_sentinel=True)
    return codes.astype(np.int32), [level_text(value) for value in found]


def level_values(column: pd.Series) -> NDArray[np.object_]:
    """Level of each cell as text, missing cells as `"(missing)"`."""
    codes, levels = level_codes(column)
    names = np.array([*levels, MISSING], dtype=object)
    values: NDArray[np.object_] = names[codes]
    return values


def sort_levels(levels: Iterable[str]) -> tuple[str, ...]:
    """Levels in order of their numbers where all are numbers, else in order of their text."""
    names = list(set(levels))
    if all(_NUMBER.fullmatch(name) for name in names):
        return tuple(sorted(names, key=lambda name: (float(name), name)))
    return tuple(sorted(names))
