"""Velocities of images for flow matching: a small network of convolutions over two or three grids."""

from __future__ import annotations

import math

import torch
from torch.nn.functional import interpolate, silu

from auditkit.generators.denoiser import embed_times, told_conditions
from auditkit.generators.image.grids import grids

__all__ = ["ImageVelocities"]

_EMBEDDING = 64
_GROUPS = 8


class ImageVelocities(torch.nn.Module):
    """Convolutions down to a coarse grid and back, with short cuts between grids of one size.

    It is called as a `VelocityNetwork`, on images laid out as rows.

    Parameters
    ----------
    shape : tuple of (int, int, int)
        Height, width, channels.
    n_conditions : int
        Width of the one-hot label and groups; 0 for none.
    width : int, default 32
        Channels on the finest grid, a multiple of 8; every coarser one has twice as many, four times at most.
    """

    def __init__(self, shape: tuple[int, int, int], n_conditions: int, *, width: int = 32) -> None:
        super().__init__()
        height, breadth, channels = shape
        self.shape, self.sizes = shape, grids(height, breadth)
        widths = [width * min(2**at, 4) for at in range(len(self.sizes))]
        self.time = torch.nn.Linear(_EMBEDDING, 2 * _EMBEDDING)
        self.condition = torch.nn.Linear(n_conditions, 2 * _EMBEDDING, bias=False) if n_conditions else None
        self.hidden_condition = torch.nn.Parameter(torch.zeros(2 * _EMBEDDING))
        self.enter = torch.nn.Conv2d(channels, width, 3, padding=1)
        inner = list(zip([width, *widths], widths, strict=False))
        self.down = torch.nn.ModuleList(_Block(before, after) for before, after in inner)
        self.middle = _Block(widths[-1], widths[-1])
        outer = [(a + b, a) for a, b in zip(widths, [*widths[1:], widths[-1]], strict=True)]
        self.up = torch.nn.ModuleList(_Block(before, after) for before, after in outer[::-1])
        self.norm = torch.nn.GroupNorm(_GROUPS, width)
        self.leave = torch.nn.Conv2d(width, channels, 3, padding=1)

    def forward(
        self,
        places: torch.Tensor,
        times: torch.Tensor,
        conditions: torch.Tensor | None = None,
        kept: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Velocities (n, d) at images (n, d), times (n,) and conditions (n, c), hidden where `kept` is false."""
        height, breadth, channels = self.shape
        told = silu(self.time(embed_times(times, _EMBEDDING)) + told_conditions(self, conditions, kept))
        state = self.enter(places.reshape(-1, channels, height, breadth))
        passed = []
        for at, block in enumerate(self.down):
            state = block(state if at == 0 else _coarser(state, self.sizes[at]), told)
            passed.append(state)
        state = self.middle(state, told)
        for block, size, short in zip(self.up, self.sizes[::-1], passed[::-1], strict=True):
            state = block(torch.cat([interpolate(state, size=size), short], dim=1), told)
        leaving: torch.Tensor = self.leave(silu(self.norm(state)))
        return leaving.flatten(1)


class _Block(torch.nn.Module):
    """Two convolutions beside a short cut; time and conditions shift the features between them."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.before = torch.nn.GroupNorm(math.gcd(_GROUPS, n_in), n_in)
        self.first = torch.nn.Conv2d(n_in, n_out, 3, padding=1)
        self.shift = torch.nn.Linear(2 * _EMBEDDING, n_out)
        self.between = torch.nn.GroupNorm(_GROUPS, n_out)
        self.second = torch.nn.Conv2d(n_out, n_out, 3, padding=1)
        self.cut: torch.nn.Module = torch.nn.Identity() if n_in == n_out else torch.nn.Conv2d(n_in, n_out, 1)

    def forward(self, state: torch.Tensor, told: torch.Tensor) -> torch.Tensor:
        inner = self.first(silu(self.before(state))) + self.shift(told)[:, :, None, None]
        changed: torch.Tensor = self.cut(state) + self.second(silu(self.between(inner)))
        return changed


def _coarser(state: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    return torch.nn.functional.adaptive_avg_pool2d(state, size)
