from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA

from auditkit.data.samples import ArraySamples
from auditkit.errors import AuditkitError, DataError, ShapeError
from auditkit.features.images import PixelEmbedder


def flat(dataset):
    return dataset.arrays().reshape(len(dataset), -1) / 255 - 0.5


def test_features_are_principal_components(make_images):
    data = make_images(90, (6, 5, 1))
    features = PixelEmbedder().fit(data, seed=0).transform(data)
    oracle = PCA(n_components=30, svd_solver="full").fit_transform(flat(data))
    assert np.abs(features) == pytest.approx(np.abs(oracle), abs=1e-4)


def test_large_images_find_the_same_leading_components(make_images):
    data = make_images(60, (20, 20, 3))
    features = PixelEmbedder().fit(data, seed=0).transform(data)
    oracle = PCA(n_components=6, svd_solver="full").fit_transform(flat(data))
    assert np.abs(features[:, :6]) == pytest.approx(np.abs(oracle), abs=1e-3)


def test_huge_images_are_averaged_over_squares(make_images):
    data = make_images(4, (71, 40, 3))
    embedder = PixelEmbedder().fit(data, seed=0)
    assert embedder.transform(data).shape == (4, 3)
    assert "squares of 2 pixels" in embedder.notes[1]


def test_noise_lies_far_from_the_space_of_the_components(make_images):
    data = make_images(200, (12, 12, 1))
    flat_ones = data.replace_table(data.table, samples=ArraySamples(data.arrays() // 64 * 0 + 128))
    embedder = PixelEmbedder().fit(data, seed=0)
    own, other = embedder.transform(data), embedder.transform(flat_ones)
    assert own.shape == (200, 65)
    pixels = flat(data) - flat(data).mean(axis=0)
    rest = np.sqrt((pixels**2).sum(axis=1) - (own[:, :8] ** 2).sum(axis=1))
    assert own[:, 64] == pytest.approx(rest, abs=1e-3)
    assert np.ptp(other[:, 64]) < 1e-3


def test_the_number_of_threads_changes_nothing(make_images, monkeypatch):
    data = make_images(300, (20, 20, 3))
    found = []
    for threads in ("1", "2"):
        monkeypatch.setenv("AUDITKIT_THREADS", threads)
        found.append(PixelEmbedder().fit(data, seed=3).transform(data).tobytes())
    assert found[0] == found[1]


def test_an_empty_set_has_no_features(make_images):
    data = make_images(9, (4, 4, 1))
    assert PixelEmbedder().fit(data, seed=0).transform(data.take([])).shape == (0, 8)


def test_wrong_use_is_said(make_images, table):
    data = make_images(9, (4, 4, 1))
    with pytest.raises(AuditkitError, match="fitted before"):
        PixelEmbedder().transform(data)
    with pytest.raises(DataError, match="needs images"):
        PixelEmbedder().fit(table, seed=0)
    with pytest.raises(ShapeError, match="resize them"):
        PixelEmbedder().fit(data, seed=0).transform(make_images(9, (5, 4, 1)))


def test_the_distance_does_not_tell_training_images_from_fresh_ones(make_images):
    """From the space of all 64 components training images would be a third nearer than fresh ones."""
    rng = np.random.default_rng(7)
    base = make_images(600, (16, 16, 1))
    noise = rng.integers(0, 256, (600, 16, 16, 1), dtype=np.uint8)
    data = base.replace_table(base.table, samples=ArraySamples(noise))
    train, fresh = data.take(np.arange(300)), data.take(np.arange(300, 600))
    embedder = PixelEmbedder().fit(train, seed=0)
    own, other = (np.median(embedder.transform(part)[:, -1]) for part in (train, fresh))
    assert own / other == pytest.approx(1.0, abs=0.05)
