"""The classifier two-sample test: the area under the curve and its error, folds, and what it sees."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import balanced_accuracy_score

from auditkit.errors import UndefinedError
from auditkit.metrics import classifier_two_sample, detection, registry
from auditkit.metrics.detection import (
    MOST_TREES,
    Discriminator,
    LabelAgreement,
    _balanced_accuracy,
    _fold_auc,
    _p_value,
    boosted_classifier,
    told_apart,
)
from auditkit.metrics.out_of_fold import FOLDS
from auditkit.metrics.products import Products, Rows, Side, View
from auditkit.metrics.ranks import area_under_curve
from auditkit.metrics.registry import evaluate

BOTH = View("whole", {}, {"real": Rows("real"), "synthetic": Rows("synthetic")})


def scored(seed, n=60, m=45, levels=None):
    rng = np.random.default_rng(seed)
    positive = np.arange(n + m) >= n
    scores = rng.normal(size=n + m) + 0.7 * positive
    return (np.round(scores * levels) if levels else scores), positive


def test_the_same_distribution_is_near_one_half_and_a_shifted_one_near_one():
    rng = np.random.default_rng(0)
    real, fresh, shifted = rng.normal(size=(400, 3)), rng.normal(size=(400, 3)), 4 + rng.normal(size=(400, 3))
    assert classifier_two_sample(real=real, synthetic=fresh) == pytest.approx(0.5, abs=0.08)
    assert classifier_two_sample(real=real, synthetic=shifted) > 0.99


def test_an_area_of_one_in_every_fold_keeps_wilsons_limits():
    rng = np.random.default_rng(0)
    fold = np.arange(80) % FOLDS
    synthetic = np.arange(80) >= 50
    scores = synthetic + 0.1 * rng.uniform(size=80)
    reading = told_apart(Discriminator(scores, scores, synthetic, fold))
    assert reading.value == 1.0
    assert reading.interval == pytest.approx((30 / (30 + 1.959963984540054**2), 1.0), rel=1e-12)


def test_copies_do_not_give_themselves_away():
    rows = np.random.default_rng(1).normal(size=(150, 3))
    assert classifier_two_sample(real=rows, synthetic=np.repeat(rows, 2, axis=0)) == pytest.approx(0.5, abs=1e-12)


def test_a_relation_is_seen_by_the_boosted_model_only():
    rng = np.random.default_rng(2)
    real = rng.multivariate_normal([0, 0], [[1, 0.95], [0.95, 1]], size=500)
    synthetic = np.column_stack([rng.permutation(column) for column in real.T])
    products = Products({"real": Side(real), "synthetic": Side(synthetic)})
    details = told_apart(products.get(Discriminator, BOTH)).details
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
        within, between = np.sqrt((1 / 3 + 1 / 2) * np.mean(np.square(errors))), np.std(areas, ddof=1) / np.sqrt(3)
        assert error == pytest.approx(max(within, between))


def test_p_value_is_that_of_labels_permuted_within_folds_for_the_mean_of_their_z():
    scores, positive = scored(9, n=60, m=60, levels=3)
    scores -= 0.6 * positive
    fold = np.arange(120) % 3
    answers = Discriminator(scores, scores, positive, fold)
    rng = np.random.default_rng(0)
    z = []
    for number in range(3):
        mine, labels = scores[fold == number], positive[fold == number]
        permuted = [area_under_curve(mine, rng.permutation(labels))[0] for _ in range(2000)]
        z.append((area_under_curve(mine, labels)[0] - np.mean(permuted)) / np.std(permuted))
    assert _p_value(answers, scores) == pytest.approx(norm.sf(np.mean(z)), abs=0.02)


def test_p_value_is_small_only_where_the_sets_differ():
    rng = np.random.default_rng(10)
    real = rng.normal(size=(200, 2))
    p = [
        told_apart(
            Products({"real": Side(real), "synthetic": Side(rng.normal(size=(150, 2)) + shift)}).get(
                Discriminator, BOTH
            )
        ).details["p"]
        for shift in (0.0, 2.0)
    ]
    assert p[0] > 0.05
    assert p[1] < 1e-4


def test_balanced_accuracy_cuts_at_the_share_of_synthetic_rows():
    scores, positive = scored(11, n=80, m=20)
    scores = 0.2 + 0.1 * (scores - scores.mean())
    answers = Discriminator(scores, scores, positive, np.arange(100) % 3)
    expected = balanced_accuracy_score(positive, scores > 0.2)
    assert _balanced_accuracy(answers, scores) == pytest.approx(expected, abs=1e-12)
    assert _balanced_accuracy(answers, np.full(100, np.nan)) is None


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


def test_label_agreement_with_many_classes_grows_few_trees_and_still_tells_right_from_wrong(monkeypatch):
    rng = np.random.default_rng(7)
    labels = np.tile(np.arange(200), 15)
    place = labels[:, None] + rng.normal(scale=0.1, size=(len(labels), 1))
    side = Side(place, labels=labels, label_levels=tuple(map(str, range(200))))
    wrong = Side(place, labels=(labels + 50) % 200, label_levels=side.label_levels)
    grown = []

    def counted(*arguments, rounds):
        grown.append(rounds * len(side.label_levels))
        return boosted_classifier(*arguments, rounds=rounds)

    monkeypatch.setattr(detection, "boosted_classifier", counted)
    right = Products({"real": side, "synthetic": side}).get(LabelAgreement, BOTH).probability
    assert 0 < sum(grown) <= MOST_TREES
    assert right.mean() > 10 * Products({"real": side, "synthetic": wrong}).get(LabelAgreement, BOTH).probability.mean()


def test_a_group_is_told_apart_by_what_the_whole_sets_classifiers_say_of_its_rows():
    rng = np.random.default_rng(3)

    def side(n: int, shift: float) -> Side:
        codes = rng.integers(0, 2, n)
        rows = np.column_stack([codes, rng.normal(size=n) + shift * codes])
        few = np.zeros(n, np.int64)
        few[:10] = 1
        return Side(
            rows,
            groups={"team": codes, "rare": few},
            group_levels={"team": ("a", "b"), "rare": ("most", "few")},
        )

    sides = {"real": side(600, 0.0), "synthetic": side(600, 2.0)}
    reading = evaluate(registry.get("classifier_two_sample").reads, sides)
    areas = {(name, level): part.reading for part in reading.parts for name, level in part.where.items()}
    assert set(areas) == {("team", "a"), ("team", "b"), ("rare", "most")}
    assert areas["team", "a"].value == pytest.approx(0.5, abs=0.06)
    assert areas["team", "b"].value > 0.85
    assert areas["team", "b"].interval[0] > 0.8
    answers = Products(sides).get(Discriminator, BOTH)
    held = np.concatenate([item.groups["team"] for item in sides.values()]) == 1
    expected = np.mean(
        [
            area_under_curve(
                answers.boosted[held & (answers.fold == fold)], answers.synthetic[held & (answers.fold == fold)]
            )[0]
            for fold in range(FOLDS)
        ]
    )
    assert areas["team", "b"].value == pytest.approx(expected, rel=1e-12)
