"""Differential fairness against slow loops, and reweighing weights against their meaning."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest

from auditkit.errors import AuditkitError, ShapeError, UndefinedError
from auditkit.metrics import differential_fairness, differential_fairness_report, reweighing_weights
from auditkit.metrics.fairness.smoothed import epsilon_of

LABELS = ["y", "n", "n", "n", "y", "y", "y", "n"]
GROUPS = list("aaaabbbb")


def slow_epsilon(labels, groups, classes, concentration=1.0):
    """Largest log-ratio over all pairs of groups and all classes, one at a time."""
    worst = 0.0
    for level in classes:
        rates = []
        for group in sorted(set(groups)):
            inside = [label for label, own in zip(labels, groups, strict=True) if own == group]
            count = sum(label == level for label in inside)
            rates.append((count + concentration / len(classes)) / (len(inside) + concentration))
        worst = max([worst, *(abs(math.log(a / b)) for a, b in itertools.combinations(rates, 2))])
    return worst


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("concentration", [1.0, 0.1, 5.0])
def test_epsilon_is_the_largest_log_ratio_of_smoothed_rates(seed, concentration):
    rng = np.random.default_rng(seed)
    labels, groups = rng.choice(list("xyz"), 200), rng.choice(list("abcde"), 200)
    found = differential_fairness(labels=labels, groups=groups, concentration=concentration)
    assert found == pytest.approx(slow_epsilon(labels, groups, sorted(set(labels)), concentration), abs=1e-12)


def test_equal_rates_are_fair():
    assert differential_fairness(labels=[0, 1, 0, 1], groups=[0, 0, 1, 1]) == 0.0


def test_every_group_is_smoothed_over_the_same_classes():
    # AIF360 counts the classes inside each group: one of a single class has no smoothing, and the value is infinite.
    labels, groups = ["y"] * 5 + ["y", "n"] * 5, ["a"] * 5 + ["b"] * 10
    assert differential_fairness(labels=labels, groups=groups) == pytest.approx(math.log((5.5 / 11) / (0.5 / 6)))


def test_named_classes_that_nobody_has_count():
    two = differential_fairness(labels=["y"] * 4 + ["n"] * 2, groups=[0, 0, 0, 1, 1, 1])
    three = differential_fairness(labels=["y"] * 4 + ["n"] * 2, groups=[0, 0, 0, 1, 1, 1], classes=["y", "n", "z"])
    assert two == pytest.approx(slow_epsilon(["y"] * 4 + ["n"] * 2, [0, 0, 0, 1, 1, 1], "yn"))
    assert three == pytest.approx(slow_epsilon(["y"] * 4 + ["n"] * 2, [0, 0, 0, 1, 1, 1], "ynz"))
    with pytest.raises(ShapeError, match="holds 'n', which `classes` does not name"):
        differential_fairness(labels=["y", "n"], groups=[0, 1], classes=["y"])


def test_the_pair_of_groups_and_the_class_are_named():
    found = differential_fairness_report(labels=LABELS, groups=pd.DataFrame({"sex": GROUPS, "race": list("ccddccdd")}))
    assert (found.level, found.pair) == ("n", ("sex=a, race=d", "sex=b, race=c"))
    assert float(found) == pytest.approx(math.log((2.5 / 3) / (0.5 / 3)))
    assert "83.3 %" in str(found)
    assert found.frame()["n_samples"].tolist() == [2, 2, 2, 2]


def test_small_groups_are_left_out_and_named():
    found = differential_fairness_report(labels=[*LABELS, "y"], groups=[*GROUPS, "c"], min_support=2)
    assert found.left_out == ("c",)
    assert found.groups == ("a", "b")
    with pytest.raises(UndefinedError, match="fewer than two groups"):
        differential_fairness(labels=LABELS, groups=GROUPS, min_support=5)


def test_wrong_arguments_are_refused():
    with pytest.raises(ShapeError, match="2 units, the labels have 3"):
        differential_fairness(labels=[1, 0, 1], groups=[1, 0])
    with pytest.raises(AuditkitError, match="`concentration`"):
        differential_fairness(labels=LABELS, groups=GROUPS, concentration=0)
    with pytest.raises(AuditkitError, match="`min_support`"):
        differential_fairness(labels=LABELS, groups=GROUPS, min_support=0)


def test_many_tables_at_once_give_the_same_numbers():
    counts = np.random.default_rng(0).integers(0, 30, size=(7, 4, 3))
    one = [
        slow_epsilon(
            [c for g in range(4) for c in range(3) for _ in range(table[g, c])],
            [g for g in range(4) for c in range(3) for _ in range(table[g, c])],
            range(3),
        )
        for table in counts
    ]
    np.testing.assert_allclose(epsilon_of(counts), one, atol=1e-12)


def test_compas_has_the_known_values(shared_data):
    table = pd.read_csv(shared_data("tabular_compas/compas_two_years.csv.gz"), keep_default_na=False)
    days = pd.to_numeric(table["days_b_screening_arrest"])
    table = table[(days.abs() <= 30) & (table["c_charge_degree"] != "O") & (table["score_text"] != "N/A")]
    groups = table[["race", "sex"]]
    assert differential_fairness(labels=table["two_year_recid"], groups=groups) == pytest.approx(1.5750, abs=5e-5)
    predicted = (pd.to_numeric(table["decile_score"]) >= 5).astype(int)
    assert differential_fairness(labels=predicted, groups=groups) == pytest.approx(2.2216, abs=5e-5)


@pytest.mark.parametrize("seed", range(3))
def test_weights_make_groups_and_labels_independent(seed):
    rng = np.random.default_rng(seed)
    groups = rng.choice(list("abc"), 500)
    labels = (rng.random(500) < np.where(groups == "a", 0.7, 0.2)).astype(int)
    weights = reweighing_weights(labels=labels, groups=groups)
    for group in "abc":
        inside = groups == group
        assert np.average(labels[inside], weights=weights[inside]) == pytest.approx(labels.mean(), abs=1e-12)
        assert weights[inside].sum() == pytest.approx(inside.sum(), abs=1e-9)
    slow = [
        np.mean(groups == g) * np.mean(labels == y) / np.mean((groups == g) & (labels == y))
        for g, y in zip(groups, labels, strict=True)
    ]
    np.testing.assert_allclose(weights, slow, atol=1e-12)


def test_weights_of_an_intersection_are_those_of_its_names():
    columns = {"sex": list("mmffmmff"), "race": list("wbwbwbwb")}
    joined = [sex + race for sex, race in zip(*columns.values(), strict=True)]
    expected = reweighing_weights(labels=LABELS, groups=joined)
    np.testing.assert_array_equal(reweighing_weights(labels=LABELS, groups=columns), expected)
    np.testing.assert_array_equal(reweighing_weights(labels=LABELS, groups=pd.DataFrame(columns)), expected)


def test_missing_groups_are_a_group_of_their_own():
    weights = reweighing_weights(labels=[1, 0, 1, 0, 0, 0], groups=["a", "a", None, None, "b", "b"])
    assert weights.tolist() == reweighing_weights(labels=[1, 0, 1, 0, 0, 0], groups=list("aaccbb")).tolist()


def test_amounts_are_cut_at_their_quartiles():
    rng = np.random.default_rng(0)
    groups, pay = rng.choice(list("ab"), 800), rng.gamma(2.0, 100.0, 800)
    quarter = np.searchsorted(np.quantile(pay, [0.25, 0.5, 0.75]), pay)
    assert differential_fairness(labels=pay, groups=groups) == differential_fairness(labels=quarter, groups=groups)
    np.testing.assert_array_equal(
        reweighing_weights(labels=pay, groups=groups), reweighing_weights(labels=quarter, groups=groups)
    )


def test_groups_that_do_not_differ_are_no_pair_in_words():
    asked = {"groups": list("aabb")}
    one = differential_fairness_report(labels=["x"] * 4, **asked)
    assert str(one) == "differential fairness 0.0000: all samples are of one class"
    alike = differential_fairness_report(labels=["x", "y"] * 2, **asked)
    assert str(alike) == "differential fairness 0.0000: every class has one rate in all groups"
