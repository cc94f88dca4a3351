"""Nearest-neighbour two-sample accuracy against a slow loop, by index, with ties, at unequal sizes."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.errors import SampleSizeError
from auditkit.metrics import nearest_neighbour_accuracy
from tests.oracles import read


def slow(real, synthetic):
    """Leave-one-out over the pooled rows, each left out by its index; equally near sets share the vote."""
    pooled = np.concatenate([real, synthetic]).astype(np.float64)
    is_real = np.arange(len(pooled)) < len(real)
    votes = []
    for i, row in enumerate(pooled):
        distance = ((pooled - row) ** 2).sum(axis=1)
        distance[i] = np.inf
        nearest = {bool(label) for label in is_real[distance == distance.min()]}
        votes.append(0.5 if len(nearest) == 2 else float(is_real[i] in nearest))
    return np.mean(votes[: len(real)]), np.mean(votes[len(real) :])


def _gaussian(rng):
    return rng.normal(size=(70, 3)), 0.3 + rng.normal(size=(90, 3))


def _lattice(rng):
    return rng.integers(0, 4, (80, 3)), rng.integers(0, 5, (60, 3))


def _copies(rng):
    real = rng.normal(size=(60, 2))
    real[50:] = real[:10]
    return real, np.concatenate([real[:30], rng.normal(size=(20, 2)), real[:5]])


@pytest.mark.parametrize("make", [_gaussian, _lattice, _copies])
def test_it_matches_a_slow_loop(make):
    real, synthetic = make(np.random.default_rng(1))
    reading = read("nearest_neighbour_accuracy", real, synthetic)
    expected = slow(real, synthetic)
    assert (reading.details["real"], reading.details["synthetic"]) == pytest.approx(expected, abs=1e-13)
    assert reading.value == pytest.approx(sum(expected) / 2, abs=1e-13)
    assert reading.value == nearest_neighbour_accuracy(real=real, synthetic=synthetic)


@pytest.mark.parametrize(("n", "m"), [(400, 400), (800, 100), (100, 800)])
def test_it_is_one_half_by_chance_at_any_sizes(n, m):
    rng = np.random.default_rng(2)
    values = [
        nearest_neighbour_accuracy(real=rng.normal(size=(n, 3)), synthetic=rng.normal(size=(m, 3))) for _ in range(12)
    ]
    assert np.mean(values) == pytest.approx(0.5, abs=0.02)


def test_it_is_one_for_sets_that_lie_apart():
    x = np.random.default_rng(3).normal(size=(50, 3))
    assert nearest_neighbour_accuracy(real=x, synthetic=x + 100.0) == 1.0


def test_it_is_zero_for_copies_whatever_their_order():
    rng = np.random.default_rng(4)
    x = rng.normal(size=(50, 3))
    assert nearest_neighbour_accuracy(real=x, synthetic=rng.permutation(x)) == 0.0
    assert nearest_neighbour_accuracy(real=x, synthetic=x + 1e-9) == 0.0


def test_identical_sets_with_twins_score_half_the_share_of_twins():
    x = np.random.default_rng(5).normal(size=(50, 3))
    x[40:] = x[:10]
    assert nearest_neighbour_accuracy(real=x, synthetic=x[::-1]) == pytest.approx(0.5 * 20 / 50, abs=1e-13)


def test_exchanging_the_sets_changes_nothing():
    one, two = _lattice(np.random.default_rng(6))
    assert nearest_neighbour_accuracy(real=one, synthetic=two) == nearest_neighbour_accuracy(real=two, synthetic=one)


def test_a_single_sample_has_no_neighbour_of_its_own():
    with pytest.raises(SampleSizeError, match="`synthetic`"):
        nearest_neighbour_accuracy(real=[[0.0], [1.0]], synthetic=[[0.0]])
