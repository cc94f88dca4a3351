"""How excesses are distributed: limits, p-values and what could be found, against scipy and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from auditkit.errors import AuditkitError
from auditkit.intervals import clopper_pearson
from auditkit.spreads import limits, p_above, smallest_detectable

spreads = st.one_of(
    st.builds(lambda se: {"kind": "normal", "se": se}, st.floats(1e-3, 10)),
    st.builds(lambda se, df: {"kind": "t", "se": se, "df": df}, st.floats(1e-3, 10), st.floats(1, 100)),
    st.builds(
        lambda a, b, s: {"kind": "sign", "train": a, "holdout": b, "scale": s, "upper": 0.5},
        st.integers(0, 60),
        st.integers(0, 60),
        st.floats(0.01, 1),
    ),
    st.just({"kind": "exact"}),
)


@given(st.floats(-1, 1), spreads, st.floats(0.0005, 0.3), st.floats(-0.5, 0.5))
def test_a_p_value_is_below_alpha_where_the_lower_limit_is_above_the_margin(value, spread, alpha, margin):
    low, _ = limits(value, spread, alpha=alpha)
    p_value = p_above(value, spread, margin=margin)
    assert 0 <= p_value <= 1
    if abs(low - margin) > 1e-9:
        assert (p_value <= alpha) == (low > margin)


@given(st.floats(-1, 1), spreads, st.floats(0.0005, 0.1))
def test_limits_are_ordered_and_widen_as_alpha_falls(value, spread, alpha):
    low, high = limits(value, spread, alpha=alpha)
    wider_low, wider_high = limits(value, spread, alpha=alpha / 2)
    assert wider_low <= low <= high <= wider_high


def test_the_sign_spread_is_the_binomial_test_on_distinct_records():
    spread = {"kind": "sign", "train": 14, "holdout": 4, "scale": 0.02, "upper": 0.1}
    expected = stats.binomtest(14, 18, 0.5, alternative="greater")
    assert p_above(0.01, spread, margin=0.0) == pytest.approx(expected.pvalue)
    shifted = stats.binomtest(14, 18, 0.75, alternative="greater")  # margin .01 of .02: p = .75
    assert p_above(0.01, spread, margin=0.01) == pytest.approx(shifted.pvalue)


@pytest.mark.parametrize("holdout_rate", [0.0, 0.001, 0.02])
@pytest.mark.parametrize("n", [300, 3000, 30_000])
def test_a_copying_rate_at_the_margin_neither_fails_nor_passes_more_often_than_stated(n, holdout_rate):
    rng, margin = np.random.default_rng(0), 0.01
    hits = rng.poisson([n * (holdout_rate + margin), n * holdout_rate], size=(2000, 2))
    kept = {"kind": "sign", "upper": clopper_pearson(0, n, level=0.9)[1]}
    drawn = [{**kept, "train": int(a), "holdout": int(b), "scale": int(a + b) / n} for a, b in hits]
    assert np.mean([p_above(0, spread, margin=margin) <= 0.01 for spread in drawn]) < 0.02
    assert np.mean([limits(0, spread, alpha=0.05)[1] < margin for spread in drawn]) < 0.065


def test_one_record_repeated_often_tells_as_little_as_one_record():
    spread = {"kind": "sign", "train": 40, "holdout": 0, "scale": 0.04}
    apart, together = (limits(0, {**spread, "effective": e}, alpha=0.01)[0] for e in (40.0, 2.0))
    assert together < 0 < apart


def test_a_sign_spread_that_cannot_reach_the_margin_is_no_evidence():
    assert p_above(0.005, {"kind": "sign", "train": 500, "holdout": 0, "scale": 0.005}, margin=0.01) == 1.0


def test_no_record_hit_is_no_evidence_of_copying_and_ends_at_the_upper_limit():
    spread = {"kind": "sign", "train": 0, "holdout": 0, "scale": 0.0, "upper": 0.003}
    assert limits(0.0, spread, alpha=0.01) == (0.0, 0.003)
    assert p_above(0.0, spread, margin=0.0) == 1.0


def test_one_record_repeated_a_thousand_times_is_no_evidence_of_copying():
    spread = {"kind": "sign", "train": 1, "holdout": 0, "scale": 0.5, "upper": 1.0}
    assert p_above(0.5, spread, margin=0.01) > 0.5


@pytest.mark.parametrize("spread", [{"kind": "normal", "se": 0.05}, {"kind": "t", "se": 0.05, "df": 7}])
def test_the_smallest_detectable_excess_is_found_in_four_of_five_cases(spread):
    alpha, rng = 0.01, np.random.default_rng(0)
    truth = 0.03 + smallest_detectable(spread, alpha=alpha)
    noise = rng.standard_normal(4000) if spread["kind"] == "normal" else rng.standard_t(7, 4000)
    found = [p_above(truth + spread["se"] * z, spread, margin=0.03) <= alpha for z in noise]
    assert np.mean(found) == pytest.approx(0.8, abs=0.03)


def test_the_smallest_detectable_sign_excess_is_found_in_four_of_five_cases():
    spread = {"kind": "sign", "train": 25, "holdout": 25, "scale": 1.0}
    chance = (smallest_detectable(spread, alpha=0.01) + 1) / 2
    hits = np.arange(51)
    found = [p_above(0, {**spread, "train": int(k), "holdout": int(50 - k)}, margin=0.0) <= 0.01 for k in hits]
    assert stats.binom.pmf(hits, 50, chance)[found].sum() == pytest.approx(0.8, abs=1e-6)


@pytest.mark.parametrize("hits", [0, 3])
def test_too_few_records_can_show_nothing(hits):
    assert smallest_detectable({"kind": "sign", "train": hits, "holdout": 0, "scale": 1.0}, alpha=0.01) == math.inf


def test_without_chance_any_excess_shows():
    assert smallest_detectable({"kind": "exact"}, alpha=0.01) == 0.0
    assert p_above(0.02, {"kind": "exact"}, margin=0.01) == 0.0
    assert p_above(0.01, {"kind": "exact"}, margin=0.01) == 1.0


def test_an_unknown_spread_is_refused():
    with pytest.raises(AuditkitError, match="normal, t, sign, ratio, exact, got 'beta'"):
        limits(0.0, {"kind": "beta"}, alpha=0.1)


def test_an_excess_of_shares_stays_within_what_shares_can_be():
    spread = {"kind": "sign", "train": 3.0, "holdout": 0.0, "scale": 1.0, "effective": 3.0, "upper": 0.1}
    assert limits(1.0, spread, alpha=0.01)[1] > 1.0
    low, high = limits(1.0, spread | {"largest": 1.0}, alpha=0.01)
    assert -1.0 <= low < high == 1.0
