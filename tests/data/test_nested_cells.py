"""Lists in cells are series, a row per series and a channel per column."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

from auditkit.data import load
from auditkit.errors import DataError, ShapeError, UnknownNameError

FRAME = pl.DataFrame({"kind": ["a", "b"], "up": [[1.0, 2.0, 3.0], [4.0, 5.0]], "down": [[1, 0, 1], [0, 1]]})


def test_each_column_of_lists_is_a_channel():
    found = load(FRAME, modality="series", label="kind")
    assert found.schema.channels == ("up", "down")
    assert [item.tolist() for item in found.arrays()] == [[[1, 1], [2, 0], [3, 1]], [[4, 0], [5, 1]]]
    assert found.label_values.tolist() == ["a", "b"]


def test_one_column_may_hold_lists_of_channels():
    cube = np.arange(12.0).reshape(2, 2, 3)
    found = load(pl.DataFrame({"target": cube.tolist()}), modality="series")
    assert (np.stack(found.arrays()) == cube.transpose(0, 2, 1)).all()


def test_the_schema_says_which_columns_are_channels_and_in_which_order():
    real = load(FRAME, modality="series", label="kind")
    other = FRAME.select("down", "kind", "up").with_columns(more=pl.Series([[1.0], [2.0]]))
    found = load(other.drop("more"), modality="series", schema=real.schema)
    assert [item.tolist() for item in found.arrays()] == [item.tolist() for item in real.arrays()]
    with pytest.raises(UnknownNameError, match="unknown channel 'up'"):
        load(other.drop("up"), modality="series", schema=real.schema)


@pytest.mark.parametrize(
    ("cells", "error", "words"),
    [
        ({"a": [[1.0], None]}, DataError, "has no series in row 2"),
        ({"a": [[1.0], [2.0]], "b": [[1.0], [1.0, 2.0]]}, DataError, "row 2 of the table has channels of 1 and 2 val"),
        ({"a": [["x"], ["y"]]}, ShapeError, "holds lists of other cells than numbers in row 1"),
        ({"a": [[[1.0], [1.0, 2.0]], [[1.0], [2.0]]]}, ShapeError, "lists that differ in length in row 1"),
        ({"a": [[1.0, np.nan]]}, DataError, "missing or infinite values"),
    ],
)
def test_lists_that_are_no_series_are_refused_in_a_sentence(cells, error, words):
    with pytest.raises(error, match=words):
        load(pd.DataFrame(cells), modality="series")


def test_a_table_with_lists_is_answered_with_what_to_say():
    with pytest.raises(DataError, match="column 'up' of the table holds a list in each cell: say modality='series'"):
        load(FRAME)
