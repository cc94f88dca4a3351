"""Recordings as generators keep them: behind each other in one array, and put on the levels that real ones use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import split_blocks
from auditkit.data import RecordingSamples

if TYPE_CHECKING:
    from auditkit.data import Samples

__all__ = ["Levels", "pack", "unpack"]

_GRIDS = (128, 32_768, 8_388_608)
_BLOCK = 256


@dataclass(frozen=True)
class Levels:
    """Which values samples have in the training recordings.

    Attributes
    ----------
    grid : int
        Steps from 0 to full scale: 128, 32768 or 8388608 as in files of 8, 16 and 24 bits, 0 for any value.
    peak : float
        Largest magnitude allowed: 1, or that of the training recordings where it is larger.
    """

    grid: int = 0
    peak: float = 1.0

    @classmethod
    def of(cls, samples: Samples) -> Levels:
        """Levels of recordings: the coarsest grid on which all samples lie."""
        grids, peak = list(_GRIDS), 1.0
        for wave in _each(samples):
            peak = max(peak, float(np.abs(wave).max(initial=0.0)))
            while grids and not np.array_equal(wave * grids[0], np.rint(wave * grids[0])):
                grids.pop(0)
        return cls(grids[0] if grids else 0, peak)

    def snap(self, wave: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """A wave on these levels; one that is too loud is made quieter as a whole, never cut off."""
        loudest = float(np.abs(wave).max(initial=0.0))
        scaled = wave * (self.peak / loudest) if loudest > self.peak else wave
        if not self.grid:
            return scaled.astype(np.float32)
        top = self.peak - 1 / self.grid if self.peak == 1.0 else self.peak
        snapped: NDArray[np.float32] = np.clip(np.rint(scaled * self.grid) / self.grid, -self.peak, top).astype(
            np.float32
        )
        return snapped


def pack(waves: NDArray[np.object_], *, channels: int) -> dict[str, NDArray[Any]]:
    """Recordings as two arrays: all samples behind each other, and the length of each."""
    samples = np.concatenate([np.zeros((0, channels), np.float32), *waves])
    return {"waves": samples, "lengths": np.array([len(wave) for wave in waves], np.int64)}


def unpack(arrays: Mapping[str, NDArray[Any]], *, rate: int) -> RecordingSamples:
    """Recordings from what `pack` gave."""
    samples, ends = arrays["waves"], np.cumsum(arrays["lengths"])
    held = np.empty(len(ends), dtype=object)
    for place, (end, n) in enumerate(zip(ends, arrays["lengths"], strict=True)):
        held[place] = samples[end - n : end]
    return RecordingSamples(held, rate, samples.shape[1])


def _each(samples: Samples) -> Iterator[NDArray[np.float32]]:
    for block in split_blocks(len(samples), _BLOCK):
        yield from samples.take(np.arange(block.start, block.stop))
