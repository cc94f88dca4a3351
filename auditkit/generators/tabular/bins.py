"""Columns in few bins: what is seen of a column where every combination of values is counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.generators.tabular.coded import is_number
from auditkit.generators.tabular.pools import Pool

__all__ = ["Bins"]

_LEVELS = 100
"""Bins of a category at most: the rarest levels share the last one."""


@dataclass(frozen=True, eq=False)
class Bins:
    """Which bin each value of a pool is in, and how often each value of a bin was seen.

    Attributes
    ----------
    of_value : ndarray of shape (n_values + 1,), int64
        Bin of each position in the pool; the last one is that of missing cells.
    codes : ndarray of shape (n_values + 1,), int32
        Positions in the pool, sorted by bin; -1 for missing cells.
    ends : ndarray of shape (n_values + 1,), int64
        Rows up to and with each of `codes`.
    """

    of_value: NDArray[np.int64]
    codes: NDArray[np.int32]
    ends: NDArray[np.int64]

    @classmethod
    def of(cls, pool: Pool, cells: NDArray[np.int32], *, n_bins: int) -> Bins:
        """Bins of a column: numbers by equal counts, texts all in one, levels each in its own.

        Parameters
        ----------
        pool : Pool
        cells : ndarray of shape (n,)
            Positions in the pool, -1 where missing.
        n_bins : int
            Bins of a number; a value that fills one has it to itself.
        """
        n_values = len(pool.values)
        counts = np.bincount(np.where(cells < 0, n_values, cells), minlength=n_values + 1).astype(np.int64)
        if pool.column.kind == "text":
            bins = np.zeros(n_values, dtype=np.int64)
        elif is_number(pool):
            bins = _by_share(counts[:-1], n_bins)
        else:
            rank = np.empty(n_values, dtype=np.int64)
            rank[np.argsort(-counts[:-1], kind="stable")] = np.arange(n_values)
            bins = np.minimum(rank, _LEVELS - 1)
        of_value = np.append(bins, bins.max(initial=-1) + 1)
        order = np.argsort(of_value, kind="stable")
        codes = np.append(np.arange(n_values), -1)[order].astype(np.int32)
        return cls(of_value, codes, np.cumsum(counts[order]))

    @property
    def n_bins(self) -> int:
        """Bins, the one of missing cells among them."""
        return int(self.of_value[-1]) + 1

    def of_codes(self, cells: NDArray[np.int32]) -> NDArray[np.int64]:
        """Bin of each cell."""
        return self.of_value[cells]

    def draw(self, bins: NDArray[np.int64], uniform: NDArray[np.float64]) -> NDArray[np.int32]:
        """Draw a value of each bin, as often as it was seen; -1 for the bin of missing cells."""
        places = np.append(np.searchsorted(np.sort(self.of_value), np.arange(self.n_bins)), len(self.codes))
        upto = np.concatenate([[0], self.ends])[places]
        low, high = upto[bins], upto[bins + 1]
        wanted = low + np.floor(uniform * (high - low)).astype(np.int64)
        found: NDArray[np.int32] = self.codes[np.searchsorted(self.ends, wanted, side="right")]
        return found

    def arrays(self, name: str) -> dict[str, NDArray[Any]]:
        """The arrays by name, the inverse of `from_arrays`."""
        return {f"{name}.of_value": self.of_value, f"{name}.codes": self.codes, f"{name}.ends": self.ends}

    @classmethod
    def from_arrays(cls, name: str, arrays: Mapping[str, NDArray[Any]]) -> Bins:
        """Bins from what `arrays` gave."""
        return cls(arrays[f"{name}.of_value"], arrays[f"{name}.codes"], arrays[f"{name}.ends"])


def _by_share(counts: NDArray[np.int64], n_bins: int) -> NDArray[np.int64]:
    """Bins of sorted values, of about equal counts; a value with a bin's count or more is alone in its bin."""
    if len(counts) <= n_bins:
        return np.arange(len(counts), dtype=np.int64)
    total = counts.sum()
    middle = (np.cumsum(counts) - counts / 2) / total
    part = np.minimum(np.floor(middle * n_bins), n_bins - 1)
    alone = counts * n_bins >= total
    starts = np.concatenate([[True], (np.diff(part) != 0) | alone[1:] | alone[:-1]])
    found: NDArray[np.int64] = np.cumsum(starts) - 1
    return found
