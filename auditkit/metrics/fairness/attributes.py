"""Tables of level by class that an audit has counted: one for each attribute, and one for each two of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from auditkit.metrics.fairness.association import Association
from auditkit.metrics.occupancy import Occupancy
from auditkit.metrics.registry import Part, Reading

__all__ = ["associations", "crossed_associations", "draws_for", "worst_of"]

FEWEST_DRAWS = 50
# Cells that are drawn for one reading.
MOST_CELLS = 200_000


def associations(real: Occupancy, synthetic: Occupancy) -> Iterator[Association]:
    """Each declared attribute with the label; nothing where there is no label."""
    if real.labels is None or synthetic.labels is None:
        return
    for name, levels in real.group_levels.items():
        truth, other = real.cells[name], synthetic.cells[name]
        # Counts that a private reference withholds are no zeros.
        withheld = (truth.sum(axis=1) == 0) & (real.groups[name] > 0)
        other = np.where(withheld[:, None], 0, other)
        yield Association(name, "label", levels, real.label_levels, truth, other, truth)


def crossed_associations(real: Occupancy, synthetic: Occupancy) -> Iterator[Association]:
    """Each two declared attributes together, where both sets have counted them."""
    if real.labels is None or synthetic.labels is None:
        return
    for (first, second), truth in real.crossed.items():
        other = synthetic.crossed.get((first, second))
        if other is None:
            continue
        names = tuple(f"{first}={a}, {second}={b}" for a in real.group_levels[first] for b in real.group_levels[second])
        shape = (len(names), len(real.label_levels))
        flat = truth.reshape(shape)
        yield Association(
            f"{first} and {second}", "label", names, real.label_levels, flat, other.reshape(shape), flat, crossed=True
        )


def draws_for(found: Association, most: int) -> int:
    """How often tables of this size are resampled: fewer times where there are many cells."""
    return max(FEWEST_DRAWS, min(most, MOST_CELLS // max(found.truth.size, 1)))


def worst_of(parts: tuple[Part, ...], n: tuple[int, int], reason: str, *, further: tuple[Part, ...] = ()) -> Reading:
    """Reading of the part that is farthest from 0, with its sign, and all parts; `further` ones are told only."""
    measured = [part for part in parts if part.reading.value is not None]
    if not measured:
        return Reading(None, n, reason, parts=parts + further)
    worst = max(measured, key=lambda part: abs(part.reading.value or 0.0))
    return Reading(worst.reading.value, n, parts=parts + further, details={"worst": dict(worst.where)})
