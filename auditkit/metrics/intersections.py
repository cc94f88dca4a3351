"""Intersections of two columns of groups: which may be told, which are large enough, which are missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditkit.metrics.occupancy import Occupancy
from auditkit.results import MIN_CELL

__all__ = ["MIN_RATE", "Intersection", "hidden_cells_of", "intersections", "lost_intersections"]

Counts = NDArray[np.int64]
# Samples of both sets that a rate within an intersection takes.
MIN_RATE = 30
MOST_TOLD = 40


@dataclass(frozen=True, eq=False)
class Intersection:
    """Samples that have two levels at once.

    Attributes
    ----------
    where : mapping of str to str
        Both columns with their level.
    real, synthetic : ndarray of shape (n_classes,), int64
        Samples of each class.
    """

    where: Mapping[str, str]
    real: Counts
    synthetic: Counts


def intersections(real: Occupancy, synthetic: Occupancy) -> tuple[list[Intersection], int]:
    """Intersections that may be told, and how many others real samples are in.

    Parameters
    ----------
    real, synthetic : Occupancy

    Returns
    -------
    found : list of Intersection
        In the order of columns and levels; the largest where there are many.
    left_out : int
        Intersections of few real samples, and what exceeds `MOST_TOLD`.
    """
    found, left_out = [], 0
    for item, hidden in _cells(real, synthetic):
        if hidden:
            left_out += 1
        else:
            found.append(item)
    sizes = [-int(item.real.sum()) for item in found]
    kept = set(np.argsort(sizes, kind="stable")[:MOST_TOLD].tolist())
    told = [item for place, item in enumerate(found) if place in kept]
    return told, left_out + len(found) - len(told)


def lost_intersections(real: Occupancy, synthetic: Occupancy, *, alpha: float) -> list[str]:
    """Intersections without a synthetic sample where chance cannot explain it, though both of their levels have some.

    Parameters
    ----------
    real, synthetic : Occupancy
    alpha : float
        Chance that data without a missing intersection have one called so.

    Returns
    -------
    list of str
        As "sex=Female and race=Black".
    """
    chance = real.n / max(real.n + synthetic.n, 1)
    occurring = sum(int((table.sum(axis=2) > 0).sum()) for table in real.crossed.values())
    lost = []
    for item, hidden in _cells(real, synthetic):
        reached = all(synthetic.groups[name][_place(real, name, level)] > 0 for name, level in item.where.items())
        absent = not item.synthetic.sum() and chance ** int(item.real.sum()) < alpha / max(occurring, 1)
        if reached and absent and not hidden:
            lost.append(" and ".join(f"{name}={level}" for name, level in item.where.items()))
    return lost


def hidden_cells_of(counts: Counts) -> NDArray[np.bool_]:
    """Cells of a table that are not told: those of one to four samples, and what they could be had from.

    Parameters
    ----------
    counts : ndarray of shape (a, b), int64
        Samples; the sums of its rows and columns are known.

    Returns
    -------
    ndarray of shape (a, b), bool
        What is hidden in a row or column adds up to five samples at least.
    """
    hidden = (counts > 0) & (counts < MIN_CELL)
    changed = True
    while changed:
        changed = False
        for table, mask in ((counts, hidden), (counts.T, hidden.T)):
            for row, own in zip(table, mask, strict=True):
                open_cells = ~own & (row > 0)
                if 0 < row[own].sum() < MIN_CELL and open_cells.any():
                    own[np.where(open_cells, row, np.iinfo(np.int64).max).argmin()] = True
                    changed = True
    return hidden


def _cells(real: Occupancy, synthetic: Occupancy) -> Iterator[tuple[Intersection, bool]]:
    """Intersections that real samples are in, and whether each is hidden."""
    for (first, second), table in real.crossed.items():
        other = synthetic.crossed.get((first, second))
        if other is None:
            continue
        totals = table.sum(axis=2)
        hidden = hidden_cells_of(totals)
        for a, b in np.argwhere(totals > 0).tolist():
            where = {first: real.group_levels[first][a], second: real.group_levels[second][b]}
            yield Intersection(where, table[a, b], other[a, b]), bool(hidden[a, b])


def _place(occupancy: Occupancy, name: str, level: str) -> int:
    return occupancy.group_levels[name].index(level)
