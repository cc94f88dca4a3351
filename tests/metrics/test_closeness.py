"""Authenticity, distances to closest records and holdout share against brute force and permuted labels."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.errors import SampleSizeError, UnknownNameError
from auditkit.metrics import (
    authenticity,
    distance_to_closest_record,
    holdout_share,
    nearest_neighbour_distance_ratio,
)
from auditkit.spreads import limits, p_above
from tests.oracles import read, squared_distances


def shares_to_train(pool, is_train, synthetic):
    """Vote of each synthetic row that goes to train, and the votes for each record of the pool."""
    between = squared_distances(synthetic, pool)
    nearest = between == between.min(axis=1, keepdims=True)
    votes = nearest / nearest.sum(axis=1, keepdims=True)
    return (votes * is_train).sum(axis=1), votes.sum(axis=0)


def lattice(rng, n, levels=6, d=2):
    return rng.integers(0, levels, (n, d)).astype(float)


SETS = {
    "gaussian": lambda rng, n: rng.normal(size=(n, 3)),
    "lattice": lattice,
    "far": lambda rng, n: 1e6 + rng.integers(0, 50, (n, 2)).astype(float),
}


@pytest.mark.parametrize("make", SETS.values(), ids=SETS)
@pytest.mark.parametrize("n_holdout", [40, 100])
def test_holdout_share_matches_brute_force_with_shared_votes(make, n_holdout):
    rng = np.random.default_rng(0)
    real, holdout, synthetic = make(rng, 70), make(rng, n_holdout), make(rng, 60)
    is_train = np.arange(70 + n_holdout) < 70
    expected, _ = shares_to_train(np.concatenate([real, holdout]), is_train, synthetic)
    value = holdout_share(real=real, synthetic=synthetic, holdout=holdout)
    assert value == pytest.approx(expected.mean(), abs=1e-12)
    np.testing.assert_allclose(
        read("holdout_share", real=real, synthetic=synthetic, holdout=holdout).contributions, expected, atol=1e-12
    )


@pytest.mark.parametrize("make", SETS.values(), ids=SETS)
def test_holdout_share_varies_as_permuted_labels_do(make):
    rng = np.random.default_rng(1)
    n_real, n_holdout = 60, 30
    pool, synthetic = make(rng, n_real + n_holdout), make(rng, 80)
    _, votes = shares_to_train(pool, np.ones(len(pool), bool), synthetic)
    permuted = [votes[rng.permutation(len(pool))[:n_real]].sum() / 80 for _ in range(4000)]
    found = read("holdout_share", real=pool[:n_real], synthetic=synthetic, holdout=pool[n_real:])
    assert found.null == pytest.approx(np.mean(permuted), abs=0.003)
    assert found.spread["kind"] == "normal"
    assert found.scale == pytest.approx(0.5 / (1 - found.null))
    assert found.spread["se"] == pytest.approx(found.scale * np.std(permuted), rel=0.04)
    assert found.details["effective_sample_size"] == pytest.approx(80**2 / (votes**2).sum(), rel=1e-12)


def test_rows_that_repeat_one_record_are_no_independent_evidence():
    rng = np.random.default_rng(2)
    real, holdout = rng.normal(size=(50, 2)), rng.normal(size=(50, 2))
    synthetic = np.repeat(real[:1], 400, axis=0) + 1e-6 * rng.normal(size=(400, 2))
    found = read("holdout_share", real=real, synthetic=synthetic, holdout=holdout)
    assert found.value == 1.0
    assert found.details["effective_sample_size"] == pytest.approx(1.0)
    assert found.spread["se"] == pytest.approx(0.5, rel=1e-9)


@pytest.mark.parametrize("n_holdout", [400, 130, 45, 12])
def test_the_excess_does_not_depend_on_the_size_of_the_holdout(n_holdout):
    rng = np.random.default_rng(4)
    real = rng.normal(size=(400, 3))
    found = read("holdout_share", real=real, synthetic=real + 1e-6, holdout=rng.normal(size=(n_holdout, 3)))
    assert found.scale * (found.value - found.null) == pytest.approx(0.5)
    assert found.details["share_of_equal_sets"] == pytest.approx(1.0)
    assert p_above(0.5, found.spread, margin=0.03) < 1e-4


@pytest.mark.parametrize(("n_real", "n_holdout"), [(180, 20), (150, 50), (100, 100)])
def test_honest_small_sets_are_not_accused_whatever_the_sizes(n_real, n_holdout):
    accused = sure = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        sets = {name: rng.normal(size=(n, 2)) for name, n in (("real", n_real), ("holdout", n_holdout))}
        found = read("holdout_share", synthetic=rng.normal(size=(150, 2)), **sets)
        excess = found.scale * (found.value - found.null)
        accused += p_above(excess, found.spread, margin=0.03) < 0.01
        sure += limits(excess, found.spread, alpha=0.05)[1] <= 0.03
    assert accused <= 1
    assert sure <= 30


def test_one_holdout_record_shows_no_more_than_its_draw_can():
    rng = np.random.default_rng(5)
    real = rng.normal(size=(200, 3))
    found = read("holdout_share", real=real, synthetic=real + 1e-6, holdout=rng.normal(size=(1, 3)))
    assert p_above(0.5, found.spread, margin=0.0) == pytest.approx(1 / 201)


def test_a_record_in_both_sets_shares_its_vote():
    real, holdout = np.array([[0.0], [5.0]]), np.array([[0.0], [9.0]])
    synthetic = np.array([[0.1], [5.1], [5.2], [8.9]])
    assert holdout_share(real=real, synthetic=synthetic, holdout=holdout) == pytest.approx((0.5 + 1 + 1 + 0) / 4)


@pytest.mark.parametrize("make", SETS.values(), ids=SETS)
def test_authenticity_matches_brute_force_with_ties_averaged(make):
    rng = np.random.default_rng(3)
    real, synthetic = make(rng, 80), make(rng, 70)
    own = squared_distances(real, real)
    np.fill_diagonal(own, np.inf)
    between = squared_distances(synthetic, real)
    nearest = between == between.min(axis=1, keepdims=True)
    expected = ((between > own.min(axis=1)) * nearest).sum(axis=1) / nearest.sum(axis=1)
    assert authenticity(real=real, synthetic=synthetic) == pytest.approx(expected.mean(), abs=1e-12)


@pytest.mark.parametrize("make", SETS.values(), ids=SETS)
def test_distance_to_the_closest_record_is_the_median_of_brute_force(make):
    rng = np.random.default_rng(4)
    real, synthetic = make(rng, 80), make(rng, 71)
    expected = np.sqrt(squared_distances(synthetic, real).min(axis=1))
    found = read("distance_to_closest_record", real=real, synthetic=synthetic)
    np.testing.assert_allclose(found.contributions, expected, rtol=1e-12)
    assert distance_to_closest_record(real=real, synthetic=synthetic) == pytest.approx(np.median(expected), rel=1e-12)
    assert found.details["quantiles"][2] == found.value


def test_distances_of_copies_are_exactly_zero_far_from_the_origin():
    real = 1e7 + np.random.default_rng(5).normal(size=(60, 20))
    assert distance_to_closest_record(real=real, synthetic=real[:30]) == 0.0
    assert authenticity(real=real, synthetic=real[:30]) == 0.0


def test_natural_repeats_bend_authenticity_both_ways():
    real = np.array([[0.0], [0.0], [5.0], [6.0]])
    assert authenticity(real=real, synthetic=np.array([[0.0]])) == 0.0
    assert authenticity(real=real, synthetic=np.array([[1e-6]])) == 1.0
    assert authenticity(real=real, synthetic=np.array([[5.0 + 1e-6]])) == 0.0


@pytest.mark.parametrize("make", SETS.values(), ids=SETS)
def test_the_published_authenticity_takes_radii_at_synthetic_positions(make):
    rng = np.random.default_rng(6)
    real, synthetic = make(rng, 80), make(rng, 80)
    own = squared_distances(real, real)
    np.fill_diagonal(own, np.inf)
    hits = []
    for i in range(80):
        distances = ((synthetic - real[i]) ** 2).sum(axis=1)
        j = int(np.argmin(distances))
        hits.append(own[j].min() < distances[j])
    value = authenticity(real=real, synthetic=synthetic, variant="synthcity")
    assert value == pytest.approx(np.mean(hits), abs=1e-12)


def test_the_published_authenticity_is_another_number_and_depends_on_the_order():
    rng = np.random.default_rng(7)
    real, synthetic = rng.normal(size=(200, 2)), rng.normal(size=(200, 2))
    paper, published = (authenticity(real=real, synthetic=synthetic, variant=name) for name in ("paper", "synthcity"))
    assert abs(paper - published) > 0.02
    values = {authenticity(real=rng.permutation(real), synthetic=synthetic, variant="synthcity") for _ in range(5)}
    assert len(values) > 1


def test_the_published_authenticity_needs_sets_of_equal_size():
    with pytest.raises(SampleSizeError, match=r"got real=5 and synthetic=4: cut the larger set"):
        authenticity(real=np.eye(5), synthetic=np.eye(5)[:4], variant="synthcity")
    with pytest.raises(UnknownNameError, match="did you mean 'paper'"):
        authenticity(real=np.eye(5), synthetic=np.eye(5), variant="papr")


@pytest.mark.parametrize("make", SETS.values(), ids=SETS)
def test_distance_ratio_is_the_median_of_brute_force(make):
    rng = np.random.default_rng(8)
    real, synthetic = make(rng, 80), make(rng, 71)
    nearest, second = np.sort(squared_distances(synthetic, real), axis=1)[:, :2].T
    expected = np.where(second > 0, np.sqrt(nearest / np.where(second > 0, second, 1.0)), 1.0)
    found = read("nearest_neighbour_distance_ratio", real=real, synthetic=synthetic)
    np.testing.assert_allclose(found.contributions, expected, rtol=1e-12, atol=1e-12)
    value = nearest_neighbour_distance_ratio(real=real, synthetic=synthetic)
    assert value == found.value == pytest.approx(np.median(expected), rel=1e-12)
    assert found.details["quantiles"] == pytest.approx(np.quantile(expected, [0.05, 0.25, 0.5, 0.75, 0.95]))


def test_a_copy_of_one_record_has_ratio_zero_and_of_two_equal_ones_ratio_one():
    real = np.array([[0.0], [0.0], [5.0], [9.0]]) + 1e6
    found = read("nearest_neighbour_distance_ratio", real=real, synthetic=np.array([[0.0], [5.0], [7.0]]) + 1e6)
    np.testing.assert_array_equal(found.contributions, [1.0, 0.0, 1.0])


def one_hot(rng, n):
    return np.concatenate([np.eye(levels)[rng.integers(levels, size=n)] for levels in (3, 4, 5, 6)], axis=1)


@pytest.mark.parametrize("offset", [0.0, 0.1, 1.0, 10.0, 1e3])
def test_rounding_does_not_decide_between_equal_distances(offset):
    # Distances count the columns that differ, which whole numbers give exactly; moved columns round differently.
    rng = np.random.default_rng(11)
    codes = {role: one_hot(rng, 120) for role in ("real", "synthetic")}
    moved = {role: offset * np.linspace(0.1, 1.0, 18) + values / np.sqrt(2.0) for role, values in codes.items()}
    assert authenticity(**moved) == pytest.approx(authenticity(**codes), abs=1e-12)


def test_rounding_does_not_decide_between_equal_distances_of_the_published_authenticity():
    steps = np.arange(50.0)[:, None] * 0.1  # 0.1 apart, each with another rounding
    real, synthetic = np.hstack([steps, np.zeros((50, 1))]), np.hstack([steps, np.full((50, 1), 0.1)])
    assert authenticity(real=real, synthetic=synthetic, variant="synthcity") == 0.0


def test_one_synthetic_sample_is_as_near_as_it_is():
    rng = np.random.default_rng(7)
    real, holdout, one = rng.normal(size=(30, 3)), rng.normal(size=(20, 3)), rng.normal(size=(1, 3))
    to_real, to_holdout = np.sort(squared_distances(one, real))[0], squared_distances(one, holdout).min()
    assert distance_to_closest_record(real=real, synthetic=one) == pytest.approx(np.sqrt(to_real[0]), rel=1e-12)
    expected = np.sqrt(to_real[0] / to_real[1])
    assert nearest_neighbour_distance_ratio(real=real, synthetic=one) == pytest.approx(expected, rel=1e-12)
    assert holdout_share(real=real, synthetic=one, holdout=holdout) == float(to_real[0] < to_holdout)
    within = squared_distances(real, real) + np.diag(np.full(30, np.inf))
    nearest = squared_distances(one, real).argmin()
    assert authenticity(real=real, synthetic=one) == float(to_real[0] > within[nearest].min())


def test_one_record_has_a_distance_but_no_second_nearest():
    rng = np.random.default_rng(8)
    one, synthetic = rng.normal(size=(1, 3)), rng.normal(size=(20, 3))
    expected = np.median(np.sqrt(squared_distances(synthetic, one)))
    assert distance_to_closest_record(real=one, synthetic=synthetic) == pytest.approx(expected, rel=1e-12)
    assert holdout_share(real=one, synthetic=synthetic, holdout=one + 99.0) == 1.0
    with pytest.raises(SampleSizeError, match="got k=1 and 1 rows in `real`: add rows"):
        nearest_neighbour_distance_ratio(real=one, synthetic=synthetic)
    with pytest.raises(SampleSizeError, match="got k=1 and 1 rows in `real`: add rows"):
        authenticity(real=one, synthetic=synthetic)
