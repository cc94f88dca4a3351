"""Tests on the other half: exact for shares, level for means, and rows that hang together count as one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from auditkit.data.joint import encode_frames
from auditkit.metrics.slices.conditions import axes_of_cells
from auditkit.metrics.slices.confirm import _test, halves
from auditkit.metrics.slices.search import Candidate, Sample
from auditkit.metrics.slices.slice_tiles import FIXED, REFERENCE, REST, SHARES

ANY = Candidate((), 0.0)


def sample(values, n_target: int, mode: int, **given) -> Sample:
    values = np.asarray(values, np.float64)
    return Sample(np.zeros((1, len(values)), np.int32), values, n_target, mode, **given)


def test_halves_keep_clusters_together_and_are_halves():
    clusters = np.random.default_rng(0).integers(0, 101, 1000)
    first = halves(clusters, np.random.default_rng(1))
    assert all(len(set(first[clusters == number])) == 1 for number in range(101))
    assert len(set(clusters[first])) == 51


def test_shares_are_tested_by_fishers_exact_test():
    held = np.zeros(900, np.bool_)
    held[:60] = True  # of 500 real rows
    held[500:520] = True  # of 400 synthetic ones
    told = _test(sample(np.ones(900), 500, SHARES), np.arange(900), held, ANY)
    _, expected = stats.fisher_exact([[60, 440], [20, 380]], alternative="greater")
    assert told.p == pytest.approx(expected, rel=1e-9)
    assert (told.value, told.expected, told.effect) == pytest.approx((20 / 400, 60 / 500, 1 - (20 / 400) / (60 / 500)))


@pytest.mark.parametrize("mode", [FIXED, REST, REFERENCE])
def test_means_without_a_difference_are_rejected_as_often_as_asked(mode):
    rng = np.random.default_rng(mode)
    p = []
    for _ in range(600):
        values = (rng.random(600) < 0.3).astype(float)
        held = np.zeros(600, np.bool_)
        held[:60] = held[400:450] = True
        n_target = 400 if mode == REFERENCE else 600
        told = _test(sample(values, n_target, mode, shift=0.3 if mode == FIXED else 0.0), np.arange(600), held, ANY)
        p.append(told.p)
    p = np.array(p)
    assert (p <= 0.05).mean() <= 0.07
    assert (p <= 0.5).mean() == pytest.approx(0.5, abs=0.08)


def test_rows_of_one_cluster_count_as_one():
    values = np.repeat(np.random.default_rng(0).normal(size=40), 10)
    held = np.arange(400) < 200
    apart = _test(sample(values, 400, FIXED), np.arange(400), held, ANY)
    together = _test(sample(values, 400, FIXED), np.repeat(np.arange(40), 10), held, ANY)
    expected = stats.t.sf(values[held].mean() / np.sqrt((values[held] ** 2).sum() * 10) * 200, 19)
    assert together.p == pytest.approx(expected, rel=1e-9)
    assert abs(together.p - 0.5) < abs(apart.p - 0.5)


def test_few_independent_rows_decide_nothing():
    values = np.ones(200)
    held = np.arange(200) < 100
    assert _test(sample(values, 200, FIXED), np.repeat(np.arange(40), 5) // 4, held, ANY) is None
    assert _test(sample(values, 200, FIXED), np.arange(200), held, ANY).p < 1e-10


def test_a_slice_that_is_too_small_in_the_other_half_is_dropped():
    held = np.arange(200) < 5
    assert _test(sample(np.ones(200), 200, REST, least_rows=30), np.arange(200), held, ANY) is None
    assert _test(sample(np.ones(200), 200, REST), np.arange(200), np.ones(200, np.bool_), ANY) is None


def test_what_remains_of_shares_is_of_all_rows():
    cells = encode_frames({"real": pd.DataFrame({"a": ["x", "y"] * 50})})["real"]
    axes, (codes,) = axes_of_cells([cells], least=10)
    given = Sample(codes, np.ones(100), 60, SHARES, totals=(600, 400))
    assert given.take(np.arange(100) < 80).sums.tolist() == [600, 60, 60, 400, 20]
    assert replace(given, totals=None).sums.tolist() == [60, 60, 60, 40, 40]
    assert axes[0].words == ("a is x", "a is y")


def test_intervals_of_effects_hold_the_truth():
    rng = np.random.default_rng(5)
    inside = {"shares": [], "means": [], "beside": []}
    held = np.zeros(800, np.bool_)
    held[:100] = held[500:580] = True
    for _ in range(500):
        n, m = rng.binomial(500, 0.12), rng.binomial(400, 0.04)
        rows = np.zeros(900, np.bool_)
        rows[:n] = rows[500 : 500 + m] = True
        told = _test(sample(np.ones(900), 500, SHARES), np.arange(900), rows, ANY)
        inside["shares"].append(told.low <= 1 - 0.04 / 0.12 <= told.high)
        values = (rng.random(800) < np.where(np.arange(800) < 100, 0.7, 0.3)).astype(float)
        told = _test(sample(values, 500, REFERENCE, shift=0.1), np.arange(800), held, ANY)
        inside["beside"].append(told.low <= 0.3 <= told.high)
        told = _test(sample(values[:500], 500, REST), np.arange(500), held[:500], ANY)
        inside["means"].append(told.low <= 0.4 <= told.high)
    assert all(0.93 <= np.mean(hits) <= 0.985 for hits in inside.values()), {k: np.mean(v) for k, v in inside.items()}


def test_an_empty_slice_has_limits_below_one():
    held = np.zeros(900, np.bool_)
    held[:60] = True
    told = _test(sample(np.ones(900), 500, SHARES), np.arange(900), held, ANY)
    assert (told.effect, told.high) == (1.0, 1.0)
    assert 0.85 < told.low < 1.0
