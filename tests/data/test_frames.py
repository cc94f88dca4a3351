import decimal

import numpy as np
import pandas as pd
import pytest

from auditkit.data import load
from auditkit.errors import DataError


def test_the_users_frame_is_left_as_it_is():
    frame = pd.DataFrame({"x": [1.0, -0.0, None], "c": ["", "a", "b"]}, index=[5, 6, 7])
    before = frame.copy(deep=True)
    loaded = load(frame)
    pd.testing.assert_frame_equal(frame, before)
    frame.loc[5, "x"] = 99.0
    assert loaded.table["x"][0] == 1.0


def test_empty_strings_are_missing():
    assert load(pd.DataFrame({"c": ["", "a", "b"]})).table["c"].isna().tolist() == [True, False, False]


def test_infinite_numbers_are_an_error_with_set_column_and_count():
    with pytest.raises(DataError, match=r"column 'x' of synthetic has 2 infinite"):
        load(pd.DataFrame({"x": [1, np.inf, -np.inf]}), name="synthetic")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([1, "a", None], "mixes number and text"),
        ([[1], [2]], "holds a list in each cell"),
        ([1 + 2j, 3j], "complex128"),
        (pd.to_timedelta([1, 2], unit="s"), "timedelta"),
    ],
)
def test_cells_of_no_readable_type_are_an_error(values, words):
    with pytest.raises(DataError, match=words):
        load(pd.DataFrame({"c": values}))


def test_objects_that_are_plain_values_are_read():
    frame = pd.DataFrame(
        {
            "n": pd.Series([1, None, 3], dtype=object),
            "d": pd.Series([decimal.Decimal("1.5"), decimal.Decimal(2), None], dtype=object),
            "b": pd.Series([True, False, None], dtype=object),
            "i": pd.Series([2**60 + 1, 2, 3], dtype=object),
            "t": pd.Series([pd.Timestamp("2020-01-01"), None, pd.Timestamp("2020-01-02")], dtype=object),
        }
    )
    kinds = [column.kind for column in load(frame).schema.columns]
    assert kinds == ["integer", "numeric", "boolean", "integer", "datetime"]
    assert load(frame).table["i"][0] == 2**60 + 1


def test_repeated_names_are_an_error():
    frame = pd.DataFrame([[1, 2]], columns=["a", "a"])
    with pytest.raises(DataError, match="more than one column named 'a'"):
        load(frame)


def test_names_that_look_the_same_are_an_error():
    frame = pd.DataFrame([[1, 2]], columns=["\u00e9", "e\u0301"])
    with pytest.raises(DataError, match="more than one column"):
        load(frame)


@pytest.mark.parametrize("name", ["", " ", "a b", "a'b`\"", "\u202ex", "x" * 1000, "</script>", 7])
def test_odd_names_are_accepted(name):
    assert load(pd.DataFrame({name: ["u", "v"], "z": [1, 2]})).schema.names == (str(name), "z")


def test_an_empty_frame_is_an_error():
    with pytest.raises(DataError, match="has no rows"):
        load(pd.DataFrame({"a": []}))


@pytest.mark.parametrize("values", [[1, 2, None], [True, False, None], [2**53 + 1, 2**53, None], ["a", "b", None]])
def test_categorical_cells_may_be_missing(values):
    cells = load(pd.DataFrame({"a": pd.Categorical(values), "b": [1, 2, 3]})).table["a"]
    assert cells.isna().tolist() == [False, False, True]
    assert cells[:2].tolist() == values[:2]
