"""The sliced Wasserstein distance against optimal assignment, closed forms and MIND's formula."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from auditkit.errors import AuditkitError
from auditkit.metrics import sliced, sliced_wasserstein
from auditkit.metrics.products import Side
from auditkit.metrics.sliced import _random_directions, _sliced_wasserstein


def by_assignment(real, synthetic):
    """W_2 on a line as an assignment of equal masses: each row repeated up to the common multiple of the sizes."""
    size = math.lcm(len(real), len(synthetic))
    a, b = (np.repeat(item, size // len(item)) for item in (real, synthetic))
    cost = (a[:, None] - b[None]) ** 2
    return math.sqrt(cost[linear_sum_assignment(cost)].mean())


@pytest.mark.parametrize(("n", "m"), [(7, 7), (6, 4), (5, 7), (1, 6), (9, 1), (12, 8), (1, 1)])
def test_one_feature_is_the_exact_distance_on_a_line(n, m):
    rng = np.random.default_rng(n)
    real, synthetic = rng.normal(size=n), 0.5 + 2 * rng.normal(size=m)
    expected = by_assignment(real, synthetic)
    assert sliced_wasserstein(real=real[:, None], synthetic=synthetic[:, None]) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("n", "m"), [(40, 40), (12, 8)])
def test_root_mean_square_of_the_distances_along_the_directions(n, m):
    rng = np.random.default_rng(1)
    real, synthetic = rng.normal(size=(n, 5)), 0.5 + rng.normal(size=(m, 5))
    expected = [by_assignment(real @ u, synthetic @ u) ** 2 for u in _random_directions(30, 5, 7)]
    found = _sliced_wasserstein(Side(real), Side(synthetic), projections=30, seed=7)
    assert found.value == pytest.approx(math.sqrt(np.mean(expected)), rel=1e-12)
    assert found.details["mean_square"] == pytest.approx(np.mean(expected), rel=1e-12)
    assert found.details["projection_error"] == pytest.approx(np.std(expected, ddof=1) / math.sqrt(30), rel=1e-9)


def test_a_shift_moves_each_line_by_its_projection():
    real = np.random.default_rng(2).normal(size=(60, 8))
    shift = np.arange(8.0)
    value = sliced_wasserstein(real=real, synthetic=real + shift, projections=4000)
    expected = math.sqrt(((_random_directions(4000, 8, 0) @ shift) ** 2).mean())
    assert value == pytest.approx(expected, rel=1e-12)
    assert value == pytest.approx(np.linalg.norm(shift) / math.sqrt(8), rel=0.05)


def test_mind_is_three_d_times_the_square():
    rng = np.random.default_rng(3)
    real, synthetic = rng.normal(size=(50, 6)), rng.normal(size=(50, 6)) + 0.3
    lines = _random_directions(200, 6, 0).T
    mind = 3 * 6 * np.mean((np.sort(real @ lines, axis=0) - np.sort(synthetic @ lines, axis=0)) ** 2)
    assert 18 * sliced_wasserstein(real=real, synthetic=synthetic, projections=200) ** 2 == pytest.approx(mind)


def test_repeating_every_row_changes_nothing():
    rng = np.random.default_rng(4)
    real, synthetic = rng.normal(size=(20, 3)), rng.normal(size=(15, 3))
    expected = sliced_wasserstein(real=real, synthetic=synthetic)
    repeated = sliced_wasserstein(real=np.repeat(real, 3, axis=0), synthetic=np.tile(synthetic, (2, 1)))
    assert repeated == pytest.approx(expected, rel=1e-12)
    assert sliced_wasserstein(real=real, synthetic=np.tile(real, (2, 1))) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("offset", [2.0**10, 2.0**20, 2.0**40])
def test_a_large_mean_costs_no_digits(offset):
    rng = np.random.default_rng(5)
    # Multiples of 1/1024, so that the offset itself rounds nothing.
    real, synthetic = (np.round(rng.normal(size=(n, 4)) * 1024) / 1024 for n in (30, 20))
    expected = sliced_wasserstein(real=real, synthetic=synthetic)
    assert sliced_wasserstein(real=real + offset, synthetic=synthetic + offset) == pytest.approx(expected, rel=1e-9)


def test_constant_sets():
    assert sliced_wasserstein(real=np.full((5, 3), 1e9), synthetic=np.full((4, 3), 1e9)) == 0.0


def test_directions_are_even_and_fewer_are_the_first_of_more():
    many = _random_directions(5000, 3, 0)
    np.testing.assert_allclose(np.linalg.norm(many, axis=1), 1.0, rtol=1e-12)
    np.testing.assert_allclose(many.T @ many / 5000, np.eye(3) / 3, atol=0.02)
    np.testing.assert_array_equal(_random_directions(100, 3, 0), many[:100])
    assert not np.array_equal(_random_directions(100, 3, 1), many[:100])


def test_same_bytes_for_any_number_of_threads(monkeypatch):
    rng = np.random.default_rng(6)
    real, synthetic = rng.normal(size=(700, 40)), rng.normal(size=(500, 40))
    values = set()
    for threads in ("1", "2", "3"):
        monkeypatch.setenv("AUDITKIT_THREADS", threads)
        values.add(sliced_wasserstein(real=real, synthetic=synthetic, projections=100))
    assert len(values) == 1


@pytest.mark.parametrize("block", [1, 7, 1000])
def test_blocks_of_any_size_give_the_same(monkeypatch, block):
    rng = np.random.default_rng(7)
    real, synthetic = rng.normal(size=(60, 4)), rng.normal(size=(50, 4))
    expected = sliced_wasserstein(real=real, synthetic=synthetic, projections=50)
    monkeypatch.setattr(sliced, "BLOCK", block)
    assert sliced_wasserstein(real=real, synthetic=synthetic, projections=50) == pytest.approx(expected, rel=1e-12)


def test_one_projection_has_no_error_over_projections():
    found = _sliced_wasserstein(Side(np.eye(4)), Side(2 * np.eye(4)), projections=1, seed=0)
    assert found.details["projection_error"] is None


@pytest.mark.parametrize("projections", [0, -1, 2.5, True, None])
def test_an_impossible_number_of_projections_is_refused(projections):
    with pytest.raises(AuditkitError, match="`projections` must be a whole number from 1 on"):
        sliced_wasserstein(real=np.eye(3), synthetic=np.eye(3), projections=projections)
