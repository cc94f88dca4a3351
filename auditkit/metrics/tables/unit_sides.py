"""Sequential tables in one encoding: rows of a unit behind each other, the same columns in all sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.any_table import frame_of
from auditkit.data.cells import Cells, even_numbers
from auditkit.data.dataset import Dataset
from auditkit.data.joint import encode_frames, encode_sets, join_cells
from auditkit.data.schema import Schema
from auditkit.data.units import arrange_units
from auditkit.errors import DataError, UnknownNameError

__all__ = ["UnitRows", "join_units", "unit_rows", "unit_sides"]


@dataclass(frozen=True, eq=False)
class UnitRows:
    """Rows of one set, unit after unit.

    Attributes
    ----------
    cells : Cells
        Every compared column but the one that orders the rows.
    steps : ndarray of float64, shape (n_rows,), or None
        The column that orders the rows, where it holds numbers, or moments (in seconds).
    starts : ndarray of int64, shape (n_units + 1,)
        First row of each unit, and the number of rows.
    ids : ndarray of str, shape (n_units,)
    order : str
        Name of the column of `steps`; empty without one.
    """

    cells: Cells
    steps: NDArray[np.float64] | None
    starts: NDArray[np.int64]
    ids: NDArray[np.str_]
    order: str = ""

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Rows of each unit."""
        return np.diff(self.starts)

    @property
    def unit_of_row(self) -> NDArray[np.int64]:
        """Unit of each row."""
        return np.repeat(np.arange(len(self)), self.lengths)

    @property
    def firsts(self) -> NDArray[np.int64]:
        """Rows that have a next row in their unit."""
        last = np.zeros(len(self.cells), np.bool_)
        last[self.starts[1:] - 1] = True
        return np.flatnonzero(~last)

    def take(self, units: NDArray[np.int64]) -> UnitRows:
        """Units at these places, in this order."""
        lengths = self.lengths[units]
        starts = np.append(0, np.cumsum(lengths))
        rows = np.arange(starts[-1]) + np.repeat(self.starts[units] - starts[:-1], lengths)
        return UnitRows(self.cells.take(rows), self._steps_at(rows), starts, self.ids[units], self.order)

    def shuffled(self, rng: np.random.Generator) -> UnitRows:
        """Units of the same lengths, each column of their rows in an order of its own."""
        return replace(self, cells=self.cells.shuffled(rng))

    def uniform(self, rng: np.random.Generator, *, like: UnitRows) -> UnitRows:
        """Units of the same lengths whose cells are drawn evenly from the range and the levels of others.

        Parameters
        ----------
        rng : numpy.random.Generator
        like : UnitRows
            In the same encoding.
        """
        steps = self.steps
        if steps is not None and like.steps is not None and np.isfinite(like.steps).any():
            drawn = even_numbers(like.steps[np.isfinite(like.steps)], len(steps), rng)
            steps = np.where(np.isnan(steps), np.nan, drawn)
        return replace(self, cells=self.cells.uniform(rng, like=like.cells), steps=steps)

    def dealt(self, rng: np.random.Generator) -> UnitRows:
        """The same rows dealt to units of the same lengths at random."""
        rows = rng.permutation(len(self.cells))
        return replace(self, cells=self.cells.take(rows), steps=self._steps_at(rows))

    def _steps_at(self, rows: NDArray[np.intp]) -> NDArray[np.float64] | None:
        return None if self.steps is None else self.steps[rows]


def unit_rows(dataset: Dataset, *, schema: Schema, name: str) -> UnitRows | None:
    """Rows of one set with a key, encoded on their own, units under made-up names; `join_units` brings sets together.

    Parameters
    ----------
    dataset : Dataset
    schema : Schema
        The real set's: what it calls names of records and free text is left out.
    name : str
        What messages call the set.

    Returns
    -------
    UnitRows or None
        None where there is no key, or no column beside it that could be compared.
    """
    if dataset.key is None or dataset.modality != "tabular":
        return None
    if all(column.name == dataset.key or column.kind in ("id", "text") for column in schema.columns):
        return None
    cells = encode_sets({name: dataset}, schema=schema)[name]
    return _ordered(cells, dataset.unit_of_row, np.arange(len(dataset)).astype(np.str_), dataset.order)


def join_units(sets: Mapping[Any, UnitRows]) -> dict[Any, UnitRows]:
    """Sets that were encoded one by one, in one encoding.

    Parameters
    ----------
    sets : mapping of str to UnitRows
        The real one first, all with the same columns.

    Returns
    -------
    dict of str to UnitRows
    """
    cells = join_cells({role: rows.cells for role, rows in sets.items()})
    return {role: replace(rows, cells=cells[role]) for role, rows in sets.items()}


def unit_sides(
    sets: Mapping[str, Any], *, key: str | None, order: str | None, compare_order: bool = False
) -> dict[str, UnitRows]:
    """Sequential tables in one encoding.

    Parameters
    ----------
    sets : mapping of str to table or Dataset
        The real one first.
    key : str or None
        Column that joins rows to units; that of the real Dataset where not given.
    order : str or None
        Column that orders the rows of a unit; likewise, or rows stay as they are.
    compare_order : bool, default False
        Whether the column that orders the rows is compared like any other.

    Returns
    -------
    dict of str to UnitRows

    Raises
    ------
    DataError
        If there is no key, a row has none, or no other column can be compared.
    UnknownNameError
        If a set lacks the key or the order.
    """
    first = next(iter(sets.values()))
    if isinstance(first, Dataset):
        key, order = key or first.key, order or first.order
    if key is None:
        raise DataError("sequences need `key`, the column that joins the rows of a unit: name it.")
    if order == key:
        raise DataError(
            f"`key` and `order` are both {key!r}: rows of one key need a column of their own to order them."
        )
    if all(isinstance(given, Dataset) and (given.key, given.order) == (key, order) for given in sets.values()):
        cells = encode_sets(sets)
        units = {role: (given.unit_of_row, given.ids) for role, given in sets.items()}
    else:
        arranged = {role: _arranged(given, role, key, order) for role, given in sets.items()}
        cells = encode_frames({role: frame.drop(columns=[key]) for role, (frame, _, _) in arranged.items()})
        units = {role: item[1:] for role, item in arranged.items()}
    return {role: _ordered(cells[role], *units[role], None if compare_order else order) for role in sets}


def _arranged(
    given: Any, role: str, key: str, order: str | None
) -> tuple[pd.DataFrame, NDArray[np.intp], NDArray[np.str_]]:
    """Rows unit after unit, the unit of each row, and ids."""
    frame = frame_of(given, name=role)
    for name, said in ((key, "key"), (order, "order")):
        if name is not None and (not isinstance(name, str) or name not in frame.columns):
            raise UnknownNameError.of(f"{said} column", name, frame.columns, f"in `{role}`")
    if frame.shape[1] == 1:
        raise DataError(f"`{role}` has the key {key!r} alone: give at least one more column.")
    frame, units, ids = arrange_units(frame, key=key, order=order, source=f"`{role}`")
    return frame, cast("NDArray[np.intp]", units), ids


def _ordered(cells: Cells, units: NDArray[np.intp] | None, ids: NDArray[np.str_], order: str | None) -> UnitRows:
    steps = None
    if order is not None and order in cells.names:
        place = cells.place(order)
        if cells.columns[place].kind != "category":
            steps = cells.only([order]).matrix()[0][:, 0]
        cells = cells.only(name for name in cells.names if name != order)
    units = np.arange(len(cells)) if units is None else units
    starts = np.append(np.searchsorted(units, np.arange(len(ids))), len(cells)).astype(np.int64)
    return UnitRows(cells, steps, starts, ids, "" if steps is None or order is None else order)
