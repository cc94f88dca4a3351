import numpy as np
import pandas as pd
import pytest

from auditkit.data import check_compatible, load, schema_violations
from auditkit.data.breaches import find_breaches, unique_columns
from auditkit.data.constraints import parse_constraints
from auditkit.errors import DataError, ShapeError, UnknownNameError

REAL = pd.DataFrame({"age": [20, 30, 40], "sex": ["f", "m", "f"], "income": [0, 1, 0]})


def check(frame, name="synthetic", **roles):
    check_compatible(load(REAL, label="income"), load(frame, **roles), name)


def test_sets_with_the_same_columns_fit_in_any_order():
    other = load(REAL[["income", "age", "sex"]], label="income")
    check_compatible(load(REAL, label="income"), other, "synthetic")
    with pytest.raises(DataError, match="lacks 'income'"):
        check_compatible(load(REAL, label="age"), load(REAL[["age", "sex"]], label="age"), "synthetic")
    assert load(REAL, label="income").concat(other).table["age"].tolist() == [20, 30, 40] * 2


def test_both_lists_of_columns_are_named():
    frame = REAL.rename(columns={"age": "aeg", "sex": "gender"})
    with pytest.raises(
        DataError, match=r"lacks 'age', 'sex' and synthetic has 'aeg', 'gender'.*'aeg' may be 'age': rename it"
    ):
        check(frame)
    with pytest.raises(DataError, match="synthetic has 'more' that real has not"):
        check(REAL.assign(more=1))


def test_ids_may_be_absent():
    real = load(REAL.assign(id=[9, 4, 7]))
    other = load(REAL, schema=real.schema)
    check_compatible(real, other, "synthetic")
    assert schema_violations(other, real.schema) == ["", "", ""]
    assert len(real.concat(other)) == 6


def test_a_lacking_label_is_told_first():
    with pytest.raises(DataError, match="label column 'income' is missing in synthetic"):
        check(REAL[["age"]])


def test_another_modality_is_an_error():
    with pytest.raises(DataError, match="real is tabular data and synthetic is image data"):
        check(np.zeros((2, 4, 4), dtype=np.uint8))


def test_text_for_numbers_is_an_error():
    with pytest.raises(DataError, match="'age' holds numbers in real and only other values in synthetic"):
        check(REAL.assign(age=["young", "old", "old"]))


def test_labels_in_other_words_are_an_error():
    with pytest.raises(DataError, match=r"no label of synthetic \('no', 'yes'\) is one of real's \('0', '1'\)"):
        check(REAL.assign(income=["no", "yes", "no"]))


def test_images_of_another_shape_are_an_error():
    real, other = (load(np.zeros((2, size, 4), dtype=np.uint8)) for size in (4, 5))
    with pytest.raises(ShapeError, match=r"\(4, 4, 1\) and those of synthetic \(5, 4, 1\)"):
        check_compatible(real, other, "synthetic")


def test_violations_name_column_and_rule_without_real_values():
    real = load(REAL, label="income")
    frame = pd.DataFrame({"age": [25, 41, 19.5, None], "sex": ["f", "x", "m", "m"], "income": [0, 1, 1, 0]})
    assert schema_violations(load(frame, schema=real.schema), real.schema) == [
        "",
        "age: above the real range; sex: a level that the real data do not have",
        "age: below the real range; age: a fraction in a column of whole numbers",
        "age: missing, which it never is in the real data",
    ]


def test_the_real_data_break_no_rule():
    real = load(REAL.assign(t=["2020-01-01", None, "2020-01-03"], b=[True, None, False], k=1.5), label="income")
    assert schema_violations(real, real.schema) == ["", "", ""]


def test_a_unit_breaks_what_one_of_its_rows_breaks():
    frame = pd.DataFrame({"who": ["a", "a", "b"], "x": [1.5, 2.5, 3.5]})
    real = load(frame, key="who")
    other = load(frame.assign(x=[9.0, 9.0, 2.0]), key="who", schema=real.schema)
    assert schema_violations(other, real.schema) == ["x: far above the real range", ""]


def test_constraints_are_violations_of_the_units_that_break_them():
    real = load(REAL, label="income")
    other = load(REAL, schema=real.schema)
    rules = parse_constraints(["age < 40 or sex == 'm'", "income == 0"])
    assert schema_violations(other, real.schema, constraints=rules) == [
        "",
        "breaks income == 0",
        "breaks age < 40 or sex == 'm'",
    ]
    grouped = load(pd.DataFrame({"who": ["a", "a", "b"], "x": [1.5, 2.5, 3.5]}), key="who")
    assert schema_violations(grouped, grouped.schema, constraints=parse_constraints(["x < 2 or x > 3"])) == [
        "breaks x < 2 or x > 3",
        "",
    ]


def test_a_constraint_that_names_no_column_is_an_error():
    real = load(REAL, label="income")
    with pytest.raises(UnknownNameError, match="position 1: unknown column 'aeg'; did you mean 'age'"):
        schema_violations(real, real.schema, constraints=parse_constraints(["aeg > 3"]))


def test_keys_that_repeat_are_violations():
    real = load(REAL.assign(id=[9, 4, 7]))
    other = load(REAL.assign(id=[9, 9, 7]), schema=real.schema)
    keys = unique_columns(real.table, real.schema)
    assert keys == ("id",)
    assert unique_columns(other.table, real.schema) == ()
    words = "id: missing or repeated, where the real data name each row once"
    assert schema_violations(other, real.schema, keys=keys) == ["", words, ""]
    assert schema_violations(load(REAL, schema=real.schema), real.schema, keys=keys) == ["", "", ""]


def test_every_rule_tells_the_rows_that_it_is_about():
    real = load(pd.DataFrame({"n": [1, 2, 3, 4], "c": ["a", None, "b", "a"]}))
    table = load(pd.DataFrame({"n": [0, 1.5, None], "c": ["x", None, "a"]}), schema=real.schema).table
    found = {(item.column, item.rule): item for item in find_breaches(table, real.schema)}
    assert {key: (int(item.broken.sum()), item.n_decided) for key, item in found.items()} == {
        ("n", "missing"): (1, 3),
        ("n", "type"): (0, 2),
        ("n", "minimum"): (1, 2),
        ("n", "maximum"): (0, 2),
        ("n", "whole"): (1, 2),
        ("c", "level"): (1, 2),
    }


@pytest.mark.parametrize(
    ("real", "other", "message"),
    [
        ({"key": "p"}, {}, "`real` has the key 'p', `holdout` has none: load it with key='p'."),
        ({"key": "p"}, {"key": "t"}, "`real` has the key 'p', `holdout` has 't': load it with key='p'."),
        ({}, {"key": "p"}, "`holdout` has the key 'p', `real` has none: load both with key='p', or neither."),
        (
            {"key": "p", "order": "t"},
            {"key": "p"},
            "`real` has the order 't', `holdout` has none: load it with order='t'.",
        ),
    ],
)
def test_units_do_not_stand_beside_single_rows(real, other, message):
    frame = pd.DataFrame({"p": np.repeat(np.arange(20), 3), "t": np.tile(np.arange(3), 20), "x": np.arange(60) % 7})
    known = load(frame, **real)
    with pytest.raises(DataError) as caught:
        check_compatible(known, load(frame, schema=known.schema, **other), "holdout")
    assert str(caught.value) == message
