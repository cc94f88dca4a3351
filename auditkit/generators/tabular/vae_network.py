"""Encoder and decoder of the tabular autoencoder, both told the label and groups, and its loss."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from auditkit.generators.codes import Code, code_of, divergence, draw_code
from auditkit.generators.tabular.mixed_coding import Batch
from auditkit.generators.torch_models import hidden_layers

__all__ = ["Decoded", "VaeNetwork", "bounds"]


@dataclass(frozen=True)
class Decoded:
    """What codes stand for.

    Attributes
    ----------
    means, log_scales : Tensor of shape (n, n_numbers)
        Of the numbers' normal deviates.
    logits : tuple of Tensor
        Of each softmax head.
    """

    means: torch.Tensor
    log_scales: torch.Tensor
    logits: tuple[torch.Tensor, ...]


class VaeNetwork(torch.nn.Module):
    """Encoder and decoder over normal deviates and one-hot places.

    Parameters
    ----------
    n_numbers : int
    widths : tuple of int
        Places of each softmax head.
    n_conditions : int
    hidden, latent : int
        Widths of the layers and of the code.
    """

    def __init__(self, n_numbers: int, widths: tuple[int, ...], n_conditions: int, *, hidden: int, latent: int) -> None:
        super().__init__()
        self.n_numbers, self.widths, self.latent = n_numbers, widths, latent
        width = n_numbers + sum(widths)
        self.encoder = hidden_layers(width + n_conditions, hidden, 2 * latent)
        self.decoder = hidden_layers(latent + n_conditions, hidden, width + n_numbers)

    def encode(self, inputs: torch.Tensor, conditions: torch.Tensor) -> Code:
        """Mean and log variance of the codes of coded rows."""
        return code_of(self.encoder, inputs, conditions)

    def decode(self, codes: torch.Tensor, conditions: torch.Tensor) -> Decoded:
        """Numbers and odds that codes stand for."""
        outputs = self.decoder(torch.cat([codes, conditions], dim=1))
        means, scales, logits = outputs.split((self.n_numbers, self.n_numbers, sum(self.widths)), dim=1)
        return Decoded(means, scales.clamp(-5, 1), logits.split(self.widths, dim=1))


def bounds(network: VaeNetwork, batch: Batch, rng: torch.Generator) -> torch.Tensor:
    """Negative evidence lower bound of each row, shape (n,), with one draw of its code."""
    code = network.encode(batch.coded, batch.conditions)
    decoded = network.decode(draw_code(code, rng), batch.conditions)
    deviation = (batch.numbers - decoded.means) / decoded.log_scales.exp()
    loss = ((deviation**2 / 2 + decoded.log_scales) * batch.present).sum(dim=1)
    for at, part in enumerate(decoded.logits):
        loss = loss + torch.nn.functional.cross_entropy(part, batch.places[:, at], reduction="none")
    return loss + divergence(code)
