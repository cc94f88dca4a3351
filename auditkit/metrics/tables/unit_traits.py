"""What of a sequential table is compared: traits that every unit adds to, so that units can be drawn and weighed.

A trait says for one column which cells (or numbers) each unit has. Shares of cells, transitions between them and
distributions of numbers are then compared for any choice of units without looking at a row again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from auditkit.metrics.tables.codes import column_codes
from auditkit.metrics.tables.marginal_tiles import overlap
from auditkit.metrics.tables.quantile_bins import Bins, distinct_edges, train_bins
from auditkit.metrics.tables.unit_sides import UnitRows

__all__ = ["COHERENCE", "MEASURES", "Trait", "agreement", "step_traits", "traits_of"]

Kind = Literal["cells", "transitions", "numbers"]
Whole = NDArray[np.int64]
Values = NDArray[np.float64]
Numbers = tuple[Values, Whole]
NO_UNIT: Whole = np.empty(0, np.int64)

DENSE = 16
"""A table of all keys or cells is made where there are at most this many times those that are given."""

MEASURES: Mapping[str, str] = {
    "next_row": "shares of a column's bins in a row and in the next one, every unit weighing the same",
    "distinct_levels": "shares of units by their number of distinct levels of a column",
    "units_per_level": "shares of the levels of a column, each counted once per unit",
    "transition": "shares of the next row's bins given a row's bin",
    "length": "distribution of the number of rows",
    "step": "distribution of the change of a number from a row to the next",
    "mean_step": "distribution of a unit's mean change",
    "mean": "distribution of a unit's mean",
    "spread": "distribution of a unit's standard deviation",
}
COHERENCE = ("next_row", "distinct_levels", "units_per_level")
"""The measures whose means make the coherence."""


@dataclass(frozen=True, eq=False)
class Trait:
    """What one measure looks at in one column of one set.

    Attributes
    ----------
    measure, column : str
    kind : {"cells", "transitions", "numbers"}
    values : ndarray of int64, shape (n,)
        Cells from 0, or places of numbers among those of all sets.
    units : ndarray of int64, shape (n,)
        Unit of each value.
    weights : ndarray of float64, shape (n,)
    size : int
        Number of cells, or of distinct numbers.
    by : int
        Of transitions: number of bins of the next row.
    stepping : ndarray of int64
        Of steps: the units that have a next row, with or without a number to change.
    """

    measure: str
    column: str
    kind: Kind
    values: Whole
    units: Whole
    weights: Values
    size: int
    by: int = 1
    stepping: Whole = field(default_factory=lambda: NO_UNIT)


def agreement(real: Trait, other: Trait, real_units: Values, other_units: Values) -> float | None:
    """How well a trait of chosen units agrees, in [0, 1]; None where no chosen unit of one set has a value.

    Of steps it is 0 where real numbers change to others and none of the other set does, though rows follow each other.

    Parameters
    ----------
    real, other : Trait
        Of the same measure and column.
    real_units, other_units : ndarray of float64, shape (n_units,)
        Weight of each unit; 0 for those that are not chosen.
    """
    weights = [item.weights * units[item.units] for item, units in ((real, real_units), (other, other_units))]
    if not weights[0].sum() > 0:
        return None
    if not weights[1].sum() > 0:
        return 0.0 if other_units[other.stepping].any() else None
    if real.kind == "numbers" or real.size <= DENSE * (len(real.values) + len(other.values)):
        counts = [
            np.bincount(item.values, weights=weight, minlength=real.size).astype(np.float64)
            for item, weight in zip((real, other), weights, strict=True)
        ]
        if real.kind == "numbers":
            return _distribution_agreement(counts[0], counts[1])
        return overlap(*counts) if real.kind == "cells" else _transition_agreement(counts[0], counts[1], real.by)
    # Of a column of many levels nearly all pairs are empty.
    cells, places = np.unique(np.concatenate([real.values, other.values]), return_inverse=True)
    parts = np.split(places, [len(real.values)])
    left, right = (
        np.bincount(part, weights=weight, minlength=len(cells)).astype(np.float64)
        for part, weight in zip(parts, weights, strict=True)
    )
    return overlap(left, right) if real.kind == "cells" else _sparse_transitions(left, right, cells // real.by)


def _sparse_transitions(left: Values, right: Values, rows: Whole) -> float:
    """As `_transition_agreement`, of those cells that are not empty, with the row of each."""
    _, places = np.unique(rows, return_inverse=True)
    from_one, from_two = (np.bincount(places, weights=counts) for counts in (left, right))
    ours, theirs = (
        counts / np.maximum(total, 1e-300)[places] for counts, total in ((left, from_one), (right, from_two))
    )
    apart = 0.5 * np.bincount(places, weights=np.abs(ours - theirs))
    distance = np.where(from_two > 0, apart, 1.0)
    return 1.0 - float(distance @ from_one / from_one.sum())


def _distribution_agreement(left: Values, right: Values) -> float:
    """One minus the largest difference of two distribution functions over the same ordered values."""
    difference = np.cumsum(left) / left.sum() - np.cumsum(right) / right.sum()
    return 1.0 - min(float(np.abs(difference).max()), 1.0)


def _transition_agreement(left: Values, right: Values, by: int) -> float:
    """One minus the distance of the next row's shares given a row's bin, in the mean over the real rows.

    A bin that the other set never leaves counts as a distance of 1.
    """
    one, two = left.reshape(-1, by), right.reshape(-1, by)
    from_one, from_two = one.sum(axis=1), two.sum(axis=1)
    known = from_one > 0
    shares = [
        table[known] / np.maximum(total[known], 1e-300)[:, None] for table, total in ((one, from_one), (two, from_two))
    ]
    distance = np.where(from_two[known] > 0, 0.5 * np.abs(shares[0] - shares[1]).sum(axis=1), 1.0)
    return 1.0 - float(distance @ from_one[known] / from_one.sum())


def traits_of(sets: Mapping[str, UnitRows], *, numbers: bool = True) -> dict[str, list[Trait]]:
    """Traits of each set, in the same order and on the bins of the first one.

    Parameters
    ----------
    sets : mapping of str to UnitRows
    numbers : bool, default True
        Whether the numbers that columns hold are looked at, or their bins alone.

    Returns
    -------
    dict of str to list of Trait
    """
    first = next(iter(sets.values()))
    lengths: list[Numbers] = [(item.lengths.astype(np.float64), np.arange(len(item))) for item in sets.values()]
    made = [_numbered("length", "(rows)", lengths)]
    if first.cells.columns:
        bins = train_bins({role: rows.cells for role, rows in sets.items()})
        for place in range(len(bins.names)):
            made.extend(_column_traits(sets, bins, place))
    for name, columns in _numbers_of(sets).items() if numbers else ():
        made.extend(_step_traits(columns, name))
        if name != first.order:
            made.extend(_level_traits(columns, name))
    return {role: [trait[number] for trait in made] for number, role in enumerate(sets)}


def step_traits(sets: Mapping[str, UnitRows]) -> dict[str, list[Trait]]:
    """Changes from a row to the next of each column of numbers or moments, and of the one that orders the rows.

    Parameters
    ----------
    sets : mapping of str to UnitRows

    Returns
    -------
    dict of str to list of Trait
    """
    made = [_step_traits(columns, name)[0] for name, columns in _numbers_of(sets).items()]
    return {role: [trait[number] for trait in made] for number, role in enumerate(sets)}


def _numbers_of(sets: Mapping[str, UnitRows]) -> dict[str, list[tuple[UnitRows, Values]]]:
    """Numbers of each set by column, those of the ordering column last."""
    first = next(iter(sets.values()))
    found = {
        first.cells.names[place]: [(rows, rows.cells.numbers(place)) for rows in sets.values()]
        for place in first.cells.places("number", "moment")
    }
    steps = [(rows, rows.steps) for rows in sets.values() if rows.steps is not None]
    return found | {first.order: steps} if len(steps) == len(sets) else found


def _changes(rows: UnitRows, values: Values) -> Numbers:
    """Change from each row to the next one of its unit, and whose it is."""
    firsts = rows.firsts
    return values[firsts + 1] - values[firsts], rows.unit_of_row[firsts]


def _numbered(measure: str, column: str, given: Sequence[Numbers]) -> list[Trait]:
    """Numbers of each set, with the unit of each, as places among the numbers of all sets."""
    present = [~np.isnan(values) for values, _ in given]
    known = [values[kept] for (values, _), kept in zip(given, present, strict=True)]
    found, places = np.unique(np.concatenate(known), return_inverse=True)
    parts = np.split(places.astype(np.int64), np.cumsum([len(item) for item in known])[:-1])
    return [
        Trait(measure, column, "numbers", part, units[kept], np.ones(len(part)), len(found))
        for part, (_, units), kept in zip(parts, given, present, strict=True)
    ]


def _column_traits(sets: Mapping[str, UnitRows], bins: Bins, place: int) -> list[list[Trait]]:
    """Per measure the trait of each set."""
    name, size = bins.names[place], int(bins.sizes[place])
    counts = [_distinct(rows, place) for rows in sets.values()]
    edges = _count_edges(counts[0])
    found: list[list[Trait]] = [[], [], [], []]
    for (role, rows), distinct in zip(sets.items(), counts, strict=True):
        codes, units, firsts = bins.codes[role][place].astype(np.int64), rows.unit_of_row, rows.firsts
        pairs, owners = codes[firsts] * (size + 1) + codes[firsts + 1], units[firsts]
        single = np.flatnonzero(rows.lengths == 1)  # a unit of one row has no next one, which is a cell of its own
        alone = codes[rows.starts[single]] * (size + 1) + size
        cells, of_cells = np.concatenate([pairs, alone]), np.concatenate([owners, single])
        weights = 1.0 / np.maximum(rows.lengths - 1, 1)
        level = _unique(units * size + codes, len(rows) * size)
        of_counts = np.searchsorted(edges, distinct, side="right").astype(np.int64)
        n, n_pairs = len(rows), size * (size + 1)
        traits = (
            Trait("next_row", name, "cells", cells, of_cells, weights[of_cells], n_pairs),
            Trait("distinct_levels", name, "cells", of_counts, np.arange(n), np.ones(n), len(edges) + 1),
            Trait("units_per_level", name, "cells", level % size, level // size, np.ones(len(level)), size),
            Trait("transition", name, "transitions", pairs, owners, np.ones(len(pairs)), n_pairs, size + 1),
        )
        for measure, trait in zip(found, traits, strict=True):
            measure.append(trait)
    return found


def _unique(keys: Whole, n_keys: int) -> Whole:
    """Distinct keys in order, each below `n_keys`."""
    if n_keys > DENSE * len(keys):
        ordered = np.sort(keys)
        kept: Whole = ordered[np.append(True, ordered[1:] != ordered[:-1])]
        return kept
    there = np.zeros(n_keys, np.bool_)
    there[keys] = True
    return np.flatnonzero(there)


def _distinct(rows: UnitRows, place: int) -> Whole:
    """Number of distinct levels or values of each unit, a missing cell being one."""
    (codes,), n_codes = column_codes([rows.cells], place)
    keys = _unique(rows.unit_of_row * n_codes + codes, len(rows) * n_codes)
    return np.bincount(keys // n_codes, minlength=len(rows))


def _count_edges(counts: Whole) -> Whole:
    """Where a new bin of counts starts: each count where there are ten or fewer, else quantiles."""
    levels = np.unique(counts)
    if len(levels) > 10:  # noqa: PLR2004 - as many as numbers have bins
        levels = np.asarray(distinct_edges(counts), np.int64)
    return np.append(levels, levels[-1] + 1)


def _step_traits(columns: Sequence[tuple[UnitRows, Values]], name: str) -> list[list[Trait]]:
    """Changes from row to row, and their mean in each unit: per measure the trait of each set."""
    changes = [_changes(rows, values) for rows, values in columns]
    means = [
        (_means(values, owners, len(rows)), np.arange(len(rows)))
        for (rows, _), (values, owners) in zip(columns, changes, strict=True)
    ]
    return [
        [
            replace(trait, stepping=np.unique(owners))
            for trait, (_, owners) in zip(_numbered(measure, name, given), changes, strict=True)
        ]
        for measure, given in (("step", changes), ("mean_step", means))
    ]


def _level_traits(columns: Sequence[tuple[UnitRows, Values]], name: str) -> list[list[Trait]]:
    """Mean and spread of each unit: per measure the trait of each set."""
    means: list[Numbers] = []
    spreads: list[Numbers] = []
    for rows, values in columns:
        units, every = rows.unit_of_row, np.arange(len(rows))
        mean = _means(values, units, len(rows))
        counts = np.bincount(units[~np.isnan(values)], minlength=len(rows))
        squares = _means((values - mean[units]) ** 2, units, len(rows))
        means.append((mean, every))
        spreads.append((np.where(counts > 1, np.sqrt(squares * counts / np.maximum(counts - 1, 1)), np.nan), every))
    return [_numbered("mean", name, means), _numbered("spread", name, spreads)]


def _means(values: Values, units: Whole, n_units: int) -> Values:
    """Mean of each unit's present values; NaN where it has none."""
    present = ~np.isnan(values)
    counts = np.bincount(units[present], minlength=n_units)
    sums = np.bincount(units[present], weights=values[present], minlength=n_units)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
