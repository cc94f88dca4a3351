"""Frames of other libraries come in as they are, and no more of them is read than is asked for."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as pads
import pytest

from auditkit.data import load
from auditkit.errors import DataError

TABLE = pa.table({"n": [1, 2, None, 2**53 + 1], "x": [0.5, None, 1.5, 2.0], "c": ["a", "b", None, "a"]})


class Stream:
    """Something that speaks the arrow stream protocol and nothing else."""

    def __arrow_c_stream__(self, requested_schema=None):
        return TABLE.__arrow_c_stream__(requested_schema)


SOURCES = {
    "arrow": lambda: TABLE,
    "stream": Stream,
    "reader": TABLE.to_reader,
    "dataset": lambda: pads.dataset(TABLE),
    "scanner": lambda: pads.dataset(TABLE).scanner(),
    "polars": lambda: pl.from_arrow(TABLE),
    "lazy": lambda: pl.from_arrow(TABLE).lazy(),
}


@pytest.mark.parametrize("name", SOURCES)
def test_every_kind_of_table_holds_the_same_set(name):
    expected = load(TABLE.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get), label="c", groups="n")
    found = load(SOURCES[name](), label="c", groups="n")
    assert (found.hash, found.source, found.groups) == (expected.hash, "the table", ("n",))
    assert found.label_values.tolist() == ["a", "b", "(missing)", "a"]
    assert found.group_values("n").tolist() == ["1", "2", "(missing)", str(2**53 + 1)]


@pytest.mark.parametrize("name", SOURCES)
def test_a_limit_takes_the_top(name):
    assert load(SOURCES[name](), limit=2).hash == load(TABLE.slice(0, 2)).hash


def test_a_stream_is_read_no_further_than_the_limit():
    read = []

    def batches():
        for place in range(100):
            read.append(place)
            yield pa.record_batch({"x": [float(place), place + 0.5]})

    reader = pa.RecordBatchReader.from_batches(pa.schema({"x": pa.float64()}), batches())
    assert load(reader, limit=3).table["x"].tolist() == [0.0, 0.5, 1.0]
    assert len(read) == 2


def test_with_a_key_the_limit_counts_units():
    frame = pl.DataFrame({"k": ["a", "a", "b", "c"], "x": [1, 2, 3, 4]})
    assert load(frame.lazy(), key="k", limit=2).table["x"].tolist() == [1, 2, 3]


def test_frames_stay_as_they_are():
    frame = pl.DataFrame({"x": [0.0, -0.0], "c": ["", "b"]})
    before = frame.clone()
    load(frame, label="c").table["x"].mask([True, True])
    assert frame.equals(before)


def test_a_query_that_fails_is_one_sentence():
    with pytest.raises(DataError, match=r"cannot be collected \(unable to find column .* correct the query"):
        load(pl.DataFrame({"x": [1]}).lazy().select("y"))


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"id": ["a", None, "b"]}, "'id' of the table is missing in 1 row"),
        ({"id": ["a", "a", "b"]}, "repeats 1 id.* key='id'"),
        ({"ids": ["a", "b", "c"]}, "unknown id column 'id'; did you mean 'ids'"),
    ],
)
def test_ids_that_name_no_samples_are_refused(cells, words):
    with pytest.raises(DataError if "unknown" not in words else ValueError, match=words):
        load(pd.DataFrame({**cells, "x": [1.0, 2.0, 3.0]}), ids="id")


def test_ids_are_no_part_of_the_data():
    frame = pd.DataFrame({"id": [7, 9], "x": [1.0, 2.0]})
    found = load(frame, ids="id")
    assert found.ids.tolist() == ["7", "9"]
    assert list(found.table.columns) == ["x"]
    assert list(frame.columns) == ["id", "x"]
    with pytest.raises(DataError, match="both name the samples"):
        load(frame, ids="id", key="id")


@pytest.mark.parametrize("roles", [{"label": "b"}, {"groups": ["b"]}])
def test_ids_that_are_a_label_or_group_too_are_refused(roles):
    with pytest.raises(DataError, match="ids='b' names a label or group too"):
        load(pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}), ids="b", **roles)
