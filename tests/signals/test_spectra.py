from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import ShortTimeFFT

from auditkit.signals.mel import MelScale, mel_filters
from auditkit.signals.spectra import frame_count, griffin_lim, hann, inverse_stft, power_frames, stft


@pytest.fixture
def wave():
    return np.random.default_rng(0).standard_normal(1003)


def test_spectra_are_those_of_scipy(wave):
    window = hann(64)
    oracle = ShortTimeFFT(window, hop=16, fs=1.0, phase_shift=None)
    n_frames = frame_count(len(wave), hop=16) + 1
    expected = oracle.stft(wave, p0=0, p1=n_frames).T
    assert stft(wave, window=window, hop=16) == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize(("width", "hop", "length"), [(64, 16, 1003), (64, 32, 64), (30, 10, 7), (16, 4, 0)])
def test_a_signal_comes_back_from_its_spectrum(wave, width, hop, length):
    window = hann(width)
    spectrum = stft(wave[:length], window=window, hop=hop)
    assert inverse_stft(spectrum, window=window, hop=hop, length=length) == pytest.approx(wave[:length], abs=1e-9)


def test_a_sine_of_full_scale_has_power_one():
    tone = np.sin(2 * np.pi * 1000 / 8000 * np.arange(8000))
    power = power_frames(tone, window=hann(200), hop=80, n_fft=400, start=20, stop=40)
    assert power.max(axis=1) == pytest.approx(1, abs=1e-5)
    assert (power.argmax(axis=1) == 50).all()


def test_frames_beyond_the_end_are_silent():
    assert not power_frames(np.ones(10), window=hann(8), hop=4, n_fft=8, start=5, stop=9).any()


def test_griffin_lim_finds_phases_that_fit(wave):
    window = hann(128)
    magnitude = np.abs(stft(wave, window=window, hop=32))
    found = griffin_lim(magnitude, window=window, hop=32, length=len(wave), rng=np.random.default_rng(0))
    again = np.abs(stft(found, window=window, hop=32))
    assert np.linalg.norm(again - magnitude) / np.linalg.norm(magnitude) < 0.12
    same = griffin_lim(magnitude, window=window, hop=32, length=len(wave), rng=np.random.default_rng(0))
    assert found.tobytes() == same.tobytes()


def test_mel_bands_are_triangles_of_equal_width_to_the_ear():
    filters = mel_filters(20, n_fft=4096, rate=16000).astype(np.float64)
    hertz = np.arange(2049) * 16000 / 4096
    tops = 2595 * np.log10(1 + hertz[filters.argmax(axis=1)] / 700)
    assert np.diff(tops) == pytest.approx(np.diff(tops).mean(), rel=0.05)
    assert filters.sum(axis=1) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("rate", [1, 50, 8000, 44_100, 192_000])
def test_any_rate_has_bands_that_hear_something(rate):
    filters = mel_filters(40, n_fft=MelScale(rate).n_fft, rate=rate)
    assert np.isfinite(filters).all()
    assert (filters.sum(axis=1) > 0.99).all()


def test_white_noise_has_even_bands_and_channels_are_averaged():
    noise = np.random.default_rng(0).standard_normal((160_000, 1)).astype(np.float32)
    power = MelScale(8000).power(noise).mean(axis=0)
    assert power == pytest.approx(power.mean(), rel=0.1)
    silent = np.concatenate([noise, noise * 0], axis=1)
    assert MelScale(8000).power(silent).mean(axis=0) == pytest.approx(power / 2, rel=1e-4)


def test_long_recordings_are_read_in_pieces_without_a_seam():
    wave = np.random.default_rng(1).standard_normal((80 * 3000, 1)).astype(np.float32)
    scale = MelScale(8000)
    whole = scale.power(wave)
    assert len(whole) == 3000
    assert whole[2040:2060] == pytest.approx(scale.power(wave[80 * 2000 : 80 * 2200])[40:60], rel=1e-4)
