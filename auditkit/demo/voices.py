"""Recordings made by a formula: harmonic tones whose pitch rises, falls, stays or trembles, with breath and a room."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["COURSES", "PITCHES", "RATE", "voice"]

RATE = 8000
COURSES = ("falling", "level", "rising", "trembling")
PITCHES = {"deep": 110.0, "middle": 165.0, "high": 240.0}
"""Pitch of each kind of voice, in Hz."""

_HARMONICS = 12


def voice(course: str, pitch: str, rng: np.random.Generator) -> NDArray[np.float32]:
    """One tone of 0.35 to 0.6 seconds, nobody's voice.

    Parameters
    ----------
    course : {"falling", "level", "rising", "trembling"}
        What its pitch does.
    pitch : {"deep", "middle", "high"}
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of float32, shape (t, 1)
        Levels of 16 bits.

    Examples
    --------
    >>> voice("rising", "deep", np.random.default_rng(0)).shape[1]
    1
    """
    n = int(RATE * rng.uniform(0.35, 0.6))
    time = np.arange(n) / RATE
    place = np.linspace(0.0, 1.0, n)
    bend = {
        "falling": -0.35 * place,
        "level": 0.0 * place,
        "rising": 0.35 * place,
        "trembling": 0.06 * np.sin(2 * np.pi * rng.uniform(5.0, 7.0) * time),
    }[course]
    frequency = PITCHES[pitch] * rng.normal(1.0, 0.06) * (1.0 + bend * rng.uniform(0.7, 1.3))
    phase = 2 * np.pi * np.cumsum(frequency) / RATE + rng.uniform(0.0, 2 * np.pi)
    formants = rng.normal([500.0, 1400.0], [60.0, 120.0])
    tone = np.zeros(n)
    for number in range(1, _HARMONICS + 1):
        heights = sum(np.exp(-0.5 * ((number * frequency - formant) / 260.0) ** 2) for formant in formants)
        tone += (0.15 + heights) / number**0.5 * np.sin(number * phase) * (number * frequency < RATE / 2)
    swell = np.minimum(1.0, place / 0.12) * np.minimum(1.0, (1.0 - place) / 0.25)
    wave = swell * tone * rng.uniform(0.12, 0.4) / np.abs(tone).max() + rng.uniform(0.001, 0.01) * rng.normal(size=n)
    levels: NDArray[np.float64] = np.rint(np.clip(wave, -1.0, 1.0 - 2**-15) * 2**15)
    return (levels / 2**15).astype(np.float32)[:, None]
