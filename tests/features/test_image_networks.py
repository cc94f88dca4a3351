"""Embedders of images that are networks: random ones, trained ones, Inception-v3."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from auditkit.data.samples import ArraySamples
from auditkit.errors import AuditkitError, DataError, ShapeError
from auditkit.features.fingerprint import fingerprinted_name
from auditkit.features.inception import VARIABLE
from auditkit.features.inception_network import InceptionNetwork
from auditkit.features.registry import create_embedder, restore_embedder


def striped(make_images, n=60, size=(12, 12, 1)):
    """Two classes: stripes along rows, stripes along columns, each shifted by chance."""
    data = make_images(n, size)
    rng = np.random.default_rng(3)
    pixels = np.empty((n, *size), dtype=np.uint8)
    for place in range(n):
        wave = ((np.arange(size[0]) + rng.integers(4)) % 4 < 2) * 200
        pixels[place] = (wave[:, None] if place % 2 else wave[None, :])[..., None] + rng.integers(0, 40, size)
    made = data.replace_table(data.table.assign(label=["rows", "columns"] * (n // 2)), samples=ArraySamples(pixels))
    return made.with_roles(label="label")


@pytest.mark.parametrize("name", ["random_conv", "trained[steps=8]"])
@pytest.mark.parametrize("size", [(12, 12, 1), (5, 9, 3), (66, 66, 1)])
def test_the_same_seed_gives_the_same_bytes_and_comes_back_from_its_state(make_images, name, size):
    data = striped(make_images, n=12, size=size) if size[0] == size[1] else make_images(12, size)
    if data.label is None:
        data = data.replace_table(data.table.assign(label=["a", "b"] * 6), samples=data.samples)
        data = data.with_roles(label="label")
    first, second = (create_embedder(name, modality="image").fit(data, seed=4) for _ in range(2))
    found = first.transform(data)
    assert found.dtype == np.float32
    assert len(found) == 12
    assert np.isfinite(found).all()
    assert found.tobytes() == second.transform(data).tobytes()
    assert restore_embedder(name, first.state(), modality="image").transform(data).tobytes() == found.tobytes()
    assert first.transform(data.take([])).shape == (0, found.shape[1])


def test_random_convolutions_put_shifted_images_nearer_than_pixels_do(make_images):
    data = striped(make_images)

    def ratio(name):
        found = create_embedder(name, modality="image").fit(data, seed=0).transform(data)
        far = ((found[:, None] - found) ** 2).sum(axis=2)
        same = (np.arange(60)[:, None] - np.arange(60)) % 2 == 0
        return far[same].mean() / far[~same].mean()

    assert ratio("random_conv") < 0.8 * ratio("pixels")


def test_a_trained_network_separates_the_classes_it_learnt(make_images):
    data = striped(make_images, n=120)
    found = create_embedder("trained[steps=80]", modality="image").fit(data, seed=0).transform(data)
    rows, columns = found[1::2], found[::2]
    apart = ((rows.mean(axis=0) - columns.mean(axis=0)) ** 2).sum()
    assert apart > 3 * (rows.var(axis=0).sum() + columns.var(axis=0).sum()) / 2


def test_a_trained_network_needs_two_classes(make_images):
    data = make_images(9, (6, 6, 1))
    alike = data.replace_table(data.table.assign(label="a"), samples=data.samples)
    with pytest.raises(DataError, match="two classes at least"):
        create_embedder("trained", modality="image").fit(alike, seed=0)


@pytest.mark.parametrize("name", ["random_conv", "trained[steps=2]"])
def test_images_of_another_shape_are_refused(make_images, name):
    data = striped(make_images, n=12)
    embedder = create_embedder(name, modality="image")
    with pytest.raises(AuditkitError, match="must be fitted"):
        embedder.transform(data)
    with pytest.raises(ShapeError, match="resize them first"):
        embedder.fit(data, seed=0).transform(make_images(3, (6, 6, 1)))


def test_every_score_bears_what_its_embedder_computes(make_images):
    data = striped(make_images, n=12)
    names = {
        fingerprinted_name(create_embedder("pixels", modality="image").fit(part, seed=0))
        for part in (data, data, data.take(np.arange(6)))
    }
    assert len(names) == 2
    assert all(name.startswith("pixels#") and len(name) == 19 for name in names)


def test_inception_has_the_shape_of_the_network_that_fid_is_defined_on():
    network = InceptionNetwork()
    assert sum(item.numel() for item in network.parameters()) == 21_785_568
    assert network.Mixed_7c.branch_pool.conv.weight.shape == (192, 2048, 1, 1)
    assert network.Mixed_6b.branch7x7dbl_5.conv.weight.shape == (192, 128, 1, 7)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Random weights of the right shapes."""
    path = tmp_path_factory.mktemp("weights") / "inception.safetensors"
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(1)
        save_file(InceptionNetwork().state_dict(), path)
    return path


def test_inception_reads_local_weights_and_says_which(make_images, weights, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(weights))
    data = make_images(2, (8, 8, 1))
    embedder = create_embedder("inception", modality="image").fit(data, seed=0)
    found = embedder.transform(data)
    assert found.shape == (2, 2048)
    assert np.isfinite(found).all()
    assert embedder.name.startswith("inception[bicubic]#")
    plain = create_embedder("inception[resize=bilinear-plain]", modality="image").fit(data, seed=0)
    assert plain.name != embedder.name
    assert "bilinear-plain" in plain.notes[0]


def test_a_scripted_inception_resizes_itself(make_images, tmp_path):
    class Scripted(torch.nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return images.flatten(1).to(torch.float32)[:, :1].repeat(1, 2048)

    path = tmp_path / "inception.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.trace(Scripted(), torch.zeros((2, 3, 8, 8), dtype=torch.uint8)).save(str(path))
    data = make_images(3, (8, 8, 3))
    found = create_embedder(f"inception[weights={path}]", modality="image").fit(data, seed=0).transform(data)
    assert found[:, 5].tolist() == data.arrays()[:, 0, 0, 0].tolist()


def test_inception_without_the_right_file_says_what_is_missing(make_images, tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(AuditkitError, match="local file of weights"):
        create_embedder("inception", modality="image")
    with pytest.raises(DataError, match="no file of Inception weights"):
        create_embedder("inception[weights=nowhere.pt]", modality="image")
    path = tmp_path / "other.safetensors"
    save_file({"a": torch.zeros(2)}, path)
    with pytest.raises(DataError, match="lacks 470 of 470 arrays"):
        create_embedder(f"inception[weights={path}]", modality="image").fit(make_images(2, (4, 4, 1)), seed=0)
