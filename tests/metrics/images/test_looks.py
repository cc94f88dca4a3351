from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, laplace
from scipy.stats import ks_2samp

from auditkit.errors import DataError, SampleSizeError, ShapeError, UndefinedError
from auditkit.metrics import registry
from auditkit.metrics.images.looks import (
    brightness_similarity,
    contrast_similarity,
    looks_of,
    sharpness_similarity,
)
from auditkit.metrics.images.sides import image_sides, luminance
from auditkit.metrics.products import Side

SIMILARITIES = (sharpness_similarity, contrast_similarity, brightness_similarity)


def pictures(n, seed=0, shape=(9, 7, 3)):
    """Smooth blobs with noise, in the range 20 to 235."""
    rng = np.random.default_rng(seed)
    rows, columns = np.indices(shape[:2])
    waves = np.stack([np.sin(rng.uniform(0.2, 0.9) * rows + rng.uniform(0, 3)) + columns / 9 for _ in range(n)])
    made = 110 + 50 * waves[..., None] + rng.normal(0, 5, (n, *shape))
    return np.clip(made, 20, 235).astype(np.uint8)


def test_numbers_are_those_of_scipy():
    images = pictures(6)
    found = looks_of(image_sides(real=images)["real"])
    for place, light in enumerate(luminance(images)):
        edges = laplace(light, mode="nearest").var()
        assert found.sharpness[place] == pytest.approx(np.log10(edges), abs=1e-9)
        assert found.contrast[place] == pytest.approx(light.std(), abs=1e-12)
        assert found.brightness[place] == pytest.approx(light.mean(), abs=1e-12)


def test_similarities_are_one_less_the_distance_of_kolmogorov_and_smirnov():
    real, synthetic = pictures(40), np.clip(pictures(30, seed=1).astype(int) * 0.8 + 10, 0, 255).astype(np.uint8)
    looks = [looks_of(image_sides(real=images)["real"]) for images in (real, synthetic)]
    for metric, name in zip(SIMILARITIES, ("sharpness", "contrast", "brightness"), strict=True):
        oracle = 1 - ks_2samp(*(getattr(item, name) for item in looks)).statistic
        assert metric(real=real, synthetic=synthetic) == pytest.approx(oracle, abs=1e-12)
        assert metric(real=real, synthetic=real) == 1.0


def test_blurred_images_are_not_sharp_and_paler_ones_lack_contrast():
    real, other = pictures(60), pictures(60, seed=2)
    blurred = gaussian_filter(other, (0, 1, 1, 0))
    assert sharpness_similarity(real=real, synthetic=other) > 0.7
    assert sharpness_similarity(real=real, synthetic=blurred) < 0.4
    paler = (other // 3 + 80).astype(np.uint8)
    assert contrast_similarity(real=real, synthetic=paler) < 0.2


def test_a_single_pixel_and_a_plain_image_have_looks():
    found = looks_of(image_sides(real=np.full((2, 1, 1), 51, np.uint8))["real"])
    assert found.sharpness.tolist() == [-6.0, -6.0]
    assert found.brightness.tolist() == pytest.approx([0.2, 0.2])


def test_what_are_no_images_is_told():
    images = pictures(3)
    with pytest.raises(DataError, match="`real` must hold images as uint8"):
        sharpness_similarity(real=images.astype(float), synthetic=images)
    with pytest.raises(DataError, match="`synthetic` holds no images"):
        sharpness_similarity(real=images, synthetic=["a"])
    with pytest.raises(ShapeError, match="give one shape"):
        sharpness_similarity(real=images, synthetic=images[:, :5])
    with pytest.raises(SampleSizeError, match="`synthetic` has no images"):
        sharpness_similarity(real=images, synthetic=images[:0])
    with pytest.raises(UndefinedError, match="images at hand"):
        looks_of(Side(np.zeros((3, 2))))


def test_they_are_metrics_of_images_alone():
    for metric in SIMILARITIES:
        assert registry.get(metric.__name__).modalities == ("image",)
