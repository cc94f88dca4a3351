import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditkit.data import load, record_digests
from auditkit.errors import UnknownNameError


def digests(frame, schema=None, **options):
    dataset = load(frame, schema=schema, **options)
    return record_digests(dataset, schema=schema or dataset.schema)


def equal(first, second, **options):
    frame = pd.DataFrame({"c": [first, second], "z": ["p", "q"]})
    schema = load(frame, **options).schema
    one, other = (digests(pd.DataFrame({"c": [value], "z": ["p"]}), schema=schema) for value in (first, second))
    return one[0] == other[0]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (1.00001, 1.00002, True),
        (1.0001, 1.0002, False),
        (0.0, -0.0, True),
        (None, float("nan"), True),
        (0.0, None, False),
        (39, 39.0, True),
        ("a", "a ", False),
        ("a", None, False),
        ("", None, True),
        (2**53, 2**53 + 1, False),
        (2.0**60, 2.0**60 + 256, False),
    ],
)
def test_equal_records_have_equal_digests(first, second, expected):
    assert equal(first, second) == expected


def test_digests_agree_across_types_of_one_column():
    real = load(pd.DataFrame({"n": [1, 2, 39], "y": [1, 0, 1]}), label="y")
    other = digests(pd.DataFrame({"n": [39.0, 1.5, 1.0], "y": ["1", "0", "1"]}), schema=real.schema)
    mine = record_digests(real, schema=real.schema)
    assert np.isin(other, mine).tolist() == [True, False, True]


def test_text_in_the_place_of_a_number_equals_only_itself():
    schema = load(pd.DataFrame({"n": [1.5, 2.5, None]})).schema
    found = digests(pd.DataFrame({"n": ["many", "few", "many", "1.5", None]}), schema=schema)
    assert len(set(found.tolist())) == 4
    assert found[0] == found[2]
    assert found[3] == digests(pd.DataFrame({"n": [1.5]}), schema=schema)[0]


def test_ids_are_no_part_of_a_record():
    frame = pd.DataFrame({"id": [11, 5, 7], "x": [1.5, 1.5, 2.5]})
    found = digests(frame)
    assert found[0] == found[1] != found[2]


def test_column_order_makes_no_difference():
    frame = pd.DataFrame({"a": [1.5, 2.5], "b": ["x", "y"]})
    schema = load(frame).schema
    assert (digests(frame[["b", "a"]], schema=schema) == digests(frame, schema=schema)).all()


def test_a_unit_is_all_its_rows_in_order():
    frame = pd.DataFrame({"who": [1, 1, 2, 2, 3], "day": [0, 1, 1, 0, 0], "x": [1.5, 2.5, 2.5, 1.5, 1.5]})
    found = digests(frame, key="who", order="day")
    assert found[0] == found[1] != found[2]


def test_rows_that_no_column_orders_are_a_unit_in_any_order():
    frame = pd.DataFrame({"who": [1, 1, 2, 2, 3, 3, 4], "x": [1.5, 2.5, 2.5, 1.5, 2.5, 2.5, 1.5], "c": list("abbabba")})
    found = digests(frame, key="who")
    assert found[0] == found[1]
    assert len({*found.tolist()}) == 3
    crossed = digests(frame.assign(c=list("ababbba")), key="who")  # the same cells in other rows
    assert crossed[1] != crossed[0]


def test_pixels_are_the_record_of_an_image():
    images = np.zeros((4, 3, 3), dtype=np.uint8)
    images[1, 0, 0] = 1
    found = digests(images)
    assert found[0] == found[2] == found[3] != found[1]


def test_a_lacking_column_is_named():
    schema = load(pd.DataFrame({"a": [1.5, 2.5], "b": ["x", "y"]})).schema
    with pytest.raises(UnknownNameError, match="unknown column 'b'"):
        record_digests(load(pd.DataFrame({"a": [1.5]})), schema=schema)


ROWS = st.lists(
    st.tuples(st.sampled_from([0.0, 0.5, 1.25, None]), st.sampled_from(["a", "b", "ab", None]), st.integers(0, 2)),
    min_size=2,
    max_size=20,
)


@settings(max_examples=60, deadline=None)
@given(rows=ROWS)
def test_digests_are_equal_where_rows_are(rows):
    frame = pd.DataFrame(rows, columns=["x", "c", "n"])
    overrides = {"x": "numeric", "c": "category", "n": "integer"}
    found = digests(frame.astype({"x": float}), columns=overrides)
    for first in range(len(rows)):
        for second in range(len(rows)):
            assert (rows[first] == rows[second]) == (found[first] == found[second])


PAIRS = ["syn_2021_flip10", "syn_2021_mostly_temp01", "syn_2021_synthpop", "syn_2021_gaussian_copula"]


@pytest.mark.parametrize("name", PAIRS)
def test_matches_on_adult_agree_with_the_facts_measured_elsewhere(shared_data, name):
    folder = shared_data("pairs_adult")
    facts = pd.read_csv(folder / "measured_facts.csv", index_col="file").loc[f"{name}.csv.gz"]
    real = load(folder / "real_trn.csv.gz", label="income")
    sets = {"train": real} | {
        role: load(folder / f"{file}.csv.gz", label="income", schema=real.schema)
        for role, file in (("holdout", "real_hol"), ("synthetic", name))
    }
    found = {role: record_digests(item, schema=real.schema) for role, item in sets.items()}
    synthetic = found["synthetic"]
    assert np.isin(synthetic, found["train"]).mean() == pytest.approx(facts["match_trn"], abs=5e-5)
    assert np.isin(synthetic, found["holdout"]).mean() == pytest.approx(facts["match_hol"], abs=5e-5)
    assert 1 - len(np.unique(synthetic)) / len(synthetic) == pytest.approx(facts["dup_in_syn"], abs=5e-5)


@pytest.mark.parametrize("scale", [1e-2, 1e-6, 1e-30, 1e-300])
def test_small_numbers_are_told_apart(scale):
    values = np.random.default_rng(0).permutation(np.arange(1, 501)) / 500
    schema = load(pd.DataFrame({"a": values * scale})).schema
    first = digests(pd.DataFrame({"a": values * scale}), schema=schema)
    assert len(np.unique(first)) == len(values)
    noise = 1 + np.random.default_rng(1).uniform(-1e-7, 1e-7, len(values))
    assert (first == digests(pd.DataFrame({"a": values * scale * noise}), schema=schema)).all()
    far = digests(pd.DataFrame({"a": values + 1.0}), schema=schema)
    assert len(np.unique([*first, *far])) == 2 * len(values)


def test_one_strange_cell_hides_no_copy_of_large_integers():
    real = load(pd.DataFrame({"c": 2**60 + np.arange(6), "z": list("pqpqpq")}))
    frame = pd.DataFrame({"c": [*map(str, real.table["c"][:5]), "none"], "z": list("pqpqpq")})
    made = digests(frame, schema=real.schema)
    assert (made == record_digests(real, schema=real.schema)).tolist() == [True] * 5 + [False]
    assert len(set(made)) == 6
