"""The two networks of the image GAN: layers on flat pixels for small images, convolutions for larger ones."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch.nn.functional import conv2d, interpolate, leaky_relu, linear, normalize, pad

from auditkit.generators.image.grids import FLAT_SIDE, grids

__all__ = ["Adversaries", "Discriminator", "Generator"]

Shape = tuple[int, int, int]
_SLOPE = 0.2


class Adversaries(torch.nn.Module):
    """A generator and a discriminator, both told the label and groups.

    Parameters
    ----------
    shape : tuple of (int, int, int)
        Height, width, channels.
    n_conditions : int
        Width of the one-hot label and groups.
    latent : int
        Width of the noise.
    hidden : int
        Width of the layers on flat pixels; widest channels of the convolutions are a quarter of it.
    """

    def __init__(self, shape: Shape, n_conditions: int, *, latent: int, hidden: int) -> None:
        super().__init__()
        self.shape, self.flat = shape, max(shape[:2]) <= FLAT_SIDE
        self.generator = Generator(shape, n_conditions, latent=latent, hidden=hidden)
        self.discriminator = Discriminator(shape, n_conditions, hidden=hidden)


class Generator(torch.nn.Module):
    """Images (n, channels, height, width) in [-1, 1] from noise and conditions."""

    def __init__(self, shape: Shape, n_conditions: int, *, latent: int, hidden: int) -> None:
        super().__init__()
        height, width, channels = shape
        self.shape, self.latent = shape, latent
        self.body: torch.nn.Module
        if max(height, width) <= FLAT_SIDE:
            self.body = torch.nn.Sequential(
                torch.nn.Linear(latent + n_conditions, hidden),
                torch.nn.LayerNorm(hidden),
                torch.nn.ReLU(),
                torch.nn.Linear(hidden, hidden),
                torch.nn.LayerNorm(hidden),
                torch.nn.ReLU(),
                torch.nn.Linear(hidden, height * width * channels),
            )
        else:
            self.body = _Growing(shape, latent + n_conditions, hidden)

    def forward(self, noise: torch.Tensor, conditions: torch.Tensor) -> torch.Tensor:
        """Images of noise (n, latent) and one-hot conditions (n, n_conditions)."""
        height, width, channels = self.shape
        drawn = torch.tanh(self.body(torch.cat([noise, conditions], dim=1)))
        return drawn.reshape(-1, channels, height, width)


class _Growing(torch.nn.Module):
    """From a coarse grid to an image; enlarging before convolving leaves no checkerboard."""

    def __init__(self, shape: Shape, n_inputs: int, hidden: int) -> None:
        super().__init__()
        height, width, channels = shape
        self.sizes = grids(height, width)[::-1]
        widths = [max(hidden // 4 // 2**at, 1) for at in range(len(self.sizes))]
        self.widest = widths[0]
        self.start = torch.nn.Linear(n_inputs, widths[0] * math.prod(self.sizes[0]))
        self.first = torch.nn.BatchNorm2d(widths[0])
        pairs = list(pairwise(widths))
        self.convolutions = torch.nn.ModuleList(torch.nn.Conv2d(a, b, 3, padding=1, bias=False) for a, b in pairs)
        self.norms = torch.nn.ModuleList(torch.nn.BatchNorm2d(b) for _, b in pairs)
        self.last = torch.nn.Conv2d(widths[-1], channels, 3, padding=1)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        grid = torch.relu(self.first(self.start(inputs).reshape(-1, self.widest, *self.sizes[0])))
        for size, convolution, norm in zip(self.sizes[1:], self.convolutions, self.norms, strict=True):
            grid = torch.relu(norm(convolution(interpolate(grid, size=size))))
        drawn: torch.Tensor = self.last(grid)
        return drawn


class Discriminator(torch.nn.Module):
    """Logits that images (n, channels, height, width) are real ones of their conditions; a projection of the features.

    References
    ----------
    Miyato and Koyama 2018, "cGANs with Projection Discriminator", equation 3.
    """

    def __init__(self, shape: Shape, n_conditions: int, *, hidden: int) -> None:
        super().__init__()
        height, width, channels = shape
        if max(height, width) <= FLAT_SIDE:
            sizes = [height * width * channels, hidden, hidden]
            self.layers = torch.nn.ModuleList(_SpectralLinear(a, b) for a, b in pairwise(sizes))
            n_features, self.flat = hidden, True
        else:
            steps = grids(height, width)
            widths = [channels, *(hidden // 8 * 2 ** min(at, 2) for at in range(len(steps) - 1))]
            self.layers = torch.nn.ModuleList(_SpectralConv(a, b) for a, b in pairwise(widths))
            n_features, self.flat = widths[-1] * math.prod(steps[-1]), False
        self.judge = _SpectralLinear(n_features, 1)
        self.project = _SpectralLinear(n_conditions, n_features, bias=False) if n_conditions else None

    def forward(self, images: torch.Tensor, conditions: torch.Tensor) -> torch.Tensor:
        """Logits of shape (n,)."""
        features = images.flatten(1) if self.flat else images
        for layer in self.layers:
            features = leaky_relu(layer(features), _SLOPE)
        features = features.flatten(1)
        logits: torch.Tensor = self.judge(features)[:, 0]
        if self.project is not None:
            logits = logits + (self.project(conditions) * features).sum(dim=1)
        return logits


class _Spectral(torch.nn.Module):
    """Weights divided by their largest singular value, which one step of power iteration per pass follows.

    References
    ----------
    Miyato et al. 2018, "Spectral Normalization for Generative Adversarial Networks", algorithm 1.
    """

    def __init__(self, layer: torch.nn.Linear | torch.nn.Conv2d) -> None:
        super().__init__()
        self.weight, self.bias = layer.weight, layer.bias
        self.direction: torch.Tensor
        self.register_buffer("direction", normalize(torch.randn(len(self.weight)), dim=0))

    def normed(self) -> torch.Tensor:
        matrix = self.weight.flatten(1)
        with torch.no_grad():
            right = normalize(matrix.T @ self.direction, dim=0)
            left = normalize(matrix @ right, dim=0)
            if self.training:
                self.direction.copy_(left)
        return self.weight / torch.dot(left, matrix @ right).clamp(min=1e-12)


class _SpectralLinear(_Spectral):
    def __init__(self, n_in: int, n_out: int, *, bias: bool = True) -> None:
        super().__init__(torch.nn.Linear(n_in, n_out, bias=bias))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return linear(inputs, self.normed(), self.bias)


class _SpectralConv(_Spectral):
    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__(torch.nn.Conv2d(n_in, n_out, 4, stride=2, padding=1))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        # Odd sides are rounded up when halved, as in `grids`.
        even = pad(inputs, (0, inputs.shape[3] % 2, 0, inputs.shape[2] % 2))
        return conv2d(even, self.normed(), self.bias, stride=2, padding=1)
