"""Distinct rows, neighbours and crossings as products: every neighbour metric reads one and the same pass."""

from __future__ import annotations

from auditkit.metrics.crossing import Crossing, crossing
from auditkit.metrics.neighbours import Neighbours, Points, merge_rows, neighbours
from auditkit.metrics.products import Side, product

__all__ = ["build_crossing", "build_neighbours", "build_points"]


@product(sides=("real",))
def build_points(side: Side) -> Points:
    """Distinct rows of a side."""
    return merge_rows(side.features)


@product(sides=("real",), unify={"k": max})
def build_neighbours(side: Side, points: Points, *, k: int = 1) -> Neighbours:
    """Neighbours of a side within itself."""
    return neighbours(points, k=k, name=side.name)


@product(sides=("real", "synthetic"), unify={"k": max})
def build_crossing(
    real_points: Points,
    synthetic_points: Points,
    real_neighbours: Neighbours,
    synthetic_neighbours: Neighbours,
    *,
    k: int = 1,
) -> Crossing:
    """Crossing of two sides."""
    return crossing(
        real_points,
        synthetic_points,
        real_neighbours=real_neighbours,
        synthetic_neighbours=synthetic_neighbours,
        k=k,
    )
