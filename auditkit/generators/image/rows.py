"""Training images as tensors, and the way back from drawn pixels to the levels of the real ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from auditkit.generators.image.pixel_levels import observed_levels, snap

if TYPE_CHECKING:
    from auditkit.data import Samples
    from auditkit.generators.roles import Roles

__all__ = ["Canvas", "ImageRows"]


@dataclass(frozen=True)
class Canvas:
    """Shape and pixel levels of the training images.

    Attributes
    ----------
    shape : tuple of (int, int, int)
        Height, width, channels.
    levels : ndarray of uint8
        Sorted pixel values that the training images use.
    """

    shape: tuple[int, int, int]
    levels: NDArray[np.uint8]

    @classmethod
    def of(cls, samples: Samples) -> Canvas:
        """Canvas of images of one shape."""
        height, width, channels = samples.shape
        return cls((height, width, channels), observed_levels(samples))

    @property
    def low(self) -> int:
        """Darkest pixel."""
        return int(self.levels[0])

    @property
    def reach(self) -> int:
        """Brightest less darkest pixel, 1 for constant images."""
        return max(int(self.levels[-1]) - self.low, 1)

    def shares(self, images: NDArray[np.uint8]) -> torch.Tensor:
        """Pixels (n, height, width, channels) as shares of the range: float32 of (n, channels, height, width)."""
        pixels = torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))
        return (pixels.float() - self.low) / self.reach

    def pixels(self, shares: torch.Tensor) -> NDArray[np.uint8]:
        """Inverse of `shares`, at the nearest level."""
        return snap(self.low + self.reach * shares.double().permute(0, 2, 3, 1).numpy(), self.levels)

    def noise_like(self, normal: NDArray[np.float64]) -> torch.Tensor:
        """Normal numbers (n, height * width * channels) as float32 images (n, channels, height, width)."""
        height, width, channels = self.shape
        return torch.from_numpy(normal).float().reshape(-1, channels, height, width)


@dataclass(frozen=True)
class ImageRows:
    """Training images, kept as bytes, with their conditions.

    Attributes
    ----------
    pixels : Tensor of uint8, shape (n, channels, height, width)
    conditions : Tensor of shape (n_combinations, n_conditions)
        One-hot label and groups of each combination.
    members : Tensor of int64, shape (n,)
        Combination of each image.
    low, reach : int
        Darkest pixel, and the range above it.
    """

    pixels: torch.Tensor
    conditions: torch.Tensor
    members: torch.Tensor
    low: int
    reach: int

    @classmethod
    def of(cls, images: NDArray[np.uint8], roles: Roles, canvas: Canvas) -> ImageRows:
        """Rows of images (n, height, width, channels)."""
        return cls(
            pixels=torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2))),
            conditions=torch.from_numpy(roles.one_hot()),
            members=torch.from_numpy(roles.members),
            low=canvas.low,
            reach=canvas.reach,
        )

    def __len__(self) -> int:
        """Number of images."""
        return len(self.pixels)

    def images(self, rows: torch.Tensor) -> torch.Tensor:
        """Images of some rows, float32 of shape (n, channels, height, width), in [0, 1]."""
        return (self.pixels[rows].float() - self.low) / self.reach

    def told(self, rows: torch.Tensor) -> torch.Tensor:
        """Conditions of some rows, shape (n, n_conditions)."""
        return self.conditions[self.members[rows]]
