"""Rows as normal deviates and one-hot places: what the continuous networks of tables read and write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from auditkit.generators.tabular.columns import Columns
from auditkit.generators.tabular.pools import MAX_GRID

__all__ = ["Batch", "Layout", "Rows", "pick_places"]

_EDGE = 1e-6


@dataclass(frozen=True)
class Layout:
    """Which learnt columns a network sees as numbers and which as categories.

    A column of numbers with gaps is both: a number, and a category of two places that says whether it is there.

    Attributes
    ----------
    columns : Columns
    numbers, categories, gaps : tuple of int
        Places of the columns in the table.
    """

    columns: Columns
    numbers: tuple[int, ...]
    categories: tuple[int, ...]
    gaps: tuple[int, ...]

    @classmethod
    def of(cls, columns: Columns, *, grid: int = MAX_GRID) -> Layout:
        """Layout where columns of up to `grid` distinct numbers are read as categories."""
        pools = columns.pools
        numbers = tuple(at for at in columns.learnt if pools[at].is_number and len(pools[at].values) > grid)
        categories = tuple(at for at in columns.learnt if at not in numbers)
        gaps = tuple(at for at in numbers if pools[at].n_missing)
        return cls(columns, numbers, categories, gaps)

    @property
    def n_numbers(self) -> int:
        """Columns learnt as numbers."""
        return len(self.numbers)

    @property
    def widths(self) -> tuple[int, ...]:
        """Places of the categories, then of the gaps."""
        return (*(self.columns.pools[at].n_places for at in self.categories), *(2 for _ in self.gaps))

    @property
    def width(self) -> int:
        """Width of a coded row."""
        return self.n_numbers + sum(self.widths)

    def places(self, codes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Places of the categories and the gaps in rows of positions: shape (n, len(widths))."""
        parts = [self.columns.pools[at].places(codes[:, at]) for at in self.categories]
        parts += [(codes[:, at] < 0).astype(np.int64) for at in self.gaps]
        return np.stack(parts, axis=1) if parts else np.zeros((len(codes), 0), dtype=np.int64)

    def fill(
        self,
        codes: NDArray[np.int64],
        deviates: NDArray[np.float64],
        places: Sequence[NDArray[np.int64]],
        uniform: NDArray[np.float64],
    ) -> None:
        """Put drawn numbers and places into rows of positions, in place.

        Parameters
        ----------
        codes : ndarray of shape (n, n_columns)
        deviates : ndarray of shape (n, n_numbers)
            Normal deviates of the numbers' shares.
        places : sequence of ndarray of shape (n,)
            Of each category, then of each gap.
        uniform : ndarray of shape (n, n_categories) at least
            Picks among rare levels that share a place.
        """
        shares = torch.special.ndtr(torch.from_numpy(deviates)).numpy()
        for place, at in enumerate(self.numbers):
            codes[:, at] = self.columns.pools[at].codes_of_shares(shares[:, place])
        for place, at in enumerate(self.categories):
            codes[:, at] = self.columns.pools[at].codes_of_places(places[place], uniform[:, place])
        for place, at in enumerate(self.gaps, start=len(self.categories)):
            codes[places[place] == 1, at] = -1


@dataclass(frozen=True)
class Batch:
    """Some coded rows.

    Attributes
    ----------
    numbers, present : Tensor of shape (n, n_numbers)
        Normal deviates, 0 where missing, and 1 where they are there.
    places : Tensor of int64, shape (n, n_heads)
    conditions : Tensor of shape (n, n_conditions)
    widths : tuple of int
    """

    numbers: torch.Tensor
    present: torch.Tensor
    places: torch.Tensor
    conditions: torch.Tensor
    widths: tuple[int, ...]

    @property
    def coded(self) -> torch.Tensor:
        """Deviates, then one-hot places: shape (n, width)."""
        hot = [torch.nn.functional.one_hot(self.places[:, at], width) for at, width in enumerate(self.widths)]
        return torch.cat([self.numbers, *(part.to(self.numbers.dtype) for part in hot)], dim=1)


@dataclass(frozen=True)
class Rows:
    """Rows that batches are taken from: limits of each number's share, presence, places, conditions.

    Attributes
    ----------
    low, high, present : Tensor of shape (n, n_numbers)
    places : Tensor of int64, shape (n, n_heads)
    conditions : Tensor of shape (n, n_conditions)
    widths : tuple of int
    """

    low: torch.Tensor
    high: torch.Tensor
    present: torch.Tensor
    places: torch.Tensor
    conditions: torch.Tensor
    widths: tuple[int, ...]

    @classmethod
    def of(cls, layout: Layout, codes: NDArray[np.int64]) -> Rows:
        """Rows of positions, coded."""
        n = len(codes)
        low, high = np.zeros((n, layout.n_numbers)), np.ones((n, layout.n_numbers))
        present = np.ones((n, layout.n_numbers), dtype=np.float32)
        for place, at in enumerate(layout.numbers):
            there = codes[:, at] >= 0
            edges = layout.columns.pools[at].edges
            low[there, place], high[there, place] = edges[codes[there, at]], edges[codes[there, at] + 1]
            present[:, place] = there
        conditions = layout.columns.conditions(codes)
        tensors = [torch.from_numpy(part) for part in (low, high, present, layout.places(codes), conditions)]
        return cls(tensors[0], tensors[1], tensors[2], tensors[3], tensors[4], layout.widths)

    def take(self, rows: torch.Tensor, rng: torch.Generator | None) -> Batch:
        """A batch whose numbers are spread anew within their shares; in the middle of them without a generator."""
        present = self.present[rows]
        uniform = torch.full_like(self.low[rows], 0.5)
        if rng is not None:
            uniform = torch.rand(present.shape, generator=rng, dtype=torch.float64, device=rng.device)
        share = torch.lerp(self.low[rows], self.high[rows], uniform).clamp(_EDGE, 1 - _EDGE)
        numbers = torch.special.ndtri(share).float() * present
        return Batch(numbers, present, self.places[rows], self.conditions[rows], self.widths)


def pick_places(odds: torch.Tensor, uniform: NDArray[np.float64]) -> NDArray[np.int64]:
    """Places drawn from rows of probabilities, one uniform number per row."""
    ends = odds.double().cumsum(dim=1).numpy()
    found: NDArray[np.int64] = (ends[:, :-1] <= uniform[:, None]).sum(axis=1)
    return found
