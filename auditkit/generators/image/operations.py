"""Single changes to images: one affine pass for all geometry, then light, noise and erasing."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import affine_grid, grid_sample

__all__ = ["DEFAULTS", "OPERATIONS", "apply_operations"]

Matrix = NDArray[np.float64]
Draw = tuple[float, float, float]

DEFAULTS = ("rotate", "translate", "scale", "brightness", "contrast", "noise")
"""Operations that leave digits, letters and most objects what they are; mirroring, cropping and erasing may not."""

_ROTATE = 10.0
_TRANSLATE = 0.08
_SCALE = 0.1
_CROP = 0.2
_LIGHT = 0.2
_NOISE = 0.04
_ERASE = 0.25


def _rotate(draw: Draw, aspect: float) -> Matrix:
    angle = math.radians(_ROTATE * draw[0])
    # Grid coordinates run from -1 to 1 on both sides, whatever their lengths: a turn must undo that.
    return np.array(
        [
            [math.cos(angle), -math.sin(angle) / aspect, 0],
            [math.sin(angle) * aspect, math.cos(angle), 0],
            [0, 0, 1],
        ]
    )


def _translate(draw: Draw, _: float) -> Matrix:
    reach = 2 * _TRANSLATE * abs(draw[0])
    return np.array([[1, 0, reach * draw[1]], [0, 1, reach * draw[2]], [0, 0, 1]])


def _scale(draw: Draw, _: float) -> Matrix:
    factor = (1 + _SCALE) ** draw[0]
    return np.diag([factor, factor, 1.0])


def _crop(draw: Draw, _: float) -> Matrix:
    cut = _CROP * abs(draw[0])
    return np.array([[1 - cut, 0, cut * draw[1]], [0, 1 - cut, cut * draw[2]], [0, 0, 1]])


def _flip(_: Draw, __: float) -> Matrix:
    return np.diag([-1.0, 1.0, 1.0])


_GEOMETRY: Mapping[str, Callable[[Draw, float], Matrix]] = {
    "rotate": _rotate,
    "translate": _translate,
    "scale": _scale,
    "crop": _crop,
    "flip": _flip,
}


def _brightness(image: torch.Tensor, draw: Draw, _: torch.Tensor) -> torch.Tensor:
    # Dark backgrounds stay dark: a product, not a sum.
    return image * (1 + _LIGHT * draw[0])


def _contrast(image: torch.Tensor, draw: Draw, _: torch.Tensor) -> torch.Tensor:
    middle = image.mean()
    return middle + (image - middle) * (1 + _LIGHT * draw[0])


def _noise(image: torch.Tensor, draw: Draw, noise: torch.Tensor) -> torch.Tensor:
    return image + _NOISE * abs(draw[0]) * noise


def _erase(image: torch.Tensor, draw: Draw, _: torch.Tensor) -> torch.Tensor:
    height, width = image.shape[1:]
    tall, wide = (max(1, round(_ERASE * abs(draw[0]) * side)) for side in (height, width))
    top = round((draw[1] + 1) / 2 * (height - tall))
    left = round((draw[2] + 1) / 2 * (width - wide))
    erased = image.clone()
    erased[:, top : top + tall, left : left + wide] = image.mean(dim=(1, 2), keepdim=True)
    return erased


_LIGHTS: Mapping[str, Callable[[torch.Tensor, Draw, torch.Tensor], torch.Tensor]] = {
    "brightness": _brightness,
    "contrast": _contrast,
    "noise": _noise,
    "erase": _erase,
}

OPERATIONS: tuple[str, ...] = (*_GEOMETRY, *_LIGHTS)
"""Names of all operations."""


def apply_operations(
    images: torch.Tensor,
    chosen: list[list[str]],
    amounts: NDArray[np.float64],
    noise: torch.Tensor,
) -> torch.Tensor:
    """Change each image by its own operations.

    Parameters
    ----------
    images : Tensor of shape (n, channels, height, width)
        In [0, 1].
    chosen : list of n lists of str
        Operations of each image; geometry is joined into one pass, the others follow in their order.
    amounts : ndarray of shape (n, n_operations, 3)
        For each chosen operation its strength, 1 and -1 being the strongest, and a place or direction in [-1, 1]^2
        for those that need one.
    noise : Tensor of the shape of `images`
        Standard normal numbers.

    Returns
    -------
    Tensor of the shape of `images`, in [0, 1]
    """
    aspect = images.shape[3] / images.shape[2]
    matrices = np.stack([_matrix(names, amounts[at], aspect) for at, names in enumerate(chosen)])
    moved = _move(images, matrices)
    lit = [_light(moved[at], names, amounts[at], noise[at]) for at, names in enumerate(chosen)]
    return torch.stack(lit).clamp(0, 1)


def _draw(amounts: NDArray[np.float64]) -> Draw:
    return float(amounts[0]), float(amounts[1]), float(amounts[2])


def _matrix(names: list[str], amounts: NDArray[np.float64], aspect: float) -> Matrix:
    matrix = np.eye(3)
    for at, name in enumerate(names):
        if name in _GEOMETRY:
            matrix = matrix @ _GEOMETRY[name](_draw(amounts[at]), aspect)
    return matrix


def _move(images: torch.Tensor, matrices: NDArray[np.float64]) -> torch.Tensor:
    """One bilinear pass; images whose geometry stays are passed on untouched."""
    changed = torch.from_numpy((matrices != np.eye(3)).any(axis=(1, 2)))
    if not bool(changed.any()):
        return images
    theta = torch.from_numpy(matrices[:, :2]).float()[changed]
    grid = affine_grid(theta, list(images[changed].shape), align_corners=False)
    moved = images.clone()
    moved[changed] = grid_sample(images[changed], grid, mode="bilinear", padding_mode="border", align_corners=False)
    return moved


def _light(image: torch.Tensor, names: list[str], amounts: NDArray[np.float64], noise: torch.Tensor) -> torch.Tensor:
    for at, name in enumerate(names):
        if name in _LIGHTS:
            image = _LIGHTS[name](image, _draw(amounts[at]), noise)
    return image
