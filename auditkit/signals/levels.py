"""How loud a recording is, where it pauses, and where it was cut off at the top."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["SILENT", "clipped_samples", "decibels", "loudness", "quiet_share", "root_mean_square"]

SILENT = -60.0
"""Root mean square in dB of full scale below which a recording has no sound: one part in a thousand."""

_FLOOR = 1e-10
_FRAME_SECONDS = 0.02
_BELOW_LOUDEST = 1e-4
_SILENT_POWER = 10 ** (SILENT / 10)
_RUN = 4
_DROP = 4.0
_FAINT = 0.01


def decibels(power: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """10 log10 of powers, which end at -100 dB.

    Examples
    --------
    >>> decibels(np.array([1.0, 0.01, 0.0])).tolist()
    [0.0, -20.0, -100.0]
    """
    found: NDArray[np.float64] = 10 * np.log10(np.maximum(np.asarray(power, np.float64), _FLOOR))
    return found


def root_mean_square(wave: NDArray[np.floating[Any]]) -> float:
    """Root of the mean square over samples and channels; 0 without a sample."""
    if not wave.size:
        return 0.0
    return float(np.sqrt(np.square(wave, dtype=np.float64).mean()))


def loudness(wave: NDArray[np.floating[Any]]) -> float:
    """Root mean square of a wave in dB of full scale, -100 at least.

    Examples
    --------
    >>> loudness(np.full((8, 1), 0.1))
    -20.0
    """
    return round(float(decibels(np.array(root_mean_square(wave) ** 2))), 9)


def quiet_share(wave: NDArray[np.floating[Any]], *, rate: int) -> float:
    """Share of the time in which a recording pauses: frames of 20 ms, 40 dB below its loudest or without sound.

    Parameters
    ----------
    wave : ndarray of shape (t, channels)
    rate : int
        Samples per second.

    Returns
    -------
    float in [0, 1]; 1 for a silent recording, or one without a sample.

    Examples
    --------
    >>> quiet_share(np.repeat([0.5, 0.0], 400)[:, None], rate=8000)
    0.4
    """
    if not wave.size:
        return 1.0
    width = max(1, round(rate * _FRAME_SECONDS))
    power = np.square(wave, dtype=np.float64).mean(axis=1)
    starts = np.arange(0, len(power), width)
    sizes = np.diff([*starts, len(power)])
    frames = np.add.reduceat(power, starts) / sizes
    quiet = frames < max(float(frames.max()) * _BELOW_LOUDEST, _SILENT_POWER)
    return float(sizes[quiet].sum() / len(power))


def clipped_samples(wave: NDArray[np.floating[Any]]) -> int:
    """Samples that were cut off: in runs of four or more equal ones at a channel's largest magnitude.

    A run counts where the wave leaves it steeply, by more than four of the smallest steps that the channel knows: the
    round top of a slow tone, equal only because numbers were rounded, does not.

    Parameters
    ----------
    wave : ndarray of shape (t, channels)

    Returns
    -------
    int

    Notes
    -----
    O(t). What was filtered, resampled or compressed after it was cut off is not found: its tops are round again.

    Examples
    --------
    >>> tone = np.sin(np.arange(200.0) / 3)[:, None]
    >>> clipped_samples(tone), clipped_samples(np.clip(tone, -0.7, 0.7)) > 50
    (0, True)
    """
    return sum(_clipped_in(np.asarray(wave[:, channel], np.float64)) for channel in range(wave.shape[1]))


def _clipped_in(wave: NDArray[np.float64]) -> int:
    peak = float(np.abs(wave).max(initial=0.0))
    if peak < _FAINT:
        return 0
    at_top = np.where(np.abs(wave) == peak, np.sign(wave), 0.0)
    edges = np.flatnonzero(np.diff(at_top, prepend=0.0, append=0.0))
    starts, stops = edges[:-1], edges[1:]
    runs = (stops - starts >= _RUN) & (at_top[np.minimum(starts, len(wave) - 1)] != 0)
    starts, stops = starts[runs], stops[runs]
    if not len(starts):
        return 0
    steps = np.abs(np.diff(wave))
    least = _DROP * float(steps[steps > 0].min(initial=np.inf))
    before = np.where(starts > 0, np.abs(wave[np.maximum(starts - 1, 0)] - wave[starts]), np.inf)
    after = np.where(stops < len(wave), np.abs(wave[np.minimum(stops, len(wave) - 1)] - wave[starts]), np.inf)
    steep = (before > least) & (after > least)
    return int((stops - starts)[steep].sum())
