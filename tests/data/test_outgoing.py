"""What a set hands to other libraries comes back as the same set."""

from __future__ import annotations

import json

import datasets
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch
from torch.utils.data import DataLoader

from auditkit.data import ArraySamples, Dataset, RecordingSamples, SeriesSamples, TextSamples, load
from auditkit.errors import DataError, MissingDependencyError

RNG = np.random.default_rng(0)
COLUMNS = pd.DataFrame({"kind": ["cat", "dog", "cat", None], "sex": ["f", "m", "m", "f"], "age": [1.5, np.nan, 3, 4]})
TABLE = COLUMNS.assign(
    n=[1, 2, 3, 4], ok=[True, False, True, True], at=pd.to_datetime(["2020-01-01", "2021-02-03", None, "2022-01-01"])
)
SAMPLES = {
    "image": ArraySamples(RNG.integers(0, 256, (4, 5, 4, 3)).astype(np.uint8)),
    "grey": ArraySamples(RNG.integers(0, 256, (4, 5, 4, 1)).astype(np.uint8)),
    "text": TextSamples.of(["see you", "win\nnow", "", "a"]),
    "audio": RecordingSamples.of([RNG.normal(size=(size, 2)).astype(np.float32) for size in (5, 9, 7, 6)], rate=8000),
    "pcm": RecordingSamples.of([np.array([0.5, -0.25]), np.zeros(3), np.ones(2) / 4, np.ones(1) / 2], rate=8000),
    "series": SeriesSamples.of([RNG.normal(size=(size, 2)) for size in (5, 9, 7, 6)], names=["up", "down"]),
}
FRAMES = {
    "pandas": (Dataset.to_pandas, pd.DataFrame),
    "arrow": (Dataset.to_arrow, pa.Table),
    "polars": (Dataset.to_polars, pl.DataFrame),
}
SETS = {"huggingface": Dataset.to_huggingface, "torch": Dataset.to_torch}
IDS = ["p", "q", "r", "s"]


def made(name):
    frame, samples = (TABLE, None) if name == "tabular" else (COLUMNS, SAMPLES[name])
    found = load(frame.assign(id=IDS), label="kind", groups="sex", ids="id") if samples is None else None
    if found is None:
        found = Dataset.of_table(frame, label="kind", groups=["sex"], samples=samples)
    return found.replace_table(found.table, samples=samples, ids=IDS)


def same(found, expected):
    assert found.hash == expected.hash
    assert found.ids.tolist() == expected.ids.tolist()
    assert (found.label, found.groups, found.modality) == (expected.label, expected.groups, expected.modality)
    assert found.label_values.tolist() == expected.label_values.tolist()
    assert found.schema == expected.schema


def back(given, like, **more):
    modality = None if like.modality in {"tabular", "image"} else like.modality
    rate = like.schema.rate if more.pop("torch", False) else None
    return load(given, label="kind", groups=["sex"], ids="id", modality=modality, rate=rate, **more)


@pytest.mark.parametrize("name", ["tabular", "text", "series"])
@pytest.mark.parametrize("kind", FRAMES)
def test_frames_come_back_as_the_same_set(name, kind):
    dataset, (hand, expected) = made(name), FRAMES[kind]
    given = hand(dataset, ids="id")
    assert isinstance(given, expected)
    same(back(given, dataset), dataset)


@pytest.mark.parametrize("name", ["tabular", *SAMPLES])
@pytest.mark.parametrize("kind", SETS)
def test_sets_come_back_as_the_same_set(name, kind):
    dataset = made(name)
    given = SETS[kind](dataset, ids="id")
    assert len(given) == 4
    same(back(given, dataset, torch=kind == "torch", schema=dataset.schema), dataset)


def test_hugging_face_features_say_what_the_columns_are(tmp_path):
    given = made("image").to_huggingface()
    assert given.features["image"] == datasets.Image()
    assert given.features["kind"] == datasets.ClassLabel(names=["cat", "dog"])
    assert given.features["sex"] == datasets.ClassLabel(names=["f", "m"])
    assert given.features["age"] == datasets.Value("float64")
    assert given["kind"][:] == [0, 1, 0, None]
    assert (np.asarray(given[1]["image"]) == SAMPLES["image"].pixels[1]).all()
    assert made("audio").to_huggingface().features["audio"] == datasets.Audio(sampling_rate=8000)
    assert made("text").to_huggingface().features["text"] == datasets.Value("string")
    assert made("series").to_huggingface().features["up"] == datasets.List(datasets.Value("float64"))
    given.save_to_disk(tmp_path / "set")
    same(
        load(datasets.load_from_disk(tmp_path / "set"), label="kind", groups="sex"),
        load(given, groups="sex", label="kind"),
    )


def test_the_record_of_provenance_goes_along():
    dataset = load(TABLE, label="kind", licence="CC-BY-4.0", consent="given")
    given = dataset.to_huggingface()
    assert given.info.license == "CC-BY-4.0"
    assert json.loads(given.info.description)["provenance"] == dict(dataset.provenance)
    assert json.loads(dataset.to_arrow().schema.metadata[b"auditkit.provenance"]) == dict(dataset.provenance)
    assert load(TABLE).to_arrow().schema.metadata is None


def test_torch_items_go_through_a_loader():
    given = made("image").to_torch(ids="id")
    assert given.classes == ["cat", "dog"]
    (batch,) = DataLoader(given, batch_size=4)
    assert batch["image"].shape == (4, 3, 5, 4)
    assert batch["image"].dtype == torch.float32
    assert batch["kind"].tolist() == [0, 1, 0, -1]
    assert batch["id"] == IDS
    assert batch["age"].isnan().tolist() == [False, True, False, False]
    with pytest.raises(IndexError):
        given[4]


def test_a_label_that_is_an_amount_stays_one():
    dataset = load(pd.DataFrame({"x": range(40), "price": np.linspace(0, 1, 40)}), label="price")
    assert dataset.to_huggingface().features["price"] == datasets.Value("float64")
    assert dataset.to_torch().classes is None
    assert load(dataset.to_torch(), label="price", schema=dataset.schema).hash == dataset.hash


def test_units_of_several_rows_keep_their_key():
    panel = load(pd.DataFrame({"k": ["b", "b", "a"], "t": [2, 1, 1], "x": [1.0, 2.0, 3.0]}), key="k", order="t")
    assert load(panel.to_polars(), key="k", order="t").hash == panel.hash
    with pytest.raises(DataError, match="the key 'k' names the samples of the table: leave ids= out"):
        panel.to_pandas(ids="id")
    with pytest.raises(DataError, match="have several rows each"):
        panel.to_torch()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: made("image").to_pandas(), "holds images, which fit no frame: use to_huggingface"),
        (lambda: made("audio").to_polars(), "holds recordings, which fit no frame"),
        (lambda: made("tabular").to_arrow(ids="age"), "has a column 'age' already"),
        (lambda: Dataset.of_table(COLUMNS.assign(text="a"), samples=SAMPLES["text"]).to_pandas(), "'text' already"),
        (lambda: Dataset.of_table(COLUMNS.assign(image="a"), samples=SAMPLES["image"]).to_torch(), "'image' already"),
    ],
)
def test_what_a_library_cannot_hold_is_told(call, words):
    with pytest.raises(DataError, match=words):
        call()


@pytest.mark.parametrize(
    ("package", "method", "extra"), [("polars", "polars", "polars"), ("datasets", "huggingface", "hf")]
)
def test_a_library_that_is_not_installed_names_its_extra(monkeypatch, package, method, extra):
    monkeypatch.setitem(__import__("sys").modules, package, None)
    with pytest.raises(
        MissingDependencyError, match=rf"needs {package}: install the extra, as pip install '.\[{extra}\]'"
    ):
        getattr(made("tabular"), f"to_{method}")()


def test_a_set_stays_as_it_is():
    dataset = made("tabular")
    before = dataset.hash
    frame = dataset.to_pandas()
    frame["age"] = 0.0
    assert load(dataset.table, label="kind", groups="sex").hash == before
