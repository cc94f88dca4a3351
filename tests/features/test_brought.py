"""Embedders that users bring: model files, functions, modules, objects; and the cache of costly ones."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
import torch

from auditkit.data import Dataset, RecordingSamples, SeriesSamples, TextSamples
from auditkit.errors import AuditkitError, DataError
from auditkit.features.cache import VARIABLE, features_of
from auditkit.features.registry import create_embedder


def spoken(*lengths):
    waves = [np.full(length, 0.5) for length in lengths]
    return Dataset.of_table(pd.DataFrame({"n": lengths}), samples=RecordingSamples.of(waves, rate=8000))


class Means(torch.nn.Module):
    """Mean of every channel."""

    def __init__(self) -> None:
        super().__init__()
        self.noise = torch.nn.Dropout(0.5)

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        return self.noise(batch.flatten(2).mean(dim=2))


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "means.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.script(Means()).save(str(path))
    return path


def test_a_scripted_module_gets_images_in_0_to_1(make_images, script):
    data = make_images(5, (6, 4, 3))
    embedder = create_embedder(f"torchscript:{script}", modality="image").fit(data, seed=0)
    assert embedder.transform(data) == pytest.approx(data.arrays().mean(axis=(1, 2)) / 255, abs=1e-6)
    assert embedder.name.startswith("torchscript:means.pt#")
    scaled = create_embedder(f"torchscript:{script}[mean=[0.5,0.5,0.5],std=0.5]", modality="image").fit(data, seed=0)
    assert scaled.transform(data) == pytest.approx(data.arrays().mean(axis=(1, 2)) / 127.5 - 1, abs=1e-6)
    assert scaled.name != embedder.name  # other settings, other features, other name
    assert scaled.fingerprint != embedder.fingerprint


def test_shorter_recordings_of_a_batch_are_filled_up_and_that_is_said(script):
    data = spoken(4, 8)
    embedder = create_embedder(f"torchscript:{script}", modality="audio").fit(data, seed=0)
    assert embedder.transform(data).ravel().tolist() == [0.25, 0.5]
    assert "filled up with zeros" in embedder.notes[1]


def test_a_model_file_that_is_none_or_gives_no_rows_is_told(make_images, tmp_path, script):
    data = make_images(3, (4, 4, 1))
    with pytest.raises(DataError, match="no model file"):
        create_embedder("torchscript:nowhere.pt", modality="image")
    broken = tmp_path / "broken.pt"
    broken.write_bytes(b"no module")
    with pytest.raises(DataError, match="no TorchScript module"):
        create_embedder(f"torchscript:{broken}", modality="image").fit(data, seed=0)
    texts = Dataset.of_table(pd.DataFrame({"n": [1]}), samples=TextSamples.of(["a"]))
    with pytest.raises(DataError, match="takes images, recordings or series"):
        create_embedder(f"torchscript:{script}", modality="image").fit(texts, seed=0)
    with pytest.raises(AuditkitError, match=r"mean as numbers, got '\[\.5\]'"):
        create_embedder(f"torchscript:{script}[mean=[.5]]", modality="image")
    with pytest.raises(AuditkitError, match="needs path: write torchscript:PATH"):
        create_embedder("torchscript", modality="image")


def test_onnx_needs_its_package_or_a_model(make_images, tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(b"no model")
    with pytest.raises((AuditkitError, DataError), match=r"extra \[onnx\]|cannot be read"):
        create_embedder(f"onnx:{path}", modality="image").fit(make_images(2, (4, 4, 1)), seed=0)


def test_a_function_gets_what_the_units_are(make_images):
    images = make_images(4, (3, 3, 1))
    made = create_embedder(lambda batch: batch.reshape(len(batch), -1)[:, :2], modality="image").fit(images, seed=0)
    assert made.name == "function"
    assert made.transform(images).tolist() == images.arrays().reshape(4, -1)[:, :2].tolist()

    def length(batch):
        return [[len(item)] for item in batch]

    texts = Dataset.of_table(pd.DataFrame({"n": [1, 2]}), samples=TextSamples.of(["abc", ""]))
    assert create_embedder(length, modality="text").fit(texts, seed=0).transform(texts).tolist() == [[3.0], [0.0]]
    table = Dataset.of_table(pd.DataFrame({"a": [1.0, 2.0]}))
    found = create_embedder(lambda frame: frame[["a"]], modality="tabular").fit(table, seed=0).transform(table)
    assert found.tolist() == [[1.0], [2.0]]


def test_a_module_runs_in_evaluation_mode_and_is_left_as_it_was():
    module = Means()
    data = Dataset.of_table(pd.DataFrame({"n": [1, 2]}), samples=SeriesSamples.of([np.ones((4, 2)), np.zeros((4, 2))]))
    embedder = create_embedder(module, modality="series").fit(data, seed=0)
    assert embedder.transform(data).tolist() == [[1.0, 1.0], [0.0, 0.0]]
    assert module.training
    assert module.noise.training
    uneven = Dataset.of_table(pd.DataFrame({"n": [1, 2]}), samples=SeriesSamples.of([[1.0], [1.0, 2.0]]))
    with pytest.raises(DataError, match="samples of one length"):
        embedder.transform(uneven)


def test_what_is_no_embedder_is_refused(make_images):
    with pytest.raises(AuditkitError, match="got int"):
        create_embedder(7, modality="image")
    data = make_images(3, (3, 3, 1))
    with pytest.raises(DataError, match="one row of numbers each"):
        create_embedder(lambda _: [1.0], modality="image").fit(data, seed=0).transform(data)


def test_costly_features_are_kept_by_content_only_where_the_user_says_so(make_images, script, tmp_path, monkeypatch):
    data, other = make_images(5, (6, 4, 3)), make_images(4, (6, 4, 3))
    embedder = create_embedder(f"torchscript:{script}", modality="image").fit(data, seed=0)
    folder = tmp_path / "kept"
    folder.mkdir()
    features_of(embedder, data)
    assert not list(folder.iterdir())
    monkeypatch.setenv(VARIABLE, str(folder))
    first = features_of(embedder, data)
    assert len(list(folder.iterdir())) == 1
    monkeypatch.setattr(embedder, "transform", lambda _: pytest.fail("not from the cache"))
    assert features_of(embedder, data).tobytes() == first.tobytes()
    monkeypatch.undo()
    monkeypatch.setenv(VARIABLE, str(folder))
    features_of(embedder, other)
    assert len(list(folder.iterdir())) == 2
    next(folder.iterdir()).write_bytes(b"damaged")
    assert features_of(embedder, data).tobytes() == first.tobytes()
