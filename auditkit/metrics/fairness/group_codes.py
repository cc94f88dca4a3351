"""Groups of units as whole numbers: one column, or the intersections of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit.data.levels import MISSING, level_text, sort_levels
from auditkit.errors import ShapeError
from auditkit.metrics.fairness.value_codes import Codes, code_values

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Groups", "read_groups"]


@dataclass(frozen=True, eq=False)
class Groups:
    """Which group each unit belongs to.

    Attributes
    ----------
    codes : ndarray of intp, shape (n,)
        Number of the unit's group.
    levels : tuple of tuple
        Per group its value in each column, as given; a missing value is `"(missing)"`.
    names : tuple of str
        Names of the columns; a single column without a name is `"group"`.
    n_missing : int
        Units with a missing value in some column.
    """

    codes: Codes
    levels: tuple[tuple[Any, ...], ...]
    names: tuple[str, ...]
    n_missing: int

    def __len__(self) -> int:
        return len(self.levels)

    def name(self, code: int) -> str:
        """A group in words, as `"Female"`, or `"sex=Female, race=Black"` where there are several columns."""
        level = [level_text(value) for value in self.levels[code]]
        if len(level) == 1:
            return level[0]
        return ", ".join(f"{name}={value}" for name, value in zip(self.names, level, strict=True))

    def index(self) -> pd.Index:
        """Index of a frame with a row per group."""
        import pandas as pd  # noqa: PLC0415

        if len(self.names) == 1:
            return pd.Index([level[0] for level in self.levels], name=self.names[0])
        return pd.MultiIndex.from_tuples(self.levels, names=self.names)


def read_groups(groups: Any, *, n: int, name: str = "groups") -> Groups:
    """Groups of units from one column, or the intersections of several.

    Parameters
    ----------
    groups : array-like of shape (n,) or (n, c), frame, or mapping of column to values
        Values of any type. A missing value is a level of its own, called `"(missing)"`.
    n : int
        Units that are expected.
    name : str, default "groups"
        What messages call it.

    Returns
    -------
    Groups
        Only intersections that occur; in order of their levels, "(missing)" last.

    Raises
    ------
    ShapeError
        If the number of units differs.

    Examples
    --------
    >>> found = read_groups(["b", "a", None, "a"], n=4)
    >>> found.codes.tolist(), [found.name(code) for code in range(len(found))], found.n_missing
    ([1, 0, 2, 0], ['a', 'b', '(missing)'], 1)
    """
    columns = _columns(groups, name)
    coded = {key: code_values(values, name) for key, values in columns.items()}
    for codes, _ in coded.values():
        if len(codes) != n:
            raise ShapeError(f"`{name}` has {len(codes)} units, the labels have {n}: give a group for every unit.")
    ordered = [_in_order(*item) for item in coded.values()]
    joint: Codes = np.zeros(n, dtype=np.intp)
    tuples: list[tuple[Any, ...]] = [()]
    for codes, levels in ordered:
        # Renumbered column by column: the product of many level counts would leave the range of integers.
        used, joint = np.unique(joint * len(levels) + codes, return_inverse=True)
        tuples = [(*tuples[code // len(levels)], levels[code % len(levels)]) for code in used]
    missing = np.zeros(n, dtype=bool)
    for codes, _ in coded.values():
        missing |= codes < 0
    return Groups(joint.astype(np.intp), tuple(tuples), tuple(columns), int(missing.sum()))


def _columns(groups: Any, name: str) -> dict[str, Any]:
    if isinstance(groups, Mapping) or hasattr(groups, "columns"):
        keys = groups if isinstance(groups, Mapping) else getattr(groups, "column_names", groups.columns)
        found = {str(key): groups[key] for key in keys}
        if not found:
            raise ShapeError(f"`{name}` has no column: give at least one.")
        return found
    of_rows = isinstance(groups, Sequence) and len(groups) > 0 and isinstance(groups[0], (list, tuple))
    array = groups if hasattr(groups, "ndim") else np.array(groups, dtype=object) if of_rows else None
    if array is not None and array.ndim == 2:  # noqa: PLR2004 - a table
        if array.shape[1] == 1:
            return {"group": array[:, 0]}
        if array.shape[1] == 0:
            raise ShapeError(f"`{name}` has no column: give at least one.")
        return {f"group_{place}": array[:, place] for place in range(array.shape[1])}
    return {str(getattr(groups, "name", None) or "group"): groups}


def _in_order(codes: Codes, levels: list[Any]) -> tuple[Codes, list[Any]]:
    """Codes by the order of levels, missing last, merged with values that are called so."""
    texts = [level_text(level) for level in levels]
    names = [text for text in sort_levels(texts) if text != MISSING]
    value = dict(zip(texts, levels, strict=True))
    ordered = [value[text] for text in names]
    if MISSING in texts or (codes < 0).any():
        ordered.append(MISSING)
    number = {text: place for place, text in enumerate(names)}
    return np.array([*(number.get(text, len(names)) for text in texts), len(names)], dtype=np.intp)[codes], ordered
