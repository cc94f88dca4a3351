"""Local intrinsic dimension against a slow loop, on sets of known dimension, and where it is not defined."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest

from auditkit.errors import SampleSizeError, UndefinedError, UnknownNameError
from auditkit.metrics import local_intrinsic_dimension
from tests.oracles import read


def slow(x, k, *, average="harmonic"):
    """Levina and Bickel's estimate, row by row, distances of 0 dropped."""
    found = []
    for i in range(len(x)):
        near = sorted(math.dist(x[i], x[j]) for j in range(len(x)) if j != i)[:k]
        near = [distance for distance in near if distance > 0]
        logs = [math.log(near[-1] / distance) for distance in near[:-1]]
        if logs:
            found.append(sum(logs) / len(logs))
    if average == "harmonic":
        return 1.0 / statistics.mean(found)
    return statistics.mean(1.0 / inverse for inverse in found if inverse > 0)


def test_a_few_samples_with_neighbours_that_almost_tie_do_not_decide():
    rng = np.random.default_rng(6)
    x = np.concatenate([rng.normal(size=(500, 1)) * np.ones(30), 100.0 + 10.0 * np.eye(30)])
    x += 1e-6 * rng.normal(size=x.shape)
    assert local_intrinsic_dimension(synthetic=x) < 2.0
    assert local_intrinsic_dimension(synthetic=x, average="arithmetic") > 1000.0


def test_an_unknown_average_is_refused():
    with pytest.raises(UnknownNameError, match="did you mean 'harmonic'"):
        local_intrinsic_dimension(synthetic=np.eye(30), average="harmonc")


@pytest.mark.parametrize("average", ["harmonic", "arithmetic"])
@pytest.mark.parametrize("k", [2, 5, 20])
def test_it_matches_a_slow_loop(k, average):
    x = np.random.default_rng(k).normal(size=(80, 4))
    found = local_intrinsic_dimension(synthetic=x, k=k, average=average)
    assert found == pytest.approx(slow(x, k, average=average), rel=1e-12)


def test_it_matches_a_slow_loop_with_duplicates():
    x = np.random.default_rng(1).normal(size=(60, 3))
    x[40:] = x[:20]
    x[50:] = x[0]
    assert local_intrinsic_dimension(synthetic=x, k=7) == pytest.approx(slow(x, 7), rel=1e-12)


@pytest.mark.parametrize("dimension", [1, 2, 4])
def test_a_flat_set_has_its_dimension_in_any_space(dimension):
    rng = np.random.default_rng(dimension)
    x = rng.uniform(size=(3000, dimension)) @ rng.normal(size=(dimension, 24))
    assert local_intrinsic_dimension(synthetic=x) == pytest.approx(dimension, rel=0.1)


def test_a_collapsed_set_has_a_lower_one():
    rng = np.random.default_rng(2)
    real, line = rng.normal(size=(500, 8)), rng.normal(size=(500, 1)) * np.ones(8)
    assert local_intrinsic_dimension(synthetic=line) < 0.4 * local_intrinsic_dimension(synthetic=real)


def test_zero_distances_and_rows_without_an_estimate_are_counted():
    x = np.concatenate([np.random.default_rng(3).normal(size=(30, 2)), np.full((22, 2), 50.0)])
    reading = read("local_intrinsic_dimension", synthetic=x)
    assert reading.details == {"zero_distances": 22 * 20, "undefined": 22, "all_tied": 0, "k": 20}
    assert reading.value == pytest.approx(slow(x, 20), rel=1e-12)


@pytest.mark.parametrize("x", [np.ones((30, 2)), np.eye(30)], ids=["one point", "a simplex"])
def test_it_is_undefined_where_all_distances_are_equal(x):
    with pytest.raises(UndefinedError, match="no synthetic sample has two neighbours at different distances"):
        local_intrinsic_dimension(synthetic=x)


def test_scale_and_offset_do_not_matter():
    x = np.random.default_rng(4).normal(size=(100, 3))
    moved = local_intrinsic_dimension(synthetic=1e3 + 1e-2 * x)
    assert moved == pytest.approx(local_intrinsic_dimension(synthetic=x), rel=1e-6)


def test_the_real_set_is_not_looked_at():
    x = np.random.default_rng(5).normal(size=(50, 3))
    assert local_intrinsic_dimension(synthetic=x, real=100.0 * x[:5]) == local_intrinsic_dimension(synthetic=x)


def test_more_neighbours_than_rows_are_refused():
    with pytest.raises(SampleSizeError, match="got k=20"):
        local_intrinsic_dimension(synthetic=np.eye(20))


@pytest.mark.parametrize("average", ["harmonic", "arithmetic"])
def test_samples_whose_neighbours_all_tie_count_as_the_equation_says(average):
    lattice = np.stack(np.meshgrid(*[np.arange(5.0)] * 3), -1).reshape(-1, 3)
    x = np.concatenate([lattice, 100.0 + np.random.default_rng(0).normal(size=(75, 3))])
    found = local_intrinsic_dimension(synthetic=x, k=3, average=average)
    assert found == pytest.approx(slow(x, 3, average=average), rel=1e-12)
    assert read("local_intrinsic_dimension", synthetic=x, k=3).details["all_tied"] == len(lattice)
    if average == "harmonic":
        assert found == pytest.approx(slow(x[len(lattice) :], 3) * len(x) / 75, rel=1e-12)
