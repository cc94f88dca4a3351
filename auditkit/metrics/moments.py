"""Mean and scatter as a state that streams: batch by batch, merged. What every Fréchet distance rests on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import run_blocks, split_blocks
from auditkit.metrics.products import Side, product

__all__ = ["BLOCK_NUMBERS", "Moments", "deviations", "moments", "step_between", "sum_with_rest"]

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
    rest : ndarray of shape (d,) or 0
        What the mean lost when it was rounded: far from 0, that is what the difference of two means is made of.
    """

    n: int
    mean: NDArray[np.float64]
    scatter: NDArray[np.float64]
    rest: NDArray[np.float64] | float = 0.0

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
        mean, rest = sum_with_rest(shift, offset)
        return cls(n, mean, scatter, rest)

    def merge(self, other: Moments) -> Moments:
        """Moments of both batches together (Chan, Golub and LeVeque 1983)."""
        n = self.n + other.n
        step = step_between(self, other)
        scatter = np.outer(step * (self.n * other.n / n), step)
        scatter += self.scatter
        scatter += other.scatter
        mean, rest = sum_with_rest(self.mean, self.rest + step * (other.n / n))
        return Moments(n, mean, scatter, rest)


@product(sides=("real",))
def moments(side: Side) -> Moments:
    """Moments of a side, merged in the order of its rows."""
    features = side.features
    n, d = features.shape
    n_spans = min(MOST_SPANS, max(1, n // max(2 * d, 8192)))
    spans = split_blocks(n, -(-n // n_spans))
    return reduce(Moments.merge, run_blocks(lambda rows: Moments.of(features[rows]), spans))


class _Centred(Protocol):
    """Something with a mean in two parts."""

    @property
    def mean(self) -> NDArray[np.float64]: ...

    @property
    def rest(self) -> NDArray[np.float64] | float: ...


def step_between(first: _Centred, second: _Centred) -> NDArray[np.float64]:
    """From the mean of the first to that of the second, with all its digits however far both are from 0."""
    return np.asarray((second.mean - first.mean) + (second.rest - first.rest))


def sum_with_rest(
    first: NDArray[np.float64], second: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A rounded sum and what rounding took from it, exactly (Knuth 1969, section 4.2.2)."""
    total = first + second
    taken = total - first
    return total, (first - (total - taken)) + (second - taken)


def deviations(
    features: NDArray[np.floating[Any]],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Mean of shape (d,), what it lost in rounding, and rows less that mean, of shape (n, d), in float64."""
    shift = _pilot(features)
    shifted = np.subtract(features, shift, dtype=np.float64)
    offset = shifted.mean(axis=0)
    shifted -= offset
    return *sum_with_rest(shift, offset), shifted


def _pilot(features: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """A point close to the mean that has a constant column's own value.

    Squares about it keep their digits however far the mean is from 0: over any rows, its squared distance from the
    mean is at most n / 256 variances. The first row is taken off before the sum, so that a constant stays one.
    """
    rows = features[:: -(-len(features) // PILOT_ROWS)].astype(np.float64)
    return np.asarray(rows[0] + (rows - rows[0]).mean(axis=0))
