"""Improved precision and recall against brute force of their definition, and which of the two is which."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.metrics import improved_precision, improved_recall, precision, recall, registry
from auditkit.metrics.products import Products, Rows, Side, View
from tests.oracles import distances, radii


def brute_force(real, synthetic, k=3):
    """Precision and recall as torch-fidelity computes them: the k + 1 smallest of a row that holds itself, d <= r."""
    between = distances(real, synthetic)
    real_radius, synthetic_radius = (radii(x, k) for x in (real, synthetic))
    return (between <= real_radius[:, None]).any(axis=0).mean(), (between <= synthetic_radius).any(axis=1).mean()


@pytest.mark.parametrize("k", [1, 3, 7])
@pytest.mark.parametrize("n", [60, 140])
def test_both_match_brute_force(n, k):
    rng = np.random.default_rng(n + k)
    real, synthetic = rng.normal(size=(n, 5)), 0.3 + 0.7 * rng.normal(size=(100, 5))
    found = (
        improved_precision(real=real, synthetic=synthetic, k=k),
        improved_recall(real=real, synthetic=synthetic, k=k),
    )
    assert found == pytest.approx(brute_force(real, synthetic, k), abs=1e-13)


def test_both_match_brute_force_on_a_lattice():
    rng = np.random.default_rng(4)
    real, synthetic = rng.integers(0, 4, (150, 3)), rng.integers(1, 6, (120, 3))
    found = improved_precision(real=real, synthetic=synthetic), improved_recall(real=real, synthetic=synthetic)
    assert found == pytest.approx(brute_force(real, synthetic), abs=1e-13)


def test_a_collapsed_generator_is_precise_and_recalls_nothing():
    rng = np.random.default_rng(5)
    real = np.concatenate([rng.normal(size=(100, 2)), rng.normal(size=(100, 2)) + 50.0])
    synthetic = rng.normal(scale=0.1, size=(200, 2))
    assert improved_precision(real=real, synthetic=synthetic) == 1.0
    assert improved_recall(real=real, synthetic=synthetic) < 0.1


def test_a_generator_of_noise_around_everything_is_not_precise_and_recalls_all():
    rng = np.random.default_rng(6)
    real, synthetic = rng.normal(scale=0.1, size=(200, 2)), rng.normal(scale=2.0, size=(200, 2))
    assert improved_precision(real=real, synthetic=synthetic) < 0.1
    assert improved_recall(real=real, synthetic=synthetic) > 0.9


def test_exchanging_the_sets_exchanges_the_two():
    rng = np.random.default_rng(7)
    one, two = rng.normal(size=(80, 3)), 1.0 + rng.normal(size=(60, 3))
    assert improved_precision(real=one, synthetic=two) == improved_recall(real=two, synthetic=one)


def test_they_are_the_others_with_other_defaults():
    rng = np.random.default_rng(8)
    sets = {"real": rng.integers(0, 3, (90, 4)), "synthetic": rng.integers(0, 4, (90, 4))}
    assert improved_precision(**sets) == precision(**sets, k=3, ties="inclusive") > precision(**sets, k=3)
    assert improved_recall(**sets) == recall(**sets, k=3, ties="inclusive") > recall(**sets, k=3)


@pytest.mark.parametrize("name", ["improved_precision", "improved_recall"])
def test_the_tie_rate_is_reported(name):
    rng = np.random.default_rng(9)
    for values, low, high in ((rng.normal(size=(2, 90, 3)), 0.0, 0.0), (rng.integers(0, 3, (2, 90, 3)), 0.05, 1.0)):
        sides = {"real": Side(values[0].astype(float)), "synthetic": Side(values[1].astype(float))}
        products = Products(sides, parameters={"build_neighbours": {"k": 3}, "build_crossing": {"k": 3}})
        reading = registry.get(name).read(products, View("whole", {}, {role: Rows(role) for role in sides}))
        assert low <= reading.details["tie_rate"] <= high


def test_neither_is_read_unless_asked_for():
    assert not registry.get("improved_precision").default
    assert not registry.get("improved_recall").default
