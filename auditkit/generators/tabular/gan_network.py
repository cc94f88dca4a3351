"""The two players of the adversarial table generator, both told label and groups, and their losses."""

from __future__ import annotations

import torch
from torch.nn.utils.parametrizations import spectral_norm

from auditkit.generators.tabular.mixed_coding import Layout, Rows

__all__ = ["Discriminator", "GanNetwork", "MakerNetwork", "discriminator_loss", "maker_loss"]

PACK = 8
"""Rows that the discriminator sees together, so that a lack of variety shows."""

_SHARPNESS = 0.5
_TINY = 1e-20


class MakerNetwork(torch.nn.Module):
    """Numbers and logits of rows from normal noise and conditions.

    Parameters
    ----------
    n_numbers : int
    widths : tuple of int
        Places of each softmax head.
    n_conditions : int
    hidden, latent : int
        Widths of the layers and of the noise.
    """

    def __init__(self, n_numbers: int, widths: tuple[int, ...], n_conditions: int, *, hidden: int, latent: int) -> None:
        super().__init__()
        self.n_numbers, self.widths, self.latent = n_numbers, widths, latent
        self.enter = torch.nn.Linear(latent + n_conditions, hidden)
        self.layers = torch.nn.ModuleList(torch.nn.Linear(hidden, hidden) for _ in range(2))
        self.norms = torch.nn.ModuleList(torch.nn.LayerNorm(hidden) for _ in range(2))
        self.leave = torch.nn.Linear(hidden, n_numbers + sum(widths))

    def forward(self, noise: torch.Tensor, conditions: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """Numbers (n, n_numbers) as normal deviates, and the logits of each head."""
        state = self.enter(torch.cat([noise, conditions], dim=1))
        for norm, layer in zip(self.norms, self.layers, strict=True):
            state = state + layer(torch.nn.functional.silu(norm(state)))
        outputs = self.leave(torch.nn.functional.silu(state))
        numbers, *heads = torch.split(outputs, [self.n_numbers, *self.widths], dim=1)
        return numbers, heads


class Discriminator(torch.nn.Module):
    """How real rows look, one by one and in packs, with bounded slopes.

    Parameters
    ----------
    width, n_conditions, hidden : int
    """

    def __init__(self, width: int, n_conditions: int, *, hidden: int) -> None:
        super().__init__()
        self.layers = torch.nn.Sequential(
            spectral_norm(torch.nn.Linear(width, hidden)),
            torch.nn.LeakyReLU(0.2),
            spectral_norm(torch.nn.Linear(hidden, hidden)),
            torch.nn.LeakyReLU(0.2),
        )
        self.row = spectral_norm(torch.nn.Linear(hidden, 1))
        self.told = spectral_norm(torch.nn.Linear(n_conditions, hidden, bias=False)) if n_conditions else None
        self.pack = torch.nn.Sequential(
            spectral_norm(torch.nn.Linear(2 * hidden, hidden)),
            torch.nn.LeakyReLU(0.2),
            spectral_norm(torch.nn.Linear(hidden, 1)),
        )

    def rows(self, coded: torch.Tensor, conditions: torch.Tensor) -> torch.Tensor:
        """Score of each row on its own: (n,)."""
        return self._rows(self.layers(coded), conditions)

    def forward(self, coded: torch.Tensor, conditions: torch.Tensor) -> torch.Tensor:
        """Scores of rows, each with that of its pack; a batch is cut into packs in its order."""
        features = self.layers(coded)
        packs = features[: len(features) // PACK * PACK].reshape(-1, min(PACK, len(features)), features.shape[1])
        if len(packs) == 0:
            packs = features[None]
        seen = torch.cat([packs.mean(dim=1), packs.std(dim=1, correction=0)], dim=1)
        scores: torch.Tensor = self._rows(features, conditions)
        return torch.cat([scores, self.pack(seen)[:, 0].repeat_interleave(packs.shape[1])])

    def _rows(self, features: torch.Tensor, conditions: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.row(features)[:, 0]
        return scores if self.told is None else scores + (self.told(conditions) * features).sum(dim=1)


class GanNetwork(torch.nn.Module):
    """Both players.

    Parameters
    ----------
    layout : Layout
    hidden, latent : int
        Widths of the layers and of the noise.
    """

    def __init__(self, layout: Layout, *, hidden: int, latent: int) -> None:
        super().__init__()
        n_numbers, widths, n_conditions = layout.n_numbers, layout.widths, layout.columns.n_conditions
        self.gapped = [layout.numbers.index(at) for at in layout.gaps]
        self.maker = MakerNetwork(n_numbers, widths, n_conditions, hidden=hidden, latent=latent)
        self.discriminator = Discriminator(n_numbers + sum(widths), n_conditions, hidden=hidden)

    def made(self, conditions: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        """Coded rows with drawn levels, whose gradient is that of soft ones; missing numbers are 0 as in real rows."""
        noise = torch.randn(len(conditions), self.maker.latent, generator=rng, device=rng.device)
        numbers, heads = self.maker(noise, conditions)
        drawn = [_drawn(logits, rng) for logits in heads]
        if self.gapped:
            gaps = torch.stack([head[:, 0] for head in drawn[-len(self.gapped) :]], dim=1)
            present = torch.ones_like(numbers)
            present[:, self.gapped] = gaps
            numbers = numbers * present
        return torch.cat([numbers, *drawn], dim=1)


def discriminator_loss(network: GanNetwork, rows: Rows, chosen: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    """Hinge loss of the discriminator: real rows above 1, made ones below -1."""
    batch = rows.take(chosen, rng)
    with torch.no_grad():
        made = network.made(batch.conditions, rng)
    real = network.discriminator(batch.coded, batch.conditions)
    fake = network.discriminator(made, batch.conditions)
    return torch.relu(1 - real).mean() + torch.relu(1 + fake).mean()


def maker_loss(network: GanNetwork, rows: Rows, chosen: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    """Negative mean score of made rows."""
    batch = rows.take(chosen, rng)
    made = network.made(batch.conditions, rng)
    score: torch.Tensor = network.discriminator(made, batch.conditions)
    return -score.mean()


def _drawn(logits: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    """One-hot levels drawn from logits, which pass on the gradient of the soft choice."""
    uniform = torch.rand(logits.shape, generator=rng, device=rng.device)
    soft = ((logits - torch.log(-torch.log(uniform + _TINY) + _TINY)) / _SHARPNESS).softmax(dim=1)
    hard = torch.nn.functional.one_hot(soft.argmax(dim=1), logits.shape[1]).to(soft.dtype)
    return hard - soft.detach() + soft
