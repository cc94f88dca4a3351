"""Measures equal scikit-learn's, and a weighting equals the same units repeated."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics

from auditkit.ablation.measures import MEASURES, PROBABILISTIC, Outcome, default_measures, measure_of
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


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_rare_classes_and_calibration_equal_scikit_learn(n_classes: int, *, weighted: bool) -> None:
    outcome = replace(_outcome(n_classes), rarest=1)
    weights = np.random.default_rng(2).random(len(outcome.truth)) if weighted else np.ones(len(outcome.truth))
    truth, p = outcome.truth, outcome.probabilities
    asked = {"sample_weight": weights}
    areas = [metrics.average_precision_score(truth == k, p[:, k], **asked) for k in range(n_classes)]
    f1 = metrics.f1_score(truth == 1, outcome.predicted == 1, **asked)
    close = {"abs": 1e-9}
    assert _value("minority_f1", outcome, weights) == pytest.approx(f1, **close)
    expected = areas[1] if n_classes == 2 else np.mean(areas)
    assert _value("average_precision", outcome, weights) == pytest.approx(expected, **close)
    squares = metrics.brier_score_loss(truth, p[:, 1] if n_classes == 2 else p, **asked)
    assert _value("brier", outcome, weights) == pytest.approx(squares, **close)
    for name, plain in (
        ("accuracy", metrics.accuracy_score),
        ("balanced_accuracy", metrics.balanced_accuracy_score),
    ):
        assert _value(name, outcome, weights) == pytest.approx(plain(truth, outcome.predicted, **asked), **close)


def test_calibration_error_is_the_gap_of_each_bin_weighed_by_its_units() -> None:
    stated = np.array([0.92, 0.91, 0.62, 0.63])
    outcome = Outcome(np.array([1.0, 0.0, 1.0, 1.0]), np.ones(4), np.c_[1 - stated, stated])
    gaps = [abs(0.5 - (0.92 + 0.91) / 2) * 2, abs(1.0 - (0.62 + 0.63) / 2) * 2]
    assert _value("expected_calibration_error", outcome) == pytest.approx(sum(gaps) / 4, abs=1e-12)
    sure = Outcome(np.ones(3), np.ones(3), np.tile([0.0, 1.0], (3, 1)))
    assert _value("expected_calibration_error", sure) == 0.0


@pytest.mark.parametrize("name", sorted(PROBABILISTIC))
def test_a_model_without_probabilities_is_not_scored_on_them(name: str) -> None:
    outcome = _outcome(2)
    assert np.isnan(_value(name, replace(outcome, probabilities=np.full((len(outcome.truth), 2), np.nan))))


def test_a_rare_class_that_is_not_there_is_undefined() -> None:
    outcome = Outcome(np.zeros(5), np.zeros(5), np.tile([0.7, 0.3], (5, 1)), rarest=1)
    assert np.isnan(_value("minority_f1", outcome))
    assert np.isnan(_value("average_precision", outcome))


def test_imbalanced_tasks_have_measures_of_their_own() -> None:
    assert set(default_measures("classification", imbalanced=True)) - set(default_measures("classification")) == {
        "minority_f1",
        "average_precision",
    }


def test_regression_measures_equal_scikit_learn() -> None:
    outcome = _regression()
    squared = metrics.root_mean_squared_error(outcome.truth, outcome.predicted)
    assert _value("rmse", outcome) == pytest.approx(squared, abs=1e-9)
    assert _value("r2", outcome) == pytest.approx(metrics.r2_score(outcome.truth, outcome.predicted), abs=1e-9)
    assert _value("mae", outcome) == pytest.approx(metrics.mean_absolute_error(outcome.truth, outcome.predicted))


@pytest.mark.parametrize("name", sorted(MEASURES))
def test_counts_as_weights_equal_units_repeated(name: str) -> None:
    outcome = _regression() if MEASURES[name].task == "regression" else replace(_outcome(3), rarest=2)
    counts = np.random.default_rng(1).integers(0, 4, len(outcome.truth))
    index = np.repeat(np.arange(len(counts)), counts)
    repeated = Outcome(outcome.truth[index], outcome.predicted[index], outcome.probabilities[index], outcome.rarest)
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
