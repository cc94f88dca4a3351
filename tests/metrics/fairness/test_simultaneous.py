"""Limits of gaps hold the true gap, also where several groups are at the extremes."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.intervals import mover_difference, wilson
from auditkit.metrics import fairness_report
from auditkit.metrics.fairness.confusion import rates_of, supports_of
from auditkit.metrics.fairness.gaps import GAPS
from auditkit.metrics.fairness.simultaneous import RateSample, gap_limits, wilson_limits
from auditkit.results import Estimate

Z = 1.959963984540054


def sample_of(cells):
    everyone = cells.sum(axis=0, keepdims=True)
    return RateSample(rates_of(cells, (1,)), supports_of(cells, (1,)), rates_of(everyone, (1,)), {})


def true_gap(rates, sizes, form, method):
    overall = (rates * sizes).sum() / sizes.sum()
    if method == "between_groups":
        return np.ptp(rates) if form == "difference" else rates.min() / rates.max()
    return np.abs(rates - overall).max() if form == "difference" else np.minimum(rates / overall, overall / rates).min()


@pytest.mark.parametrize("method", ["between_groups", "to_overall"])
@pytest.mark.parametrize("form", ["difference", "ratio"])
@pytest.mark.parametrize(
    ("rates", "sizes"),
    [
        ([0.3, 0.5], [500, 500]),
        ([0.3, 0.5], [50, 500]),
        ([0.3, 0.3, 0.3, 0.5, 0.5, 0.5], [300] * 6),
        ([0.3, 0.3, 0.3, 0.4, 0.4, 0.4], [1000, 500, 200, 100, 60, 30]),
        ([0.3] * 4, [200] * 4),
    ],
)
def test_the_true_gap_is_held_95_times_of_100(rates, sizes, form, method):
    rates, sizes = np.array(rates), np.array(sizes)
    truth = true_gap(rates, sizes, form, method)
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(400):
        positive = rng.binomial(sizes, rates)
        cells = np.zeros((len(rates), 2, 2), dtype=np.int64)
        cells[:, 0, 1], cells[:, 0, 0] = positive, sizes - positive
        low, high = gap_limits(sample_of(cells), GAPS[f"demographic_parity_{form}"], method=method, agg="worst_case")
        assert 0 <= low <= high <= 1
        held += low <= truth <= high
    assert held >= (0.95 - 2 * np.sqrt(0.95 * 0.05 / 400)) * 400  # 95 of 100, less what 400 sets leave of doubt


def test_two_groups_have_the_limits_of_one_difference():
    cells = np.array([[[60, 40], [0, 0]], [[90, 30], [0, 0]]])
    first, second = (Estimate(k / n, *wilson(k, n), "wilson", (n, n)) for k, n in ((40, 100), (30, 120)))
    expected = mover_difference(first, second)
    found = gap_limits(
        sample_of(cells), GAPS["demographic_parity_difference"], method="between_groups", agg="worst_case"
    )
    assert found == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_limits_of_proportions_are_wilsons():
    values, n = np.array([0.0, 0.1, 1.0]), np.array([20.0, 50.0, 7.0])
    low, high = wilson_limits(values, n, Z)
    for place in range(3):
        assert (low[place], high[place]) == pytest.approx(wilson(values[place] * n[place], n[place]), abs=1e-9)


def test_every_gap_stands_inside_its_own_limits():
    rng = np.random.default_rng(1)
    for seed in range(30):
        n = int(rng.integers(20, 300))
        truth, predicted = rng.integers(0, 3, (2, n))
        groups = rng.choice(list("abcd"), n, p=[0.6, 0.3, 0.08, 0.02])
        for method in ("between_groups", "to_overall"):
            for agg in ("worst_case", "mean"):
                report = fairness_report(
                    y_true=truth, y_pred=predicted, groups=groups, n_resamples=0, method=method, agg=agg, seed=seed
                )
                for gap in report.gaps.values():
                    if gap.value is not None:
                        assert gap.low - 1e-12 <= gap.value <= gap.high + 1e-12, (gap, method, agg)


def test_one_group_has_no_gap_for_sure():
    report = fairness_report(y_true=[1, 0, 1], y_pred=[1, 0, 0], groups=["a"] * 3, n_resamples=20)
    gap = report.gaps["equalized_odds_difference"]
    assert (gap.value, gap.low, gap.high) == (0.0, 0.0, 0.0)
