"""Sources that would mislead in silence: each is refused in one sentence, with the place or the count."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.io import wavfile

from auditkit.data import TextSamples, load
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
    with pytest.raises(ShapeError, match=r"the label 'y' of the array has the shape \(2,\) and \(3,\) by part"):
        load({**parts, "y_train": np.zeros(2), "y_test": np.zeros(3)})
    with pytest.raises(ShapeError, match=r"the label 'y' of the array has the shape \(3,\) by part"):
        load({**parts, "y_train": np.zeros(3)})
