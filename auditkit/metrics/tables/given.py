"""What users give, encoded once, and the columns that they name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from auditkit.data.cells import Cells
from auditkit.errors import AuditkitError, DataError, UnknownNameError
from auditkit.metrics.tables.sides import table_sides

__all__ = ["encode_given", "named_places"]


def encode_given(*, real: Any, synthetic: Any, holdout: Any = None) -> tuple[Cells, Cells, Cells | None]:
    """Two or three sets in one encoding; kinds by the schema where all are Datasets, else by the type of the cells.

    Raises
    ------
    DataError, SampleSizeError
        As for `encode_frames`.
    """
    given = {"real": real, "synthetic": synthetic} | ({} if holdout is None else {"holdout": holdout})
    cells = table_sides(given, None)
    return cells["real"], cells["synthetic"], cells.get("holdout")


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
