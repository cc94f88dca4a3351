"""Tables into vectors in which every cell that differs adds at most 1 to the squared distance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import single_threaded
from auditkit.errors import AuditkitError, DataError
from auditkit.features.columns import MAX_LEVELS, Grid, OneHot, Ranks
from auditkit.features.registry import EmbedderState, check_version
from auditkit.results import MIN_CELL

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["MAX_LEVELS", "MixedEmbedder"]

VERSION = 2
"""Raised whenever the same data get other features."""

GRID, BLUR = 100, 3
"""Where no record may be kept."""

MOST_DIRECTIONS = 32

_NAMED = 5
"""Columns that a message names at most."""
_LEFT_OUT = {"id": "names of records", "text": "free text", "constant": "one value only"}


class MixedEmbedder:
    """Ranks of numbers and dates, scaled indicators of categories: the default embedder of tables.

    Numbers and dates become their mid-rank in the training data, in [0, 1]; one outside the real range lies outside
    [0, 1] by its distance in ranges, at most 2; a missing one is 0.5 with an indicator beside it, or -0.5 where the
    real data never miss it. Categories and booleans become one column per level, divided by the square root of 2, so
    that the squared distance of two rows adds 1 for each differing category, and 2 for a level (or a gap) that the
    training data lack; where there are more than 50 levels such a level shares the column of the rare ones.
    Columns of names, free text and single values are left out, which `notes` says. With several rows per unit the
    features are the mean over the rows, the last row, and log(1 + rows).

    Parameters
    ----------
    grid : int, optional
        Read ranks off a grid of about this many cells of at least 5 real values each, and let levels with fewer than
        5 real rows share a column. Without it the fitted embedder holds every real number, sorted.
    blur : int, optional
        See the columns through one random direction for every `blur` of them, and 32 at most. Moments of all columns
        would tell how many records have any two levels; those of so few directions do not.
    """

    name = "mixed"

    def __init__(self, *, grid: int | None = None, blur: int | None = None) -> None:
        given = {"grid": grid, "blur": blur}
        for name, number in given.items():
            if number is not None and (isinstance(number, bool) or not isinstance(number, int) or number < 1):
                message = (
                    f"embedder 'mixed' needs a whole number from 1 on, got {name}={number!r}: give {name}=100, say."
                )
                raise AuditkitError(message)
        self._grid, self._blur = grid, blur
        shown = ",".join(f"{name}={number}" for name, number in given.items() if number is not None)
        self.name = f"mixed[{shown}]" if shown else "mixed"
        self.notes: list[str] = []
        self._columns: dict[str, Ranks | Grid | OneHot] | None = None
        self._directions: NDArray[np.float64] | None = None

    def fit(self, train: Dataset, *, seed: int) -> Self:
        """Learn ranks and levels from the training data.

        Parameters
        ----------
        train : Dataset
            Tabular.
        seed : int
            Draws the directions of a blur; nothing else is random.

        Raises
        ------
        DataError
            When the data are no table, or have no column that can be embedded.
        """
        if train.modality != "tabular":
            message = f"embedder 'mixed' needs tabular data, got {train.modality} in {train.source!r}."
            raise DataError(message)
        self.notes = []
        columns: dict[str, Ranks | Grid | OneHot] = {}
        for column in train.schema.columns:
            if column.kind in _LEFT_OUT or column.name == train.key:
                reason = _LEFT_OUT.get(column.kind, "names of records")
                self.notes.append(f"The features leave out column {column.name!r} ({reason}).")
                continue
            values, coarse = train.table[column.name], self._grid is not None
            moments = column.kind == "datetime"
            made: Ranks | Grid | OneHot
            if column.kind in {"category", "boolean"}:
                made = OneHot.fit(values, nullable=column.nullable, coarse=coarse)
                if made.other is not None:
                    self.notes.append(_joined(column.name, coarse=coarse))
            elif self._grid is not None:
                made = Grid.fit(values, cells=self._grid, moments=moments)
            else:
                made = Ranks.fit(values, nullable=column.nullable, moments=moments)
            columns[column.name] = made
        if not columns:
            raise DataError(_nothing_left(train))
        if set(columns) == {train.label} and train.schema.of_kind("text"):
            self.notes.append("Nothing but the label is left: to audit the texts themselves, say --modality text.")
        self._columns = columns
        self._directions = None
        if self._blur is not None:
            width = _width(columns)
            self._directions = _directions(width, min(max(1, width // self._blur), MOST_DIRECTIONS), seed=seed)
            self.notes.append(f"The {width} features are seen through {self._directions.shape[1]} random directions.")
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
        out = np.zeros((dataset.n_rows, _width(self._columns)), dtype=np.float32)
        start = 0
        for name, column in self._columns.items():
            column.write(dataset.table[name], out[:, start : start + column.width])
            start += column.width
        if self._directions is not None:
            with single_threaded():
                out = (out.astype(np.float64) @ self._directions).astype(np.float32)
        return out if dataset.unit_of_row is None else _pool(out, dataset.unit_of_row, len(dataset))

    def coarse(self) -> Self:
        """The embedder on a grid and behind a blur, of which neither state nor moments tell of a single record."""
        return type(self)(grid=self._grid or GRID, blur=self._blur or BLUR)

    def state(self) -> EmbedderState:
        """Columns of the fitted embedder; without a grid they hold every real number, sorted.

        Raises
        ------
        AuditkitError
            When `fit` was not called.
        """
        if self._columns is None:
            message = "embedder 'mixed' must be fitted before its state is kept: call fit(train, seed=0)."
            raise AuditkitError(message)
        about: list[dict[str, Any]] = []
        arrays: dict[str, NDArray[Any]] = {}
        for place, (name, column) in enumerate(self._columns.items()):
            plain, own = column.state()
            about.append({"name": name, **plain})
            arrays |= {f"{place}.{part}": values for part, values in own.items()}
        if self._directions is not None:
            arrays["directions"] = self._directions
        return EmbedderState({"version": VERSION, "notes": list(self.notes), "columns": about}, arrays)

    def restore(self, state: EmbedderState) -> Self:
        """Become the fitted embedder that gave this state.

        Raises
        ------
        AuditkitError
            If the state is of another version.
        """
        check_version(self.name, state, VERSION)
        kinds = {kind.kind: kind for kind in (Ranks, Grid, OneHot)}
        self._columns = {
            plain["name"]: kinds[plain["kind"]].restore(
                plain, {part: state.arrays[f"{place}.{part}"] for part in kinds[plain["kind"]].parts}
            )
            for place, plain in enumerate(state.about["columns"])
        }
        self._directions = state.arrays["directions"] if self._blur is not None else None
        self.notes = list(state.about["notes"])
        return self


def _nothing_left(train: Dataset) -> str:
    """Sentence about a table none of whose columns can be embedded."""
    said = f"embedder 'mixed' needs a column of numbers, dates or categories that varies, and {train.source!r} has none"
    found = {}
    for column in train.schema.columns:
        empty = column.kind == "constant" and not train.table[column.name].notna().any()
        found[column.name] = "no value at all" if empty else _LEFT_OUT.get(column.kind, _LEFT_OUT["id"])
    reasons = "; ".join(f"{name!r}: {reason}" for name, reason in list(found.items())[:_NAMED])
    rest = f"; {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return f"{said} ({reasons}{rest}): give one that holds different values."


def _width(columns: dict[str, Ranks | Grid | OneHot]) -> int:
    return sum(column.width for column in columns.values())


def _directions(width: int, n: int, *, seed: int) -> NDArray[np.float64]:
    """Orthonormal columns, drawn at random."""
    with single_threaded():
        drawn = np.linalg.qr(np.random.default_rng([seed, 5]).standard_normal((width, n)))[0]
    return np.ascontiguousarray(drawn)


def _joined(name: str, *, coarse: bool) -> str:
    """Sentence about levels that share a column."""
    kept = f"the {MAX_LEVELS - 1} commonest" if not coarse else f"those with at least {MIN_CELL} real rows"
    return f"The features join the rare levels of column {name!r}: {kept} keep their own."


def _pool(rows: NDArray[np.float32], unit_of_row: NDArray[np.intp], n_units: int) -> NDArray[np.float32]:
    """Mean, last row and log(1 + rows) of each unit; rows of a unit are consecutive."""
    counts = np.bincount(unit_of_row, minlength=n_units)
    ends = np.cumsum(counts)
    if not n_units:
        return np.zeros((0, 2 * rows.shape[1] + 1), dtype=np.float32)
    sums = np.add.reduceat(rows.astype(np.float64), ends - counts, axis=0)
    return np.hstack([sums / counts[:, None], rows[ends - 1], np.log1p(counts)[:, None]]).astype(np.float32)
