"""Samples that are arrays: in memory, or read from files when asked. Not everything fits in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["ArraySamples", "JoinedSamples", "Samples", "join_samples"]


@runtime_checkable
class Samples(Protocol):
    """Images of one shape that can be read a few at a time."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Height, width and channels of one sample."""

    def __len__(self) -> int:
        """Number of samples."""

    def take(self, index: ArrayLike) -> NDArray[np.uint8]:
        """Pixels of the samples at these places: uint8 array of shape (n, H, W, C)."""

    def select(self, index: ArrayLike) -> Samples:
        """The samples at these places, still unread where they were unread."""


@dataclass(frozen=True, eq=False)
class ArraySamples:
    """Samples in memory.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (n, H, W, C)
    """

    pixels: NDArray[np.uint8]

    @property
    def shape(self) -> tuple[int, ...]:
        """Height, width and channels of one sample."""
        return tuple(int(size) for size in self.pixels.shape[1:])

    def __len__(self) -> int:
        return len(self.pixels)

    def take(self, index: ArrayLike) -> NDArray[np.uint8]:
        """Pixels of the samples at these places, a copy."""
        return self.pixels[np.asarray(index, dtype=np.intp)]

    def select(self, index: ArrayLike) -> ArraySamples:
        """The samples at these places."""
        return ArraySamples(self.take(index))


@dataclass(frozen=True, eq=False)
class JoinedSamples:
    """Samples of several sources behind each other."""

    parts: tuple[Samples, ...]
    order: NDArray[np.intp]
    """Place of each sample in the parts put behind each other."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Height, width and channels of one sample."""
        return self.parts[0].shape

    def __len__(self) -> int:
        return len(self.order)

    def take(self, index: ArrayLike) -> NDArray[np.uint8]:
        """Pixels of the samples at these places, read from the parts that hold them."""
        places = self.order[np.asarray(index, dtype=np.intp)]
        pixels = np.empty((len(places), *self.shape), dtype=np.uint8)
        start = 0
        for part in self.parts:
            mine = np.flatnonzero((places >= start) & (places < start + len(part)))
            if len(mine):
                pixels[mine] = part.take(places[mine] - start)
            start += len(part)
        return pixels

    def select(self, index: ArrayLike) -> JoinedSamples:
        """The samples at these places, still unread."""
        return JoinedSamples(self.parts, self.order[np.asarray(index, dtype=np.intp)])


def join_samples(parts: Sequence[Samples]) -> Samples:
    """Samples of all parts behind each other; in memory when all parts are."""
    if all(isinstance(part, ArraySamples) for part in parts):
        return ArraySamples(np.concatenate([part.take(np.arange(len(part))) for part in parts]))
    return JoinedSamples(tuple(parts), np.arange(sum(len(part) for part in parts), dtype=np.intp))
