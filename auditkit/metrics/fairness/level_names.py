"""Names of groups and classes as lists of text: 1, 1.0 and "1" are one level, a missing one is a level of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.errors import DataError, ShapeError, UnknownNameError
from auditkit.metrics.arrays import as_array
from auditkit.metrics.fairness.group_codes import read_groups

__all__ = ["Levels", "Names", "column_levels", "group_levels", "numbered", "table_levels"]

Names = NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Levels:
    """Codes of some sets in one list of levels.

    Attributes
    ----------
    names : tuple of str
    codes : tuple of ndarray of int64
        One array per set.
    """

    names: tuple[str, ...]
    codes: tuple[NDArray[np.int64], ...]


def column_levels(values: Any, *, name: str) -> Names:
    """Level of each sample as text.

    Parameters
    ----------
    values : array_like of shape (n,)
        Numbers, text or truth values; missing ones become the level "(missing)".
    name : str
        What messages call it.

    Raises
    ------
    ShapeError
        If it has another number of axes or is empty.
    """
    import pandas as pd  # noqa: PLC0415 - costs a third of a second

    from auditkit.data.levels import level_values  # noqa: PLC0415 - the same

    if isinstance(values, pd.Series):
        column = values
    else:
        array = as_array(values, name)
        if array.ndim != 1:
            message = f"`{name}` must be a list of names, one per sample, got shape {array.shape}."
            raise ShapeError(message)
        # numpy writes numbers beside text as text, and None as "None".
        column = pd.Series(values if isinstance(values, list | tuple) else array)
    if not len(column):
        message = f"`{name}` is empty: give at least one sample."
        raise ShapeError(message)
    return level_values(column)


def group_levels(groups: Any, *, n: int) -> Names:
    """Group of each of n samples as text; of several columns their intersection, as "sex=Female, race=Black".

    Parameters
    ----------
    groups : array_like of shape (n,) or (n, c), table or mapping of columns
    n : int
        Samples that are expected.

    Raises
    ------
    ShapeError
        If there are more or fewer.
    """
    found = read_groups(groups, n=n)
    names = np.array([found.name(code) for code in range(len(found))], object)
    level: Names = names[found.codes]
    return level


def table_levels(table: Any, wanted: str | Sequence[str], *, name: str) -> Names:
    """Levels of a column of a table, or of the intersection of several.

    Parameters
    ----------
    table : Dataset, frame or mapping of columns
    wanted : str or sequence of str
    name : str
        What messages call the set.

    Raises
    ------
    DataError, SampleSizeError, ShapeError
        If the set is no table, or is empty.
    UnknownNameError
        If there is no such column.
    """
    from auditkit.data.any_table import frame_of  # noqa: PLC0415 - pandas costs a third of a second
    from auditkit.data.dataset import Dataset  # noqa: PLC0415 - the same

    names = [wanted] if isinstance(wanted, str) else list(wanted) if isinstance(wanted, Iterable) else [wanted]
    if not names or not all(isinstance(item, str) for item in names):
        message = f"the columns of `{name}` are asked for by {wanted!r}: give their names, as text."
        raise DataError(message)
    columns = {}
    frame = None if isinstance(table, Dataset) else frame_of(table, name=name)
    for item in names:
        if frame is None:
            columns[item] = table.group_values(item)
            continue
        if item not in frame.columns:
            raise UnknownNameError.of("column", item, list(frame.columns), f"in `{name}`")
        columns[item] = column_levels(frame[item], name=f"{name}[{item!r}]")
    return next(iter(columns.values())) if len(columns) == 1 else group_levels(columns, n=len(columns[names[0]]))


def numbered(*sets: Names) -> Levels:
    """Sets of names as codes in one sorted list of levels."""
    from auditkit.data.levels import sort_levels  # noqa: PLC0415 - pandas costs a third of a second

    names = sort_levels(level for item in sets for level in set(item.tolist()))
    places = {level: place for place, level in enumerate(names)}
    codes = tuple(np.fromiter((places[level] for level in item), np.int64, len(item)) for item in sets)
    return Levels(names, codes)
