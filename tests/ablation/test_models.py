"""Models: plain scikit-learn behind them, unknown levels, missing classes, pixels."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from auditkit.ablation.models import Features, fit_model, model_name
from auditkit.errors import UnknownNameError


def _data(n: int = 120, seed: int = 0) -> tuple[Features, np.ndarray]:
    rng = np.random.default_rng(seed)
    numbers, codes = rng.normal(size=(n, 2)), rng.integers(0, 4, n).astype(float)
    target = (numbers[:, 0] + (codes == 1) + rng.normal(scale=0.5, size=n) > 0.3).astype(float)
    return Features(np.c_[numbers, codes], np.array([False, False, True])), target


TRAIN, Y = _data()
TEST, TRUTH = _data(seed=1)


def _fit(model: str, *, train: Features = TRAIN, y: np.ndarray = Y, test: Features = TEST, n_classes: int = 2):
    return fit_model(model, train=train, target=y, n_classes=n_classes, seed=0)(test, TRUTH)


def test_boosting_is_plain_scikit_learn() -> None:
    plain = HistGradientBoostingClassifier(categorical_features=[False, False, True], random_state=0)
    assert np.array_equal(plain.fit(TRAIN.values, Y).predict_proba(TEST.values), _fit("boosting").probabilities)
    numbers = HistGradientBoostingRegressor(categorical_features=[False, False, True], random_state=0)
    expected = numbers.fit(TRAIN.values, TRAIN.values[:, 1]).predict(TEST.values)
    assert np.array_equal(expected, _fit("boosting", y=TRAIN.values[:, 1], n_classes=0).predicted)


def _design(train: np.ndarray, other: np.ndarray) -> np.ndarray:
    scaler, encoder = StandardScaler().fit(train[:, :2]), OneHotEncoder(sparse_output=False).fit(train[:, 2:])
    return np.c_[scaler.transform(other[:, :2]), encoder.transform(other[:, 2:])]


def test_logistic_is_plain_scikit_learn() -> None:
    left, right = _design(TRAIN.values, TRAIN.values), _design(TRAIN.values, TEST.values)
    plain = LogisticRegression(max_iter=2000).fit(left, Y)
    assert np.allclose(plain.predict_proba(right), _fit("logistic").probabilities, atol=1e-6)
    numbers = Ridge().fit(left, TRAIN.values[:, 1])
    assert np.allclose(numbers.predict(right), _fit("logistic", y=TRAIN.values[:, 1], n_classes=0).predicted, atol=1e-6)


@pytest.mark.parametrize("model", ["boosting", "logistic"])
def test_levels_that_training_lacks_are_like_missing_ones(model: str) -> None:
    strange, missing = TEST.values.copy(), TEST.values.copy()
    strange[:, 2], missing[:, 2] = 99.0, np.nan
    first, second = (_fit(model, test=Features(values, TEST.categorical)) for values in (strange, missing))
    assert np.array_equal(first.probabilities, second.probabilities)


@pytest.mark.parametrize("model", ["boosting", "logistic"])
def test_more_levels_than_bins_and_missing_cells_are_fine(model: str) -> None:
    values = TRAIN.values.repeat(5, axis=0)
    values[:, 2] = np.arange(len(values))
    values[::7, 0] = np.nan
    outcome = _fit(model, train=Features(values, TRAIN.categorical), y=Y.repeat(5))
    assert np.isfinite(outcome.probabilities).all()


@pytest.mark.parametrize("model", ["boosting", "logistic"])
def test_a_class_that_the_arm_lacks_gets_probability_zero(model: str) -> None:
    outcome = _fit(model, y=np.where(Y > 0, 2.0, 0.0), n_classes=3)
    assert (outcome.probabilities[:, 1] == 0).all()
    assert set(outcome.predicted) == {0.0, 2.0}


@pytest.mark.parametrize("n_classes", [0, 2])
def test_an_arm_of_one_value_predicts_it(n_classes: int) -> None:
    assert (_fit("boosting", y=np.ones(len(Y)), n_classes=n_classes).predicted == 1).all()


def test_pixels_go_through_components_to_the_linear_model() -> None:
    rng = np.random.default_rng(0)
    values = rng.random((120, 64)) + Y[:, None] * np.linspace(0, 1, 64)
    pixels = Features(values, np.zeros(64, dtype=bool), pixels=True)
    outcome = fit_model("logistic", train=pixels, target=Y, n_classes=2, seed=0)(pixels, Y)
    assert (outcome.predicted == Y).mean() > 0.9
    assert model_name("boosting", pixels=True) == "logistic"


def test_unknown_model_offers_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'boosting'"):
        model_name("bosting", pixels=False)
