"""Metrics of closeness and copies on rows of a table, cell by cell, in place of their features.

In an audit they are names with `[space=mixed]`; there they read the tables of the sides, whatever the embedder.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from auditkit.metrics.products import Role, Side
from auditkit.metrics.reading import Reading
from auditkit.metrics.spaces import Space

__all__ = [
    "mixed_copy_excess",
    "mixed_distance",
    "mixed_holdout_share",
    "mixed_match_share",
    "mixed_membership",
    "mixed_ratio",
    "mixed_sides",
]


def mixed_sides(**sets: Any) -> dict[Role, Side]:
    """Sides of tables as users give them, without features; a set that is None is left out."""
    from auditkit.metrics.tables.sides import named_sets, table_sides  # noqa: PLC0415 - needs pandas

    cells = table_sides(named_sets(**sets))
    sides: dict[Any, Side] = {
        role: Side(np.zeros((len(item), 0)), cells=item, name=role) for role, item in cells.items()
    }
    return sides


def mixed_distance(real: Side, synthetic: Side, *, space: Space = "mixed") -> Reading:  # noqa: ARG001 - the name's
    """Reading of `distance_to_closest_record`, cell by cell."""
    from auditkit.metrics.tables import closeness  # noqa: PLC0415 - which reads as these do

    return closeness.closest_reading(closeness.closeness_of(*_tables(real, synthetic)))


def mixed_ratio(real: Side, synthetic: Side, *, space: Space = "mixed") -> Reading:  # noqa: ARG001
    """Reading of `nearest_neighbour_distance_ratio`, cell by cell."""
    from auditkit.metrics.tables import closeness  # noqa: PLC0415

    return closeness.ratio_reading(closeness.closeness_of(*_tables(real, synthetic)))


def mixed_holdout_share(real: Side, synthetic: Side, holdout: Side, *, space: Space = "mixed") -> Reading:  # noqa: ARG001
    """Reading of `holdout_share`, cell by cell."""
    from auditkit.metrics.tables import closeness  # noqa: PLC0415

    return closeness.share_reading(closeness.closeness_of(*_tables(real, synthetic, holdout)))


def mixed_copy_excess(real: Side, synthetic: Side, holdout: Side, *, space: Space = "mixed") -> Reading:  # noqa: ARG001
    """Reading of `copy_excess` on rows that are equal in every cell."""
    return _of_records("copy_excess", real=real, synthetic=synthetic, holdout=holdout)


def mixed_match_share(real: Side, synthetic: Side, *, space: Space = "mixed") -> Reading:  # noqa: ARG001
    """Reading of `identical_match_share` on rows that are equal in every cell."""
    return _of_records("identical_match_share", real=real, synthetic=synthetic)


def mixed_membership(
    real: Side,
    synthetic: Side,
    holdout: Side,
    *,
    attack: Literal["density_ratio", "distance"] = "density_ratio",
    space: Space = "mixed",  # noqa: ARG001
) -> Reading:
    """Reading of `membership_inference`, cell by cell."""
    from auditkit.metrics.tables.members import suspicion_of  # noqa: PLC0415

    return suspicion_of(*_tables(real, synthetic, holdout), attack=attack).reading


def _tables(*sides: Side) -> list[Any]:
    from auditkit.metrics.tables.whole_table import table_of  # noqa: PLC0415

    return [table_of(side) for side in sides]


def _of_records(name: str, **sides: Side) -> Reading:
    from auditkit.metrics.registry import get  # noqa: PLC0415 - which takes these readings
    from auditkit.metrics.tables.closeness import record_sides  # noqa: PLC0415

    records = record_sides(**dict(zip(sides, _tables(*sides.values()), strict=True)))
    return get(name).reads(**records)
