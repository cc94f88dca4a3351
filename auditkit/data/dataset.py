"""A set of samples: what it holds, which columns play a role, and how its units are named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from os import PathLike
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from auditkit.data.casting import cast_table
from auditkit.data.frames import canonical_frame
from auditkit.data.inference import infer_schema
from auditkit.data.levels import level_values
from auditkit.data.outgoing import Outgoing
from auditkit.data.role_kinds import role_kinds
from auditkit.data.samples import ArraySamples, Samples
from auditkit.data.schema import Kind, Modality, Schema
from auditkit.data.splits import part_sizes, split_strata, split_units
from auditkit.data.units import arrange_units, check_constant, check_ids, check_roles, places_in, unique_ids
from auditkit.errors import DataError, ShapeError, UnknownNameError

__all__ = ["Dataset"]


@dataclass(frozen=True, eq=False)
class Dataset(Outgoing):
    """Samples of one modality with their columns. Nothing in it is ever changed in place.

    A sample is one unit: a row, an image, or with `key` all rows of one key. `len`, `take`, `split` and `ids` count
    units. Make one with `load` or `Dataset.of_table`.

    Attributes
    ----------
    table : pandas.DataFrame
        For tables every column, the label included; for other data the label, groups and metadata.
    samples : Samples or None
        The images, texts, recordings or series; None for tables.
    schema : Schema
    modality : {"tabular", "image", "text", "audio", "series"}
    label : str or None
        Column to predict.
    groups : tuple of str
        Columns whose levels are compared.
    key, order : str or None
        Column that names the unit of a row, and column that orders the rows of a unit.
    ids : ndarray of str, shape (n_units,)
        Names of the units, unique and stable through `take`, `split` and `concat`.
    source : str
        Name for messages, never a path.
    origin : ndarray of str, shape (n_units,), or None
        Name of the set that each unit came from, after `concat`.
    weights : ndarray of float64, shape (n_units,), or None
    unit_of_row : ndarray of int, shape (n_rows,), or None
        Unit of each row, ascending; only with `key`.
    provenance : mapping or None
        Where the units come from; docs/merging.md has every key.
    """

    table: pd.DataFrame
    samples: Samples | None
    schema: Schema
    modality: Modality
    label: str | None = None
    groups: tuple[str, ...] = ()
    key: str | None = None
    order: str | None = None
    ids: NDArray[np.str_] = field(default_factory=lambda: np.empty(0, dtype=np.str_))
    source: str = "the data"
    origin: NDArray[np.str_] | None = None
    weights: NDArray[np.float64] | None = None
    unit_of_row: NDArray[np.intp] | None = None
    provenance: Mapping[str, Any] | None = None

    @classmethod
    def of_table(
        cls,
        frame: pd.DataFrame,
        *,
        label: str | None = None,
        groups: Sequence[str] = (),
        key: str | None = None,
        order: str | None = None,
        columns: Mapping[str, Kind] | None = None,
        schema: Schema | None = None,
        samples: Samples | None = None,
        source: str = "the table",
    ) -> Dataset:
        """Set from a frame, and samples where given.

        Parameters
        ----------
        frame : pandas.DataFrame
            Left as it is.
        label, groups, key, order
            Roles of columns.
        columns : mapping of str to str, optional
            Kinds declared for columns.
        schema : Schema, optional
            Schema to read the frame with, instead of inferring one.
        samples : Samples, optional
            One image, text, recording or series per row.
        source : str

        Raises
        ------
        DataError
            If the frame is empty, cells cannot be read, or a label or group changes within a unit.
        UnknownNameError
            If a role names no column.
        """
        roles = tuple(groups)
        table = canonical_frame(frame, source=source, known=() if schema is None else schema.names)
        check_roles(table, label=label, groups=roles, key=key, order=order, source=source)
        if samples is not None and len(samples) != len(table):
            message = f"{source} has {len(samples)} samples and {len(table)} rows of columns: give one row per sample."
            raise ShapeError(message)
        if schema is None:
            told, amounts = columns or {}, samples is None
            kinds = role_kinds(table, label=label, groups=roles, key=key, declared=told, source=source, amounts=amounts)
            schema = infer_schema(table, overrides=kinds, key=key, source=source)
            if samples is not None:
                schema = replace(schema, shape=samples.shape, rate=samples.rate, channels=samples.channels)
        table = cast_table(table, schema)
        table, unit_of_row, ids = arrange_units(table, key=key, order=order, source=source)
        check_constant(table, unit_of_row, [name for name in (label, *roles) if name is not None], source=source)
        modality: Modality = "tabular" if samples is None else samples.modality
        return cls(table, samples, schema, modality, label, roles, key, order, ids, source, unit_of_row=unit_of_row)

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        label = f", label={self.label!r}" if self.label else ""
        return f"Dataset({self.source!r}, {self.modality}, {len(self)} units, {len(self.table.columns)} columns{label})"

    @property
    def n_rows(self) -> int:
        """Rows of the table; more than the units only with `key`."""
        return len(self.table)

    @property
    def frame(self) -> pd.DataFrame:
        """The table, a copy."""
        return self.table.copy()

    def arrays(self) -> NDArray[Any]:
        """All samples that are no rows: images as uint8 of shape (n, H, W, C), else one object per unit.

        Texts are str, recordings float32 of shape (t, channels), series float64 of shape (t, channels).

        Raises
        ------
        DataError
            If the set is a table.
        """
        if self.samples is None:
            raise DataError(f"{self.source} is tabular data, its units are rows: use its table.")
        return self.samples.take(np.arange(len(self)))

    @cached_property
    def label_values(self) -> NDArray[np.object_] | None:
        """Label of each unit as text, `"(missing)"` where missing; None without a label."""
        return None if self.label is None else self.group_values(self.label)

    def group_values(self, name: str) -> NDArray[np.object_]:
        """Level of each unit in a column as text, `"(missing)"` where missing.

        Raises
        ------
        UnknownNameError
            If there is no such column.
        """
        if name not in self.table.columns:
            raise UnknownNameError.of("column", name, self.table.columns, f"in {self.source}")
        values = level_values(self.table[name])
        return values if self.unit_of_row is None else values[self._starts]

    @cached_property
    def _starts(self) -> NDArray[np.intp]:
        """First row of each unit."""
        if self.unit_of_row is None:
            return np.arange(len(self), dtype=np.intp)
        return np.searchsorted(self.unit_of_row, np.arange(len(self)))

    def rows_of(self, index: ArrayLike) -> NDArray[np.intp]:
        """Rows of the units at these places, unit after unit."""
        places = np.asarray(index, dtype=np.intp)
        if self.unit_of_row is None:
            return places
        bounds = np.append(self._starts, self.n_rows)
        rows = [np.arange(bounds[place], bounds[place + 1]) for place in places]
        return np.concatenate(rows) if rows else np.empty(0, dtype=np.intp)

    def take(self, index: ArrayLike) -> Dataset:
        """Units at these places, in this order.

        Parameters
        ----------
        index : array of int, or of bool with one entry per unit
            A place may repeat; the id of a repeated unit gets `#2`, `#3` behind it, so that ids stay unique.

        Raises
        ------
        ShapeError
            If a place lies outside the set, or a mask has another length.
        """
        places = places_in(index, n=len(self), source=self.source)
        rows = self.rows_of(places)
        repeats = len(np.unique(places)) < len(places)
        unit_of_row = None
        if self.unit_of_row is not None:
            counts = np.diff(np.append(self._starts, self.n_rows))[places]
            unit_of_row = np.repeat(np.arange(len(places)), counts)
        return replace(
            self,
            table=self.table.take(rows).reset_index(drop=True),
            samples=None if self.samples is None else self.samples.select(places),
            ids=unique_ids(self.ids[places]) if repeats else self.ids[places],
            origin=None if self.origin is None else self.origin[places],
            weights=None if self.weights is None else self.weights[places],
            unit_of_row=unit_of_row,
        )

    def split(self, *, holdout: float = 0.2, test: float = 0.2, seed: int = 0) -> tuple[Dataset, ...]:
        """Train, holdout and test parts, with the same mix of labels (quarters of an amount) and groups where possible.

        Parameters
        ----------
        holdout, test : float in [0, 1)
            Shares of the units; a part of share 0 is left out of the result.
        seed : int

        Returns
        -------
        tuple of Dataset
            Disjoint parts that cover the set; units keep their order and ids.

        Raises
        ------
        DataError
            If the shares leave nothing to train on, or a part would be empty.

        Examples
        --------
        >>> real = Dataset.of_table(pd.DataFrame({"x": range(10), "y": [0, 1] * 5}), label="y")
        >>> [len(part) for part in real.split(holdout=0.2, test=0.2, seed=0)]
        [6, 2, 2]
        """
        shares = [1.0 - holdout - test, holdout, test]
        if min(holdout, test) < 0 or shares[0] <= 0:
            raise DataError(f"split needs holdout and test in [0, 1) with a sum below 1, got {holdout!r} and {test!r}.")
        sizes = part_sizes(len(self), shares)
        if any(share > 0 and size == 0 for share, size in zip(shares, sizes, strict=True)):
            message = f"{self.source} has {len(self)} units, too few for parts of {sizes}: ask for fewer parts."
            raise DataError(message)
        parts = split_units(split_strata(self), sizes=sizes, rng=np.random.default_rng(seed))
        return tuple(self.take(part) for part, share in zip(parts, shares, strict=True) if share > 0)

    def concat(self, *others: Dataset) -> Dataset:
        """Units of this set and of the others behind each other, each with its `origin`.

        Ids stay as they are where they are unique together, else they get the name of their set before them.

        Raises
        ------
        DataError
            If the sets differ in modality, columns or image shape.
        """
        from auditkit.data.joining import join_sets  # noqa: PLC0415 - joining builds on this class

        return join_sets([self, *others])

    def batches(self, size: int) -> Iterator[Dataset]:
        """Units in order, `size` at a time; the last batch may be shorter.

        Raises
        ------
        ShapeError
            If the size is below 1.
        """
        if size < 1:
            raise ShapeError(f"a batch needs at least 1 unit, got size={size}.")
        for start in range(0, len(self), size):
            yield self.take(np.arange(start, min(start + size, len(self))))

    def with_roles(
        self,
        *,
        label: str | None = None,
        groups: Sequence[str] | None = None,
        overrides: Mapping[str, Kind] | None = None,
    ) -> Dataset:
        """The same units with another label, other groups or other kinds; what is not given stays.

        Parameters
        ----------
        label : str, optional
        groups : sequence of str, optional
        overrides : mapping of str to str, optional
            Kinds of columns.

        Returns
        -------
        Dataset

        Raises
        ------
        UnknownNameError
            If a role or an override names no column.
        DataError
            If a column cannot be of its new kind, or a label or group changes within a unit.
        """
        from auditkit.data.roles import change_roles  # noqa: PLC0415 - roles build on this class

        return change_roles(self, label=label, groups=groups, overrides=overrides or {})

    def replace_table(
        self,
        frame: pd.DataFrame,
        *,
        samples: Samples | NDArray[np.uint8] | None = None,
        ids: Sequence[str] | None = None,
        source: str | None = None,
    ) -> Dataset:
        """New units with this set's schema and roles, as a generator makes them.

        Parameters
        ----------
        frame : pandas.DataFrame
            Every column of the schema; cells are cast to the schema's types where nothing is lost.
        samples : Samples or ndarray of uint8 (n, H, W, C), optional
            Images of the new units.
        ids : sequence of str, optional
            Names of the new units, in order; row numbers (or keys) by default.
        source : str, optional
            Name of the new set.

        Raises
        ------
        DataError
            If columns are missing or ids repeat.
        """
        missing = [name for name in self.schema.names if name not in frame.columns]
        if missing:
            message = f"the new table lacks column(s) {', '.join(missing)}: give every column of {self.source}."
            raise DataError(message)
        images = ArraySamples(samples) if isinstance(samples, np.ndarray) else samples
        made = Dataset.of_table(
            frame[list(self.schema.names)],
            label=self.label,
            groups=self.groups,
            key=self.key,
            order=self.order,
            schema=self.schema,
            samples=images,
            source=source or self.source,
        )
        return made if ids is None else replace(made, ids=check_ids(ids, n=len(made)))

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the content (columns, cells, pixels, roles) as hex; the same at every load of the same data."""
        from auditkit.data.digests import content_hash  # noqa: PLC0415 - digests build on this class

        return content_hash(self)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the set: csv, csv.gz, parquet or jsonl for tables; npz or a folder for images.

        The file appears whole or not at all. The same set gives the same bytes. The provenance of a synthetic set goes
        to `<name>.provenance.json` beside it, where `load` finds it.

        Raises
        ------
        DataError
            If the suffix says no known format, or the format cannot hold this set.
        """
        from auditkit.data.saving import save_dataset  # noqa: PLC0415 - saving builds on this class

        save_dataset(self, path)
