from __future__ import annotations

import numpy as np
import pytest

from auditkit.generators.audio.stretching import pitch_shift, time_stretch


def tone(hertz, rate, seconds=0.5, channels=1):
    wave = np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate + 0.3)
    return np.repeat(wave[:, None], channels, axis=1)


def pitch_of(wave, rate):
    """Frequency of the strongest tone, from a parabola through its logarithmic spectrum."""
    inner = wave[int(len(wave) * 0.08) : int(len(wave) * 0.92), 0]
    size = 1 << 20
    spectrum = np.abs(np.fft.rfft(inner * np.hanning(len(inner)), size))
    top = spectrum.argmax()
    before, here, after = np.log(spectrum[top - 1 : top + 2])
    return (top + 0.5 * (before - after) / (before - 2 * here + after)) * rate / size


def cents(one, other):
    return 1200 * np.log2(one / other)


@pytest.mark.parametrize("rate", [8000, 44_100])
@pytest.mark.parametrize("hertz", [90.0, 440.3, 2333.1])
def test_a_stretched_tone_keeps_its_pitch_and_has_the_length_asked_for(hertz, rate):
    wave = tone(hertz, rate)
    for factor in (0.8, 1.07, 1.25):
        made = time_stretch(wave, length=round(len(wave) * factor), rate=rate)
        assert made.shape == (round(len(wave) * factor), 1)
        assert abs(cents(pitch_of(made, rate), hertz)) < 1


@pytest.mark.parametrize("semitones", [-4.0, -0.31, 1.7, 3.0])
def test_a_shifted_tone_has_exactly_the_pitch_asked_for_and_its_length(semitones):
    wave = tone(440.3, 16_000)
    made = pitch_shift(wave, semitones=semitones, rate=16_000)
    assert made.shape == wave.shape
    assert abs(cents(pitch_of(made, 16_000), 440.3) - 100 * semitones) < 1


def test_a_stretched_tone_stays_pure():
    made = time_stretch(tone(440, 16_000, 2), length=40_000, rate=16_000)[4000:-4000, 0]
    time = np.arange(len(made)) * 2 * np.pi * 440 / 16_000
    basis = np.stack([np.sin(time), np.cos(time)], axis=1)
    rest = made - basis @ np.linalg.lstsq(basis, made, rcond=None)[0]
    assert 10 * np.log10((made**2).sum() / (rest**2).sum()) > 60


def test_nothing_changes_where_nothing_is_asked_for():
    noise = np.random.default_rng(0).standard_normal((3000, 2))
    assert np.array_equal(time_stretch(noise, length=3000, rate=8000), noise)
    assert np.array_equal(pitch_shift(noise, semitones=0, rate=8000), noise)


def test_channels_stay_together():
    wave = np.random.default_rng(0).standard_normal((4000, 1)) @ [[1.0, -0.5]]
    made = time_stretch(wave, length=5000, rate=8000)
    assert made[:, 1] == pytest.approx(-0.5 * made[:, 0], abs=1e-12)
    opposite = np.concatenate([wave[:, :1], -wave[:, :1]], axis=1)
    assert np.abs(time_stretch(opposite, length=5000, rate=8000)).max() > 0.5


@pytest.mark.parametrize("n", [0, 1, 2, 50])
def test_very_short_and_silent_recordings_are_stretched_too(n):
    wave = np.random.default_rng(0).standard_normal((n, 1))
    assert time_stretch(wave, length=7, rate=8000).shape == (7, 1)
    assert time_stretch(wave, length=0, rate=8000).shape == (0, 1)
    assert pitch_shift(wave, semitones=2, rate=8000).shape == (n, 1)
    assert not time_stretch(wave * 0, length=70, rate=8000).any()
