"""Texts, recordings and series from files, and back into them."""

from __future__ import annotations

import gzip
import json
import struct
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.io import wavfile

from auditkit.data import Dataset, RecordingSamples, SeriesSamples, TextSamples, check_compatible, load
from auditkit.data.wave_files import read_wave, wave_bytes
from auditkit.errors import DataError, MissingDependencyError, ShapeError, UnknownNameError

MAILS = pd.DataFrame(
    {
        "mail": [
            "see you at the gate",
            "win a prize today now",
            "NA",
            "lunch, or dinner\nat mine?",
            "see you there then",
        ],
        "kind": ["ham", "spam", "ham", "ham", "ham"],
        "age": [31, 45, 22, 60, 41],
    }
)
PANEL = pd.DataFrame(
    {
        "who": ["b", "b", "b", "a", "a"],
        "at": [3, 1, 2, 1, 2],
        "pulse": [63.0, 61.0, 62.0, 71.0, 72.0],
        "steps": [0, 1, 0, 5, 6],
        "sex": ["m", "m", "m", "f", "f"],
        "born": [1980, 1980, 1980, 1990, 1990],
    }
)


def tone(n: int, *, channels: int = 1) -> np.ndarray:
    return np.round(np.sin(np.arange(n * channels).reshape(n, channels) / 7) * 2**14).astype(np.int16)


def write_waves(folder: Path, *, rates: dict[str, int] | None = None) -> Path:
    for place, name in enumerate(("no/1.wav", "no/2.wav", "yes/1.wav", "yes/2.wav")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        wavfile.write(folder / name, (rates or {}).get(name, 8000), tone(40 + place))
    return folder


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "parquet", "jsonl", "jsonl.gz"])
def test_texts_of_a_table_are_read_and_written(tmp_path: Path, suffix: str) -> None:
    real = load(MAILS, text="mail", label="kind")
    assert (real.modality, real.arrays().tolist()) == ("text", MAILS["mail"].tolist())
    assert list(real.table.columns) == ["kind", "age"]
    place = tmp_path / f"mails.{suffix}"
    real.save(place)
    first = place.read_bytes()
    # The text column is called "text" there, and found where the real one's name is asked for.
    again = load(place, text="mail", label="kind", schema=real.schema)
    assert again.hash == real.hash
    again.save(place)
    assert place.read_bytes() == first


def test_a_table_stays_a_table_unless_told() -> None:
    assert load(MAILS).modality == "tabular"
    assert load(MAILS.rename(columns={"mail": "text"})).modality == "tabular"


def test_the_column_of_texts_is_named_text_or_is_the_only_free_text() -> None:
    assert load(MAILS, modality="text", label="kind").arrays().tolist() == MAILS["mail"].tolist()
    named = MAILS.rename(columns={"mail": "text"}).assign(note=MAILS["mail"])
    assert list(load(named, modality="text").table.columns) == ["kind", "age", "note"]
    with pytest.raises(DataError, match=r"2 columns of free text \('mail', 'note'\): say which column.*text='mail'"):
        load(MAILS.assign(note=MAILS["mail"]), modality="text")
    with pytest.raises(DataError, match="no column of free text"):
        load(MAILS[["kind", "age"]], modality="text")
    with pytest.raises(UnknownNameError, match="did you mean 'mail'"):
        load(MAILS, text="mial")
    with pytest.raises(DataError, match="text= is for modality 'text', 'image' was asked for"):
        load(MAILS, text="mail", modality="image")


def test_missing_texts_are_counted_and_empty_ones_kept(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"column 'mail' of the table has 2 missing text\(s\), the first in row 2"):
        load(MAILS.assign(mail=["a", None, "b", float("nan"), ""]), text="mail")
    with pytest.raises(DataError, match="no text"):
        load(MAILS, text="age")
    empty = load(MAILS.assign(mail=["a", "", "b", "c", ""]), text="mail")
    assert empty.arrays().tolist() == ["a", "", "b", "c", ""]
    with pytest.raises(DataError, match=r"2 empty text\(s\), which csv cannot tell from missing"):
        empty.save(tmp_path / "a.csv")
    empty.save(tmp_path / "a.jsonl")
    assert load(tmp_path / "a.jsonl", modality="text").arrays().tolist() == ["a", "", "b", "c", ""]


def test_text_files_are_texts_by_line_or_by_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one two\n\nthree\n")
    lines = load(tmp_path / "a.txt")
    assert (lines.modality, lines.arrays().tolist()) == ("text", ["one two", "", "three"])
    lines.save(tmp_path / "b.txt")
    assert (tmp_path / "b.txt").read_bytes() == (tmp_path / "a.txt").read_bytes()
    for name in ("ham/1.txt", "spam/1.txt"):
        (tmp_path / "mails" / name).parent.mkdir(parents=True)
        (tmp_path / "mails" / name).write_text(f"this is {name}\n")
    mails = load(tmp_path / "mails")
    assert (mails.modality, mails.label, mails.table["label"].tolist()) == ("text", "label", ["ham", "spam"])
    with pytest.raises(DataError, match="a text per line and nothing else"):
        mails.save(tmp_path / "c.txt")
    (tmp_path / "empty.txt").write_text("")
    with pytest.raises(DataError, match="is empty"):
        load(tmp_path / "empty.txt")
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9\n")
    with pytest.raises(DataError, match="is not UTF-8 text"):
        load(tmp_path / "latin.txt")


def test_recordings_lie_in_a_folder_per_class(tmp_path: Path) -> None:
    heard = load(write_waves(tmp_path / "waves"))
    assert (heard.modality, heard.schema.rate, heard.schema.shape) == ("audio", 8000, (1,))
    assert heard.table["label"].tolist() == ["no", "no", "yes", "yes"]
    waves = heard.take([3, 0]).arrays()
    assert [wave.shape for wave in waves] == [(43, 1), (40, 1)]
    assert np.array_equal(waves[1] * 2**15, tone(40))
    heard.save(tmp_path / "again")
    assert load(tmp_path / "again").hash == heard.hash
    heard.save(tmp_path / "third")
    files = sorted(path.relative_to(tmp_path / "again") for path in (tmp_path / "again").rglob("*.*"))
    assert len(files) == 5
    assert all((tmp_path / "again" / file).read_bytes() == (tmp_path / "third" / file).read_bytes() for file in files)


def test_recordings_are_listed_in_metadata_or_by_a_csv(tmp_path: Path) -> None:
    root = write_waves(tmp_path / "waves")
    table = pd.DataFrame({"file": ["yes/2.wav", "no/1.wav"], "digit": [2, 1], "speaker": ["x", "y"]})
    table.to_csv(root / "some.csv", index=False)
    listed = load(root / "some.csv", modality="audio", label="digit", groups=["speaker"])
    assert [len(wave) for wave in listed.arrays()] == [43, 40]
    assert list(listed.table.columns) == ["digit", "speaker"]
    table.to_csv(root / "meta.csv", index=False)
    with pytest.raises(DataError, match=r"meta.csv lacks 2 recording\(s\), the first is 'no/2.wav'"):
        load(root)
    table.assign(file=["yes/2.wav", "../a.wav"]).to_csv(root / "some.csv", index=False)
    with pytest.raises(DataError, match=r"names 1 recording\(s\) outside its folder"):
        load(root / "some.csv", modality="audio")
    table.assign(file=["yes/2.wav", "b.wav"]).to_csv(root / "some.csv", index=False)
    with pytest.raises(DataError, match=r"names 1 missing recording\(s\), the first is 'b.wav'"):
        load(root / "some.csv", modality="audio")
    with pytest.raises(DataError, match="single recording"):
        load(root / "yes" / "1.wav")


def test_mixed_rates_are_refused_with_counts_or_resampled(tmp_path: Path) -> None:
    root = write_waves(tmp_path / "waves", rates={"no/1.wav": 4000})
    with pytest.raises(ShapeError, match=r"2 different rates \(3 of 8000 Hz, 1 of 4000 Hz\): give rate= to resample"):
        load(root)
    heard = load(root, rate=8000)
    assert [len(wave) for wave in heard.arrays()] == [80, 41, 42, 43]
    wavfile.write(root / "no" / "3.wav", 8000, tone(9, channels=2))
    with pytest.raises(ShapeError, match=r"2 different channels \(4 of 1, 1 of 2\)"):
        load(root, rate=8000)
    with pytest.raises(DataError, match="whole number above 0"):
        load(root, rate=0)


def test_files_that_cannot_be_read_are_listed(tmp_path: Path) -> None:
    root = write_waves(tmp_path / "waves")
    whole = (root / "no" / "1.wav").read_bytes()
    (root / "no" / "1.wav").write_bytes(whole[:-10])
    (root / "no" / "2.wav").write_bytes(b"")
    (root / "yes" / "1.wav").write_bytes(b"not a recording")
    with pytest.raises(DataError, match=r"3 unreadable recording\(s\): no/1.wav \(cut off\); no/2.wav \(an empty"):
        load(root)
    (root / "a.flac").write_bytes(b"fLaC")
    with pytest.raises((DataError, MissingDependencyError)):
        load(root)
    (root / "pixels.png").write_bytes(b"")
    with pytest.raises(DataError, match="holds images and recordings: say which"):
        load(root)


@pytest.mark.parametrize(("dtype", "full"), [("u1", 2**7), ("<i2", 2**15), ("<i4", 2**31), ("<f4", 1), ("<f8", 1)])
def test_every_width_is_read_at_full_scale(tmp_path: Path, dtype: str, full: int) -> None:
    values = np.array([[0.0, 0.5], [-0.5, 0.25], [-1.0, 0.75]])
    stored = (values * full + (128 if dtype == "u1" else 0)).astype(dtype)
    wavfile.write(tmp_path / "a.wav", 16000, stored)
    wave, rate = read_wave(tmp_path / "a.wav")
    assert (rate, wave.dtype) == (16000, np.float32)
    assert np.array_equal(wave, values.astype(np.float32))


def test_24_bits_are_read(tmp_path: Path) -> None:
    whole = np.array([0, 2**22, -(2**23)], dtype="<i4")
    data = b"".join(struct.pack("<i", int(value))[:3] for value in whole)
    form = struct.pack("<HHIIHH", 1, 1, 8000, 24000, 3, 24)
    chunks = b"fmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", 9) + data + b"\0"
    (tmp_path / "a.wav").write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)
    assert read_wave(tmp_path / "a.wav")[0][:, 0].tolist() == [0.0, 0.5, -1.0]


def test_recordings_keep_what_16_bits_cannot_hold(tmp_path: Path) -> None:
    waves = [np.array([0.1, 1.5, -0.3]), np.zeros(2)]
    made = Dataset.of_table(pd.DataFrame(index=range(2)), samples=RecordingSamples.of(waves, rate=8000))
    made.save(tmp_path / "a")
    assert load(tmp_path / "a").hash == made.hash
    assert wavfile.read(tmp_path / "a" / "0.wav")[1].dtype == np.float32
    assert wave_bytes(made.arrays()[0], 8000, pcm=True)[-6:] == struct.pack("<3h", 3277, 32767, -9830)


def test_series_of_archives_are_pooled_and_padding_is_cut(tmp_path: Path) -> None:
    train = np.linspace(-1, 1, 2 * 3 * 5, dtype=np.float32).reshape(2, 3, 5)
    train[1, :, 3:] = np.nan
    members = {"X_train": train, "y_train": np.array(["u", "v"]), "X_test": train[:1, :, :4], "y_test": np.array(["v"])}
    np.savez(tmp_path / "a.npz", **members)
    series = load(tmp_path / "a.npz")
    assert (series.modality, series.label, series.table["label"].tolist()) == ("series", "label", ["u", "v", "v"])
    assert series.table["split"].tolist() == ["train", "train", "test"]
    assert [item.shape for item in series.arrays()] == [(5, 3), (3, 3), (4, 3)]
    series.save(tmp_path / "b.npz")
    assert load(tmp_path / "b.npz", modality="series").hash == series.hash
    with pytest.raises(DataError, match="missing or infinite"):
        load(np.array([[[1.0, np.nan, 2.0]]]), modality="series")
    with pytest.raises(ShapeError, match="one step at least"):
        load(np.full((1, 1, 3), np.nan), modality="series")


def test_arrays_are_series_when_told_and_images_stay_images(tmp_path: Path) -> None:
    values = np.arange(12.0).reshape(2, 2, 3) / 20
    assert load(values, modality="series").schema.channels == ("x0", "x1")
    assert [item.shape for item in load(values[:, 0], modality="series").arrays()] == [(3, 1), (3, 1)]
    pixels = np.random.default_rng(0).integers(0, 256, (3, 4, 4))
    np.savez(tmp_path / "a.npz", X=pixels / 255)
    assert load(tmp_path / "a.npz").modality == "image"
    np.savez(tmp_path / "b.npz", X=values - 0.3)
    assert load(tmp_path / "b.npz").modality == "series"


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "parquet", "npz"])
def test_rows_of_one_key_are_a_series(tmp_path: Path, suffix: str) -> None:
    series = load(PANEL, modality="series", key="who", order="at", groups=["sex"])
    assert (series.schema.channels, series.ids.tolist()) == (("pulse", "steps"), ["b", "a"])
    assert series.arrays()[0].tolist() == [[61, 1], [62, 0], [63, 0]]
    assert series.table.to_dict("list") == {"sex": ["m", "f"], "born": [1980, 1990]}
    place = tmp_path / f"made.{suffix}"
    series.save(place)
    first = place.read_bytes()
    again = load(place, modality="series", key="who", order="at", groups=["sex"], schema=series.schema)
    check_compatible(series, again, "synthetic")
    assert again.hash == series.hash
    again.save(place)
    assert suffix == "npz" or place.read_bytes() == first  # npz files keep no ids


def test_long_tables_that_are_no_series_are_refused() -> None:
    with pytest.raises(DataError, match="needs key="):
        load(PANEL, modality="series")
    with pytest.raises(DataError, match=r"1 missing value\(s\) in its channels, first in 'pulse'"):
        load(PANEL.assign(pulse=[1.0, np.nan, 2, 3, 4]), modality="series", key="who")
    with pytest.raises(DataError, match="column 'mood' of the table changes within a series and holds no numbers"):
        load(PANEL.assign(mood=list("xyxyx")), modality="series", key="who")
    with pytest.raises(DataError, match="no column of numbers of the table changes"):
        load(PANEL.head(1), modality="series", key="who")


def test_files_of_the_archive_of_series_are_read(tmp_path: Path) -> None:
    head = "# told\n@problemName x\n@timeStamps false\n@univariate false\n@classLabel true a b\n@data\n"
    (tmp_path / "x.ts").write_text(head + "1,2,3:4,5,6:a\n\n7,8:9,10:b\n")
    series = load(tmp_path / "x.ts")
    assert (series.modality, series.label, series.label_values.tolist()) == ("series", "label", ["a", "b"])
    assert [item.tolist() for item in series.arrays()] == [[[1, 4], [2, 5], [3, 6]], [[7, 9], [8, 10]]]
    for body, words in (("1,?:2,3:a", "line 7: found a missing value"), ("1,2:3:a", "line 7: the dimensions differ")):
        (tmp_path / "y.ts").write_text(head + body)
        with pytest.raises(DataError, match=words):
            load(tmp_path / "y.ts")
    (tmp_path / "y.ts").write_text("1,2:a\n")
    with pytest.raises(DataError, match="no line @data"):
        load(tmp_path / "y.ts")


def test_compressed_lines_of_json_are_a_table_too(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(json.dumps({"x": 1, "y": "a"}).encode()))
    assert load(tmp_path / "a.jsonl.gz").table.to_dict("list") == {"x": [1], "y": ["a"]}


def test_formats_that_cannot_hold_a_set_are_told(tmp_path: Path) -> None:
    spoken = Dataset.of_table(pd.DataFrame(index=range(1)), samples=RecordingSamples.of([np.zeros(3)], rate=8000))
    with pytest.raises(DataError, match=r"recordings are saved as a folder, .a\.csv. is none"):
        spoken.save(tmp_path / "a.csv")
    words = Dataset.of_table(pd.DataFrame({"text": ["b"]}), samples=TextSamples.of(["a"]))
    with pytest.raises(DataError, match="the column 'text' has a name that the file needs"):
        words.save(tmp_path / "a.csv")
    walk = Dataset.of_table(pd.DataFrame({"X": ["b"]}), samples=SeriesSamples.of([[1.0]]))
    with pytest.raises(DataError, match="the column 'X' has the name of what npz files"):
        walk.save(tmp_path / "a.npz")
