"""The classifier two-sample test: the area under the curve and its error, folds, and what it sees."""

from __future__ import annotations

import time

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from auditkit.errors import UndefinedError
from auditkit.metrics import classifier_two_sample
from auditkit.metrics.detection import (
    FOLDS,
    Discriminator,
    LabelAgreement,
    _classifier_two_sample,
    _fold_auc,
    area_under_curve,
)
from auditkit.metrics.products import Products, Rows, Side, View

BOTH = View("whole", {}, {"real": Rows("real"), "synthetic": Rows("synthetic")})


def scored(seed, n=60, m=45, levels=None):
    rng = np.random.default_rng(seed)
    positive = np.arange(n + m) >= n
    scores = rng.normal(size=n + m) + 0.7 * positive
    return (np.round(scores * levels) if levels else scores), positive


@pytest.mark.parametrize("levels", [None, 2])
@pytest.mark.parametrize("seed", range(5))
def test_area_is_that_of_scikit_learn(seed, levels):
    scores, positive = scored(seed, levels=levels)
    assert area_under_curve(scores, positive)[0] == pytest.approx(roc_auc_score(positive, scores), abs=1e-12)


@pytest.mark.parametrize("levels", [None, 2])
def test_error_is_delongs(levels):
    scores, positive = scored(7, levels=levels)
    wins = np.array([[(a > b) + 0.5 * (a == b) for b in scores[~positive]] for a in scores[positive]])
    variance = wins.mean(axis=1).var(ddof=1) / wins.shape[0] + wins.mean(axis=0).var(ddof=1) / wins.shape[1]
    assert area_under_curve(scores, positive)[1] == pytest.approx(np.sqrt(variance), rel=1e-12)


def test_area_needs_both_classes_and_every_score():
    assert area_under_curve(np.arange(5.0), np.zeros(5, bool)) is None
    assert area_under_curve(np.array([0.0, np.nan, 1.0, 2.0]), np.array([True, True, False, False])) is None


def test_the_same_distribution_is_near_one_half_and_a_shifted_one_near_one():
    rng = np.random.default_rng(0)
    real, fresh, shifted = rng.normal(size=(400, 3)), rng.normal(size=(400, 3)), 4 + rng.normal(size=(400, 3))
    assert classifier_two_sample(real=real, synthetic=fresh) == pytest.approx(0.5, abs=0.08)
    assert classifier_two_sample(real=real, synthetic=shifted) > 0.99


def test_copies_do_not_give_themselves_away():
    rows = np.random.default_rng(1).normal(size=(150, 3))
    assert classifier_two_sample(real=rows, synthetic=np.repeat(rows, 2, axis=0)) == pytest.approx(0.5, abs=1e-12)


def test_a_relation_is_seen_by_the_boosted_model_only():
    rng = np.random.default_rng(2)
    real = rng.multivariate_normal([0, 0], [[1, 0.95], [0.95, 1]], size=500)
    synthetic = np.column_stack([rng.permutation(column) for column in real.T])
    products = Products({"real": Side(real), "synthetic": Side(synthetic)})
    details = _classifier_two_sample(products.get(Discriminator, BOTH)).details
    assert details["boosted"] > 0.8
    assert details["linear"] == pytest.approx(0.5, abs=0.1)


def test_error_of_the_mean_over_folds_is_that_of_the_areas_or_of_their_spread():
    scores, positive = scored(8, n=90, m=90)
    for fold in (np.arange(180) % 3, np.argsort(np.argsort(scores)) % 2 + (scores > 1)):
        value, error = _fold_auc(Discriminator(scores, scores, positive, fold), scores)
        areas, errors = zip(
            *(area_under_curve(scores[fold == number], positive[fold == number]) for number in range(3)), strict=True
        )
        assert value == pytest.approx(np.mean(areas))
        within, between = np.sqrt(np.square(errors).sum()) / 3, np.std(areas, ddof=1) / np.sqrt(3)
        assert error == pytest.approx(max(within, between))


def test_identical_rows_share_a_fold():
    rows = np.random.default_rng(3).integers(0, 4, size=(200, 2)).astype(float)
    products = Products({"real": Side(rows[:120]), "synthetic": Side(rows[120:])})
    found = products.get(Discriminator, BOTH)
    folds = {}
    for row, fold in zip(map(tuple, rows), found.fold, strict=True):
        assert folds.setdefault(row, fold) == fold
    assert set(folds.values()) == set(range(FOLDS))


def test_a_set_that_repeats_one_row_has_no_value_but_a_reason():
    real = np.random.default_rng(4).normal(size=(100, 2))
    with pytest.raises(UndefinedError, match=r"100 real and 80 synthetic samples .* repeat each other too often"):
        classifier_two_sample(real=real, synthetic=np.zeros((80, 2)))


def test_label_agreement_tells_right_labels_from_wrong_ones():
    rng = np.random.default_rng(5)
    real, synthetic = rng.normal(size=(300, 2)), rng.normal(size=(100, 2))
    right = (synthetic[:, 0] > 0).astype(np.int64)
    given = {
        "real": Side(real, labels=(real[:, 0] > 0).astype(np.int64), label_levels=("n", "y", "new")),
        "synthetic": Side(synthetic, labels=right, label_levels=("n", "y", "new")),
    }
    agreement = Products(given).get(LabelAgreement, BOTH).probability
    assert agreement.mean() > 0.85
    given["synthetic"] = Side(synthetic, labels=1 - right, label_levels=("n", "y", "new"))
    assert Products(given).get(LabelAgreement, BOTH).probability.mean() < 0.15
    given["synthetic"] = Side(synthetic, labels=np.full(100, 2), label_levels=("n", "y", "new"))
    assert np.isnan(Products(given).get(LabelAgreement, BOTH).probability).all()


def test_label_agreement_does_not_look_at_the_label_itself():
    rng = np.random.default_rng(6)
    noise, label = rng.normal(size=400), rng.integers(0, 2, size=400)
    columns = np.column_stack([noise, label.astype(float)])
    side = Side(
        noise[:, None], labels=label, label_levels=("n", "y"), columns=columns, categorical=(False, True), target=1
    )
    given = {"real": side.take(np.arange(300)), "synthetic": side.take(np.arange(300, 400))}
    assert Products(given).get(LabelAgreement, BOTH).probability.mean() == pytest.approx(0.5, abs=0.1)


def test_label_agreement_with_many_classes_takes_seconds_and_still_tells_right_from_wrong():
    rng = np.random.default_rng(7)
    labels = np.tile(np.arange(200), 15)
    place = labels[:, None] + rng.normal(scale=0.1, size=(len(labels), 1))
    side = Side(place, labels=labels, label_levels=tuple(map(str, range(200))))
    wrong = Side(place, labels=(labels + 50) % 200, label_levels=side.label_levels)
    started = time.perf_counter()
    right = Products({"real": side, "synthetic": side}).get(LabelAgreement, BOTH).probability
    assert time.perf_counter() - started < 10
    assert right.mean() > 10 * Products({"real": side, "synthetic": wrong}).get(LabelAgreement, BOTH).probability.mean()
