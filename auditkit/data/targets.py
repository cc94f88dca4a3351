"""Target distributions over classes and groups: equal, real's, or the user's; and how many units of each that takes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from auditkit.data.amounts import has_amounts, is_amount
from auditkit.data.levels import level_text, sort_levels
from auditkit.errors import DataError, ShapeError, UnknownNameError

if TYPE_CHECKING:
    from auditkit.data.dataset import Dataset

__all__ = ["Level", "Strata", "Target", "cell_name", "counts_of", "most_units", "strata_of", "target_shares"]

Level: TypeAlias = tuple[str, ...]
Target: TypeAlias = Literal["equal", "real"] | Mapping[Any, float]
"""Equal shares, the real set's, or a share (or weight) per level; of several columns per tuple of levels."""


@dataclass(frozen=True, eq=False)
class Strata:
    """Which class and group each unit of a set is of.

    Attributes
    ----------
    by : tuple of str
        Columns.
    codes : ndarray of intp, shape (n_units,)
    levels : tuple of tuple of str
        Per code the level in each column; a missing value is `"(missing)"`. Only what occurs, in order.
    """

    by: tuple[str, ...]
    codes: NDArray[np.intp]
    levels: tuple[Level, ...]

    def counts(self) -> dict[Level, int]:
        """Units of each."""
        found = np.bincount(self.codes, minlength=len(self.levels))
        return dict(zip(self.levels, found.tolist(), strict=True))

    def places(self, level: Level) -> NDArray[np.intp]:
        """Where the units of one stand."""
        if level not in self.levels:
            return np.empty(0, dtype=np.intp)
        return np.flatnonzero(self.codes == self.levels.index(level))


def cell_name(by: Sequence[str], level: Level) -> str:
    """A class or group in words, as `"sex = Female"`, `"sex = Female, income = >50K"`."""
    return ", ".join(f"{name} = {value}" for name, value in zip(by, level, strict=True))


def strata_of(dataset: Dataset, by: str | Sequence[str]) -> Strata:
    """Units of a set by one column, or by the intersections of several.

    Parameters
    ----------
    dataset : Dataset
    by : str or sequence of str
        Columns of classes or groups.

    Raises
    ------
    UnknownNameError
        If there is no such column.
    DataError
        If no column is named, or one holds amounts.
    """
    names = (by,) if isinstance(by, str) else tuple(by)
    if not names:
        raise DataError("quotas and targets need at least one column: give by='column'.")
    for name in names:
        if has_amounts(dataset.schema, name) and is_amount(dataset.table[name]):
            raise DataError(
                f"column {name!r} of {dataset.source} holds amounts, of which quotas and targets have no classes: "
                "load a column of its bins as well, and name that."
            )
    columns = [dataset.group_values(name) for name in names]
    found: list[Level] = [tuple(str(value) for value in row) for row in zip(*columns, strict=True)]
    orders = [{level: place for place, level in enumerate(sort_levels(map(str, column)))} for column in columns]
    levels = sorted(set(found), key=lambda row: [order[value] for order, value in zip(orders, row, strict=True)])
    number = {level: place for place, level in enumerate(levels)}
    return Strata(names, np.array([number[row] for row in found], dtype=np.intp), tuple(levels))


# Thirds written with two digits add up to 0.99.
_TOLERANCE = 0.011


def target_shares(target: Target, *, strata: Strata, real: Dataset | None = None) -> dict[Level, float]:
    """Share of each class or group in the target distribution.

    Parameters
    ----------
    target : {"equal", "real"} or mapping
    strata : Strata
        Of the set that is to get there.
    real : Dataset, optional
        Where `"real"` looks, and whose levels `"equal"` divides among where it is given.

    Returns
    -------
    dict of tuple to float
        They sum to 1; only shares above 0.

    Raises
    ------
    DataError
        If there is no real set to look at, or the user's shares cannot be.
    UnknownNameError
        For another word.
    """
    if isinstance(target, Mapping):
        return _given(target, strata)
    if target not in ("equal", "real"):
        raise UnknownNameError.of("target", str(target), ("equal", "real"))
    if real is None and target == "real":
        raise DataError("the target 'real' needs the real data: pass real=, or the shares themselves.")
    counts = (strata if real is None else strata_of(real, strata.by)).counts()
    if not counts:
        raise DataError("a target needs units to look at, and the set is empty: give some.")
    total = sum(counts.values())
    return {level: (count / total if target == "real" else 1 / len(counts)) for level, count in counts.items()}


def counts_of(shares: Mapping[Level, float], size: int) -> dict[Level, int]:
    """Whole numbers of units nearest to the shares that add up to a size, by largest remainders.

    Examples
    --------
    >>> counts_of({("a",): 0.5, ("b",): 0.25, ("c",): 0.25}, 6)
    {('a',): 3, ('b',): 2, ('c',): 1}
    """
    exact = {level: share * size for level, share in shares.items()}
    # Shares such as 1/3 make 2.9999999999999996 of 9.
    counts = {level: math.floor(value + 1e-9) for level, value in exact.items()}
    left = sorted(exact, key=lambda level: counts[level] - exact[level])[: max(size - sum(counts.values()), 0)]
    return {level: count + (level in left) for level, count in counts.items()}


def most_units(shares: Mapping[Level, float], available: Mapping[Level, int]) -> tuple[int, Level | None]:
    """Largest set that has the target's shares, and the class or group that limits it.

    Levels without any unit are left out: nothing can be kept of them, whatever the size.

    Returns
    -------
    tuple of (int, tuple or None)
    """
    present = {level: share for level, share in shares.items() if available.get(level, 0) > 0}
    if not present:
        return 0, None
    total = sum(present.values())
    most = {level: available[level] * total / share for level, share in present.items()}
    limiting = min(most, key=lambda level: most[level])
    return math.floor(most[limiting] + 1e-9), limiting


def _given(target: Mapping[Any, float], strata: Strata) -> dict[Level, float]:
    shares: dict[Level, float] = {}
    for key, share in target.items():
        level = _level(key, len(strata.by))
        if isinstance(share, bool) or not isinstance(share, (int, float, np.number)) or not 0 <= share < math.inf:
            raise DataError(f"the share of {cell_name(strata.by, level)} must be a number from 0 on, got {share!r}.")
        shares[level] = float(share)
    total = sum(shares.values())
    if total <= 0:
        raise DataError(f"the shares of {', '.join(strata.by)} add up to 0: give one of them more.")
    if abs(total - 1) > _TOLERANCE and not all(share.is_integer() for share in shares.values()):
        raise DataError(
            f"the shares of {', '.join(strata.by)} add up to {total:.4g}: give shares that add up to 1, or whole "
            "numbers for how many there are of one to another."
        )
    return {level: share / total for level, share in shares.items() if share > 0}


def _level(key: Any, n_columns: int) -> Level:
    parts: Iterable[Any] = key if isinstance(key, tuple) else (key,)
    if isinstance(key, str) and n_columns > 1:
        parts = key.split(", ")  # as a config writes them, whose keys are text
    level = tuple(level_text(part) for part in parts)
    if len(level) != n_columns:
        raise ShapeError(
            f"a target over {n_columns} column{'s' * (n_columns > 1)} needs {n_columns} level"
            f"{'s' * (n_columns > 1)} per share, got {key!r}."
        )
    return level
