from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import welch

from auditkit.generators.audio.effects import band_pass, clip_tops, gain, mask, reverberate, shift


@pytest.fixture
def noise():
    return np.random.default_rng(0).standard_normal((16_000, 2))


def band_power(wave, low, high):
    hertz, power = welch(wave[:, 0], fs=8000, nperseg=1024)
    return power[(hertz >= low) & (hertz < high)].mean()


def test_a_gain_is_exact(noise):
    assert gain(noise, decibels=-6)[:, 0].std() / noise[:, 0].std() == pytest.approx(10**-0.3)


@pytest.mark.parametrize("samples", [-20_000, -3, 0, 5, 16_000])
def test_a_shift_moves_and_leaves_silence(noise, samples):
    moved = shift(noise, samples=samples)
    expected = np.zeros_like(noise)
    for at in range(0, len(noise), 7):
        if 0 <= at - samples < len(noise):
            expected[at] = noise[at - samples]
    assert np.array_equal(moved[::7], expected[::7])


def test_a_band_pass_keeps_its_band(noise):
    passed = band_pass(noise, low=500, high=2000, rate=8000)
    assert band_power(passed, 800, 1500) == pytest.approx(band_power(noise, 800, 1500), rel=0.15)
    assert band_power(passed, 0, 100) < 0.01 * band_power(noise, 0, 100)
    assert band_power(passed, 3700, 4000) < 0.02 * band_power(noise, 3700, 4000)
    edge = band_power(passed, 1990, 2010) / band_power(noise, 1990, 2010)
    assert 10 * np.log10(edge) == pytest.approx(-3, abs=0.7)


def test_open_edges_of_a_band_pass_do_nothing(noise):
    assert np.array_equal(band_pass(noise, low=0, high=4000, rate=8000), noise)
    assert band_power(band_pass(noise, low=0, high=1000, rate=8000), 0, 300) > 0.9 * band_power(noise, 0, 300)
    assert band_power(band_pass(noise, low=3000, high=9000, rate=8000), 3700, 4000) > 0.5 * band_power(
        noise, 3700, 4000
    )


def test_tops_are_cut_at_a_share_of_the_largest(noise):
    cut = clip_tops(noise, share=0.4)
    assert np.abs(cut).max() == 0.4 * np.abs(noise).max()
    inner = np.abs(noise) < np.abs(cut).max()
    assert np.array_equal(cut[inner], noise[inner])


def test_echoes_fall_by_60_decibels_in_the_time_asked_for():
    click = np.zeros((8000, 1))
    click[0] = 1.0
    heard = reverberate(click, seconds=0.4, share=0.5, rate=8000, rng=np.random.default_rng(0))
    assert (heard**2).sum() == pytest.approx(1)
    assert (heard[1:] ** 2).sum() == pytest.approx(0.5, abs=1e-6)
    early, late = (heard[start : start + 400] ** 2 for start in (100, 1700))
    assert 10 * np.log10(early.mean() / late.mean()) == pytest.approx(30, abs=1.5)
    assert not heard[3300:].any() or np.abs(heard[3300:]).max() < 1e-12


def test_a_mask_silences_a_time_and_a_band_and_leaves_the_rest(noise):
    masked = mask(noise, times=(0.25, 0.5), bands=(0.5, 0.75), rate=8000)
    assert masked.shape == noise.shape
    assert np.abs(masked[4200:7700]).max() < 1e-9
    rest = masked[9000:]
    assert band_power(rest, 2100, 2900) < 0.01 * band_power(noise, 2100, 2900)
    assert band_power(rest, 200, 1800) == pytest.approx(band_power(noise[9000:], 200, 1800), rel=0.02)
    assert mask(noise, times=(0.2, 0.2), bands=(0.9, 0.9), rate=8000) == pytest.approx(noise, abs=1e-9)


@pytest.mark.parametrize("n", [0, 1, 3])
def test_recordings_of_almost_no_samples_survive(n):
    wave = np.ones((n, 1))
    rng = np.random.default_rng(0)
    for made in (
        gain(wave, decibels=3),
        shift(wave, samples=2),
        band_pass(wave, low=100, high=900, rate=8000),
        clip_tops(wave, share=0.5),
        reverberate(wave, seconds=0.1, share=0.3, rate=8000, rng=rng),
        mask(wave, times=(0, 0.5), bands=(0, 0.5), rate=8000),
    ):
        assert made.shape == (n, 1)
        assert np.isfinite(made).all()
