"""How many samples of each class, of each group, and of each class within each group: a product of labels alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditkit.metrics.products import Side, product

__all__ = ["Occupancy", "occupancy"]


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
    """

    n: int
    label_levels: tuple[str, ...]
    labels: NDArray[np.int64] | None
    group_levels: Mapping[str, tuple[str, ...]]
    groups: Mapping[str, NDArray[np.int64]]
    cells: Mapping[str, NDArray[np.int64]]


@product(sides=("real",))
def occupancy(side: Side) -> Occupancy:
    """Count classes, groups and their cells in a side."""
    n_classes = len(side.label_levels)
    groups = {name: np.bincount(codes, minlength=len(side.group_levels[name])) for name, codes in side.groups.items()}
    cells = {}
    if side.labels is not None:
        for name, codes in side.groups.items():
            n_levels = len(side.group_levels[name])
            flat = np.bincount(codes * n_classes + side.labels, minlength=n_levels * n_classes)
            cells[name] = flat.reshape(n_levels, n_classes)
    return Occupancy(
        n=len(side),
        label_levels=side.label_levels,
        labels=None if side.labels is None else np.bincount(side.labels, minlength=n_classes),
        group_levels=side.group_levels,
        groups=groups,
        cells=cells,
    )
