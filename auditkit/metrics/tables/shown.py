"""What results of tables share: printed, they are a short text, the worst first; estimates are cells of frames."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from auditkit.results import Estimate

__all__ = ["Shown", "cell_text", "estimate_cells", "left_out_note", "short_text", "value_or_none"]

LINES = 10
"""Rows of a printed table; with its head and notes a dozen lines or so."""
_WIDTH = 44
_SAID = 160


class Shown:
    """A result whose `repr` is what it prints as, not all of its arrays."""

    def __repr__(self) -> str:
        return str(self)


def short_text(
    head: str, names: Sequence[str], rows: Sequence[Sequence[Any]], *, notes: Sequence[str] = (), more: str = ".frame()"
) -> str:
    """A line that says the most, a table of the first rows, and notes.

    Parameters
    ----------
    head : str
    names : sequence of str
        Of the columns.
    rows : sequence of sequence
        Texts, numbers, Estimates (with their interval) or None, the most telling row first.
    notes : sequence of str
        A line each, the first two.
    more : str
        Where the rows are that are not shown.

    Returns
    -------
    str

    Examples
    --------
    >>> print(short_text("two columns", ["column", "score"], [["age", 0.0], ["sex", None]]))
    two columns
      column  score
      age     0.000
      sex         -
    """
    lines = [head]
    if rows:
        shown = [list(names), *([cell_text(item) for item in row] for row in rows[:LINES])]
        widths = [max(len(row[place]) for row in shown) for place in range(len(names))]
        right = [not isinstance(_first(rows, place), str | tuple) for place in range(len(names))]
        for row in shown:
            cells = (
                cell.rjust(width) if end else cell.ljust(width)
                for cell, width, end in zip(row, widths, right, strict=True)
            )
            lines.append(f"  {'  '.join(cells)}".rstrip())
    if len(rows) > LINES:
        lines.append(f"  and {len(rows) - LINES} more in {more}")
    return "\n".join([*lines, *(_cut(note, _SAID) for note in notes[:2])])


def left_out_note(left_out: Mapping[str, str]) -> list[str]:
    """Columns that were left out, with why, as a note; none where none was."""
    return [f"left out: {'; '.join(f'{name}, {reason}' for name, reason in left_out.items())}"] if left_out else []


def value_or_none(item: Estimate | None) -> float | None:
    """The number of an estimate, where there is one."""
    return None if item is None else item.value


def estimate_cells(name: str, item: Estimate | None) -> dict[str, float | None]:
    """Value and limits of an estimate as cells of a frame, `name`, `low` and `high`; None where there is none."""
    if item is None:
        return {name: None, "low": None, "high": None}
    return {name: item.value, "low": item.low, "high": item.high}


def _first(rows: Sequence[Sequence[Any]], place: int) -> Any:
    return next((row[place] for row in rows if row[place] is not None), None)


def cell_text(item: Any) -> str:
    """A number with three decimals, an estimate with its interval, "-" for what is missing."""
    if isinstance(item, Estimate):
        value = cell_text(float(item.value))
        return value if item.low is None or item.high is None else f"{value} [{item.low:.3f}, {item.high:.3f}]"
    if item is None or (isinstance(item, float) and math.isnan(item)):
        return "-"
    if isinstance(item, tuple):
        item = ", ".join(map(str, item))
    if isinstance(item, float):
        return f"{item:.3f}" if item == 0 or abs(item) >= 0.001 else f"{item:.1g}"  # noqa: PLR2004 - three digits
    return _cut(str(item), _WIDTH)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 3]}..."
