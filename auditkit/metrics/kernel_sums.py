"""Sums of a kernel over all pairs of rows of two sets, per row: the work behind every kernel distance.

Rows are centred and multiplied in tiles, each pair within a set once; no array has n x n entries. The product of a
tile is float32 where that cannot be seen in the result and float64 elsewhere, all that follows is float64
(`kernel_tiles`). The rule: products are float64 for sets of `SMALL` rows together or fewer. For larger ones the sums
are computed both ways on `SAMPLE` rows of each set, spread evenly. Float32 is used if its mean error there, plus three
standard errors of that mean, is below `TOLERANCE` of the least standard error that a distance at full size can have.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import run_blocks, single_threaded, split_blocks
from auditkit.metrics.tiles import Double, RowArray

__all__ = ["Kernel", "KernelSums", "PairedRows", "paired_rows", "standard_error"]

Index = NDArray[np.intp]

STRIP = 512
STRIPS = 8
COLUMNS = 1024
GROUP = 32
SMALL = 2048
SAMPLE = 256
TOLERANCE = 0.01


class Kernel(Protocol):
    """A kernel of the inner product of centred rows."""

    @property
    def tile(self) -> Callable[[RowArray, Double, Double, Double, int, Double, Double], None]:
        """Compiled loop over one tile, as in `kernel_tiles`."""

    def terms(self, centred: Double) -> Double:
        """What the loop must know of each centred row; shape (t, n)."""

    def constants(self, real: Double, synthetic: Double) -> tuple[float, float]:
        """First constant of the loop, given both sets' terms, and the factor of the inner products."""


@dataclass(frozen=True, eq=False)
class KernelSums:
    """Sum of the kernel, less what the tile loop leaves out, over the pairs of each row.

    Attributes
    ----------
    real, synthetic : ndarrays of shape (n,) and (m,)
        Over all other rows of the same set.
    real_synthetic, synthetic_real : ndarrays of shape (n,) and (m,)
        Over all rows of the other set.
    """

    real: Double
    synthetic: Double
    real_synthetic: Double
    synthetic_real: Double

    def effects(self, *, with_self: bool = False) -> tuple[Double, Double]:
        """Mean kernel of each row to its own set less that to the other; `with_self` counts a pair with itself as 0."""
        n, m = len(self.real), len(self.synthetic)
        others = (n, m) if with_self else (max(n - 1, 1), max(m - 1, 1))
        return (
            self.real / others[0] - self.real_synthetic / m,
            self.synthetic / others[1] - self.synthetic_real / n,
        )


@dataclass(frozen=True, eq=False)
class _Operand:
    """Centred rows, in units of a power of two, and what the loop must know of each."""

    rows: RowArray
    left: Double
    right: Double

    @classmethod
    def of(
        cls, features: NDArray[np.floating[Any]], centre: Double, unit: float, kernel: Kernel, kind: Any
    ) -> _Operand:
        rows = np.empty(features.shape, kind)

        def fill(block: slice) -> Double:
            centred = np.asarray(features[block], np.float64) - centre
            np.divide(centred, unit, out=rows[block], casting="same_kind")
            return kernel.terms(centred)

        right = np.concatenate(run_blocks(fill, split_blocks(len(rows), STRIP)), axis=1)
        return cls(rows, np.ascontiguousarray(right.T), right)

    def take(self, index: Index) -> _Operand:
        return _Operand(self.rows[index], self.left[index], np.ascontiguousarray(self.right[:, index]))


@dataclass(frozen=True, eq=False)
class PairedRows:
    """Two sets of rows made ready for a kernel; `constants` are the loop's."""

    real: _Operand
    synthetic: _Operand
    kernel: Kernel
    constants: Double

    def take(self, real: Index, synthetic: Index) -> PairedRows:
        """Some rows of each set."""
        return PairedRows(self.real.take(real), self.synthetic.take(synthetic), self.kernel, self.constants)

    def sums(self) -> KernelSums:
        """Sums over all pairs."""
        real, synthetic = self._within(self.real), self._within(self.synthetic)
        return KernelSums(real, synthetic, *self._between(self.real, self.synthetic, diagonal=0))

    def _within(self, operand: _Operand) -> Double:
        rows, columns = self._between(operand, operand, diagonal=1)
        return rows + columns

    def _between(self, left: _Operand, right: _Operand, *, diagonal: int) -> tuple[Double, Double]:
        """Sums per row of either operand; of an operand with itself over the pairs above the diagonal."""
        rows, columns = np.zeros(len(left.rows)), np.zeros(len(right.rows))

        def strip(block: slice) -> tuple[Double, Double]:
            return self._strip(left, right, block, diagonal)

        # Products below the diagonal are thrown away, so strips of small sets are narrower.
        strips = split_blocks(len(left.rows), min(STRIP, -(-len(left.rows) // STRIPS)))
        for group in split_blocks(len(strips), GROUP):
            for block, (own, others) in zip(strips[group], run_blocks(strip, strips[group]), strict=True):
                rows[block] = own
                columns[len(columns) - len(others) :] += others
        return rows, columns

    def _strip(self, left: _Operand, right: _Operand, block: slice, diagonal: int) -> tuple[Double, Double]:
        first = block.start if diagonal else 0
        own, others = np.zeros(block.stop - block.start), np.zeros((1, len(right.rows)))
        for part, products, on_diagonal in _products(left, right, block, diagonal):
            self._tile(products, left, right, block, part, on_diagonal, own, others[:, part])
        return own, others[0, first:]

    def totals(self, real: Double, synthetic: Double) -> tuple[Double, Double, Double]:
        """Sums over the pairs within real and synthetic subsets, each pair once, and between them: one pass for all.

        Parameters
        ----------
        real, synthetic : ndarrays of shape (n, s) and (m, s)
            1 where a row is in a subset, else 0.
        """
        a, b = (self.real, real), (self.synthetic, synthetic)
        return self._totals(a, a, diagonal=1), self._totals(b, b, diagonal=1), self._totals(a, b, diagonal=0)

    def _totals(self, left: tuple[_Operand, Double], right: tuple[_Operand, Double], *, diagonal: int) -> Double:
        def strip(block: slice) -> Double:
            total = np.zeros(left[1].shape[1])
            for part, products, on_diagonal in _products(left[0], right[0], block, diagonal):
                own, values = np.zeros(len(products)), np.zeros(products.shape)
                self._tile(products, left[0], right[0], block, part, on_diagonal, own, values)
                total += np.einsum("is,is->s", values @ right[1][part], left[1][block])
            return total

        return np.asarray(sum(run_blocks(strip, split_blocks(len(left[1]), STRIP))))

    def _tile(
        self,
        products: RowArray,
        left: _Operand,
        right: _Operand,
        block: slice,
        part: slice,
        diagonal: int,
        own: Double,
        others: Double,
    ) -> None:
        terms = np.ascontiguousarray(right.right[:, part])
        self.kernel.tile(products, left.left[block], terms, self.constants, diagonal, own, others)


def _products(left: _Operand, right: _Operand, block: slice, diagonal: int) -> Iterator[tuple[slice, RowArray, int]]:
    """Inner products of a strip tile by tile: their columns, and 1 where the tile holds pairs of a row with itself."""
    a, first = left.rows[block], block.start if diagonal else 0
    buffer = np.empty(len(a) * COLUMNS, a.dtype)
    for start in range(first, len(right.rows), COLUMNS):
        b = right.rows[start : start + COLUMNS]
        products = buffer[: len(a) * len(b)].reshape(len(a), len(b))
        np.matmul(a, b.T, out=products)
        # A tile is as wide as a strip is high or wider, so only the first holds pairs of a row with itself.
        yield slice(start, start + len(b)), products, diagonal if start == first else 0


def paired_rows(
    real: NDArray[np.floating[Any]], synthetic: NDArray[np.floating[Any]], kernel: Kernel, *, centre: Double
) -> PairedRows:
    """Make two sets ready for a kernel, in the least precision that cannot be seen in a distance.

    Parameters
    ----------
    real, synthetic : ndarrays of shape (n, d) and (m, d)
    kernel : Kernel
    centre : ndarray of shape (d,)
        Taken off every row; any point gives the same sums but for rounding, the mean rounds least.

    Returns
    -------
    PairedRows
    """
    pair = (real, synthetic)
    if len(real) + len(synthetic) <= SMALL:
        return _paired(pair, centre, kernel, np.float64)
    sample = [item[np.linspace(0, len(item) - 1, min(SAMPLE, len(item))).astype(np.intp)] for item in pair]
    exact, rounded = (_paired(sample, centre, kernel, kind).sums() for kind in (np.float64, np.float32))
    single = _unseen(exact, rounded, max(len(real), len(synthetic)))
    return _paired(pair, centre, kernel, np.float32 if single else np.float64)


def standard_error(effects: tuple[Double, Double]) -> float:
    """Standard error of a distance from the effects of its rows, each set of two rows or more.

    First-order terms of Hoeffding's decomposition by the variances of the rows' effects. Those hold the second-order
    terms twice, so that the error is right where the sets differ and too large by sqrt(2) where they do not.
    """
    return 2.0 * math.sqrt(sum(float(item.var(ddof=1)) / len(item) for item in effects))


def _unseen(exact: KernelSums, rounded: KernelSums, n: int) -> bool:
    """Whether the error of the rounded sums is far below the least standard error at n rows a side."""
    truth = exact.effects()
    errors = [ours - theirs for ours, theirs in zip(rounded.effects(), truth, strict=True)]
    mean = sum(float(item.mean()) for item in errors)
    spread = math.sqrt(sum(float(item.var(ddof=1)) / len(item) for item in errors))
    # Where the sets do not differ, a standard error falls with 1/n, and never faster.
    least = standard_error(truth) * min(map(len, truth)) / n
    return abs(mean) + 3.0 * spread <= TOLERANCE * least


def _paired(
    pair: tuple[NDArray[np.floating[Any]], NDArray[np.floating[Any]]] | list[NDArray[np.floating[Any]]],
    centre: Double,
    kernel: Kernel,
    kind: Any,
) -> PairedRows:
    ends = [end - centre for item in pair for end in (item.max(axis=0), item.min(axis=0))]
    largest = max(float(np.abs(end).max()) for end in ends)
    unit = 2.0 ** math.frexp(largest)[1] if largest > 0 else 1.0
    with single_threaded():
        real, synthetic = (_Operand.of(item, centre, unit, kernel, kind) for item in pair)
    base, factor = kernel.constants(real.right, synthetic.right)
    return PairedRows(real, synthetic, kernel, np.array([base, factor * unit * unit]))
