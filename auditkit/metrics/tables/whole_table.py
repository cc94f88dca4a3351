"""The table of a side of an audit, for metrics that need one."""

from __future__ import annotations

from auditkit.data.cells import Cells
from auditkit.errors import UndefinedError
from auditkit.metrics.products import Side

__all__ = ["rows_of", "table_of"]


def rows_of(side: Side) -> Cells:
    """Rows of a side: its table, or the rows of all its units, each of which counts once.

    Raises
    ------
    UndefinedError
        If it has none.
    """
    return table_of(side) if side.units is None else side.units.cells


def table_of(side: Side) -> Cells:
    """Table of a side.

    Raises
    ------
    UndefinedError
        If it has none.
    """
    if side.cells is None:
        message = "there is no table of one row per unit."
        raise UndefinedError(message)
    return side.cells
