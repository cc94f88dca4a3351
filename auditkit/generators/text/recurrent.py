"""A recurrent network that predicts the next piece, told the class at every step."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

__all__ = ["RecurrentNetwork"]


class RecurrentNetwork(nn.Module):
    """Embedding of piece and class, one layer of gated recurrent units, and scores of the next piece.

    The class goes in at every step and once more before the scores: a network that is told once forgets it.

    Parameters
    ----------
    size : int
        Of the vocabulary.
    classes : int
    width : int
        Of the embedding.
    hidden : int
        Units.
    dropout : float
    """

    def __init__(self, size: int, classes: int, *, width: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.hidden = hidden
        self.pieces = nn.Embedding(size, width)
        nn.init.normal_(self.pieces.weight, std=width**-0.5)
        self.before = nn.Embedding(classes, 32)
        self.behind = nn.Embedding(classes, width)
        self.recurrent = nn.GRU(width + 32, hidden, batch_first=True)
        self.narrow = nn.Linear(hidden, width)
        self.bias = nn.Parameter(torch.zeros(size))
        self.dropout = dropout

    def forward(
        self, codes: torch.Tensor, classes: torch.Tensor, state: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Scores of the next piece after each of codes (n, t), shape (n, t, size), and the state (1, n, hidden)."""
        spoken, last = self._speak(codes, classes, state, None)
        return self._scores(spoken), last

    def _speak(
        self, codes: torch.Tensor, classes: torch.Tensor, state: torch.Tensor | None, rng: torch.Generator | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        told = self.before(classes)[:, None].expand(-1, codes.shape[1], -1)
        out, last = self.recurrent(torch.cat([self._dropped(self.pieces(codes), rng), told], dim=2), state)
        spoken = torch.tanh(self.narrow(self._dropped(out, rng)) + self.behind(classes)[:, None])
        return self._dropped(spoken, rng), last

    def _dropped(self, values: torch.Tensor, rng: torch.Generator | None) -> torch.Tensor:
        """Values with some of them 0 while training; the layer of torch would draw from the global generator."""
        if rng is None or not self.training or not self.dropout:
            return values
        kept = torch.rand(values.shape, generator=rng, device=values.device) >= self.dropout
        return values * kept / (1.0 - self.dropout)

    def _scores(self, spoken: torch.Tensor) -> torch.Tensor:
        # Pieces are told by the vectors that they are read by (Press and Wolf 2017): half the weights, better texts.
        return functional.linear(spoken, self.pieces.weight, self.bias)

    def loss(
        self, codes: torch.Tensor, classes: torch.Tensor, inside: torch.Tensor, rng: torch.Generator
    ) -> torch.Tensor:
        """Summed negative log-likelihood of the pieces behind the first, where `inside` (n, t - 1) says so."""
        spoken, _ = self._speak(codes[:, :-1], classes, None, rng)
        return functional.cross_entropy(self._scores(spoken[inside]), codes[:, 1:][inside], reduction="sum")
