"""How much of one training record a row repeats, in bits, where it repeats all of its cells but one at most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditkit.errors import UndefinedError
from auditkit.metrics.products import Side, product

__all__ = ["CopiedBits"]

LEAST_COLUMNS = 4


@dataclass(frozen=True, eq=False)
class CopiedBits:
    """Bits of each row of the synthetic side.

    Attributes
    ----------
    bits : ndarray of shape (m,)
    """

    bits: NDArray[np.float64]


@product(sides=("real", "synthetic"))
def copied_bits(real: Side, synthetic: Side, *, rng: np.random.Generator) -> CopiedBits:
    """Compare every row with all real rows that agree with it in all columns but one at most.

    The cells that agree are worth minus the binary logarithm of their shares among real rows; finding such a row among
    n takes log2(n) off, and 0 is the least. Columns that depend on each other are worth too much, and so they are in
    fresh real rows: their bits are the yardstick. Each column is left out once and the rest hashed, so nothing is
    compared pair by pair.

    Raises
    ------
    UndefinedError
        Without a table of four columns at least.
    """
    if real.columns is None or synthetic.columns is None or real.columns.shape[1] < LEAST_COLUMNS:
        raise UndefinedError(f"cells are counted in tables of {LEAST_COLUMNS} columns at least.")
    pooled, n = np.concatenate([real.columns, synthetic.columns]), len(real)
    hashes = np.empty(pooled.shape, np.uint64)
    worth = np.empty((len(synthetic), pooled.shape[1]))
    for place, column in enumerate(pooled.T):
        levels, code = np.unique(column, return_inverse=True)
        hashes[:, place] = rng.integers(2**64 - 1, size=len(levels), dtype=np.uint64, endpoint=True)[code]
        counts = np.bincount(code[:n], minlength=len(levels))
        worth[:, place] = np.log2(n / np.maximum(counts, 1))[code[n:]]
    whole, total = hashes.sum(axis=1, dtype=np.uint64), worth.sum(axis=1)
    same = np.isin(whole[n:], whole[:n])
    bits = np.where(same, total, 0.0)
    for place in range(pooled.shape[1]):
        rest = whole - hashes[:, place]
        bits = np.maximum(bits, np.where(np.isin(rest[n:], rest[:n]), total - worth[:, place], 0.0))
    return CopiedBits(np.maximum(bits - np.log2(max(n, 1)), 0.0))
