"""Several small networks of velocities, each learnt from a part of the series: their mean keeps no series by heart."""

from __future__ import annotations

import torch

from auditkit.generators.denoiser import VelocityNetwork, flow_loss

__all__ = ["MeanVelocity", "deal_series"]

_LEAST_DEALT = 20
_SHARE = 0.5


class MeanVelocity(torch.nn.Module):
    """Mean of the velocities of networks of one form.

    Parameters
    ----------
    n_features, n_conditions, hidden, layers : int
        As for `VelocityNetwork`.
    members : int
        Networks.
    """

    def __init__(self, n_features: int, n_conditions: int, *, hidden: int, layers: int, members: int) -> None:
        super().__init__()
        self.members = torch.nn.ModuleList(
            VelocityNetwork(n_features, n_conditions, hidden=hidden, layers=layers) for _ in range(members)
        )

    def forward(
        self, places: torch.Tensor, times: torch.Tensor, conditions: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Velocities at places (n, d) and times (n,)."""
        return torch.stack([member(places, times, conditions) for member in self.members]).mean(dim=0)

    def loss(self, data: torch.Tensor, told: torch.Tensor, dealt: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        """Mean flow-matching loss of the networks, each on its own rows while it trains, and on all when judged.

        Parameters
        ----------
        data : Tensor of shape (n, d)
        told : Tensor of shape (n, c)
        dealt : Tensor of bool, shape (members, n)
        rng : torch.Generator
        """
        losses = []
        for member, own in zip(self.members, dealt, strict=True):
            rows = own if self.training and own.any() else torch.ones_like(own)
            losses.append(flow_loss(_network(member), data[rows], told[rows], rng))
        return torch.stack(losses).mean()


def deal_series(n: int, members: int, rng: torch.Generator) -> torch.Tensor:
    """Which series each network learns from, bool of shape (members, n): every second, or all of less than 20."""
    drawn: torch.Tensor = torch.rand(members, n, generator=rng) < _SHARE
    return drawn if n >= _LEAST_DEALT and members > 1 else torch.ones_like(drawn)


def _network(member: torch.nn.Module) -> VelocityNetwork:
    if not isinstance(member, VelocityNetwork):
        raise TypeError(type(member).__name__)
    return member
