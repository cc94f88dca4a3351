"""Intervals over repeats: the formula by hand, and what it covers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from auditkit.ablation.paired import bootstrap_weights, corrected_variance, summarize

VALUES = np.array([0.10, 0.14, 0.09, 0.12, 0.15])


def test_corrected_variance_by_hand() -> None:
    # mean 0.12; squares .0004 + .0004 + .0009 + 0 + .0009 = .0026; s^2 = .0026 / 4 = .00065
    assert corrected_variance(VALUES, n_train=480, n_test=240) == pytest.approx(0.00065 * (1 / 5 + 0.5))
    assert corrected_variance(VALUES, n_train=480, n_test=99_000) == pytest.approx(0.00065 * (1 / 5 + 4))
    assert corrected_variance(VALUES, n_train=480, n_test=10) == pytest.approx(0.00065 * (1 / 5 + 0.25))


def test_without_test_noise_the_interval_is_the_corrected_t() -> None:
    found = summarize(VALUES, np.full(50, 0.12), n_train=480, n_test=240)
    half = stats.t.ppf(0.975, 4) * math.sqrt(0.00065 * 0.7)
    assert (found.low, found.high) == pytest.approx((0.12 - half, 0.12 + half))
    assert found.spread["df"] == pytest.approx(4)
    assert found.spread["kind"] == "t"


def test_variances_add_and_degrees_of_freedom_are_welch_satterthwaite() -> None:
    resampled = np.random.default_rng(0).normal(0.12, 0.03, 400)
    found = summarize(VALUES, resampled, n_train=480, n_test=240)
    part, units = 0.00065 * 0.7, resampled.var(ddof=1)
    assert found.spread["se"] == pytest.approx(math.sqrt(part + units))
    assert found.spread["df"] == pytest.approx((part + units) ** 2 / (part**2 / 4))


def test_equal_repeats_leave_the_test_units_noise() -> None:
    found = summarize(np.full(5, 0.2), np.random.default_rng(0).normal(0.2, 0.1, 200), n_train=10, n_test=10)
    assert found.spread["df"] == 1e6
    assert summarize(np.zeros(5), np.zeros(9), n_train=9, n_test=9).spread == {"kind": "exact"}


@pytest.mark.parametrize("n_test", [1, 30, 1000])
def test_agreeing_test_units_bound_a_disagreement_and_do_not_rule_it_out(n_test: int) -> None:
    found = summarize(np.zeros(5), np.zeros(200), n_train=80, n_test=n_test, unit=1.0)
    # Wilson's upper limit for 0 of n is z^2 / (n + z^2).
    limit = 1.959964**2 / (n_test + 1.959964**2)
    assert found.high == pytest.approx(limit, rel=1e-4)
    assert found.low == pytest.approx(-limit, rel=1e-4)


def _fixed_test(seed: int, n_test: int) -> tuple[float, float, float]:
    """Limits of a paired difference between fits on many and on fewer numbers, and what it is worth on new rows."""
    rng = np.random.default_rng([seed, 4])

    def line(n: int, *, slope: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
        x = rng.normal(size=n)
        return x, slope * x + rng.normal(size=n)

    (x, y), (sx, sy), (tx, ty), (nx, ny) = line(60), line(60, slope=0.4), line(n_test), line(4000)
    errors, worth = [], []
    for _ in range(5):
        i, j = rng.permutation(60)[:48], rng.permutation(60)[:48]
        plain = np.polyfit(x[i], y[i], 1)
        joined = np.polyfit(np.r_[x[i], sx[j]], np.r_[y[i], sy[j]], 1)
        for rows, cells, into in ((tx, ty, errors), (nx, ny, worth)):
            into.append(np.abs(cells - np.polyval(joined, rows)) - np.abs(cells - np.polyval(plain, rows)))
    made = np.array(errors)
    weights = bootstrap_weights(n_test, rng)[1:]
    found = summarize(made.mean(axis=1), (weights @ made.mean(axis=0)) / n_test, n_train=48, n_test=n_test)
    assert found.low is not None
    assert found.high is not None
    return found.low, found.high, float(np.mean(worth))


def test_widths_shrink_with_the_test_part_and_still_cover_fresh_training_sets() -> None:
    widths = []
    for n_test in (50, 300, 3000):
        limits = np.array([_fixed_test(seed, n_test) for seed in range(150)])
        truth = limits[:, 2].mean()
        assert ((limits[:, 0] <= truth) & (truth <= limits[:, 1])).mean() >= 0.9  # 93 % less 1.5 standard errors
        widths.append(float((limits[:, 1] - limits[:, 0]).mean()))
    assert widths == sorted(widths, reverse=True)


def test_one_repeat_has_no_interval() -> None:
    found = summarize(np.array([0.3]), np.zeros(9), n_train=9, n_test=9)
    assert (found.value, found.low, found.high, found.spread) == (0.3, None, None, {})


def test_limits_stay_within_bounds_and_undefined_resamples_are_left_out() -> None:
    resampled = np.r_[np.random.default_rng(0).normal(0.99, 0.1, 100), np.nan]
    found = summarize(np.array([0.99, 0.98]), resampled, n_train=90, n_test=30, bounds=(0.0, 1.0))
    assert found.high == 1.0
    assert found.low is not None
    assert found.low > 0


def test_bootstrap_weights_count_units() -> None:
    weights = bootstrap_weights(30, np.random.default_rng(0))
    assert weights.shape == (201, 30)
    assert (weights[0] == 1).all()
    assert (weights.sum(axis=1) == 30).all()
    assert len(np.unique(weights[1:], axis=0)) == 200
