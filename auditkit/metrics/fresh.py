"""Between training records and fresh ones: how near a holdout lies to the records that a generator has seen.

What a synthetic sample's distance to the training records means is told by a fresh real sample's.
"""

from __future__ import annotations

from dataclasses import dataclass

from auditkit.metrics.crossing import crossing
from auditkit.metrics.neighbours import FloatArray, IndexArray, Neighbours, Points
from auditkit.metrics.products import product

__all__ = ["FreshDistances", "fresh_distances"]


@dataclass(frozen=True, eq=False)
class FreshDistances:
    """Squared distances between the training records and the holdout, per distinct row.

    Attributes
    ----------
    holdout_squared, holdout_second_squared : ndarrays of shape (u_h,), float64
        From each holdout row to its nearest and to its second nearest training record, copies counted.
    holdout_nearest : ndarray of shape (u_h,), int64
        The nearest distinct training record.
    real_squared : ndarray of shape (u_r,), float64
        From each training record to its nearest holdout row.
    """

    holdout_squared: FloatArray
    holdout_second_squared: FloatArray
    holdout_nearest: IndexArray
    real_squared: FloatArray


@product(sides=("real", "holdout"))
def fresh_distances(
    real_points: Points,
    holdout_points: Points,
    real_neighbours: Neighbours,
    holdout_neighbours: Neighbours,
) -> FreshDistances:
    """Nearest neighbours between training records and holdout, both ways."""
    found = crossing(
        real_points,
        holdout_points,
        real_neighbours=real_neighbours,
        synthetic_neighbours=holdout_neighbours,
        k=0,
    )
    return FreshDistances(
        holdout_squared=found.nearest_real_squared,
        holdout_second_squared=found.second_real_squared,
        holdout_nearest=found.nearest_real,
        real_squared=found.nearest_synthetic_squared,
    )
