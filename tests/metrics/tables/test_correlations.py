"""Matrices of correlations against scipy, pair by pair."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from auditkit.metrics.tables.correlations import pearson_matrix, spearman_matrix

ORACLES = [(pearson_matrix, stats.pearsonr), (spearman_matrix, stats.spearmanr)]


def columns(missing, n=400):
    rng = np.random.default_rng(5)
    x = rng.normal(size=n)
    found = [x, x + rng.normal(size=n), np.round(x), 1e9 + rng.normal(size=n) / 10, -(x**3)]
    return [np.where(rng.random(n) < missing * place, np.nan, column) for place, column in enumerate(found)]


@pytest.mark.parametrize("missing", [0.0, 0.1])
@pytest.mark.parametrize(("matrix", "oracle"), ORACLES)
def test_each_pair_is_scipys_over_the_rows_with_both(matrix, oracle, missing):
    given = columns(missing)
    found = matrix(given)
    for i, left in enumerate(given):
        for j, right in enumerate(given):
            both = ~(np.isnan(left) | np.isnan(right))
            assert found[i, j] == pytest.approx(oracle(left[both], right[both]).statistic, abs=1e-9)


@pytest.mark.parametrize("matrix", [pearson_matrix, spearman_matrix])
def test_constant_empty_and_disjoint_columns_have_none(matrix):
    x = np.arange(6.0)
    half = np.where(x < 3, x, np.nan)
    given = [x, np.full(6, 2.5), np.full(6, np.nan), half, np.where(x >= 3, x, np.nan)]
    found = matrix(given)
    assert [found[0, 0], found[0, 3]] == pytest.approx([1.0, 1.0])
    assert np.isnan(found[1]).all()
    assert np.isnan(found[2]).all()
    assert np.isnan(found[3, 4])


def test_a_column_that_is_constant_where_both_are_present_has_none():
    x = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    y = np.array([7.0, 7.0, 7.0, 8.0, 9.0])
    assert np.isnan(pearson_matrix([np.where(x > 3, np.nan, x), y])[0, 1])


@pytest.mark.parametrize("scale", [1e-180, 1e180])
def test_scale_does_not_matter(scale):
    x, y = columns(0.0)[:2]
    assert pearson_matrix([x * scale, y])[0, 1] == pytest.approx(pearson_matrix([x, y])[0, 1], abs=1e-12)


def test_nearly_constant_columns_keep_their_digits():
    x = np.array([1.0, 2.0, 3.0, 4.0, 1e9])
    y = np.array([1.0, 2.0, 3.0, 4.5, np.nan])
    expected = stats.pearsonr(x[:4], y[:4]).statistic
    assert pearson_matrix([x, y])[0, 1] == pytest.approx(expected, abs=1e-12)


def test_no_column_has_no_correlation():
    assert pearson_matrix([]).shape == spearman_matrix([]).shape == (0, 0)


def test_threads_do_not_change_a_digit(monkeypatch):
    rng = np.random.default_rng(0)
    given = list(rng.normal(size=(4, 140_000)))
    found = []
    for threads in ("1", "2"):
        monkeypatch.setenv("AUDITKIT_THREADS", threads)
        found.append(pearson_matrix(given))
    np.testing.assert_array_equal(*found)
