"""A label that is an amount goes through the loop; what cannot be done with one says so in a sentence."""

from __future__ import annotations

import pandas as pd
import pytest
from sklearn.datasets import load_diabetes

import auditkit as ak
from auditkit.errors import AuditkitError, DataError


@pytest.fixture(scope="module")
def sets():
    frame = load_diabetes(as_frame=True, scaled=False).frame
    frame["sex"] = frame["sex"].map({1.0: "f", 2.0: "m"})
    return ak.load(frame, label="target", groups=["sex"]).split(seed=0)


def test_an_ablation_of_an_amount_measures_r2_and_mae(sets):
    train, holdout, test = sets
    found = ak.ablate(real=train, test=test, arms={"all": holdout}, models=("logistic",), repeats=2)
    assert found.about["task"] == "regression"
    assert {"r2", "mae"} <= {score.where["measure"] for score in found.scores if "measure" in score.where}
    assert 0.3 < found.scores.get("ablation_score", {"arm": "real", "measure": "r2"}).value < 0.7


def test_a_generator_draws_amounts_and_refuses_one_as_a_condition(sets):
    train, _, _ = sets
    cart = ak.generators.create("cart", modality="tabular").fit(train, seed=0)
    made = cart.sample(100, seed=0)
    assert made.schema["target"].kind == "integer"
    assert pd.api.types.is_integer_dtype(made.table["target"].dtype)
    with pytest.raises(AuditkitError, match="'target' is integer"):
        cart.sample(5, conditions={"target": 100}, seed=0)


@pytest.mark.parametrize("name", ["reweighing", "threshold_optimizer", "exponentiated_gradient"])
def test_mitigations_that_need_classes_refuse_amounts(sets, name):
    train, _, test = sets
    with pytest.raises(DataError, match="correlation_remover"):
        ak.ablate(real=train, test=test, arms={}, models=("logistic",), repeats=1, mitigations=(name,))
