"""What a set's columns are: kinds, levels, ranges. Inferred from the real data, then held against every other set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from auditkit.errors import UnknownNameError
from auditkit.kinds import Kind, Modality

__all__ = ["Column", "Kind", "Modality", "Schema"]


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name : str
    kind : {"numeric", "integer", "category", "boolean", "datetime", "text", "id", "constant"}
    levels : tuple of str
        Levels of a category, boolean or constant column as text, sorted; empty for other kinds.
    minimum, maximum : float or None
        Range of numbers; for datetimes seconds since 1970-01-01 UTC; None without a value.
    decimals : int or None
        Digits after the point that the values use; None when more than six or not a number.
    nullable : bool
        Whether cells are missing in the data it was inferred from.
    dtype : str
        Pandas dtype of the column when nothing is missing: `"float64"`, `"int64"`, `"bool"`, `"str"` or
        `"datetime64[us]"`. A category whose cells are numbers keeps its numbers.
    """

    name: str
    kind: Kind
    levels: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    decimals: int | None = None
    nullable: bool = False
    dtype: str = "str"

    def to_json(self) -> dict[str, Any]:
        """Mapping of plain types, the inverse of `from_json`."""
        return {f.name: getattr(self, f.name) for f in fields(self)} | {"levels": list(self.levels)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Column:
        """Column from what `to_json` wrote."""
        return cls(**{**data, "levels": tuple(data["levels"])})


@dataclass(frozen=True)
class Schema:
    """Columns of a set, in order, and what its samples share where they are no rows.

    Attributes
    ----------
    columns : tuple of Column
    shape : tuple of int or None
        Height, width and channels of an image; channels of a recording or series; empty for texts; None for tables.
    rate : int or None
        Recordings: samples per second and channel, in Hz.
    channels : tuple of str
        Series: names of the channels.
    """

    columns: tuple[Column, ...]
    shape: tuple[int, ...] | None = None
    rate: int | None = None
    channels: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __getitem__(self, name: str) -> Column:
        """Column by name.

        Raises
        ------
        UnknownNameError
            If there is no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise UnknownNameError.of("column", name, self.names)

    def of_kind(self, *kinds: Kind) -> tuple[str, ...]:
        """Names of the columns of these kinds, in order."""
        return tuple(column.name for column in self.columns if column.kind in kinds)

    def to_json(self) -> dict[str, Any]:
        """Mapping of plain types, the inverse of `from_json`."""
        return {
            "columns": [column.to_json() for column in self.columns],
            "shape": None if self.shape is None else list(self.shape),
            "rate": self.rate,
            "channels": list(self.channels),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Schema:
        """Schema from what `to_json` wrote."""
        shape = data.get("shape")
        return cls(
            tuple(Column.from_json(column) for column in data["columns"]),
            None if shape is None else tuple(int(size) for size in shape),
            data.get("rate"),
            tuple(str(name) for name in data.get("channels", ())),
        )
