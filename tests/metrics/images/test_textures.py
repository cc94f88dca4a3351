"""Numbers of an image that tell noise and blur from pictures, one image at a time."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.data import ArraySamples
from auditkit.metrics.images.textures import texture


def measured(pixels):
    return texture(ArraySamples(np.asarray(pixels, np.uint8)))


def test_numbers_are_those_of_a_slow_loop():
    pixels = np.random.default_rng(0).integers(0, 256, (2, 5, 6, 1))
    light = pixels[1, :, :, 0] / 255.0
    wide = np.pad(light, 1, mode="edge")
    slope, mean = np.array([1, 0, -1]) / 2**0.5, np.ones(3) / 3**0.5
    found = [[(wide[i : i + 3, j : j + 3] * np.outer(slope, mean)).sum() for j in range(6)] for i in range(5)]
    numbers = measured(pixels)
    assert numbers.shape == (2, 35)
    # The first wave is flat along the columns' axis and slopes along the rows'.
    assert numbers[1, 0] == pytest.approx(0.5 * np.log(np.mean(np.square(found)) + 1e-10), abs=1e-12)
    assert numbers[1, 1] == pytest.approx(np.log(np.abs(found).mean() + 1e-5), abs=1e-12)
    assert numbers[1, -3:-1] == pytest.approx([light.mean(), light.std()])
    assert numbers[1, 30] == pytest.approx((light == light.min()).mean())
    assert np.exp(numbers[1, 24:30]).sum() == pytest.approx(1.0, abs=1e-4)


def test_an_image_is_measured_alone_and_a_plain_one_is_finite():
    pixels = np.random.default_rng(1).integers(0, 256, (300, 8, 8, 3))
    pixels[7] = 100
    whole = measured(pixels)
    assert np.isfinite(whole).all()
    np.testing.assert_array_equal(whole[130:140], measured(pixels[130:140]))
    assert measured(pixels[:0]).shape == (0, 35)


def test_noise_raises_the_finest_energy_and_blur_lowers_it():
    ramp = np.add.outer(np.arange(16), np.arange(16))[None, :, :, None] * 6.0
    checked = ramp + 40 * (np.indices((16, 16)).sum(axis=0) % 2)[None, :, :, None]
    noisy = checked + np.random.default_rng(2).normal(0, 20, checked.shape)
    plain, rough, smooth = (measured(np.clip(item, 0, 255))[0, 21] for item in (checked, noisy, ramp + 20))
    assert smooth < plain < rough
