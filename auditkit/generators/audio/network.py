"""Network of the audio autoencoder, on coordinates of pictures, told the label and groups."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from auditkit.blocks import split_blocks
from auditkit.generators.torch_models import hidden_layers

__all__ = ["AudioNetwork", "AudioRows", "evidence_bound", "settle_codes"]

_BATCH = 256


class AudioNetwork(torch.nn.Module):
    """Encoder and decoder of coordinates, both told the label and groups.

    Parameters
    ----------
    k : int
        Coordinates of a recording.
    n_combinations, n_conditions : int
        Combinations of label and groups, and the width of their one-hot form.
    latent, hidden : int
        Widths of the code and of the hidden layers.
    """

    def __init__(self, k: int, n_combinations: int, n_conditions: int, *, latent: int, hidden: int) -> None:
        super().__init__()
        self.k, self.latent = k, latent
        self.encoder = hidden_layers(k + n_conditions, hidden, 2 * latent)
        self.decoder = hidden_layers(latent + n_conditions, hidden, k)
        self.log_scales = torch.nn.Parameter(torch.full((k,), -0.5))
        self.centres: torch.Tensor
        self.roots: torch.Tensor
        self.register_buffer("centres", torch.zeros(n_combinations, latent, dtype=torch.float64))
        self.register_buffer("roots", torch.eye(latent, dtype=torch.float64).repeat(n_combinations, 1, 1))

    def place(self, noise: torch.Tensor, members: torch.Tensor) -> torch.Tensor:
        """Codes of combinations from standard normal noise; see `settle_codes`."""
        codes = self.centres[members] + (self.roots[members] @ noise.double().unsqueeze(2)).squeeze(2)
        return codes.float()

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
def settle_codes(network: AudioNetwork, rows: AudioRows) -> None:
    """Fit a normal distribution of the codes of each combination, which samples are then drawn from.

    Covariances of small combinations lean on the common one.
    """
    blocks = [torch.arange(block.start, block.stop) for block in split_blocks(len(rows.members), _BATCH)]
    parts = [network.encode(rows.coordinates[at], rows.conditions[rows.members[at]]) for at in blocks]
    means = torch.cat([mean for mean, _ in parts]).double()
    variances = torch.cat([log_variance.exp() for _, log_variance in parts]).double()
    centres = torch.stack([means[rows.members == at].mean(dim=0) for at in range(len(rows.conditions))])
    common = _covariance(means - centres[rows.members], variances)
    for at, centre in enumerate(centres):
        own = rows.members == at
        n = int(own.sum())
        mixed = n * _covariance(means[own] - centre, variances[own]) + 2 * network.latent * common
        network.roots[at] = torch.linalg.cholesky(mixed / (n + 2 * network.latent))
    network.centres.copy_(centres)


def _covariance(deviations: torch.Tensor, variances: torch.Tensor) -> torch.Tensor:
    """Covariance of codes whose means deviate so, and which vary so around them."""
    return deviations.T @ deviations / len(deviations) + torch.diag(variances.mean(dim=0))
