"""Mean and covariance as a state that streams: update, merge, compute. The product behind every Fréchet distance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import run_blocks, split_blocks
from auditkit.metrics.products import Side, product

__all__ = ["Moments", "moments"]

BLOCK_ROWS = 8192


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
        """Moments of one batch of shape (n, d), n >= 1."""
        rows = np.asarray(features, np.float64)
        # The first row is taken off before the sum: a mean of huge numbers loses the digits that matter.
        shifted = rows - rows[0]
        offset = shifted.mean(axis=0)
        centred = shifted - offset
        return cls(len(rows), rows[0] + offset, centred.T @ centred)

    def merge(self, other: Moments) -> Moments:
        """Moments of both batches together (Chan, Golub and LeVeque 1983)."""
        n = self.n + other.n
        step = other.mean - self.mean
        weight = self.n * other.n / n
        scatter = self.scatter + other.scatter + weight * np.outer(step, step)
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
    """Moments of a side, merged in block order."""
    features = side.features
    blocks = run_blocks(lambda rows: Moments.of(features[rows]), split_blocks(len(features), BLOCK_ROWS))
    total = blocks[0]
    for block in blocks[1:]:
        total = total.merge(block)
    return total
