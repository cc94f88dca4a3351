"""Operations of augmentation by name, each at a strength that is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditkit.generators.audio.effects import band_pass, clip_tops, gain, mask, reverberate, shift
from auditkit.generators.audio.noises import COLOURS, babble, coloured_noise, mix_at, mixup
from auditkit.generators.audio.stretching import pitch_shift, time_stretch

__all__ = ["DEFAULTS", "OPERATIONS", "Scene", "change"]

Wave = NDArray[np.float64]

DEFAULTS = ("noise", "stretch", "pitch", "shift", "gain", "filter", "reverb")
"""Operations that leave speech, and most sounds, what they are; babble, clipping, masks and mixtures may not."""

_SNR = 30.0
_SNR_REACH = 15.0
_VOICES = 3
_STRETCH = np.log(1.2)
_SEMITONES = 2.0
_SHIFT = 0.1
_GAIN = 6.0
_LOWEST = 300.0
_HIGHEST = 0.6
_CLIP = 0.6
_ROOM = 0.3
_ECHOES = 0.3
_MASK = 0.15
_MIX = 0.3


@dataclass(frozen=True)
class Scene:
    """What operations on one recording draw from.

    Attributes
    ----------
    rate : int
        Samples per second.
    rng : numpy.random.Generator
        Of this recording alone.
    strength : float
        Factor of the reach of all draws.
    anyone : callable
        Draws any training recording.
    alike : callable
        Draws one with the same label and groups.
    """

    rate: int
    rng: np.random.Generator
    strength: float
    anyone: Callable[[], Wave]
    alike: Callable[[], Wave]

    def both_ways(self) -> float:
        """A number between less and more than zero, as far as the strength reaches."""
        return float(self.strength * self.rng.uniform(-1, 1))

    def one_way(self, most: float = 1.0) -> float:
        """A number from zero to the strength, at most `most`."""
        return float(min(self.strength * self.rng.random(), most))


def change(wave: Wave, names: list[str], scene: Scene) -> Wave:
    """A recording after some operations, one after the other.

    Parameters
    ----------
    wave : ndarray of shape (t, channels)
    names : list of str
        Among `OPERATIONS`.
    scene : Scene

    Returns
    -------
    ndarray of shape (t, channels), float64
        Of another length after `stretch` only.
    """
    for name in names:
        if len(wave):
            wave = OPERATIONS[name](wave, scene)
    return wave


def _noise(wave: Wave, scene: Scene) -> Wave:
    colour = COLOURS[int(scene.rng.integers(len(COLOURS)))]
    noise = coloured_noise((len(wave), wave.shape[1]), colour=colour, rng=scene.rng)
    return mix_at(wave, noise, snr=_snr(scene))


def _babble(wave: Wave, scene: Scene) -> Wave:
    voices = babble([scene.anyone() for _ in range(_VOICES)], length=len(wave), rng=scene.rng)
    return mix_at(wave, voices, snr=_snr(scene))


def _snr(scene: Scene) -> float:
    """From 45 dB down to 15 at strength 1."""
    return _SNR + _SNR_REACH - 2 * _SNR_REACH * scene.one_way(3.0)


def _stretch(wave: Wave, scene: Scene) -> Wave:
    length = max(1, round(len(wave) * float(np.exp(_STRETCH * scene.both_ways()))))
    return time_stretch(wave, length=length, rate=scene.rate)


def _pitch(wave: Wave, scene: Scene) -> Wave:
    return pitch_shift(wave, semitones=_SEMITONES * scene.both_ways(), rate=scene.rate)


def _shift(wave: Wave, scene: Scene) -> Wave:
    return shift(wave, samples=round(_SHIFT * scene.both_ways() * len(wave)))


def _gain(wave: Wave, scene: Scene) -> Wave:
    return gain(wave, decibels=_GAIN * scene.both_ways())


def _polarity(wave: Wave, _: Scene) -> Wave:
    return -wave


def _filter(wave: Wave, scene: Scene) -> Wave:
    half = scene.rate / 2
    low = min(_LOWEST * scene.one_way(), 0.2 * half)
    high = half * (1 - (1 - _HIGHEST) * scene.one_way(1.0))
    return band_pass(wave, low=low, high=high, rate=scene.rate)


def _clip(wave: Wave, scene: Scene) -> Wave:
    return clip_tops(wave, share=1 - _CLIP * scene.one_way(1.5))


def _reverb(wave: Wave, scene: Scene) -> Wave:
    seconds = 0.05 + _ROOM * scene.one_way()
    return reverberate(wave, seconds=seconds, share=_ECHOES * scene.one_way(3.0), rate=scene.rate, rng=scene.rng)


def _mask(wave: Wave, scene: Scene) -> Wave:
    spans = []
    for _ in range(2):
        width = min(_MASK * scene.one_way(), 0.5)
        start = float(scene.rng.uniform(0, 1 - width))
        spans.append((start, start + width))
    return mask(wave, times=spans[0], bands=spans[1], rate=scene.rate)


def _mixup(wave: Wave, scene: Scene) -> Wave:
    return mixup(wave, scene.alike(), weight=1 - _MIX * scene.one_way(3.0))


OPERATIONS: Mapping[str, Callable[[Wave, Scene], Wave]] = {
    "noise": _noise,
    "babble": _babble,
    "stretch": _stretch,
    "pitch": _pitch,
    "shift": _shift,
    "gain": _gain,
    "polarity": _polarity,
    "filter": _filter,
    "clip": _clip,
    "reverb": _reverb,
    "mask": _mask,
    "mixup": _mixup,
}
