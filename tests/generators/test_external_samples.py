"""Texts, recordings and series from outside: functions, files, folders, commands."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from auditkit.data import Dataset, RecordingSamples, SeriesSamples, TextSamples
from auditkit.errors import DataError
from auditkit.generators import create


def real(modality: str, n: int = 12) -> Dataset:
    rng = np.random.default_rng(0)
    samples: object
    if modality == "text":
        samples = TextSamples.of(f"text number {place} of some" for place in range(n))
    elif modality == "audio":
        samples = RecordingSamples.of([np.round(rng.random(30 + place) * 99) / 2**15 for place in range(n)], rate=8000)
    else:
        samples = SeriesSamples.of([rng.random((5 + place, 2)) for place in range(n)], names=["a", "b"])
    table = pd.DataFrame({"kind": ["x", "y"] * (n // 2), "weight": np.arange(n) / 4})
    return Dataset.of_table(table, label="kind", samples=samples)


@pytest.mark.parametrize("modality", ["text", "audio", "series"])
def test_functions_give_samples_and_labels(modality: str) -> None:
    data = real(modality)

    def make(n: int) -> tuple[list[object], list[str]]:
        return list(data.arrays()[:n]), ["y"] * n

    made = create("external", function=make).fit(data).sample(5)
    assert (made.modality, made.label_values.tolist()) == (modality, ["y"] * 5)
    with pytest.raises(DataError, match="real data have the label 'kind'"):
        create("external", function=lambda n: list(data.arrays()[:n])).fit(data).sample(5)


@pytest.mark.parametrize(
    ("modality", "name"), [("text", "a.jsonl"), ("audio", "a"), ("series", "a.npz"), ("series", "a.csv")]
)
def test_files_and_folders_are_read_as_the_real_data_are(tmp_path: Path, modality: str, name: str) -> None:
    data = real(modality)
    data.save(tmp_path / name)
    made = create("external", path=tmp_path / name).fit(data).sample(12, seed=1)
    assert (made.modality, sorted(made.label_values)) == (modality, sorted(data.label_values))
    assert made.schema == data.schema


def test_frames_of_texts_are_texts() -> None:
    frame = pd.DataFrame({"text": ["a b", "c"], "kind": ["x", "y"]})
    made = create("external", function=lambda: frame).fit(real("text")).sample(2)
    assert made.arrays().tolist() == ["a b", "c"]


def test_recordings_of_a_command_outlive_its_folder(tmp_path: Path) -> None:
    data = real("audio")
    data.save(tmp_path / "ready")
    code = f"import shutil, sys; shutil.copytree({str(tmp_path / 'ready')!r}, sys.argv[1])"
    made = create("external", command=[sys.executable, "-c", code, "{out}"], output="waves").fit(data).sample(3)
    assert [wave.shape[1] for wave in made.arrays()] == [1, 1, 1]
