"""Features that are there already go through audits as they are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit import metrics
from auditkit.data import load
from auditkit.errors import AuditkitError, DataError
from auditkit.features import create_embedder, restore_embedder


def fitted(data):
    return create_embedder("features", modality="tabular").fit(data, seed=0)


def test_columns_stay_as_they_are_constants_and_whole_numbers_too():
    rows = np.random.default_rng(0).normal(size=(40, 5))
    rows[:, 1], rows[:, 2], rows[:, 3] = 7.0, np.arange(40), np.arange(40) % 2
    data = load(rows)
    assert np.array_equal(fitted(data).transform(data), rows)
    assert fitted(load(rows.astype(np.float32))).transform(load(rows.astype(np.float32))).dtype == np.float32


def test_label_and_groups_are_left_out_and_notes_say_so():
    frame = pd.DataFrame({"a": np.linspace(0, 1, 30), "y": ["no", "yes"] * 15, "sex": ["f", "m", "f"] * 10})
    data = load(frame, label="y", groups="sex")
    made = fitted(data)
    assert made.transform(data).shape == (30, 1)
    assert made.notes == [
        "The features leave out column 'y' (a role).",
        "The features leave out column 'sex' (a role).",
    ]


@pytest.mark.parametrize(
    ("change", "column"),
    [({"b": ["x", "y", "z"] * 10}, "b"), ({"b": [np.nan, 1.5, 2.5] * 10}, "b"), ({}, "b")],
    ids=["words", "missing", "absent"],
)
def test_what_is_no_number_is_named(change, column):
    frame = pd.DataFrame({"a": np.linspace(0, 1, 30), "b": np.linspace(0, 2, 30)})
    made = fitted(load(frame))
    other = load(frame.drop(columns="b").assign(**change), name="made.csv")
    with pytest.raises(DataError, match=f"column '{column}' of 'made.csv' is none: drop it"):
        made.transform(other)
    if change:
        with pytest.raises(DataError, match="embedder 'features' takes columns of finite numbers"):
            fitted(other)


def test_only_tables_of_one_row_per_unit_with_features_are_taken():
    with pytest.raises(DataError, match="one row per unit"):
        fitted(load(np.zeros((3, 4, 4), np.uint8)))
    visits = pd.DataFrame({"who": ["a", "a", "b"], "x": [1.5, 2.5, 3.5]})
    with pytest.raises(DataError, match="one row per unit"):
        fitted(load(visits, key="who"))
    with pytest.raises(DataError, match="needs a column of numbers"):
        fitted(load(pd.DataFrame({"y": ["a", "b"]}), label="y"))
    for call in ("state", "transform"):
        with pytest.raises(AuditkitError, match="must be fitted before"):
            getattr(create_embedder("features", modality="tabular"), call)(*[None] * (call == "transform"))


def test_its_state_makes_it_again_and_none_is_private():
    data = load(np.random.default_rng(0).normal(size=(20, 3)))
    made = fitted(data)
    again = restore_embedder("features", made.state(), modality="tabular")
    assert np.array_equal(again.transform(data), made.transform(data))
    assert made.coarse() is None


def test_an_audit_gives_the_functions_numbers():
    rng = np.random.default_rng(1)
    real, synthetic, holdout = rng.normal(size=(120, 6)), rng.normal(size=(110, 6)), rng.normal(size=(100, 6))
    audit = ak.audit(
        real=load(real), synthetic=load(synthetic), holdout=load(holdout), embedder="features",
        metrics=["coverage", "frechet_distance", "holdout_share"],
    )  # fmt: skip
    sets = {"real": real, "synthetic": synthetic}
    assert audit.scores["coverage"].value == metrics.coverage(**sets, ties="half")
    assert audit.scores["frechet_distance"].value == metrics.frechet_distance(**sets)
    assert audit.scores["holdout_share"].value == metrics.holdout_share(**sets, holdout=holdout)
