"""Recordings in memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from auditkit.errors import DataError, ShapeError
from auditkit.kinds import Modality

__all__ = ["RecordingSamples"]

_AXES = 2


@dataclass(frozen=True, eq=False)
class RecordingSamples:
    """Recordings in memory, of one rate and one number of channels; their lengths may differ. Make them with `of`.

    Parameters
    ----------
    waves : ndarray of object, shape (n,)
        Each float32 of shape (t, channels), full scale at -1 and 1.
    hertz : int
        Samples per second and channel.
    n_channels : int
    """

    waves: NDArray[np.object_]
    hertz: int
    n_channels: int = 1

    @classmethod
    def of(cls, waves: Iterable[ArrayLike], *, rate: int, source: str = "the recordings") -> RecordingSamples:
        """Samples of waves, each of shape (t,) or (t, channels), as numbers with full scale at -1 and 1.

        Parameters
        ----------
        waves : iterable of array_like
        rate : int
            Samples per second and channel, in Hz.
        source : str
            Name of the set, for messages.

        Raises
        ------
        DataError
            If a wave holds numbers that are not finite, or the rate is no whole number above 0.
        ShapeError
            If waves differ in channels, or one is no wave.

        Examples
        --------
        >>> made = RecordingSamples.of([np.zeros(5), np.zeros(3)], rate=8000)
        >>> made.shape, [wave.shape for wave in made.take([0, 1])]
        ((1,), [(5, 1), (3, 1)])
        """
        if isinstance(rate, bool) or not isinstance(rate, (int, np.integer)) or rate < 1:
            message = f"{source} needs rate= as samples per second, a whole number above 0, got {rate!r}."
            raise DataError(message)
        items = [_wave(item, place, source) for place, item in enumerate(waves)]
        sizes = {item.shape[1] for item in items}
        if len(sizes) > 1:
            message = f"{source} has recordings of {_listed(sizes)} channels: bring them to one number of channels."
            raise ShapeError(message)
        held = np.empty(len(items), dtype=object)
        for place, item in enumerate(items):
            held[place] = item
        return cls(held, int(rate), sizes.pop() if sizes else 1)

    @property
    def modality(self) -> Modality:
        """`"audio"`."""
        return "audio"

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of channels."""
        return (self.n_channels,)

    @property
    def rate(self) -> int | None:
        """Samples per second and channel, in Hz."""
        return self.hertz

    @property
    def channels(self) -> tuple[str, ...]:
        """Empty: the channels of recordings have no names."""
        return ()

    def __len__(self) -> int:
        return len(self.waves)

    def take(self, index: ArrayLike) -> NDArray[np.object_]:
        """Waves at these places, each float32 of shape (t, channels), in an object array of shape (n,)."""
        return self.waves[np.asarray(index, dtype=np.intp)]

    def select(self, index: ArrayLike) -> RecordingSamples:
        """The samples at these places."""
        return RecordingSamples(self.take(index), self.hertz, self.n_channels)


def _listed(sizes: set[int]) -> str:
    return " and ".join(str(size) for size in sorted(sizes))


def _wave(item: ArrayLike, place: int, source: str) -> NDArray[np.float32]:
    values = np.asarray(item)
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != _AXES or not values.shape[1] or values.dtype.kind not in "fiu":
        message = (
            f"recording {place} of {source} has shape {np.shape(item)} and type {values.dtype}: give numbers of shape "
            "(samples,) or (samples, channels)."
        )
        raise ShapeError(message)
    if values.dtype.kind != "f":
        message = f"recording {place} of {source} holds whole numbers: scale them to -1 to 1 first."
        raise DataError(message)
    if not np.isfinite(values).all():
        raise DataError(f"recording {place} of {source} holds values that are not finite: repair or drop it.")
    return np.ascontiguousarray(values, dtype=np.float32)
