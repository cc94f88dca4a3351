"""Kernel distance and CMMD against exact fractions, torchmetrics, torch-fidelity's order of draws and closed forms."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch
from torchmetrics.image.kid import poly_mmd

from auditkit.errors import AuditkitError, SampleSizeError, UndefinedError
from auditkit.metrics import cmmd, kernel_distance, kernel_sums, kernels
from auditkit.metrics.kernels import _cmmd, _kernel_distance
from auditkit.metrics.products import Side

DEFAULTS = {"degree": 3, "gamma": None, "coef0": 1.0, "subsets": None, "subset_size": 1000, "seed": 0}


def by_matrices(real, synthetic, degree=3, gamma=None, coef0=1.0):
    gamma = 1.0 / real.shape[1] if gamma is None else gamma
    n, m = len(real), len(synthetic)
    a, b, c = (
        (gamma * (x @ y.T) + coef0) ** degree for x, y in ((real, real), (synthetic, synthetic), (real, synthetic))
    )
    within = (a.sum() - np.trace(a)) / (n * (n - 1)) + (b.sum() - np.trace(b)) / (m * (m - 1))
    return within - 2.0 * c.mean()


def by_fractions(real, synthetic, degree=3):
    """No rounding at all, for numbers that are binary fractions."""
    rows, others = ([[Fraction(float(v)) for v in row] for row in item] for item in (real, synthetic))

    def mean(pairs):
        values = [
            (sum((p * q for p, q in zip(x, y, strict=True)), Fraction(0)) / len(x) + 1) ** degree for x, y in pairs
        ]
        return sum(values, Fraction(0)) / len(values)

    def within(items):
        return mean([(x, y) for i, x in enumerate(items) for j, y in enumerate(items) if i != j])

    return float(within(rows) + within(others) - 2 * mean([(x, y) for x in rows for y in others]))


def by_distances(real, synthetic, sigma=10.0, scale=1000.0):
    def mean(x, y):
        squared = ((x[:, None].astype(np.longdouble) - y[None]) ** 2).sum(axis=2)
        return np.expm1(-squared / (2 * sigma**2)).mean()

    return float(scale * (mean(real, real) + mean(synthetic, synthetic) - 2 * mean(real, synthetic)))


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def make_pair(rng, n=70, m=45, d=6, offset=0.0, shift=0.2):
    return rng.normal(size=(n, d)) + offset, 1.2 * rng.normal(size=(m, d)) + offset + shift


def reading(real, synthetic, **parameters):
    return _kernel_distance(Side(real), Side(synthetic), **{**DEFAULTS, **parameters})


@pytest.mark.parametrize("degree", [1, 2, 3, 4, 5])
@pytest.mark.parametrize(("gamma", "coef0"), [(None, 1.0), (0.5, 0.0), (2.0, 3.0)])
def test_matches_the_kernel_matrices(degree, gamma, coef0):
    real, synthetic = make_pair(np.random.default_rng(degree))
    given = {"degree": degree, "gamma": gamma, "coef0": coef0}
    expected = by_matrices(real, synthetic, **given)
    assert kernel_distance(real=real, synthetic=synthetic, **given) == pytest.approx(expected, rel=1e-10, abs=1e-10)


def test_matches_torchmetrics_on_equal_sizes():
    real, synthetic = make_pair(np.random.default_rng(1), m=70)
    expected = poly_mmd(torch.from_numpy(real), torch.from_numpy(synthetic), 3, None, 1.0)
    assert kernel_distance(real=real, synthetic=synthetic) == pytest.approx(float(expected), rel=1e-10)


@pytest.mark.parametrize("offset", [0.0, 3.0, 2.0**10, 2.0**20, 2.0**30])
@pytest.mark.parametrize("degree", [1, 3, 4])
def test_exact_at_any_offset_of_the_mean(offset, degree):
    rng = np.random.default_rng(2)
    # Multiples of 1/16, so that the offset itself rounds nothing.
    real, synthetic = (np.round(item * 16) / 16 for item in make_pair(rng, n=14, m=11, d=3, offset=offset, shift=0.5))
    expected = by_fractions(real, synthetic, degree)
    assert kernel_distance(real=real, synthetic=synthetic, degree=degree) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    "make",
    [
        lambda rng: (rng.integers(0, 3, (40, 4)).astype(float), rng.integers(0, 3, (30, 4)).astype(float)),
        lambda rng: (np.repeat(rng.normal(size=(10, 4)), 4, axis=0), rng.normal(size=(30, 4))),
        lambda _: (np.full((20, 3), 7.0), np.full((30, 3), 5.0)),
        lambda rng: (rng.normal(size=(12, 50)), rng.normal(size=(9, 50))),
        lambda rng: (rng.normal(size=(12, 1)), rng.normal(size=(9, 1))),
        lambda rng: (rng.normal(size=(2, 3)), rng.normal(size=(2, 3))),
    ],
    ids=["lattice", "duplicates", "constant", "fewer rows than features", "one feature", "two rows"],
)
def test_odd_data_match_the_kernel_matrices(make):
    real, synthetic = make(np.random.default_rng(3))
    expected = by_matrices(real, synthetic)
    assert kernel_distance(real=real, synthetic=synthetic) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_constant_sets_that_are_alike_are_no_distance_apart():
    assert kernel_distance(real=np.full((5, 2), 1e6), synthetic=np.full((4, 2), 1e6)) == 0.0


def test_cubic_kernel_in_one_dimension_compares_three_moments():
    # (xy + 1)^3 = 1 + 3 xy + 3 x^2 y^2 + x^3 y^3, so the population value is a sum over moments.
    def population(mean, deviation):
        return np.array([mean, mean**2 + deviation**2, mean**3 + 3 * mean * deviation**2])

    step = population(0.0, 1.0) - population(0.3, 1.1)
    expected = np.array([3, 3, 1]) @ step**2
    rng = np.random.default_rng(4)
    values = [
        kernel_distance(real=rng.normal(size=(80, 1)), synthetic=rng.normal(0.3, 1.1, size=(60, 1))) for _ in range(150)
    ]
    assert np.mean(values) == pytest.approx(expected, abs=4 * np.std(values) / np.sqrt(150))


@pytest.mark.parametrize(("d", "shift"), [(2, 0.8), (16, 0.4)])
def test_interval_away_from_zero_holds_the_mean_and_is_no_wider_than_it_must(d, shift):
    rng = np.random.default_rng(17)
    found = [reading(*make_pair(rng, n=80, m=60, d=d, shift=shift)) for _ in range(150)]
    values = np.array([item.value for item in found])
    low, high = np.array([item.interval for item in found]).T
    assert np.mean((low <= values.mean()) & (values.mean() <= high)) >= 0.93
    assert (high - low).mean() < 1.3 * 2 * 1.96 * values.std()


def test_no_bias_where_sets_do_not_differ_and_error_at_most_doubled():
    rng = np.random.default_rng(5)
    found = [reading(rng.normal(size=(50, 8)), rng.normal(size=(40, 8))) for _ in range(100)]
    values = np.array([item.value for item in found])
    assert abs(values.mean()) < 4 * values.std() / np.sqrt(100)
    ratio = np.mean([item.details["error"] for item in found]) / values.std()
    assert 1.0 < ratio < 2.0


def test_float32_products_cannot_be_seen_in_the_result(monkeypatch):
    rng = np.random.default_rng(6)
    real, synthetic = make_pair(rng, n=1200, m=1000, d=24, offset=1e4)
    kinds = []
    paired = kernel_sums._paired
    monkeypatch.setattr(kernel_sums, "_paired", lambda *given: kinds.append(given[-1]) or paired(*given))
    single = reading(real, synthetic)
    assert kinds[-1] is np.float32
    monkeypatch.setattr(kernel_sums, "SMALL", 10_000)
    double = reading(real, synthetic)
    assert kinds[-1] is np.float64
    assert single.value != double.value
    assert single.value == pytest.approx(double.value, abs=1e-5 * double.details["error"])


def test_float64_products_where_float32_would_be_seen(monkeypatch):
    rng = np.random.default_rng(7)
    real, synthetic = make_pair(rng, n=1200, m=1000, d=24, shift=1e7)
    value = kernel_distance(real=real, synthetic=synthetic)
    monkeypatch.setattr(kernel_sums, "SMALL", 10_000)
    assert value == kernel_distance(real=real, synthetic=synthetic)


def test_same_bytes_for_any_number_of_threads(monkeypatch):
    real, synthetic = make_pair(np.random.default_rng(8), n=1300, m=900, d=16)
    values = []
    for threads in ("1", "2", "3"):
        monkeypatch.setenv("AUDITKIT_THREADS", threads)
        values.append((kernel_distance(real=real, synthetic=synthetic), cmmd(real=real, synthetic=synthetic)))
    assert values[0] == values[1] == values[2]


@pytest.mark.parametrize(("strip", "columns", "group"), [(7, 13, 2), (64, 64, 1), (512, 1024, 32)])
def test_blocks_of_any_size_give_the_same(monkeypatch, strip, columns, group):
    real, synthetic = make_pair(np.random.default_rng(9))
    expected = by_matrices(real, synthetic)
    for name, size in {"STRIP": strip, "COLUMNS": columns, "GROUP": group}.items():
        monkeypatch.setattr(kernel_sums, name, size)
    assert kernel_distance(real=real, synthetic=synthetic) == pytest.approx(expected, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("cost", [0.0, 1e9], ids=["one pass", "one by one"])
def test_subsets_are_drawn_in_the_order_of_torch_fidelity(monkeypatch, cost):
    monkeypatch.setattr(kernels, "MEMBER_COST", cost)
    real, synthetic = make_pair(np.random.default_rng(10), n=90, m=60)
    rng = np.random.RandomState(2020)
    expected = []
    for _ in range(20):
        ours = real[rng.choice(90, 40, replace=False)]
        theirs = synthetic[rng.choice(60, 40, replace=False)]
        expected.append(by_matrices(ours, theirs))
    found = reading(real, synthetic, subsets=20, subset_size=40, seed=2020)
    assert found.value == pytest.approx(np.mean(expected), rel=1e-10)
    assert found.details["std"] == pytest.approx(np.std(expected), rel=1e-10)
    assert found.value == kernel_distance(real=real, synthetic=synthetic, subsets=20, subset_size=40, seed=2020)
    assert found.value != kernel_distance(real=real, synthetic=synthetic, subsets=20, subset_size=40)


def test_interval_of_subsets_is_wider_than_that_of_all_pairs_and_found_only_when_shown():
    real, synthetic = make_pair(np.random.default_rng(11), n=90, m=60)
    found, whole = reading(real, synthetic, subsets=20, subset_size=40), reading(real, synthetic)
    assert found.interval is None
    low, high = found.settled(shown=True).interval
    assert high - low > whole.interval[1] - whole.interval[0]
    assert low < found.value < high


@pytest.mark.parametrize("role", ["real", "synthetic"])
def test_subset_beyond_the_set_names_the_fix(role):
    sets = {"real": np.eye(50), "synthetic": np.eye(50)} | {role: np.eye(50)[:30]}
    with pytest.raises(SampleSizeError, match=rf"`{role}` has 30 samples.*subset_size=30 or less, or leave out"):
        kernel_distance(**sets, subsets=5, subset_size=40)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"degree": 0}, "`degree` must be a whole number from 1 to 100, got 0"),
        ({"degree": 2.5}, "`degree` must be a whole number"),
        ({"degree": True}, "`degree` must be a whole number"),
        ({"gamma": 0.0}, "`gamma` must be a number above 0, got 0.0"),
        ({"gamma": "1"}, "`gamma` must be a number above 0"),
        ({"coef0": -1.0}, "`coef0` must be a number from 0 on"),
        ({"coef0": float("nan")}, "`coef0` must be a number from 0 on"),
        ({"subsets": 0, "subset_size": 5}, "`subsets` must be a whole number from 1 on"),
        ({"subsets": 3, "subset_size": 1}, "`subset_size` must be a whole number from 2 on"),
        ({"subsets": 3, "subset_size": 5, "seed": 2**32}, "`seed` must be a whole number from 0 to 4294967295"),
    ],
)
def test_impossible_parameters_are_refused(given, said):
    with pytest.raises(AuditkitError, match=said):
        kernel_distance(real=np.eye(8), synthetic=np.eye(8), **given)


def test_one_sample_has_no_pair():
    with pytest.raises(SampleSizeError, match="at least 2 samples per set, got real=8, synthetic=1"):
        kernel_distance(real=np.eye(8), synthetic=np.eye(8)[:1])


def test_overflow_is_said():
    with pytest.raises(AuditkitError, match=r"overflows at degree=12.*standardise"):
        kernel_distance(real=np.eye(8) * 1e17, synthetic=-np.eye(8) * 1e17, degree=12)


@pytest.mark.parametrize("sigma", [0.1, 1.0, 10.0, 100.0])
def test_cmmd_matches_distances_in_long_double(sigma):
    real, synthetic = make_pair(np.random.default_rng(12))
    expected = by_distances(unit(real), unit(synthetic), sigma)
    assert cmmd(real=real, synthetic=synthetic, sigma=sigma) == pytest.approx(expected, rel=1e-10)
    raw = by_distances(real, synthetic, sigma)
    assert cmmd(real=real, synthetic=synthetic, sigma=sigma, normalise=False) == pytest.approx(raw, rel=1e-10)


def test_cmmd_of_two_directions():
    # One row a side, at a right angle: 2 (1 - exp(-2 / (2 sigma^2))).
    x = np.array([[0.0, 3.0], [0.5, 0.0]])
    expected = -2000 * np.expm1(-1 / 100)
    assert cmmd(real=x[:1], synthetic=x[1:]) == pytest.approx(expected, rel=1e-12)
    assert cmmd(real=x[:1], synthetic=x[1:], scale=1.0) == pytest.approx(expected / 1000, rel=1e-12)


def test_cmmd_keeps_its_digits_where_sets_hardly_differ():
    rng = np.random.default_rng(13)
    real = rng.normal(size=(40, 5)) * 1e-4 + np.eye(5)[0]
    synthetic = rng.normal(size=(30, 5)) * 1e-4 + np.eye(5)[0]
    expected = by_distances(unit(real), unit(synthetic))
    assert 0 < expected < 1e-7
    assert cmmd(real=real, synthetic=synthetic) == pytest.approx(expected, rel=1e-6)


def test_cmmd_is_nearly_the_step_between_mean_directions():
    real, synthetic = (unit(item) for item in make_pair(np.random.default_rng(14), n=400, m=300, shift=1.0))
    step = real.mean(axis=0) - synthetic.mean(axis=0)
    assert cmmd(real=real, synthetic=synthetic) == pytest.approx(1000 / 10**2 * step @ step, rel=0.03)


@pytest.mark.parametrize("factor", [1e-55, 0.5, 1e15])
def test_cmmd_sees_no_lengths(factor):
    real, synthetic = make_pair(np.random.default_rng(15))
    expected = cmmd(real=real, synthetic=synthetic)
    assert cmmd(real=real * factor, synthetic=synthetic) == pytest.approx(expected, rel=1e-10)


def test_cmmd_of_rows_without_direction_names_set_and_count():
    real, synthetic = np.eye(4), np.vstack([np.eye(4), np.zeros((2, 4))])
    with pytest.raises(UndefinedError, match="`synthetic` has 2 of 6 rows of length 0"):
        cmmd(real=real, synthetic=synthetic)
    assert cmmd(real=real, synthetic=synthetic, normalise=False) > 0


@pytest.mark.parametrize("given", [{"sigma": 0.0}, {"sigma": -1.0}, {"scale": 0.0}, {"sigma": float("inf")}])
def test_cmmd_refuses_impossible_parameters(given):
    with pytest.raises(AuditkitError, match=r"must be a number (above 0|from 1e-60 on)"):
        cmmd(real=np.eye(3), synthetic=np.eye(3), **given)


def test_cmmd_interval_holds_the_expectation_at_its_sizes():
    rng = np.random.default_rng(16)
    found = []
    for _ in range(100):
        real, synthetic = make_pair(rng, n=60, m=50, shift=0.5)
        found.append(_cmmd(Side(real), Side(synthetic), sigma=10.0, scale=1000.0, normalise=True))
    expected = np.mean([item.value for item in found])
    assert np.mean([item.interval[0] <= expected <= item.interval[1] for item in found]) >= 0.9


@pytest.mark.parametrize(
    ("function", "parameters", "named"),
    [
        (kernel_distance, {"degree": 2**40}, "`degree` must be a whole number from 1 to 100"),
        (kernel_distance, {"subset_size": "foo"}, "`subset_size` must be a whole number"),
        (kernel_distance, {"seed": -1}, "`seed` must be a whole number"),
        (cmmd, {"sigma": 1e-200}, "`sigma` must be a number from 1e-60 on"),
    ],
)
def test_parameters_are_checked_whether_they_are_read_or_not(function, parameters, named):
    rows = np.random.default_rng(0).normal(size=(20, 3))
    with pytest.raises(AuditkitError, match=named):
        function(real=rows, synthetic=rows, **parameters)


@pytest.mark.parametrize("sigma", [1e-60, 1e-20, 1e200])
def test_the_narrowest_and_the_widest_kernel_have_values(sigma):
    rng = np.random.default_rng(0)
    real, synthetic = rng.normal(size=(20, 3)), rng.normal(size=(30, 3))
    # A kernel that sees nothing but a row itself, and one that sees no difference.
    expected = 1000 * (1 / 20 + 1 / 30) if sigma < 1 else 0.0
    assert cmmd(real=real, synthetic=synthetic, sigma=sigma) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("n", [60, 2500])
def test_identical_sets_are_at_no_distance_but_for_rounding(n):
    rows = np.random.default_rng(0).normal(size=(n, 8))
    assert cmmd(real=rows, synthetic=rows, sigma=1.0, scale=1.0) < 1e-10
