"""Sources that would mislead in silence: each is refused in one sentence, with the place or the count."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.io import wavfile

from auditkit.data import Dataset, TextSamples, load
from auditkit.errors import DataError, ShapeError

PANEL = pd.DataFrame(
    {
        "who": ["b", "b", "b", "a", "a"],
        "at": [3, 1, 2, 1, 2],
        "pulse": [63.0, 61.0, 62.0, 71.0, 72.0],
        "sex": ["m", "m", "m", "f", "f"],
        "born": [1980, 1980, 1980, 1990, 1990],
    }
)
TS = "@classLabel true a b\n@data\n"


def series(**columns: object):
    return load(PANEL.assign(**columns), modality="series", key="who", order="at")


def test_a_label_or_group_that_changes_within_a_series_is_refused():
    told = r"column 'ill' of the table changes within a unit \(1 time\(s\)\)"
    for cells in ([0, 1, 0, 1, 1], list("xyxzz")):
        frame = PANEL.assign(ill=cells)
        with pytest.raises(DataError, match=told):
            load(frame, modality="series", key="who", order="at", label="ill")
        with pytest.raises(DataError, match=told):
            load(frame, modality="series", key="who", order="at", groups=["ill"])


def test_a_column_that_describes_real_series_may_not_change_within_synthetic_ones():
    schema = series().schema
    with pytest.raises(DataError, match="column 'sex' of the table changes within a series"):
        load(PANEL.assign(sex=list("mfmff")), modality="series", key="who", order="at", schema=schema)
    extra = load(PANEL.assign(mood=list("xyxyx")), modality="series", key="who", order="at", schema=schema)
    assert "mood" not in extra.table


def test_steps_that_are_missing_or_repeat_are_refused_with_their_count():
    with pytest.raises(DataError, match=r"order column 'at' of the table is missing in 1 row\(s\)"):
        series(at=[3, 1, None, 1, 2])
    with pytest.raises(DataError, match=r"order column 'at' of the table repeats 2 step\(s\) within a series"):
        series(at=[1, 1, 1, 1, 2])


def test_text_orders_steps_only_where_it_is_numbers_or_dates():
    with pytest.raises(DataError, match=r"order column 'at' of the table has 5 step\(s\) that are no numbers"):
        series(at=["s10", "s1", "s9", "s1", "s2"])
    wanted = [[61.0], [62.0], [63.0]]
    for steps in (
        ["010", "001", "9", "1", "2"],
        ["2020-02-10", "2019-12-31", "2020-02-09", "2020-01-01", "2020-01-02"],
    ):
        assert series(at=steps).arrays()[0].tolist() == wanted


@pytest.mark.parametrize(
    ("line", "words"),
    [("1,2,3", "line 4: found no class"), ("1,2,3:", "line 4: found no class"), ("a", "line 4: found no class"),
     ("1,2,3:c", "line 4: found the class 'c', which the head does not declare")],
)  # fmt: skip
def test_a_line_of_an_archive_has_a_class_that_its_head_declares(tmp_path: Path, line: str, words: str) -> None:
    (tmp_path / "x.ts").write_text(TS + "1,2,3:a\n" + line + "\n")
    with pytest.raises(DataError, match=words):
        load(tmp_path / "x.ts")


def test_texts_with_lone_surrogates_are_refused_with_their_count(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"text":"fine \\ud83d\\ude00"}\n{"text":"\\ud83d x y"}\n{"text":"\\udc00"}\n')
    with pytest.raises(
        DataError, match=r"has 2 text\(s\) that are no Unicode \(a lone surrogate\), the first at place 1"
    ):
        load(tmp_path / "x.jsonl", modality="text")
    assert TextSamples.of(["\U0001f600"]).take([0]).tolist() == ["\U0001f600"]


def test_recordings_are_listed_once_however_they_are_written(tmp_path: Path) -> None:
    for name in ("1.wav", "2.wav"):
        wavfile.write(tmp_path / name, 8000, np.arange(9, dtype=np.int16))
    (tmp_path / "metadata.csv").write_text("file,sex\n./2.wav,f\n1.wav,m\n")
    spoken = load(tmp_path)
    assert (len(spoken), spoken.label, spoken.table["sex"].tolist()) == (2, None, ["f", "m"])
    (tmp_path / "metadata.csv").write_text("file\n1.wav\n./1.wav\n2.wav\n")
    with pytest.raises(DataError, match=r"names 1 recording\(s\) a second time, the first is '1.wav'"):
        load(tmp_path)
    with pytest.raises(DataError, match=r"names 1 recording\(s\) a second time"):
        load(tmp_path / "metadata.csv", modality="audio")
    (tmp_path / "metadata.csv").write_text(f"file\n1.wav\n{tmp_path}/2.wav\n")
    with pytest.raises(DataError, match=r"names 1 recording\(s\) outside its folder"):
        load(tmp_path / "metadata.csv", modality="audio")


def test_labels_of_another_length_than_the_samples_are_refused(tmp_path: Path) -> None:
    cube = np.zeros((3, 1, 5)) + 0.3
    for labels in (np.zeros(2), np.zeros((3, 1))):
        np.savez(tmp_path / "s.npz", X=cube, y=labels)
        with pytest.raises(ShapeError, match=r"the label 'y' of s.npz has shape \([23],( 1)?\), expected \(3,\)"):
            load(tmp_path / "s.npz")
    with pytest.raises(ShapeError, match=r"the label 'kind' of the array has shape \(2,\)"):
        load({"X": cube, "y": np.zeros(3), "kind": np.zeros(2)}, label="kind")
    assert load({"X": cube, "label": np.zeros(3), "labels": np.array(["a", "b"])}).label == "label"


def test_labels_of_one_part_do_not_slide_to_the_other() -> None:
    parts = {"X_train": np.zeros((3, 1, 5)) + 0.3, "X_test": np.zeros((2, 1, 5)) + 0.3}
    with pytest.raises(ShapeError, match=r"'y' of the array has \(2,\) and \(3,\) in the parts with samples"):
        load({**parts, "y_train": np.zeros(2), "y_test": np.zeros(3)})
    with pytest.raises(
        ShapeError, match=r"'y' of the array has \(3,\) in the parts with samples, expected \(3,\) and \(2,\)"
    ):
        load({**parts, "y_train": np.zeros(3)})
    with pytest.raises(ShapeError, match=r"'sex' of the array has \(2,\) and \(3,\) in the parts"):
        load({**parts, "sex_train": np.zeros(2), "sex_test": np.zeros(3)})
    with pytest.raises(ShapeError, match="holds 'X' and the same by part"):
        load({**parts, "X": parts["X_train"]})
    with pytest.raises(ShapeError, match="is a single number in one part"):
        load({**parts, "X_train": np.array(0.3)})
    with pytest.raises(ShapeError, match="writes a part in two ways"):
        load({**parts, "train_X": parts["X_train"]})
    sizes = {"n_train": np.array(3), "n_test": np.array(2)}
    assert len(load({**parts, **sizes})) == 5


def test_channels_have_names_of_their_own() -> None:
    cube = np.zeros((2, 2, 4)) + 0.3
    with pytest.raises(ShapeError, match=r"'channels' of the array has shape \(1,\), expected \(2,\)"):
        load({"X": cube, "channels": np.array(["a"])})
    with pytest.raises(DataError, match="the array has 2 channels and 1 names"):
        load({"X": cube, "channels": np.array(["a", "a"])})


def test_labels_of_arrays_are_unicode() -> None:
    with pytest.raises(DataError, match="'y' of the array holds text that is no Unicode"):
        load({"X": np.zeros((2, 1, 5)) + 0.3, "y": np.array(["\ud83d", "a"])})


def test_lines_of_an_archive_are_read_as_they_are_meant(tmp_path: Path) -> None:
    (tmp_path / "x.ts").write_text(TS + "1,2:a\n  # told\n3,4:b\n")
    assert len(load(tmp_path / "x.ts")) == 2
    for text, words in ((TS + "1_0,2:a\n", "no number"), ("@data 1,2\n3,4\n", "line 1: found more than @data")):
        (tmp_path / "x.ts").write_text(text)
        with pytest.raises(DataError, match=words):
            load(tmp_path / "x.ts")


def test_rates_beyond_every_recorder_are_not_resampled(tmp_path: Path) -> None:
    wavfile.write(tmp_path / "1.wav", 8000, np.arange(9, dtype=np.int16))
    with pytest.raises(DataError, match=r"cannot be resampled from or to 10,000,000 Hz: give rates of at most 768,000"):
        load(tmp_path, rate=10_000_000)
    assert len(load(tmp_path, rate=1).arrays()[0]) == 1


def test_samples_beyond_32_bits_are_not_finite(tmp_path: Path) -> None:
    wavfile.write(tmp_path / "1.wav", 8000, np.array([1e300, 1.0]))
    with pytest.raises(DataError, match="values that are not finite"):
        load(tmp_path)


@pytest.mark.parametrize("suffix", ["wav", "txt"])
def test_links_pipes_and_folders_are_no_samples(tmp_path: Path, suffix: str) -> None:
    base = tmp_path / "set"
    base.mkdir()
    if suffix == "wav":
        wavfile.write(base / "1.wav", 8000, np.arange(9, dtype=np.int16))
    else:
        (base / "1.txt").write_text("a b")
    odd = base / f"2.{suffix}"
    for make in (lambda: odd.symlink_to(odd.name), lambda: odd.symlink_to("gone"), odd.mkdir, lambda: os.mkfifo(odd)):
        make()
        with pytest.raises(DataError, match=f"2.{suffix}"):
            load(base)
        odd.rmdir() if odd.is_dir() else odd.unlink()
    assert len(load(base)) == 1


def test_names_too_long_for_a_file_are_missing_recordings(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("file\n" + "a" * 5000 + "\n")
    with pytest.raises(DataError, match=r"x.csv names 1 missing recording\(s\)"):
        load(tmp_path / "x.csv", modality="audio")


def test_channels_of_text_are_refused() -> None:
    real = series()
    with pytest.raises(DataError, match="channel 'pulse' of the table holds cells that are no numbers"):
        load(PANEL.assign(pulse=list("abcde")), modality="series", key="who", order="at", schema=real.schema)


@pytest.mark.parametrize("text", ["a\0b", "x" * 131_073])
def test_texts_that_csv_cannot_bring_back_are_saved_as_jsonl(tmp_path: Path, text: str) -> None:
    words = Dataset.of_table(pd.DataFrame(index=range(1)), samples=TextSamples.of([text]))
    with pytest.raises(DataError, match=r"1 text\(s\) with NUL characters or of more than 131,072 characters"):
        words.save(tmp_path / "x.csv")
    words.save(tmp_path / "x.jsonl")
    assert load(tmp_path / "x.jsonl", modality="text").arrays().tolist() == [text]


def test_a_name_that_stands_twice_in_a_line_of_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"a": 1}\n{"a": 1, "a": 2}\n')
    with pytest.raises(DataError, match="line 2: a name stands twice"):
        load(tmp_path / "x.jsonl")


@pytest.mark.parametrize("name", ["1.txt", "1.wav", "1.png"])
def test_names_of_files_that_are_no_unicode_are_told(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "\udcff"  # the byte 0xff
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("this file system holds Unicode names only")
    (folder / name).touch()
    with pytest.raises(DataError, match=r"holds 1 file\(s\) whose names are no UTF-8, the first is '.udcff/1"):
        load(tmp_path)


def test_members_that_would_hide_each_other_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds 'f0', the name that a column of its features gets"):
        load({"X": np.zeros((2, 3)), "f0": np.zeros(2)})
    with pytest.raises(ShapeError, match="'images' of the array has rows that differ in length"):
        load({"images": [[1, 2], [3]]})
    part = io.BytesIO()
    np.save(part, np.zeros((2, 3)))
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("X.npy", part.getvalue())
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("X.npy", part.getvalue())
    with pytest.raises(DataError, match="holds members of the same name"):
        load(tmp_path / "x.npz")


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "parquet", "jsonl"])
def test_texts_and_levels_with_any_mark_survive_a_file(tmp_path: Path, suffix: str) -> None:
    odd = ["a\rb", "a\r\nb", "a\nb", '"', "'", ",", "\ufeffx", "NA", " lead", "trail ", "\u2028", "=1+1", "\t", "0"]
    words = Dataset.of_table(pd.DataFrame({"kind": odd}), samples=TextSamples.of(odd))
    words.save(tmp_path / f"x.{suffix}")
    again = load(tmp_path / f"x.{suffix}", modality="text", columns={"kind": "category"})
    assert again.arrays().tolist() == odd
    assert again.table["kind"].tolist() == odd


def test_a_mark_of_byte_order_that_begins_a_text_survives_a_txt_file(tmp_path: Path) -> None:
    words = Dataset.of_table(pd.DataFrame(index=range(2)), samples=TextSamples.of(["\ufeffa", "b"]))
    words.save(tmp_path / "x.txt")
    assert load(tmp_path / "x.txt").arrays().tolist() == ["\ufeffa", "b"]
