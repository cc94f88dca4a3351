"""What an arm or a model lacks ends no ablation: it is a result with a reason, or a note."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import auditkit as ak
from auditkit.ablation.mitigation import mitigation_of, objective_notes
from auditkit.errors import AuditkitError, UnknownNameError


def people(n, seed, *, classes="abc"):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    y = np.array(list(classes))[np.clip((x + 1.5).astype(int), 0, len(classes) - 1)]
    return ak.load(pd.DataFrame({"x": x, "sex": rng.choice(["f", "m"], n), "y": y}), label="y", groups=["sex"])


def test_an_estimator_without_weights_has_no_result_where_they_are_needed():
    models = {"near": KNeighborsClassifier(3), "piped": make_pipeline(StandardScaler(), LogisticRegression())}
    sets = {"real": people(200, 0), "test": people(150, 1)}
    found = ak.ablate(**sets, arms={}, models=models, mitigations=("reweighing",), repeats=2)
    words = {(item.arm, item.model): item for item in found.verdicts}
    assert "takes no sample_weight" in words["real[mitigation=reweighing]", "near"].sentence
    assert words["real[mitigation=reweighing]", "near"].difference is None
    assert words["real[mitigation=reweighing]", "piped"].difference is not None
    plain = found.scores.get("ablation_score", {"arm": "real", "model": "near", "measure": "macro_f1"})
    assert plain.status == "ok"
    missing = {item.status for item in found.scores if item.where.get("model") == "near" and "[" in item.where["arm"]}
    assert missing == {"undefined"}
    assert any("'real[mitigation=reweighing]' has no result" in note for note in found.about["notes"])
    assert "not measured" in str(found)


def test_a_callable_takes_no_weights_either():
    def constant(*_):
        return lambda rows: np.zeros(len(rows))

    sets = {"real": people(120, 0, classes="ab"), "test": people(60, 1, classes="ab")}
    found = ak.ablate(**sets, arms={}, models=[constant], mitigations=("reweighing",), repeats=1)
    assert "takes no sample_weight" in found.verdicts[0].sentence


def test_a_real_set_with_weights_needs_a_model_that_takes_them():
    merged = ak.merge(people(100, 0), people(100, 2), weights=0.5)
    with pytest.raises(AuditkitError, match="takes no sample_weight"):
        ak.ablate(real=merged, test=people(60, 1), arms={}, models=[KNeighborsClassifier(3)], repeats=1)


def test_arms_that_lack_classes_are_named_with_them():
    def without(train, _):
        return train.take(train.label_values != "c")

    arms = {"all": people(200, 2, classes="ab"), "fewer": without}
    found = ak.ablate(real=people(200, 0), test=people(150, 1), arms=arms, models=("logistic",), repeats=2)
    first, second = [note for note in found.about["notes"] if "lacks" in note]
    assert first == "the arm 'synthetic' lacks a class of the real data, which a model trained on it never names: 'c'."
    assert second.startswith("the arm 'fewer' lacks a class of the real data in one repeat or more")


def test_what_a_mitigation_keeps_high_is_said_and_selectable():
    assert mitigation_of("threshold_optimizer=:balanced_accuracy")[1] == "equalized_odds:balanced_accuracy"
    with pytest.raises(UnknownNameError, match="did you mean 'balanced_accuracy'"):
        mitigation_of("threshold_optimizer=equalized_odds:balancd_accuracy")
    (note,) = objective_notes(["reweighing", "exponentiated_gradient"], main="balanced_accuracy")
    assert "keeps accuracy as high as demographic parity allows" in note
    assert "'exponentiated_gradient=demographic_parity:balanced_accuracy'" in note
    assert not objective_notes(["threshold_optimizer=equalized_odds:balanced_accuracy"], main="balanced_accuracy")


@pytest.mark.parametrize("name", ["threshold_optimizer=equalized_odds", "exponentiated_gradient=demographic_parity"])
def test_a_rare_class_is_named_more_often_where_balanced_accuracy_is_kept(name):
    def rare(n, seed):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=n)
        y = np.where(x + rng.normal(size=n) > 2.0, "yes", "no")
        return ak.load(pd.DataFrame({"x": x, "sex": rng.choice(["f", "m"], n), "y": y}), label="y", groups=["sex"])

    found = ak.ablate(
        real=rare(900, 0),
        test=rare(900, 1),
        arms={},
        models=("logistic",),
        repeats=1,
        mitigations=(name, f"{name}:balanced_accuracy"),
    )
    values = {
        item.where["arm"]: item.value
        for item in found.scores
        if item.metric == "ablation_score" and item.where == {"arm": item.where["arm"], "measure": "balanced_accuracy"}
    }
    assert values[f"real[mitigation={name}:balanced_accuracy]"] > values[f"real[mitigation={name}]"] + 0.1
