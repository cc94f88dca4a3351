"""Models that the user brings: cloned, seeded, named, and refused in one sentence."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

from auditkit.ablation import ablate
from auditkit.ablation.designs import Features
from auditkit.ablation.given import fit_given
from auditkit.ablation.models import fit_model, plan_models
from auditkit.data import Dataset
from auditkit.errors import AuditkitError, DataError

MakeSet = Callable[..., Dataset]


def _data(n: int = 120, seed: int = 0) -> tuple[Features, np.ndarray]:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, 3))
    return Features(values, np.zeros(3, dtype=bool)), (values[:, 0] > 0.2).astype(float)


TRAIN, Y = _data()
TEST, TRUTH = _data(seed=1)


def _names(*models: object, **options: object) -> list[str]:
    return [model.name for model in plan_models(models or options["named"], pixels=False)]


def test_names_say_what_a_model_is() -> None:
    pipeline = make_pipeline(StandardScaler(), SVC())
    assert _names(SVC(), SVC(C=2), pipeline, "logistic") == ["SVC", "SVC #2", "StandardScaler + SVC", "logistic"]
    assert _names(named={"wide": SVC(C=9), "usual": "boosting"}) == ["wide", "boosting"]
    assert _names(lambda *_: None) == ["lambda"]


@pytest.mark.parametrize(
    ("models", "message"),
    [
        ((SVC,), "'ABCMeta' is a class|is a class"),
        ((3,), "can be neither fitted nor called"),
        ("boosting", "given as a sequence"),
        ((), "at least one model"),
        (("convolution",), "reads pixels"),
    ],
)
def test_what_is_no_model_is_refused(models: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        plan_models(models, pixels=False)


def _fit(model: object, seed: int = 0, n_classes: int = 2):
    (planned,) = plan_models((model,), pixels=False)
    return fit_model(planned, train=TRAIN, target=Y, n_classes=n_classes, seed=seed)(TEST, TRUTH)


def test_an_estimator_is_cloned_and_its_seed_follows_the_repeat() -> None:
    forest = RandomForestClassifier(5)
    first, again, other = (_fit(forest, seed).probabilities for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert not hasattr(forest, "classes_")
    assert forest.random_state is None
    scaler = StandardScaler().fit(TRAIN.values)
    plain = RandomForestClassifier(5, random_state=0).fit(scaler.transform(TRAIN.values), Y)
    assert np.array_equal(plain.predict_proba(scaler.transform(TEST.values)), first)


def test_seeds_reach_the_steps_of_a_pipeline() -> None:
    pipeline = make_pipeline(StandardScaler(), RandomForestClassifier(5))
    assert np.array_equal(_fit(pipeline).probabilities, _fit(pipeline).probabilities)


def test_a_callable_may_give_classes_or_probabilities() -> None:
    def shares(values: np.ndarray, target: np.ndarray, seed: int):
        model = LogisticRegression(random_state=seed).fit(values, target)
        return model.predict_proba

    def classes(values: np.ndarray, target: np.ndarray, _seed: int):
        return LogisticRegression().fit(values, target).predict

    stated, named = _fit(shares), _fit(classes)
    assert np.array_equal(stated.predicted, named.predicted)
    assert np.isfinite(stated.probabilities).all()
    assert np.isnan(named.probabilities).all()


def test_a_model_that_fails_says_so_in_one_sentence() -> None:
    def broken(*_: object):
        raise ValueError("no luck today.\nmore lines")

    with pytest.raises(AuditkitError, match=r"^the model 'broken' could not be fitted: no luck today\.$"):
        _fit(broken)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (np.full(120, 7.0), r"class numbers \[0, 1\] per row, got (np.float64\()?7.0"),
        (np.full(120, np.nan), "per row, got"),
        (np.zeros(3), r"got the shape \(3,\)"),
        (np.full((120, 2), np.nan), "must state finite probabilities"),
    ],
)
def test_what_is_no_prediction_is_refused(answer: np.ndarray, message: str) -> None:
    with pytest.raises(AuditkitError, match=message):
        _fit(lambda *_: lambda _rows: answer)


def test_numbers_that_are_not_finite_are_refused() -> None:
    with pytest.raises(AuditkitError, match="got values that are not finite"):
        _fit(lambda *_: lambda rows: np.full(len(rows), np.inf), n_classes=0)


def test_without_probabilities_measures_that_need_them_have_a_reason(make_set: MakeSet) -> None:
    found = ablate(real=make_set(), test=make_set(60, seed=1), arms={}, repeats=2, models=(LinearSVC(), "logistic"))
    area = found.scores.get("ablation_score", {"arm": "real", "measure": "auroc", "model": "LinearSVC"})
    assert (area.status, area.reason) == ("undefined", "the model 'LinearSVC' gives no probabilities.")
    right = found.scores.get("ablation_score", {"arm": "real", "measure": "balanced_accuracy", "model": "LinearSVC"})
    assert right.value > 0.7


def test_numbers_are_predicted_by_given_models_too(make_numbers: MakeSet) -> None:
    def mean(_values: np.ndarray, target: np.ndarray, _seed: int):
        return lambda rows: np.full(len(rows), target.mean())

    found = ablate(real=make_numbers(), test=make_numbers(80, seed=1), arms={}, repeats=2, models={"mean": mean})
    assert found.about["models"] == ["mean"]
    assert abs(found.scores.get("ablation_score", {"arm": "real", "measure": "r2"}).value) < 0.1


def test_an_estimator_without_weights_names_the_mitigation_that_needs_them() -> None:
    values, target = np.arange(8.0)[:, None], np.arange(8.0) % 2
    with pytest.raises(AuditkitError, match="'near' takes no sample_weight, which mitigations that weigh units"):
        fit_given("near", KNeighborsClassifier(3), values, target, 0, {"sample_weight": np.ones(8)})
