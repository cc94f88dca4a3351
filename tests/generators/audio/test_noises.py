from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import welch

from auditkit.errors import UnknownNameError
from auditkit.generators.audio.noises import COLOURS, babble, coloured_noise, mix_at, mixup


@pytest.mark.parametrize(("colour", "fall"), [("white", 0.0), ("pink", -3.01), ("brown", -6.02)])
def test_the_power_of_noise_falls_by_its_colour(colour, fall):
    noise = coloured_noise((1 << 16, 1), colour=colour, rng=np.random.default_rng(0))
    hertz, power = welch(noise[:, 0], fs=8000, nperseg=2048)
    kept = (hertz > 50) & (hertz < 3500)
    slope = np.polyfit(np.log2(hertz[kept]), 10 * np.log10(power[kept]), 1)[0]
    assert slope == pytest.approx(fall, abs=0.2)


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("snr", [-5.0, 10.0, 40.0])
def test_the_ratio_of_powers_is_that_asked_for(colour, snr):
    rng = np.random.default_rng(1)
    wave = 0.03 * np.sin(np.arange(5000.0) / 9)[:, None]
    mixed = mix_at(wave, coloured_noise(wave.shape, colour=colour, rng=rng), snr=snr)
    found = 10 * np.log10((wave**2).sum() / ((mixed - wave) ** 2).sum())
    assert found == pytest.approx(snr, abs=1e-9)


def test_silence_stays_silence_beside_noise():
    noise = np.ones((5, 1))
    assert not mix_at(noise * 0, noise, snr=10).any()
    assert np.array_equal(mix_at(noise, noise * 0, snr=10), noise)


def test_an_unknown_colour_is_said():
    with pytest.raises(UnknownNameError, match="did you mean 'pink'"):
        coloured_noise((5, 1), colour="pinc", rng=np.random.default_rng(0))


def test_voices_of_a_babble_are_equally_loud():
    rng = np.random.default_rng(0)
    loud, quiet = 5 * rng.standard_normal((400, 1)), 0.01 * rng.standard_normal((300, 1))
    mixed = babble([loud, quiet, np.zeros((10, 1)), np.zeros((0, 1))], length=12_000, rng=rng)
    assert mixed.shape == (12_000, 1)
    assert (mixed**2).mean() == pytest.approx(2, rel=0.1)


def test_a_mixture_is_a_weighted_sum():
    one, other = np.ones((4, 1)), np.full((6, 1), 3.0)
    assert mixup(one, other, weight=0.5).ravel().tolist() == [2.0] * 4
    assert one.ravel().tolist() == [1.0] * 4
