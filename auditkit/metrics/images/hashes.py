"""Perceptual hashes: images that look alike have hashes that differ in few bits, also when mirrored or cropped."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import run_blocks, single_threaded, split_blocks
from auditkit.metrics.images.sides import luminance
from auditkit.metrics.raw_samples import measure

if TYPE_CHECKING:
    from auditkit.data.samples import Samples

__all__ = ["N_VIEWS", "hashes", "near_hits"]

_SIDE = 32
_KEPT = 8
_CROP = 0.875
_BLOCK = 256
_TILE = 512
_FLATTEST = 1e-3
_MIRROR = np.where(np.arange(_KEPT) % 2, -1.0, 1.0)
_PLACES = (0.0, 0.5, 1.0)
_WINDOWS = (
    (0.0, 0.0, 1.0),
    *(((1 - _CROP) * down, (1 - _CROP) * across, _CROP) for down in _PLACES for across in _PLACES),
)
N_VIEWS = 2 * len(_WINDOWS)
"""The image, nine windows of it at 7/8 of its sides, and all of these mirrored."""


@measure("image")
def hashes(samples: Samples) -> NDArray[np.uint64]:
    """64-bit hashes of every view of every image, shape (n, N_VIEWS); the first is that of the image itself.

    The luminance is brought to 32 x 32 pixels (linear, antialiased), the bits are the signs of the 8 x 8 slowest waves
    of its cosine transform against their median, the mean left out. A plain image, which has no waves, has the hash 0
    in every view.

    Parameters
    ----------
    samples : Samples
        Images.

    Returns
    -------
    ndarray of uint64, shape (n, N_VIEWS)
    """

    def hashed(block: slice) -> NDArray[np.uint64]:
        light = luminance(samples.take(np.arange(block.start, block.stop)))
        with single_threaded():
            waves = [_waves(light, window) for window in _WINDOWS]
            # A mirrored wave changes its sign where its number of half turns is odd.
            return np.stack([_bits(item * signs) for signs in (1.0, _MIRROR) for item in waves], axis=1)

    found = run_blocks(hashed, split_blocks(len(samples), _BLOCK))
    return np.concatenate([np.empty((0, N_VIEWS), dtype=np.uint64), *found])


def near_hits(
    images: NDArray[np.uint64], views: NDArray[np.uint64], *, bits: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which images are near any of the others, and which others are near any of the images.

    Parameters
    ----------
    images : ndarray of uint64, shape (n,)
        Hashes of images as they are; plain images, of hash 0, are near nothing.
    views : ndarray of uint64, shape (m, v)
        Hashes of the views of each of the others.
    bits : int
        Bits in which an image and a view that is near may differ.

    Returns
    -------
    ndarray of bool, shape (n,)
    ndarray of bool, shape (m,)
    """

    def found(block: slice) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        own, theirs = np.zeros(block.stop - block.start, dtype=bool), np.zeros(len(views), dtype=bool)
        for start in range(0, len(views), _TILE):
            part = views[start : start + _TILE]
            near = np.zeros((len(own), len(part)), dtype=bool)
            for view in part.T:
                near |= np.bitwise_count(images[block, None] ^ view) <= bits
            near &= (images[block, None] != 0) & (part[:, 0] != 0)
            own |= near.any(axis=1)
            theirs[start : start + _TILE] = near.any(axis=0)
        return own, theirs

    parts = run_blocks(found, split_blocks(len(images), _BLOCK))
    own = np.concatenate([np.empty(0, dtype=bool), *(part for part, _ in parts)])
    return own, np.logical_or.reduce([np.zeros(len(views), dtype=bool), *(part for _, part in parts)])


def _waves(light: NDArray[np.float64], window: tuple[float, float, float]) -> NDArray[np.float64]:
    """Slowest waves of the cosine transform of a window, shape (n, 8, 8)."""
    down, across, share = window
    rows = _projection(light.shape[1], down, share)
    columns = _projection(light.shape[2], across, share)
    made: NDArray[np.float64] = rows @ light @ columns.T
    return made


@lru_cache(maxsize=64)
def _projection(n: int, start: float, share: float) -> NDArray[np.float64]:
    """From n pixels to the slowest waves of the window's 32, in one matrix of shape (8, n)."""
    width = n * share / _SIDE
    centres = n * start + (np.arange(_SIDE) + 0.5) * width
    reach = max(width, 1.0)
    weights = np.maximum(1.0 - np.abs(np.arange(n) + 0.5 - centres[:, None]) / reach, 0.0)
    resize = weights / weights.sum(axis=1, keepdims=True)
    places = (2 * np.arange(_SIDE) + 1) / (2 * _SIDE)
    cosines = np.cos(np.pi * np.arange(_KEPT)[:, None] * places) * np.sqrt(2.0 / _SIDE)
    return np.ascontiguousarray(cosines @ resize)


def _bits(waves: NDArray[np.float64]) -> NDArray[np.uint64]:
    flat = waves.reshape(len(waves), -1)
    rest = flat[:, 1:]
    above = flat > np.median(rest, axis=1, keepdims=True)
    above[:, 0] = True  # the mean says nothing of what is shown, and no hash of an image with waves is 0
    packed = np.packbits(above, axis=1).view(">u8")[:, 0].astype(np.uint64)
    return np.where(np.abs(rest).max(axis=1) < _FLATTEST, np.uint64(0), packed)
