"""One encoding of several tables, whatever they are made of."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from auditkit.data import load
from auditkit.data.joint import encode_frames, encode_sets, join_cells
from auditkit.errors import DataError, SampleSizeError, UnknownNameError

LOWEST = np.iinfo(np.int64).min
NEW_YEAR = 1577836800 * 10**9  # 2020-01-01
NOON = 12 * 3600 * 10**9


def frame(**columns):
    return pd.DataFrame(columns)


def encoded(real, synthetic, **options):
    return encode_frames({"real": real, "synthetic": synthetic}, **options)


def lists(cells):
    """Cells of each column."""
    return [values.tolist() for values in vars(cells)["values"]]


def column(real, synthetic, kind=None):
    """Column, and the real and the synthetic values, of two tables with the one column x."""
    cells = encoded(frame(x=real), frame(x=synthetic), kinds=None if kind is None else {"x": kind})
    return cells["real"].columns[0], *(lists(cells[role])[0] for role in ("real", "synthetic"))


class Stream:
    """What another library's frame shows of itself."""

    def __init__(self, table):
        self._table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self._table.__arrow_c_stream__(requested_schema)


def mixed(whole="int64"):
    return pa.table(
        {
            "n": pa.array([1, None, 3], getattr(pa, whole)()),
            "x": pa.array([0.5, 1.5, None], pa.float32()),
            "c": ["NA", None, "b c"],
            "d": pa.array(["u", "v", "u"]).dictionary_encode(),
            "b": pa.array([True, None, False]),
            "t": pa.array([NEW_YEAR, None, NEW_YEAR + NOON], pa.timestamp("ns")),
            "day": pa.array([dt.date(2020, 1, 1), None, dt.date(2020, 1, 2)]),
            "money": pa.array([1, 2, 3]).cast(pa.decimal128(22, 2)),
        }
    )


def check_mixed(cells):
    kinds = [item.kind for item in cells.columns]
    assert kinds == ["number", "number", "category", "category", "category", "moment", "moment", "number"]
    n, x, c, d, b, t, day, money = lists(cells)
    np.testing.assert_array_equal(n, [1, np.nan, 3])
    np.testing.assert_array_equal(x, [0.5, 1.5, np.nan])
    assert (c, d, b) == ([1, 0, 2], [1, 2, 1], [1, 0, 2])
    assert t == [NEW_YEAR, LOWEST, NEW_YEAR + NOON]
    assert day == [NEW_YEAR, LOWEST, NEW_YEAR + 2 * NOON]
    assert money == [1, 2, 3]
    assert cells.columns[2].levels == ("NA", "b c")


@pytest.mark.parametrize("whole", ["int8", "int64", "uint16"])
def test_an_arrow_table_is_read_as_the_same_cells(whole):
    check_mixed(encoded(mixed(whole), mixed())["real"])


def test_whatever_speaks_the_arrow_stream_protocol_is_read():
    check_mixed(encoded(Stream(mixed()), mixed())["real"])


def test_a_polars_frame_is_read():
    polars = pytest.importorskip("polars", reason="polars is not installed")
    check_mixed(encoded(polars.from_arrow(mixed()), mixed())["real"])


def test_a_pandas_frame_of_arrow_columns_is_read():
    table = mixed().to_pandas(types_mapper=pd.ArrowDtype)
    assert isinstance(table["day"].dtype, pd.ArrowDtype)
    check_mixed(encoded(table, table)["real"])


def test_a_mapping_and_a_column_are_tables():
    cells = encoded({"x": [1, 2]}, {"x": [3.5]})
    assert (lists(cells["synthetic"])[0], len(cells["real"]), len(cells["synthetic"])) == ([3.5], 2, 1)
    assert encoded([1, 2], pd.Series([3, 4]))["real"].names == ("values",)


def test_the_frames_that_are_given_stay_as_they_are():
    objects = pd.Series([2**53 + 1, None, -0.0, "a"], dtype=object)
    real = frame(x=[-0.0, 1, np.nan, 2], o=objects, c=pd.Categorical(["b", None, "a", "b"], categories=["z", "a", "b"]))
    other = real.iloc[[3, 1, 0]]
    before = [item.copy(deep=True) for item in (real, other)]
    encoded(real, other)
    for given, kept in zip((real, other), before, strict=True):
        pd.testing.assert_frame_equal(given, kept)
    assert np.signbit(real["x"][0])


def test_a_column_that_needs_no_conversion_is_not_copied():
    real = frame(x=np.arange(4) + 0.5)
    assert np.shares_memory(encoded(real, real)["real"].numbers(0), real["x"].to_numpy())


@pytest.mark.parametrize(
    "cells",
    [
        pd.Series([2**53 + 1, 3]),
        pd.Series([2**53 + 1, 3], dtype=object),
        pd.array([2**53 + 1, 3], dtype="Int64"),
        pd.Series(["9007199254740993", "3"]),
        np.array([2**53 + 1, 3], dtype=np.uint64),
    ],
    ids=["int64", "object", "Int64", "text", "uint64"],
)
def test_integers_beyond_2_to_the_53_stay_apart(cells):
    _, real, synthetic = column(cells, [2.0**53, 3.0], "number")
    assert (real, synthetic) == ([2**53 + 1, 3], [2**53, 3])


def test_a_missing_cell_among_long_integers_is_the_smallest_one():
    item, real, synthetic = column(pd.array([2**53 + 1, None], dtype="Int64"), [1.0, np.nan])
    assert (item.kind, real, synthetic) == ("number", [2**53 + 1, LOWEST], [1, LOWEST])


def test_long_integers_beside_fractions_are_floats():
    _, real, synthetic = column(pd.array([2**53 + 2, None], dtype="Int64"), [1.5, 2.0])
    np.testing.assert_array_equal(real, [2.0**53 + 2, np.nan])
    assert synthetic == [1.5, 2]


def test_integers_that_64_bits_do_not_hold_are_an_error():
    for cells in (np.array([2**63 + 1], dtype=np.uint64), pd.Series([2**80], dtype=object)):
        with pytest.raises(DataError, match="column 'x' of the real set has integers that do not fit 64 bits"):
            column(cells, [1])


def test_such_integers_of_a_loaded_set_are_floats():
    loaded = load(frame(x=np.array([2**63 + 1, 3, 5], dtype=np.uint64)))
    assert lists(encode_sets({"real": loaded, "synthetic": loaded})["real"]) == [[2.0**63, 3, 5]]


def test_namibia_is_no_missing_cell():
    item, real, synthetic = column(["NA", "FR", None], ["nan", None, "NA"])
    assert (item.levels, item.known) == (("NA", "FR", "nan"), 2)
    assert (real, synthetic) == ([1, 2, 0], [3, 0, 1])


def test_a_negative_zero_is_a_zero():
    _, real, _ = column([-0.0, 0.0], [1.0])
    assert not np.signbit(real).any()
    assert column([-0.0, 0.0], [0], "category")[1:] == ([1, 1], [1])


def test_one_as_number_and_as_text_is_one_level():
    assert column([1, 2], ["1", "3"], "category")[1:] == ([1, 2], [1, 3])
    assert column([1.0, 2.5], pd.Series([1, "1", "2.5"], dtype=object), "category")[1:] == ([1, 2], [1, 1, 2])
    assert column(pd.Series([1, "1", 1.0], dtype=object), ["1"])[1:] == ([1, 1, 1], [1])


def test_levels_count_in_order_of_appearance_and_not_of_the_categorical_type():
    item, real, synthetic = column(pd.Categorical(["a", "b"], categories=["z", "b", "a"]), ["b", "c", None])
    assert (item.levels, item.known, real, synthetic) == (("a", "b", "c"), 2, [1, 2], [2, 3, 0])
    assert column(pd.Categorical([2, 1]), pd.Categorical([1, None]))[1:] == ([1, 2], [2, 0])


@pytest.mark.parametrize(
    "cells", [[1, 0, None], ["True", "false", None], [True, False, None], pd.array([True, False, None], "boolean")]
)
def test_truth_is_one_level_however_it_is_written(cells):
    assert column([True, False], pd.Series(cells))[1:] == ([1, 2], [1, 2, 0])


def test_booleans_beside_other_words_are_text():
    assert column([True, False], ["yes", "True"])[0].levels == ("True", "False", "yes")


def test_nullable_integers_are_numbers_with_a_mask():
    cells = encoded(frame(x=pd.array([1, None], dtype="Int32")), frame(x=[1, 2]))
    np.testing.assert_array_equal(cells["real"].numbers(0), [1, np.nan])
    assert (cells["real"].missing[0].tolist(), cells["synthetic"].missing[0]) == ([False, True], None)


def test_moments_with_a_time_zone_are_those_of_utc():
    zoned = pd.to_datetime(["2020-01-01T02:00+02:00", None])
    item, real, synthetic = column(zoned, ["2020-01-01", "2020-01-01T12:00Z"])
    assert (item.kind, real, synthetic) == ("moment", [NEW_YEAR, LOWEST], [NEW_YEAR, NEW_YEAR + NOON])


def test_python_dates_are_moments():
    assert column([dt.date(2020, 1, 1)], pd.to_datetime(["2020-01-01"]))[1:] == ([NEW_YEAR], [NEW_YEAR])


def test_dates_in_two_formats_are_an_error_that_counts_them():
    with pytest.raises(DataError, match="'x' of the synthetic set has 1 of 2 distinct cells that are no ISO 8601 date"):
        column(pd.to_datetime(["2020-01-01"]), ["2020-01-02", "01/02/2020"])
    cells = encode_sets({"real": load(frame(x=["2020-01-01", "2020-01-03"])), "synthetic": load(frame(x=["01/02/20"]))})
    assert cells["synthetic"].missing[0].tolist() == [True]


MICROSECONDS = 86_400 * 10**6
"""Of a day."""


def days(*texts):
    return [int((np.datetime64(text) - np.datetime64("1970-01-01")).astype(int)) * MICROSECONDS for text in texts]


def test_dates_far_away_put_all_sets_into_microseconds():
    never = np.array(["9999-12-31", "2020-01-01", "NaT", "1066-10-14", "0001-01-01"], dtype="datetime64[us]")
    described, real, synthetic = column(never, ["9999-12-31", "2262-01-01"])
    assert described.unit == "us"
    assert real == [*days("9999-12-31", "2020-01-01"), LOWEST, *days("1066-10-14", "0001-01-01")]
    assert synthetic == days("9999-12-31", "2262-01-01")
    described, real, synthetic = column(pd.to_datetime(["2020-01-01"]), never)
    assert (described.unit, real) == ("us", days("2020-01-01"))
    assert column(["2020-01-01"], ["2020-01-02"])[0].unit == "ns"


def test_sets_that_were_encoded_one_by_one_meet_in_one_unit():
    near, far = (
        load(pd.DataFrame({"x": np.array([*days, "NaT"], "datetime64[us]")}))
        for days in (["2020-01-01", "2020-01-03"], ["1500-01-01", "1500-01-02"])
    )
    one_by_one = {
        role: encode_sets({role: item}, schema=near.schema)[role] for role, item in {"real": near, "made": far}.items()
    }
    joined, together = join_cells(one_by_one), encode_sets({"real": near, "made": far})
    assert [one_by_one[role].columns[0].unit for role in ("real", "made")] == ["ns", "us"]
    for role in ("real", "made"):
        assert joined[role].columns == together[role].columns
        assert lists(joined[role]) == lists(together[role])
        np.testing.assert_array_equal(joined[role].matrix()[0], together[role].matrix()[0])
    assert joined["real"].matrix()[0][0, 0] == np.datetime64("2020-01-01", "s").astype(int)


def test_dates_that_no_unit_holds_are_an_error():
    with pytest.raises(DataError, match="'x' of the real set has dates beyond the year 290,000: write them as numbers"):
        column(np.array([2**60], "datetime64[s]"), pd.to_datetime(["2020-01-01"]))


@pytest.mark.parametrize(
    ("real", "synthetic", "message"),
    [
        ([1, 2], ["1", "two"], "'x' of the synthetic set has 1 distinct cell.s. that are no number: convert it"),
        ([1, 2], pd.to_datetime(["2020-01-01"]), "'x' of the synthetic set holds dates where numbers are expected"),
        (pd.to_datetime(["2020-01-01"]), [3.5], "'x' of the synthetic set has 1 of 1 distinct cells that are no ISO"),
        ([1.0], [np.inf], "'x' of the synthetic set has 1 infinite value"),
        ([1.0], ["-inf"], "'x' of the synthetic set has 1 infinite value"),
        ([[1], [2]], [1], "'x' of the real set holds cells of type list"),
        ([1j], [1], "'x' of the real set holds cells of type complex128"),
        (pd.to_timedelta([1], unit="s"), [1], "'x' of the real set holds cells of type timedelta64"),
    ],
)
def test_mixed_and_unreadable_types_are_one_sentence(real, synthetic, message):
    with pytest.raises(DataError, match=message) as caught:
        column(real, synthetic)
    assert str(caught.value).endswith(".")
    assert str(caught.value).count(". ") == 0


def test_unreadable_cells_of_a_loaded_set_are_missing():
    real = load(frame(x=[1, 2, 3], t=["2020-01-01", "2020-01-02", "2020-01-03"]))
    cells = encode_sets({"real": real, "synthetic": load(frame(x=["1", "two"], t=["2020-01-01", "soon"]))})
    assert [item.tolist() for item in cells["synthetic"].missing] == [[False, True], [False, True]]
    assert lists(cells["synthetic"])[0][0] == 1


def test_names_that_repeat_are_an_error():
    twice = pd.DataFrame([[1, 2]], columns=["a", "a"])
    for given in (twice, pa.table([pa.array([1]), pa.array([2])], names=["a", "a"])):
        with pytest.raises(DataError, match="`real` has more than one column named 'a'"):
            encoded(given, frame(a=[1]))


def test_columns_are_found_by_name_in_any_order_and_with_any_name():
    real = pd.DataFrame({"a b": [1], "[c]": [2], "d\"'": ["x"], "é": [4], 0: [5]})
    cells = encoded(real, real[real.columns[::-1]])
    assert cells["synthetic"].names == ("a b", "[c]", "d\"'", "é", "0")
    assert lists(cells["synthetic"]) == [[1], [2], [1], [4], [5]]


def test_absent_extra_and_renamed_columns_are_left_out_with_the_reason():
    cells = encoded(frame(a=[1], age=[2]), frame(a=[1], Age=[2], more=[3]))
    assert cells["real"].names == cells["synthetic"].names == ("a",)
    only = "only the synthetic set has it"
    lacks = "the synthetic set lacks it; its column 'Age' may be it: rename it"
    assert cells["real"].left_out == {"age": lacks, "Age": only, "more": only}
    with pytest.raises(DataError, match="no column can be compared: the real set shares none with the others"):
        encoded(frame(a=[1]), frame(b=[1]))


def test_an_all_missing_column_has_the_kind_of_the_other_set():
    item, real, synthetic = column([None, None], ["x", "y"])
    assert (item.kind, item.known, item.levels, real, synthetic) == ("category", 0, ("x", "y"), [0, 0], [1, 2])
    assert column([np.nan], ["x"])[0].kind == "category"
    assert column([None], [1.5])[0].kind == "number"
    for empty in ([None], [np.nan], [pd.NaT]):
        assert column(pd.to_datetime(["2020-01-01"]), empty)[1:] == ([NEW_YEAR], [LOWEST])
        assert np.isnan(column([1.0], empty)[2]).all()
    assert column([None], [None])[0].kind == "category"


def test_a_constant_and_a_single_row_are_encoded():
    assert column([7, 7], [7])[1:] == ([7, 7], [7])
    assert column(["k"], ["k", "k"])[1:] == ([1], [1, 1])


def test_a_set_without_rows_or_columns_is_an_error():
    with pytest.raises(SampleSizeError, match="`synthetic` has 0 rows and 1 columns"):
        encoded(frame(x=[1]), frame(x=[]))
    with pytest.raises(SampleSizeError, match="`real` has 0 rows and 0 columns"):
        encoded(pd.DataFrame(), frame(x=[1]))


@pytest.mark.parametrize("given", [5, None, "table.csv", np.zeros((2, 2, 2)), {"a": [1], "b": [1, 2]}])
def test_what_is_no_table_is_an_error(given):
    with pytest.raises(DataError, match=r"`real` (must be|is no) .*table.*: give a data frame"):
        encoded(given, frame(a=[1]))


def test_kinds_are_checked():
    with pytest.raises(UnknownNameError, match="unknown column 'agee'; did you mean 'age'"):
        encoded(frame(age=[1]), frame(age=[1]), kinds={"agee": "number"})
    with pytest.raises(UnknownNameError, match="unknown kind 'numbr'; did you mean 'number'"):
        encoded(frame(age=[1]), frame(age=[1]), kinds={"age": "numbr"})


def test_ids_keys_and_texts_of_sets_are_left_out():
    n = 40
    table = frame(id=np.arange(n), who=np.arange(n) // 2, note=[f"a note of many words {i}" for i in range(n)], x=1.5)
    cells = encode_sets({"real": load(table, key="who"), "synthetic": load(table, key="who")})
    assert cells["real"].names == ("x",)
    assert cells["real"].left_out == {"id": "names of records", "who": "names of records", "note": "free text"}


def test_rows_and_columns_can_be_chosen():
    cells = encoded(frame(a=[1, 2, 3], b=["u", None, "v"]), frame(a=[1], b=["u"]))["real"]
    some = cells.take(np.array([True, False, True])).only(["b"])
    assert (len(some), lists(some)[0], some.missing[0].tolist()) == (2, [1, 2], [False, False])
    assert (cells.place("b"), cells.places("number"), lists(cells.take(np.array([2, 0])))[0]) == (1, (0,), [3, 1])
    with pytest.raises(UnknownNameError, match="unknown column 'c'"):
        cells.only(["c"])


def test_numbers_of_any_column_are_floats():
    cells = encoded(frame(n=pd.array([2**53 + 2, None], "Int64"), t=pd.to_datetime(["2020-01-01", None])), mixed_like())
    np.testing.assert_array_equal(cells["real"].numbers(0), [2.0**53 + 2, np.nan])
    np.testing.assert_array_equal(cells["real"].numbers(1), [NEW_YEAR, np.nan])


def mixed_like():
    return frame(n=[1], t=pd.to_datetime(["2020-01-01"]))


def test_sparse_cells_and_periods_are_read():
    assert column(pd.arrays.SparseArray([0, 0, 1]), [1])[1:] == ([0, 0, 1], [1])
    item, real, _ = column(pd.period_range("2020", periods=1, freq="Y"), pd.to_datetime(["2020-01-01"]))
    assert (item.kind, real) == ("moment", [NEW_YEAR])


def test_a_column_of_another_library_is_a_table():
    cells = encoded(Stream(pa.chunked_array([[1, 2], [None]])), [1.5])
    assert cells["real"].names == ("values",)
    np.testing.assert_array_equal(cells["real"].numbers(0), [1, 2, np.nan])
