import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from auditkit.errors import AuditkitError, SampleSizeError
from auditkit.intervals import (
    NORMAL_95,
    binomial_tail,
    clopper_pearson,
    holm,
    jackknife_interval,
    mover_difference,
    standard_error,
    wilson,
)
from auditkit.results import Estimate

counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
@pytest.mark.parametrize(("successes", "n"), [(0, 1), (0, 20), (1, 1), (3, 10), (50, 100), (100, 100), (1, 10_000)])
@pytest.mark.parametrize(("ours", "method"), [(wilson, "wilson"), (clopper_pearson, "exact")])
def test_limits_of_a_rate_are_those_of_scipy(ours, method, successes, n, level):
    expected = stats.binomtest(successes, n).proportion_ci(level, method=method)
    assert ours(successes, n, level=level) == pytest.approx((expected.low, expected.high), abs=1e-12)


@given(counts, st.floats(0, 1))
def test_a_binomial_tail_is_that_of_scipy(count, chance):
    successes, n = count
    assert binomial_tail(successes, n, chance) == pytest.approx(stats.binom.sf(successes - 1, n, chance), abs=1e-12)


def test_a_binomial_tail_of_all_trials_is_a_power_and_impossible_counts_are_refused():
    assert binomial_tail(5, 5, 0.3) == pytest.approx(0.3**5, rel=1e-12)
    assert binomial_tail(0, 7, 0.0) == binomial_tail(7, 7, 1.0) == 1.0
    for successes, n in ((-1, 3), (4, 3)):
        with pytest.raises(SampleSizeError, match="0 <= successes <= n"):
            binomial_tail(successes, n, 0.5)


@pytest.mark.parametrize("interval", [wilson, clopper_pearson])
@given(case=counts)
def test_limits_of_a_rate_hold_the_rate_and_mirror(interval, case):
    successes, n = case
    low, high = interval(successes, n)
    assert 0 <= low <= successes / n <= high <= 1
    assert interval(n - successes, n) == pytest.approx((1 - high, 1 - low), abs=1e-12)


@pytest.mark.parametrize("interval", [wilson, clopper_pearson])
def test_without_units_nothing_is_known_of_a_rate(interval):
    assert interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize("interval", [wilson, clopper_pearson])
@pytest.mark.parametrize(("successes", "n"), [(-1, 10), (11, 10), (1, 0), (math.nan, 10)])
def test_impossible_counts_are_refused(interval, successes, n):
    with pytest.raises(SampleSizeError, match="0 <= successes <= n"):
        interval(successes, n)


def test_mover_is_what_the_paper_computes_by_hand():
    # 56/70 and 48/80 by Wilson: .8 (.6925, .8764), .6 (.4904, .7003); Newcombe 1998, method 10: .2 (.0524, .3339)
    a, b = (Estimate(k / n, *wilson(k, n), "wilson", (n, n)) for k, n in ((56, 70), (48, 80)))
    difference = mover_difference(a, b)
    assert (difference.value, difference.low, difference.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    assert (difference.method, difference.n) == ("mover", (70, 70))


def test_mover_of_exact_numbers_is_exact_and_of_normal_ones_adds_in_squares():
    exact = mover_difference(Estimate(3.0, 3.0, 3.0), Estimate(1.0, 1.0, 1.0))
    assert (exact.low, exact.high) == (2.0, 2.0)
    added = mover_difference(Estimate(3.0, 0.0, 6.0), Estimate(1.0, -3.0, 5.0))
    assert (added.low, added.high) == (-3.0, 7.0)


def test_mover_without_an_interval_has_none():
    difference = mover_difference(Estimate(0.5), Estimate(0.25, 0.2, 0.3))
    assert (difference.value, difference.low, difference.high, difference.method) == (0.25, None, None, "")


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=12), st.floats(-1, 1), st.floats(0.1, 5))
def test_a_jackknife_interval_is_students_on_the_scaled_spread(left, value, scale):
    estimate = jackknife_interval(value, left, scale=scale)
    half = stats.t.ppf(0.975, len(left) - 1) * np.std(left, ddof=1) * math.sqrt(scale)
    assert (estimate.low, estimate.high) == pytest.approx((value - half, value + half), abs=1e-9)


def test_leaving_blocks_out_of_a_mean_gives_the_means_own_error():
    rng, kept = np.random.default_rng(0), 150
    rows = rng.standard_normal(200)
    left = [rng.choice(rows, kept, replace=False).mean() for _ in range(4000)]
    estimate = jackknife_interval(float(rows.mean()), left, scale=kept / (200 - kept))
    error = rows.std(ddof=1) / math.sqrt(200)
    assert estimate.high - estimate.value == pytest.approx(1.96 * error, rel=0.04)


def test_what_is_undefined_without_a_block_does_not_count():
    assert jackknife_interval(0.5, [0.4, None, 0.6, math.nan], scale=1.0) == jackknife_interval(
        0.5, [0.4, 0.6], scale=1.0
    )


@pytest.mark.parametrize("left", [[], [0.5], [0.5, None], [math.nan, math.nan, 0.2]])
def test_one_value_gives_no_interval(left):
    estimate = jackknife_interval(0.5, left, scale=1.0, bounds=(0, 1), share=True, n=(100, 100))
    assert (estimate.value, estimate.low, estimate.high, estimate.method) == (0.5, None, None, "")


def test_values_that_agree_by_chance_leave_a_share_wilsons_width():
    estimate = jackknife_interval(0.5, [0.5] * 8, scale=3.0, bounds=(0.0, 1.0), share=True, n=(400, 100))
    assert (estimate.low, estimate.high) == pytest.approx(wilson(50, 100))
    bare = jackknife_interval(0.5, [0.5] * 8, scale=3.0, bounds=(0.0, 1.0), n=(400, 100))
    assert (bare.low, bare.high) == (0.5, 0.5)


@given(st.floats(0, 1), st.lists(st.floats(0, 1), min_size=2, max_size=8), st.booleans())
def test_a_jackknife_interval_stays_in_its_bounds_and_holds_the_value(value, left, share):
    estimate = jackknife_interval(value, left, scale=3.0, bounds=(0.0, 1.0), share=share, n=(50, 50))
    assert 0 <= estimate.low <= value <= estimate.high <= 1


def test_holm_is_what_the_paper_computes_by_hand():
    # 4 x .01, 3 x .015 (raised to .045), 2 x .03, 1 x .4
    assert holm([0.03, 0.01, 0.4, 0.015]) == pytest.approx([0.06, 0.04, 0.4, 0.045])
    assert holm([0.01, 0.01, 0.02]) == pytest.approx([0.03, 0.03, 0.03])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=20), st.floats(0.001, 0.5))
def test_holm_rejects_what_stepping_down_rejects(p_values, alpha):
    rejected = set()
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        if (len(p_values) - rank) * p_values[index] > alpha:
            break
        rejected.add(index)
    adjusted = holm(p_values)
    assert {index for index, p in enumerate(adjusted) if p <= alpha} == rejected
    assert all(raw <= p <= 1 for raw, p in zip(p_values, adjusted, strict=True))


@pytest.mark.parametrize("bad", [-0.1, 1.1, math.nan])
def test_holm_refuses_what_is_no_probability(bad):
    with pytest.raises(AuditkitError, match="p-values from 0 to 1"):
        holm([0.5, bad])


def test_a_standard_error_is_that_of_the_longer_arm():
    assert standard_error(0.1, 0.0, 0.1 + 2 * NORMAL_95) == pytest.approx(2.0)
    assert standard_error(0.9, 0.7, 1.0, quantile=2.0) == pytest.approx(0.1)
