"""What the functions on tables take: a column, a pair of columns or a whole table of each set, in one encoding."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import pandas as pd

from auditkit.data.any_table import frame_of
from auditkit.data.cells import CellKind, Cells
from auditkit.data.dataset import Dataset
from auditkit.data.joint import encode_frames, encode_sets
from auditkit.errors import AuditkitError, DataError, ShapeError, UndefinedError, UnknownNameError
from auditkit.metrics.tables.shapes import Levels, Ordered, levels_of, ordered_of

__all__ = [
    "column_sides",
    "have_schemas",
    "named_places",
    "named_sets",
    "pair_sides",
    "score_levels",
    "score_ordered",
    "table_sides",
]


def named_sets(*, real: Any, synthetic: Any, holdout: Any = None) -> dict[str, Any]:
    """Sets by their role, the real one first; without a holdout where there is none."""
    return {"real": real, "synthetic": synthetic} | ({} if holdout is None else {"holdout": holdout})


def column_sides(real: Any, synthetic: Any, kind: CellKind | Literal["ordered"]) -> tuple[Cells, Cells]:
    """One column of each set as Cells with one column called "values".

    Parameters
    ----------
    real, synthetic : column
        A series, a sequence, an array of one axis or a table with one column; their names need not agree.
    kind : {"number", "moment", "category", "ordered"}
        What the cells are read as; "ordered" is a moment where the real cells are dates, else a number.

    Raises
    ------
    ShapeError
        If a table has more than one column.
    SampleSizeError
        If a set has no row.
    DataError
        If cells cannot be read so.
    """
    frames = {}
    for role, given in (("real", real), ("synthetic", synthetic)):
        frame = frame_of(given, name=role)
        if frame.shape[1] != 1:
            raise ShapeError(f"`{role}` has {frame.shape[1]} columns: give one.")
        frames[role] = frame.set_axis(["values"], axis=1)
    if kind == "ordered":
        dates = any(pd.api.types.is_datetime64_any_dtype(frame["values"].dtype) for frame in frames.values())
        kind = "moment" if dates else "number"
    cells = encode_frames(frames, kinds={"values": kind})
    return cells["real"], cells["synthetic"]


def pair_sides(real: Any, synthetic: Any, kinds: Mapping[str, CellKind] | None) -> tuple[Cells, Cells]:
    """Two columns of each set, joined by name.

    Raises
    ------
    ShapeError
        If the sets do not share exactly two columns.
    DataError, SampleSizeError, UnknownNameError
        As for `table_sides`.
    """
    sides = table_sides({"real": real, "synthetic": synthetic}, kinds)
    if len(sides["real"].columns) != 2 or sides["real"].left_out:  # noqa: PLR2004 - a pair
        found = len(sides["real"].columns)
        raise ShapeError(f"expected the same two columns in `real` and `synthetic`, they share {found}: give a pair.")
    return sides["real"], sides["synthetic"]


def table_sides(sets: dict[str, Any], kinds: Mapping[str, CellKind] | None = None) -> dict[str, Cells]:
    """Whole tables; Datasets by their schema unless kinds are given.

    Raises
    ------
    DataError, SampleSizeError, UnknownNameError
        As for `auditkit.data.joint.encode_frames`.
    """
    return encode_sets(sets) if have_schemas(sets, kinds) else encode_frames(sets, kinds=kinds)


def have_schemas(sets: Mapping[str, Any], kinds: Mapping[str, CellKind] | None) -> bool:
    """Whether the kinds of columns are those of schemas: all sets are Datasets, and no kinds are given beside."""
    return kinds is None and all(isinstance(given, Dataset) for given in sets.values())


def named_places(cells: Cells, names: Iterable[str], *, argument: str) -> tuple[int, ...]:
    """Positions of the columns that an argument names.

    Raises
    ------
    AuditkitError
        If it names none, one twice, or is itself a text.
    DataError
        If one cannot be compared, with the reason.
    UnknownNameError
        If there is no such column.
    """
    if isinstance(names, str):
        raise AuditkitError(f"`{argument}` must be a list of columns, got the text {names!r}: write [{names!r}].")
    if not isinstance(names, Iterable):
        raise AuditkitError(f"`{argument}` must be a list of columns, got {names!r}: put their names in brackets.")
    asked = [str(name) for name in names]
    if not asked or len(set(asked)) < len(asked):
        found = "none" if not asked else "one twice"
        raise AuditkitError(f"`{argument}` must name at least one column, each once, got {found}.")
    for name in asked:
        if name in cells.left_out:
            raise DataError(f"column {name!r} of `{argument}` cannot be compared: {cells.left_out[name]}.")
        if name not in cells.names:
            raise UnknownNameError.of("column", name, cells.names, f"in `{argument}`")
    return tuple(cells.place(name) for name in asked)


def score_ordered(name: str, real: Any, synthetic: Any, logic: Callable[[Ordered, Ordered], float]) -> float:
    """Value of the logic on two columns of numbers or dates; its reason for having none names the metric."""
    sides = column_sides(real, synthetic, "ordered")
    try:
        return logic(ordered_of(sides[0], 0), ordered_of(sides[1], 0))
    except UndefinedError as error:
        raise UndefinedError(f"{name} is undefined: {error}.") from None


def score_levels(name: str, real: Any, synthetic: Any, logic: Callable[[Levels, Levels], float]) -> float:
    """The same on two columns of categories."""
    sides = column_sides(real, synthetic, "category")
    try:
        return logic(levels_of(sides[0], 0), levels_of(sides[1], 0))
    except UndefinedError as error:
        raise UndefinedError(f"{name} is undefined: {error}.") from None
