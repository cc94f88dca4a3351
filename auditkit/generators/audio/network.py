"""Network of the audio autoencoder, on coordinates of pictures, told the label and groups."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from auditkit.blocks import split_blocks
from auditkit.generators.torch_models import hidden_layers

__all__ = ["AudioNetwork", "AudioRows", "codes_of", "evidence_bound"]

_BATCH = 256


class AudioNetwork(torch.nn.Module):
    """Encoder and decoder of coordinates, both told the label and groups.

    Parameters
    ----------
    k : int
        Coordinates of a recording.
    n_conditions : int
        Width of the one-hot label and groups.
    latent, hidden : int
        Widths of the code and of the hidden layers.
    """

    def __init__(self, k: int, n_conditions: int, *, latent: int, hidden: int) -> None:
        super().__init__()
        self.k, self.latent = k, latent
        self.encoder = hidden_layers(k + n_conditions, hidden, 2 * latent)
        self.decoder = hidden_layers(latent + n_conditions, hidden, k)
        self.log_scales = torch.nn.Parameter(torch.full((k,), -0.5))

    def encode(self, coordinates: torch.Tensor, conditions: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and log variance of the codes of recordings."""
        mean, log_variance = self.encoder(torch.cat([coordinates, conditions], dim=1)).chunk(2, dim=1)
        return mean, log_variance.clamp(-10, 10)

    def decode(self, codes: torch.Tensor, conditions: torch.Tensor) -> torch.Tensor:
        """Mean coordinates at codes."""
        decoded: torch.Tensor = self.decoder(torch.cat([codes, conditions], dim=1))
        return decoded

    @property
    def scales(self) -> torch.Tensor:
        """Spread of each coordinate around its decoded mean."""
        return self.log_scales.clamp(-4, 1).exp()


@dataclass(frozen=True)
class AudioRows:
    """Training recordings with their conditions.

    Attributes
    ----------
    coordinates : Tensor of shape (n, k)
    conditions : Tensor of shape (n_combinations, n_conditions)
    members : Tensor of int64, shape (n,)
        Combination of each recording.
    """

    coordinates: torch.Tensor
    conditions: torch.Tensor
    members: torch.Tensor

    def loss(self, network: AudioNetwork, rows: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        """Negative evidence lower bound, mean over some recordings."""
        return evidence_bound(network, self.coordinates[rows], self.conditions[self.members[rows]], rng)


def evidence_bound(
    network: AudioNetwork, coordinates: torch.Tensor, conditions: torch.Tensor, rng: torch.Generator
) -> torch.Tensor:
    """Negative evidence lower bound, mean over recordings."""
    mean, log_variance = network.encode(coordinates, conditions)
    noise = torch.randn(mean.shape, generator=rng, device=rng.device)
    decoded = network.decode(mean + (log_variance / 2).exp() * noise, conditions)
    fit = (((coordinates - decoded) / network.scales) ** 2 / 2 + network.scales.log()).sum(dim=1)
    divergence = (mean**2 + log_variance.exp() - 1 - log_variance).sum(dim=1) / 2
    bound: torch.Tensor = (fit + divergence).mean()
    return bound


@torch.no_grad()
def codes_of(network: AudioNetwork, rows: AudioRows) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and standard deviation of the code of each recording, both of shape (n, latent)."""
    blocks = [torch.arange(block.start, block.stop) for block in split_blocks(len(rows.members), _BATCH)]
    parts = [network.encode(rows.coordinates[at], rows.conditions[rows.members[at]]) for at in blocks]
    return torch.cat([mean for mean, _ in parts]), torch.cat([(spread / 2).exp() for _, spread in parts])
