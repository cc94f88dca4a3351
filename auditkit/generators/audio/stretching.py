"""Time and pitch apart: longer without lower, higher without shorter."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

__all__ = ["pitch_shift", "time_stretch"]

Wave = NDArray[np.float64]

_HOP_SECONDS = 0.02
_REACH_SECONDS = 0.0125
_MARGIN = 32
_MAX_DENOMINATOR = 500
_TINY = 1e-12


def time_stretch(wave: Wave, *, length: int, rate: int) -> Wave:
    """A recording of another length with the same pitch: overlapping pieces, each put where it goes on best.

    Parameters
    ----------
    wave : ndarray of shape (t, channels)
    length : int
        Samples wanted; exactly so many come back. All channels are cut at the same places.
    rate : int
        Samples per second.

    Returns
    -------
    ndarray of shape (length, channels), float64

    Notes
    -----
    O(length log rate). A piece lasts 40 ms and is looked for within 12.5 ms, so that sounds from 40 Hz on keep their
    phase; its place is refined to a fraction of a sample, or tones would be off by as much as a hop is short. Good
    for speech and single instruments; of several tones at once it follows the strongest.

    References
    ----------
    Verhelst and Roelands 1993, "An Overlap-Add Technique Based on Waveform Similarity (WSOLA)", ICASSP.

    Examples
    --------
    >>> wave = np.sin(np.arange(800.0) / 5)[:, None]
    >>> time_stretch(wave, length=1000, rate=8000).shape
    (1000, 1)
    """
    n, channels = wave.shape
    if not n or not length:
        return np.zeros((length, channels))
    if n == length:
        return wave.copy()
    hop = max(2, round(rate * _HOP_SECONDS))
    reach = max(1, round(rate * _REACH_SECONDS))
    # Pieces reach over both ends, and those searched for reach further.
    edge = 2 * hop + reach + _MARGIN
    padded = np.concatenate([np.zeros((edge, channels)), wave, np.zeros((edge + hop, channels))])
    mono = padded.mean(axis=1)
    mono = mono if np.abs(mono).max() > 0 else padded[:, 0]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(2 * hop) / (2 * hop))
    out = np.zeros((length + 3 * hop, channels))
    place = 0.0
    for number in range(-(-length // hop) + 1):
        if number:
            aim = min(round(number * hop * n / length), n)
            place = _best_place(mono, place + hop, aim, hop=hop, reach=reach, edge=edge)
        piece = _read(padded, edge + place - hop, 2 * hop)
        out[number * hop : number * hop + 2 * hop] += piece * window[:, None]
    return out[hop : hop + length]


def pitch_shift(wave: Wave, *, semitones: float, rate: int) -> Wave:
    """A recording of the same length whose pitch is so many semitones higher: stretched, then read faster.

    Parameters
    ----------
    wave : ndarray of shape (t, channels)
    semitones : float
        Negative for lower.
    rate : int
        Samples per second.

    Returns
    -------
    ndarray of shape (t, channels), float64

    Notes
    -----
    Frequencies are multiplied by a fraction within a fiftieth of a cent of 2^(semitones / 12). The formants shift too:
    a large shift sounds like a smaller or larger speaker.

    Examples
    --------
    >>> pitch_shift(np.sin(np.arange(800.0) / 5)[:, None], semitones=3, rate=8000).shape
    (800, 1)
    """
    n = len(wave)
    ratio = Fraction(2 ** (semitones / 12)).limit_denominator(_MAX_DENOMINATOR)
    if ratio == 1 or not n:
        return wave.copy()
    stretched = time_stretch(wave, length=math.ceil(n * ratio) + 1, rate=rate)
    # Zeros around it, so that the filter of the resampling does not wrap a loud end.
    return np.asarray(resample_poly(stretched, ratio.denominator, ratio.numerator, axis=0)[:n], np.float64)


def _best_place(mono: NDArray[np.float64], natural: float, aim: int, *, hop: int, reach: int, edge: int) -> float:
    """Place within reach of the aim whose piece is most like the one that would follow naturally."""
    natural = min(natural, len(mono) - edge - hop - _MARGIN)
    wanted = _read(mono[:, None], edge + natural - hop, 2 * hop)[:, 0]
    region = mono[edge + aim - hop - reach : edge + aim + hop + reach]
    size = 1 << (len(region) + len(wanted) - 1).bit_length()
    products = np.fft.irfft(np.fft.rfft(region, size) * np.conj(np.fft.rfft(wanted, size)), size)[: 2 * reach + 1]
    sums = np.concatenate([[0.0], np.cumsum(region**2)])
    energy = sums[2 * hop :] - sums[: len(sums) - 2 * hop]
    likeness = products / np.sqrt(np.maximum(energy, _TINY * max(float(sums[-1]), _TINY)))
    if not np.any(wanted) or not likeness.max() > 0:
        return float(aim)
    best = int(likeness.argmax())
    return float(aim - reach + best) + _peak(likeness, best)


def _peak(values: NDArray[np.float64], best: int) -> float:
    """Where a parabola through the largest value and its neighbours has its top, relative to it."""
    if not 0 < best < len(values) - 1:
        return 0.0
    before, here, after = values[best - 1 : best + 2]
    bend = before - 2 * here + after
    return float(np.clip((before - after) / (2 * bend), -0.5, 0.5)) if bend < 0 else 0.0


def _read(padded: Wave, start: float, width: int) -> Wave:
    """Samples from a place between samples on, as a band-limited signal has them."""
    whole = int(np.floor(start + 0.5))
    part = start - whole
    if abs(part) < _TINY:
        return padded[whole : whole + width]
    piece = padded[whole - _MARGIN : whole + width + _MARGIN]
    size = len(piece)
    turn = np.exp(2j * np.pi * np.arange(size // 2 + 1) / size * part)
    shifted: Wave = np.fft.irfft(np.fft.rfft(piece, axis=0) * turn[:, None], size, axis=0)
    return shifted[_MARGIN : _MARGIN + width]
