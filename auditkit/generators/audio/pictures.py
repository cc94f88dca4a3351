"""Recordings as pictures of equal size and back: log-mel over time, loudness and length apart, phases found anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import run_blocks, single_threaded, split_blocks
from auditkit.signals.levels import SILENT, loudness
from auditkit.signals.mel import MelScale, mel_filters
from auditkit.signals.spectra import griffin_lim, hann

if TYPE_CHECKING:
    from auditkit.data import Samples

__all__ = ["Coordinates", "Form", "find_coordinates", "picture_of", "wave_of"]

Picture = NDArray[np.float64]

DEPTH = 60.0
"""Decibels below the loudest point that a picture shows."""

_MAX_FITTED = 4000
_BLOCK = 32
_LEAST = 1e-12
_ROUNDS_OF_FILTERS = 20


@dataclass(frozen=True)
class Form:
    """What pictures of recordings have in common.

    Attributes
    ----------
    rate, channels : int
    frames, n_mels : int
        Columns and rows of a picture; recordings of any length are brought to so many frames.
    """

    rate: int
    channels: int
    frames: int
    n_mels: int

    @property
    def scale(self) -> MelScale:
        """Windows of 32 ms every 8 ms: three quarters overlap, which finding phases needs."""
        return MelScale(self.rate, n_mels=self.n_mels, window_seconds=0.032, hop_seconds=0.008)

    @property
    def width(self) -> int:
        """Numbers of a recording: its picture, loudness and logarithm of length."""
        return self.channels * self.frames * self.n_mels + 2


def picture_of(wave: NDArray[np.floating[Any]], form: Form) -> NDArray[np.float64]:
    """Numbers of a recording, of shape (form.width,): picture from 0 to 1, loudness in dB, log2 of 1 + samples."""
    channels = [form.scale.power(wave[:, [channel]]) for channel in range(form.channels)]
    power = np.stack(channels).astype(np.float64)
    decibels = 10 * np.log10(np.maximum(power, _LEAST))
    shown = np.clip(1 + (decibels - decibels.max()) / DEPTH, 0.0, 1.0)
    if power.max() <= _LEAST:
        shown[:] = 0.0
    equal = np.stack([_resampled(channel, form.frames) for channel in shown])
    return np.concatenate([equal.ravel(), [loudness(wave), np.log2(1 + len(wave))]])


def wave_of(numbers: NDArray[np.float64], form: Form, *, rng: np.random.Generator, rounds: int) -> NDArray[np.float64]:
    """A recording that has these numbers, as nearly as phases can be found.

    Parameters
    ----------
    numbers : ndarray of shape (form.width,)
    form : Form
    rng : numpy.random.Generator
        Draws the phases that the search starts from.
    rounds : int
        Rounds of the search.

    Returns
    -------
    ndarray of shape (t, channels), float64
        Of exactly the length and loudness that the numbers say; silence below -60 dB.
    """
    level, length = float(numbers[-2]), max(0, round(float(2 ** numbers[-1])) - 1)
    wave = np.zeros((length, form.channels))
    if level < SILENT or not length:
        return wave
    scale = form.scale
    n_frames = max(1, -(-length // scale.hop)) + 1
    picture = np.clip(numbers[:-2], 0.0, 1.0).reshape(form.channels, form.frames, form.n_mels)
    for channel, shown in enumerate(picture):
        decibels = DEPTH * (_resampled(shown, n_frames) - 1)
        power = np.where(decibels > -DEPTH, 10 ** (decibels / 10), 0.0)
        magnitude = np.sqrt(_bins_of_bands(power, scale))
        wave[:, channel] = griffin_lim(
            magnitude, window=hann(scale.width), hop=scale.hop, length=length, rng=rng, rounds=rounds
        )
    strength = float(np.sqrt((wave**2).mean()))
    return wave * (10 ** (level / 20) / strength) if strength > 0 else wave


@dataclass(frozen=True)
class Coordinates:
    """Numbers of recordings in few coordinates of unit variance: principal components, loudness and length.

    Attributes
    ----------
    form : Form
    centre : ndarray of shape (width,)
    directions : ndarray of shape (width - 2, k)
        Principal directions of the pictures, of length 1.
    spreads : ndarray of shape (k + 2,)
        Standard deviations of the components, of loudness and of length; 0 where constant.
    bounds : ndarray of shape (2, 2)
        Smallest and largest loudness and length of the training recordings.
    """

    form: Form
    centre: NDArray[np.float64]
    directions: NDArray[np.float64]
    spreads: NDArray[np.float64]
    bounds: NDArray[np.float64]

    @property
    def k(self) -> int:
        """Coordinates."""
        return len(self.spreads)

    def of(self, samples: Samples) -> NDArray[np.float32]:
        """Coordinates of recordings, of shape (n, k)."""
        return self.reduced(_numbers(samples, np.arange(len(samples)), self.form))

    def reduced(self, numbers: NDArray[np.float64]) -> NDArray[np.float32]:
        """Coordinates of rows of numbers."""
        with single_threaded():
            centred = numbers - self.centre
            found = np.concatenate([centred[:, :-2] @ self.directions, centred[:, -2:]], axis=1)
        return (found / np.where(self.spreads > 0, self.spreads, np.inf)).astype(np.float32)

    def numbers(self, coordinates: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Rows of numbers at coordinates; loudness and length stay between the smallest and the largest real ones."""
        with single_threaded():
            moved = np.asarray(coordinates, np.float64) * self.spreads
            found = np.concatenate([moved[:, :-2] @ self.directions.T, moved[:, -2:]], axis=1) + self.centre
        found[:, -2:] = np.clip(found[:, -2:], self.bounds[0], self.bounds[1])
        return found

    def to_json(self) -> dict[str, Any]:
        """The part that is saved as json; `arrays` is the other."""
        form = self.form
        return {"rate": form.rate, "channels": form.channels, "frames": form.frames, "n_mels": form.n_mels}

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The part that is saved as arrays."""
        return {
            "centre": self.centre,
            "directions": self.directions,
            "spreads": self.spreads,
            "bounds": self.bounds,
        }

    @classmethod
    def from_saved(cls, data: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Coordinates:
        """Coordinates from what `to_json` and `arrays` gave."""
        held = (arrays[name] for name in ("centre", "directions", "spreads", "bounds"))
        return cls(Form(**{name: int(value) for name, value in data.items()}), *held)


def find_coordinates(samples: Samples, form: Form, *, k: int, rng: np.random.Generator) -> Coordinates:
    """Coordinates in which training recordings vary most.

    Parameters
    ----------
    samples : Samples
        Recordings; the directions come from at most 4,000 of them.
    form : Form
    k : int
        Principal components at most.
    rng : numpy.random.Generator
        Chooses the recordings where there are more.

    Returns
    -------
    Coordinates
    """
    chosen = np.arange(len(samples))
    if len(samples) > _MAX_FITTED:
        chosen = np.sort(rng.choice(len(samples), _MAX_FITTED, replace=False))
    rows = _numbers(samples, chosen, form)
    with single_threaded():
        centre = rows.mean(axis=0)
        centred = rows[:, :-2] - centre[:-2]
        # Of recordings there are fewer than of points in a picture: their products among each other are the smaller.
        values, vectors = np.linalg.eigh(centred @ centred.T)
        kept = np.flatnonzero(values > max(float(values[-1]), 0.0) * 1e-9)[::-1][: max(min(k, len(rows) - 1), 0)]
        directions = centred.T @ (vectors[:, kept] / np.sqrt(values[kept]))
        spreads = np.concatenate([np.sqrt(values[kept] / len(rows)), rows[:, -2:].std(axis=0)])
    spreads[spreads < _LEAST] = 0.0
    bounds = np.stack([rows[:, -2:].min(axis=0), rows[:, -2:].max(axis=0)])
    return Coordinates(form, centre, directions, spreads, bounds)


def _numbers(samples: Samples, index: NDArray[np.intp], form: Form) -> NDArray[np.float64]:
    def read(block: slice) -> NDArray[np.float64]:
        return np.stack([picture_of(wave, form) for wave in samples.take(index[block])])

    return np.concatenate([np.empty((0, form.width)), *run_blocks(read, split_blocks(len(index), _BLOCK))])


def _resampled(picture: NDArray[np.floating[Any]], frames: int) -> Picture:
    """A picture of shape (t, bands) brought to so many frames, in straight lines between the old ones."""
    n = len(picture)
    places = np.linspace(0, n - 1, frames)
    before = np.minimum(places.astype(np.intp), max(n - 2, 0))
    part = (places - before)[:, None]
    made: Picture = (1 - part) * picture[before] + part * picture[np.minimum(before + 1, n - 1)]
    return made


def _bins_of_bands(power: Picture, scale: MelScale) -> Picture:
    """Powers of single frequencies whose mel bands have these powers, none of them negative (Richardson-Lucy)."""
    filters = mel_filters(scale.n_mels, n_fft=scale.n_fft, rate=scale.rate).astype(np.float64)
    weights = np.maximum(filters.sum(axis=0), _LEAST)
    found = np.repeat(power.mean(axis=1, keepdims=True), filters.shape[1], axis=1) + _LEAST
    for _ in range(_ROUNDS_OF_FILTERS):
        ratio = power / np.maximum(found @ filters.T, _LEAST)
        found = found * (ratio @ filters) / weights
    return found
