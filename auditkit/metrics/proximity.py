"""Distinct rows, neighbours and crossings as products: every neighbour metric reads one and the same pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from auditkit.metrics.crossing import Crossing, crossing
from auditkit.metrics.neighbours import Neighbours, Points, check_k, merge_rows, neighbours
from auditkit.metrics.parameters import is_whole
from auditkit.metrics.products import Need, Role, Side, product, roles_of

__all__ = ["build_crossing", "build_neighbours", "build_points", "check_support"]


@product(sides=("real",))
def build_points(side: Side) -> Points:
    """Distinct rows of a side."""
    return merge_rows(side.features)


@product(sides=("real",), unify={"k": max})
def build_neighbours(side: Side, points: Points, *, k: int = 1) -> Neighbours:
    """Neighbours of a side within itself, as many of those asked for as it has rows for."""
    if len(points) == 1:  # it has none, which only those who ask for one need to know
        return Neighbours(np.empty((1, 0)), np.empty((1, 0), np.int64), side.name)
    return neighbours(points, k=_possible(k, points), name=side.name)


def both(first: Any, second: Any) -> Any:
    """Numbers of neighbours that two askers want known, as a tuple where they differ."""
    found = dict.fromkeys((*_each(first), *_each(second)))
    return first if len(found) == 1 else tuple(found)


@product(sides=("real", "synthetic"), unify={"k": both})
def build_crossing(
    real_points: Points,
    synthetic_points: Points,
    real_neighbours: Neighbours,
    synthetic_neighbours: Neighbours,
    *,
    k: int | tuple[int, ...] = 1,
) -> Crossing:
    """Crossing of two sides, for as many of the neighbours asked for as both have rows for."""
    ks = [_possible(item, real_points, synthetic_points) for item in _each(k)]
    return crossing(
        real_points,
        synthetic_points,
        real_neighbours=real_neighbours,
        synthetic_neighbours=synthetic_neighbours,
        k=max(ks),
        ks=ks,
    )


def _each(k: Any) -> tuple[Any, ...]:
    return k if isinstance(k, tuple) else (k,)


def check_support(needs: Iterable[Need], sizes: Mapping[Role, int], k: Any) -> None:
    """Refuse, before anything is built, a number of neighbours that a set has too few rows for.

    Parameters
    ----------
    needs : iterable of Need
        Of the metric that has the parameter k.
    sizes : mapping of role to int
        Rows of each set.
    k : int

    Raises
    ------
    SampleSizeError
        If a set whose neighbours are needed has no more than k rows.
    """
    near = (need for need in needs if need.wants in (Neighbours, Crossing))
    for role in sorted(roles_of(tuple(near)) & set(sizes)):
        check_k(k, sizes[role], role)


def _possible(k: Any, *sets: Points) -> Any:
    """Largest k that the sets have rows for: one metric that asks for more must not spoil those that ask for less."""
    return k if not is_whole(k) else min(k, min(map(len, sets)) - 1)
