"""A table as codes and numbers, column by column: what everything that compares tables cell by cell reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from auditkit.errors import UnknownNameError

__all__ = ["CELL_KINDS", "MISSING_CODE", "CellColumn", "CellKind", "Cells", "MomentUnit", "even_numbers", "origin_of"]

CellKind = Literal["number", "moment", "category"]
MomentUnit = Literal["ns", "us"]
CELL_KINDS: tuple[CellKind, ...] = ("number", "moment", "category")
MISSING_CODE = 0
"""Code of a missing cell in a column of categories; level i has code i + 1."""
_PER_SECOND: Mapping[MomentUnit, float] = {"ns": 1e9, "us": 1e6}
_FLOATS_TELL = 2.0**53
_SAFE = 2.0**62
_STEP = 2**52


@dataclass(frozen=True)
class CellColumn:
    """A column that all sets have.

    Attributes
    ----------
    name : str
    kind : {"number", "moment", "category"}
    levels : tuple of str
        Of a category, in order of first appearance, the first set's before the others'; level i has code i + 1.
    known : int
        How many of the levels the first set (the real one) or its schema has: a code above it is new to them.
    unit : {"ns", "us"}
        Of a moment: microseconds where a set has one that 64 bits do not hold in nanoseconds, as 9999-12-31.
    origin : int
        From where `Cells.offsets` counts integers beyond 2^53; else 0.
    """

    name: str
    kind: CellKind
    levels: tuple[str, ...] = ()
    known: int = 0
    unit: MomentUnit = "ns"
    origin: int = 0


@dataclass(frozen=True, eq=False)
class Cells:
    """Rows of one set, column by column, encoded together with other sets.

    Attributes
    ----------
    columns : tuple of CellColumn
        The same in all sets.
    values : tuple of ndarray of shape (n_rows,)
        One per column: int32 codes of a category (`MISSING_CODE` where missing), float64 numbers (NaN where missing;
        int64 in all sets where one holds integers beyond 2^53), int64 of a moment, in its unit since 1970-01-01 UTC.
        A missing integer or moment is the smallest int64.
    missing : tuple of ndarray of bool, shape (n_rows,), or None
        Which cells are missing; None where none is.
    n_rows : int
    left_out : mapping of str to str
        Columns that are not compared, with the reason.
    """

    columns: tuple[CellColumn, ...]
    values: tuple[NDArray[Any], ...]
    missing: tuple[NDArray[np.bool_] | None, ...]
    n_rows: int
    left_out: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return self.n_rows

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    def place(self, name: str) -> int:
        """Position of a column.

        Raises
        ------
        UnknownNameError
            If there is no such column.
        """
        if name not in self.names:
            raise UnknownNameError.of("column", name, self.names)
        return self.names.index(name)

    def places(self, *kinds: CellKind) -> tuple[int, ...]:
        """Positions of the columns of these kinds."""
        return tuple(place for place, column in enumerate(self.columns) if column.kind in kinds)

    def absent(self, place: int) -> NDArray[np.bool_]:
        """Which cells of a column are missing."""
        mask = self.missing[place]
        return np.zeros(self.n_rows, np.bool_) if mask is None else mask

    def numbers(self, place: int) -> NDArray[np.float64]:
        """Column as float64, NaN where missing; moments in their unit."""
        values = self.values[place]
        if values.dtype == np.float64:
            return values
        absent = self.missing[place]
        floats = values.astype(np.float64)
        return floats if absent is None else np.where(absent, np.nan, floats)

    def offsets(self, place: int) -> NDArray[np.float64]:
        """The same less the column's origin, so that integers stay apart that no float64 tells apart."""
        origin = self.columns[place].origin
        if not origin:
            return self.numbers(place)
        values, absent = self.values[place], self.missing[place]
        floats = values.astype(np.float64) - origin
        if values.dtype.kind == "i":
            near = abs(floats) < _SAFE  # further off, the difference may not fit 64 bits
            floats[near] = (values[near] - np.int64(origin)).astype(np.float64)
        return floats if absent is None else np.where(absent, np.nan, floats)

    @property
    def matrix_places(self) -> tuple[int, ...]:
        """Positions of the columns of `matrix`, in its order."""
        return (*self.places("number", "moment"), *self.places("category"))

    def matrix(self) -> tuple[NDArray[np.float64], tuple[bool, ...], tuple[str, ...]]:
        """Columns as a model takes them: numbers and moments (seconds), then codes from 0 on; NaN where missing.

        Returns
        -------
        columns : ndarray of shape (n_rows, p)
        categorical : tuple of bool
        names : tuple of str
        """
        numeric, coded = self.places("number", "moment"), self.places("category")
        columns = np.empty((self.n_rows, len(numeric) + len(coded)))
        for column, place in enumerate(numeric):
            columns[:, column] = self.offsets(place)
            if self.columns[place].kind == "moment":
                columns[:, column] /= _PER_SECOND[self.columns[place].unit]
        for column, place in enumerate(coded, start=len(numeric)):
            columns[:, column] = np.where(self.values[place] == MISSING_CODE, np.nan, self.values[place] - 1.0)
        categorical = (False,) * len(numeric) + (True,) * len(coded)
        return columns, categorical, tuple(self.columns[place].name for place in self.matrix_places)

    def take(self, index: NDArray[np.intp] | NDArray[np.bool_]) -> Cells:
        """Rows at these places, in this order."""
        values = tuple(column[index] for column in self.values)
        missing = tuple(None if absent is None else absent[index] for absent in self.missing)
        n_rows = int(np.count_nonzero(index)) if index.dtype == np.bool_ else len(index)
        return replace(self, values=values, missing=missing, n_rows=n_rows)

    def shuffled(self, rng: np.random.Generator) -> Cells:
        """The same columns, each in an order of its own."""
        orders = [rng.permutation(self.n_rows) for _ in self.columns]
        values = tuple(column[order] for column, order in zip(self.values, orders, strict=True))
        missing = tuple(
            None if absent is None else absent[order] for absent, order in zip(self.missing, orders, strict=True)
        )
        return replace(self, values=values, missing=missing)

    def uniform(self, rng: np.random.Generator, *, like: Cells | None = None) -> Cells:
        """Columns drawn evenly from a range or from levels; cells are missing where they are here.

        Parameters
        ----------
        rng : numpy.random.Generator
        like : Cells, optional
            Whose present cells give range and levels, of the same encoding; these by default. A column that has none
            there has none in the draw.

        Returns
        -------
        Cells
        """
        drawn = [self._uniform(place, self if like is None else like, rng) for place in range(len(self.columns))]
        return replace(self, values=tuple(values for values, _ in drawn), missing=tuple(absent for _, absent in drawn))

    def _uniform(
        self, place: int, like: Cells, rng: np.random.Generator
    ) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
        values, absent, present = self.values[place], self.missing[place], like.present(place)
        category = self.columns[place].kind == "category"
        if not len(present):
            empty = MISSING_CODE if category else np.nan if values.dtype.kind == "f" else np.iinfo(np.int64).min
            return np.full_like(values, empty), np.ones(self.n_rows, np.bool_)
        drawn = rng.choice(np.unique(present), self.n_rows) if category else even_numbers(present, self.n_rows, rng)
        return (drawn if absent is None else np.where(absent, values, drawn)), absent

    def present(self, place: int) -> NDArray[Any]:
        """Values of a column's cells that are not missing."""
        absent = self.missing[place]
        values: NDArray[Any] = self.values[place] if absent is None else self.values[place][~absent]
        return values

    def only(self, names: Iterable[str]) -> Cells:
        """The same rows with these columns alone, in this order.

        Raises
        ------
        UnknownNameError
            If there is no such column.
        """
        places = [self.place(name) for name in names]
        return replace(
            self,
            columns=tuple(self.columns[place] for place in places),
            values=tuple(self.values[place] for place in places),
            missing=tuple(self.missing[place] for place in places),
        )


def origin_of(present: NDArray[Any]) -> int:
    """Multiple of 2^52 at or below the least of integers beyond 2^53; 0 for other numbers, or none.

    A multiple, so that it says no more than how large the numbers are.
    """
    if present.dtype.kind != "i" or not len(present):
        return 0
    low, high = int(present.min()), int(present.max())
    return low // _STEP * _STEP if max(-low, high) > _FLOATS_TELL else 0


def even_numbers(present: NDArray[Any], n: int, rng: np.random.Generator) -> NDArray[Any]:
    """Numbers drawn evenly between the least and the largest, whole where all of these are and floats can tell.

    Parameters
    ----------
    present : ndarray of shape (m,), float64 or int64
        At least one, none missing.
    n : int
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of shape (n,), of the same type
    """
    low, high = present.min(), present.max()
    whole = present.dtype.kind == "i" or bool(max(-low, high) < _FLOATS_TELL and (present == np.floor(present)).all())
    if not whole:
        # Doubling halves is exact, and the range of halves is finite whatever the ends are.
        return 2.0 * rng.uniform(low / 2.0, high / 2.0, n)
    return rng.integers(int(low), int(high), n, endpoint=True).astype(present.dtype)
