"""How many samples of each class, of each group, of each class within each group and intersection: labels alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from auditkit.metrics.cross_tables import cross_table
from auditkit.metrics.products import Side, product

__all__ = ["Occupancy", "Pair", "occupancy"]

Pair = tuple[str, str]
# Cells of two columns of groups by class, beyond which hardly one holds enough samples to be told.
MAX_CELLS = 10_000


@dataclass(frozen=True, eq=False)
class Occupancy:
    """Counts of one set.

    Attributes
    ----------
    n : int
        Rows.
    label_levels : tuple of str
        Classes, in the order of the counts.
    labels : ndarray of shape (n_classes,), int64, or None
    group_levels : mapping of str to tuple of str
        Levels of each group column, in the order of the counts.
    groups : mapping of str to ndarray of shape (n_levels,), int64
    cells : mapping of str to ndarray of shape (n_levels, n_classes), int64
        Empty without labels.
    crossed : mapping of (str, str) to ndarray of shape (n_levels, n_levels, n_classes), int64
        Of every two group columns; without labels there is one class. Empty where it is not known.
    """

    n: int
    label_levels: tuple[str, ...]
    labels: NDArray[np.int64] | None
    group_levels: Mapping[str, tuple[str, ...]]
    groups: Mapping[str, NDArray[np.int64]]
    cells: Mapping[str, NDArray[np.int64]]
    crossed: Mapping[Pair, NDArray[np.int64]] = field(default_factory=dict)


@product(sides=("real",))
def occupancy(side: Side) -> Occupancy:
    """Count classes, groups and their cells in a side."""
    n_classes = len(side.label_levels)
    groups = {name: np.bincount(codes, minlength=len(side.group_levels[name])) for name, codes in side.groups.items()}
    cells = {}
    if side.labels is not None:
        for name, codes in side.groups.items():
            cells[name] = cross_table(codes, side.labels, (len(side.group_levels[name]), n_classes))
    return Occupancy(
        n=len(side),
        label_levels=side.label_levels,
        labels=None if side.labels is None else np.bincount(side.labels, minlength=n_classes),
        group_levels=side.group_levels,
        groups=groups,
        cells=cells,
        crossed=_crossed(side),
    )


def _crossed(side: Side) -> dict[Pair, NDArray[np.int64]]:
    """Counts of the intersections of every two columns that have few enough levels."""
    n_classes = 1 if side.labels is None else len(side.label_levels)
    classes = 0 if side.labels is None else side.labels
    found = {}
    for first, second in combinations(side.groups, 2):
        shape = (len(side.group_levels[first]), len(side.group_levels[second]), n_classes)
        if shape[0] * shape[1] * n_classes <= MAX_CELLS:
            flat = (side.groups[first] * shape[1] + side.groups[second]) * n_classes + classes
            found[first, second] = np.bincount(flat, minlength=shape[0] * shape[1] * n_classes).reshape(shape)
    return found
