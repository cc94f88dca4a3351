"""Sets of images and recordings as folders: the same samples, labels and order come back, under names that are safe."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from auditkit.data import ArraySamples, Dataset, RecordingSamples, load
from auditkit.data.wave_files import wave_bytes
from auditkit.errors import DataError

LEVELS = ["a b", "c/d", "c_d", "../e", "."]


def images(ids: list[str] | None = None) -> Dataset:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (10, 4, 5, 3), dtype=np.uint8)
    frame = pd.DataFrame({"kind": LEVELS * 2, "site": ["x", None] * 5})
    made = Dataset.of_table(frame, label="kind", groups=["site"], samples=ArraySamples(pixels))
    return made if ids is None else made.replace_table(frame, samples=pixels, ids=ids)


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_images_come_back_with_labels_groups_order_and_hash(tmp_path) -> None:
    made = images()
    made.save(tmp_path / "out")
    back = load(tmp_path / "out", label="kind", groups=["site"])
    assert back.hash == made.hash
    assert np.array_equal(back.arrays(), made.arrays())
    assert {path.parent for path in (tmp_path / "out").rglob("*.png")} >= {tmp_path / "out" / "a b"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


def test_files_bear_the_ids_where_these_are_safe(tmp_path) -> None:
    ids = ["s0", "S0", "../x", "y/z", "", "..", "a" * 300, "é", "con trol\n", "s0.png"]
    images(ids).save(tmp_path / "out")
    names = files(tmp_path / "out")
    assert len({name.casefold() for name in names}) == 11
    assert {"a b/s0.png", "c_d/S0.png"} <= names
    assert all(len(Path(name).name.encode()) <= 255 for name in names)
    assert load(tmp_path / "out", label="kind", groups=["site"]).hash == images().hash


def test_samples_that_were_read_from_files_keep_their_names(tmp_path) -> None:
    for name in ("one/x.png", "two/x.png", "two/y.png"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((3, 3), len(name) * 9, np.uint8)).save(tmp_path / "in" / name)
    read = load(tmp_path / "in")
    read.take([2, 0]).save(tmp_path / "out")
    assert files(tmp_path / "out") == {"two/y.png", "one/x.png", "metadata.csv"}
    assert load(tmp_path / "out").label_values.tolist() == ["two", "one"]
    read.take([0, 0]).save(tmp_path / "twice")
    assert files(tmp_path / "twice") == {"one/x.png", "one/x-2.png", "metadata.csv"}


def test_recordings_come_back(tmp_path) -> None:
    waves = [np.round(np.sin(np.arange(n) / 5) * 2**14) / 2**15 for n in (30, 20, 25)]
    samples = RecordingSamples.of(waves, rate=8000)
    made = Dataset.of_table(pd.DataFrame({"label": ["b", "a", "b"]}), label="label", samples=samples)
    made.save(tmp_path / "out")
    back = load(tmp_path / "out")
    assert back.hash == made.hash
    assert files(tmp_path / "out") == {"b/0.wav", "a/1.wav", "b/2.wav", "metadata.csv"}


def test_files_of_others_stay(tmp_path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine")
    with pytest.raises(DataError, match="not an empty folder"):
        images().save(tmp_path / "out")
    assert (tmp_path / "out" / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("kind", ["image", "audio", "text"])
def test_samples_of_a_folder_are_called_by_their_path_below_it(kind, tmp_path) -> None:
    source = tmp_path / "set"
    names = ["b/1", "a/2", "a/10"]
    for number, name in enumerate(names):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        match kind:
            case "image":
                Image.fromarray(np.full((4, 4), number, np.uint8)).save(source / f"{name}.png")
            case "audio":
                (source / f"{name}.wav").write_bytes(wave_bytes(np.full((8, 1), 0.25), 8000, pcm=True))
            case _:
                (source / f"{name}.txt").write_text(f"text {number}", encoding="utf-8")
    ending = {"image": "png", "audio": "wav", "text": "txt"}[kind]
    made = load(source, modality=kind)
    assert made.ids.tolist() == [f"a/10.{ending}", f"a/2.{ending}", f"b/1.{ending}"]
    assert load(source, modality=kind, limit=2).ids.tolist() == made.ids.tolist()[:2]
    both = made.take([0]).concat(made.take([2])).take([0, 1, 1])
    assert both.ids.tolist() == [f"a/10.{ending}", f"b/1.{ending}", f"b/1.{ending}#2"]
    if kind != "text":
        both.save(tmp_path / "out")
        assert files(tmp_path / "out") == {f"a/10.{ending}", f"b/1.{ending}", f"b/1-2.{ending}", "metadata.csv"}
