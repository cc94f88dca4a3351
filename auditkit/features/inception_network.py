"""The Inception-v3 of Fréchet inception distance, layer by layer: local weights in, 2,048 pool3 features out.

The network is Szegedy et al. 2016 as released with TensorFlow in 2015: its average pools leave the padding out, and
the last block pools by the maximum. Names of the layers are those under which the ported weights circulate.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.functional import avg_pool2d, max_pool2d, relu

__all__ = ["DIMENSIONS", "InceptionNetwork"]

DIMENSIONS = 2048
_EPSILON = 1e-3


class _Unit(nn.Module):
    """Convolution, batch normalisation with fixed statistics, rectifier."""

    def __init__(self, n_in: int, n_out: int, kernel: int | tuple[int, int], stride: int = 1) -> None:
        super().__init__()
        size = (kernel, kernel) if isinstance(kernel, int) else kernel
        around = (size[0] // 2, size[1] // 2)
        self.conv = nn.Conv2d(n_in, n_out, size, stride=stride, padding=around, bias=False)
        self.bn = nn.BatchNorm2d(n_out, eps=_EPSILON)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Maps after the three steps."""
        return relu(self.bn(self.conv(maps)))


def _unpadded(unit: _Unit) -> _Unit:
    unit.conv.padding = (0, 0)
    return unit


def _pooled(maps: torch.Tensor) -> torch.Tensor:
    return avg_pool2d(maps, 3, stride=1, padding=1, count_include_pad=False)


class _BlockA(nn.Module):
    def __init__(self, n_in: int, n_pool: int) -> None:
        super().__init__()
        self.branch1x1 = _Unit(n_in, 64, 1)
        self.branch5x5_1, self.branch5x5_2 = _Unit(n_in, 48, 1), _Unit(48, 64, 5)
        self.branch3x3dbl_1, self.branch3x3dbl_2 = _Unit(n_in, 64, 1), _Unit(64, 96, 3)
        self.branch3x3dbl_3 = _Unit(96, 96, 3)
        self.branch_pool = _Unit(n_in, n_pool, 1)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(maps)))
        five = self.branch5x5_2(self.branch5x5_1(maps))
        return torch.cat([self.branch1x1(maps), five, double, self.branch_pool(_pooled(maps))], dim=1)


class _BlockB(nn.Module):
    def __init__(self, n_in: int) -> None:
        super().__init__()
        self.branch3x3 = _unpadded(_Unit(n_in, 384, 3, stride=2))
        self.branch3x3dbl_1, self.branch3x3dbl_2 = _Unit(n_in, 64, 1), _Unit(64, 96, 3)
        self.branch3x3dbl_3 = _unpadded(_Unit(96, 96, 3, stride=2))

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(maps)))
        return torch.cat([self.branch3x3(maps), double, max_pool2d(maps, 3, stride=2)], dim=1)


class _BlockC(nn.Module):
    def __init__(self, n_in: int, width: int) -> None:
        super().__init__()
        row, column = (1, 7), (7, 1)
        self.branch1x1 = _Unit(n_in, 192, 1)
        self.branch7x7_1, self.branch7x7_2 = _Unit(n_in, width, 1), _Unit(width, width, row)
        self.branch7x7_3 = _Unit(width, 192, column)
        self.branch7x7dbl_1, self.branch7x7dbl_2 = _Unit(n_in, width, 1), _Unit(width, width, column)
        self.branch7x7dbl_3, self.branch7x7dbl_4 = _Unit(width, width, row), _Unit(width, width, column)
        self.branch7x7dbl_5 = _Unit(width, 192, row)
        self.branch_pool = _Unit(n_in, 192, 1)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        single = self.branch7x7_3(self.branch7x7_2(self.branch7x7_1(maps)))
        double = self.branch7x7dbl_3(self.branch7x7dbl_2(self.branch7x7dbl_1(maps)))
        double = self.branch7x7dbl_5(self.branch7x7dbl_4(double))
        return torch.cat([self.branch1x1(maps), single, double, self.branch_pool(_pooled(maps))], dim=1)


class _BlockD(nn.Module):
    def __init__(self, n_in: int) -> None:
        super().__init__()
        self.branch3x3_1, self.branch3x3_2 = _Unit(n_in, 192, 1), _unpadded(_Unit(192, 320, 3, stride=2))
        self.branch7x7x3_1, self.branch7x7x3_2 = _Unit(n_in, 192, 1), _Unit(192, 192, (1, 7))
        self.branch7x7x3_3 = _Unit(192, 192, (7, 1))
        self.branch7x7x3_4 = _unpadded(_Unit(192, 192, 3, stride=2))

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        seven = self.branch7x7x3_4(self.branch7x7x3_3(self.branch7x7x3_2(self.branch7x7x3_1(maps))))
        return torch.cat([self.branch3x3_2(self.branch3x3_1(maps)), seven, max_pool2d(maps, 3, stride=2)], dim=1)


class _BlockE(nn.Module):
    def __init__(self, n_in: int, *, largest: bool) -> None:
        super().__init__()
        row, column = (1, 3), (3, 1)
        self.largest = largest
        self.branch1x1 = _Unit(n_in, 320, 1)
        self.branch3x3_1 = _Unit(n_in, 384, 1)
        self.branch3x3_2a, self.branch3x3_2b = _Unit(384, 384, row), _Unit(384, 384, column)
        self.branch3x3dbl_1, self.branch3x3dbl_2 = _Unit(n_in, 448, 1), _Unit(448, 384, 3)
        self.branch3x3dbl_3a, self.branch3x3dbl_3b = _Unit(384, 384, row), _Unit(384, 384, column)
        self.branch_pool = _Unit(n_in, 192, 1)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        three = self.branch3x3_1(maps)
        double = self.branch3x3dbl_2(self.branch3x3dbl_1(maps))
        pooled = max_pool2d(maps, 3, stride=1, padding=1) if self.largest else _pooled(maps)
        parts = [self.branch3x3_2a(three), self.branch3x3_2b(three)]
        parts += [self.branch3x3dbl_3a(double), self.branch3x3dbl_3b(double)]
        return torch.cat([self.branch1x1(maps), *parts, self.branch_pool(pooled)], dim=1)


class InceptionNetwork(nn.Module):
    """Images of 299 x 299 pixels in [-1, 1] to the 2,048 features of the last pool, which FID is defined on."""

    def __init__(self) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = _unpadded(_Unit(3, 32, 3, stride=2))
        self.Conv2d_2a_3x3 = _unpadded(_Unit(32, 32, 3))
        self.Conv2d_2b_3x3 = _Unit(32, 64, 3)
        self.Conv2d_3b_1x1 = _Unit(64, 80, 1)
        self.Conv2d_4a_3x3 = _unpadded(_Unit(80, 192, 3))
        self.Mixed_5b, self.Mixed_5c, self.Mixed_5d = _BlockA(192, 32), _BlockA(256, 64), _BlockA(288, 64)
        self.Mixed_6a = _BlockB(288)
        self.Mixed_6b, self.Mixed_6c = _BlockC(768, 128), _BlockC(768, 160)
        self.Mixed_6d, self.Mixed_6e = _BlockC(768, 160), _BlockC(768, 192)
        self.Mixed_7a = _BlockD(768)
        self.Mixed_7b, self.Mixed_7c = _BlockE(1280, largest=False), _BlockE(DIMENSIONS, largest=True)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Features of shape (n, 2048) of images of shape (n, 3, 299, 299)."""
        maps = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(images)))
        maps = max_pool2d(maps, 3, stride=2)
        maps = max_pool2d(self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(maps)), 3, stride=2)
        maps = self.Mixed_6a(self.Mixed_5d(self.Mixed_5c(self.Mixed_5b(maps))))
        maps = self.Mixed_6e(self.Mixed_6d(self.Mixed_6c(self.Mixed_6b(maps))))
        pooled: torch.Tensor = self.Mixed_7c(self.Mixed_7b(self.Mixed_7a(maps))).mean(dim=(2, 3))
        return pooled
