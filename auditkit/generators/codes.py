"""Codes of autoencoders: their distribution given a sample, a draw of it, and normals of a combination's codes."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from auditkit.blocks import split_blocks

__all__ = ["Code", "CodeNormals", "code_of", "code_rows", "divergence", "draw_code"]

Code = tuple[torch.Tensor, torch.Tensor]
"""Mean and log variance of the codes of samples, each of shape (n, latent)."""
_BATCH = 256


def code_of(encoder: torch.nn.Module, inputs: torch.Tensor, conditions: torch.Tensor) -> Code:
    """Codes of samples, which an encoder sees beside their conditions."""
    mean, log_variance = encoder(torch.cat([inputs, conditions], dim=1)).chunk(2, dim=1)
    return mean, log_variance.clamp(-10, 10)


def draw_code(code: Code, rng: torch.Generator) -> torch.Tensor:
    """One code of each sample."""
    mean, log_variance = code
    return mean + (log_variance / 2).exp() * torch.randn(mean.shape, generator=rng, device=rng.device)


def divergence(code: Code) -> torch.Tensor:
    """Kullback-Leibler divergence of each sample's code from standard normal noise, shape (n,)."""
    mean, log_variance = code
    return (mean**2 + log_variance.exp() - 1 - log_variance).sum(dim=1) / 2


def code_rows(n: int) -> list[torch.Tensor]:
    """Rows that are encoded at once when codes are settled."""
    return [torch.arange(block.start, block.stop) for block in split_blocks(n, _BATCH)]


class CodeNormals(torch.nn.Module):
    """Network whose codes have a normal distribution for each combination of label and groups.

    A decoder listens to its code more than to the label: codes drawn from one distribution for all labels would show
    other labels than those asked for.

    Parameters
    ----------
    n_combinations : int
    latent : int
        Width of the code.
    """

    def __init__(self, n_combinations: int, latent: int) -> None:
        super().__init__()
        self.latent = latent
        self.centres: torch.Tensor
        self.roots: torch.Tensor
        self.register_buffer("centres", torch.zeros(n_combinations, latent, dtype=torch.float64))
        self.register_buffer("roots", torch.eye(latent, dtype=torch.float64).repeat(n_combinations, 1, 1))

    def place(self, noise: torch.Tensor, members: torch.Tensor) -> torch.Tensor:
        """Codes of combinations from standard normal noise."""
        codes = self.centres[members] + (self.roots[members] @ noise.double().unsqueeze(2)).squeeze(2)
        return codes.float()

    @torch.no_grad()
    def settle(self, codes: Sequence[Code], members: torch.Tensor) -> None:
        """Fit the distributions to the codes of training samples; those of small combinations lean on the common one.

        Parameters
        ----------
        codes : sequence of (mean, log variance)
            Block after block.
        members : Tensor of int64, shape (n,)
            Combination of each sample.
        """
        means = torch.cat([mean for mean, _ in codes]).double()
        variances = torch.cat([log_variance.exp() for _, log_variance in codes]).double()
        centres = torch.stack([means[members == at].mean(dim=0) for at in range(len(self.centres))])
        common = _covariance(means - centres[members], variances)
        for at, centre in enumerate(centres):
            own = members == at
            n = int(own.sum())
            mixed = n * _covariance(means[own] - centre, variances[own]) + 2 * self.latent * common
            self.roots[at] = torch.linalg.cholesky(mixed / (n + 2 * self.latent))
        self.centres.copy_(centres)


def _covariance(deviations: torch.Tensor, variances: torch.Tensor) -> torch.Tensor:
    """Covariance of codes whose means deviate so, and which vary so around them."""
    return deviations.T @ deviations / len(deviations) + torch.diag(variances.mean(dim=0))
