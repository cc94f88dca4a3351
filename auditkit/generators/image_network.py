"""Networks of the image autoencoder: layers on flat pixels for small images, convolutions for larger ones."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn.functional import interpolate

__all__ = ["ImageNetwork", "ImageRows"]

_FLAT_SIDE = 16


class ImageNetwork(torch.nn.Module):
    """Encoder and decoder of images, both told the label and groups.

    Parameters
    ----------
    shape : tuple of (int, int, int)
        Height, width, channels.
    n_conditions : int
        Width of the one-hot label and groups.
    latent : int
        Width of the code.
    hidden : int
        Width of the hidden layers.
    """

    def __init__(self, shape: tuple[int, int, int], n_conditions: int, *, latent: int, hidden: int) -> None:
        super().__init__()
        self.shape, self.latent = shape, latent
        height, width, channels = shape
        flat = max(height, width) <= _FLAT_SIDE
        self.read: torch.nn.Module = torch.nn.Flatten() if flat else _down(channels)
        self.grid = (height, width) if flat else _grids(height, width)[-1]
        n_read = channels * height * width if flat else _WIDE * self.grid[0] * self.grid[1]
        self.encoder = _layers(n_read + n_conditions, hidden, 2 * latent)
        self.decoder = _layers(latent + n_conditions, hidden, n_read)
        self.draw: torch.nn.Module = torch.nn.Identity() if flat else _Up(shape)
        self.log_scale = torch.nn.Parameter(torch.tensor(-1.0))

    def encode(self, images: torch.Tensor, conditions: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and log variance of the codes of images (n, channels, height, width) in [0, 1]."""
        read = self.read(images).flatten(1)
        mean, log_variance = self.encoder(torch.cat([read, conditions], dim=1)).chunk(2, dim=1)
        return mean, log_variance.clamp(-10, 10)

    def decode(self, codes: torch.Tensor, conditions: torch.Tensor) -> torch.Tensor:
        """Mean images (n, channels, height, width) in [0, 1]."""
        height, width, channels = self.shape
        drawn = self.draw(self.decoder(torch.cat([codes, conditions], dim=1)))
        return torch.sigmoid(drawn.reshape(-1, channels, height, width))

    @property
    def scale(self) -> torch.Tensor:
        """Spread of the pixels around their decoded means."""
        return self.log_scale.clamp(-4, 1).exp()


@dataclass(frozen=True)
class ImageRows:
    """Training images, kept as bytes, with their conditions.

    Attributes
    ----------
    pixels : Tensor of uint8, shape (n, channels, height, width)
    conditions : Tensor of shape (n_combinations, n_conditions)
    members : Tensor of int64, shape (n,)
        Combination of each image.
    low, high : int
        Range of the pixels.
    """

    pixels: torch.Tensor
    conditions: torch.Tensor
    members: torch.Tensor
    low: int
    high: int

    def loss(self, network: ImageNetwork, rows: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        """Negative evidence lower bound, mean over the images."""
        images = (self.pixels[rows].float() - self.low) / max(self.high - self.low, 1)
        conditions = self.conditions[self.members[rows]]
        mean, log_variance = network.encode(images, conditions)
        noise = torch.randn(mean.shape, generator=rng)
        decoded = network.decode(mean + (log_variance / 2).exp() * noise, conditions)
        fit = (((images - decoded) / network.scale) ** 2 / 2 + network.scale.log()).flatten(1).sum(dim=1)
        divergence = (mean**2 + log_variance.exp() - 1 - log_variance).sum(dim=1) / 2
        bound: torch.Tensor = (fit + divergence).mean()
        return bound


_NARROW, _WIDE = 32, 64


def _layers(n_in: int, hidden: int, n_out: int) -> torch.nn.Sequential:
    return torch.nn.Sequential(
        torch.nn.Linear(n_in, hidden),
        torch.nn.SiLU(),
        torch.nn.Linear(hidden, hidden),
        torch.nn.SiLU(),
        torch.nn.Linear(hidden, n_out),
    )


def _down(channels: int) -> torch.nn.Sequential:
    return torch.nn.Sequential(
        torch.nn.Conv2d(channels, _NARROW, 3, stride=2, padding=1),
        torch.nn.SiLU(),
        torch.nn.Conv2d(_NARROW, _WIDE, 3, stride=2, padding=1),
        torch.nn.SiLU(),
    )


def _grids(height: int, width: int) -> list[tuple[int, int]]:
    """Sizes of the image and of the two layers of convolutions below it."""
    sizes = [(height, width)]
    for _ in range(2):
        sizes.append((-(-sizes[-1][0] // 2), -(-sizes[-1][1] // 2)))
    return sizes


class _Up(torch.nn.Module):
    """From features on the coarse grid to an image; enlarging before convolving leaves no checkerboard."""

    def __init__(self, shape: tuple[int, int, int]) -> None:
        super().__init__()
        height, width, channels = shape
        self.grids = _grids(height, width)[::-1]
        self.first = torch.nn.Conv2d(_WIDE, _NARROW, 3, padding=1)
        self.second = torch.nn.Conv2d(_NARROW, channels, 3, padding=1)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        coarse, middle, fine = self.grids
        grid = features.reshape(-1, _WIDE, *coarse)
        grid = torch.nn.functional.silu(self.first(interpolate(grid, size=middle)))
        drawn: torch.Tensor = self.second(interpolate(grid, size=fine))
        return drawn
