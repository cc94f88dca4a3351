"""The network of the tabular autoencoder: columns in, columns out, rows drawn in fixed chunks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from auditkit.data.schema import Kind
from auditkit.generators.conditions import Request, draw_until
from auditkit.generators.noise import CHUNK, normal_noise, uniform_noise
from auditkit.generators.tabular.pools import Pool
from auditkit.generators.torch_models import hidden_layers
from auditkit.training import one_thread

__all__ = ["LEARNT", "Layout", "Model", "Network", "Rows"]

LEARNT: tuple[Kind, ...] = ("numeric", "integer", "datetime", "category", "boolean", "constant")
"""Kinds of columns that the network sees; ids and texts are left out."""

_EDGE = 1e-6


@dataclass(frozen=True)
class Layout:
    """Which columns the network sees as numbers and which as categories.

    A column of numbers with gaps is both: a number, and a category of two places that says whether it is there.
    """

    pools: tuple[Pool, ...]
    numbers: tuple[int, ...]
    categories: tuple[int, ...]
    gaps: tuple[int, ...]

    @classmethod
    def of(cls, pools: tuple[Pool, ...]) -> Layout:
        """Layout for columns with these pools."""
        learnt = [place for place, pool in enumerate(pools) if pool.column.kind in LEARNT]
        numbers = tuple(place for place in learnt if pools[place].ordered)
        categories = tuple(place for place in learnt if not pools[place].ordered)
        gaps = tuple(place for place in numbers if pools[place].n_missing)
        return cls(pools, numbers, categories, gaps)

    @property
    def n_numbers(self) -> int:
        """Columns learnt as numbers."""
        return len(self.numbers)

    @property
    def widths(self) -> tuple[int, ...]:
        """Widths of the softmax heads: the categories, then the gaps."""
        return (*(self.pools[place].n_places for place in self.categories), *(2 for _ in self.gaps))


class Network(torch.nn.Module):
    """Encoder and decoder over normal deviates and one-hot places."""

    def __init__(self, n_numbers: int, widths: tuple[int, ...], *, hidden: int, latent: int) -> None:
        super().__init__()
        self.n_numbers, self.widths, self.latent = n_numbers, widths, latent
        width = n_numbers + sum(widths)
        self.encoder = hidden_layers(width, hidden, 2 * latent)
        self.decoder = hidden_layers(latent, hidden, width)
        self.log_scale = torch.nn.Parameter(torch.zeros(n_numbers))

    def encode(self, inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and log variance of the code."""
        mean, log_variance = self.encoder(inputs).chunk(2, dim=1)
        return mean, log_variance.clamp(-10, 10)

    def decode(self, code: torch.Tensor) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
        """Means of the numbers, and logits of each softmax head."""
        outputs = self.decoder(code)
        return outputs[:, : self.n_numbers], outputs[:, self.n_numbers :].split(self.widths, dim=1)

    @property
    def scale(self) -> torch.Tensor:
        """Spread of the numbers around their decoded means."""
        return self.log_scale.clamp(-5, 1).exp()


@dataclass(frozen=True)
class Rows:
    """Training rows as the network reads them: limits of each number's share, presence, places."""

    low: torch.Tensor
    high: torch.Tensor
    present: torch.Tensor
    places: torch.Tensor
    widths: tuple[int, ...]

    @classmethod
    def of(cls, layout: Layout, codes: tuple[NDArray[np.int64], ...]) -> Rows:
        """Rows whose cells have these positions in the pools."""
        n = len(codes[0])
        low, high = np.zeros((n, layout.n_numbers)), np.ones((n, layout.n_numbers))
        present = np.ones((n, layout.n_numbers), dtype=np.float32)
        for at, column in enumerate(layout.numbers):
            there = codes[column] >= 0
            edges = layout.pools[column].edges
            low[there, at], high[there, at] = edges[codes[column][there]], edges[codes[column][there] + 1]
            present[:, at] = there
        places = [layout.pools[column].places(codes[column]) for column in layout.categories]
        places += [(codes[column] < 0).astype(np.int64) for column in layout.gaps]
        stacked = np.stack(places, axis=1) if places else np.zeros((n, 0), dtype=np.int64)
        tensors = [torch.from_numpy(part) for part in (low, high, present, stacked)]
        return cls(tensors[0], tensors[1], tensors[2], tensors[3], layout.widths)

    def loss(self, network: Network, rows: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        """Negative evidence lower bound, mean over the rows, the numbers spread anew within their shares."""
        present, places = self.present[rows], self.places[rows]
        uniform = torch.rand(present.shape, generator=rng, dtype=torch.float64)
        share = torch.lerp(self.low[rows], self.high[rows], uniform).clamp(_EDGE, 1 - _EDGE)
        numbers = torch.special.ndtri(share).float() * present
        hot = [torch.nn.functional.one_hot(places[:, at], width) for at, width in enumerate(self.widths)]
        mean, log_variance = network.encode(torch.cat([numbers, *(part.float() for part in hot)], dim=1))
        noise = torch.randn(mean.shape, generator=rng)
        means, logits = network.decode(mean + (log_variance / 2).exp() * noise)
        deviation = (numbers - means) / network.scale
        loss = ((deviation**2 / 2 + network.scale.log()) * present).sum(dim=1)
        for at, part in enumerate(logits):
            loss = loss + torch.nn.functional.cross_entropy(part, places[:, at], reduction="none")
        divergence = (mean**2 + log_variance.exp() - 1 - log_variance).sum(dim=1) / 2
        bound: torch.Tensor = (loss + divergence).mean()
        return bound


@dataclass(frozen=True)
class Model:
    """A trained network with the columns that it speaks of; draws rows as positions in their pools."""

    layout: Layout
    network: Network

    def meet(self, request: Request, *, seed: int) -> tuple[NDArray[np.int64], int]:
        """Rows that meet a request, and how many rows were drawn for them."""

        def accept(codes: NDArray[np.int64]) -> NDArray[np.bool_]:
            kept = np.ones(len(codes), dtype=np.bool_)
            for at, pool in enumerate(self.layout.pools):
                if pool.column.name in request.fixed:
                    kept &= codes[:, at] == pool.levels.index(request.fixed[pool.column.name])
            return kept

        batches, _, drawn = draw_until(
            lambda start, count: self.draw(start, count, seed=seed), accept=accept, n=request.n
        )
        rows = [codes[positions] for codes, positions in batches]
        return (np.concatenate(rows) if rows else self.draw(0, 0, seed=seed)), drawn

    def draw(self, start: int, count: int, *, seed: int) -> NDArray[np.int64]:
        """Rows start to start + count of the endless sequence that belongs to a seed."""
        first, last = start // CHUNK, -(-(start + count) // CHUNK)
        with one_thread(), torch.no_grad():
            # Whole chunks, so that a row's digits never depend on how many rows were asked for.
            chunks = [self._chunk(chunk * CHUNK, seed=seed) for chunk in range(first, last)]
        codes = np.concatenate(chunks) if chunks else np.zeros((0, len(self.layout.pools)), dtype=np.int64)
        return codes[start - first * CHUNK :][:count]

    def _chunk(self, start: int, *, seed: int) -> NDArray[np.int64]:
        layout, network = self.layout, self.network
        normal = normal_noise(CHUNK, network.latent + layout.n_numbers, seed=seed, stage="vae normal", start=start)
        uniform = uniform_noise(
            CHUNK, len(network.widths) + len(layout.pools), seed=seed, stage="vae uniform", start=start
        )
        means, logits = network.decode(torch.from_numpy(normal[:, : network.latent]).float())
        deviates = means.double() + network.scale.double() * torch.from_numpy(normal[:, network.latent :])
        shares = torch.special.ndtr(deviates).numpy()
        places = [_pick(part, uniform[:, at]) for at, part in enumerate(logits)]
        return self._codes(shares, places, uniform[:, len(network.widths) :])

    def _codes(
        self, shares: NDArray[np.float64], places: list[NDArray[np.int64]], uniform: NDArray[np.float64]
    ) -> NDArray[np.int64]:
        layout = self.layout
        codes = np.full((len(uniform), len(layout.pools)), -1, dtype=np.int64)
        for at, pool in enumerate(layout.pools):
            if pool.column.kind == "text":
                codes[:, at] = pool.codes_of_shares(uniform[:, at])
        for at, column in enumerate(layout.numbers):
            codes[:, column] = layout.pools[column].codes_of_shares(shares[:, at])
        for at, column in enumerate(layout.categories):
            codes[:, column] = layout.pools[column].codes_of_places(places[at], uniform[:, column])
        for at, column in enumerate(layout.gaps, start=len(layout.categories)):
            codes[places[at] == 1, column] = -1
        return codes

    def table(self, codes: NDArray[np.int64]) -> pd.DataFrame:
        """Rows as a table of the training data's types; ids are numbered anew."""
        columns = {}
        for at, pool in enumerate(self.layout.pools):
            is_id = pool.column.kind == "id"
            columns[pool.column.name] = pool.new_ids(len(codes)) if is_id else pool.cells(codes[:, at])
        return pd.DataFrame(columns, index=pd.RangeIndex(len(codes)))


def _pick(logits: torch.Tensor, uniform: NDArray[np.float64]) -> NDArray[np.int64]:
    """Places drawn from softmax heads, one uniform number per row."""
    ends = torch.softmax(logits.double(), dim=1).cumsum(dim=1).numpy()
    found: NDArray[np.int64] = (ends[:, :-1] <= uniform[:, None]).sum(axis=1)
    return found
