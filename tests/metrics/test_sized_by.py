"""A metric that names no side under `sized_by` has the same expectation at any number of units of that side."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from auditkit.metrics import registry
from auditkit.metrics.arrays import feature_sides
from auditkit.metrics.products import Products, Rows, View

REPEATS = 60
FEW, MANY = 40, 160
ON_FEATURES = ("precision", "improved_precision", "density", "authenticity", "kernel_distance")


def points(n: int, rng: np.random.Generator, *, shift: float = 0.0) -> np.ndarray:
    return rng.normal(size=(n, 3)) + shift


def mean_at(name: str, n: int, real: np.ndarray) -> tuple[float, float]:
    """Mean and its standard error over fresh synthetic sets of one size."""
    values = []
    for seed in range(REPEATS):
        synthetic = points(n, np.random.default_rng([seed, n]), shift=0.4)
        sides = feature_sides(real, synthetic)
        view = View("whole", {}, {role: Rows(role) for role in sides})
        reading = registry.get(name).read(
            Products(sides, parameters=registry.unified_parameters([(name, asked(name))])), view
        )
        values.append(float(reading.value))
    return float(np.mean(values)), float(np.std(values) / np.sqrt(REPEATS))


def asked(name: str) -> Mapping[str, object]:
    return registry.get(name).parameters


@pytest.mark.parametrize("name", ON_FEATURES)
def test_the_synthetic_size_does_not_move_what_says_so(name):
    assert "synthetic" not in registry.get(name).sized_by
    real = points(120, np.random.default_rng(1))
    few, many = mean_at(name, FEW, real), mean_at(name, MANY, real)
    assert abs(few[0] - many[0]) <= 4 * np.hypot(few[1], many[1])


def test_the_synthetic_size_moves_what_does_not_say_so():
    assert "synthetic" in registry.get("coverage").sized_by
    real = points(120, np.random.default_rng(1))
    few, many = mean_at("coverage", FEW, real), mean_at("coverage", MANY, real)
    assert abs(few[0] - many[0]) > 4 * np.hypot(few[1], many[1])


def test_every_metric_names_sides_that_it_has_and_counts_its_versions():
    for name in registry.names():
        metric = registry.get(name)
        assert set(metric.sized_by) <= {"real", "synthetic"}, name
        assert metric.version >= 1, name
        assert not (metric.embedded and len(metric.modalities) == 1), name


def test_reading_it_in_another_space_needs_no_embedder():
    mixed = [name for name in registry.names() if registry.get(name).mixed is not None]
    assert mixed
    assert not any(registry.get(f"{name}[space=mixed]").embedded for name in mixed)
    assert registry.get("coverage[k=3]").embedded
