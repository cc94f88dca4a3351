"""One column of a table as features: ranks of numbers, exact or off a grid, and indicators of levels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.casting import EXACT
from auditkit.data.cell_values import number_values
from auditkit.data.inference import as_numbers
from auditkit.data.levels import level_codes
from auditkit.results import MIN_CELL

__all__ = ["MAX_LEVELS", "Grid", "OneHot", "Ranks"]

MAX_LEVELS = 50
"""Columns of a category at most; beyond it the commonest 49 keep their own and the rest share one."""

_STEP, _HELD = 2**52, 2**63
_UNEXPECTED = -0.5
_MOST_BEYOND = 2.0
"""How far a number beyond the real range lies outside [0, 1] at most; one range beyond counts 1."""
_UNSEEN = np.sqrt(1.5)
"""A level that real data never have is at squared distance 2 from each that they have."""
Arrays = Mapping[str, NDArray[Any]]


class _Numbers:
    """What ranks and grids share: a missing number, and one beyond the real range."""

    values: NDArray[np.float64]
    nullable: bool
    moments: bool
    origin: int

    @property
    def width(self) -> int:
        return 2 if self.nullable else 1

    @property
    def _plain(self) -> dict[str, Any]:
        return {"nullable": self.nullable, "moments": self.moments, "origin": self.origin}

    def write(self, column: pd.Series, out: NDArray[np.float32]) -> None:
        numbers = _read(column, moments=self.moments, origin=self.origin)
        missing = np.isnan(numbers)
        ranks = self._ranks(numbers) + self._beyond(numbers)
        out[:, 0] = np.where(missing, 0.5 if self.nullable else _UNEXPECTED, ranks)
        if self.nullable:
            out[:, 1] = missing

    def _ranks(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mid-ranks in [0, 1]."""
        below = np.searchsorted(self.values, numbers, side="left")
        upto = np.searchsorted(self.values, numbers, side="right")
        return np.asarray((below + upto) / (2 * max(len(self.values), 1)))

    def _beyond(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Signed distance from the real range, in ranges: ranks alone would call -5,000 years a young age."""
        if not len(self.values):
            return np.zeros(len(numbers))
        # Halves, for the difference of two huge numbers need not be one.
        low, high, half = self.values[0] / 2, self.values[-1] / 2, numbers / 2
        outside = half - np.clip(half, low, high)
        reach = max(high - low, np.finfo(np.float64).tiny)
        with np.errstate(over="ignore"):
            steps: NDArray[np.float64] = np.clip(outside / reach, -_MOST_BEYOND, _MOST_BEYOND)
        return steps


@dataclass(frozen=True, eq=False)
class Ranks(_Numbers):
    """Mid-rank empirical distribution function of one column of numbers or dates."""

    kind: ClassVar[str] = "ranks"
    parts: ClassVar[tuple[str, ...]] = ("values",)

    values: NDArray[np.float64]
    nullable: bool
    moments: bool = False
    origin: int = 0

    @classmethod
    def fit(cls, column: pd.Series, *, nullable: bool, moments: bool = False) -> Self:
        """Keep every number that is there, sorted; moments: text stands for dates."""
        origin = _origin(column)
        numbers = _read(column, moments=moments, origin=origin)
        missing = np.isnan(numbers)
        return cls(np.sort(numbers[~missing]), nullable or bool(missing.any()), moments, origin)

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Plain types and arrays."""
        return {"kind": self.kind, **self._plain}, {"values": self.values}

    @classmethod
    def restore(cls, plain: Mapping[str, Any], arrays: Arrays) -> Self:
        """Column from its state."""
        return cls(arrays["values"], bool(plain["nullable"]), bool(plain["moments"]), int(plain["origin"]))


@dataclass(frozen=True, eq=False)
class Grid(_Numbers):
    """Mid-ranks at one point for each cell of a column's numbers, and straight lines between.

    A cell holds at least `MIN_CELL` real numbers; its point is their mean without the smallest and the largest, and
    never a number that fewer records than that share.
    """

    kind: ClassVar[str] = "grid"
    parts: ClassVar[tuple[str, ...]] = ("values", "ranks")

    values: NDArray[np.float64]
    ranks: NDArray[np.float64]
    nullable: bool
    moments: bool = False
    origin: int = 0

    @classmethod
    def fit(cls, column: pd.Series, *, cells: int, moments: bool = False) -> Self:
        """Cut the numbers into cells of equal numbers, as far as repeated numbers allow; moments: of dates."""
        origin = _origin(column)
        numbers = _read(column, moments=moments, origin=origin)
        present, counts = np.unique(numbers[~np.isnan(numbers)], return_counts=True)
        total = int(counts.sum())
        edges = _edges(counts, max(MIN_CELL, -(-total // cells)))
        upto = np.concatenate([[0], np.cumsum(counts)])
        spans = list(pairwise(edges))
        return cls(
            np.array([_point(present[low:high], counts[low:high]) for low, high in spans], np.float64),
            np.array([(upto[low] + upto[high]) / (2 * total) for low, high in spans], np.float64),
            int(np.isnan(numbers).sum()) >= MIN_CELL,
            moments,
            origin,
        )

    def _ranks(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        if not len(self.values):
            return np.full(len(numbers), 0.5)
        return np.interp(numbers, self.values, self.ranks)

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Plain types and arrays."""
        return {"kind": self.kind, **self._plain}, {"values": self.values, "ranks": self.ranks}

    @classmethod
    def restore(cls, plain: Mapping[str, Any], arrays: Arrays) -> Self:
        """Column from its state."""
        flags = bool(plain["nullable"]), bool(plain["moments"]), int(plain["origin"])
        return cls(arrays["values"], arrays["ranks"], *flags)


def _origin(column: pd.Series) -> int:
    """Multiple of 2^52 from which integers beyond 2^53 are counted, so that floats tell them apart; else 0.

    A multiple, so that a state says no more than how large the numbers are.
    """
    if not pd.api.types.is_integer_dtype(column.dtype) or not column.notna().any():
        return 0
    low, high = int(column.min()), int(column.max())
    return low // _STEP * _STEP if max(-low, high) > EXACT and high < _HELD else 0


def _read(column: pd.Series, *, moments: bool, origin: int) -> NDArray[np.float64]:
    """Numbers, or dates in seconds since 1970, less the origin; NaN for cells that are missing or cannot be read."""
    if moments or not origin:
        return as_numbers(column, moments=moments)
    (values,), (absent,) = number_values([column], name=str(column.name), roles=["given"], lenient=True)
    numbers: NDArray[np.float64] = values.astype(np.float64) - origin
    if values.dtype == np.int64:
        near = abs(numbers) < 2.0**62  # further off, the difference may not fit 64 bits
        numbers[near] = (values[near] - np.int64(origin)).astype(np.float64)
    return numbers if absent is None else np.where(absent, np.nan, numbers)


def _edges(counts: NDArray[np.int64], size: int) -> list[int]:
    """Where cells of at least `size` numbers end; what is left over joins the last one."""
    edges, held = [0], 0
    for place, count in enumerate(counts):
        if held >= MIN_CELL and count >= size:  # a number that fills a cell alone gets one
            edges.append(place)
            held = 0
        held += int(count)
        if held >= size:
            edges.append(place + 1)
            held = 0
    if held >= MIN_CELL:
        edges.append(len(counts))
    elif len(edges) > 1:
        edges[-1] = len(counts)
    return edges


def _point(values: NDArray[np.float64], counts: NDArray[np.int64]) -> float:
    """Number that stands for a cell of distinct values, ascending."""
    if len(values) == 1:
        return float(values[0])
    point = float(np.repeat(values, counts)[1:-1].mean())
    place = min(int(np.searchsorted(values, point)), len(values) - 1)
    if values[place] == point and counts[place] < MIN_CELL:
        beside = values[place + 1] if place + 1 < len(values) else values[place - 1]
        point += float(beside - point) / 2
    return point


@dataclass(frozen=True, eq=False)
class OneHot:
    """A column per level, scaled so that two levels are at squared distance 1, and a last one for unseen levels."""

    kind: ClassVar[str] = "levels"
    parts: ClassVar[tuple[str, ...]] = ()

    places: Mapping[str, int]
    other: int | None
    missing: int | None
    width: int

    @classmethod
    def fit(cls, column: pd.Series, *, nullable: bool, coarse: bool = False) -> Self:
        """Give each level a column, but for rare ones of very many; coarse: also for those below `MIN_CELL`."""
        codes, levels = level_codes(column)
        counts = np.bincount(codes[codes >= 0], minlength=len(levels))
        ranked = [level for _, level in sorted(zip(-counts, levels, strict=True))]
        kept = ranked if len(ranked) <= MAX_LEVELS else ranked[: MAX_LEVELS - 1]
        n_missing = int((codes < 0).sum())
        if coarse:
            often = {level for level, count in zip(levels, counts, strict=True) if count >= MIN_CELL}
            kept = [level for level in kept if level in often]
        has_missing = n_missing >= MIN_CELL if coarse else nullable or n_missing > 0
        return cls._of(sorted(kept), other=len(kept) < len(ranked), missing=has_missing)

    @classmethod
    def _of(cls, levels: list[str], *, other: bool, missing: bool) -> Self:
        places = {level: place for place, level in enumerate(levels)}
        width = len(places)
        shared = width if other else None
        width += other
        return cls(places, shared, width if missing else None, width + missing + 1)

    def write(self, column: pd.Series, out: NDArray[np.float32]) -> None:
        """Indicators of the levels of a column."""
        codes, levels = level_codes(column)
        unseen = self.width - 1
        elsewhere = unseen if self.other is None else self.other
        places = np.array(
            [*(self.places.get(level, elsewhere) for level in levels), unseen if self.missing is None else self.missing]
        )[codes]
        out[np.arange(len(places)), places] = np.where(places == unseen, _UNSEEN, np.sqrt(0.5))

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Plain types and arrays."""
        named = {"levels": list(self.places), "other": self.other is not None, "missing": self.missing is not None}
        return {"kind": self.kind, **named}, {}

    @classmethod
    def restore(cls, plain: Mapping[str, Any], arrays: Arrays) -> Self:
        """Column from its state."""
        del arrays
        return cls._of(list(plain["levels"]), other=bool(plain["other"]), missing=bool(plain["missing"]))
