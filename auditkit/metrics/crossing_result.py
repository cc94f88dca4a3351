"""What a crossing of a real and a synthetic set found out, per distinct row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditkit.errors import SampleSizeError
from auditkit.metrics.neighbours import FloatArray, IndexArray

__all__ = ["Crossing", "Inside", "Pairs"]


@dataclass(frozen=True, eq=False)
class Pairs:
    """A sparse set of pairs, ordered by synthetic row, then by real row (compressed rows).

    Attributes
    ----------
    offsets : ndarray of shape (u_s + 1,), int64
        The pairs of synthetic row j are those from `offsets[j]` to `offsets[j + 1]`.
    real : ndarray of shape (p,), int32
        Distinct real row of each pair.
    squared_distances : ndarray of shape (p,), float64
    """

    offsets: IndexArray
    real: NDArray[np.int32]
    squared_distances: FloatArray

    @property
    def synthetic(self) -> IndexArray:
        """Distinct synthetic row of each pair, shape (p,)."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))


@dataclass(frozen=True, eq=False)
class Inside:
    """In how many balls of the other set each distinct row lies, copies of the balls' centres counted.

    Attributes
    ----------
    strict : ndarray of shape (u,), int64
        Balls that hold the row with room to spare: d < r.
    tied : ndarray of shape (u,), int64
        Balls on whose rim it lies: d^2 and r^2 differ by at most 1e-12 of r^2. Readings with ties inclusive add
        them, with ties strict leave them out, with ties half add half of them.
    """

    strict: IndexArray
    tied: IndexArray


@dataclass(frozen=True, eq=False)
class Crossing:
    """Everything between a real and a synthetic set that neighbour metrics read, per distinct row.

    Attributes
    ----------
    ks : tuple of int
        Numbers of neighbours that set the radius of a ball, ascending; the columns of what follows.
    in_real_strict, in_real_tied : ndarray of shape (u_s, len(ks)), int64
        Real balls around each synthetic row; see `inside_real`.
    in_synthetic_strict, in_synthetic_tied : ndarray of shape (u_r, len(ks)), int64
        Synthetic balls around each real row; see `inside_synthetic`.
    smallest_strict, smallest_tied : ndarray of shape (u_s, len(ks)), float64
        Smallest squared radius among the real balls that hold the synthetic row strictly, or on their rim; infinite
        where there are none. Rarity reads them.
    pairs_in_real, pairs_in_synthetic : Pairs or None
        Pairs inside the k-ball of the real row, or of the synthetic row, rim included. None when they are more than
        were to be kept, as when many rows crowd the middle of a high-dimensional set; the counts above are whole
        all the same.
    nearest_real : ndarray of shape (u_s,), int64
        Nearest distinct real row, the lowest index of those tied.
    nearest_real_squared : ndarray of shape (u_s,), float64
        Its squared distance.
    second_real_squared : ndarray of shape (u_s,), float64
        Squared distance of the second nearest real row, copies counted: where the nearest real row occurs twice, it
        equals `nearest_real_squared`.
    nearest_real_ties : Pairs
        All real rows at the nearest distance of each synthetic row (within 1e-12 of it): at least one each.
    nearest_synthetic, nearest_synthetic_squared : ndarrays of shape (u_r,), int64 and float64
        The same from real rows to synthetic ones, the lowest index among equal distances.
    realism : ndarray of shape (u_s,), float64
        max over the real rows i with r_i <= median(r) of r_i / d(i, j), with r_i the radius for `realism_k`
        neighbours and the median over all real rows, copies counted. At least 1 means inside or on the rim of one
        of the smaller half of the balls. Infinite on the centre of a ball of positive radius; on the centre of one
        of radius 0 (a row with more than k copies) it is 1, as on any rim.
    realism_k : int
        Neighbours that set the radius for realism.
    """

    ks: tuple[int, ...]
    in_real_strict: IndexArray
    in_real_tied: IndexArray
    in_synthetic_strict: IndexArray
    in_synthetic_tied: IndexArray
    smallest_strict: FloatArray
    smallest_tied: FloatArray
    pairs_in_real: Pairs | None
    pairs_in_synthetic: Pairs | None
    nearest_real: IndexArray
    nearest_real_squared: FloatArray
    second_real_squared: FloatArray
    nearest_real_ties: Pairs
    nearest_synthetic: IndexArray
    nearest_synthetic_squared: FloatArray
    realism: FloatArray
    realism_k: int

    @property
    def k(self) -> int:
        """The largest number of neighbours that sets the radius of a ball."""
        return self.ks[-1]

    def inside_real(self, k: int) -> Inside:
        """Balls around real rows (radius: k-th neighbour) that hold each distinct synthetic row."""
        place = self.require(k)
        return Inside(self.in_real_strict[:, place], self.in_real_tied[:, place])

    def inside_synthetic(self, k: int) -> Inside:
        """Balls around synthetic rows (radius: k-th neighbour) that hold each distinct real row."""
        place = self.require(k)
        return Inside(self.in_synthetic_strict[:, place], self.in_synthetic_tied[:, place])

    def smallest_radius(self, k: int, *, tied: bool) -> FloatArray:
        """Smallest radius of the real balls that hold each synthetic row, infinite where none does."""
        place = self.require(k)
        squared = self.smallest_strict[:, place]
        return np.asarray(np.sqrt(np.minimum(squared, self.smallest_tied[:, place]) if tied else squared))

    def require(self, k: int) -> int:
        """Column of a number of neighbours; refused where it is not known for both sets."""
        if k not in self.ks:
            raise SampleSizeError(
                f"each row of the smaller one of `real` and `synthetic` has {self.k} known neighbours "
                f"({self.k + 1} rows with itself), got k={k}: lower k or add rows."
            )
        return self.ks.index(k)

    @property
    def nearest_real_distance(self) -> FloatArray:
        """Distance of each synthetic row to its nearest real row, shape (u_s,)."""
        return np.sqrt(self.nearest_real_squared)
