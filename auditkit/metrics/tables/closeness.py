"""Is it copied, seen by distance between rows of mixed type? Each reading stands beside the same one of a holdout.

Train and holdout are measured with one stick, the range of both together. SDMetrics divides by the range of each set
by itself, which moves the two apart where one holds an outlier.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditkit.data.cells import Cells
from auditkit.errors import AuditkitError
from auditkit.metrics.closeness import distance_ratio, median_reading
from auditkit.metrics.products import Role, Side
from auditkit.metrics.registry import Reading
from auditkit.metrics.tables.codes import column_codes, combined
from auditkit.metrics.tables.gower import nearest, spans
from auditkit.metrics.tables.shown import Shown, short_text
from auditkit.metrics.votes import vote_reading

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Closeness",
    "closeness_of",
    "closest_reading",
    "ratio_reading",
    "record_sides",
    "share_reading",
]


@dataclass(frozen=True, eq=False, repr=False)
class Closeness(Shown):
    """The real rows nearest to each of m synthetic ones.

    Attributes
    ----------
    n_real, n_holdout : int
        Rows of each set; 0 without a holdout.
    distances : ndarray of shape (m, k), float64
        To the k nearest training rows, k = 2 where there are as many; in [0, 1].
    rows : ndarray of shape (m, k), int64
        Which they are; among equal ones the lowest.
    holdout_distances, holdout_rows : ndarray of shape (m, k), or None
        The same for holdout rows.
    shares : ndarray of shape (m,), float64, or None
        What each row gives to train of a vote that is split among all records tied for nearest.
    squares : float
        Sum over the records of both sets of their squared votes.
    """

    n_real: int
    n_holdout: int
    distances: NDArray[np.float64]
    rows: NDArray[np.int64]
    holdout_distances: NDArray[np.float64] | None = None
    holdout_rows: NDArray[np.int64] | None = None
    shares: NDArray[np.float64] | None = None
    squares: float = 0.0

    def __len__(self) -> int:
        return len(self.distances)

    @property
    def ratios(self) -> NDArray[np.float64]:
        """Nearest over second nearest distance of each row, shape (m,); 1 where both are 0."""
        return distance_ratio(self.distances[:, 0], self.distances[:, 1])

    def __str__(self) -> str:
        near = [("training rows", self.distances), ("holdout rows", self.holdout_distances)]
        rows = [
            (
                name,
                *(float(np.quantile(found[:, 0], share)) for share in (0.0, 0.05, 0.5)),
                float((found[:, 0] == 0).mean()),
            )
            for name, found in near
            if found is not None
        ]
        names = ("nearest of", "least distance", "5 %", "median", "share at 0")
        return short_text(f"{len(self)} synthetic rows and the real rows nearest to them", names, rows)

    def frame(self) -> pd.DataFrame:
        """A row per synthetic row: nearest records with their distances, and the vote for train."""
        import pandas as pd  # noqa: PLC0415 - only for who wants a frame

        columns: dict[str, Any] = {"nearest_real": self.rows[:, 0], "distance_real": self.distances[:, 0]}
        if self.holdout_rows is not None and self.holdout_distances is not None:
            columns |= {"nearest_holdout": self.holdout_rows[:, 0], "distance_holdout": self.holdout_distances[:, 0]}
            columns["train_share"] = self.shares
        return pd.DataFrame(columns)


def closeness_of(real: Cells, synthetic: Cells, holdout: Cells | None = None) -> Closeness:
    """Nearest training and holdout rows of each synthetic row, by one search.

    Parameters
    ----------
    real, synthetic, holdout : Cells
        Of one encoding.

    Returns
    -------
    Closeness
    """
    sets = [real] if holdout is None else [real, holdout]
    found = nearest(
        synthetic, sets, measure=spans(*sets), k=min(2, *(len(item) for item in sets)), votes=holdout is not None
    )
    if holdout is None:
        return Closeness(len(real), 0, found.distances[0], found.rows[0])
    return Closeness(
        len(real),
        len(holdout),
        found.distances[0],
        found.rows[0],
        found.distances[1],
        found.rows[1],
        found.share(),
        float(sum(votes @ votes for votes in found.votes)),
    )


def closest_reading(closeness: Closeness) -> Reading:
    """Median distance to the closest training row."""
    return median_reading(closeness.distances[:, 0], closeness.n_real)


def ratio_reading(closeness: Closeness) -> Reading:
    """Median ratio of the distances to the closest and second closest training rows."""
    if closeness.distances.shape[1] < 2:  # noqa: PLR2004 - the second closest
        return Reading(None, (closeness.n_real, len(closeness)), "one training row has no second closest: add rows.")
    return median_reading(closeness.ratios, closeness.n_real)


def share_reading(closeness: Closeness) -> Reading:
    """Share of the votes that go to train, with its variance over permutations of train and holdout."""
    if closeness.shares is None:
        raise AuditkitError("the holdout share needs a holdout.")
    return vote_reading(closeness.shares, closeness.squares, (closeness.n_real, closeness.n_holdout))


def record_sides(**sets: Cells) -> dict[Role, Side]:
    """Sides whose record numbers are equal where rows are equal in every cell."""
    cells = list(sets.values())
    columns = [column_codes(cells, place) for place in range(len(cells[0].columns))]
    records, _ = combined(columns)
    sides: dict[Any, Side] = {
        role: Side(np.zeros((len(item), 0)), records=numbers, name=role)
        for (role, item), numbers in zip(sets.items(), records, strict=True)
    }
    return sides
