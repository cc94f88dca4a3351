"""What each recording of a side is like, as numbers: built once for all metrics of audio."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import run_blocks, split_blocks
from auditkit.data.dataset import Dataset
from auditkit.data.recordings import RecordingSamples
from auditkit.errors import DataError, SampleSizeError, ShapeError, UndefinedError
from auditkit.metrics.products import product
from auditkit.metrics.raw_samples import RawSamples, measure
from auditkit.metrics.side import Role, Side
from auditkit.signals.levels import SILENT, clipped_samples, decibels, loudness, quiet_share
from auditkit.signals.mel import MelScale

if TYPE_CHECKING:
    from auditkit.data.samples import Samples

__all__ = ["N_BANDS", "WaveTraits", "band_names", "traits_of", "wave_sides"]

N_BANDS = 8
_BLOCK = 64
_LEAST_SHARE = 1e-6


@dataclass(frozen=True, eq=False)
class WaveTraits:
    """Numbers of n recordings.

    Attributes
    ----------
    loudness : ndarray of shape (n,)
        Root mean square in dB of full scale.
    seconds : ndarray of shape (n,)
    quiet : ndarray of shape (n,)
        Share of the time that is a pause.
    clipped : ndarray of shape (n,), bool
        Whether tops are cut off.
    bands : ndarray of shape (n, N_BANDS)
        Power of each band of hearing relative to that of all, in dB, -60 at least; NaN for silent recordings.
    rate : int
        Samples per second.
    """

    loudness: NDArray[np.float64]
    seconds: NDArray[np.float64]
    quiet: NDArray[np.float64]
    clipped: NDArray[np.bool_]
    bands: NDArray[np.float64]
    rate: int

    def __len__(self) -> int:
        return len(self.loudness)

    @property
    def silent(self) -> NDArray[np.bool_]:
        """Which recordings have no sound."""
        return self.loudness < SILENT


@product(sides=("real",))
def traits_of(real: Side) -> WaveTraits:
    """Traits of the recordings of a side.

    Parameters
    ----------
    real : Side

    Returns
    -------
    WaveTraits

    Raises
    ------
    UndefinedError
        If the recordings are not at hand.
    """
    if real.samples is None or real.samples.samples.rate is None:
        raise UndefinedError("only an audit with the recordings at hand can listen to them.")
    table, rate = real.samples.numbers(_measured), int(real.samples.samples.rate)
    return WaveTraits(table[:, 0], table[:, 1], table[:, 2], table[:, 3] > 0, table[:, 4:], rate)


def band_names(rate: int) -> tuple[str, ...]:
    """Bands in words, as "20 to 140 Hz"; half of each overlaps the next."""
    top = 2595 * np.log10(1 + rate / 2 / 700)
    bottom = min(2595 * np.log10(1 + 20 / 700), top / 2)
    edges = 700 * (10 ** (np.linspace(bottom, top, N_BANDS + 2) / 2595) - 1)
    return tuple(f"{low:,.0f} to {high:,.0f} Hz" for low, high in zip(edges[:-2], edges[2:], strict=True))


def wave_sides(real: Any, synthetic: Any, *, rate: int | None) -> dict[Role, Side]:
    """Sides of two sets of recordings.

    Parameters
    ----------
    real, synthetic : Dataset, Samples or sequence of array_like
        Recordings; arrays of shape (t,) or (t, channels) need `rate`.
    rate : int or None
        Samples per second of arrays.

    Returns
    -------
    dict of role to Side

    Raises
    ------
    DataError
        If a set holds no recordings, or arrays have no rate.
    SampleSizeError
        If a set is empty.
    ShapeError
        If the sets have different rates.
    """
    given: dict[Role, Any] = {"real": real, "synthetic": synthetic}
    samples = {role: _samples(item, rate, role) for role, item in given.items()}
    rates = {role: item.samples.rate for role, item in samples.items()}
    if rates["real"] != rates["synthetic"]:
        message = f"`real` has {rates['real']} Hz and `synthetic` {rates['synthetic']} Hz: resample one of them."
        raise ShapeError(message)
    return {role: Side(np.zeros((len(item), 0)), samples=item, name=role) for role, item in samples.items()}


def _samples(given: Any, rate: int | None, name: str) -> RawSamples:
    if isinstance(given, Dataset):
        given = given.samples
    if getattr(given, "modality", None) == "audio":
        found = RawSamples(given)
    elif getattr(given, "modality", None) is not None or isinstance(given, str) or given is None:
        raise DataError(f"`{name}` holds no recordings: give a Dataset of audio, or waves with rate=.")
    elif rate is None:
        raise DataError(f"`{name}` is a list of waves without a rate: give rate=, in samples per second.")
    else:
        found = RawSamples(RecordingSamples.of(given, rate=rate, source=f"`{name}`"))
    if not len(found):
        raise SampleSizeError(f"`{name}` has no recordings: give at least one.")
    return found


@measure("audio")
def _measured(samples: Samples) -> NDArray[np.float64]:
    """Numbers of all recordings, a few of which are held at once."""
    rate = int(samples.rate or 1)

    def measured(block: slice) -> NDArray[np.float64]:
        return np.array([_numbers(wave, rate) for wave in samples.take(np.arange(block.start, block.stop))])

    parts = run_blocks(measured, split_blocks(len(samples), _BLOCK))
    return np.concatenate([np.empty((0, 4 + N_BANDS)), *parts])


def _numbers(wave: NDArray[np.float32], rate: int) -> list[float]:
    level = loudness(wave)
    bands = np.full(N_BANDS, np.nan)
    if level >= SILENT:
        power = MelScale(rate, n_mels=N_BANDS).power(wave).astype(np.float64).mean(axis=0)
        bands = decibels(np.maximum(power / power.sum(), _LEAST_SHARE))
    return [level, len(wave) / rate, quiet_share(wave, rate=rate), float(clipped_samples(wave) > 0), *bands]
