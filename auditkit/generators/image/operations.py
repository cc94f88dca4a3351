"""Single changes to images: one affine pass for all geometry, then light, colour, noise, blur, erasing and mixing."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import affine_grid, conv2d, grid_sample, pad

__all__ = ["DEFAULTS", "OPERATIONS", "TRIVIAL", "apply_operations"]

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
_COLOUR = 0.4
_TINT = 0.15
_BLUR = 0.04
_MIX = 0.5


@dataclass(frozen=True)
class _Beside:
    """What an operation may use beside its image: normal noise, and another image of the same label and groups."""

    noise: torch.Tensor
    partner: torch.Tensor


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


def _brightness(image: torch.Tensor, draw: Draw, _: _Beside) -> torch.Tensor:
    # Dark backgrounds stay dark: a product, not a sum.
    return image * (1 + _LIGHT * draw[0])


def _contrast(image: torch.Tensor, draw: Draw, _: _Beside) -> torch.Tensor:
    middle = image.mean()
    return middle + (image - middle) * (1 + _LIGHT * draw[0])


def _colour(image: torch.Tensor, draw: Draw, _: _Beside) -> torch.Tensor:
    """Saturation and a tint; grey images stay as they are."""
    if len(image) == 1:
        return image
    grey = image.mean(dim=0, keepdim=True)
    reach = _TINT * abs(draw[0])
    tint = torch.tensor([1 + reach * draw[1], 1 - reach * (draw[1] + draw[2]) / 2, 1 + reach * draw[2]])
    return (grey + (image - grey) * (1 + _COLOUR * draw[0])) * tint[:, None, None]


def _noise(image: torch.Tensor, draw: Draw, beside: _Beside) -> torch.Tensor:
    return image + _NOISE * abs(draw[0]) * beside.noise


def _blur(image: torch.Tensor, draw: Draw, _: _Beside) -> torch.Tensor:
    """Normal blur, down and across in turn; its spread is a share of the longer side."""
    spread = _BLUR * abs(draw[0]) * max(image.shape[1:])
    radius = math.ceil(3 * spread)
    if radius == 0:
        return image
    weights = torch.exp(-(torch.arange(-radius, radius + 1) ** 2) / (2 * spread**2))
    kernel = (weights / weights.sum()).expand(len(image), 1, 1, -1)
    for sides in ((radius, radius, 0, 0), (0, 0, radius, radius)):
        held = pad(image[None], sides, mode="replicate")
        image = conv2d(held, kernel if sides[0] else kernel.transpose(2, 3), groups=len(image))[0]
    return image


def _window(image: torch.Tensor, draw: Draw, share: float) -> tuple[slice, slice]:
    """Rows and columns of a rectangle that takes a share of both sides at most."""
    height, width = image.shape[1:]
    tall, wide = (min(side, max(1, round(share * abs(draw[0]) * side))) for side in (height, width))
    top = round((draw[1] + 1) / 2 * (height - tall))
    left = round((draw[2] + 1) / 2 * (width - wide))
    return slice(top, top + tall), slice(left, left + wide)


def _erase(image: torch.Tensor, draw: Draw, _: _Beside) -> torch.Tensor:
    rows, columns = _window(image, draw, _ERASE)
    erased = image.clone()
    erased[:, rows, columns] = image.mean(dim=(1, 2), keepdim=True)
    return erased


def _mixup(image: torch.Tensor, draw: Draw, beside: _Beside) -> torch.Tensor:
    return torch.lerp(image, beside.partner, min(_MIX * abs(draw[0]), 1.0))


def _cutmix(image: torch.Tensor, draw: Draw, beside: _Beside) -> torch.Tensor:
    rows, columns = _window(image, draw, _MIX)
    mixed = image.clone()
    mixed[:, rows, columns] = beside.partner[:, rows, columns]
    return mixed


_LIGHTS: Mapping[str, Callable[[torch.Tensor, Draw, _Beside], torch.Tensor]] = {
    "brightness": _brightness,
    "contrast": _contrast,
    "colour": _colour,
    "noise": _noise,
    "blur": _blur,
    "erase": _erase,
    "mixup": _mixup,
    "cutmix": _cutmix,
}

OPERATIONS: tuple[str, ...] = (*_GEOMETRY, *_LIGHTS)
"""Names of all operations."""

TRIVIAL: tuple[str, ...] = tuple(name for name in OPERATIONS if name not in {"mixup", "cutmix"})
"""Operations on one image: what TrivialAugment draws one of, at an even strength."""


def apply_operations(
    images: torch.Tensor,
    chosen: list[list[str]],
    amounts: NDArray[np.float64],
    noise: torch.Tensor,
    partners: torch.Tensor,
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
    partners : Tensor of the shape of `images`
        Images that mixup and cutmix take from.

    Returns
    -------
    Tensor of the shape of `images`, in [0, 1]
    """
    aspect = images.shape[3] / images.shape[2]
    matrices = np.stack([_matrix(names, amounts[at], aspect) for at, names in enumerate(chosen)])
    moved = _move(images, matrices)
    beside = [_Beside(*parts) for parts in zip(noise, partners, strict=True)]
    lit = [_light(moved[at], names, amounts[at], beside[at]) for at, names in enumerate(chosen)]
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


def _light(image: torch.Tensor, names: list[str], amounts: NDArray[np.float64], beside: _Beside) -> torch.Tensor:
    for at, name in enumerate(names):
        if name in _LIGHTS:
            image = _LIGHTS[name](image, _draw(amounts[at]), beside)
    return image
