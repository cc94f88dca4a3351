"""Realism and rarity per sample against brute force, and what stands for a set of them."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.errors import SampleSizeError
from auditkit.metrics import rarity, realism, registry
from auditkit.metrics.products import Products, Rows, Side, View
from tests.oracles import distances, radii, read


def brute_realism(real, synthetic, k):
    radius = radii(real, k)
    small = radius <= np.median(radius)
    return (radius[small, None] / distances(real[small], synthetic)).max(axis=0)


def brute_rarity(real, synthetic, k):
    radius = radii(real, k)[:, None]
    smallest = np.where(distances(real, synthetic) < radius, radius, np.inf).min(axis=0)
    return np.where(np.isfinite(smallest), smallest, np.nan)


@pytest.mark.parametrize("k", [1, 2, 3, 5, 12])
@pytest.mark.parametrize("n", [50, 121])
def test_both_match_brute_force_for_every_k(n, k):
    rng = np.random.default_rng(n)
    real, synthetic = rng.normal(size=(n, 4)), 1.3 * rng.normal(size=(70, 4))
    np.testing.assert_allclose(
        realism(real=real, synthetic=synthetic, k=k), brute_realism(real, synthetic, k), rtol=1e-12
    )
    np.testing.assert_allclose(
        rarity(real=real, synthetic=synthetic, k=k), brute_rarity(real, synthetic, k), rtol=1e-12
    )


@pytest.mark.parametrize("k", [1, 4, 7])
def test_realism_has_its_own_k_beside_metrics_with_another(k):
    rng = np.random.default_rng(1)
    real, synthetic = rng.normal(size=(60, 3)), rng.normal(size=(40, 3))
    sides = {"real": Side(real), "synthetic": Side(synthetic)}
    asked = [("precision", {"k": 9}), ("realism", {"k": k})]
    products = Products(sides, parameters=registry.unified_parameters(asked))
    view = View("whole", {}, {role: Rows(role) for role in sides})
    reading = registry.get(f"realism[k={k}]").read(products, view)
    np.testing.assert_allclose(reading.contributions, brute_realism(real, synthetic, k), rtol=1e-12)


def test_the_order_of_the_samples_is_kept_and_copies_of_one_are_alike():
    rng = np.random.default_rng(2)
    real, synthetic = rng.normal(size=(50, 2)), rng.normal(size=(30, 2))
    order = rng.integers(0, 30, size=80)
    for function in (realism, rarity):
        each = function(real=real, synthetic=synthetic)
        np.testing.assert_array_equal(function(real=real, synthetic=synthetic[order]), each[order])


def test_realism_is_infinite_on_a_typical_real_sample_and_finite_on_an_outlier():
    real = np.array([[0.0], [1.0], [2.0], [3.0], [50.0]])
    found = realism(real=real, synthetic=real[[1, 4]], k=1)
    assert found.tolist() == [np.inf, 1.0 / 47.0]


def test_realism_on_a_real_sample_that_repeats_too_often_is_one():
    real = np.array([[0.0]] * 5 + [[10.0], [11.0], [12.5]])
    assert realism(real=real, synthetic=[[0.0], [5.0], [6.0], [7.0]], k=3).tolist() == [1.0, 0.0, 0.0, 0.0]


def test_rarity_holds_the_rim_and_is_missing_outside():
    real = np.array([[0.0], [1.0], [3.0]])
    found = rarity(real=real, synthetic=[[2.0], [5.0], [5.1], [0.0]], k=1)
    np.testing.assert_array_equal(found, [1.0, 2.0, np.nan, 1.0])


def test_rarity_is_higher_where_real_samples_are_sparse():
    rng = np.random.default_rng(3)
    real = np.concatenate([rng.normal(scale=0.1, size=(300, 2)), rng.normal(scale=3.0, size=(100, 2))])
    found = rarity(real=real, synthetic=[[0.0, 0.0], [3.0, 0.0], [0.0, 3.0], [0.0, 0.1]])
    assert found[1] > 5 * found[0]


def test_the_score_of_a_set_is_the_median_where_it_is_defined():
    rng = np.random.default_rng(4)
    real, synthetic = rng.normal(size=(60, 3)), 2.0 * rng.normal(size=(50, 3))
    each = rarity(real=real, synthetic=synthetic)
    reading = read("rarity", real, synthetic)
    assert reading.value == np.median(each[~np.isnan(each)])
    assert reading.details["outside"] == np.isnan(each).mean() > 0
    reading = read("realism", real, synthetic)
    assert reading.value == np.median(realism(real=real, synthetic=synthetic))
    assert reading.details["inside"] == (realism(real=real, synthetic=synthetic) >= 1).mean()


def test_a_set_outside_has_no_rarity_and_a_set_of_copies_no_finite_realism():
    rng = np.random.default_rng(5)
    real = rng.normal(size=(60, 3))
    reading = read("rarity", real, real + 100.0)
    assert reading.value is None
    assert "all 60 synthetic ones" in reading.reason
    assert np.isnan(rarity(real=real, synthetic=real + 100.0)).all()
    reading = read("realism", real, real)
    assert reading.value is None
    assert "of 60 synthetic samples equal a typical real one" in reading.reason
    assert reading.details["on_centre"] == np.isinf(realism(real=real, synthetic=real)).mean() >= 0.5


def test_more_neighbours_than_rows_are_refused():
    with pytest.raises(SampleSizeError, match="got k=4"):
        realism(real=[[0.0], [1.0], [2.0], [4.0]], synthetic=[[0.0], [1.0]], k=4)
