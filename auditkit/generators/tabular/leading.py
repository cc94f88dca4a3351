"""The leading block of sequential synthesis: label and groups drawn together, as often as in the training data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["LeadingBlock"]


@dataclass(frozen=True, eq=False)
class LeadingBlock:
    """Combinations of the leading columns' values and how many training rows have each.

    Attributes
    ----------
    names : tuple of str
    cells : ndarray of shape (m, len(names)), int32
        Positions in the columns' pools.
    counts : ndarray of shape (m,), int64
    """

    names: tuple[str, ...]
    cells: NDArray[np.int32]
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, codes: Mapping[str, NDArray[np.int32]], candidates: tuple[str, ...], *, max_cells: int) -> LeadingBlock:
        """Block of the first candidates whose combinations number at most `max_cells`; the first one always leads.

        Parameters
        ----------
        codes : mapping of str to ndarray of shape (n,), int32
        candidates : tuple of str
            At least one.
        max_cells : int
        """
        names = candidates[:1]
        cells, counts = _combinations(codes, names)
        for name in candidates[1:]:
            wider, wider_counts = _combinations(codes, (*names, name))
            if len(wider) <= max_cells:
                names, cells, counts = (*names, name), wider, wider_counts
        return cls(names, cells, counts)

    def draw(self, uniform: NDArray[np.float64], fixed: Mapping[str, int]) -> NDArray[np.int32]:
        """Draw one combination per number, among those that have the fixed values.

        Parameters
        ----------
        uniform : ndarray of shape (n,), float64
            Numbers in [0, 1).
        fixed : mapping of str to int
            Leading column to position in its pool.

        Returns
        -------
        ndarray of shape (n, len(names)), int32; of shape (0, len(names)) when no training row has the fixed values.
        """
        allowed = np.ones(len(self.cells), dtype=bool)
        for name, code in fixed.items():
            allowed &= self.cells[:, self.names.index(name)] == code
        cells, upto = self.cells[allowed], np.cumsum(self.counts[allowed])
        if not len(cells):
            return cells
        drawn: NDArray[np.int32] = cells[np.searchsorted(upto, np.floor(uniform * upto[-1]), side="right")]
        return drawn


def _combinations(
    codes: Mapping[str, NDArray[np.int32]], names: tuple[str, ...]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    cells, counts = np.unique(np.column_stack([codes[name] for name in names]), axis=0, return_counts=True)
    return cells, counts.astype(np.int64)
