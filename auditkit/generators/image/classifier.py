"""A small network that tells the labels of images, for attacks that need one."""

from __future__ import annotations

import torch

from auditkit.generators.image.grids import FLAT_SIDE
from auditkit.generators.torch_models import hidden_layers

__all__ = ["small_classifier"]

_HIDDEN = 128
_GRID = 8


def small_classifier(shape: tuple[int, int, int], n_classes: int) -> torch.nn.Sequential:
    """Logits (n, n_classes) of images (n, channels, height, width) in [0, 1].

    Parameters
    ----------
    shape : tuple of (int, int, int)
        Height, width, channels.
    n_classes : int

    Examples
    --------
    >>> small_classifier((20, 20, 3), 4)(torch.zeros(2, 3, 20, 20)).shape
    torch.Size([2, 4])
    """
    height, width, channels = shape
    if max(height, width) <= FLAT_SIDE:
        return torch.nn.Sequential(torch.nn.Flatten(), hidden_layers(height * width * channels, _HIDDEN, n_classes))
    return torch.nn.Sequential(
        torch.nn.Conv2d(channels, 16, 3, stride=2, padding=1),
        torch.nn.SiLU(),
        torch.nn.Conv2d(16, 32, 3, padding=1),
        torch.nn.SiLU(),
        torch.nn.AdaptiveAvgPool2d(_GRID),
        torch.nn.Flatten(),
        hidden_layers(32 * _GRID**2, _HIDDEN, n_classes),
    )
