"""What a room, a microphone, a line and a knob do to a recording; none changes its length."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, sosfilt

from auditkit.signals.spectra import hann, inverse_stft, stft

__all__ = ["band_pass", "clip_tops", "gain", "mask", "reverberate", "shift"]

Wave = NDArray[np.float64]

_DECAY = np.log(1000.0)
_MASK_SECONDS = 0.032


def gain(wave: Wave, *, decibels: float) -> Wave:
    """A recording so many dB louder.

    Examples
    --------
    >>> gain(np.ones((1, 1)), decibels=20).tolist()
    [[10.0]]
    """
    louder: Wave = wave * 10 ** (decibels / 20)
    return louder


def shift(wave: Wave, *, samples: int) -> Wave:
    """A recording so many samples later, or earlier where negative; silence comes in, what leaves is lost.

    Examples
    --------
    >>> shift(np.array([[1.0], [2.0], [3.0]]), samples=1).ravel().tolist()
    [0.0, 1.0, 2.0]
    """
    moved = np.zeros_like(wave)
    n = len(wave)
    kept = max(n - abs(samples), 0)
    to, start = max(samples, 0), max(-samples, 0)
    moved[to : to + kept] = wave[start : start + kept]
    return moved


def band_pass(wave: Wave, *, low: float, high: float, rate: int) -> Wave:
    """A recording through a line: a Butterworth band-pass of second order.

    Parameters
    ----------
    wave : ndarray of shape (t, channels)
    low, high : float
        Edges in Hz, 3 dB down; an edge at 0 or at half the rate and beyond leaves that side open.
    rate : int

    Returns
    -------
    ndarray of shape (t, channels), float64
    """
    open_below, open_above = low <= 0, high >= rate / 2
    if (open_below and open_above) or not len(wave):
        return wave.copy()
    if open_below or open_above:
        kind, edges = ("lowpass", high) if open_below else ("highpass", low)
        sections = butter(2, edges, kind, fs=rate, output="sos")
    else:
        sections = butter(2, [low, high], "bandpass", fs=rate, output="sos")
    return np.asarray(sosfilt(sections, wave, axis=0), np.float64)


def clip_tops(wave: Wave, *, share: float) -> Wave:
    """A recording cut off at a share of its largest magnitude.

    Examples
    --------
    >>> clip_tops(np.array([[1.0], [-0.2], [-0.8]]), share=0.5).ravel().tolist()
    [0.5, -0.2, -0.5]
    """
    top = share * float(np.abs(wave).max(initial=0.0))
    return np.clip(wave, -top, top)


def reverberate(wave: Wave, *, seconds: float, share: float, rate: int, rng: np.random.Generator) -> Wave:
    """A recording in a room: its echoes, noise that falls by 60 dB in so many seconds, under the direct sound.

    Parameters
    ----------
    wave : ndarray of shape (t, channels)
    seconds : float
        Time in which the echoes fall by 60 dB.
    share : float
        Power of the echoes of a click over that of the click and its echoes, in [0, 1).
    rate : int
    rng : numpy.random.Generator
        Draws the echoes.

    Returns
    -------
    ndarray of shape (t, channels), float64
        As loud as the recording; echoes beyond its end are lost.
    """
    n = len(wave)
    if not n or not wave.any():
        return wave.copy()
    times = np.arange(1, max(2, round(seconds * rate))) / rate
    tail = rng.standard_normal(len(times)) * np.exp(-_DECAY * times / max(seconds, 1 / rate))
    tail *= np.sqrt(share / (1 - share) / (tail**2).sum())
    wet = fftconvolve(wave, np.concatenate([[1.0], tail])[:, None], axes=0)[:n]
    return np.asarray(wet * np.sqrt((wave**2).sum() / (wet**2).sum()), np.float64)


def mask(wave: Wave, *, times: tuple[float, float], bands: tuple[float, float], rate: int) -> Wave:
    """A recording with a stretch of time and a band of frequencies silenced.

    Parameters
    ----------
    wave : ndarray of shape (t, channels)
    times : tuple of (float, float)
        Begin and end of the silent time, as shares of the length.
    bands : tuple of (float, float)
        Lower and upper edge of the silent band, as shares of half the rate.
    rate : int

    Returns
    -------
    ndarray of shape (t, channels), float64

    References
    ----------
    Park et al. 2019, "SpecAugment", Interspeech; here the wave is silenced, not its log-mel picture.
    """
    width = max(4, 2 * round(rate * _MASK_SECONDS / 2))
    window, hop = hann(width), width // 4
    masked = np.empty_like(wave)
    for channel in range(wave.shape[1]):
        spectrum = stft(wave[:, channel], window=window, hop=hop)
        n_frames, n_bins = spectrum.shape
        spectrum[round(times[0] * n_frames) : round(times[1] * n_frames)] = 0
        spectrum[:, round(bands[0] * n_bins) : round(bands[1] * n_bins)] = 0
        masked[:, channel] = inverse_stft(spectrum, window=window, hop=hop, length=len(wave))
    return masked
