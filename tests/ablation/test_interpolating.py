"""Rows between neighbours: where they lie, which classes they have, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from auditkit.ablation import ablate
from auditkit.ablation.interpolating import smote
from auditkit.data import Dataset, schema_violations
from auditkit.errors import DataError

MakeSet = Callable[..., Dataset]


def test_new_rows_lie_between_a_row_and_a_near_one_of_its_class() -> None:
    rng = np.random.default_rng(0)
    x = np.r_[rng.normal(0, 1, 40), rng.normal(100, 1, 20)].round(2)
    frame = pd.DataFrame({"x": x, "n": np.arange(60), "c": ["a"] * 40 + ["b"] * 20, "y": ["low"] * 40 + ["high"] * 20})
    made = smote(Dataset.of_table(frame, label="y", columns={"n": "integer"}), 1).frame
    assert (made["y"] == "low").sum() == 40
    assert ((made["x"] < 50) == (made["y"] == "low")).all()
    assert ((made["c"] == "a") == (made["y"] == "low")).all()
    assert (made["n"] == made["n"].round()).all()
    assert np.allclose(made["x"], made["x"].round(2))
    assert 0 < made["x"].isin(x).mean() < 0.5


def test_with_one_neighbour_rows_lie_on_the_way_to_the_nearest() -> None:
    frame = pd.DataFrame({"x": [0.125, 1.125, 7.125, 9.125], "y": ["a"] * 4})
    made = smote(Dataset.of_table(frame, label="y", columns={"x": "numeric"}), n=400, k=1).frame["x"]
    assert (made.between(0.125, 1.125) | made.between(7.125, 9.125)).all()
    assert made.nunique() > 100


def test_classes_keep_their_shares_or_are_made_equal(make_set: MakeSet) -> None:
    real = make_set(100)
    rare = real.take(np.flatnonzero((real.label_values == "c0") | (np.arange(100) % 4 == 0)))
    share = (rare.label_values == "c1").mean()
    assert (smote(rare, n=200).label_values == "c1").mean() == pytest.approx(share, abs=0.01)
    assert (smote(rare, n=200, equal=True).label_values == "c1").sum() == 100


def test_missing_cells_stay_possible_and_the_schema_holds(make_set: MakeSet) -> None:
    real = make_set(200)
    made = smote(real)
    assert made.frame["b"].isna().any()
    assert set(schema_violations(made, real.schema)) == {""}
    assert made.groups == real.groups


def test_the_same_seed_makes_the_same_rows(make_set: MakeSet) -> None:
    real = make_set()
    assert smote(real, 3).hash == smote(real, 3).hash != smote(real, 4).hash


def test_labels_of_numbers_lie_between_too(make_numbers: MakeSet) -> None:
    real = make_numbers()
    made = smote(real)
    assert np.corrcoef(made.frame["a"], made.frame["price"])[0, 1] > 0.9


def test_a_class_of_one_row_is_repeated() -> None:
    frame = pd.DataFrame({"x": [1.25, 2.5, 3.75, 9.5], "y": ["a", "a", "a", "b"]})
    made = smote(Dataset.of_table(frame, label="y", columns={"x": "numeric"}), n=8).frame
    assert made.query("y == 'b'")["x"].unique().tolist() == [9.5]


def test_what_is_no_plain_table_is_refused(make_set: MakeSet) -> None:
    with pytest.raises(DataError, match="rows of a table with a label"):
        smote(Dataset.of_table(make_set().frame))
    with pytest.raises(DataError, match="at least 1"):
        smote(make_set(), k=0)


def test_it_is_an_arm(make_set: MakeSet) -> None:
    found = ablate(real=make_set(), test=make_set(60, seed=1), arms={"smote": smote}, repeats=2, models=("logistic",))
    assert found.about["arms"]["real+smote"] == {"real": 150, "synthetic": 120}
    assert found.frame().query("arm == 'smote'")["value"].min() > 0.6
