"""Mean and scatter as a state that streams: update, merge, compute. What every Fréchet distance rests on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import run_blocks, split_blocks
from auditkit.metrics.products import Side, product

__all__ = ["Moments", "deviations", "moments"]

# Numbers of a block that is copied to float64 at once: 32 MB.
BLOCK_NUMBERS = 2**22
PILOT_ROWS = 256
MOST_SPANS = 8


@dataclass(frozen=True, eq=False)
class Moments:
    """Number, mean and scatter of some rows, in float64.

    Attributes
    ----------
    n : int
    mean : ndarray of shape (d,)
    scatter : ndarray of shape (d, d)
        Sum of outer products of the centred rows.
    """

    n: int
    mean: NDArray[np.float64]
    scatter: NDArray[np.float64]

    @classmethod
    def of(cls, features: NDArray[np.floating[Any]]) -> Moments:
        """Moments of a batch of shape (n, d), n >= 1, block by block."""
        n, d = features.shape
        shift, total, scatter = _pilot(features), np.zeros(d), np.zeros((d, d))
        for rows in split_blocks(n, max(1, BLOCK_NUMBERS // d)):
            shifted = np.subtract(features[rows], shift, dtype=np.float64)
            total += shifted.sum(axis=0)
            # A matrix times its own transpose is one symmetric rank-k update: half of the work.
            scatter += shifted.T @ shifted
        offset = total / n
        scatter -= np.outer(total, offset)
        return cls(n, shift + offset, scatter)

    def merge(self, other: Moments) -> Moments:
        """Moments of both batches together (Chan, Golub and LeVeque 1983)."""
        n = self.n + other.n
        step = other.mean - self.mean
        scatter = np.outer(step * (self.n * other.n / n), step)
        scatter += self.scatter
        scatter += other.scatter
        return Moments(n, self.mean + step * (other.n / n), scatter)

    def update(self, features: NDArray[np.floating[Any]]) -> Moments:
        """Moments with one more batch."""
        return self.merge(Moments.of(features))

    @property
    def covariance(self) -> NDArray[np.float64]:
        """Unbiased covariance of shape (d, d); needs n >= 2."""
        return self.scatter / (self.n - 1)


@product(sides=("real",))
def moments(side: Side) -> Moments:
    """Moments of a side, merged in the order of its rows."""
    features = side.features
    n, d = features.shape
    n_spans = min(MOST_SPANS, max(1, n // max(2 * d, 8192)))
    spans = split_blocks(n, -(-n // n_spans))
    return reduce(Moments.merge, run_blocks(lambda rows: Moments.of(features[rows]), spans))


def deviations(features: NDArray[np.floating[Any]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean of shape (d,), and rows less that mean, of shape (n, d), in float64."""
    shift = _pilot(features)
    shifted = np.subtract(features, shift, dtype=np.float64)
    offset = shifted.mean(axis=0)
    shifted -= offset
    return shift + offset, shifted


def _pilot(features: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """A point close to the mean that has a constant column's own value.

    Squares about it keep their digits however far the mean is from 0: over any rows, its squared distance from the
    mean is at most n / 256 variances. The first row is taken off before the sum, so that a constant stays one.
    """
    rows = features[:: -(-len(features) // PILOT_ROWS)].astype(np.float64)
    return np.asarray(rows[0] + (rows - rows[0]).mean(axis=0))
