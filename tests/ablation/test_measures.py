"""Measures equal scikit-learn's, and a weighting equals the same units repeated."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from auditkit.ablation.measures import MEASURES, Outcome, default_measures, measure_of
from auditkit.errors import UnknownNameError


def _outcome(n_classes: int, n: int = 120, seed: int = 0) -> Outcome:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, n_classes, n).astype(float)
    raw = rng.random((n, n_classes)) + 0.6 * np.eye(n_classes)[truth.astype(int)]
    probabilities = np.round(raw / raw.sum(axis=1, keepdims=True), 2)  # rounded, so that scores tie
    probabilities[:, -1] = 1 - probabilities[:, :-1].sum(axis=1)
    return Outcome(truth, probabilities.argmax(axis=1).astype(float), probabilities)


def _regression(n: int = 90, seed: int = 0) -> Outcome:
    rng = np.random.default_rng(seed)
    truth = 1000 + rng.normal(size=n)
    return Outcome(truth, truth + rng.normal(scale=0.5, size=n), np.empty((n, 0)))


def _value(name: str, outcome: Outcome, weights: np.ndarray | None = None) -> float:
    rows = np.ones((1, len(outcome.truth))) if weights is None else weights[None].astype(float)
    return float(MEASURES[name].compute(outcome, rows)[0])


@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_classification_measures_equal_scikit_learn(n_classes: int) -> None:
    outcome = _outcome(n_classes)
    truth, predicted, p = outcome.truth, outcome.predicted, outcome.probabilities
    area = (
        metrics.roc_auc_score(truth, p[:, 1]) if n_classes == 2 else metrics.roc_auc_score(truth, p, multi_class="ovr")
    )
    assert _value("accuracy", outcome) == pytest.approx(metrics.accuracy_score(truth, predicted), abs=1e-12)
    assert _value("balanced_accuracy", outcome) == pytest.approx(metrics.balanced_accuracy_score(truth, predicted))
    assert _value("macro_f1", outcome) == pytest.approx(metrics.f1_score(truth, predicted, average="macro"))
    assert _value("auroc", outcome) == pytest.approx(area, abs=1e-12)
    assert _value("log_loss", outcome) == pytest.approx(metrics.log_loss(truth, p))


def test_regression_measures_equal_scikit_learn() -> None:
    outcome = _regression()
    assert _value("r2", outcome) == pytest.approx(metrics.r2_score(outcome.truth, outcome.predicted), abs=1e-9)
    assert _value("mae", outcome) == pytest.approx(metrics.mean_absolute_error(outcome.truth, outcome.predicted))


@pytest.mark.parametrize("name", sorted(MEASURES))
def test_counts_as_weights_equal_units_repeated(name: str) -> None:
    outcome = _regression() if MEASURES[name].task == "regression" else _outcome(3)
    counts = np.random.default_rng(1).integers(0, 4, len(outcome.truth))
    index = np.repeat(np.arange(len(counts)), counts)
    repeated = Outcome(outcome.truth[index], outcome.predicted[index], outcome.probabilities[index])
    assert _value(name, outcome, counts) == pytest.approx(_value(name, repeated), rel=1e-9)


def test_auroc_of_one_class_is_undefined() -> None:
    outcome = Outcome(np.zeros(5), np.zeros(5), np.tile([0.7, 0.3], (5, 1)))
    assert np.isnan(_value("auroc", outcome))


def test_r2_of_a_constant_target_is_undefined() -> None:
    outcome = Outcome(np.full(5, 3.3), np.arange(5.0), np.empty((5, 0)))
    assert np.isnan(_value("r2", outcome))


def test_macro_f1_leaves_out_classes_that_nobody_named() -> None:
    outcome = Outcome(np.array([0.0, 1, 1]), np.array([0.0, 1, 0]), np.ones((3, 4)) / 4)
    assert _value("macro_f1", outcome) == pytest.approx(metrics.f1_score([0, 1, 1], [0, 1, 0], average="macro"))


def test_unknown_measure_offers_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'macro_f1'"):
        measure_of("macrof1", "classification")
    with pytest.raises(UnknownNameError, match="unknown regression measure"):
        measure_of("macro_f1", "regression")
    assert default_measures("classification")[0] == "balanced_accuracy"
