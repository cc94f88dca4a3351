"""Copies and repeats: hand examples, explicit cuts, and the jackknife against itself and simulation."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.intervals import wilson
from auditkit.metrics import copy_excess, duplicate_share, identical_match_share, registry
from auditkit.metrics.products import Products, Rows, Side, View
from auditkit.metrics.records import duplicate_clusters, number_records, number_rows, records_of
from auditkit.spreads import limits
from tests import oracles


def column(*values):
    return np.array(values, float)[:, None]


def read(name, **records):
    """Reading of a metric on record numbers."""
    sides = {role: Side(np.zeros((len(items), 0)), records=np.asarray(items)) for role, items in records.items()}
    return oracles.read(name, **sides)


def by_cutting(real, synthetic, holdout, rng, repeats=4000):
    """Excess, and distinct records hit, by cutting the larger set to the size of the smaller one many times."""
    size = min(len(real), len(holdout))
    found = []
    for _ in range(repeats):
        train, fresh = (rng.permutation(items)[:size] for items in (real, holdout))
        only_train = np.isin(synthetic, train) & ~np.isin(synthetic, fresh)
        only_holdout = np.isin(synthetic, fresh) & ~np.isin(synthetic, train)
        hits = [len(np.unique(synthetic[only])) for only in (only_train, only_holdout)]
        found.append([(only_train.mean() - only_holdout.mean()) * len(real) / size, *hits])
    return np.mean(found, axis=0), np.std(found, axis=0) / np.sqrt(repeats)


def test_copy_excess_counts_train_copies_less_holdout_copies():
    # Of five rows: two copy train, one copies the holdout, one is new, one copies a record of both.
    value = copy_excess(real=column(1, 2, 3, 9), synthetic=column(1, 2, 5, 7, 9), holdout=column(5, 6, 8, 9))
    assert value == pytest.approx(2 / 5 - 1 / 5)


def test_a_record_of_both_sets_counts_for_neither():
    found = read("copy_excess", real=[1, 1, 2, 3], synthetic=[1, 1, 1, 4], holdout=[1, 5, 6, 7])
    assert found.value == 0.0
    assert (found.spread["train"], found.spread["holdout"]) == (0.0, 0.0)
    assert found.details["identical_match_share"] == 0.75


def test_copying_a_fifth_reads_as_a_fifth_whatever_the_holdouts_size():
    synthetic = np.r_[np.arange(20), np.arange(5000, 5080)]
    for n_holdout in (25, 50, 100, 400):
        found = read("copy_excess", real=np.arange(100), synthetic=synthetic, holdout=np.arange(1000, 1000 + n_holdout))
        assert found.value == pytest.approx(0.2, abs=1e-12)
        assert found.spread["train"] == pytest.approx(20 * min(n_holdout / 100, 1.0))


@pytest.mark.parametrize(("n_real", "n_holdout"), [(60, 60), (90, 30), (30, 80)])
def test_unequal_sets_are_cut_to_equal_size_in_the_mean_over_all_cuts(n_real, n_holdout):
    rng = np.random.default_rng(0)
    pool = np.minimum(rng.geometric(0.03, size=n_real + n_holdout), 60)
    real, holdout = pool[:n_real], pool[n_real:]
    synthetic = np.r_[real[:15], rng.geometric(0.03, size=40)]
    (value, train, fresh), error = by_cutting(real, synthetic, holdout, rng)
    found = read("copy_excess", real=real, synthetic=synthetic, holdout=holdout)
    assert found.value == pytest.approx(value, abs=4 * error[0] + 1e-12)
    assert found.spread["train"] == pytest.approx(train, abs=4 * error[1] + 1e-12)
    assert found.spread["holdout"] == pytest.approx(fresh, abs=4 * error[2] + 1e-12)


def test_the_evidence_is_the_number_of_distinct_records():
    once = read("copy_excess", real=np.arange(50), synthetic=[3] * 200, holdout=np.arange(50, 100))
    many = read("copy_excess", real=np.arange(50), synthetic=list(range(40)) * 5, holdout=np.arange(50, 100))
    assert once.value == many.value == 1.0
    assert limits(once.value, once.spread, alpha=0.01)[0] < 0 < limits(many.value, many.spread, alpha=0.01)[0]


def test_without_a_match_nothing_speaks_for_copying():
    found = read("copy_excess", real=[1, 2], synthetic=[3, 4], holdout=[5, 6])
    low, high = limits(found.value, found.spread, alpha=0.05)
    assert (found.value, low) == (0.0, 0.0)
    assert 0 < high < 1


def test_identical_match_share_counts_synthetic_rows():
    value = identical_match_share(real=column(1, 2, 3), synthetic=column(1, 1, 1, 4))
    assert value == 0.75
    found = read("identical_match_share", real=[1, 2, 3], synthetic=[1, 1, 1, 4])
    np.testing.assert_array_equal(found.contributions, [1.0, 1.0, 1.0, 0.0])


def test_minus_zero_is_zero_and_a_last_digit_is_a_difference():
    real = np.array([[0.0, 1.0]])
    synthetic = np.array([[-0.0, 1.0], [0.0, np.nextafter(1.0, 2.0)]])
    assert identical_match_share(real=real, synthetic=synthetic) == 0.5


def test_duplicate_share_is_one_less_the_distinct_share():
    assert duplicate_share(synthetic=column(1, 1, 1, 2, 3, 3)) == pytest.approx(0.5)
    assert duplicate_share(synthetic=np.zeros((8, 3))) == pytest.approx(7 / 8)
    found = read("duplicate_share", synthetic=[1, 1, 1, 2, 3, 3])
    assert found.details == {"distinct": 3, "largest_cluster": 3}


def test_duplicate_interval_is_that_of_the_jackknife():
    rows = np.random.default_rng(1).integers(300, size=400)
    found = read("duplicate_share", synthetic=rows)
    left_out = [1 - len(np.unique(np.delete(rows, i))) / (len(rows) - 1) for i in range(len(rows))]
    error = np.sqrt((len(rows) - 1) * np.var(left_out))
    assert np.ptp(found.interval) / 2 == pytest.approx(1.96 * error, rel=0.01)


def test_a_handful_of_repeats_has_the_limits_of_rare_events():
    found = read("duplicate_share", synthetic=np.r_[0:200, 0])
    assert found.interval == pytest.approx(wilson(1, 201))


def test_duplicate_interval_is_not_too_narrow():
    rng = np.random.default_rng(2)
    found = [read("duplicate_share", synthetic=rng.geometric(0.01, size=200)) for _ in range(300)]
    values = [item.value for item in found]
    errors = [np.ptp(item.interval) / 2 / 1.96 for item in found]
    # The jackknife errs on the wide side (Efron and Stein 1981), here by less than a factor of two.
    assert np.std(values) <= np.mean(errors) <= 2 * np.std(values)


def test_rows_are_numbered_by_content_across_sets():
    first, second = number_rows(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[3.0, 4.0], [0.0, 0.0], [1.0, 2.0]]))
    assert first[0] == second[2]
    assert first[1] == second[0]
    assert len({*first, *second}) == 3


def test_digests_are_numbered_by_content():
    first, second = number_records(np.array([b"a", b"b"], "S16"), np.array([b"b", b"c", b"b"], "S16"))
    assert first[1] == second[0] == second[2]
    assert len({*first, *second}) == 3


def test_clusters_are_numbered_by_first_appearance():
    np.testing.assert_array_equal(duplicate_clusters(np.array([7, 3, 9, 3, 7, 1])), [0, 1, -1, 1, 0, -1])


def test_sides_without_record_numbers_are_compared_by_their_features():
    rng = np.random.default_rng(7)
    sets = {role: rng.integers(0, 3, (40, 3)).astype(float) for role in ("real", "synthetic", "holdout")}
    view = View("whole", {}, {role: Rows(role) for role in sets})
    numbered = dict(zip(sets, number_rows(*sets.values()), strict=True))
    for name in ("copy_excess", "identical_match_share", "duplicate_share", "support_estimate"):
        bare = registry.get(name).read(Products({role: Side(rows) for role, rows in sets.items()}), view)
        assert bare.value == read(name, **numbered).value
        assert bare.value is not None


def test_sides_are_compared_by_their_own_numbers_only_where_all_have_them():
    own = Side(np.zeros((3, 1)), records=np.array([5, 6, 7]))
    assert [item.tolist() for item in records_of(own, own)] == [[5, 6, 7], [5, 6, 7]]
    assert [item.tolist() for item in records_of(own, Side(np.ones((2, 1))))] == [[0, 0, 0], [1, 1]]


def test_rows_of_other_types_and_without_columns_are_numbered():
    first, second = number_rows(np.array([[0.5], [-0.0]], np.float32), np.array([[0.0], [0.5]]))
    assert (first.tolist(), second.tolist()) == ([0, 1], [1, 0])
    assert [item.tolist() for item in number_rows(np.zeros((2, 0)), np.zeros((1, 0)))] == [[0, 0], [0]]
