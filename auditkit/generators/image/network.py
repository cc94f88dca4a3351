"""Networks of the image autoencoder: layers on flat pixels for small images, convolutions for larger ones."""

from __future__ import annotations

import torch
from torch.nn.functional import interpolate

from auditkit.generators.codes import Code, CodeNormals, code_of, divergence, draw_code
from auditkit.generators.image.grids import FLAT_SIDE
from auditkit.generators.image.rows import ImageRows
from auditkit.generators.torch_models import hidden_layers

__all__ = ["ImageNetwork", "evidence_bound"]


class ImageNetwork(CodeNormals):
    """Encoder and decoder of images, both told the label and groups.

    Parameters
    ----------
    shape : tuple of (int, int, int)
        Height, width, channels.
    n_combinations, n_conditions : int
        Combinations of label and groups, and the width of their one-hot form.
    latent : int
        Width of the code.
    hidden : int
        Width of the hidden layers.
    """

    def __init__(
        self, shape: tuple[int, int, int], n_combinations: int, n_conditions: int, *, latent: int, hidden: int
    ) -> None:
        super().__init__(n_combinations, latent)
        self.shape = shape
        height, width, channels = shape
        flat = max(height, width) <= FLAT_SIDE
        self.read: torch.nn.Module = torch.nn.Flatten() if flat else _down(channels)
        self.grid = (height, width) if flat else _grids(height, width)[-1]
        n_read = channels * height * width if flat else _WIDE * self.grid[0] * self.grid[1]
        self.encoder = hidden_layers(n_read + n_conditions, hidden, 2 * latent)
        self.decoder = hidden_layers(latent + n_conditions, hidden, n_read)
        self.draw: torch.nn.Module = torch.nn.Identity() if flat else _Up(shape)
        self.log_scale = torch.nn.Parameter(torch.tensor(-1.0))

    def encode(self, images: torch.Tensor, conditions: torch.Tensor) -> Code:
        """Mean and log variance of the codes of images (n, channels, height, width) in [0, 1]."""
        return code_of(self.encoder, self.read(images).flatten(1), conditions)

    def decode(self, codes: torch.Tensor, conditions: torch.Tensor) -> torch.Tensor:
        """Mean images (n, channels, height, width) in [0, 1]."""
        height, width, channels = self.shape
        drawn = self.draw(self.decoder(torch.cat([codes, conditions], dim=1)))
        return torch.sigmoid(drawn.reshape(-1, channels, height, width))

    @property
    def scale(self) -> torch.Tensor:
        """Spread of the pixels around their decoded means."""
        return self.log_scale.clamp(-4, 1).exp()


def evidence_bound(network: ImageNetwork, data: ImageRows, rows: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    """Negative evidence lower bound, mean over some rows of the training images."""
    images, conditions = data.images(rows), data.told(rows)
    code = network.encode(images, conditions)
    decoded = network.decode(draw_code(code, rng), conditions)
    fit = (((images - decoded) / network.scale) ** 2 / 2 + network.scale.log()).flatten(1).sum(dim=1)
    bound: torch.Tensor = (fit + divergence(code)).mean()
    return bound


_NARROW, _WIDE = 16, 32


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
