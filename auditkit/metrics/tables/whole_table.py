"""The table of a side of an audit, for metrics that need one."""

from __future__ import annotations

from auditkit.data.cells import Cells
from auditkit.errors import UndefinedError
from auditkit.metrics.products import Side

__all__ = ["table_of"]


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
