"""Who was in the training set, told from distances between rows of mixed type.

The attack is `membership_inference`'s: a record is suspicious where it lies nearer to the synthetic rows than records
of its kind lie to each other. A column of which every value is somebody's own, as a name, is left out by the schema
where all sets are Datasets; in other tables, or where it only nearly is so, it weighs as much as any other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.data.cells import Cells
from auditkit.errors import SampleSizeError
from auditkit.metrics.membership import Attack, attack_reading, relative_distance
from auditkit.metrics.registry import Reading
from auditkit.metrics.tables.gower import nearest, spans
from auditkit.metrics.tables.sides import named_sets, table_sides

__all__ = ["Suspicion", "mixed_suspicion", "suspicion_of"]

Distances = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Suspicion:
    """How much each real record looks as if it had been trained on.

    Attributes
    ----------
    reading : Reading
        The area under the curve with its interval, as for `membership_inference`.
    members : ndarray of shape (n,), float64
        Of each training record: its distance to the nearest synthetic row, over that to the nearest other real record
        with `"density_ratio"`. The smaller, the more suspicious.
    strangers : ndarray of shape (h,), float64
        The same of each holdout record.
    """

    reading: Reading
    members: Distances = field(repr=False)
    strangers: Distances = field(repr=False)


def mixed_suspicion(*, real: Any, synthetic: Any, holdout: Any, attack: Attack = "density_ratio") -> Suspicion:
    """Suspicion about the records of tables.

    Parameters
    ----------
    real, synthetic, holdout : table
    attack : {"density_ratio", "distance"}

    Returns
    -------
    Suspicion

    Raises
    ------
    DataError, SampleSizeError, UnknownNameError
    """
    if holdout is None:
        raise SampleSizeError("membership inference needs a `holdout`: give real records that were not trained on.")
    return suspicion_of(**table_sides(named_sets(real=real, synthetic=synthetic, holdout=holdout)), attack=attack)


def suspicion_of(real: Cells, synthetic: Cells, holdout: Cells, *, attack: Attack = "density_ratio") -> Suspicion:
    """The same on sets that are encoded together already."""
    measure = spans(real, holdout)
    members, strangers = (nearest(item, [synthetic], measure=measure).distances[0, :, 0] for item in (real, holdout))
    if attack == "density_ratio":
        members = relative_distance(members, _nearest_other(real, holdout, measure))
        strangers = relative_distance(strangers, _nearest_other(holdout, real, measure))
    reading = attack_reading(members, strangers, n_synthetic=len(synthetic), attack=attack)
    return Suspicion(reading, members, strangers)


def _nearest_other(records: Cells, others: Cells, measure: tuple[float | int | None, ...]) -> Distances:
    """Distance of each record to the nearest real one but itself."""
    found = nearest(records, [others], measure=measure).distances[0, :, 0]
    if len(records) == 1:
        return found
    return np.minimum(found, nearest(records, [records], measure=measure, k=2).distances[0, :, 1])
