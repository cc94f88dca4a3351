"""The Fréchet distance against scipy, torchmetrics, closed forms and simulation."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from torchmetrics.image.fid import FrechetInceptionDistance

from auditkit.metrics import frechet_distance
from auditkit.metrics.frechet import _frechet_distance, distance_of_moments
from auditkit.metrics.gaussians import Gaussian
from auditkit.metrics.moments import Moments, moments
from auditkit.metrics.products import Products, Rows, Side, View

BOTH = View("whole", {}, {"real": Rows("real"), "synthetic": Rows("synthetic")})


def by_square_root(real, synthetic):
    step = real.mean(axis=0) - synthetic.mean(axis=0)
    a, b = (np.atleast_2d(np.cov(item, rowvar=False)) for item in (real, synthetic))
    return step @ step + np.trace(a + b - 2 * np.real(sqrtm(a @ b)))


def by_nuclear_norm(real, synthetic):
    """The definition for any rank: tr (S1 S2)^(1/2) is the sum of singular values of the centred blocks' product."""
    a, b = ((item - item.mean(axis=0)) / np.sqrt(len(item) - 1) for item in (real, synthetic))
    step = real.mean(axis=0) - synthetic.mean(axis=0)
    return step @ step + (a**2).sum() + (b**2).sum() - 2 * np.linalg.norm(a @ b.T, "nuc")


def with_moments(rng, n, mean, root):
    """Rows whose sample mean and unbiased covariance are exactly `mean` and `root @ root.T`."""
    rows = rng.normal(size=(n, len(mean)))
    rows -= rows.mean(axis=0)
    white = rows @ np.linalg.inv(np.linalg.cholesky(np.cov(rows, rowvar=False))).T
    return white @ np.asarray(root).T + mean


def one_hot(rng, n):
    return np.eye(6)[rng.integers(0, 6, (n, 5))].reshape(n, -1)


def reading(real, synthetic):
    products = Products({"real": Side(real), "synthetic": Side(synthetic)})
    return _frechet_distance(
        Side(real), Side(synthetic), products.get(Gaussian, BOTH), products.get(Gaussian, BOTH, "synthetic")
    )


@pytest.mark.parametrize("d", [1, 2, 16, 40])
def test_matches_the_matrix_square_root_of_scipy(d):
    rng = np.random.default_rng(d)
    real, synthetic = rng.normal(size=(300, d)), 0.3 + rng.normal(size=(200, d)) @ rng.normal(size=(d, d))
    assert frechet_distance(real=real, synthetic=synthetic) == pytest.approx(by_square_root(real, synthetic), rel=1e-9)


def test_matches_torchmetrics_on_features():
    class Features(torch.nn.Module):
        num_features = 12

        def forward(self, x):
            return x

    rng = np.random.default_rng(0)
    real, synthetic = rng.normal(size=(300, 12)), 0.3 + 1.2 * rng.normal(size=(250, 12))
    peer = FrechetInceptionDistance(feature=Features()).set_dtype(torch.float64)
    peer.update(torch.from_numpy(real), real=True)
    peer.update(torch.from_numpy(synthetic), real=False)
    assert frechet_distance(real=real, synthetic=synthetic) == pytest.approx(float(peer.compute()), rel=1e-9)


def test_two_gaussians_with_known_moments():
    rng = np.random.default_rng(1)
    real = with_moments(rng, 50, [0.0, 0.0, 0.0], np.diag([1.0, 2.0, 3.0]))
    synthetic = with_moments(rng, 70, [1.0, -2.0, 0.0], np.diag([2.0, 2.0, 0.5]))
    # |m1 - m2|^2 + sum (s1 - s2)^2 = 5 + 1 + 0 + 6.25
    assert frechet_distance(real=real, synthetic=synthetic) == pytest.approx(12.25, rel=1e-12)


def test_covariances_that_do_not_commute():
    rng = np.random.default_rng(2)
    real = with_moments(rng, 40, [0.0, 0.0], [[2.0, 0.0], [0.0, 1.0]])
    synthetic = with_moments(rng, 40, [0.0, 0.0], [[1.0, 0.0], [1.0, 1.0]])
    # S1 = diag(4, 1), S2 = [[1, 1], [1, 2]]: tr (S1 S2)^(1/2) = sqrt(tr S1 S2 + 2 sqrt det) = sqrt(6 + 4)
    assert frechet_distance(real=real, synthetic=synthetic) == pytest.approx(5 + 3 - 2 * np.sqrt(10), rel=1e-12)


@pytest.mark.parametrize("offset", [0.0, 1e3, 1e6, 1e7])
@pytest.mark.parametrize("scale", [1.0, 0.1, 0.01])
@pytest.mark.parametrize(("n", "m", "d"), [(40, 30, 200), (300, 200, 8)])
def test_a_huge_mean_costs_only_the_digits_of_the_input(offset, scale, n, m, d):
    rng = np.random.default_rng(3)
    real, synthetic = rng.normal(size=(n, d)) * scale + offset, (0.1 + rng.normal(size=(m, d))) * scale + offset
    check_far_from_zero(real, synthetic, offset)


@pytest.mark.parametrize("offset", [1e3, 1e7])
def test_a_huge_mean_of_one_hot_columns_costs_no_digits(offset):
    rng = np.random.default_rng(3)
    check_far_from_zero(one_hot(rng, 200) + offset, one_hot(rng, 150) + offset, offset)


def check_far_from_zero(real, synthetic, offset):
    """Taking the offset off rows that near it is exact, so that the rows may be compared near 0."""
    near = real - offset, synthetic - offset
    spread = sum(np.var(item, axis=0, ddof=1).sum() for item in near)
    tolerance = 1e-12 * spread
    assert frechet_distance(real=real, synthetic=synthetic) == pytest.approx(by_nuclear_norm(*near), abs=tolerance)
    streamed = [reduce(Moments.merge, map(Moments.of, np.array_split(item, 7))) for item in (real, synthetic)]
    if len(real) > real.shape[1]:
        assert distance_of_moments(*streamed) == pytest.approx(by_nuclear_norm(*near), abs=tolerance)


def _fewer_rows_than_features(rng):
    return rng.normal(size=(20, 90)), 0.2 + rng.normal(size=(31, 90))


def _one_hot_tables(rng):
    return one_hot(rng, 200), one_hot(rng, 150)


def _constant_and_collinear(rng):
    real, synthetic = one_hot(rng, 120), one_hot(rng, 130)
    return tuple(np.column_stack([x, 2 * x[:, :4], np.ones(len(x))]) for x in (real, synthetic))


def _one_side_constant(rng):
    return np.ones((30, 4)), rng.normal(size=(40, 4))


def _disjoint_spans(rng):
    x = rng.normal(size=(40, 6))
    return x * [1, 1, 1, 0, 0, 0], x[:30] * [0, 0, 0, 1, 1, 1]


def _scales_far_apart(rng):
    scales = np.geomspace(1e-5, 1e3, 30)
    return rng.normal(size=(400, 30)) * scales, rng.normal(size=(300, 30)) * scales


SINGULAR = (
    _fewer_rows_than_features, _one_hot_tables, _constant_and_collinear, _one_side_constant, _disjoint_spans,
    _scales_far_apart,
)  # fmt: skip


@pytest.mark.parametrize("make", SINGULAR)
def test_singular_covariances_match_the_nuclear_norm(make):
    real, synthetic = make(np.random.default_rng(4))
    spread = np.trace(np.cov(real, rowvar=False)) + np.trace(np.cov(synthetic, rowvar=False))
    expected = by_nuclear_norm(real, synthetic)
    assert frechet_distance(real=real, synthetic=synthetic) == pytest.approx(expected, abs=1e-12 * spread)
    assert frechet_distance(real=synthetic, synthetic=real) == pytest.approx(expected, abs=1e-12 * spread)


@pytest.mark.parametrize("seed", range(20))
def test_the_same_rows_in_another_order_are_at_distance_zero(seed):
    rng = np.random.default_rng(seed)
    n, d = int(rng.integers(2, 150)), int(rng.integers(1, 60))
    rows = rng.normal(size=(n, d)) * 10.0 ** rng.uniform(-6, 6, size=d)
    assert frechet_distance(real=rows, synthetic=rng.permutation(rows)) == 0.0


def test_moments_that_stream_are_those_of_all_rows():
    rows = 1e6 + np.random.default_rng(5).normal(size=(500, 3))
    streamed = Moments.of(rows[:1])
    for start, stop in ((1, 7), (7, 300), (300, 500)):
        streamed = streamed.merge(Moments.of(rows[start:stop]))
    assert streamed.n == 500
    np.testing.assert_allclose(streamed.mean, rows.mean(axis=0), rtol=1e-15)
    np.testing.assert_allclose(streamed.mean - 1e6 + streamed.rest, (rows - 1e6).mean(axis=0), rtol=0, atol=1e-15)
    np.testing.assert_allclose(streamed.scatter / (streamed.n - 1), np.cov(rows, rowvar=False), atol=1e-9)


def test_moments_of_several_blocks_are_merged():
    rows = np.random.default_rng(6).normal(size=(20_000, 2)).astype(np.float32)
    found = moments(Side(rows))
    np.testing.assert_allclose(found.scatter / (found.n - 1), np.cov(rows.astype(float), rowvar=False), rtol=1e-12)


def test_interval_covers_the_expected_value():
    rng = np.random.default_rng(7)
    sets = [(rng.normal(size=(400, 3)), 0.7 + 1.3 * rng.standard_t(8, size=(90, 3))) for _ in range(300)]
    readings = [reading(real, synthetic).settled(shown=True) for real, synthetic in sets]
    expected = np.mean([item.value for item in readings])
    covered = np.mean([item.interval[0] <= expected <= item.interval[1] for item in readings])
    half_widths = np.mean([np.ptp(item.interval) / 2 for item in readings])
    assert covered >= 0.91
    assert half_widths == pytest.approx(1.96 * np.std([item.value for item in readings]), rel=0.15)
