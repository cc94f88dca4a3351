"""Which rows are possible: every rule, every way in which a table can differ, and the real data's own rate."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import auditkit as ak
from auditkit.data import schema_violations
from auditkit.errors import ConfigError, DataError, SampleSizeError, UnknownNameError
from auditkit.intervals import wilson
from auditkit.metrics.tables.validity import validity

REAL = pd.DataFrame(
    {
        "id": [11, 12, 13, 14],
        "age": [20, 30, 40, 50],
        "height": [1.5, 1.75, None, 2.0],
        "sex": ["f", "m", "f", "m"],
        "start": pd.to_datetime(["2020-01-01", "2020-02-01", "2020-03-01", "2020-04-01"]),
        "ok": [True, False, True, False],
    }
)


def other(**changes):
    return REAL.assign(**changes)


def found_in(synthetic, **options):
    return validity(real=REAL, synthetic=synthetic, **options)


def broken(found):
    return {(item.column, item.rule): item.n_broken for item in found.rules if item.n_broken}


def test_the_real_table_breaks_no_rule():
    found = found_in(REAL, holdout=REAL)
    assert (found.valid.value, found.holdout.value, found.excess.value) == (1.0, 1.0, 0.0)
    assert (found.absent, found.extra, found.renamed, found.broken) == ((), (), (), ())
    assert found.violations == ("",) * 4
    assert found.notes == ()


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        ({"age": [19, 51, 20.5, 30]}, {("age", "minimum"): 1, ("age", "maximum"): 1, ("age", "whole"): 1}),
        ({"age": ["20", "30", "4O", "50"]}, {("age", "type"): 1}),
        ({"age": pd.Series([20, "thirty", None, 50.0], dtype=object)}, {("age", "type"): 1, ("age", "missing"): 1}),
        ({"age": ["20", "30", "40", "50"]}, {}),
        ({"age": [20.0, 30.0, 40.0, 50.0]}, {}),
        ({"age": [np.nan] * 4}, {("age", "missing"): 4}),
        ({"age": [None] * 4}, {("age", "missing"): 4}),
        ({"age": [30] * 4}, {}),
        ({"age": [np.inf, 30, 40, 50]}, {("age", "maximum"): 1, ("age", "whole"): 0}),
        ({"height": [None] * 4}, {}),
        ({"sex": ["f", "m", "x", "f"]}, {("sex", "level"): 1}),
        ({"sex": ["f", "", None, "NA"]}, {("sex", "level"): 1, ("sex", "missing"): 2}),
        ({"sex": pd.Categorical(["f", "m", "f", "m"], categories=["x", "m", "f"])}, {}),
        ({"sex": [1, 2, 1, 2]}, {("sex", "level"): 4}),
        ({"start": ["2020-01-01", "01/02/2020", "2020-03-01", "2020-03-31"]}, {("start", "type"): 1}),
        ({"start": ["2020-05-01", "2019-12-31", None, "2020-03-31"]},
         {("start", "minimum"): 1, ("start", "maximum"): 1, ("start", "missing"): 1}),
        ({"ok": [1, 0, 1, 0]}, {}),
        ({"ok": ["True", "maybe", "False", None]}, {("ok", "level"): 1, ("ok", "missing"): 1}),
        ({"id": [21, 22, 22, None]}, {("id", "key"): 2}),
    ],
)  # fmt: skip
def test_each_rule_counts_the_rows_that_break_it(changes, rules):
    found = found_in(other(**changes))
    assert broken(found) == {key: n for key, n in rules.items() if n}
    wrong = sum(sentence != "" for sentence in found.violations)
    assert found.valid.value == 1 - wrong / 4
    assert (found.valid.low, found.valid.high) == wilson(4 - wrong, 4)


def test_shares_are_of_the_rows_that_a_rule_is_about():
    found = found_in(pd.concat([other(height=[None, 1.0, 1.6, 1.6])] * 10, ignore_index=True).drop(columns="id"))
    (rule,) = (item for item in found.rules if (item.column, item.rule) == ("height", "minimum"))
    assert (rule.n_broken, rule.n_undecided, rule.share.value) == (10, 10, 1 / 3)
    assert (rule.share.low, rule.share.high) == wilson(10, 30)
    assert rule.real.value == 0
    assert rule.holdout is None


def test_a_rule_about_no_row_has_no_share_and_says_why():
    found = found_in(other(height=[None] * 4))
    frame = found.frame().set_index(["column", "rule"])
    assert frame.loc[("height", "minimum"), "reason"] == "every row has a missing cell there"
    assert np.isnan(frame.loc[("height", "minimum"), "share"])


def test_fresh_real_rows_say_how_many_breaches_chance_explains():
    rng = np.random.default_rng(0)
    real, fresh = ({"x": rng.normal(size=60)} for _ in range(2))
    far = {"x": np.where(np.arange(100) < 40, 9.0, 0.0)}
    found = validity(real=real, synthetic=far, holdout=fresh)
    outside = np.mean((fresh["x"] < real["x"].min()) | (fresh["x"] > real["x"].max()))
    assert found.holdout.value == 1 - outside < 1
    assert found.excess.value == pytest.approx(found.holdout.value - 0.6, abs=1e-12)
    assert found.excess.low > 0.25
    same = validity(real=real, synthetic=fresh, holdout=fresh)
    assert same.excess.low < 0 == same.excess.value < same.excess.high


def test_without_a_holdout_a_note_says_what_is_not_known():
    found = found_in(REAL)
    assert (found.holdout, found.excess) == (None, None)
    assert found.notes == (
        "No holdout was given: fresh real rows leave ranges and levels too, and how many is not known.",
    )


def test_absent_extra_renamed_and_reordered_columns_are_told():
    found = found_in(
        REAL.rename(columns={"age": "Age ", "sex": "gender"})[["gender", "start", "Age ", "height", "id", "ok"]]
    )
    assert (found.absent, found.extra, found.renamed) == (
        ("age", "sex"),
        ("gender", "Age "),
        (("age", "Age "), ("sex", "gender")),  # by name, and by its values
    )
    assert found.notes[:2] == (
        "Column 'age' is absent in the synthetic table; 'Age ' may be it: rename it.",
        "Column 'sex' is absent in the synthetic table; 'gender' may be it: rename it.",
    )
    other = found_in(REAL.drop(columns="sex").assign(weight=1.5)).notes
    assert other[:2] == (
        "Column 'sex' is absent in the synthetic table.",
        "Column 'weight' of the synthetic table is not in the real one.",
    )
    assert found.valid.value == 1
    assert found_in(REAL[REAL.columns[::-1]]).absent == ()


def test_names_that_repeat_are_an_error():
    twice = pd.concat([REAL, REAL[["age"]]], axis=1)
    with pytest.raises(DataError, match="`synthetic` has more than one column named 'age'"):
        found_in(twice)


def test_columns_of_any_name_are_checked():
    names = {"age": "a [ge]", "sex": 's"e`x', "height": "he ight"}
    real = REAL.rename(columns=names)
    wrong = real.assign(**{"a [ge]": [0, 30, 40, 50], 's"e`x': ["f", "q", "f", "m"]})
    found = validity(real=real, synthetic=wrong, constraints=["`a [ge]` > 0", '`s"e``x` in ["f", "m"]'])
    assert [item.column for item in found.broken] == ["a [ge]", 's"e`x', "`a [ge]` > 0", '`s"e``x` in ["f", "m"]']


def test_long_integers_are_neither_fractions_nor_out_of_range():
    real = {"n": [2**53 + 1, 2**53 + 3, 2**53 + 3], "m": [1, 2, 2]}
    found = validity(
        real=real, synthetic={"n": [2**53 + 1, 2**53 + 3], "m": [1, 1]}, constraints=["n > 9007199254740993"]
    )
    assert broken(found) == {("n > 9007199254740993", "constraint"): 1}


def test_one_row_and_another_size_are_checked():
    assert found_in(REAL.iloc[[2]]).valid.value == 1
    assert len(found_in(pd.concat([REAL.drop(columns="id")] * 50, ignore_index=True)).violations) == 200
    with pytest.raises(SampleSizeError, match="`synthetic` has 0 rows"):
        found_in(REAL.iloc[:0])


def test_constraints_are_counted_with_the_real_rate():
    table = other(age=[20, 30, 45, 20], height=[1.6, None, 1.8, 1.6])
    found = found_in(table, holdout=REAL, constraints=["age < 40", "height > 1.7 or sex == 'x'"])
    young, tall = found.rules[-2:]
    assert (young.rule, young.column, young.n_broken, young.real.value, young.holdout.value) == (
        "constraint", "age < 40", 1, 0.5, 0.5,
    )  # fmt: skip
    assert (tall.n_broken, tall.n_undecided, tall.share.value) == (2, 1, 2 / 3)
    assert "breaks age < 40" in found.violations[2]
    assert found.notes[0] == (
        "Constraint 'age < 40' is broken by 2 of 4 (50.0%) real rows too: a rule that the real data do not follow is "
        "no fault."
    )
    assert young not in found.broken[:1]  # the real data break it more


def test_a_constraint_on_an_absent_column_is_not_checked_and_says_so():
    found = found_in(REAL.drop(columns="age"), constraints=["age > 30"])
    rule = found.rules[-1]
    assert (rule.share, rule.reason, rule.real.value) == (None, "the synthetic table lacks a column that it names", 0.5)
    with pytest.raises(UnknownNameError, match="unknown column 'aeg'; did you mean 'age'"):
        found_in(REAL, constraints=["aeg > 30"])
    with pytest.raises(ConfigError, match="constraint 'age > ', position 6"):
        found_in(REAL, constraints=["age > "])


def test_one_engine_is_behind_the_rows_of_an_audit():
    real = ak.load(REAL)
    table = other(age=[19, 51, 20.5, 30], sex=["f", "x", None, "m"], id=[1, 1, 2, 3])
    found = validity(real=real, synthetic=table)
    assert list(found.violations) == schema_violations(ak.load(table, schema=real.schema), real.schema, keys=["id"])


def test_any_table_is_read_and_none_is_changed():
    wrong = other(age=[19, 30, 40, 50])
    before = wrong.copy(deep=True)
    expected = found_in(wrong)
    pd.testing.assert_frame_equal(wrong, before)
    for make in (pa.Table.from_pandas, dict, ak.load):
        found = validity(real=make(REAL), synthetic=make(wrong))
        assert found == expected
    schema = ak.load(REAL).schema
    assert validity(real=wrong, synthetic=wrong, schema=schema).rules[1].real.value == 0
    assert broken(validity(real=wrong, synthetic=REAL, schema=schema)) == {}


def test_an_all_missing_real_column_allows_nothing_but_missing_cells():
    found = validity(real={"a": [None, None], "b": [1, 2]}, synthetic={"a": ["x", None], "b": [1, 2]})
    assert broken(found) == {("a", "level"): 1}


def test_the_frame_has_a_row_per_rule():
    frame = found_in(other(age=[19, 30, 40, 50]), holdout=REAL, constraints=["age > 19"]).frame()
    assert list(frame["column"].unique()) == ["id", "age", "height", "sex", "start", "ok", "age > 19"]
    row = frame[(frame["column"] == "age") & (frame["rule"] == "minimum")].iloc[0]
    assert (row["n_broken"], row["share"], row["holdout"], row["real"], row["words"]) == (
        1,
        0.25,
        0,
        0,
        "below the real range",
    )
    assert {str(frame[name].dtype) for name in ("share", "low", "high", "holdout", "real")} == {"float64"}


def test_published_generators_on_adult(shared_data):
    real = ak.load(shared_data("pairs_adult", "real_trn.csv.gz"))
    sets = {
        name: ak.load(shared_data("pairs_adult", f"{name}.csv.gz"), schema=real.schema)
        for name in ("real_hol", "syn_2024_mostlyai", "syn_2021_gaussian_copula")
    }
    rules = ["`capital-gain` == 0 or `capital-loss` == 0", "relationship != 'Husband' or sex == 'Male'"]
    found = {
        name: validity(real=real, synthetic=item, holdout=sets["real_hol"], constraints=rules)
        for name, item in sets.items()
    }
    assert found["real_hol"].valid.value > 0.999
    assert found["syn_2024_mostlyai"].excess.high < 0.005
    worst = found["syn_2021_gaussian_copula"]
    assert worst.valid.high < 0.01
    assert [item.column for item in worst.broken[:3]] == [rules[0], "capital-gain", "capital-loss"]
