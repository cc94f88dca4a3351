import hashlib
import json
import math
import os
import stat
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditkit import store
from auditkit.errors import AuditkitError, DataError

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(plain)
def test_json_reads_back_as_it_was_written(data):
    assert json.loads(store.dump_json(data)) == data


@given(st.dictionaries(st.text(), st.integers()))
def test_json_does_not_depend_on_the_order_of_keys(data):
    backwards = dict(reversed(list(data.items())))
    assert store.dump_json(data) == store.dump_json(backwards)


def test_json_ends_with_one_newline_and_sorts_keys():
    assert store.dump_json({"b": 1, "a": 0.1}) == '{\n  "a": 0.1,\n  "b": 1\n}\n'


def test_numpy_values_become_plain():
    data = {"n": np.int64(3), "x": np.float64(0.5), "f": np.float32(0.5), "ok": np.True_, "rows": np.arange(3)}
    assert json.loads(store.dump_json(data)) == {"n": 3, "x": 0.5, "f": 0.5, "ok": True, "rows": [0, 1, 2]}


@pytest.mark.parametrize("bad", [math.nan, math.inf, np.float32("nan"), np.array([1.0, np.nan])])
def test_a_number_that_is_none_is_refused_and_its_place_is_named(bad):
    with pytest.raises(AuditkitError, match=r"at scores\[1\]\.value.* None and the reason"):
        store.dump_json({"scores": [{"value": 1.0}, {"value": bad}]})


@pytest.mark.parametrize("bad", [{"a": {1, 2}}, {"a": b"x"}, {"a": {3: 1}}, {"a": object()}])
def test_other_types_are_refused(bad):
    with pytest.raises(AuditkitError, match="at a"):
        store.dump_json(bad)


def test_text_is_written_as_utf8_with_plain_line_ends_whatever_it_holds(tmp_path):
    store.write_text(tmp_path / "new" / "a.txt", "Ærø\n\udc80")
    assert (tmp_path / "new" / "a.txt").read_bytes() == b"\xc3\x86r\xc3\xb8\n\\udc80"


def test_a_lone_surrogate_survives_json(tmp_path):
    store.write_json(tmp_path / "a.json", {"name": "\udc80"})
    assert store.read_json(tmp_path / "a.json") == {"name": "\udc80"}


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    store.write_json(path, {"old": 1})

    def fail(_fd):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(DataError, match="no space left on device"):
        store.write_json(path, {"new": 2})
    assert store.read_json(path) == {"old": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_data_that_cannot_be_stored_leave_the_old_file(tmp_path):
    path = tmp_path / "a.json"
    store.write_json(path, {"old": 1})
    with pytest.raises(AuditkitError):
        store.write_json(path, {"new": math.nan})
    assert store.read_json(path) == {"old": 1}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file mode bits to compare")
def test_new_files_get_the_usual_permissions(tmp_path):
    (tmp_path / "plain").touch()
    store.write_text(tmp_path / "ours", "")
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "ours")}
    assert len(modes) == 1


def test_a_link_keeps_pointing_to_the_file_that_is_replaced(tmp_path):
    target, link = tmp_path / "target.txt", tmp_path / "link.txt"
    target.write_text("old")
    try:
        link.symlink_to(target)
    except OSError:
        pytest.skip("this system gives no right to make links")
    store.write_text(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_writing_into_a_file_as_a_folder_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"^cannot write .*"):
        store.write_text(tmp_path / "file" / "a.txt", "x")


@pytest.mark.parametrize("content", [b"", b"{", b'{"a": NaN}', b"\xff\xfe", b"[" * 100_000])
def test_broken_json_is_named(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"a\.json"):
        store.read_json(path)


def test_an_absent_file_is_named(tmp_path):
    for read in (store.read_json, store.read_table):
        with pytest.raises(DataError, match=r"cannot read .*nowhere.*no such file"):
            read(tmp_path / "nowhere")


def table():
    return pd.DataFrame(
        {
            "id": ["a", "b", None],
            "x": [0.1, None, -0.0],
            "n": pd.array([1, None, 3], dtype="Int64"),
            "copy": [True, False, True],
            "kind": pd.Categorical(["u", "v", "u"]),
            "day": pd.to_datetime(["2020-01-01", None, "2021-01-01"]),
        }
    )


def test_a_table_reads_back_with_its_types(tmp_path):
    store.write_table(tmp_path / "a.parquet", table())
    pd.testing.assert_frame_equal(store.read_table(tmp_path / "a.parquet"), table())


def test_a_table_is_the_same_bytes_each_time(tmp_path):
    for name in ("a", "b"):
        store.write_table(tmp_path / name, table())
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_table_without_rows_keeps_its_columns(tmp_path):
    store.write_table(tmp_path / "a.parquet", table().iloc[:0])
    assert list(store.read_table(tmp_path / "a.parquet")) == list(table())


def test_a_column_that_parquet_cannot_hold_is_refused(tmp_path):
    with pytest.raises(DataError, match="cannot store this table"):
        store.write_table(tmp_path / "a.parquet", pd.DataFrame({"x": [1, "a", object()]}))


def test_a_file_that_is_no_parquet_is_named(tmp_path):
    (tmp_path / "a.parquet").write_text("a,b\n")
    with pytest.raises(DataError, match="expected parquet"):
        store.read_table(tmp_path / "a.parquet")


def test_a_digest_tells_contents_and_names_and_where_files_end(tmp_path):
    for folder, files in {"a": {"x": b"1", "y": b"2"}, "b": {"x": b"1y\x002"}, "c": {"x": b"1", "z": b"2"}}.items():
        (tmp_path / folder).mkdir()
        for name, content in files.items():
            (tmp_path / folder / name).write_bytes(content)
    assert len({store.file_digest(tmp_path / folder) for folder in "abc"}) == 3
    assert store.file_digest(tmp_path / "a" / "x") == hashlib.sha256(b"1").hexdigest()
