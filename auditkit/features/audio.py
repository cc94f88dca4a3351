"""Recordings into statistics of their log-mel spectrograms: needs no download and no pretrained network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import run_blocks, single_threaded, split_blocks
from auditkit.errors import ShapeError
from auditkit.features.components import (
    MAX_COMPONENTS,
    carried_components,
    principal_components,
    project,
    steady_components,
)
from auditkit.features.fitted import CarriedEmbedder, need_fit, need_samples, some_rows
from auditkit.features.registry import EmbedderState, check_version
from auditkit.signals.mel import MelScale

if TYPE_CHECKING:
    from auditkit.data import Dataset, Samples

__all__ = ["N_MELS", "SEGMENTS", "LogMelEmbedder", "spectral_statistics"]

N_MELS = 40
SEGMENTS = 5
"""Equal parts of a recording's time whose coarse spectra are features of their own."""

MAX_FITTED = 20_000
"""Recordings that the components are learnt from at most, chosen by the seed."""

VERSION = 2
"""Raised whenever the same data get other features."""

_COARSE = 20
_BLOCK = 64
_SILENCE = 1e-9
_DEPTH = 1e-6
_LOUD = 0.1
_FAMILIES = (("level", 2), ("mean", N_MELS), ("spread", N_MELS), ("change", N_MELS), ("course", SEGMENTS * _COARSE))


class LogMelEmbedder(CarriedEmbedder):
    """Principal components of log-mel statistics: the default embedder of audio.

    A recording's power in 40 mel bands (windows of 25 ms every 10 ms, any rate, channels averaged) is taken in dB,
    down to 60 dB below its loudest band. Its loudness is then set apart, and five families of numbers say what it
    sounds like: loudness and log length; mean, spread and mean change from frame to frame of each band; and the
    course of 20 coarser bands over five equal parts of the time. Each family counts as much as any other (equal total
    variance over the training recordings). With several channels a sixth says how each differs from their mean in
    level. The (at most 64) principal components of all these are the features, and one more, the distance from the
    space of the first of them (one for every 40 training recordings, at least 8). Silence, single samples and unequal
    lengths are recordings like others.

    Parameters
    ----------
    carriers : int, optional
        Leave out components of whose variance a single training recording makes up more than 1 / carriers: such a
        component is that recording.
    """

    name = "logmel"

    def __init__(self, *, carriers: int | None = None) -> None:
        super().__init__(carriers=carriers)
        self._rate, self._channels = 0, 0
        self._mean: NDArray[np.float64] | None = None
        self._weights: NDArray[np.float64] = np.empty(0)
        self._components: NDArray[np.float64] = np.empty((0, 0))
        self._steady = 0

    def fit(self, train: Dataset, *, seed: int) -> Self:
        """Learn the weights and components of the training recordings, in one pass over at most 20,000 of them.

        Parameters
        ----------
        train : Dataset
            Recordings.
        seed : int
            Chooses the recordings where there are more.

        Raises
        ------
        DataError
            When the data are no recordings, or none at all.
        """
        samples = need_samples(train, "audio", "logmel", least=1)
        self._rate, self._channels = int(samples.rate or 1), int(samples.shape[0])
        self.notes = ["Features are statistics of log-mel spectrograms: sound and its course, not meaning."]
        rng = np.random.default_rng(seed)
        chosen = some_rows(len(samples), MAX_FITTED, rng=rng)
        if len(chosen) < len(samples):
            self.notes.append(f"The components were learnt from {MAX_FITTED:,} of {len(samples):,} recordings.")
        rows = self._read(samples, chosen)
        with single_threaded():
            self._mean = rows.mean(axis=0)
            centred = rows - self._mean
            self._weights = _weights(centred, self._channels)
            centred *= self._weights
            self._components = principal_components(centred, rng=rng)
            if self._carriers is not None:
                self._components = carried_components(centred, self._components, carriers=self._carriers)
            self._steady = steady_components(len(rows), self._components.shape[1])
        return self

    def transform(self, dataset: Dataset) -> NDArray[np.float32]:
        """Features of recordings of the same rate and number of channels.

        Parameters
        ----------
        dataset : Dataset

        Returns
        -------
        ndarray of shape (n_units, d), float32
            The components, then the distance from the space of the first of them (where they do not span everything).

        Raises
        ------
        AuditkitError
            When `fit` was not called.
        ShapeError
            When the recordings have another rate or number of channels than the training data.
        """
        mean = need_fit(self._mean, "logmel")
        samples = need_samples(dataset, "audio", "logmel")
        found = (int(samples.rate or 1), int(samples.shape[0]))
        if found != (self._rate, self._channels):
            message = (
                f"embedder 'logmel' was fitted on recordings of {self._rate} Hz and {self._channels} channels, "
                f"{dataset.source!r} has {found[0]} Hz and {found[1]}: resample or mix them first."
            )
            raise ShapeError(message)
        k = self._components.shape[1]
        # With fewer components than asked for, these span the training recordings themselves.
        with_rest = (k == MAX_COMPONENTS or self._carriers is not None) and k < len(mean)
        out = np.empty((len(dataset), k + with_rest), dtype=np.float32)
        rows = self._read(samples, np.arange(len(samples)))
        with single_threaded():
            for block in split_blocks(len(rows), _BLOCK):
                centred = (rows[block] - mean) * self._weights
                project(centred, self._components, steady=self._steady, out=out[block])
        return out

    def state(self) -> EmbedderState:
        """Mean, weights and components of the fitted embedder.

        Raises
        ------
        AuditkitError
            When `fit` was not called.
        """
        mean = need_fit(self._mean, "logmel", what="keeps its state")
        about = {"version": VERSION, "notes": list(self.notes), "rate": self._rate, "channels": self._channels}
        about |= {"steady": self._steady}
        arrays = {"mean": mean, "weights": self._weights, "components": self._components}
        return EmbedderState(about, arrays)

    def restore(self, state: EmbedderState) -> Self:
        """Become the fitted embedder that gave this state.

        Raises
        ------
        AuditkitError
            If the state is of another version.
        """
        check_version(self.name, state, VERSION)
        self.notes = list(state.about["notes"])
        self._rate, self._channels = int(state.about["rate"]), int(state.about["channels"])
        self._mean, self._weights = state.arrays["mean"], state.arrays["weights"]
        self._components, self._steady = state.arrays["components"], int(state.about["steady"])
        return self

    def _read(self, samples: Samples, index: NDArray[np.intp]) -> NDArray[np.float64]:
        scale = MelScale(self._rate, n_mels=N_MELS)

        def read(block: slice) -> NDArray[np.float64]:
            return np.stack([spectral_statistics(wave, scale) for wave in samples.take(index[block])])

        width = sum(n for _, n in _families(self._channels))
        return np.concatenate([np.empty((0, width)), *run_blocks(read, split_blocks(len(index), _BLOCK))])


def spectral_statistics(wave: NDArray[np.floating[Any]], scale: MelScale) -> NDArray[np.float64]:
    """Numbers that say what one recording sounds like; see `LogMelEmbedder`.

    Parameters
    ----------
    wave : ndarray of shape (t, channels)
        Full scale at -1 and 1; t may be 0.
    scale : MelScale
        Of 40 bands.

    Returns
    -------
    ndarray of shape (222,) or, with several channels, (222 + channels,), float64
        In dB; the length is log2 of its milliseconds times 6, so that twice as long counts as 6 dB.
    """
    power = scale.power(wave).astype(np.float64)
    loudest = max(float(power.max()), _SILENCE)
    decibels = 10 * np.log10(np.maximum(power, max(loudest * _DEPTH, _SILENCE)))
    energy = power.mean(axis=1)
    # The loud frames say how loud a recording is, however long it pauses.
    loud = energy >= _LOUD * energy.max()
    level = 10 * np.log10(max(float(energy[loud].mean()), _SILENCE))
    bands = decibels - level
    change = np.abs(np.diff(bands, axis=0)).mean(axis=0) if len(bands) > 1 else np.zeros(N_MELS)
    length = 6 * np.log2(1 + 1000 * len(wave) / scale.rate)
    course = _course(bands.reshape(len(bands), _COARSE, -1).mean(axis=2))
    parts = [[level, length], bands.mean(axis=0), bands.std(axis=0), change, course.ravel()]
    if wave.shape[1] > 1:
        each = 10 * np.log10(np.maximum(np.square(wave, dtype=np.float64).sum(axis=0), _SILENCE))
        parts.append(each - each.mean())
    return np.concatenate(parts)


def _course(bands: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means over equal parts of the time, shape (SEGMENTS, bands); a frame on an edge counts in both parts."""
    sums = np.concatenate([np.zeros((1, bands.shape[1])), np.cumsum(bands, axis=0)])
    edges = np.linspace(0, len(bands), SEGMENTS + 1)
    whole = np.minimum(edges.astype(np.intp), len(bands) - 1)
    reached = sums[whole] + (edges - whole)[:, None] * bands[whole]
    means: NDArray[np.float64] = np.diff(reached, axis=0) * SEGMENTS / len(bands)
    return means


def _families(channels: int) -> tuple[tuple[str, int], ...]:
    return _FAMILIES if channels == 1 else (*_FAMILIES, ("channels", channels))


def _weights(centred: NDArray[np.float64], channels: int) -> NDArray[np.float64]:
    """Factor of each number, such that every family that varies has the same total variance, 1."""
    variances = np.square(centred).mean(axis=0)
    factors, start = [], 0
    for _, width in _families(channels):
        total = float(variances[start : start + width].sum())
        # Below a total of one squared dB a family is as good as constant, and others that move it are far away.
        factors.append(np.full(width, 1 / np.sqrt(max(total, 1.0))))
        start += width
    return np.concatenate(factors)
