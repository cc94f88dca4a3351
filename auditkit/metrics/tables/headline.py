"""One number for a table of columns that reacts to the worst of them: what reports of tables print first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.metrics.tables.between import APART
from auditkit.metrics.tables.shown import cell_text

__all__ = [
    "Headline",
    "Places",
    "column_rows",
    "headline_of",
    "headline_text",
    "lowered",
    "room_between",
    "worst_first",
    "worst_of",
]

_NO_ROOM = "no score of it has room between ceiling and floor"
_ABSENT = "the synthetic set lacks it"
_NO_SCORE = "nothing has room between ceiling and floor"
_RUINED = 0.5
"""A column whose own place is lower explains what is lost together with it."""

Double = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Places:
    """Where the scores of sets of columns lie between floor and ceiling.

    Attributes
    ----------
    columns : sequence of tuple of str
        One, two or three names per score.
    scores : ndarray of shape (n,)
        In [0, 1]; NaN where there is no place.
    rooms : ndarray of shape (n,)
        What a value counts: how far its ceiling is above its floor.
    """

    columns: Sequence[tuple[str, ...]]
    scores: Double
    rooms: Double

    def mean(self) -> float | None:
        """Mean of the places that there are, each by its room; None without one."""
        known = ~np.isnan(self.scores)
        return float(np.average(self.scores[known], weights=self.rooms[known])) if known.any() else None


@dataclass(frozen=True, eq=False)
class Headline:
    """One number with what it is made of.

    Attributes
    ----------
    score : float or None
        The lowest property, of which the lowest column leaves between half and all; None where nothing has a place.
    properties : mapping of str to float or None
        Mean place of each property, columns that the synthetic table lacks counting 0.
    columns : mapping of str to float or None
        Mean place of all that each column takes part in, by room, but for what a ruined partner explains; 0 for one
        that the synthetic table lacks.
    partners : mapping of str to tuple of str
        Ruined ones of each column that has a place only together with them.
    """

    score: float | None
    properties: Mapping[str, float | None]
    columns: Mapping[str, float | None]
    partners: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def frame(self, absent: Sequence[str] = ()) -> pd.DataFrame:
        """column, score, reason; the worst first, those without a score last."""
        rows = [(name, value, "" if value is not None else self._why(name)) for name, value in self.columns.items()]
        rows = [(name, value, _ABSENT if name in absent else reason) for name, value, reason in rows]
        return worst_first(pd.DataFrame(rows, columns=["column", "score", "reason"]))

    def _why(self, name: str) -> str:
        partners = self.partners.get(name, ())
        return f"only through its pair with {' or '.join(partners)}" if partners else _NO_ROOM


def worst_first(columns: pd.DataFrame) -> pd.DataFrame:
    """Lines with a `score`, the lowest first."""
    return columns.astype({"score": np.float64}).sort_values("score", kind="stable", ignore_index=True)


def worst_of(columns: pd.DataFrame) -> tuple[str, float] | None:
    """The first line's `column` and `score`; None where no line has a score."""
    found = columns[columns["score"].notna()]
    return (str(found["column"].iloc[0]), float(found["score"].iloc[0])) if len(found) else None


def headline_of(properties: Mapping[str, Places], names: Iterable[str], absent: Sequence[str] = ()) -> Headline:
    """One number of a table: the weakest property, of which the worst column may take half.

    score = min over properties of mean place x (1 + min over columns of mean place) / 2

    Parameters
    ----------
    properties : mapping of str to Places
        Such as shapes and pairs.
    names : iterable of str
        All columns that are compared.
    absent : sequence of str
        Columns that the synthetic table lacks.

    Returns
    -------
    Headline

    Notes
    -----
    A mean over columns hides a ruined one among many, and the smallest of all is the same for a table with one ruined
    column and for one that is noise. This product is 1 only for a table that is right throughout, at most 1/2 once a
    column is ruined or absent however many others there are, and tells such tables apart by what is left of them.
    Properties are not averaged either: columns that are shuffled apart keep their shapes and are worth nothing
    together. Noise of small sets lowers it: fresh rows of Adult score .72 to .96 at 100 rows a set, .82 to .99 at 500,
    .90 to .97 at 1,000 and .97 at 15,000. A pair with a column that is ruined itself (its own place is below 1/2 and
    below the other's) counts for that column alone. Where a column is absent and no other has a place, nothing speaks
    against the others: they count 1.
    """
    means: dict[str, float | None] = {}
    k = len(names := list(names))
    for name, places in properties.items():
        mean = places.mean()
        ways = len(places.columns[0]) if places.columns else 1
        kept = np.prod([(k - i) / (k + len(absent) - i) for i in range(min(ways, k))])
        mean = 1.0 if mean is None and absent else mean
        means[name] = None if mean is None else mean * float(kept)
    own, partners = _by_column(properties.values(), names)
    columns = dict.fromkeys(absent, 0.0) | own
    found = [mean for mean in means.values() if mean is not None]
    lowest = [value for value in columns.values() if value is not None]
    score = lowered(min(found), min(lowest)) if found and lowest else None
    return Headline(score, means, columns, partners)


def _by_column(
    properties: Iterable[Places], names: Sequence[str]
) -> tuple[dict[str, float | None], dict[str, tuple[str, ...]]]:
    """Place of each column, and of those without one the ruined partners that they have places with."""
    judged = [
        (item.columns[number], float(item.scores[number]), float(item.rooms[number]))
        for item in properties
        for number in np.flatnonzero(~np.isnan(item.scores)).tolist()
    ]
    alone = {columns[0]: score for columns, score, _ in judged if len(columns) == 1}
    sums, rooms = dict.fromkeys(names, 0.0), dict.fromkeys(names, 0.0)
    ruined: dict[str, dict[str, None]] = {}
    for columns, score, room in judged:
        for name in columns:
            lower = [other for other in columns if alone.get(other, 1.0) < min(_RUINED, alone.get(name, 1.0))]
            if lower:
                ruined.setdefault(name, {}).update(dict.fromkeys(lower))
            else:
                sums[name] += score * room
                rooms[name] += room
    # Of columns that are as low as each other, the one that is low by itself drags the others down.
    order = sorted(names, key=lambda name: alone.get(name, 1.0))
    found = {name: sums[name] / rooms[name] if rooms[name] > 0 else None for name in order}
    return found, {name: tuple(ruined[name]) for name in order if found[name] is None and name in ruined}


def headline_text(what: str, score: float | None, parts: Mapping[str, float | None], columns: pd.DataFrame) -> str:
    """One line: the score, its parts and the worst column; without a score the reason."""
    if score is None:
        return f"{what} - ({_NO_SCORE})"
    said = ", ".join(f"{name} {cell_text(part)}" for name, part in parts.items())
    worst = worst_of(columns)
    ending = "" if worst is None else f"; worst column {worst[0]!r} {cell_text(worst[1])}"
    return f"{what} {cell_text(score)} ({said}{ending})"


def column_rows(columns: pd.DataFrame) -> list[tuple[str, float, str]]:
    """Lines of a printed table."""
    return list(columns[["column", "score", "reason"]].itertuples(index=False, name=None))


def lowered(weakest: float, worst: float) -> float:
    """The weakest property, less up to half of it for the worst column."""
    return weakest * (1.0 + worst) / 2.0


def room_between(ceiling: Double, floor: Double, error: float | Double) -> Double:
    """How far ceilings are above floors, at least as far as a place needs."""
    return np.maximum(ceiling - floor, np.maximum(APART * error, float(np.finfo(np.float64).tiny)))
