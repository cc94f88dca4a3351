import numpy as np
import pandas as pd
import pytest

from auditkit.data import Dataset, load, schema_violations


def read(real, other):
    schema = load(pd.DataFrame({"c": real})).schema
    made = load(pd.DataFrame({"c": other}), schema=schema)
    return made.table["c"], schema_violations(made, schema)


@pytest.mark.parametrize(
    ("real", "other", "dtype", "expected"),
    [
        ([1, 2, 5], [39.0, 2.0], "int64", [39, 2]),
        ([1, 2, 5], ["39.0", "2"], "int64", [39, 2]),
        ([0.5, 2.0], [1, 2], "float64", [1.0, 2.0]),
        ([0.5, 2.0], ["1", "2.5"], "float64", [1.0, 2.5]),
        (["1", "2", "b"], [1, 2], "str", ["1", "2"]),
        ([True, False], [1, 0], "bool", [True, False]),
        ([True, False], ["true", "False"], "bool", [True, False]),
        (["2020-01-01", "2021-01-01"], ["2020-05-05", "2020-06-06"], "datetime64[us]", ["2020-05-05", "2020-06-06"]),
    ],
)
def test_cells_are_cast_to_the_real_type(real, other, dtype, expected):
    cells, _ = read(real, other)
    assert str(cells.dtype) == dtype
    assert (cells == pd.Series(expected).astype(dtype)).all()


def test_fractions_in_a_column_of_integers_stay_and_are_reported():
    cells, violations = read([1, 2, 5], [1.5, 2.0])
    assert cells.tolist() == [1.5, 2.0]
    assert violations == ["c: a fraction in a column of whole numbers", ""]


def test_text_among_numbers_stays_and_is_reported():
    cells, violations = read([1.5, 2, 5], ["many", "2"])
    assert cells.tolist() == ["many", "2"]
    assert violations == ["c: not a number", ""]


def test_a_bad_date_does_not_spoil_the_good_ones():
    _, violations = read(["2020-01-01", "2021-01-01"], ["2020-05-05", "yesterday"])
    assert violations == ["", "c: not a date"]


def test_integers_with_missing_cells_keep_their_values():
    cells = Dataset.of_table(pd.DataFrame({"c": pd.array([2**53 + 1, None], dtype="Int64")})).table["c"]
    assert int(cells[0]) == 2**53 + 1
    assert cells.isna().tolist() == [False, True]


def test_moments_with_zones_become_utc():
    cells = Dataset.of_table(pd.DataFrame({"c": pd.to_datetime(["2020-01-01 02:00+02:00", "2020-01-02 00:00+02:00"])}))
    assert cells.table["c"].tolist() == [pd.Timestamp("2020-01-01"), pd.Timestamp("2020-01-01 22:00")]


def test_small_types_widen_without_wrapping():
    frame = pd.DataFrame({"a": np.array([-128, 127], dtype=np.int8), "b": np.array([2**63, 1], dtype=np.uint64)})
    table = Dataset.of_table(frame).table
    assert table["a"].tolist() == [-128, 127]
    assert table["b"].tolist() == [2**63, 1]


@pytest.mark.parametrize(
    ("real", "other", "expected"),
    [
        ([True, False, True], ["true", "FALSE", "1", "perhaps", None], ["True", "False", "True", "perhaps"]),
        ([0, 1, 1], ["0.0", "1.0", "01", "perhaps", None], ["0", "1", "1", "perhaps"]),
        ([0.5, 1.0, 2.0], ["0.50", "1", "2.0", "perhaps", None], ["0.5", "1", "2", "perhaps"]),
    ],
)
def test_one_strange_level_makes_no_other_a_new_one(real, other, expected):
    schema = load(pd.DataFrame({"c": real, "x": range(3)}), groups=["c"]).schema
    made = load(pd.DataFrame({"c": other, "x": range(5)}), schema=schema).table["c"]
    assert made[:4].tolist() == expected
    assert made.isna().tolist() == [False] * 4 + [True]
