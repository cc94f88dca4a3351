"""Columns that one table lacks and the other one may have under a new name."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

import pandas as pd

from auditkit.data.levels import level_text

__all__ = ["renamed_columns"]

_ALIKE = 0.6
_MOST_LEVELS = 10_000
_FEWEST_LEVELS = 2


def renamed_columns(real: Mapping[str, pd.Series], other: Mapping[str, pd.Series]) -> dict[str, str]:
    """Columns that another table lacks, and the one that it has in each one's place.

    Parameters
    ----------
    real, other : mapping of str to Series
        Columns by name, as of a data frame.

    Returns
    -------
    dict of str to str
        In the order of `real`. A name counts that is similar, without regard to case, blanks and signs; else a column
        of which the values are the same ones, where there is one such column only.

    Examples
    --------
    >>> real = {"age": pd.Series([1, 2]), "town": pd.Series(["Bern", "Basel", "Bern"])}
    >>> renamed_columns(real, {"Age ": pd.Series([5, 6]), "ort": pd.Series(["Basel", "Bern"])})
    {'age': 'Age ', 'town': 'ort'}
    """
    absent = [name for name in real if name not in other]
    extra = [name for name in other if name not in real]
    found: dict[str, str] = {}
    for name in absent:
        plain = {_plain(str(item)): item for item in reversed(extra) if item not in found.values()}
        near = difflib.get_close_matches(_plain(str(name)), list(plain), n=1, cutoff=_ALIKE)
        if near:
            found[name] = plain[near[0]]
    left = [name for name in absent if name not in found]
    others = {name: _values(other[name]) for name in extra if left and name not in found.values()}
    for name in left:
        own = _values(real[name])
        same = [item for item, values in others.items() if own is not None and values == own]
        if len(same) == 1:
            found[name] = same[0]
            del others[same[0]]
    return {name: found[name] for name in absent if name in found}


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum()) or name


def _values(cells: pd.Series) -> frozenset[str] | None:
    """Distinct values as text; None for too few to be a mark, or too many to be told again."""
    values = cells.dropna().unique()
    if not _FEWEST_LEVELS <= len(values) <= _MOST_LEVELS:
        return None
    return frozenset(level_text(value) for value in values)
