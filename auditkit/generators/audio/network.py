"""Network of the audio autoencoder, on coordinates of pictures, told the label and groups."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from auditkit.generators.codes import Code, CodeNormals, code_of, divergence, draw_code
from auditkit.generators.torch_models import hidden_layers

__all__ = ["AudioNetwork", "AudioRows", "evidence_bound"]


class AudioNetwork(CodeNormals):
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
        super().__init__(n_combinations, latent)
        self.k = k
        self.encoder = hidden_layers(k + n_conditions, hidden, 2 * latent)
        self.decoder = hidden_layers(latent + n_conditions, hidden, k)
        self.log_scales = torch.nn.Parameter(torch.full((k,), -0.5))

    def encode(self, coordinates: torch.Tensor, conditions: torch.Tensor) -> Code:
        """Mean and log variance of the codes of recordings."""
        return code_of(self.encoder, coordinates, conditions)

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

    def told(self, rows: torch.Tensor) -> torch.Tensor:
        """Conditions of some recordings."""
        return self.conditions[self.members[rows]]

    def loss(self, network: AudioNetwork, rows: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        """Negative evidence lower bound, mean over some recordings."""
        return evidence_bound(network, self.coordinates[rows], self.told(rows), rng)


def evidence_bound(
    network: AudioNetwork, coordinates: torch.Tensor, conditions: torch.Tensor, rng: torch.Generator
) -> torch.Tensor:
    """Negative evidence lower bound, mean over recordings."""
    code = network.encode(coordinates, conditions)
    decoded = network.decode(draw_code(code, rng), conditions)
    fit = (((coordinates - decoded) / network.scales) ** 2 / 2 + network.scales.log()).sum(dim=1)
    bound: torch.Tensor = (fit + divergence(code)).mean()
    return bound
