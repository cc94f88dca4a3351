"""Fairness reports: intervals against a bootstrap of rows, nulls against permutations of rows, and what is said."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from auditkit.errors import AuditkitError, DataError, ShapeError
from auditkit.intervals import holm
from auditkit.metrics import demographic_parity_difference, equalized_odds_difference, fairness_report, group_rates
from auditkit.metrics.fairness.confusion import dealt_cells, resampled_cells


@pytest.fixture(scope="module")
def unfair():
    rng = np.random.default_rng(0)
    groups = rng.choice(["a", "b", "c"], 1500, p=[0.5, 0.3, 0.2])
    truth = rng.integers(0, 2, 1500)
    wrong = rng.random(1500) < np.where(groups == "a", 0.1, 0.25)
    return {"y_true": truth, "y_pred": np.where(wrong, 1 - truth, truth), "groups": groups}


def test_values_are_those_of_the_functions(unfair):
    report = fairness_report(**unfair, n_resamples=0)
    pd.testing.assert_frame_equal(report.rates, group_rates(**unfair))
    assert report.gaps["equalized_odds_difference"].value == equalized_odds_difference(**unfair)
    to_all = fairness_report(**unfair, n_resamples=0, method="to_overall", agg="mean").gaps
    assert to_all["equalized_odds_difference"].value == equalized_odds_difference(
        **unfair, method="to_overall", agg="mean"
    )
    assert to_all["demographic_parity_difference"].value == demographic_parity_difference(**unfair, method="to_overall")
    assert to_all["demographic_parity_difference"].groups[1] == "all"
    assert all(gap.percentile is None and gap.p is None for gap in report.gaps.values())


def test_no_single_rate_is_behind_a_mean_of_two(unfair):
    for method in ("between_groups", "to_overall"):
        gap = fairness_report(**unfair, n_resamples=0, method=method, agg="mean").gaps["equalized_odds_difference"]
        assert (gap.rate, gap.groups, gap.n) == ("mean of tpr and fpr", (), ())
        assert str(gap).endswith("; mean of tpr and fpr")


def test_p_is_adjusted_over_differences_and_over_ratios_apart(unfair):
    gaps = fairness_report(**unfair, n_resamples=200).gaps
    for form in ("difference", "ratio"):
        family = {name: gap for name, gap in gaps.items() if name.endswith(form)}
        expected = holm([gap.p for gap in family.values()])
        assert [gap.p_adjusted for gap in family.values()] == pytest.approx(expected)
    assert "p adjusted over the differences and over the ratios" in str(fairness_report(**unfair, n_resamples=50))


def row_bootstrap(unfair, n_resamples, rng):
    """Rates and equalized odds differences of resamples of the rows, one row at a time."""
    codes = np.unique(unfair["groups"], return_inverse=True)[1]
    n = len(codes)
    cell = (codes * 2 + unfair["y_true"]) * 2 + unfair["y_pred"]
    rates, gaps = [], []
    for _ in range(n_resamples):
        counts = np.bincount(cell[rng.integers(0, n, n)], minlength=12).reshape(3, 2, 2)
        odds = counts[:, :, 1] / counts.sum(axis=2)
        rates.append(odds)
        gaps.append(np.ptp(odds, axis=0).max())
    return np.array(rates), np.array(gaps)


def test_intervals_agree_with_a_bootstrap_of_the_rows_within_a_hundredth(unfair):
    report = fairness_report(**unfair, n_resamples=10_000)
    rates, gaps = row_bootstrap(unfair, 10_000, np.random.default_rng(1))
    found = {(rate.name, rate.group): rate.percentile for rate in report.group_rates}
    for place, group in enumerate("abc"):
        for truth, name in enumerate(("fpr", "tpr")):
            expected = np.quantile(rates[:, place, truth], [0.025, 0.975])
            np.testing.assert_allclose(found[name, group], expected, atol=0.01)
    gap = report.gaps["equalized_odds_difference"]
    np.testing.assert_allclose(gap.percentile, np.quantile(gaps, [0.025, 0.975]), atol=0.01)


def test_intervals_agree_with_fairlearns(unfair):
    from fairlearn.metrics import MetricFrame, selection_rate

    frame = MetricFrame(
        metrics={"selection_rate": selection_rate},
        y_true=unfair["y_true"], y_pred=unfair["y_pred"], sensitive_features=unfair["groups"],
        n_boot=500, ci_quantiles=[0.025, 0.975], random_state=0,
    )  # fmt: skip
    report = fairness_report(**unfair, n_resamples=10_000)
    ours = [rate.percentile for rate in report.group_rates if rate.name == "selection_rate"]
    # Five hundred resamples leave 0.12 standard errors of a rate in a limit, here 0.003, and of the gap 0.004.
    np.testing.assert_allclose(ours, np.array([item["selection_rate"] for item in frame.by_group_ci]).T, atol=0.008)
    gap = report.gaps["demographic_parity_difference"]
    np.testing.assert_allclose(gap.percentile, [item["selection_rate"] for item in frame.difference_ci()], atol=0.012)


@pytest.mark.parametrize("within", [True, False])
def test_dealt_cells_are_permutations_of_groups(within):
    rng = np.random.default_rng(2)
    cells = rng.integers(0, 9, (3, 3, 3))
    dealt = np.concatenate(list(dealt_cells(cells, 4000, rng, within_truth=within)))
    table = cells if within else np.concatenate([cells.sum(axis=1)[:, None], np.zeros((3, 2, 3), int)], axis=1)
    # Both margins stay: units per group and truth, and predictions per truth.
    assert (dealt.sum(axis=3) == table.sum(axis=2)).all()
    assert (dealt.sum(axis=1) == table.sum(axis=0)).all()
    n = table.sum(axis=(0, 2))
    expected = np.where(
        n[None, :, None] > 0,
        table.sum(axis=2)[:, :, None] * table.sum(axis=0)[None] / np.maximum(n, 1)[None, :, None],
        0,
    )
    np.testing.assert_allclose(dealt.mean(axis=0), expected, atol=0.15)


def test_resampled_cells_have_the_moments_of_resampled_rows():
    rng = np.random.default_rng(3)
    cells = rng.integers(0, 40, (2, 2, 2))
    drawn = np.concatenate(list(resampled_cells(cells, 5000, rng)))
    n = cells.sum()
    assert (drawn.sum(axis=(1, 2, 3)) == n).all()
    np.testing.assert_allclose(drawn.mean(axis=0), cells, atol=0.5)
    np.testing.assert_allclose(drawn.var(axis=0), cells * (1 - cells / n), rtol=0.1, atol=0.1)


def test_nulls_are_those_of_permuted_rows(unfair):
    report = fairness_report(**unfair, n_resamples=2000)
    rng = np.random.default_rng(4)
    odds, parity = [], []
    for _ in range(300):
        shuffled = unfair["groups"].copy()
        for truth in (0, 1):
            rows = np.flatnonzero(unfair["y_true"] == truth)
            shuffled[rows] = shuffled[rng.permutation(rows)]
        odds.append(equalized_odds_difference(**unfair | {"groups": shuffled}))
        parity.append(demographic_parity_difference(**unfair | {"groups": rng.permutation(unfair["groups"])}))
    assert report.gaps["equalized_odds_difference"].chance == pytest.approx(np.mean(odds), abs=0.004)
    assert report.gaps["demographic_parity_difference"].chance == pytest.approx(np.mean(parity), abs=0.004)


def test_a_real_gap_has_a_small_p_and_chance_has_not(unfair):
    gaps = fairness_report(**unfair).gaps
    assert gaps["equalized_odds_difference"].p_adjusted < 0.01
    odds = gaps["equalized_odds_difference"]
    # Group a has fewer wrong predictions: the highest rate of true positives, and the lowest of false ones.
    assert odds.groups[0 if odds.rate == "tpr" else 1] == "a"
    assert gaps["demographic_parity_difference"].p > 0.05
    rng = np.random.default_rng(5)
    ps = []
    for _ in range(100):
        truth, predicted = rng.integers(0, 2, (2, 200))
        report = fairness_report(y_true=truth, y_pred=predicted, groups=rng.integers(0, 4, 200), n_resamples=99)
        ps.append(report.gaps["equalized_odds_difference"].p)
    # Uniform on hundredths: 5 of 100 at most 0.05, give or take.
    assert np.mean(np.array(ps) <= 0.05) <= 0.12
    assert 0.4 <= np.mean(ps) <= 0.6


def test_the_same_seed_gives_the_same_report(unfair):
    first, second, other = (fairness_report(**unfair, seed=seed).frame() for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(first, second)
    assert not first["low"].equals(other["low"])


def test_undefined_has_a_reason_and_never_enters_a_gap():
    report = fairness_report(
        y_true=[1, 1, 0, 0, 0, 0], y_pred=[1, 0, 0, 1, 0, 0], groups=list("aaaabb"), n_resamples=50
    )
    rate = next(item for item in report.group_rates if item.name == "tpr" and item.group == "b")
    assert (rate.value, rate.low, rate.reason) == (None, None, "no positives")
    gap = report.gaps["equal_opportunity_difference"]
    assert (gap.value, gap.reason) == (None, "1 of 2 groups has positives")
    assert report.gaps["equalized_odds_difference"].value == 0.5
    assert report.gaps["equalized_odds_difference"].rate == "fpr"
    assert report.gaps["demographic_parity_ratio"].value == 0.0
    frame = report.frame()
    assert frame.loc[frame["value"].isna(), "reason"].str.len().min() > 0
    assert "undefined (1 of 2 groups has positives)" in str(report)


def test_a_rate_of_one_is_not_told_as_certain():
    report = fairness_report(y_true=[1] * 20 + [0] * 20, y_pred=[1] * 20 + [0] * 20, groups=list("ab") * 20)
    rate = next(item for item in report.group_rates if item.name == "tpr")
    assert rate.value == 1.0
    assert rate.low < 0.9
    assert rate.method == "wilson"


def test_percentiles_are_a_rates_limits_in_groups_over_200_rows_only(unfair):
    report = fairness_report(**unfair, n_resamples=200)
    assert {rate.method for rate in report.group_rates} == {"percentile bootstrap"}
    assert all((rate.low, rate.high) == rate.percentile for rate in report.group_rates)
    fewer = fairness_report(**{name: values[:300] for name, values in unfair.items()}, n_resamples=200)
    assert {rate.method for rate in fewer.group_rates} == {"wilson"}


def test_small_and_missing_groups_are_said():
    groups = ["a"] * 50 + ["b"] * 50 + ["c"] * 3 + [None] * 40
    truth = np.tile([0, 1], 72)[:143]
    report = fairness_report(y_true=truth, y_pred=truth, groups=groups, n_resamples=0)
    assert report.about["n_missing_groups"] == 40
    assert "40 units have a missing group value and are the group '(missing)'." in report.notes
    assert any("1 of 4 groups has fewer than 30 units (c)" in note for note in report.notes)
    least = fairness_report(y_true=truth, y_pred=truth, groups=groups, n_resamples=0, min_support=30)
    assert not any("fewer than 30" in note for note in least.notes)
    assert math.isnan(least.rates.loc["c", "accuracy"])


def test_small_groups_are_blamed_only_for_the_gaps_that_are_theirs():
    rng = np.random.default_rng(0)
    groups = np.repeat(["A", "B", "C"], [400, 400, 20])
    truth = rng.integers(0, 2, 820)
    predicted = np.where(groups == "B", 1, np.where(groups == "A", 0, truth))
    report = fairness_report(y_true=truth, y_pred=predicted, groups=groups, n_resamples=0)
    (note,) = [note for note in report.notes if "fewer than 30" in note]
    theirs = sum("C" in (gap.groups or ()) for gap in report.gaps.values())
    assert report.gaps["demographic_parity_difference"].groups == ("B", "A")
    assert theirs < len(report.gaps)
    assert f"{theirs} of {len(report.gaps)} gaps" in note if theirs else "gaps" not in note


def test_probabilities_bring_calibration_and_its_gap(unfair):
    rng = np.random.default_rng(6)
    chance = rng.random(1500)
    truth = (rng.random(1500) < chance).astype(int)
    told = np.where(unfair["groups"] == "b", np.clip(chance + 0.2, 0, 1), chance)
    given = {"y_true": truth, "y_pred": (told > 0.5).astype(int), "groups": unfair["groups"]}
    report = fairness_report(**given, y_prob=told)
    gap = report.gaps["calibration_difference"]
    assert gap.groups[0] == "b"
    assert gap.p < 0.01
    assert gap.low < gap.value < gap.high
    means = pd.Series(told - truth).groupby(unfair["groups"]).mean()
    assert gap.value == pytest.approx(np.ptp(means))
    assert report.calibration.groups["calibration_error"].tolist() == pytest.approx(means.tolist())
    assert fairness_report(**given, y_prob=chance).gaps["calibration_difference"].p > 0.05
    both = fairness_report(**given, y_prob=np.stack([1 - told, told], axis=1), n_resamples=0)
    assert both.gaps["calibration_difference"].value == gap.value


def test_amounts_have_mean_prediction_error_and_r2_per_group(unfair):
    from sklearn.metrics import mean_absolute_error, r2_score

    rng = np.random.default_rng(7)
    truth = 1e6 + rng.normal(size=1500)
    predicted = truth + rng.normal(size=1500) * np.where(unfair["groups"] == "a", 0.2, 0.5)
    report = fairness_report(y_true=truth, y_pred=predicted, groups=unfair["groups"], n_resamples=300)
    assert report.about["task"] == "regression"
    for group in "abc":
        own = unfair["groups"] == group
        row = report.rates.loc[group]
        assert row["mean_prediction"] == pytest.approx(predicted[own].mean())
        assert row["mae"] == pytest.approx(mean_absolute_error(truth[own], predicted[own]))
        assert row["r2"] == pytest.approx(r2_score(truth[own], predicted[own]), abs=1e-6)
    assert report.gaps["mae_difference"].p < 0.01
    assert report.gaps["mean_prediction_difference"].p > 0.01
    rate = next(item for item in report.group_rates if item.name == "mae")
    assert rate.low < rate.value < rate.high
    assert "many values" in report.notes[0]


def test_metrics_of_the_user_go_through_fairlearn(unfair):
    from fairlearn.metrics import MetricFrame
    from sklearn.metrics import f1_score

    report = fairness_report(**unfair, metrics={"f1": f1_score}, n_resamples=20)
    theirs = MetricFrame(
        metrics={"f1": f1_score}, y_true=unfair["y_true"], y_pred=unfair["y_pred"], sensitive_features=unfair["groups"]
    )
    assert report.rates["f1"].tolist() == pytest.approx(theirs.by_group["f1"].tolist())
    gap = report.gaps["f1_difference"]
    assert gap.value == pytest.approx(theirs.difference()["f1"])
    assert gap.p is None
    assert gap.reason
    assert all(item.low <= item.value <= item.high for item in report.group_rates if item.name == "f1")
    to_all = fairness_report(**unfair, metrics={"f1": f1_score}, n_resamples=0, method="to_overall")
    assert to_all.gaps["f1_difference"].value == pytest.approx(theirs.difference(method="to_overall")["f1"])


@pytest.mark.parametrize(
    ("changed", "error", "said"),
    [
        ({"metrics": {"f1": lambda _a, _b: 1 / 0}}, AuditkitError, "a metric of `metrics` failed"),
        ({"metrics": ["f1"]}, DataError, "`metrics` must map names"),
        ({"y_prob": [0.5, 2.0, 0.1, 0.2]}, DataError, r"1 values outside \[0, 1\], as 2"),
        ({"y_prob": [0.5]}, ShapeError, "`y_prob` has 1 units"),
        ({"y_prob": [[0.5, 0.2, 0.3]] * 4}, ShapeError, "3 columns for 2 classes"),
        ({"n_resamples": -1}, AuditkitError, "`n_resamples` must be a whole number"),
        ({"task": "regresion"}, AuditkitError, "did you mean 'regression'"),
        ({"task": "regression", "y_pred": ["x", 1, 2, 3]}, DataError, "1 values that are no finite numbers"),
        ({"task": "regression", "y_pred": [1.0]}, ShapeError, "4 units and `y_pred` 1"),
    ],
)
def test_mistakes_are_told_in_one_sentence(changed, error, said):
    given = {"y_true": [1, 0, 1, 0], "y_pred": [1, 0, 0, 0], "groups": list("aabb")} | changed
    with pytest.raises(error, match=said) as caught:
        fairness_report(**given)
    assert "\n" not in str(caught.value)


def test_several_classes_and_no_positive_one_have_no_calibration(unfair):
    rng = np.random.default_rng(8)
    truth = rng.choice(list("xyz"), 1500)
    report = fairness_report(
        y_true=truth,
        y_pred=rng.permutation(truth),
        groups=unfair["groups"],
        y_prob=rng.random((1500, 3)),
        n_resamples=20,
    )
    assert report.calibration is None
    assert "choose one by positive=" in report.notes[0]
    assert report.gaps["equalized_odds_difference"].label in set("xyz")
    one = fairness_report(
        y_true=truth, y_pred=truth, groups=unfair["groups"], y_prob=rng.random((1500, 3)), positive="y", n_resamples=0
    )
    assert one.gaps["calibration_difference"].value is not None


def test_a_predicted_class_that_is_nobodys_is_told():
    truth, predicted = ["yes", "no"] * 30, ["Yes", "no", "yes"] * 20
    (note,) = [
        note
        for note in fairness_report(y_true=truth, y_pred=predicted, groups=["a", "b", "b"] * 20, n_resamples=0).notes
        if "is of class" in note
    ]
    assert note.startswith("no unit is of class 'Yes', and 20 are predicted so")


def test_own_metrics_get_one_for_the_positive_class_whatever_it_is_called(unfair):
    from sklearn.metrics import f1_score

    words = {name: np.where(np.asarray(unfair[name]) == 1, "yes", "no") for name in ("y_true", "y_pred")}
    asked = {"groups": unfair["groups"], "metrics": {"f1": f1_score}, "n_resamples": 0}
    told = fairness_report(**words, **asked, positive="yes").rates["f1"]
    expected = fairness_report(y_true=unfair["y_true"], y_pred=unfair["y_pred"], **asked).rates["f1"]
    assert told.tolist() == expected.tolist()
    swapped = fairness_report(**words, **asked, positive="no").rates["f1"]
    assert swapped.tolist() != expected.tolist()


def test_a_single_group_is_one_group():
    report = fairness_report(y_true=[0, 1], y_pred=[0, 1], groups=["a", "a"], n_resamples=0)
    assert str(report).startswith("Predictions of 2 units in 1 group, positive = 1")
