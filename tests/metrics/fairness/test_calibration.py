"""Calibration per group against a plain loop."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.errors import DataError
from auditkit.intervals import wilson
from auditkit.metrics import group_calibration


def test_every_group_and_bin_is_that_of_a_plain_loop():
    rng = np.random.default_rng(0)
    told = rng.random(400).round(2)
    truth = (rng.random(400) < told).astype(int)
    groups = rng.choice(["a", "b"], 400, p=[0.9, 0.1])
    found = group_calibration(y_true=truth, y_prob=told, groups=groups, n_bins=5)
    for group in "ab":
        own = groups == group
        error = 0.0
        for number in range(5):
            inside = own & (told >= number / 5) & ((told < (number + 1) / 5) | (number == 4))
            row = found.bins.loc[(group, number)]
            assert row["n"] == inside.sum()
            assert row["mean_probability"] == pytest.approx(told[inside].mean())
            assert (row["low"], row["high"]) == pytest.approx(wilson(truth[inside].sum(), inside.sum()))
            error += abs(told[inside].mean() - truth[inside].mean()) * inside.sum() / own.sum()
        row = found.groups.loc[group]
        assert row["expected_calibration_error"] == pytest.approx(error)
        assert row["calibration_error"] == pytest.approx((told - truth)[own].mean())
    assert "calibration_error" in str(found)


def test_empty_bins_are_left_out():
    found = group_calibration(y_true=["no", "yes", "no"], y_prob=[0.0, 1.0, 0.05], groups=["a", "a", "b"])
    assert found.bins.index.tolist() == [("a", 0), ("a", 9), ("b", 0)]
    assert found.groups["positive_rate"].tolist() == [0.5, 0.0]


def test_several_classes_need_a_choice():
    with pytest.raises(DataError, match="choose by positive="):
        group_calibration(y_true=["x", "y", "z"], y_prob=[0.1, 0.2, 0.3], groups=["a"] * 3)
