import numpy as np
import pandas as pd
import pytest

from auditkit.data import Dataset, load
from auditkit.errors import DataError, ShapeError, UnknownNameError


def people(n=60, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": rng.integers(18, 80, n),
            "sex": rng.choice(["f", "m"], n),
            "income": rng.choice([0, 1], n, p=[0.7, 0.3]),
        }
    )


@pytest.fixture
def real():
    return load(people(), label="income", groups=["sex"], name="real")


def test_ids_number_the_units_and_survive_take(real):
    assert real.ids[:3].tolist() == ["0", "1", "2"]
    assert real.take([5, 2]).ids.tolist() == ["5", "2"]
    assert real.take([5, 2]).take([1]).ids.tolist() == ["2"]
    assert real.take(real.table["age"].to_numpy() > 40).ids.tolist() == [
        str(place) for place in np.flatnonzero(real.table["age"] > 40)
    ]


def test_take_keeps_cells_with_their_ids(real):
    part = real.take([7, 3])
    assert part.table["age"].tolist() == real.table["age"].iloc[[7, 3]].tolist()
    assert part.table.index.tolist() == [0, 1]


def test_a_repeated_unit_gets_an_id_of_its_own(real):
    assert real.take([1, 1, 0, 1]).ids.tolist() == ["1", "1#2", "0", "1#3"]


@pytest.mark.parametrize("index", [[60], [-1], [1.5], np.ones(3, dtype=bool)])
def test_places_outside_the_set_are_an_error(real, index):
    with pytest.raises(ShapeError):
        real.take(index)


def test_nothing_can_be_taken(real):
    assert len(real.take([])) == 0


def test_label_and_groups_are_text_with_missing_named():
    frame = pd.DataFrame({"y": [1, 0, None], "g": ["a", None, "b"]})
    real = load(frame, label="y", groups=["g"])
    assert real.label_values.tolist() == ["1", "0", "(missing)"]
    assert real.group_values("g").tolist() == ["a", "(missing)", "b"]
    assert load(frame).label_values is None
    with pytest.raises(UnknownNameError, match="unknown column 'h'"):
        real.group_values("h")


@pytest.mark.parametrize("role", [{"label": "incom"}, {"groups": ["incom"]}, {"key": "incom"}])
def test_a_role_that_names_no_column_is_answered_with_the_nearest(role):
    with pytest.raises(UnknownNameError, match="did you mean 'income'"):
        load(people(), **role)


def test_concat_makes_ids_unique_by_origin(real):
    synthetic = load(people(seed=1), label="income", name="synthetic")
    both = real.concat(synthetic)
    assert len(both) == 120
    assert both.ids[[0, 60]].tolist() == ["real:0", "synthetic:0"]
    assert both.origin[[0, 60]].tolist() == ["real", "synthetic"]
    assert len(set(both.ids)) == 120


def test_concat_of_disjoint_parts_keeps_ids(real):
    train, holdout, test = real.split()
    assert set(train.concat(holdout, test).ids) == set(real.ids)


def test_concat_of_parts_without_a_label_in_common():
    real = load(pd.DataFrame({"x": range(6), "y": list("ababab")}), label="y")
    only_a, only_b = (real.take(real.label_values == level) for level in "ab")
    assert only_a.concat(only_b).label_values.tolist() == ["a"] * 3 + ["b"] * 3


def test_concat_widens_the_schema():
    a = load(pd.DataFrame({"n": [1, 2], "c": ["x", "y"]}), name="a")
    b = load(pd.DataFrame({"n": [0.5, 9.0], "c": ["z", None]}), name="b", schema=a.schema)
    both = a.concat(b)
    assert both.schema["c"].levels == ("x", "y")
    assert both.table["n"].tolist() == [1, 2, 0.5, 9.0]
    assert both.table["c"].tolist()[:3] == ["x", "y", "z"]


def test_concat_of_numbers_and_text_is_text():
    a = load(pd.DataFrame({"y": [1, 0]}), label="y", name="a")
    b = load(pd.DataFrame({"y": ["1", "maybe"]}), label="y", name="b", schema=a.schema)
    assert a.concat(b).label_values.tolist() == ["1", "0", "1", "maybe"]


def test_batches_cover_the_set_in_order(real):
    ids = [name for batch in real.batches(7) for name in batch.ids]
    assert ids == real.ids.tolist()
    with pytest.raises(ShapeError, match="at least 1"):
        next(real.batches(0))


def test_hash_says_the_content_and_not_the_name(real, tmp_path):
    real.save(tmp_path / "other.csv")
    again = load(tmp_path / "other.csv", label="income", groups=["sex"])
    assert again.hash == real.hash
    assert real.take(np.arange(60)[::-1]).hash != real.hash
    assert load(people()).hash != real.hash


def test_roles_can_change(real):
    other = real.with_roles(label="sex", groups=["income"])
    assert other.label == "sex"
    assert other.groups == ("income",)
    assert real.label == "income"
    with pytest.raises(UnknownNameError):
        real.with_roles(label="se")


def test_a_number_that_becomes_a_group_becomes_a_category():
    real = load(pd.DataFrame({"n": [1, 2, 1], "x": [1.5, 2.5, 3.5]}))
    assert real.with_roles(groups=["n"]).schema["n"].levels == ("1", "2")
    assert real.with_roles(overrides={"n": "numeric"}).schema["n"].kind == "numeric"


def test_a_new_table_takes_schema_and_roles(real):
    frame = pd.DataFrame({"income": ["1", "0"], "age": ["30", "31.0"], "sex": ["m", "f"]})
    made = real.replace_table(frame, ids=["s0", "s1"], source="cart")
    assert made.schema is real.schema
    assert made.table.columns.tolist() == ["age", "sex", "income"]
    assert [str(dtype) for dtype in made.table.dtypes] == ["int64", "str", "int64"]
    assert made.ids.tolist() == ["s0", "s1"]
    assert made.source == "cart"
    with pytest.raises(DataError, match="lacks column"):
        real.replace_table(frame[["age"]])
    with pytest.raises(DataError, match="different ids"):
        real.replace_table(frame, ids=["s0", "s0"])


VISITS = pd.DataFrame(
    {
        "who": ["b", "a", "b", "a", "c"],
        "day": [2, 1, 1, 0, 5],
        "x": [10.5, 20.5, 30.5, 40.5, 50.5],
        "sex": ["f", "m", "f", "m", "f"],
    }
)


@pytest.fixture
def visits():
    return load(VISITS, key="who", order="day", groups=["sex"])


def test_units_are_all_rows_of_a_key(visits):
    assert len(visits) == 3
    assert visits.n_rows == 5
    assert visits.ids.tolist() == ["b", "a", "c"]
    assert visits.table["x"].tolist() == [30.5, 10.5, 40.5, 20.5, 50.5]
    assert visits.unit_of_row.tolist() == [0, 0, 1, 1, 2]
    assert visits.group_values("sex").tolist() == ["f", "m", "f"]
    assert visits.schema["who"].kind == "id"


def test_take_and_concat_keep_units_whole(visits):
    part = visits.take([2, 1])
    assert part.ids.tolist() == ["c", "a"]
    assert part.table["x"].tolist() == [50.5, 40.5, 20.5]
    assert part.unit_of_row.tolist() == [0, 1, 1]
    both = part.concat(visits.take([0]))
    assert both.unit_of_row.tolist() == [0, 1, 1, 2, 2]
    assert both.ids.tolist() == ["c", "a", "b"]


def test_a_group_that_changes_within_a_unit_is_an_error():
    with pytest.raises(DataError, match=r"'day' .* changes within a unit"):
        load(VISITS, key="who", groups=["day"])


def test_order_without_key_and_missing_keys_are_errors():
    with pytest.raises(DataError, match="needs key="):
        load(VISITS, order="day")
    with pytest.raises(DataError, match="missing in 1 row"):
        load(VISITS.assign(who=["a", None, "b", "b", "c"]), key="who")


def test_limit_counts_units():
    assert load(VISITS, key="who", limit=2).n_rows == 4


def test_a_table_has_no_pixels(real):
    with pytest.raises(DataError, match="its units are rows"):
        real.arrays()


def test_repr_says_what_it_is(real):
    assert repr(real) == "Dataset('real', tabular, 60 units, 3 columns, label='income')"


def test_frame_is_a_copy(real):
    frame = real.frame
    frame.loc[0, "age"] = -1
    assert real.table["age"][0] != -1


def test_images_and_rows_must_agree():
    from auditkit.data import ArraySamples

    samples = ArraySamples(np.zeros((3, 4, 4, 1), dtype=np.uint8))
    with pytest.raises(ShapeError, match="3 samples and 2 rows"):
        Dataset.of_table(pd.DataFrame({"a": [1, 2]}), samples=samples)
