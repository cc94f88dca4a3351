"""Gaps between groups for weightings of test units, against the public functions on the rows drawn out."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.ablation.group_gaps import AGAINST, gap_measures, gap_parts
from auditkit.ablation.group_rates import rate_parts
from auditkit.ablation.measures import Outcome
from auditkit.metrics import (
    demographic_parity_difference,
    demographic_parity_ratio,
    equal_opportunity_difference,
    equal_opportunity_ratio,
    equalized_odds_difference,
    equalized_odds_ratio,
    fairness_report,
    group_rates,
)


@pytest.fixture
def outcome():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 200).astype(np.float64)
    scores = np.clip(0.3 * truth + rng.random(200) * 0.7, 0, 1)
    return Outcome(truth, (scores > 0.5).astype(np.float64), np.stack([1 - scores, scores], axis=1))


@pytest.fixture
def groups():
    return np.random.default_rng(1).choice(["a", "b", "c"], 200, p=[0.5, 0.4, 0.1]).astype(object)


@pytest.fixture
def weights():
    rng = np.random.default_rng(2)
    drawn = [np.bincount(rng.integers(0, 200, 200), minlength=200) for _ in range(4)]
    return np.array([np.ones(200), *drawn], dtype=np.float64)


def test_every_weighting_gives_the_gap_of_the_rows_drawn_out(outcome, groups, weights):
    parts = list(gap_parts({"team": groups}, task="classification", n_classes=2, positive=1, min_support=1))
    values = {
        (part.measure.name, part.where.get(AGAINST, "")): part.measure.compute(outcome, weights) for part in parts
    }
    found = {name: value for (name, against), value in values.items() if not against}
    functions = (
        demographic_parity_difference,
        demographic_parity_ratio,
        equalized_odds_difference,
        equalized_odds_ratio,
        equal_opportunity_difference,
        equal_opportunity_ratio,
    )
    for place, row in enumerate(weights.astype(int)):
        drawn = np.repeat(np.arange(200), row)
        given = {"y_true": outcome.truth[drawn], "y_pred": outcome.predicted[drawn], "groups": groups[drawn]}
        for function in functions:
            name = function.__name__
            assert found[name][place] == pytest.approx(function(**given), abs=1e-12)
            to_overall = function(**given, method="to_overall")
            assert values[name, "overall"][place] == pytest.approx(to_overall, abs=1e-12)
        accuracy = group_rates(**given)["accuracy"]
        assert found["accuracy_difference"][place] == pytest.approx(np.ptp(accuracy), abs=1e-12)
        error = outcome.probabilities[drawn, 1] - outcome.truth[drawn]
        means = [error[groups[drawn] == name].mean() for name in "abc"]
        assert found["calibration_difference"][place] == pytest.approx(np.ptp(means), abs=1e-12)
        far = np.abs(np.array(means) - error.mean()).max()
        assert values["calibration_difference", "overall"][place] == pytest.approx(far, abs=1e-12)
    assert {part.where["group"] for part in parts} == {"team"}


def test_rates_of_each_group_are_those_of_its_members(outcome, groups, weights):
    rates = group_rates(y_true=outcome.truth, y_pred=outcome.predicted, groups=groups)
    parts = list(rate_parts({"team": groups}, task="classification", n_classes=2, positive=1))
    assert len(parts) == 3 * 5
    for part in parts:
        own = part.members
        members = Outcome(outcome.truth[own], outcome.predicted[own], outcome.probabilities[own])
        (value,) = part.measure.compute(members, weights[:1, own])
        if part.measure.name == "calibration_error":
            assert value == pytest.approx((members.probabilities[:, 1] - members.truth).mean())
        else:
            assert value == pytest.approx(rates.loc[part.where["team"], part.measure.name])


def test_small_groups_take_no_part_whatever_a_resample_holds(outcome, groups, weights):
    codes = np.where(groups == "a", 0, 1)
    codes[np.flatnonzero(codes == 0)[:5]] = 2
    with_small, without = (
        gap_measures(codes[kept], 3, task="classification", n_classes=2, positive=1)
        for kept in (slice(None), codes < 2)
    )
    small = Outcome(*(item[codes < 2] for item in (outcome.truth, outcome.predicted, outcome.probabilities)))
    for one, other in zip(with_small, without, strict=True):
        np.testing.assert_array_equal(one.compute(outcome, weights), other.compute(small, weights[:, codes < 2]))


def test_another_outcome_of_the_same_fit_is_read_anew(outcome, groups, weights):
    first, *_ = gap_measures(
        np.unique(groups, return_inverse=True)[1], 3, task="classification", n_classes=2, positive=1
    )
    before = first.compute(outcome, weights)
    other = Outcome(outcome.truth, 1 - outcome.predicted, outcome.probabilities)
    assert not np.array_equal(first.compute(other, weights), before)
    np.testing.assert_array_equal(first.compute(outcome, weights), before)
    np.testing.assert_array_equal(first.compute(outcome, weights[:2]), before[:2])


def test_chance_is_the_gap_of_groups_dealt_out_within_true_labels(outcome, groups):
    parts = list(gap_parts({"team": groups}, task="classification", n_classes=2, positive=1, min_support=1))
    chance = {part.measure.name: part.measure.chance for part in parts if AGAINST not in part.where}
    assert chance.pop("calibration_difference") is None
    report = fairness_report(y_true=outcome.truth, y_pred=outcome.predicted, groups=groups, n_resamples=2000)
    for name, drawn in chance.items():
        values = drawn(outcome)
        assert values.shape == (200,)
        assert values.mean() == pytest.approx(report.gaps[name].chance, abs=0.02)
        np.testing.assert_array_equal(values, drawn(outcome))


def test_too_few_groups_leave_the_gap_undefined(outcome, weights):
    codes = np.zeros(200, dtype=np.intp)
    codes[:5] = 1
    for measure in gap_measures(codes, 2, task="classification", n_classes=2, positive=1):
        assert np.isnan(measure.compute(outcome, weights)).all()
        assert measure.undefined == "fewer than two groups have 10 test units that count"


def test_several_classes_count_by_the_worst():
    rng = np.random.default_rng(3)
    truth, predicted = rng.integers(0, 3, (2, 300))
    groups = rng.choice(["a", "b"], 300)
    outcome = Outcome(truth.astype(float), predicted.astype(float), np.eye(3)[predicted])
    parts = list(gap_parts({"team": groups}, task="classification", n_classes=3))
    values = {
        part.measure.name: part.measure.compute(outcome, np.ones((1, 300)))[0]
        for part in parts
        if AGAINST not in part.where
    }
    given = {"y_true": truth.astype(str), "y_pred": predicted.astype(str), "groups": groups}
    assert values["equalized_odds_difference"] == pytest.approx(equalized_odds_difference(**given))


def test_regression_has_gaps_of_mean_prediction_and_error(groups):
    rng = np.random.default_rng(4)
    truth = rng.normal(size=200)
    outcome = Outcome(truth, truth + (groups == "c") * 0.5, np.empty((200, 0)))
    parts = list(gap_parts({"team": groups}, task="regression"))
    values = {
        part.measure.name: part.measure.compute(outcome, np.ones((1, 200)))[0]
        for part in parts
        if AGAINST not in part.where
    }
    means = [outcome.predicted[groups == name].mean() for name in "abc"]
    assert values == pytest.approx({"mean_prediction_difference": np.ptp(means), "mae_difference": 0.5})
    rates = list(rate_parts({"team": groups}, task="regression"))
    assert [part.measure.name for part in rates[:3]] == ["mean_prediction", "mae", "r2"]
    assert rates[0].measure.compute(outcome, np.ones((1, 200)))[0] == pytest.approx(outcome.predicted.mean())
