"""Back from real-valued pixels to the levels that the training images use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from auditkit.data import Samples

__all__ = ["MAX_LEVELS", "observed_levels", "snap"]

MAX_LEVELS = 64
"""More distinct pixel values than this are taken for a full scale, which needs rounding only."""

_BATCH = 1024


def observed_levels(samples: Samples) -> NDArray[np.uint8]:
    """Sorted pixel values that occur, uint8; all from lowest to highest where they are many."""
    seen = np.zeros(256, dtype=np.int64)
    for start in range(0, len(samples), _BATCH):
        pixels = samples.take(np.arange(start, min(start + _BATCH, len(samples))))
        seen += np.bincount(pixels.reshape(-1), minlength=256)
    found = np.flatnonzero(seen)
    if len(found) > MAX_LEVELS:
        found = np.arange(found[0], found[-1] + 1)
    return found.astype(np.uint8)


def snap(pixels: NDArray[np.float64], levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Nearest level of each pixel.

    Parameters
    ----------
    pixels : ndarray of float64
        On the scale of the levels.
    levels : ndarray of uint8
        Sorted.

    Returns
    -------
    ndarray of uint8, of the same shape

    Examples
    --------
    >>> snap(np.array([-3.0, 6.9, 40.0]), np.array([0, 8, 16], dtype=np.uint8))
    array([ 0,  8, 16], dtype=uint8)
    """
    middles = (levels[1:].astype(np.float64) + levels[:-1]) / 2
    return levels[np.searchsorted(middles, pixels, side="right")]
