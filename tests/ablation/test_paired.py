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
