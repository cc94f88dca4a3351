"""Recurrent networks of series: one that goes on step by step, one that draws a whole series from a code."""

from __future__ import annotations

import math

import torch

from auditkit.generators.codes import Code, divergence, draw_code

__all__ = ["CodeNetwork", "StepNetwork"]

_LEAST_LOG, _MOST_LOG = -5.0, 3.0


class StepNetwork(torch.nn.Module):
    """A gated recurrent network that gives a mixture of normals for the next difference.

    Parameters
    ----------
    channels, n_told, hidden, parts : int
        `parts` normals with independent channels make up the mixture.
    """

    def __init__(self, channels: int, n_told: int, *, hidden: int, parts: int) -> None:
        super().__init__()
        self.channels, self.parts = channels, parts
        self.recurrent = torch.nn.GRU(2 * channels + n_told + 2, hidden, batch_first=True)
        self.leave = torch.nn.Linear(hidden, parts * (1 + 2 * channels))

    def forward(
        self, inputs: torch.Tensor, state: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Log-weights (n, t, parts), means and log-deviations (n, t, parts, channels), and the state."""
        hidden, state = self.recurrent(inputs, state)
        out = self.leave(hidden)
        weights = torch.log_softmax(out[..., : self.parts], dim=-1)
        means, logs = out[..., self.parts :].unflatten(-1, (self.parts, 2 * self.channels)).chunk(2, dim=-1)
        return weights, means, logs.clamp(_LEAST_LOG, _MOST_LOG), state

    def loss(self, inputs: torch.Tensor, targets: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        """Mean negative log-likelihood of the differences (n, t, channels) at the steps that are there."""
        weights, means, logs, _ = self(inputs)
        scaled = (targets[:, :, None] - means) / logs.exp()
        each = -0.5 * scaled.square() - logs - 0.5 * math.log(2 * math.pi)
        found = torch.logsumexp(weights + each.sum(dim=-1), dim=-1)
        return -(found * there).sum() / there.sum()


class CodeNetwork(torch.nn.Module):
    """A variational autoencoder whose halves are gated recurrent networks.

    Parameters
    ----------
    channels, n_told, hidden, latent : int
    """

    def __init__(self, channels: int, n_told: int, *, hidden: int, latent: int) -> None:
        super().__init__()
        self.latent = latent
        self.reader = torch.nn.GRU(channels + n_told + 1, hidden, batch_first=True)
        self.code = torch.nn.Linear(hidden, 2 * latent)
        self.writer = torch.nn.GRU(latent + n_told + 1, hidden, batch_first=True)
        self.leave = torch.nn.Linear(hidden, channels)
        self.log_scale = torch.nn.Parameter(torch.zeros(channels))

    def encode(self, values: torch.Tensor, told: torch.Tensor, there: torch.Tensor) -> Code:
        """Means and log-variances of codes, (n, latent) each, of series (n, t, channels)."""
        hidden, _ = self.reader(torch.cat([values, _beside(told, there)], dim=2))
        last = there.sum(dim=1).long() - 1
        mean, log_variance = self.code(hidden[torch.arange(len(hidden)), last]).chunk(2, dim=1)
        return mean, log_variance.clamp(-8, 4)

    def decode(self, codes: torch.Tensor, told: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        """Means of the steps (n, t, channels)."""
        repeated = codes[:, None].expand(-1, there.shape[1], -1)
        hidden, _ = self.writer(torch.cat([repeated, _beside(told, there)], dim=2))
        means: torch.Tensor = self.leave(hidden)
        return means

    def loss(self, values: torch.Tensor, told: torch.Tensor, there: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        """Negative evidence lower bound per series."""
        code = self.encode(values, told, there)
        found = self.decode(draw_code(code, rng), told, there)
        log_scale = self.log_scale.clamp(-4, 2)
        each = 0.5 * ((values - found) / log_scale.exp()).square() + log_scale
        error = (each.sum(dim=2) * there).sum(dim=1)
        return (error + divergence(code)).mean()


def _beside(told: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
    """What is told at every step, and how much of the series is over: (n, t, n_told + 1)."""
    done = torch.cumsum(there, dim=1) / there.sum(dim=1, keepdim=True)
    return torch.cat([told[:, None].expand(-1, there.shape[1], -1), done[..., None]], dim=2)
