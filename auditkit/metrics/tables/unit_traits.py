"""What of a sequential table is compared: traits that every unit adds to, so that units can be drawn and weighed.

A trait says for one column which cells (or numbers) each unit has. Shares of cells, transitions between them and
distributions of numbers are then compared for any choice of units without looking at a row again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from auditkit.metrics.tables.marginal_tiles import overlap
from auditkit.metrics.tables.quantile_bins import Bins, distinct_edges, train_bins
from auditkit.metrics.tables.unit_sides import UnitRows

__all__ = ["COHERENCE", "MEASURES", "Trait", "agreement", "traits_of"]

Kind = Literal["cells", "transitions", "numbers"]
Whole = NDArray[np.int64]
Values = NDArray[np.float64]

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
    values : ndarray of shape (n,)
        Cells from 0, or numbers.
    units : ndarray of int64, shape (n,)
        Unit of each value.
    weights : ndarray of float64, shape (n,)
    size : int
        Number of cells; 0 for numbers.
    by : int
        Of transitions: number of bins of the next row.
    """

    measure: str
    column: str
    kind: Kind
    values: NDArray[np.generic]
    units: Whole
    weights: Values
    size: int = 0
    by: int = 1


def agreement(real: Trait, other: Trait, real_units: Values, other_units: Values) -> float | None:
    """How well a trait of chosen units agrees, in [0, 1]; None where no chosen unit has a value.

    Parameters
    ----------
    real, other : Trait
        Of the same measure and column.
    real_units, other_units : ndarray of float64, shape (n_units,)
        Weight of each unit; 0 for those that are not chosen.
    """
    weights = [item.weights * units[item.units] for item, units in ((real, real_units), (other, other_units))]
    if not all(item.sum() > 0 for item in weights):
        return None
    if real.kind == "numbers":
        return 1.0 - _distance(real.values, other.values, *weights)
    counts: list[Values] = [
        np.bincount(item.values.astype(np.int64), weights=weight, minlength=real.size).astype(np.float64)
        for item, weight in zip((real, other), weights, strict=True)
    ]
    return overlap(*counts) if real.kind == "cells" else _transition_agreement(counts[0], counts[1], real.by)


def _distance(
    left: NDArray[np.generic], right: NDArray[np.generic], left_weights: Values, right_weights: Values
) -> float:
    """Largest difference of two weighted distribution functions."""
    values = np.concatenate([left, right])
    order = np.argsort(values, kind="stable")
    jumps = np.concatenate([left_weights / left_weights.sum(), -right_weights / right_weights.sum()])[order]
    ordered = values[order]
    ends = np.append(ordered[1:] != ordered[:-1], True)
    return min(float(np.abs(np.cumsum(jumps)[ends]).max()), 1.0)


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


def traits_of(sets: Mapping[str, UnitRows]) -> dict[str, list[Trait]]:
    """Traits of each set, in the same order and on the bins of the first one.

    Parameters
    ----------
    sets : mapping of str to UnitRows

    Returns
    -------
    dict of str to list of Trait
    """
    first = next(iter(sets.values()))
    found: dict[str, list[Trait]] = {role: [_lengths(rows)] for role, rows in sets.items()}
    if first.cells.columns:
        bins = train_bins({role: rows.cells for role, rows in sets.items()})
        for place in range(len(bins.names)):
            for traits, made in zip(found.values(), _column_traits(sets, bins, place), strict=True):
                traits.extend(made)
    for place in first.cells.places("number", "moment"):
        for role, rows in sets.items():
            found[role].extend(_number_traits(rows, first.cells.names[place], rows.cells.numbers(place)))
    if all(rows.steps is not None for rows in sets.values()):
        for role, rows in sets.items():
            found[role].extend(_number_traits(rows, "(order)", cast("Values", rows.steps))[:2])
    return found


def _lengths(rows: UnitRows) -> Trait:
    return _numbers("length", "(rows)", rows.lengths.astype(np.float64), np.arange(len(rows)))


def _numbers(measure: str, column: str, values: Values, units: Whole) -> Trait:
    present = ~np.isnan(values)
    return Trait(measure, column, "numbers", values[present], units[present], np.ones(int(present.sum())))


def _column_traits(sets: Mapping[str, UnitRows], bins: Bins, place: int) -> list[list[Trait]]:
    name, size = bins.names[place], int(bins.sizes[place])
    counts = [_distinct(rows, place) for rows in sets.values()]
    edges = _count_edges(counts[0])
    found = []
    for (role, rows), distinct in zip(sets.items(), counts, strict=True):
        codes, units = bins.codes[role][place].astype(np.int64), rows.unit_of_row
        firsts = rows.firsts
        pairs = codes[firsts] * (size + 1) + codes[firsts + 1]
        single = np.flatnonzero(rows.lengths == 1)  # a unit of one row has no next one, which is a cell of its own
        cells = np.concatenate([pairs, codes[rows.starts[single]] * (size + 1) + size])
        owners = np.concatenate([units[firsts], single])
        weights = 1.0 / np.maximum(rows.lengths - 1, 1)
        level = np.unique(units * size + codes)
        of_counts = np.searchsorted(edges, distinct, side="right").astype(np.int64)
        ones = np.ones(len(codes))
        found.append(
            [
                Trait("next_row", name, "cells", cells, owners, weights[owners], size * (size + 1)),
                Trait(
                    "distinct_levels",
                    name,
                    "cells",
                    of_counts,
                    np.arange(len(rows)),
                    np.ones(len(rows)),
                    len(edges) + 1,
                ),
                Trait("units_per_level", name, "cells", level % size, level // size, np.ones(len(level)), size),
                Trait(
                    "transition",
                    name,
                    "transitions",
                    pairs,
                    units[firsts],
                    ones[: len(pairs)],
                    size * (size + 1),
                    size + 1,
                ),
            ]
        )
    return found


def _distinct(rows: UnitRows, place: int) -> Whole:
    """Number of distinct levels or values of each unit, a missing cell being one."""
    values, absent = rows.cells.values[place], rows.cells.missing[place]
    _, codes = np.unique(values, return_inverse=True)
    if absent is not None:
        codes[absent] = -1
    width = int(codes.max(initial=0)) + 2
    return np.bincount(np.unique(rows.unit_of_row * width + codes + 1) // width, minlength=len(rows))


def _count_edges(counts: Whole) -> Whole:
    """Where a new bin of counts starts: each count where there are ten or fewer, else quantiles."""
    levels = np.unique(counts)
    if len(levels) > 10:  # noqa: PLR2004 - as many as numbers have bins
        levels = np.asarray(distinct_edges(counts), np.int64)
    return np.append(levels, levels[-1] + 1)


def _number_traits(rows: UnitRows, name: str, values: Values) -> list[Trait]:
    units, firsts = rows.unit_of_row, rows.firsts
    changes = values[firsts + 1] - values[firsts]
    known = np.arange(len(rows))
    step = _numbers("step", name, changes, units[firsts])
    made = [step, _numbers("mean_step", name, _means(changes, units[firsts], len(rows)), known)]
    mean = _means(values, units, len(rows))
    counts = np.bincount(units[~np.isnan(values)], minlength=len(rows))
    squares = _means((values - mean[units]) ** 2, units, len(rows))
    spread = np.where(counts > 1, np.sqrt(squares * counts / np.maximum(counts - 1, 1)), np.nan)
    return [*made, _numbers("mean", name, mean, known), _numbers("spread", name, spread, known)]


def _means(values: Values, units: Whole, n_units: int) -> Values:
    """Mean of each unit's present values; NaN where it has none."""
    present = ~np.isnan(values)
    counts = np.bincount(units[present], minlength=n_units)
    sums = np.bincount(units[present], weights=values[present], minlength=n_units)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
