import ast
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import auditkit.data
from auditkit.data import load
from auditkit.errors import DataError, UnknownNameError

FRAME = pd.DataFrame({"x": [1.5, 2.5, 3.5], "c": ["a", "b", "a"]})


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("no/such/file.csv", "there is no file or folder"),
        (7, "cannot load a int"),
        (None, "cannot load a NoneType"),
    ],
)
def test_what_cannot_be_loaded_is_one_sentence(source, words):
    with pytest.raises(DataError, match=words):
        load(source)


@pytest.mark.parametrize(("name", "words"), [("a.xlsx", "names no known format"), ("a.wav2", "names no known format")])
def test_unknown_suffixes_are_answered_with_the_known_ones(tmp_path, name, words):
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(DataError, match=f"{words}.*csv, csv.gz, parquet"):
        load(tmp_path / name)


def test_unknown_and_other_modalities_are_told():
    with pytest.raises(UnknownNameError, match="did you mean 'tabular'"):
        load(FRAME, modality="tabulr")
    with pytest.raises(DataError, match="holds tabular data, modality 'image' was asked"):
        load(FRAME, modality="image")


def test_a_pipe_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(DataError, match="neither a file nor a folder"):
        load(tmp_path / "pipe.csv")


def test_limits_below_one_are_refused():
    with pytest.raises(DataError, match="at least 1"):
        load(FRAME, limit=0)


def test_messages_name_the_file_and_not_its_folder(tmp_path):
    FRAME.to_csv(tmp_path / "real.csv", index=False)
    assert load(tmp_path / "real.csv").source == "real.csv"
    with pytest.raises(UnknownNameError, match=r"in real.csv") as caught:
        load(tmp_path / "real.csv", label="y")
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize("name", ["set.xlsx", "set"])
def test_a_table_is_saved_only_in_formats_that_are_known(tmp_path, name):
    with pytest.raises(DataError, match="tables are saved as csv"):
        load(FRAME).save(tmp_path / name)


def test_saving_refuses_what_it_cannot_do(tmp_path):
    images = load(np.zeros((2, 3, 3), dtype=np.uint8))
    with pytest.raises(DataError, match="images are saved as npz or a folder"):
        images.save(tmp_path / "set.csv")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("")
    with pytest.raises(DataError, match="not an empty folder"):
        images.save(tmp_path / "full")
    with pytest.raises(DataError, match="does not exist"):
        load(FRAME).save(tmp_path / "no" / "set.csv")


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "parquet", "jsonl"])
def test_the_same_set_gives_the_same_bytes_and_leaves_nothing_else(tmp_path, suffix):
    for name in ("one", "two"):
        load(FRAME).save(tmp_path / f"{name}.{suffix}")
    one, two = sorted(tmp_path.iterdir())
    assert one.read_bytes() == two.read_bytes()


def test_every_public_name_is_there():
    assert all(getattr(auditkit.data, name) is not None for name in auditkit.data.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = auditkit.data.nothing


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, auditkit.data; print([m for m in ('pandas', 'numpy', 'PIL') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_nothing_unsafe_is_called():
    forbidden = {"eval", "exec", "pickle", "extractall", "query"}
    for path in Path(auditkit.data.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            name = getattr(node, "id", getattr(node, "attr", None))
            assert name not in forbidden, path.name


def test_one_group_needs_no_list():
    frame = pd.DataFrame({"x": [1.0, 2.0], "sex": ["f", "m"]})
    assert load(frame, groups="sex").groups == ("sex",)


@pytest.mark.parametrize("label", [np.array(["a", "b", "a"]), 0, ["y"]])
def test_a_label_that_is_no_name_is_one_sentence_that_says_how_arrays_are_given(label):
    with pytest.raises(DataError, match=r"label must be the name of a column, got a \w+: give arrays together"):
        load(np.zeros((3, 4, 4), np.uint8), label=label)


class Stream:
    """What another library's frame shows of itself."""

    def __init__(self, table):
        self._table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self._table.__arrow_c_stream__(requested_schema)


def test_arrow_tables_and_frames_of_other_libraries_are_loaded_like_pandas():
    frame = pd.DataFrame(
        {
            "n": pd.array([1, None, 3, 2**53 + 1], dtype="Int64"),
            "x": [0.5, np.nan, 1.5, 2.0],
            "country": ["NA", None, "FR", "NA"],
            "ok": pd.array([True, None, False, True], dtype="boolean"),
            "since": pd.to_datetime(["2020-01-01", None, "2020-01-03", "2020-01-03"]),
            "label": ["a", "b", "a", "b"],
        }
    )
    table = pa.Table.from_pandas(frame, preserve_index=False)
    expected = load(frame)
    for given in (table, Stream(table), table.to_pandas(types_mapper=pd.ArrowDtype)):
        found = load(given)
        assert found.schema == expected.schema
        assert found.label is None
        assert found.source == "the table"
        pd.testing.assert_frame_equal(found.table, expected.table)
    assert len(load(table, limit=2)) == 2


def test_columns_of_days_and_decimals_are_loaded():
    table = pa.table({"day": pa.array([0, 1, None], pa.date32()), "m": pa.array([1, 2, 3]).cast(pa.decimal128(22, 2))})
    for given in (table, table.to_pandas(types_mapper=pd.ArrowDtype)):
        assert [column.kind for column in load(given).schema.columns] == ["datetime", "integer"]
