"""The network of the autoregressive generator: one pass for the odds of every column given those before it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from auditkit.generators.tabular.columns import Columns
from auditkit.generators.tabular.pools import MAX_PLACES, Pool

__all__ = ["ArNetwork", "Coding", "Steps"]

MAX_STEPS = 100
"""Steps of equal share that a column with more than `MAX_PLACES` distinct numbers is cut into."""


@dataclass(frozen=True)
class Steps:
    """A column as places 0 to `width` - 1; numbers with many values in steps of their distribution.

    Attributes
    ----------
    pool : Pool
    ends : ndarray of int64, shape (n_steps + 1,), or None
        First position of each step, and the number of values; None for a column whose levels are the places.
    """

    pool: Pool
    ends: NDArray[np.int64] | None

    @classmethod
    def of(cls, pool: Pool) -> Steps:
        """Steps of a column; a value with a large share gets one of its own."""
        if not pool.ordered or len(pool.values) <= MAX_PLACES:
            return cls(pool, None)
        middle = (pool.edges[1:] + pool.edges[:-1]) / 2
        _, first = np.unique((middle * MAX_STEPS).astype(np.int64), return_index=True)
        return cls(pool, np.append(first, len(pool.values)).astype(np.int64))

    @property
    def width(self) -> int:
        """Places, with one for missing cells where there are some."""
        return self.pool.n_places if self.ends is None else len(self.ends) - 1 + (self.pool.n_missing > 0)

    def places(self, codes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Places of positions in the pool."""
        if self.ends is None:
            return self.pool.places(codes)
        found = np.searchsorted(self.ends, codes, side="right") - 1
        return np.where(codes < 0, self.width - 1, found)

    def codes(self, places: NDArray[np.int64], uniform: NDArray[np.float64]) -> NDArray[np.int64]:
        """Positions in the pool for places; `uniform` picks within a step by the values' counts."""
        if self.ends is None:
            return self.pool.codes_of_places(places, uniform)
        edges, step = self.pool.edges, np.minimum(places, len(self.ends) - 2)
        low, high = edges[self.ends[step]], edges[self.ends[step + 1]]
        found = self.pool.codes_of_shares(low + uniform * (high - low))
        found = np.clip(found, self.ends[step], self.ends[step + 1] - 1)
        return np.where(places > step, -1, found)

    def log_shares(self, codes: NDArray[np.int64]) -> NDArray[np.float64]:
        """Log of each position's share of its place."""
        counts = np.append(self.pool.counts, 1).astype(np.float64)
        held = np.bincount(self.places(np.arange(len(self.pool.values))), self.pool.counts, minlength=self.width)
        held[held == 0] = 1.0
        shares: NDArray[np.float64] = np.log(counts[codes]) - np.log(held[self.places(codes)])
        return np.where(codes < 0, 0.0, shares)


@dataclass(frozen=True)
class Coding:
    """Columns in the order in which they are drawn: those that lead, then those that are learnt.

    Attributes
    ----------
    order : tuple of int
        Places of the columns in the table.
    n_leading : int
    steps : tuple of Steps
        In that order.
    """

    order: tuple[int, ...]
    n_leading: int
    steps: tuple[Steps, ...]

    @classmethod
    def of(cls, columns: Columns) -> Coding:
        """Coding of columns; those with fewer places are drawn first."""
        steps = {at: Steps.of(columns.pools[at]) for at in (*columns.leading, *columns.learnt)}
        order = (*columns.leading, *sorted(columns.learnt, key=lambda at: (columns.pools[at].ordered, steps[at].width)))
        return cls(order, len(columns.leading), tuple(steps[at] for at in order))

    @property
    def widths(self) -> tuple[int, ...]:
        """Places of each column."""
        return tuple(step.width for step in self.steps)

    def places(self, codes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Rows of positions as rows of places in the order of drawing: shape (n, n_order)."""
        return np.stack([step.places(codes[:, at]) for at, step in zip(self.order, self.steps, strict=True)], axis=1)


class ArNetwork(torch.nn.Module):
    """Running sums of embedded places, and for each column a hidden layer and a softmax over its places.

    Parameters
    ----------
    widths : tuple of int
        Places of each column in the order of drawing.
    n_leading : int
        Columns at the front that are never drawn by the network.
    hidden : int
    dropout : float
    """

    def __init__(self, widths: tuple[int, ...], n_leading: int, *, hidden: int, dropout: float) -> None:
        super().__init__()
        self.widths, self.n_leading, self.hidden, self.dropout = widths, n_leading, hidden, dropout
        self.offsets: torch.Tensor
        self.register_buffer("offsets", torch.tensor(np.concatenate([[0], np.cumsum(widths)[:-1]])), persistent=False)
        self.embedding = torch.nn.Embedding(sum(widths), hidden)
        torch.nn.init.normal_(self.embedding.weight, std=len(widths) ** -0.5)
        drawn = widths[n_leading:]
        self.norms = torch.nn.ModuleList(torch.nn.LayerNorm(hidden) for _ in drawn)
        self.layers = torch.nn.ModuleList(torch.nn.Linear(hidden, hidden) for _ in drawn)
        self.heads = torch.nn.ModuleList(torch.nn.Linear(hidden, width) for width in drawn)

    def embed(self, places: torch.Tensor, first: int = 0) -> torch.Tensor:
        """Embeddings of the columns from `first` on: (n, k) places to (n, k, hidden)."""
        embedded: torch.Tensor = self.embedding(places + self.offsets[first : first + places.shape[1]])
        return embedded

    def odds(self, column: int, known: torch.Tensor, kept: torch.Tensor | None = None) -> torch.Tensor:
        """Logits of a drawn column, counted from the first drawn one, from the sum of the embeddings before it.

        `kept` multiplies the hidden units in training: 0 for those left out.
        """
        state = torch.nn.functional.silu(self.norms[column](known))
        state = state + torch.nn.functional.silu(self.layers[column](state if kept is None else state * kept))
        logits: torch.Tensor = self.heads[column](state)
        return logits

    def losses(self, places: torch.Tensor, rng: torch.Generator | None = None) -> torch.Tensor:
        """Negative log-likelihood of the drawn columns' places: (n, n_order) to (n, n_drawn).

        In training, `rng` says which hidden units each row leaves out, the same ones for all columns.
        """
        embedded, kept = self.embed(places), None
        if self.training and rng is not None and self.dropout:
            drawn = torch.rand(len(places), self.hidden, generator=rng, device=rng.device)
            kept = (drawn >= self.dropout).float() / (1 - self.dropout)
        known = embedded[:, : self.n_leading].sum(dim=1)
        found = []
        for column in range(len(self.heads)):
            at = self.n_leading + column
            found.append(
                torch.nn.functional.cross_entropy(self.odds(column, known, kept), places[:, at], reduction="none")
            )
            known = known + embedded[:, at]
        return torch.stack(found, dim=1)
