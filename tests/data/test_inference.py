import numpy as np
import pandas as pd
import pytest

from auditkit.data import Dataset, Schema, load
from auditkit.data.levels import sort_levels
from auditkit.errors import DataError, UnknownNameError

N = 40


def column(values, **options):
    return Dataset.of_table(pd.DataFrame({"c": values}), **options).schema["c"]


@pytest.mark.parametrize(
    ("values", "kind", "dtype"),
    [
        (np.linspace(0, 1, N), "numeric", "float64"),
        (np.arange(N) % 7, "integer", "int64"),
        (np.arange(N) % 7 * 1.0, "integer", "int64"),
        (["a", "b"] * 20, "category", "str"),
        ([True, False] * 20, "boolean", "bool"),
        ([True, None] * 20, "boolean", "bool"),
        (pd.date_range("2020-01-01", periods=N), "datetime", "datetime64[us]"),
        ([f"2020-01-{day:02d}" for day in range(1, 21)], "datetime", "datetime64[us]"),
        ([f"customer number {i} wrote this" for i in range(N)], "text", "str"),
        ([f"c{i:05d}" for i in range(N)], "id", "str"),
        (np.arange(N), "id", "int64"),
        (["same"] * N, "constant", "str"),
        ([None] * N, "constant", "str"),
        ([3] * N, "constant", "int64"),
        ([3, None] * 20, "integer", "int64"),
        (pd.Categorical(["x", "y"] * 20), "category", "str"),
        ([2**53 + 1, 2**53] * 20, "integer", "int64"),
    ],
)
def test_kind_follows_the_values(values, kind, dtype):
    found = column(values)
    assert (found.kind, found.dtype) == (kind, dtype)


@pytest.mark.parametrize("name", ["id", "user_id", "userId", "customer ID", "uuid", "Unnamed: 0"])
def test_unique_integers_with_a_telling_name_are_ids(name):
    frame = pd.DataFrame({name: [7, 3, 9], "x": [1, 1, 2]})
    assert Dataset.of_table(frame).schema[name].kind == "id"


def test_names_that_only_end_in_the_same_letters_are_no_ids():
    frame = pd.DataFrame({"paid": [7, 3, 9], "valid": [1, 5, 2]})
    assert [c.kind for c in Dataset.of_table(frame).schema.columns] == ["integer", "integer"]


def test_nearly_unique_integers_stay_numbers():
    rng = np.random.default_rng(0)
    assert column(rng.permutation(100_000)[:500]).kind == "integer"


def test_range_decimals_and_missing_are_recorded():
    found = column([1.25, 3.5, None, -2.0])
    assert (found.minimum, found.maximum, found.decimals, found.nullable) == (-2.0, 3.5, 2, True)
    assert column([1 / 3, 2 / 3, 0.5]).decimals is None


def test_a_label_of_integers_is_a_category_and_keeps_its_integers():
    real = load(pd.DataFrame({"x": [0.5, 1.5, 2.5], "y": [1, 0, 1]}), label="y", groups=["x"])
    assert real.schema["y"].kind == "category"
    assert real.schema["y"].levels == ("0", "1")
    assert str(real.table["y"].dtype) == "int64"
    assert real.schema["x"].levels == ("0.5", "1.5", "2.5")


@pytest.mark.parametrize("labels", [[1, 0, 1], [1.0, 0.0, 1.0], ["1", "0", "1"]])
def test_integer_float_and_text_labels_agree(labels):
    real = load(pd.DataFrame({"y": [1, 0, 1]}), label="y")
    other = load(pd.DataFrame({"y": labels}), label="y", schema=real.schema)
    alone = load(pd.DataFrame({"y": labels}), label="y")
    assert list(other.label_values) == list(alone.label_values) == ["1", "0", "1"]
    assert str(other.table["y"].dtype) == "int64"


def test_levels_sort_by_number_where_all_are_numbers():
    assert column([10, 9, 2], label="c").levels == ("2", "9", "10")
    assert column(["b", "10", "a"]).levels == ("10", "a", "b")


def test_levels_that_only_float_calls_numbers_sort_as_text():
    assert sort_levels(["nan", "2", "10"]) == ("10", "2", "nan")


def test_an_override_wins():
    assert column([1, 2, 1], columns={"c": "category"}).levels == ("1", "2")
    assert column(["1", "2.5"], columns={"c": "numeric"}).maximum == 2.5
    assert column(["0", "1"], columns={"c": "boolean"}).dtype == "bool"


@pytest.mark.parametrize(
    ("values", "kind"), [(["a", "b"], "numeric"), ([0.5, 1.0], "integer"), (["x"], "datetime"), ([2, 3], "boolean")]
)
def test_an_override_that_the_cells_do_not_fit_is_an_error(values, kind):
    with pytest.raises(DataError, match=f"'c' .* was declared {kind}"):
        column(values, columns={"c": kind})


def test_unknown_columns_and_kinds_are_named():
    with pytest.raises(UnknownNameError, match="unknown column 'd'"):
        column([1, 2], columns={"d": "category"})
    with pytest.raises(UnknownNameError, match="did you mean 'category'"):
        column([1, 2], columns={"c": "categories"})


def test_a_schema_survives_json():
    schema = load(pd.DataFrame({"x": [0.5, 1], "c": ["a", None]})).schema
    assert Schema.from_json(schema.to_json()) == schema


def test_an_unknown_column_of_a_schema_is_named():
    with pytest.raises(UnknownNameError, match="did you mean 'income'"):
        _ = load(pd.DataFrame({"income": [1, 2]})).schema["incom"]


@pytest.mark.parametrize("role", ["label", "groups"])
def test_a_text_label_or_a_group_that_is_no_category_is_refused(role):
    names = [f"{number:03}-a" for number in range(200)]
    with pytest.raises(DataError, match="200 different values"):
        load(pd.DataFrame({"name": names}), **{role: "name"})
    with pytest.raises(DataError, match="200 different values"):
        load(pd.DataFrame({"price": np.linspace(0, 1, 200)}), groups=["price"])


def test_a_label_of_many_numbers_is_an_amount():
    frame = pd.DataFrame({"price": np.linspace(0, 1, 200), "rooms": np.arange(200) * 3})
    assert load(frame, label="price").schema["price"].kind == "numeric"
    assert load(frame, label="rooms").schema["rooms"].kind == "integer"
    assert load(frame).with_roles(label="rooms").schema["rooms"].kind == "integer"


def test_the_users_word_on_a_label_stands_above_the_rule():
    frame = pd.DataFrame({"zip": np.repeat(np.arange(8000, 8060), 5), "stars": np.arange(300) % 5})
    assert load(frame, label="zip").schema["zip"].kind == "integer"
    named = load(frame, label="zip", columns={"zip": "category"})
    assert named.schema["zip"].kind == "category"
    assert named.with_roles(groups=["stars"]).schema["zip"].kind == "category"
    assert load(frame, label="stars").schema["stars"].kind == "category"
    assert load(frame, label="stars", columns={"stars": "integer"}).schema["stars"].kind == "integer"


def test_numbered_classes_stay_classes():
    frame = pd.DataFrame({"letter": np.arange(260) % 26, "x": 0.5})
    assert load(frame, label="letter").schema["letter"].kind == "category"
