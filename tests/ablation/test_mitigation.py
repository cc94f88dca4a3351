"""Mitigations around models: what each does to the gap that it is made for, and what it is given."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.ablation import mitigated as mitigated_module
from auditkit.ablation.designs import Features
from auditkit.ablation.mitigation import MITIGATIONS, fit_mitigated, group_names, mitigation_of
from auditkit.ablation.models import fit_model
from auditkit.blocks import single_threaded
from auditkit.errors import DataError, UnknownNameError
from auditkit.metrics import demographic_parity_difference, equalized_odds_difference


def rows(n, seed):
    """Classes that depend on a number, and more often 1 in group b, of which the features know."""
    rng = np.random.default_rng(seed)
    groups = rng.choice(["a", "b"], n).astype(object)
    score = rng.normal(size=n) + 1.2 * (groups == "b")
    proxy = (groups == "b") + 0.3 * rng.normal(size=n)
    target = (score + 0.5 * rng.normal(size=n) > 1.0).astype(float)
    values = np.stack([score, proxy, (groups == "b").astype(float)], axis=1)
    return Features(values, np.array([False, False, True])), target, groups


@pytest.fixture(scope="module")
def sets():
    return rows(1500, 0), rows(1500, 1)


def gaps(outcome, groups):
    given = {"y_true": outcome.truth, "y_pred": outcome.predicted, "groups": groups}
    return demographic_parity_difference(**given), equalized_odds_difference(**given)


def mitigated(name, sets, model="logistic", seed=0):
    (train, target, groups), (test, truth, asked) = sets
    fitted = fit_mitigated(name, model, train=train, target=target, groups=groups, n_classes=2, seed=seed)
    return fitted(test, truth, asked)


@pytest.fixture(scope="module")
def plain(sets):
    (train, target, _), (test, truth, _) = sets
    return fit_model("logistic", train=train, target=target, n_classes=2, seed=0)(test, truth)


@pytest.mark.parametrize(
    ("name", "gap", "most"),
    [
        ("exponentiated_gradient", 0, 0.06),
        ("exponentiated_gradient=equalized_odds", 1, 0.1),
        ("threshold_optimizer", 1, 0.1),
        ("threshold_optimizer=demographic_parity", 0, 0.08),
        ("correlation_remover", 0, 0.12),
    ],
)
def test_the_gap_that_it_is_made_for_shrinks(name, gap, most, sets, plain):
    asked = sets[1][2]
    before = gaps(plain, asked)[gap]
    outcome = mitigated(name, sets)
    assert gaps(outcome, asked)[gap] < most < before
    assert (outcome.predicted == outcome.truth).mean() > 0.6
    assert ((outcome.probabilities >= 0) & (outcome.probabilities <= 1)).all()
    np.testing.assert_allclose(outcome.probabilities.sum(axis=1), 1.0)


def test_reweighing_is_a_fit_with_its_weights(sets):
    from auditkit.metrics import reweighing_weights

    (train, target, groups), (test, truth, asked) = sets
    weights = reweighing_weights(labels=target, groups=groups)
    expected = fit_model("logistic", train=train, target=target, n_classes=2, seed=0, weights=weights)(test, truth)
    outcome = mitigated("reweighing", sets)
    np.testing.assert_array_equal(outcome.probabilities, expected.probabilities)
    assert (
        gaps(outcome, asked)[0]
        < gaps(fit_model("logistic", train=train, target=target, n_classes=2, seed=0)(test, truth), asked)[0]
    )


def test_every_one_of_many_classes_is_reweighed(monkeypatch):
    given = {}
    monkeypatch.setattr(mitigated_module, "fit_model", lambda _, *, weights, **__: given.update(weights=weights))
    rng = np.random.default_rng(3)
    target = np.concatenate([np.repeat(np.arange(25.0), 4), rng.integers(0, 25, 400)])
    groups = np.concatenate([np.tile(["a", "a", "b", "b"], 25), rng.choice(["a", "b"], 400, p=[0.3, 0.7])])
    train = Features(rng.normal(size=(500, 1)), np.array([False]))
    fit_mitigated(
        "reweighing", "logistic", train=train, target=target, groups=groups.astype(object), n_classes=25, seed=0
    )
    share = (groups == "a").mean()
    for klass in range(25):
        own = target == klass
        assert given["weights"][own & (groups == "a")].sum() / given["weights"][own].sum() == pytest.approx(share)


@pytest.mark.parametrize("name", MITIGATIONS)
def test_the_seed_decides(name, sets):
    small = tuple((item[0].take(np.arange(300)), item[1][:300], item[2][:300]) for item in sets)
    first, second = (mitigated(name, small) for _ in range(2))
    np.testing.assert_array_equal(first.predicted, second.predicted)
    np.testing.assert_array_equal(first.probabilities, second.probabilities)


def test_features_that_the_group_determines_say_nothing_of_it_to_a_tree(sets):
    # Left over from the third column is rounding, and a tree would read the group from that.
    alone = tuple((Features(item[0].values[:, 2:], np.array([True])), item[1], item[2]) for item in sets)
    outcome = mitigated("correlation_remover", alone, model="boosting")
    assert len(np.unique(outcome.probabilities[:, 1])) == 1


def test_part_of_the_correlation_may_stay(sets):
    asked = sets[1][2]
    whole, half = (gaps(mitigated(f"correlation_remover={share}", sets), asked)[0] for share in ("1", "0.5"))
    assert whole < half


def test_small_and_unknown_groups_share_a_threshold(sets):
    (train, target, groups), (test, truth, asked) = sets
    groups, asked = groups.copy(), asked.copy()
    groups[:8], asked[:8], asked[8:16] = "c", "c", "new"
    outcome = mitigated("threshold_optimizer", ((train, target, groups), (test, truth, asked)))
    assert set(np.unique(outcome.predicted)) == {0.0, 1.0}


def test_it_goes_around_boosting_and_given_models(sets):
    from sklearn.tree import DecisionTreeClassifier

    from auditkit.ablation.models import plan_models

    (given,) = plan_models([DecisionTreeClassifier(max_depth=3)], pixels=False)
    small = tuple((item[0].take(np.arange(200)), item[1][:200], item[2][:200]) for item in sets)
    with single_threaded():
        for model in ("boosting", given):
            outcome = mitigated("threshold_optimizer", small, model=model)
            assert (outcome.predicted == outcome.truth).mean() > 0.6


def test_a_model_without_training_errors_is_constrained_in_few_fits(sets):
    from sklearn.tree import DecisionTreeClassifier

    from auditkit.ablation.models import plan_models

    fits = []

    class Tree(DecisionTreeClassifier):
        def fit(self, *args, **options):
            fits.append(1)
            return super().fit(*args, **options)

    (given,) = plan_models([Tree()], pixels=False)
    small = tuple((item[0].take(np.arange(200)), item[1][:200], item[2][:200]) for item in sets)
    mitigated("exponentiated_gradient", small, model=given)
    assert 5 < len(fits) < 60


def test_several_columns_are_intersections():
    names = group_names({"sex": np.array(["f", "m"], dtype=object), "age": np.array(["1", "2"], dtype=object)}, 2)
    assert names.tolist() == ["sex=f, age=1", "sex=m, age=2"]
    with pytest.raises(DataError, match="mitigation needs groups, and none are declared"):
        group_names({}, 2)


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("reweigh", UnknownNameError, "did you mean 'reweighing'"),
        ("threshold_optimizer=equal_odds", UnknownNameError, "did you mean 'equalized_odds'"),
        ("reweighing=1", DataError, "takes no option"),
        ("correlation_remover=2", DataError, "above 0 and at most 1, got '2'"),
        ("correlation_remover=much", DataError, "got 'much'"),
    ],
)
def test_wrong_names_and_options_are_told(text, error, said):
    with pytest.raises(error, match=said):
        mitigation_of(text)


@pytest.mark.parametrize("name", MITIGATIONS)
def test_several_classes_and_numbers_are_told_where_they_do_not_fit(name, sets):
    train, _, groups = sets[0]
    rng = np.random.default_rng(2)
    small = train.take(np.arange(90))
    for target, n_classes in ((rng.integers(0, 3, 90).astype(float), 3), (rng.normal(size=90), 0)):
        given = {"train": small, "target": target, "groups": groups[:90], "n_classes": n_classes, "seed": 0}
        fits = name == "correlation_remover" or (name == "reweighing" and n_classes)
        if fits:
            outcome = fit_mitigated(name, "logistic", **given)(small, target, groups[:90])
            assert len(outcome.predicted) == 90
        else:
            with pytest.raises(DataError, match=r"needs (a label of 2 classes|classes)"):
                fit_mitigated(name, "logistic", **given)


@pytest.mark.parametrize("name", MITIGATIONS)
def test_training_rows_of_one_class_are_predicted_so(name, sets):
    train, _, groups = sets[0]
    small, ones = train.take(np.arange(40)), np.ones(40)
    fitted = fit_mitigated(name, "logistic", train=small, target=ones, groups=groups[:40], n_classes=2, seed=0)
    assert (fitted(small, ones, groups[:40]).predicted == 1).all()
