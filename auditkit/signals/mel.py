"""Bands that are even to the ear: mel filters, and the power of a recording in them over time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.signals.spectra import frame_count, hann, power_frames

__all__ = ["MelScale", "mel_filters"]

_BLOCK = 2048
_SLOPE = 2595.0
_CORNER = 700.0


@dataclass(frozen=True)
class MelScale:
    """How a recording is cut into frames and bands.

    Attributes
    ----------
    rate : int
        Samples per second.
    n_mels : int
        Bands, from 20 Hz to half the rate.
    window_seconds, hop_seconds : float
        Width of a frame, and time between frames.
    """

    rate: int
    n_mels: int = 40
    window_seconds: float = 0.025
    hop_seconds: float = 0.010

    @property
    def width(self) -> int:
        """Samples of a window, at least 2."""
        return max(2, round(self.rate * self.window_seconds))

    @property
    def hop(self) -> int:
        """Samples between frames, at least 1."""
        return max(1, round(self.rate * self.hop_seconds))

    @property
    def n_fft(self) -> int:
        """Samples of a transform: the power of 2 from twice the window on, so that low bands hold a bin."""
        return 1 << (2 * self.width - 1).bit_length()

    def power(self, wave: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Mean power of each band around every hop, averaged over the channels; a sine of full scale has about 1.

        Parameters
        ----------
        wave : ndarray of shape (t, channels)

        Returns
        -------
        ndarray of shape (frames, n_mels), float32
        """
        filters, window = mel_filters(self.n_mels, n_fft=self.n_fft, rate=self.rate), hann(self.width)
        n_frames = frame_count(len(wave), hop=self.hop)
        out = np.zeros((n_frames, self.n_mels), dtype=np.float32)
        for channel in range(wave.shape[1]):
            one = np.ascontiguousarray(wave[:, channel])
            for start in range(0, n_frames, _BLOCK):
                stop = min(start + _BLOCK, n_frames)
                frames = power_frames(one, window=window, hop=self.hop, n_fft=self.n_fft, start=start, stop=stop)
                out[start:stop] += frames @ filters.T
        return out / np.float32(wave.shape[1])


@lru_cache(maxsize=8)
def mel_filters(n_mels: int, *, n_fft: int, rate: int, low: float = 20.0) -> NDArray[np.float32]:
    """Triangles that are evenly spaced in mel = 2595 log10(1 + hertz / 700), each with weights that add up to 1.

    Parameters
    ----------
    n_mels : int
    n_fft, rate : int
        The transform whose bins are weighed.
    low : float, default 20.0
        Lower edge of the first band, in Hz; the last ends at half the rate.

    Returns
    -------
    ndarray of shape (n_mels, n_fft // 2 + 1), float32
        Not writable, for it is shared. A band between two bins takes the nearest.

    Examples
    --------
    >>> mel_filters(3, n_fft=64, rate=8000).sum(axis=1).round(6).tolist()
    [1.0, 1.0, 1.0]
    """
    top = _SLOPE * np.log10(1 + rate / 2 / _CORNER)
    bottom = min(_SLOPE * np.log10(1 + low / _CORNER), top / 2)
    edges = _CORNER * (10 ** (np.linspace(bottom, top, n_mels + 2) / _SLOPE) - 1)
    bins = np.arange(n_fft // 2 + 1) * rate / n_fft
    left, middle, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    filters = np.maximum(0.0, np.minimum((bins - left) / (middle - left), (right - bins) / (right - middle)))
    empty = np.flatnonzero(filters.sum(axis=1) == 0)
    filters[empty, np.abs(bins - middle[empty]).argmin(axis=1)] = 1.0
    scaled: NDArray[np.float32] = (filters / filters.sum(axis=1, keepdims=True)).astype(np.float32)
    scaled.flags.writeable = False
    return scaled
