"""Normal distributions of components: moments kept, mixtures told apart, settings checked."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.data import load
from auditkit.errors import AuditkitError
from auditkit.generators.image.gaussian import ImageGaussian


def normal_images(n=600, seed=0):
    rng = np.random.default_rng(seed)
    base = rng.normal(0, 12, (n, 2)) @ rng.normal(0, 1, (2, 16)) + 128
    return np.clip(np.round(base), 0, 255).astype(np.uint8).reshape(n, 4, 4, 1)


def test_means_and_covariances_are_those_of_the_images():
    images = normal_images()
    made = ImageGaussian().fit(load(images, modality="image")).sample(6000, seed=1).arrays()
    real, drawn = (part.reshape(len(part), -1).astype(float) for part in (images, made))
    np.testing.assert_allclose(drawn.mean(axis=0), real.mean(axis=0), atol=1.5)
    scale = np.abs(np.cov(real.T)).max()
    np.testing.assert_allclose(np.cov(drawn.T) / scale, np.cov(real.T) / scale, atol=0.08)


def test_a_mixture_keeps_two_heaps_apart():
    rng = np.random.default_rng(0)
    heap = np.repeat([60, 200], 100)[:, None] + rng.integers(-40, 41, (200, 16))
    data = load(heap.astype(np.uint8).reshape(200, 4, 4, 1), modality="image")
    shades = {
        mixture: ImageGaussian(mixture=mixture).fit(data).sample(300, seed=1).arrays().mean(axis=(1, 2, 3))
        for mixture in (1, 2)
    }
    between = {mixture: ((shade > 100) & (shade < 160)).mean() for mixture, shade in shades.items()}
    assert between[1] > 0.2
    assert between[2] == 0


def test_images_of_more_pixels_than_rows_work(large_barred):
    made = ImageGaussian(components=8).fit(large_barred).sample(20, conditions={"where": "top"}, seed=1).arrays()
    assert (made[:, :10].mean(axis=(1, 2, 3)) > made[:, 10:].mean(axis=(1, 2, 3))).all()


def test_settings_below_one_are_refused():
    with pytest.raises(AuditkitError, match="components must be at least 1"):
        ImageGaussian(components=0)
    with pytest.raises(AuditkitError, match="mixture must be at least 1"):
        ImageGaussian(mixture=0)
