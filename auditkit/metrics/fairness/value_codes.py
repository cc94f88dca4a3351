"""Columns of values of any type as whole numbers or as numbers, read once and alike wherever users give them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditkit.data.amounts import has_many_numbers
from auditkit.data.levels import level_text
from auditkit.errors import DataError, ShapeError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Codes", "code_values", "column_of", "numbers_of", "predicts_amount"]

Codes = NDArray[np.intp]


def code_values(values: Any, name: str) -> tuple[Codes, list[Any]]:
    """Code of each value and the values in order of appearance; missing is -1, and `1` and `"1"` are one value.

    Raises
    ------
    ShapeError
        If there is more than one column.
    """
    import pandas as pd  # noqa: PLC0415

    column = column_of(values, name)
    codes, levels = pd.factorize(column, use_na_sentinel=True)
    first: dict[str, int] = {}
    place = [first.setdefault(level_text(level), len(first)) for level in levels]
    kept = dict.fromkeys(place)
    for code, level in reversed(list(zip(place, levels, strict=True))):
        kept[code] = level
    return np.array([*place, -1], dtype=np.intp)[codes], list(kept.values())


def numbers_of(values: Any, name: str) -> NDArray[np.float64]:
    """Finite numbers of an array.

    Raises
    ------
    DataError
        If some are none.
    """
    import pandas as pd  # noqa: PLC0415

    found = pd.to_numeric(column_of(values, name), errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = int((~np.isfinite(found)).sum())
    if wrong:
        raise DataError(f"`{name}` has {wrong} values that are no finite numbers: leave those units out.")
    return np.asarray(found)


def predicts_amount(y_true: Any, y_pred: Any) -> bool:
    """Whether a target is a number to be met, not a class: numeric, of more than 20 distinct values.

    Whole numbers are classes where every prediction is one of them: predicted amounts hardly ever are.
    """
    column = column_of(y_true, "y_true")
    if not has_many_numbers(column):
        return False
    levels = set(column.dropna().unique().tolist())
    return not (all(float(level).is_integer() for level in levels) and set(column_of(y_pred, "y_pred")) <= levels)


def column_of(values: Any, name: str) -> pd.Series:
    """One column of values of any type, as a series.

    Raises
    ------
    ShapeError
        If it is no array, or has more than one column.
    """
    import pandas as pd  # noqa: PLC0415

    if isinstance(values, pd.Series):
        return values
    if isinstance(values, (str, bytes)) or not hasattr(values, "__len__"):
        raise ShapeError(f"`{name}` must be an array, got {type(values).__name__}: give a value for every unit.")
    if not hasattr(values, "dtype"):
        # Arrow's arrays know how to become numpy's; numpy would make text of a list of numbers and text.
        return pd.Series(np.asarray(values) if hasattr(values, "__array__") else list(values), dtype=object)
    if getattr(values, "ndim", 1) == 2 and values.shape[1] == 1:  # noqa: PLR2004 - a column
        values = np.asarray(values)[:, 0]
    if getattr(values, "ndim", 1) != 1:
        raise ShapeError(f"`{name}` must have one column, got shape {tuple(values.shape)}: give one value for a unit.")
    return pd.Series(
        values if isinstance(values, (np.ndarray, pd.api.extensions.ExtensionArray)) else np.asarray(values)
    )
