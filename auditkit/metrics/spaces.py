"""What rows are compared by: features of theirs, or as rows of a table cell by cell."""

from __future__ import annotations

from typing import Literal

from auditkit.metrics.parameters import one_of

__all__ = ["Space", "is_mixed"]

Space = Literal["features", "mixed"]
"""Whether rows are compared by their features or, as rows of a table, cell by cell."""


def is_mixed(space: Space) -> bool:
    """Whether rows are compared cell by cell.

    Raises
    ------
    UnknownNameError
        If there is no such space.
    """
    one_of("space", space, Space)
    return space == "mixed"
