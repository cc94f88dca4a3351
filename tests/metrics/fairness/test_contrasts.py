"""The largest standardised difference, against a plain loop, and what it is for."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from auditkit.metrics import fairness_report
from auditkit.metrics.fairness.confusion import rates_of, supports_of
from auditkit.metrics.fairness.contrasts import largest_contrast
from auditkit.metrics.fairness.gaps import GAPS


def slow(cells, kind, method):
    """The same by a loop over pairs, for two classes."""
    largest = 0.0
    for rate, truth in (("selection_rate", None), ("tpr", 1), ("fpr", 0)):
        if rate not in kind.rates:
            continue
        rows = [group.sum(axis=0) if truth is None else group[truth] for group in cells]
        told = [(row[1] / row.sum(), row.sum()) for row in rows if row.sum()]
        n = sum(size for _, size in told)
        overall = sum(value * size for value, size in told) / n
        spread = math.sqrt(overall * (1 - overall))
        if not spread:
            continue
        if method == "between_groups":
            each = [abs(a - b) / math.sqrt(1 / n_a + 1 / n_b) for (a, n_a), (b, n_b) in itertools.combinations(told, 2)]
        else:
            each = [abs(a - overall) / math.sqrt(1 / n_a - 1 / n) for a, n_a in told if n_a < n]
        largest = max([largest, *(value / spread for value in each)])
    return largest


@pytest.mark.parametrize("method", ["between_groups", "to_overall"])
@pytest.mark.parametrize(
    "name", ["demographic_parity_difference", "equalized_odds_ratio", "equal_opportunity_difference"]
)
def test_it_is_the_largest_over_pairs(name, method):
    rng = np.random.default_rng(0)
    tables = rng.integers(0, 6, (40, 4, 2, 2)) * (rng.random((40, 4, 2, 2)) < 0.8)
    for cells in tables:
        if not cells.sum(axis=(1, 2)).all():
            continue
        whole = rates_of(cells.sum(axis=0, keepdims=True), (1,))
        found = largest_contrast(rates_of(cells, (1,)), whole, supports_of(cells, (1,)), GAPS[name], method=method)
        assert float(found) == pytest.approx(slow(cells, GAPS[name], method), abs=1e-9)


def test_tiny_groups_do_not_drown_the_gap_between_large_ones():
    rng = np.random.default_rng(1)
    groups = np.array(["a"] * 1000 + ["b"] * 1000 + ["c"] * 2 + ["d"] * 2)
    truth = rng.integers(0, 2, 2004)
    predicted = (rng.random(2004) < np.where(groups == "a", 0.35, 0.5)).astype(int)
    predicted[-4:] = [1, 1, 0, 0]
    gap = fairness_report(y_true=truth, y_pred=predicted, groups=groups, n_resamples=500).gaps[
        "demographic_parity_difference"
    ]
    assert set(gap.groups) == {"c", "d"}
    assert gap.value == 1.0
    assert gap.chance > 0.3
    assert gap.p < 0.01


def test_predictions_that_are_all_the_same_differ_nowhere():
    report = fairness_report(y_true=[1, 0] * 20, y_pred=[0] * 40, groups=["a", "b", "b", "a"] * 10, n_resamples=50)
    assert report.gaps["demographic_parity_difference"].p == 1.0
