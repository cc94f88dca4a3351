"""The ways to the trace of the root: which one each pair of sets takes, and that all give the nuclear norm."""

import numpy as np
import pytest

from auditkit.metrics import frechet_distance, gaussians
from auditkit.metrics.gaussians import Gaussian, trace_of_root
from auditkit.metrics.moments import moments
from auditkit.metrics.products import Side


def nuclear_norm(real, synthetic):
    """Sum of the singular values of A^T B, A and B the centred rows over the root of n - 1."""
    first, second = ((x - x.mean(axis=0)) / np.sqrt(len(x) - 1) for x in (real, synthetic))
    return np.linalg.svd(first @ second.T, compute_uv=False).sum()


def even(rng):
    return rng.normal(size=(300, 12)), rng.normal(size=(250, 12)) * 1.3


def falling(rng):
    mix = np.linalg.qr(rng.normal(size=(24, 24)))[0] * np.geomspace(1.0, 1e-3, 24)
    return tuple(rng.normal(size=(n, 24)) @ mix.T for n in (400, 300))


def plunging(rng):
    mix = np.linalg.qr(rng.normal(size=(40, 40)))[0] @ np.diag(np.geomspace(1.0, 1e-6, 40))
    return tuple(rng.normal(size=(n, 40)) @ mix.T for n in (400, 300))


def second_is_flat(rng):
    mix = rng.normal(size=(5, 12))
    return rng.normal(size=(300, 12)), rng.normal(size=(250, 5)) @ mix


def few_rows(rng):
    return rng.normal(size=(10, 40)), rng.normal(size=(300, 40))


@pytest.fixture
def ways(monkeypatch):
    """Names of the ways taken, in order."""
    taken = []

    def watched(function, name):
        def call(*args, **kwargs):
            taken.append(name)
            return function(*args, **kwargs)

        return call

    monkeypatch.setattr(gaussians, "_by_eigenvalues", watched(gaussians._by_eigenvalues, "eigenvalues"))
    monkeypatch.setattr(gaussians, "_by_second_factor", watched(gaussians._by_second_factor, "second factor"))
    monkeypatch.setattr(gaussians, "product_of_factors", watched(gaussians.product_of_factors, "singular values"))
    return taken


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (even, ["eigenvalues"]),
        (falling, ["eigenvalues", "second factor"]),
        (plunging, ["eigenvalues", "second factor", "singular values"]),
        (second_is_flat, ["eigenvalues", "second factor", "eigenvalues"]),
        (few_rows, ["singular values"]),
    ],
)
def test_every_way_gives_the_nuclear_norm(make, expected, ways):
    real, synthetic = make(np.random.default_rng(3))
    first, second = Gaussian.of(real), Gaussian.of(synthetic)
    found = trace_of_root(first, second)
    assert ways == expected
    assert found == pytest.approx(nuclear_norm(real, synthetic), abs=1e-12 * (first.variance + second.variance))


def test_a_set_of_equal_rows_has_no_trace():
    still, moving = Gaussian.of(np.ones((30, 4))), Gaussian.of(np.random.default_rng(0).normal(size=(30, 4)))
    assert trace_of_root(still, moving) == 0.0
    assert trace_of_root(moving, still) == 0.0


@pytest.mark.parametrize("make", [even, falling, plunging, few_rows])
def test_threads_do_not_change_a_byte(make, monkeypatch):
    real, synthetic = make(np.random.default_rng(5))
    many = np.tile(real, (60, 1)) + np.random.default_rng(6).normal(size=(60 * len(real), real.shape[1]))
    values = []
    for threads in ("1", "2", "3"):
        monkeypatch.setenv("AUDITKIT_THREADS", threads)
        state = moments(Side(many))
        values.append((frechet_distance(real=real, synthetic=synthetic), state.mean.tobytes(), state.scatter.tobytes()))
    assert values[0] == values[1] == values[2]
