"""Tables into vectors in which every cell that differs adds at most 1 to the squared distance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.inference import as_numbers
from auditkit.data.levels import level_codes
from auditkit.errors import AuditkitError, DataError

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["MAX_LEVELS", "MixedEmbedder"]

MAX_LEVELS = 50
"""Columns of a category at most; beyond it the commonest 49 keep their own and the rest share one."""

_UNEXPECTED = -0.5
_MOST_BEYOND = 2.0
"""How far a number beyond the real range lies outside [0, 1] at most; one range beyond counts 1."""
_UNSEEN = np.sqrt(1.5)
"""A level that real data never have is at squared distance 2 from each that they have."""
_LEFT_OUT = {"id": "names of records", "text": "free text", "constant": "one value only"}


@dataclass(frozen=True, eq=False)
class _Ranks:
    """Mid-rank empirical distribution function of one column of numbers or dates."""

    values: NDArray[np.float64]
    nullable: bool

    @classmethod
    def fit(cls, column: pd.Series, *, nullable: bool) -> _Ranks:
        numbers = as_numbers(column)
        missing = np.isnan(numbers)
        return cls(np.sort(numbers[~missing]), nullable or bool(missing.any()))

    @property
    def width(self) -> int:
        return 2 if self.nullable else 1

    def write(self, column: pd.Series, out: NDArray[np.float32]) -> None:
        numbers = as_numbers(column)
        missing = np.isnan(numbers)
        below = np.searchsorted(self.values, numbers, side="left")
        upto = np.searchsorted(self.values, numbers, side="right")
        ranks = (below + upto) / (2 * max(len(self.values), 1))
        out[:, 0] = np.where(missing, 0.5 if self.nullable else _UNEXPECTED, ranks + self._beyond(numbers))
        if self.nullable:
            out[:, 1] = missing

    def _beyond(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Signed distance from the real range, in ranges: ranks alone would call -5,000 years a young age."""
        if not len(self.values):
            return np.zeros(len(numbers))
        # Halves, for the difference of two huge numbers need not be one.
        low, high, half = self.values[0] / 2, self.values[-1] / 2, numbers / 2
        outside = half - np.clip(half, low, high)
        reach = max(high - low, np.finfo(np.float64).tiny)
        with np.errstate(over="ignore"):
            steps: NDArray[np.float64] = np.clip(outside / reach, -_MOST_BEYOND, _MOST_BEYOND)
        return steps


@dataclass(frozen=True, eq=False)
class _OneHot:
    """A column per level, scaled so that two levels are at squared distance 1, and a last one for unseen levels."""

    places: Mapping[str, int]
    other: int | None
    missing: int | None
    width: int

    @classmethod
    def fit(cls, column: pd.Series, *, nullable: bool) -> _OneHot:
        codes, levels = level_codes(column)
        counts = np.bincount(codes[codes >= 0], minlength=len(levels))
        ranked = [level for _, level in sorted(zip(-counts, levels, strict=True))]
        kept = ranked if len(ranked) <= MAX_LEVELS else ranked[: MAX_LEVELS - 1]
        places = {level: place for place, level in enumerate(sorted(kept))}
        width = len(places)
        other = width if len(kept) < len(ranked) else None
        width += other is not None
        missing = width if nullable or bool((codes < 0).any()) else None
        return cls(places, other, missing, width + (missing is not None) + 1)

    def write(self, column: pd.Series, out: NDArray[np.float32]) -> None:
        codes, levels = level_codes(column)
        unseen = self.width - 1
        elsewhere = unseen if self.other is None else self.other
        places = np.array(
            [*(self.places.get(level, elsewhere) for level in levels), unseen if self.missing is None else self.missing]
        )[codes]
        out[np.arange(len(places)), places] = np.where(places == unseen, _UNSEEN, np.sqrt(0.5))


class MixedEmbedder:
    """Ranks of numbers and dates, scaled indicators of categories: the default embedder of tables.

    Numbers and dates become their mid-rank in the training data, in [0, 1]; one outside the real range lies outside
    [0, 1] by its distance in ranges, at most 2; a missing one is 0.5 with an indicator beside it, or -0.5 where the
    real data never miss it. Categories and booleans become one column per level, divided by the square root of 2, so
    that the squared distance of two rows adds 1 for each differing category, and 2 for a level (or a gap) that the
    training data lack; where there are more than 50 levels such a level shares the column of the rare ones.
    Columns of names, free text and single values are left out, which `notes` says. With several rows per unit the
    features are the mean over the rows, the last row, and log(1 + rows).
    """

    name = "mixed"

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._columns: dict[str, _Ranks | _OneHot] | None = None

    def fit(self, train: Dataset, *, seed: int) -> Self:
        """Learn ranks and levels from the training data.

        Parameters
        ----------
        train : Dataset
            Tabular.
        seed : int
            Not needed: nothing here is random.

        Raises
        ------
        DataError
            When the data are no table, or have no column that can be embedded.
        """
        del seed
        if train.modality != "tabular":
            message = f"embedder 'mixed' needs tabular data, got {train.modality} in {train.source!r}."
            raise DataError(message)
        self.notes = []
        columns: dict[str, _Ranks | _OneHot] = {}
        for column in train.schema.columns:
            if column.kind in _LEFT_OUT or column.name == train.key:
                reason = _LEFT_OUT.get(column.kind, "names of records")
                self.notes.append(f"The features leave out column {column.name!r} ({reason}).")
                continue
            kind = _OneHot if column.kind in {"category", "boolean"} else _Ranks
            made = kind.fit(train.table[column.name], nullable=column.nullable)
            if isinstance(made, _OneHot) and made.other is not None:
                self.notes.append(
                    f"The features join the rare levels of column {column.name!r}: the {MAX_LEVELS - 1} commonest "
                    "keep their own."
                )
            columns[column.name] = made
        if not columns:
            message = f"embedder 'mixed' needs a column of numbers, dates or categories, {train.source!r} has none."
            raise DataError(message)
        self._columns = columns
        return self

    def transform(self, dataset: Dataset) -> NDArray[np.float32]:
        """Features of a dataset with the same columns.

        Parameters
        ----------
        dataset : Dataset

        Returns
        -------
        ndarray of shape (n_units, d), float32

        Raises
        ------
        AuditkitError
            When `fit` was not called.
        """
        if self._columns is None:
            message = "embedder 'mixed' must be fitted before it transforms: call fit(train, seed=0)."
            raise AuditkitError(message)
        out = np.zeros((dataset.n_rows, sum(column.width for column in self._columns.values())), dtype=np.float32)
        start = 0
        for name, column in self._columns.items():
            column.write(dataset.table[name], out[:, start : start + column.width])
            start += column.width
        return out if dataset.unit_of_row is None else _pool(out, dataset.unit_of_row, len(dataset))


def _pool(rows: NDArray[np.float32], unit_of_row: NDArray[np.intp], n_units: int) -> NDArray[np.float32]:
    """Mean, last row and log(1 + rows) of each unit; rows of a unit are consecutive."""
    counts = np.bincount(unit_of_row, minlength=n_units)
    ends = np.cumsum(counts)
    if not n_units:
        return np.zeros((0, 2 * rows.shape[1] + 1), dtype=np.float32)
    sums = np.add.reduceat(rows.astype(np.float64), ends - counts, axis=0)
    return np.hstack([sums / counts[:, None], rows[ends - 1], np.log1p(counts)[:, None]]).astype(np.float32)
