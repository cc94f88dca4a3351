"""Precision, recall, density and coverage against float64 brute force of their definitions, for every tie rule."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.metrics import coverage, density, precision, precision_recall_density_coverage, recall, registry
from auditkit.metrics.products import Products, Rows, Side, View
from tests.oracles import squared_distances

FUNCTIONS = {"precision": precision, "recall": recall, "density": density, "coverage": coverage}
RIM = {"strict": 0.0, "half": 0.5, "inclusive": 1.0}


def brute_force(real, synthetic, k, ties):
    """The four numbers as prdc defines them (d < r), with the rim of a ball counted 0, 1/2 or 1."""

    def radii(x):
        own = squared_distances(x, x)
        np.fill_diagonal(own, np.inf)
        return np.sort(own, axis=1)[:, k - 1]

    between = squared_distances(real, synthetic)
    rim = RIM[ties]

    def any_of(strict, inclusive, axis):
        return ((1 - rim) * strict.any(axis=axis) + rim * inclusive.any(axis=axis)).mean()

    real_radii, synthetic_radii = radii(real)[:, None], radii(synthetic)[None, :]
    in_real = between < real_radii, between <= real_radii
    in_synthetic = between < synthetic_radii, between <= synthetic_radii
    nearest = between.min(axis=1, keepdims=True)
    return {
        "precision": any_of(*in_real, 0),
        "recall": any_of(*in_synthetic, 1),
        "density": ((1 - rim) * in_real[0] + rim * in_real[1]).sum(axis=0).mean() / k,
        "coverage": any_of(nearest < real_radii, nearest <= real_radii, 1),
    }


def _gaussian(rng):
    return rng.normal(size=(120, 6)), 0.9 * rng.normal(size=(90, 6))


def _lattice(rng):
    return rng.integers(0, 4, (150, 3)).astype(float), rng.integers(0, 5, (110, 3)).astype(float)


def _duplicated(rng):
    real, synthetic = rng.normal(size=(100, 3)), rng.normal(size=(80, 3))
    real[60:] = real[:40]
    real[90:] = real[0]
    synthetic[:30] = real[:30]
    synthetic[70:] = synthetic[5]
    return real, synthetic


def _one_hot(rng):
    return tuple(np.eye(4)[rng.integers(0, 4, (n, 4))].reshape(n, -1) for n in (130, 100))


def _far_from_zero(rng):
    return 1e6 + rng.normal(size=(80, 4)), 1e6 + rng.normal(size=(95, 4))


def _single_precision(rng):
    return tuple((3 + rng.normal(size=(n, 8))).astype(np.float32) for n in (100, 70))


def _collapsed(rng):
    return rng.normal(size=(60, 2)), np.full((50, 2), 0.1)


CASES = (_gaussian, _lattice, _duplicated, _one_hot, _far_from_zero, _single_precision, _collapsed)


@pytest.mark.parametrize("make", CASES)
@pytest.mark.parametrize("ties", RIM)
@pytest.mark.parametrize("k", [1, 5, 17])
def test_all_four_match_brute_force(make, ties, k):
    real, synthetic = make(np.random.default_rng(8))
    expected = brute_force(real, synthetic, k, ties)
    together = precision_recall_density_coverage(real=real, synthetic=synthetic, k=k, ties=ties)
    assert together._asdict() == pytest.approx(expected, abs=1e-12)
    alone = {name: function(real=real, synthetic=synthetic, k=k, ties=ties) for name, function in FUNCTIONS.items()}
    assert alone == together._asdict()


def test_the_default_is_the_definition_of_prdc():
    real, synthetic = _lattice(np.random.default_rng(9))
    assert precision_recall_density_coverage(real=real, synthetic=synthetic) == precision_recall_density_coverage(
        real=real, synthetic=synthetic, k=5, ties="strict"
    )


def test_half_lies_midway_between_the_other_rules():
    real, synthetic = _one_hot(np.random.default_rng(10))
    found = {ties: precision_recall_density_coverage(real=real, synthetic=synthetic, ties=ties) for ties in RIM}
    middle = (np.array(found["strict"]) + np.array(found["inclusive"])) / 2
    np.testing.assert_allclose(found["half"], middle, rtol=1e-12)
    assert found["inclusive"].precision > found["strict"].precision


@pytest.mark.parametrize("ties", RIM)
def test_ties_blurred_by_rounding_are_ties(ties):
    real, synthetic = _lattice(np.random.default_rng(12))
    blurred = precision_recall_density_coverage(real=0.1 * real, synthetic=0.1 * synthetic, ties=ties)
    exact = precision_recall_density_coverage(real=real, synthetic=synthetic, ties=ties)
    assert tuple(blurred) == pytest.approx(tuple(exact))


def test_one_ball_that_can_be_counted_by_hand():
    real, synthetic = np.array([[0.0], [1.0], [3.0]]), np.array([[0.5], [5.0]])
    # k = 1: radii of real 1, 1, 2; of synthetic 4.5, 4.5. 0.5 lies in two balls, 5 on the rim of the third.
    found = precision_recall_density_coverage(real=real, synthetic=synthetic, k=1)
    assert found == (0.5, 1.0, 1.0, pytest.approx(2 / 3))
    found = precision_recall_density_coverage(real=real, synthetic=synthetic, k=1, ties="inclusive")
    assert found == (1.0, 1.0, 1.5, 1.0)


@pytest.mark.parametrize(("make", "low", "high"), [(_gaussian, 0.0, 0.0), (_one_hot, 0.02, 1.0)])
def test_the_tie_rate_is_reported(make, low, high):
    sides = dict(zip(("real", "synthetic"), map(Side, make(np.random.default_rng(11))), strict=True))
    view = View("whole", {}, {role: Rows(role) for role in sides})
    products = Products(sides, parameters={"build_neighbours": {"k": 5}, "build_crossing": {"k": 5}})
    rates = [registry.get(name).read(products, view).details["tie_rate"] for name in FUNCTIONS]
    assert low <= min(rates) <= max(rates) <= high


def test_the_tie_rate_is_the_share_of_samples_that_another_rule_would_count_otherwise():
    rng = np.random.default_rng(13)
    real, synthetic = (rng.integers(0, 4, size=(n, 3)).astype(float)[rng.integers(0, n, 2 * n)] for n in (60, 45))
    k, sides = 5, {"real": Side(real), "synthetic": Side(synthetic)}
    between = squared_distances(real, synthetic)
    of_real, of_synthetic = (np.sort(squared_distances(x, x), axis=1)[:, k] for x in (real, synthetic))

    def per_sample(inside):
        in_real, in_synthetic = inside(between, of_real[:, None]), inside(between, of_synthetic[None, :])
        return (
            in_real.any(axis=0),
            in_synthetic.any(axis=1),
            in_real.sum(axis=0),
            inside(between.min(axis=1), of_real),
        )

    view = View("whole", {}, {role: Rows(role) for role in sides})
    products = Products(sides, parameters={"build_neighbours": {"k": k}, "build_crossing": {"k": k}})
    rules = zip(per_sample(np.less), per_sample(np.less_equal), strict=True)
    expected = [np.mean(strict != inclusive) for strict, inclusive in rules]
    names = ("precision", "recall", "density", "coverage")
    rates = [registry.get(name).read(products, view).details["tie_rate"] for name in names]
    assert rates == pytest.approx(expected, rel=1e-12)
    assert len(set(rates)) > 2
    assert min(rates) > 0


def prdc(real, synthetic, k):
    """The numbers of the prdc package, from its definition: strict, the radius by partition with the row itself."""

    def radii(x):
        return np.partition(np.sqrt(squared_distances(x, x)), k, axis=1)[:, k]

    between = np.sqrt(squared_distances(real, synthetic))
    in_real = between < radii(real)[:, None]
    return (
        in_real.any(axis=0).mean(),
        (between < radii(synthetic)[None, :]).any(axis=1).mean(),
        in_real.sum(axis=0).mean() / k,
        (between.min(axis=1) < radii(real)).mean(),
    )


@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize("shape", [(400, 400, 2), (300, 500, 8), (250, 200, 64)])
def test_the_numbers_of_prdc_on_random_data(shape, k):
    rng = np.random.default_rng(20)
    n, m, d = shape
    real, synthetic = rng.normal(size=(n, d)), 0.2 + 0.8 * rng.normal(size=(m, d))
    found = precision_recall_density_coverage(real=real, synthetic=synthetic, k=k)
    np.testing.assert_allclose(found, prdc(real, synthetic, k), rtol=1e-13)


def test_on_a_lattice_the_tie_rule_decides():
    rng = np.random.default_rng(21)
    real, synthetic = (rng.integers(0, 4, size=(200, 3)) for _ in range(2))
    strict, inclusive = (
        precision_recall_density_coverage(real=real, synthetic=synthetic, k=3, ties=ties)
        for ties in ("strict", "inclusive")
    )
    assert max(strict.precision, strict.recall) < 0.75
    assert min(inclusive.precision, inclusive.recall) > 0.95
    np.testing.assert_allclose(strict, prdc(real, synthetic, 3), rtol=1e-13)


def test_one_point_for_all_rows_is_a_tie_throughout():
    ones = {"real": np.ones((20, 3)), "synthetic": np.ones((15, 3))}
    assert precision_recall_density_coverage(**ones) == (0.0, 0.0, 0.0, 0.0)
    assert precision_recall_density_coverage(**ones, ties="inclusive") == (1.0, 1.0, 4.0, 1.0)
    sides = {role: Side(features) for role, features in ones.items()}
    view = View("whole", {}, {role: Rows(role) for role in sides})
    products = Products(sides, parameters={"build_neighbours": {"k": 5}, "build_crossing": {"k": 5}})
    assert [registry.get(name).read(products, view).details["tie_rate"] for name in FUNCTIONS] == [1.0] * 4


def test_an_offset_of_the_mean_changes_nothing():
    rng = np.random.default_rng(22)
    # Steps of 1 / 64 are exact in float32 at 1000, so that both pairs hold the same numbers.
    sets = {role: np.round(rng.normal(size=(150, 4)) * 64) / 64 for role in ("real", "synthetic")}
    far = {role: (values + 1000.0).astype(np.float32) for role, values in sets.items()}
    assert precision_recall_density_coverage(**far) == precision_recall_density_coverage(**sets)
