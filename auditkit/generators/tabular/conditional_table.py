"""Counts of a column's bins for each combination of its parents' values that was seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ConditionalTable"]

_PRIOR = 5.0
"""Rows that a table with fewer parents counts for, beside those of the combination itself."""

_PARTS = ("combinations", "first", "bins", "ends")


@dataclass(frozen=True, eq=False)
class ConditionalTable:
    """The part of a table of counts that is not zero.

    Attributes
    ----------
    combinations : ndarray of shape (m,), int64
        Combinations seen, sorted.
    first : ndarray of shape (m + 1,), int64
        Rows before each combination, and all rows.
    bins : ndarray of shape (c,), int64
        Bins of the cells that are not empty, sorted by combination.
    ends : ndarray of shape (c,), int64
        Rows up to and with each cell.
    """

    combinations: NDArray[np.int64]
    first: NDArray[np.int64]
    bins: NDArray[np.int64]
    ends: NDArray[np.int64]

    @classmethod
    def of(cls, combinations: NDArray[np.int64], bins: NDArray[np.int64]) -> ConditionalTable:
        """Table of rows, from their combinations and bins."""
        size = int(bins.max()) + 1
        cells, counts = np.unique(combinations * size + bins, return_counts=True)
        seen, n_rows = np.unique(combinations, return_counts=True)
        return cls(seen, np.concatenate([[0], np.cumsum(n_rows)]), cells % size, np.cumsum(counts))

    def trust(self, combinations: NDArray[np.int64]) -> NDArray[np.float64]:
        """Share that this table has beside one with fewer parents; 0 for combinations never seen."""
        place = self._places(combinations)
        n_rows = np.diff(self.first)[place]
        known = self.combinations[place] == combinations
        found: NDArray[np.float64] = np.where(known, n_rows / (n_rows + _PRIOR), 0.0)
        return found

    def draw(self, combinations: NDArray[np.int64], uniform: NDArray[np.float64]) -> NDArray[np.int64]:
        """Draw a bin for each combination, all of them seen."""
        place = self._places(combinations)
        low, high = self.first[place], self.first[place + 1]
        wanted = np.minimum(low + np.floor(uniform * (high - low)).astype(np.int64), high - 1)
        found: NDArray[np.int64] = self.bins[np.searchsorted(self.ends, wanted, side="right")]
        return found

    def _places(self, combinations: NDArray[np.int64]) -> NDArray[np.intp]:
        return np.minimum(np.searchsorted(self.combinations, combinations), len(self.combinations) - 1)

    def arrays(self, name: str) -> dict[str, NDArray[Any]]:
        """The arrays by name, the inverse of `from_arrays`."""
        return {f"{name}.{part}": getattr(self, part) for part in _PARTS}

    @classmethod
    def from_arrays(cls, name: str, arrays: Mapping[str, NDArray[Any]]) -> ConditionalTable:
        """Table from what `arrays` gave."""
        return cls(**{part: arrays[f"{name}.{part}"] for part in _PARTS})
