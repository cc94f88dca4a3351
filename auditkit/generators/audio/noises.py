"""Noise of several colours, voices behind a voice, and the level at which they are mixed in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from auditkit.errors import UnknownNameError

__all__ = ["COLOURS", "Colour", "babble", "coloured_noise", "mix_at", "mixup"]

Wave = NDArray[np.float64]
Colour = Literal["white", "pink", "brown"]
COLOURS: tuple[Colour, ...] = get_args(Colour)

_FALL = {"white": 0.0, "pink": 0.5, "brown": 1.0}


def coloured_noise(shape: tuple[int, int], *, colour: Colour, rng: np.random.Generator) -> Wave:
    """Noise whose power falls with the frequency: not at all (white), by 3 dB (pink) or 6 dB (brown) an octave.

    Parameters
    ----------
    shape : tuple of (int, int)
        Samples and channels; channels are independent.
    colour : {"white", "pink", "brown"}
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of shape (t, channels), float64
        Of mean square 1, where there are samples enough.

    Raises
    ------
    UnknownNameError

    Examples
    --------
    >>> noise = coloured_noise((800, 1), colour="pink", rng=np.random.default_rng(0))
    >>> round(float((noise**2).mean()), 6)
    1.0
    """
    if colour not in _FALL:
        raise UnknownNameError.of("colour of noise", colour, COLOURS)
    white = rng.standard_normal(shape)
    if shape[0] < 2:  # noqa: PLR2004 - a single sample has no frequency
        return white
    spectrum = np.fft.rfft(white, axis=0)
    bins = np.arange(len(spectrum), dtype=np.float64)
    spectrum[0] = 0.0
    spectrum[1:] *= (bins[1:] ** -_FALL[colour])[:, None]
    noise: Wave = np.fft.irfft(spectrum, shape[0], axis=0)
    noise /= np.sqrt(max(float((noise**2).mean()), np.finfo(np.float64).tiny))
    return noise


def mix_at(wave: Wave, noise: Wave, *, snr: float) -> Wave:
    """A recording with noise at a ratio of powers: x + n sqrt(P_x / (P_n 10^(snr / 10))), exact over the recording.

    Parameters
    ----------
    wave, noise : ndarray of shape (t, channels)
    snr : float
        Signal over noise in dB.

    Returns
    -------
    ndarray of shape (t, channels), float64
        The recording itself where either is silent.

    Examples
    --------
    >>> wave, noise = np.ones((8, 1)), np.tile([[1.0], [-1.0]], (4, 1))
    >>> mixed = mix_at(wave, noise, snr=20)
    >>> round(float(np.abs(mixed - wave).max()), 12)
    0.1
    """
    of_wave, of_noise = float((wave**2).sum()), float((noise**2).sum())
    if not of_wave or not of_noise:
        return wave.copy()
    mixed: Wave = wave + noise * np.sqrt(of_wave / (of_noise * 10 ** (snr / 10)))
    return mixed


def babble(voices: Sequence[Wave], *, length: int, rng: np.random.Generator) -> Wave:
    """Other recordings at once, equally loud, each from a place of its own and repeated to the length.

    Parameters
    ----------
    voices : sequence of ndarray of shape (t, channels)
    length : int
    rng : numpy.random.Generator
        Draws where each begins.

    Returns
    -------
    ndarray of shape (length, channels), float64
    """
    total = np.zeros((length, voices[0].shape[1] if voices else 1))
    for voice in voices:
        power = float((voice**2).mean()) if voice.size else 0.0
        if power:
            start = int(rng.integers(len(voice)))
            total += voice[(start + np.arange(length)) % len(voice)] / np.sqrt(power)
    return total


def mixup(wave: Wave, other: Wave, *, weight: float) -> Wave:
    """A recording and another one at once: weight times the one, and the rest of the other cut or padded to its length.

    Parameters
    ----------
    wave, other : ndarray of shape (t, channels)
    weight : float
        In [0, 1].

    Returns
    -------
    ndarray of shape (t, channels), float64

    References
    ----------
    Zhang et al. 2018, "mixup: Beyond Empirical Risk Minimization", ICLR, equation 1.

    Examples
    --------
    >>> mixup(np.ones((3, 1)), np.full((1, 1), 5.0), weight=0.75).ravel().tolist()
    [2.0, 0.75, 0.75]
    """
    mixed = weight * wave
    n = min(len(wave), len(other))
    mixed[:n] += (1 - weight) * other[:n]
    return mixed
