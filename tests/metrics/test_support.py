"""Repeats of a generator: hand examples, draws from a known support, and radii by brute force."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from auditkit.errors import AuditkitError, SampleSizeError, UndefinedError
from auditkit.metrics import near_duplicate_share, support_estimate
from auditkit.metrics.products import Side
from tests import oracles


def read(name, *, records=None, quantile=None, **sets):
    sides = {role: Side(np.asarray(values, float)) for role, values in sets.items()}
    if records is not None:
        sides = {"synthetic": Side(np.zeros((len(records), 0)), records=np.asarray(records))}
    return oracles.read(name, **sides, **({} if quantile is None else {"quantile": quantile}))


def test_support_counts_every_pair():
    rows = np.array([1, 1, 1, 2, 2, 3, 4.0])[:, None]
    assert support_estimate(synthetic=rows) == pytest.approx(7 * 6 / 2 / 4)
    assert support_estimate(synthetic=np.zeros((9, 2))) == 1.0
    assert read("support_estimate", records=[1, 1, 1, 2, 2, 3, 4]).details == {
        "pairs": 4,
        "largest_cluster": 3,
        "distinct": 4,
    }


def test_support_of_equally_likely_samples_is_their_number():
    rng = np.random.default_rng(0)
    found = [read("support_estimate", records=rng.integers(2000, size=500)) for _ in range(400)]
    assert 1 / np.mean([1 / item.value for item in found]) == pytest.approx(2000, rel=0.03)
    covered = [item.interval[0] <= 2000 <= item.interval[1] for item in found]
    assert np.mean(covered) >= 0.93


@pytest.mark.parametrize(("skew", "m"), [(0.01, 200), (0.05, 100), (0.3, 60), (0.3, 400)])
def test_limits_hold_where_some_samples_are_much_likelier(skew, m):
    rng = np.random.default_rng(1)
    shares = skew * (1 - skew) ** np.arange(10_000)
    truth = 1 / np.sum((shares / shares.sum()) ** 2)
    found = [read("support_estimate", records=rng.geometric(skew, size=m)) for _ in range(400)]
    covered = [item.interval[0] <= truth <= item.interval[1] for item in found]
    assert np.mean(covered) >= 0.93


def test_limits_are_poissons_for_the_pairs_that_the_jackknife_finds_independent():
    records = np.random.default_rng(2).geometric(0.02, size=80)
    pairs = [count_pairs(np.delete(records, i)) * 80 / 78 for i in range(80)]
    variance = 79 / 80 * np.sum((pairs - np.mean(pairs)) ** 2)
    known = count_pairs(records) ** 2 / variance
    low, high = chi2.ppf(0.025, 2 * known) / 2 / known, chi2.ppf(0.975, 2 * known + 2) / 2 / known
    found = read("support_estimate", records=records)
    assert found.interval == pytest.approx((found.value / high, found.value / low), rel=1e-9)


def count_pairs(records):
    return sum(int((records[i + 1 :] == item).sum()) for i, item in enumerate(records))


def test_a_few_copies_do_not_hide_in_a_large_support():
    records = np.arange(1000)
    records[:3] = 0
    found = read("support_estimate", records=records)
    assert found.value == pytest.approx(1000 * 999 / 2 / 3)
    assert found.interval[0] < found.value / 2
    assert found.interval[1] > 3 * found.value


def test_few_samples_without_a_pair_are_all_different_ones():
    assert read("support_estimate", records=np.arange(5)).details["at_least"] == 5.0
    assert read("support_estimate", records=np.array([0, 0, 1, 2])).details["distinct"] == 3


def test_without_a_pair_there_is_a_lower_bound_and_no_value():
    found = read("support_estimate", records=np.arange(1000))
    assert found.value is None
    assert "no two of the 1000 synthetic samples are equal" in found.reason
    # With a support of that size, a pair turns up in 95 % of such sets.
    least = found.details["at_least"]
    assert np.exp(-1000 * 999 / 2 / least) == pytest.approx(0.05)
    assert f"at least about {least:,.0f} different" in found.reason
    with pytest.raises(UndefinedError, match="at least about 166,737 different ones"):
        support_estimate(synthetic=np.arange(1000.0)[:, None])


def test_support_needs_two_samples():
    with pytest.raises(SampleSizeError, match="at least 2 samples, got synthetic=1"):
        support_estimate(synthetic=[[1.0]])


SETS = {
    "gaussian": lambda rng, n: rng.normal(size=(n, 2)),
    "lattice": lambda rng, n: rng.integers(0, 40, (n, 2)).astype(float),
    "repeats": lambda rng, n: rng.integers(0, 8, (n, 2)).astype(float),
    "far": lambda rng, n: 2.0**23 + rng.integers(0, 500, (n, 2)).astype(float),
}


@pytest.mark.parametrize("quantile", [0.01, 0.05, 0.5])
@pytest.mark.parametrize("make", SETS.values(), ids=SETS)
def test_near_duplicates_are_those_within_the_real_radius(make, quantile):
    rng = np.random.default_rng(2)
    real, synthetic = make(rng, 150), make(rng, 130)
    own = []
    for rows in (real, synthetic):
        squared = ((rows[:, None] - rows[None]) ** 2).sum(axis=2)
        np.fill_diagonal(squared, np.inf)
        own.append(squared.min(axis=1))
    radius = np.sort(own[0])[int(np.ceil(quantile * 150)) - 1]
    expected = own[1] <= radius
    assert near_duplicate_share(real=real, synthetic=synthetic, quantile=quantile) == pytest.approx(expected.mean())
    if quantile == 0.01:
        found = read("near_duplicate_share", real=real, synthetic=synthetic)
        np.testing.assert_array_equal(found.contributions, expected)
        assert found.details["radius"] == pytest.approx(np.sqrt(radius))
        assert found.details["real_share"] == pytest.approx((own[0] <= radius).mean())
        assert found.details["equal_share"] == pytest.approx((own[1] == 0).mean())


def test_small_changes_to_few_samples_are_near_and_not_equal():
    rng = np.random.default_rng(3)
    real, few = rng.normal(size=(500, 8)), rng.normal(size=(50, 8))
    collapsed = np.repeat(few, 10, axis=0) + 1e-3 * rng.normal(size=(500, 8))
    found = read("near_duplicate_share", real=real, synthetic=collapsed)
    assert found.value == 1.0
    assert found.details["equal_share"] == 0.0
    fresh = near_duplicate_share(real=real, synthetic=rng.normal(size=(500, 8)))
    assert fresh == pytest.approx(0.01, abs=0.015)


@pytest.mark.parametrize("quantile", [0, 1, -0.1, 1.5, "half", True, None])
def test_an_impossible_quantile_is_refused(quantile):
    with pytest.raises(AuditkitError, match="`quantile` must be a number above 0 and below 1, got"):
        near_duplicate_share(real=np.eye(5), synthetic=np.eye(5), quantile=quantile)


@pytest.mark.parametrize("offset", [0.0, 0.1, 1.0, 10.0, 1e3])
@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_rounding_does_not_decide_between_equal_distances(offset, quantile):
    rng = np.random.default_rng(5)
    codes = {role: np.eye(9)[rng.integers(9, size=(60, 3))].reshape(60, 27) for role in ("real", "synthetic")}
    moved = {role: offset * np.linspace(0.1, 1.0, 27) + values / np.sqrt(2.0) for role, values in codes.items()}
    expected, found = (read("near_duplicate_share", **sets, quantile=quantile) for sets in (codes, moved))
    assert found.value == expected.value
    assert found.details["real_share"] == expected.details["real_share"]
    assert found.details["equal_share"] == expected.details["equal_share"]
