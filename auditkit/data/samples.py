"""Samples that are no rows of a table: in memory, or read from files when asked. Not everything fits in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from auditkit.kinds import Modality

__all__ = ["ArraySamples", "JoinedSamples", "Samples", "join_samples", "sample_bytes"]


@runtime_checkable
class Samples(Protocol):
    """Images, texts, recordings or series that can be read a few at a time."""

    @property
    def modality(self) -> Modality:
        """What the samples are."""

    @property
    def shape(self) -> tuple[int, ...]:
        """What all samples share: height, width and channels of images; channels of recordings and series; ()."""

    @property
    def rate(self) -> int | None:
        """Recordings: samples per second and channel, in Hz; None elsewhere."""

    @property
    def channels(self) -> tuple[str, ...]:
        """Series: names of the channels; empty elsewhere."""

    def __len__(self) -> int:
        """Number of samples."""

    def take(self, index: ArrayLike) -> NDArray[Any]:
        """The samples at these places.

        Images: uint8 of shape (n, H, W, C). Else an object array of shape (n,): texts as str, recordings as float32
        arrays of shape (t, channels), series as float64 arrays of shape (t, channels); lengths may differ.
        """

    def select(self, index: ArrayLike) -> Samples:
        """The samples at these places, still unread where they were unread."""


@dataclass(frozen=True, eq=False)
class ArraySamples:
    """Images in memory.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (n, H, W, C)
    """

    pixels: NDArray[np.uint8]

    @property
    def modality(self) -> Modality:
        """`"image"`."""
        return "image"

    @property
    def shape(self) -> tuple[int, ...]:
        """Height, width and channels of one sample."""
        return tuple(int(size) for size in self.pixels.shape[1:])

    @property
    def rate(self) -> int | None:
        """None: images have no rate."""
        return None

    @property
    def channels(self) -> tuple[str, ...]:
        """Empty: the channels of images have no names."""
        return ()

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
    def modality(self) -> Modality:
        """What the samples are."""
        return self.parts[0].modality

    @property
    def shape(self) -> tuple[int, ...]:
        """What all samples share."""
        return self.parts[0].shape

    @property
    def rate(self) -> int | None:
        """Samples per second of recordings."""
        return self.parts[0].rate

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels of series."""
        return self.parts[0].channels

    def __len__(self) -> int:
        return len(self.order)

    def take(self, index: ArrayLike) -> NDArray[Any]:
        """The samples at these places, read from the parts that hold them."""
        places = self.order[np.asarray(index, dtype=np.intp)]
        blank = self.parts[0].take(np.arange(0))
        taken = np.empty((len(places), *blank.shape[1:]), dtype=blank.dtype)
        start = 0
        for part in self.parts:
            mine = np.flatnonzero((places >= start) & (places < start + len(part)))
            if len(mine):
                taken[mine] = part.take(places[mine] - start)
            start += len(part)
        return taken

    def select(self, index: ArrayLike) -> JoinedSamples:
        """The samples at these places, still unread."""
        return JoinedSamples(self.parts, self.order[np.asarray(index, dtype=np.intp)])


def join_samples(parts: Sequence[Samples]) -> Samples:
    """Samples of all parts behind each other; images in memory stay one array."""
    if all(isinstance(part, ArraySamples) for part in parts):
        return ArraySamples(np.concatenate([part.take(np.arange(len(part))) for part in parts]))
    return JoinedSamples(tuple(parts), np.arange(sum(len(part) for part in parts), dtype=np.intp))


def sample_bytes(sample: str | NDArray[Any]) -> bytes:
    """Content of one sample as bytes: equal samples, and only those, have equal bytes."""
    if isinstance(sample, str):
        return sample.encode("utf-8", "surrogatepass")
    if sample.dtype == np.uint8:  # images of one set share their shape
        return sample.tobytes()
    little = np.ascontiguousarray(sample + 0.0, dtype=sample.dtype.newbyteorder("<"))
    return np.asarray(sample.shape, dtype="<i8").tobytes() + little.tobytes()
