"""Strengths of pairs against slow loops, scipy and samples drawn again and again."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats.contingency import association

from auditkit.errors import AuditkitError, ShapeError, UndefinedError
from auditkit.metrics import association_retention, association_similarity, cramers_v
from auditkit.metrics.tables.contingency import Coded, all_pairs, associations
from auditkit.metrics.tables.strengths import retained_share, strength_similarity

PAIR = all_pairs(2)


def counts_of(a, b):
    return pd.crosstab(np.asarray(a), np.asarray(b)).to_numpy()


def corrected_square(table):
    """V squared of a table of counts, by the paper's equations, cell by cell."""
    n, (r, c) = table.sum(), table.shape
    square = 0.0
    for i in range(r):
        for j in range(c):
            expected = table[i].sum() * table[:, j].sum() / n
            square += (table[i, j] - expected) ** 2 / expected / n
    free = min(r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)) - 1
    return max(0.0, square - (r - 1) * (c - 1) / (n - 1)) / free


def make_pair(n, seed, link=0.6, levels=(4, 6)):
    rng = np.random.default_rng(seed)
    a = rng.choice(levels[0], n, p=np.arange(1, levels[0] + 1) / sum(range(levels[0] + 1)))
    b = np.where(rng.random(n) < link, a % levels[1], rng.integers(0, levels[1], n))
    return {"a": [f"a{item}" for item in a], "b": [f"b{item}" for item in b]}


def coded(pair):
    codes = np.array([pd.factorize(np.asarray(pair[name]), sort=True)[0] + 1 for name in "ab"], np.int32)
    return Coded(codes, codes.max(axis=1).astype(np.int64) + 1)


@pytest.mark.parametrize("n", [40, 333, 2000])
def test_strengths_are_those_of_the_paper(n):
    real, synthetic = make_pair(n, 0), make_pair(n + 7, 1, link=0.2)
    first, second = (np.sqrt(corrected_square(counts_of(item["a"], item["b"]))) for item in (real, synthetic))
    found = association_similarity(real=real, synthetic=synthetic)
    assert found == pytest.approx(1.0 - abs(first - second), abs=1e-12)


def test_the_uncorrected_strength_is_scipys():
    pair = make_pair(500, 3)
    expected = association(counts_of(pair["a"], pair["b"]), method="cramer")
    assert cramers_v(table=pair) == pytest.approx(expected, abs=1e-12)
    (corrected,) = associations(coded(pair), PAIR).corrected
    n, square = 500, expected**2 * 3
    assert corrected == pytest.approx((square - 15 / (n - 1)) / (4 - 9 / (n - 1) - 1), abs=1e-12)


def test_numbers_are_cut_at_the_real_quantiles_and_missing_is_a_level():
    rng = np.random.default_rng(4)
    x = np.where(rng.random(1000) < 0.2, np.nan, rng.normal(0, 1, 1000))
    real = {"x": x, "y": np.where(np.isnan(x), "none", "some")}
    assert association_similarity(real=real, synthetic=real) == 1.0
    apart = real | {"y": rng.permutation(real["y"])}
    assert association_similarity(real=real, synthetic=apart) < 0.1
    x = np.arange(100.0)
    line, scaled = {"x": x, "y": x}, {"x": x * 1000, "y": x}
    assert association_similarity(real=line, synthetic=line, bins=5) == 1.0
    assert association_similarity(real=line, synthetic=scaled, bins=5) < 0.6


def test_independent_columns_have_no_strength_in_the_mean():
    squares, plain = [], []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        found = associations(Coded(rng.integers(0, 10, (2, 333)).astype(np.int32), np.array([10, 10])), PAIR)
        squares.append(found.corrected[0])
        plain.append(found.cramers_v[0])
    assert np.mean(plain) == pytest.approx(0.164, abs=0.005)
    assert np.mean(np.sqrt(squares)) < 0.04


@pytest.mark.parametrize(("link", "most"), [(0.0, 3.0), (0.3, 1.2), (0.7, 1.2)])
def test_errors_are_those_of_samples_drawn_again(link, most):
    found = [associations(coded(make_pair(400, seed, link=link)), PAIR) for seed in range(200)]
    squares, errors = (np.array([getattr(item, name)[0] for item in found]) for name in ("corrected", "error"))
    assert 0.9 < np.mean(errors) / np.std(squares) < most
    real = found[0]
    within = []
    truth = np.sqrt(np.mean(squares))
    for item in found[1:]:
        value, error = strength_similarity(real, item)
        assert 0 <= value[0] <= 1
        assert error[0] > 0
        within.append(abs(np.sqrt(item.corrected[0]) - truth) <= 1.96 * error[0])
    assert np.mean(within) > 0.95


def test_tables_too_large_to_lay_out_say_the_same():
    rng = np.random.default_rng(6)
    codes = rng.integers(0, 20, (2, 500)).astype(np.int32)
    codes[1] = np.where(rng.random(500) < 0.5, codes[0], codes[1])
    small = associations(Coded(codes, np.array([20, 20])), PAIR)
    large = associations(Coded(codes * 3000, np.array([60_000, 60_000])), PAIR)
    for name in ("cramers_v", "information", "corrected", "error"):
        assert getattr(large, name) == pytest.approx(getattr(small, name), rel=1e-9), name


def test_a_constant_column_says_nothing():
    real = make_pair(200, 7)
    strength = np.sqrt(corrected_square(counts_of(real["a"], real["b"])))
    still = real | {"b": ["b0"] * 200}
    assert association_similarity(real=real, synthetic=still) == pytest.approx(1.0 - strength, abs=1e-12)
    for function in (association_similarity, association_retention):
        with pytest.raises(UndefinedError, match=r"of `real`"):
            function(real=still, synthetic=real)


def test_keys_have_no_strength():
    real = {"a": [f"p{row}" for row in range(50)], "b": [f"q{row}" for row in range(50)]}
    assert association_similarity(real=real, synthetic=real) == 1.0
    with pytest.raises(UndefinedError, match="hang together beyond chance"):
        association_retention(real=real, synthetic=real)


def test_what_is_left_counts_by_strength_and_nothing_made_up():
    real, other = (np.array([0.25, 0.04, 0.0, np.nan]), np.array([0.09, 0.16, 0.5, 0.3]))
    zeros = np.zeros(4)
    made = [type(associations(coded(make_pair(50, 0)), PAIR))(zeros, zeros, square, zeros) for square in (real, other)]
    assert retained_share(*made) == pytest.approx((0.5 * 0.3 + 0.2 * 0.2) / 0.29, abs=1e-12)


def test_columns_drawn_apart_leave_next_to_nothing():
    rng = np.random.default_rng(8)
    base = rng.normal(0, 1, 2000)
    real = pd.DataFrame({f"x{place}": base + rng.normal(0, place, 2000) for place in range(4)})
    apart = real.apply(rng.permutation)
    assert association_retention(real=real, synthetic=real) == 1.0
    assert association_retention(real=real, synthetic=apart) < 0.1
    with pytest.raises(ShapeError, match="share 1 columns: give two or more"):
        association_retention(real=real[["x0"]], synthetic=real)
    with pytest.raises(AuditkitError, match="`bins` must be a whole number"):
        association_retention(real=real, synthetic=real, bins=0)
