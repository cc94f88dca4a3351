from __future__ import annotations

from collections import Counter

import pandas as pd
import pytest

from auditkit.data import Dataset
from auditkit.errors import AuditkitError, UnknownNameError
from auditkit.generators import ShortfallWarning, balance, create


@pytest.fixture(scope="module")
def uneven() -> Dataset:
    frame = pd.DataFrame(
        {
            "sex": ["f"] * 10 + ["m"] * 50,
            "rich": ["yes"] * 2 + ["no"] * 8 + ["yes"] * 20 + ["no"] * 30,
            "age": [20 + place % 37 for place in range(60)],
        }
    )
    return Dataset.of_table(frame, label="rich", groups=["sex"])


def counts(frame: pd.DataFrame) -> dict[tuple[str, ...], int]:
    return dict(Counter(frame.itertuples(index=False, name=None)))


@pytest.mark.parametrize(
    ("to", "cap", "expected"),
    [
        ("max", None, {("f", "no"): 22, ("f", "yes"): 28, ("m", "yes"): 10}),
        ("max", 5, {("f", "no"): 22, ("f", "yes"): 10, ("m", "yes"): 10}),
        ("max", 0.5, {("f", "no"): 4, ("f", "yes"): 1, ("m", "yes"): 10}),
        ("equal", None, {("f", "no"): 15, ("f", "yes"): 15, ("m", "no"): 15, ("m", "yes"): 15}),
        (12, None, {("f", "no"): 4, ("f", "yes"): 10}),
        ({("f", "yes"): 5, ("m", "no"): 3}, None, {("f", "yes"): 3}),
        (0, None, {}),
    ],
)
def test_units_to_make_by_combination(uneven, to, cap, expected):
    assert counts(balance(uneven, by=["sex", "rich"], to=to, cap=cap)) == expected


def test_one_column_and_a_mapping(uneven):
    assert counts(balance(uneven, by="sex", to={"f": 13})) == {("f",): 3}


def test_missing_values_are_left_out():
    data = Dataset.of_table(pd.DataFrame({"g": ["a"] * 3 + ["b"] + [None] * 9, "x": range(13)}), groups=["g"])
    assert counts(balance(data, by="g")) == {("b",): 2}


@pytest.mark.parametrize("name", ["cart", "copula", "bayes_net", "smote", "marginals", "bootstrap"])
def test_every_generator_meets_them(uneven, name):
    wanted = balance(uneven, by=["sex", "rich"])
    made = create(name, modality="tabular").fit(uneven).sample(len(wanted), conditions=wanted, seed=0)
    assert counts(made.table[["sex", "rich"]]) == counts(wanted)


def test_frames_may_mix_their_rows_and_name_the_label(uneven):
    frame = pd.DataFrame({"label": ["yes", "no", "yes"], "sex": ["m", "f", "m"]})
    made = create("cart").fit(uneven).sample(3, conditions=frame, seed=0)
    assert made.table[["rich", "sex"]].to_numpy().tolist() == [["yes", "m"], ["yes", "m"], ["no", "f"]]


def test_no_rows_are_no_units(uneven):
    wanted = balance(uneven, by="sex", to=0)
    assert len(create("cart").fit(uneven).sample(0, conditions=wanted)) == 0
    assert len(create("cart").fit(uneven).sample(0, conditions={"sex": {}})) == 0


def test_a_shortfall_tells_the_counts():
    frame = pd.DataFrame({"y": ["a"] * 60 + ["b"] * 60, "x": ["p"] * 60 + ["q"] * 60})
    generator = create("cart").fit(Dataset.of_table(frame, label="y", groups=["x"]))
    with pytest.warns(ShortfallWarning, match="'a, q': 2"):
        made = generator.sample(3, conditions=pd.DataFrame({"y": ["a", "b", "a"], "x": ["q", "q", "q"]}))
    assert made.table["y"].tolist() == ["b"]


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ({"to": "most"}, UnknownNameError, "aim of balance 'most'"),
        ({"to": 2.5}, AuditkitError, "whole numbers of units from 0 on, got 2.5"),
        ({"to": {("f", "maybe"): 3}}, UnknownNameError, "sex = f, rich = maybe"),
        ({"cap": 0}, AuditkitError, "cap above 0"),
        ({"by": ["sez"]}, UnknownNameError, "sex"),
    ],
)
def test_wrong_wishes_are_said(uneven, arguments, error, sentence):
    with pytest.raises(error, match=sentence):
        balance(uneven, **{"by": ["sex", "rich"], **arguments})


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (pd.DataFrame({"sex": ["f"]}), "row per unit, n=2, got 1"),
        (pd.DataFrame({"sex": ["f", None]}), "no missing cells"),
        (pd.DataFrame({"sex": ["f", "x"]}), "value of column 'sex'"),
        (pd.DataFrame({"age": [20, 21]}), "category or boolean"),
    ],
)
def test_wrong_frames_are_said(uneven, frame, sentence):
    with pytest.raises(AuditkitError, match=sentence):
        create("cart").fit(uneven).sample(2, conditions=frame)
