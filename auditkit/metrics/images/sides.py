"""Sets of images as the sides that metrics of images read."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.data.dataset import Dataset
from auditkit.data.samples import ArraySamples
from auditkit.errors import DataError, SampleSizeError, ShapeError, UndefinedError
from auditkit.metrics.raw_samples import RawSamples
from auditkit.metrics.side import Role, Side

__all__ = ["image_sides", "images_of", "luminance"]

_AXES = 4
_COLOURS = 3
_REC709 = np.array([0.2126, 0.7152, 0.0722])


def images_of(side: Side) -> RawSamples:
    """The images of a side.

    Raises
    ------
    UndefinedError
        If they are not at hand.
    """
    if side.samples is None or side.samples.samples.modality != "image":
        raise UndefinedError("only an audit with the images at hand can look at them.")
    return side.samples


def luminance(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Luminance of images of shape (n, H, W, C), in [0, 1], shape (n, H, W): the weights of Rec. 709 for colours."""
    scaled = pixels.astype(np.float64) / 255.0
    made: NDArray[np.float64] = scaled @ _REC709 if pixels.shape[3] == _COLOURS else scaled.mean(axis=3)
    return made


def image_sides(**sets: Any) -> dict[Role, Side]:
    """Sides of sets of images.

    Parameters
    ----------
    **sets : Dataset, Samples or ndarray of uint8, shape (n, H, W) or (n, H, W, C)
        By role: real, synthetic, holdout.

    Returns
    -------
    dict of role to Side

    Raises
    ------
    DataError
        If a set holds no images.
    SampleSizeError
        If a set is empty.
    ShapeError
        If the sets differ in the shape of an image.
    """
    given: dict[Role, Any] = {role: item for role, item in sets.items() if item is not None}  # type: ignore[misc]
    samples = {role: _samples(item, role) for role, item in given.items()}
    shapes = {role: item.samples.shape for role, item in samples.items()}
    for role, shape in shapes.items():
        if shape != next(iter(shapes.values())):
            first = next(iter(shapes))
            message = f"images of `{first}` have shape {shapes[first]} and those of `{role}` {shape}: give one shape."
            raise ShapeError(message)
    return {role: Side(np.zeros((len(item), 0)), samples=item, name=role) for role, item in samples.items()}


def _samples(given: Any, name: str) -> RawSamples:
    if isinstance(given, Dataset):
        given = given.samples
    if isinstance(given, np.ndarray):
        pixels = given if given.ndim == _AXES else given[..., None]
        if pixels.ndim != _AXES or pixels.dtype != np.uint8:
            message = f"`{name}` must hold images as uint8 of shape (n, H, W) or (n, H, W, C), got {given.dtype} "
            raise DataError(message + f"of shape {given.shape}.")
        given = ArraySamples(pixels)
    if getattr(given, "modality", None) != "image":
        raise DataError(f"`{name}` holds no images: give a Dataset of images, or uint8 of shape (n, H, W, C).")
    if not len(given):
        raise SampleSizeError(f"`{name}` has no images: give at least one.")
    return RawSamples(given)
