"""Flow matching for any modality: a small network of velocities, its loss, and the way from noise to data.

Data lie at time 1, standard normal noise at time 0, and a straight line joins each pair. The network learns the mean
velocity of the lines through a place at a time; following it from noise gives new data. Conditions are rows of numbers,
as one-hot levels; in training some are hidden, so that one network knows both and the way can be pushed from the
unconditioned towards the conditioned velocity (guidance).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, Protocol

import torch

from auditkit.errors import AuditkitError
from auditkit.generators.noise import CHUNK

__all__ = ["Velocity", "VelocityNetwork", "embed_times", "flow_loss", "integrate", "spread_times", "told_conditions"]

Velocity = Callable[[torch.Tensor, torch.Tensor, torch.Tensor | None], torch.Tensor]
"""`velocity(places, times, conditions)`: places (n, d), times (n,), conditions (n, c) or None where hidden."""

_EMBEDDING = 64
_SLOWEST, _FASTEST = 0.5, 64.0


class VelocityNetwork(torch.nn.Module):
    """Residual layers over places, with the time and the conditions added at each of them.

    Parameters
    ----------
    n_features : int
        Width of the data, each feature best at mean 0 and spread 1.
    n_conditions : int, default 0
        Width of the conditions; 0 for none.
    hidden : int, default 256
        Width of the layers.
    layers : int, default 3
        Residual layers.
    n_outputs : int, optional
        Width of the output where it is no velocity; `n_features` by default.

    Examples
    --------
    >>> network = VelocityNetwork(4, 2, hidden=16, layers=2)
    >>> network(torch.zeros(3, 4), torch.rand(3), torch.ones(3, 2)).shape
    torch.Size([3, 4])
    """

    def __init__(
        self,
        n_features: int,
        n_conditions: int = 0,
        hidden: int = 256,
        layers: int = 3,
        *,
        n_outputs: int | None = None,
    ) -> None:
        super().__init__()
        self.n_features, self.n_conditions = n_features, n_conditions
        self.enter = torch.nn.Linear(n_features, hidden)
        self.time = torch.nn.Linear(_EMBEDDING, _EMBEDDING)
        self.condition = torch.nn.Linear(n_conditions, _EMBEDDING, bias=False) if n_conditions else None
        self.hidden_condition = torch.nn.Parameter(torch.zeros(_EMBEDDING))
        self.norms = torch.nn.ModuleList(torch.nn.LayerNorm(hidden) for _ in range(layers))
        self.shifts = torch.nn.ModuleList(torch.nn.Linear(_EMBEDDING, hidden) for _ in range(layers))
        self.layers = torch.nn.ModuleList(torch.nn.Linear(hidden, hidden) for _ in range(layers))
        self.leave = torch.nn.Linear(hidden, n_features if n_outputs is None else n_outputs)

    def forward(
        self,
        places: torch.Tensor,
        times: torch.Tensor,
        conditions: torch.Tensor | None = None,
        kept: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Velocities at places (n, d) and times (n,) in [0, 1].

        Parameters
        ----------
        places, times : Tensor
        conditions : Tensor of shape (n, c), optional
            None hides them.
        kept : Tensor of bool, shape (n,), optional
            Rows whose conditions are not hidden; all by default.
        """
        embedding = torch.nn.functional.silu(
            self.time(embed_times(times, _EMBEDDING)) + told_conditions(self, conditions, kept)
        )
        state = self.enter(places)
        for norm, shift, layer in zip(self.norms, self.shifts, self.layers, strict=True):
            state = state + layer(torch.nn.functional.silu(norm(state) + shift(embedding)))
        leaving: torch.Tensor = self.leave(torch.nn.functional.silu(state))
        return leaving


class Conditioned(Protocol):
    """A network that can be told conditions."""

    @property
    def condition(self) -> torch.nn.Linear | None: ...

    @property
    def hidden_condition(self) -> torch.Tensor: ...


def told_conditions(network: Conditioned, conditions: torch.Tensor | None, kept: torch.Tensor | None) -> torch.Tensor:
    """What a network is told of conditions (n, c): as where they are hidden, where `kept` is false."""
    if network.condition is None or conditions is None:
        return network.hidden_condition
    told: torch.Tensor = network.condition(conditions)
    return told if kept is None else torch.where(kept[:, None], told, network.hidden_condition)


def embed_times(times: torch.Tensor, width: int) -> torch.Tensor:
    """Times (n,) in [0, 1] as sines and cosines of `width / 2` frequencies: shape (n, width)."""
    steps = torch.arange(width // 2, device=times.device) / max(width // 2 - 1, 1)
    frequencies = _SLOWEST * (_FASTEST / _SLOWEST) ** steps
    angles = math.pi * times[:, None] * frequencies
    return torch.cat([angles.sin(), angles.cos()], dim=1)


def spread_times(n: int, rng: torch.Generator) -> torch.Tensor:
    """One time per row, uniform in [0, 1) and evenly spread over the batch, which makes the loss less noisy."""
    return (torch.arange(n, device=rng.device) + torch.rand(1, generator=rng, device=rng.device)) / n % 1


def flow_loss(
    network: Callable[..., torch.Tensor],
    data: torch.Tensor,
    conditions: torch.Tensor | None,
    rng: torch.Generator,
    *,
    hide: float = 0.1,
) -> torch.Tensor:
    """Conditional flow-matching loss: mean squared error of the velocity, `E |v(x_t, t, c) - (x - e)|^2`.

    Parameters
    ----------
    network : VelocityNetwork
        Or anything that is called as one, with places, times, conditions and the rows that keep them.
    data : Tensor of shape (n, d)
        A batch in random order.
    conditions : Tensor of shape (n, c) or None
    rng : torch.Generator
        On the device of the data; the only source of noise.
    hide : float, default 0.1
        Share of the rows whose conditions are hidden, which guidance needs.

    Returns
    -------
    Tensor
        A scalar.

    References
    ----------
    Lipman et al. 2023, "Flow Matching for Generative Modeling", equation 22 with the straight path.
    Ho and Salimans 2022, "Classifier-Free Diffusion Guidance", algorithm 1, for hidden conditions.
    """
    noise = torch.randn(data.shape, generator=rng, device=rng.device)
    times = spread_times(len(data), rng)
    kept = torch.rand(len(data), generator=rng, device=rng.device) >= hide
    places = torch.lerp(noise, data, times[:, None])
    return torch.nn.functional.mse_loss(network(places, times, conditions, kept), data - noise)


@torch.no_grad()
def integrate(
    network: Velocity,
    noise: torch.Tensor,
    conditions: torch.Tensor | None = None,
    steps: int = 20,
    guidance: float = 1.0,
    *,
    method: Literal["heun", "euler"] = "heun",
    chunk: int = CHUNK,
) -> torch.Tensor:
    """Follow the velocities from noise at time 0 to data at time 1.

    Parameters
    ----------
    network : callable
        A `VelocityNetwork`, or anything that gives `velocity(places, times, conditions)`.
    noise : Tensor of shape (n, d)
        Standard normal.
    conditions : Tensor of shape (n, c), optional
    steps : int, default 20
        Equal steps in time.
    guidance : float, default 1.0
        `v = v_hidden + guidance (v_told - v_hidden)`: 1 follows the conditions as they are, more than 1 exaggerates
        them at the price of variety, 0 ignores them. Other values than 1 and 0 cost a second call per step.
    method : {"heun", "euler"}, default "heun"
        Heun calls the network twice a step, once in the last one.
    chunk : int, default 256
        Rows in one call, always as many: rows are then the same whatever number is asked for, as long as the first
        row stands at the beginning of a chunk.

    Returns
    -------
    Tensor of shape (n, d)

    Raises
    ------
    AuditkitError
        For fewer than 1 step.
    """
    if steps < 1:
        raise AuditkitError(f"the way from noise to data needs `steps` of at least 1, got {steps}.")
    parts = []
    for start in range(0, len(noise), chunk):
        held = None if conditions is None else _filled(conditions[start : start + chunk], chunk)
        arrived = _follow(network, _filled(noise[start : start + chunk], chunk), held, steps, guidance, method)
        parts.append(arrived[: len(noise) - start])
    return torch.cat(parts) if parts else noise


def _follow(
    network: Velocity, places: torch.Tensor, conditions: torch.Tensor | None, steps: int, guidance: float, method: str
) -> torch.Tensor:
    length = 1 / steps
    for step in range(steps):
        first = _guided(network, places, step * length, conditions, guidance)
        moved = places + length * first
        if method == "heun" and step + 1 < steps:
            second = _guided(network, moved, (step + 1) * length, conditions, guidance)
            moved = places + length * (first + second) / 2
        places = moved
    return places


def _guided(
    network: Velocity, places: torch.Tensor, time: float, conditions: torch.Tensor | None, guidance: float
) -> torch.Tensor:
    times = torch.full((len(places),), time, dtype=places.dtype, device=places.device)
    if conditions is None or guidance == 1:
        return network(places, times, conditions)
    hidden = network(places, times, None)
    if guidance == 0:
        return hidden
    return torch.lerp(hidden, network(places, times, conditions), guidance)


def _filled(rows: torch.Tensor, n: int) -> torch.Tensor:
    """Rows followed by zeros up to n."""
    missing = n - len(rows)
    return torch.nn.functional.pad(rows, (0, 0, 0, missing)) if missing else rows
