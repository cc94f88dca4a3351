"""Units: which rows belong together, and what a unit is called."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from auditkit.data.levels import level_codes, level_text
from auditkit.errors import DataError, ShapeError, UnknownNameError

__all__ = ["arrange_units", "check_constant", "check_ids", "check_roles", "ids_of_column", "places_in", "unique_ids"]


def arrange_units(
    table: pd.DataFrame, *, key: str | None, order: str | None, source: str
) -> tuple[pd.DataFrame, NDArray[np.intp] | None, NDArray[np.str_]]:
    """Rows of one unit behind each other, the unit of each row, and the units' ids.

    Units come in the order in which their keys first appear; rows of a unit in the order of the column `order`, or
    as they were.

    Parameters
    ----------
    table : pandas.DataFrame
    key, order : str or None
        Columns that join rows to units and that order the rows of one.
    source : str
        Name of the set, for messages.

    Returns
    -------
    table : pandas.DataFrame
    unit_of_row : ndarray of intp, shape (n_rows,), or None
        None without a key.
    ids : ndarray of str, shape (n_units,)

    Raises
    ------
    DataError
        If keys are missing, or `order` is given without `key`.
    """
    if key is None:
        if order is not None:
            message = f"order={order!r} needs key= as well: name the column that joins the rows of {source} to units."
            raise DataError(message)
        return table, None, np.arange(len(table)).astype(np.str_)
    try:
        codes, levels = level_codes(table[key])
    except TypeError:
        message = f"key column {key!r} of {source} holds cells that are no plain values: convert them to text."
        raise DataError(message) from None
    n_missing = int((codes < 0).sum())
    if n_missing:
        message = f"key column {key!r} of {source} is missing in {n_missing} row(s): give every row a key."
        raise DataError(message)
    rows = np.lexsort((np.zeros(len(table)) if order is None else _ranks(table[order], order, source), codes))
    return table.take(rows).reset_index(drop=True), codes[rows].astype(np.intp), np.array(levels, dtype=np.str_)


def _ranks(cells: pd.Series, order: str, source: str) -> NDArray[np.float64]:
    try:
        ranks: NDArray[np.float64] = cells.rank(method="dense").to_numpy(dtype=np.float64)
    except TypeError:
        message = f"order column {order!r} of {source} holds cells that cannot be compared: convert it to one type."
        raise DataError(message) from None
    return ranks


def check_roles(
    table: pd.DataFrame, *, label: str | None, groups: Sequence[str], key: str | None, order: str | None, source: str
) -> None:
    """Refuse an empty table, and roles that name no column.

    Raises
    ------
    UnknownNameError
        If a role names no column.
    DataError
        If the table is empty.
    """
    for role, name in [("label", label), ("key", key), ("order", order), *(("group", name) for name in groups)]:
        if name is not None and name not in table.columns:
            raise UnknownNameError.of(f"{role} column", name, table.columns, f"in {source}")
    if len(table) == 0:
        message = f"{source} has no rows: give at least one sample."
        raise DataError(message)


def check_constant(
    table: pd.DataFrame, unit_of_row: NDArray[np.intp] | None, names: Sequence[str], *, source: str
) -> None:
    """Refuse a label or group that changes within a unit.

    Raises
    ------
    DataError
    """
    if unit_of_row is None:
        return
    same_unit = unit_of_row[1:] == unit_of_row[:-1]
    for name in names:
        codes, _ = level_codes(table[name])
        changes = int((same_unit & (codes[1:] != codes[:-1])).sum())
        if changes:
            message = (
                f"column {name!r} of {source} changes within a unit ({changes} time(s)): labels and groups must be "
                "the same in all rows of one key."
            )
            raise DataError(message)


def check_ids(ids: Sequence[str], *, n: int) -> NDArray[np.str_]:
    """Ids as an array; refuse them unless there are `n` different ones.

    Raises
    ------
    DataError
    """
    names = np.asarray(list(ids), dtype=np.str_)
    if len(names) != n or len(np.unique(names)) != n:
        raise DataError(f"{n} units need as many different ids, got {len(np.unique(names))} of {len(names)}.")
    return names


def ids_of_column(table: pd.DataFrame, name: str, *, source: str) -> NDArray[np.str_]:
    """Ids that a column holds, as text.

    Raises
    ------
    UnknownNameError
        If there is no such column.
    DataError
        If ids are missing or repeat.
    """
    if name not in table.columns:
        raise UnknownNameError.of("id column", name, table.columns, f"in {source}")
    missing = int(table[name].isna().sum())
    if missing:
        raise DataError(f"id column {name!r} of {source} is missing in {missing} row(s): give every sample its id.")
    ids = np.array([level_text(cell) for cell in table[name]], dtype=np.str_)
    repeats = len(ids) - len(np.unique(ids))
    if repeats:
        message = (
            f"id column {name!r} of {source} repeats {repeats} id(s): give every sample its own, or say key={name!r} "
            "where all rows of one id are one sample."
        )
        raise DataError(message)
    return ids


def places_in(index: ArrayLike, *, n: int, source: str) -> NDArray[np.intp]:
    """Places of units that an index of whole numbers, or a mask, names.

    Raises
    ------
    ShapeError
        If a place lies outside the set, or a mask has another length.
    """
    given = np.asarray(index)
    if given.dtype == np.bool_:
        if given.shape != (n,):
            message = f"the mask has shape {given.shape}, {source} has {n} units: give one per unit."
            raise ShapeError(message)
        return np.flatnonzero(given)
    if given.size and given.dtype.kind not in "iu":
        message = f"units are taken by whole numbers or by a mask, got an index of type {given.dtype}."
        raise ShapeError(message)
    places = given.astype(np.intp).reshape(-1)
    if len(places) and not (places.min() >= 0 and places.max() < n):
        message = f"{source} has units 0 to {n - 1}, got places from {places.min()} to {places.max()}."
        raise ShapeError(message)
    return places


def unique_ids(ids: NDArray[np.str_], origin: NDArray[np.str_] | None = None) -> NDArray[np.str_]:
    """Ids that differ: as they are where they do, else `origin:id`, else with `#2`, `#3` behind repeats."""
    if len(np.unique(ids)) == len(ids):
        return ids
    if origin is not None:
        return unique_ids(np.array([f"{name}:{unit}" for name, unit in zip(origin, ids, strict=True)], dtype=np.str_))
    taken = set(ids.tolist())
    seen: dict[str, int] = {}
    names = []
    for name in ids.tolist():
        seen[name] = seen.get(name, 0) + 1
        count, fresh = seen[name], name
        while count > 1 and (fresh := f"{name}#{count}") in taken:
            count += 1
        seen[name] = count
        taken.add(fresh)
        names.append(fresh)
    return np.array(names, dtype=np.str_)
