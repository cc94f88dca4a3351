"""What declared groups and classes explain of a slice: what they have scores and gates for is told there.

A slice is held against what its rows would be if only the declared group, the class, or both together were off.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import special

from auditkit.metrics.slices.result import BlindSpots, Slice
from auditkit.metrics.slices.search import Candidate
from auditkit.metrics.slices.spots import ALPHA, FEWER, WORSE, Counterparts, Rows, spots_of

if TYPE_CHECKING:
    from auditkit.metrics.products import Role, Side

__all__ = ["Partition", "is_explained", "partitions_of", "with_corners"]

LEAST_PART = 0.5
"""A slice stays where this part of the size that is sought is left of it."""
Strata = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Partition:
    """A group column, the class, or one by the other: names of its columns, and each row's part by role."""

    names: tuple[str, ...]
    parts: Mapping[str, Strata]


def partitions_of(sides: Mapping[Role, Side], label: str | None) -> tuple[Partition, ...]:
    """Partitions by declared groups, by classes, and by both together.

    Parameters
    ----------
    sides : mapping of role to Side
    label : str or None
        Name of the column of classes.

    Returns
    -------
    tuple of Partition
    """
    real = sides["real"]
    groups = [
        Partition((name,), {str(role): np.asarray(side.groups[name], np.int64) for role, side in sides.items()})
        for name in real.group_levels
    ]
    labels = {str(role): np.asarray(side.labels, np.int64) for role, side in sides.items() if side.labels is not None}
    if label is None or len(labels) < len(sides):
        return tuple(groups)
    n = max(int(part.max(initial=0)) for part in labels.values()) + 2
    both = [
        Partition((*group.names, label), {role: part * n + labels[role] for role, part in group.parts.items()})
        for group in groups
    ]
    return (*groups, Partition((label,), labels), *both)


def is_explained(
    item: Slice, rows: Rows, counterparts: Counterparts | None, partitions: Sequence[Partition], *, n_tested: int = 1
) -> bool:
    """Whether a slice is about as bad as the declared groups or classes of its rows are.

    Parameters
    ----------
    item : Slice
    rows : Rows
    counterparts : Counterparts or None
    partitions : sequence of Partition
    n_tested : int, default 1
        Slices among which it was found.

    Returns
    -------
    bool
    """
    held = _held(item, rows)
    if any(set(item.columns) == set(partition.names) for partition in partitions):
        return True
    return any(_told_by(item.kind, held, partition, counterparts, n_tested) for partition in partitions)


def with_corners(
    found: BlindSpots, rows: Rows, counterparts: Counterparts | None, partitions: Sequence[Partition], *, least: int,
    seed: int,
) -> BlindSpots:  # fmt: skip
    """Slices that no declared group explains, and those within the declared groups that are too rare themselves.

    The search sets the rows of a slice aside, so that a corner of a lost group would be looked for nowhere.

    Parameters
    ----------
    found : BlindSpots
    rows : Rows
    counterparts : Counterparts or None
    partitions : sequence of Partition
    least, seed : int
        As for `spots_of`.

    Returns
    -------
    BlindSpots
    """
    n_tested = max(found.n_tested, 1)
    declared = {name for partition in partitions for name in partition.names}
    kept: list[Slice] = []
    lost: list[Slice] = []
    for item in found.slices:
        is_whole = item.kind == "rare" and len(item.columns) == 1 and item.columns[0] in declared
        if is_whole:
            lost.append(item)
        elif not is_explained(item, rows, counterparts, partitions, n_tested=n_tested):
            kept.append(item)
    for group in lost:
        alpha = ALPHA / (1 + len(lost))
        inner = _within(group, rows, alpha=alpha, least=least, seed=seed)
        kept += [item for item in inner if not is_explained(item, rows, counterparts, partitions, n_tested=n_tested)]
    return replace(found, slices=tuple(kept))


def _held(item: Slice, rows: Rows) -> dict[str, NDArray[np.bool_]]:
    axes = {axis.name: place for place, axis in enumerate(rows.axes)}
    found = [
        (axes[name], rows.axes[axes[name]].words.index(word))
        for name, word in zip(item.columns, item.conditions, strict=True)
    ]
    candidate = Candidate(tuple(found), 0.0)
    return {role: candidate.holds(rows.axes, codes) for role, codes in rows.codes.items()}


def _told_by(
    kind: str, held: Mapping[str, NDArray[np.bool_]], partition: Partition, found: Counterparts | None, n_tested: int
) -> bool:
    parts = partition.parts
    if kind == "rare":
        roles = [role for role in held if role != "synthetic"]
        real_part = np.concatenate([parts[role] for role in roles])
        real_held = np.concatenate([held[role] for role in roles])
        return _rare_is_told(real_part, real_held, parts["synthetic"], held["synthetic"], n_tested)
    if found is None:
        return False
    if kind == "uncovered":
        lost = found.fresh_covered - found.covered
        return _excess(lost, parts["real"][found.real], held["real"][found.real]) < LEAST_PART * WORSE
    role = found.fresh_role
    ours = _excess(found.unlike, parts["synthetic"][found.synthetic], held["synthetic"][found.synthetic])
    theirs = _excess(found.fresh_unlike, parts[role][found.fresh], held[role][found.fresh])
    return ours - theirs < LEAST_PART * WORSE


def _rare_is_told(
    real: Strata, real_held: NDArray[np.bool_], made: Strata, made_held: NDArray[np.bool_], n_tested: int
) -> bool:
    """Whether the slice's share within the parts is hardly below the real one, by size and Cochran's test."""
    expected = variance = direct = 0.0
    for part in np.unique(real[real_held]):
        n, m = int(np.sum(real == part)), int(np.sum(made == part))
        inside = int(np.sum(real_held[real == part]))
        both = inside + int(np.sum(made_held[made == part]))
        direct += m * inside / n
        if n + m > 1:
            expected += m * both / (n + m)
            variance += n * m * both * (n + m - both) / ((n + m) ** 2 * (n + m - 1))
    observed = int(np.sum(made_held))
    if direct <= 0 or variance <= 0:  # the part itself is gone
        return True
    p = float(special.ndtr((observed - expected) / math.sqrt(variance)))
    return 1.0 - observed / direct < LEAST_PART * FEWER or p > ALPHA / n_tested


def _excess(values: NDArray[np.float64], parts: Strata, held: NDArray[np.bool_]) -> float:
    """Mean of the held rows less the means of the parts that they are of."""
    if not held.any():
        return 0.0
    _, numbers = np.unique(parts, return_inverse=True)
    means = np.bincount(numbers, weights=values) / np.bincount(numbers)
    return float((values - means[numbers])[held].mean())


def _within(group: Slice, rows: Rows, *, alpha: float, least: int, seed: int) -> list[Slice]:
    """Slices that are too rare among the rows of a group."""
    held = _held(group, rows)
    axes = [place for place, axis in enumerate(rows.axes) if axis.name not in group.columns]
    codes = {role: np.ascontiguousarray(items[axes][:, held[role]]) for role, items in rows.codes.items()}
    if min(items.shape[1] for items in codes.values()) == 0:
        return []
    inner = spots_of(
        Rows(tuple(rows.axes[place] for place in axes), codes), None, least=least, depth=2, alpha=alpha, seed=seed
    )
    return [_of_all(item, group, held) for item in inner.slices]


def _of_all(item: Slice, group: Slice, held: Mapping[str, NDArray[np.bool_]]) -> Slice:
    """A slice of a group's rows as one of all rows; what was tested stays that within the group."""
    real = list(itertools.chain.from_iterable(mask for role, mask in held.items() if role != "synthetic"))
    return replace(
        item,
        conditions=(*group.conditions, *item.conditions),
        columns=(*group.columns, *item.columns),
        real_share=(item.real_share or 0.0) * float(np.mean(real)),
        synthetic_share=(item.synthetic_share or 0.0) * float(held["synthetic"].mean()),
        synthetic_rows=np.flatnonzero(held["synthetic"])[item.synthetic_rows],
        real_rows=np.flatnonzero(held["real"])[item.real_rows],
    )
