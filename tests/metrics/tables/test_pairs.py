"""Pairs of columns: closed forms, peers' figures, and what a pair may bring."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit.errors import AuditkitError, DataError, ShapeError, UndefinedError, UnknownNameError
from auditkit.metrics.tables.pairs import contingency_similarity, correlation_similarity, cramers_v, mutual_information


def line(n=200, slope=1.0, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    return pd.DataFrame({"x": x, "y [in 'cm']": slope * x + rng.normal(size=n)})


@pytest.mark.parametrize("coefficient", ["pearson", "spearman"])
def test_correlations_are_compared_by_half_their_difference(coefficient):
    real, synthetic = line(slope=3.0), line(90, slope=-1.0, seed=1)
    r = [side.corr(method=coefficient).iloc[0, 1] for side in (real, synthetic)]
    found = correlation_similarity(real=real, synthetic=synthetic, coefficient=coefficient)
    assert found == pytest.approx(1.0 - abs(r[0] - r[1]) / 2.0, abs=1e-12)


def test_columns_in_another_order_are_the_same_pair():
    real, synthetic = line(), line(seed=1)
    turned = synthetic[synthetic.columns[::-1]]
    for function in (correlation_similarity, contingency_similarity):
        assert function(real=real, synthetic=turned) == function(real=real, synthetic=synthetic)


def test_a_correlation_does_not_see_what_cells_see():
    real = line(2000)
    far = real.assign(x=real["x"] * 1000 + 5)
    assert correlation_similarity(real=real, synthetic=far) == pytest.approx(1.0)
    assert contingency_similarity(real=real, synthetic=far) < 0.05


@pytest.mark.parametrize(
    "synthetic", [{"x": [1, 1, 1], "y": [1, 2, 3]}, {"x": [1, None, None], "y": [None, 2, 3]}, {"x": [1], "y": [1]}]
)
def test_a_correlation_needs_two_rows_that_differ(synthetic):
    with pytest.raises(UndefinedError, match="in `synthetic`: a column is constant, or fewer than two rows have both"):
        correlation_similarity(real={"x": [1, 2, 3], "y": [1, 2, 4]}, synthetic=synthetic)


def test_a_correlation_needs_numbers():
    words = {"x": ["a", "b"], "y": [1, 2]}
    with pytest.raises(ShapeError, match="'x' of `real` holds categories: use contingency_similarity"):
        correlation_similarity(real=words, synthetic=words)
    with pytest.raises(UnknownNameError, match="kendall"):
        correlation_similarity(real=line(), synthetic=line(), coefficient="kendall")


def test_cells_of_two_categories_are_compared_missing_among_them():
    real = {"a": ["x", "x", None, "NA"], "b": ["p", "q", "p", "p"]}
    synthetic = {"a": ["x", "x", None, None], "b": ["p", "q", "p", "p"]}
    assert contingency_similarity(real=real, synthetic=real) == 1.0
    assert contingency_similarity(real=real, synthetic=synthetic) == 0.75


def test_bins_of_equal_width_are_the_peers():
    i = np.arange(400)
    x = (i * 13) % 101 / 7.0
    real = pd.DataFrame({"x": x, "c": np.array(list("aaabbcd"))[(i * 13) % 7]})
    j = np.arange(300)
    synthetic = pd.DataFrame({"x": (j * 29) % 97 / 5.0, "c": np.array(list("aaabbcd"))[(j * 29) % 7]})
    # Measured with sdmetrics 0.32.0: ContingencySimilarity(continuous_column_names=["x"]).
    expected = 0.7816666666666666
    assert contingency_similarity(real=real, synthetic=synthetic, edges="width") == pytest.approx(expected, abs=1e-12)


def test_one_row_and_other_sizes_are_pairs():
    one = {"a": ["x"], "b": [2**53 + 1]}
    assert contingency_similarity(real=one, synthetic={"a": ["x", "x"], "b": [2**53 + 1] * 2}) == 1.0


@pytest.mark.parametrize("synthetic", [{"a": [1, 2]}, {"a": [1], "b": [2], "c": [3]}, {"a": [1, 2], "B": [1, 2]}])
def test_the_sets_must_share_two_columns(synthetic):
    with pytest.raises(ShapeError, match="give a pair"):
        contingency_similarity(real={"a": [1, 2], "b": [3, 4]}, synthetic=synthetic)


def test_wrong_options_are_refused():
    with pytest.raises(UnknownNameError, match="depth"):
        contingency_similarity(real=line(), synthetic=line(), edges="depth")
    with pytest.raises(AuditkitError, match="`bins` must be a whole number from 1 to 100000, got 0"):
        contingency_similarity(real=line(), synthetic=line(), bins=0)
    with pytest.raises(DataError, match="no column can be compared"):
        contingency_similarity(real={"a": [1], "b": [2]}, synthetic={"c": [1], "d": [2]})


def test_association_is_one_where_a_column_says_the_other_and_near_zero_where_it_does_not():
    rng = np.random.default_rng(0)
    a = rng.choice(list("xyz"), 3000)
    tied = pd.DataFrame({"a": a, "b": pd.Series(a).map({"x": 1, "y": 2, "z": 3})})
    free = tied.assign(b=rng.permutation(tied["b"]))
    assert cramers_v(table=tied) == pytest.approx(1.0)
    assert cramers_v(table=free) < 0.05
    assert mutual_information(table=tied) == pytest.approx(-sum(p * np.log(p) for p in tied["a"].value_counts() / 3000))
    assert mutual_information(table=tied, relative=True) == pytest.approx(1.0)
    assert mutual_information(table=free) < 0.01


def test_a_constant_column_has_no_association():
    table = {"a": ["x", "x"], "b": ["p", "q"]}
    with pytest.raises(UndefinedError, match="cramers_v is undefined: a column is constant"):
        cramers_v(table=table)
    with pytest.raises(UndefinedError, match="mutual_information is undefined"):
        mutual_information(table=table, relative=True)
    assert mutual_information(table=table) == pytest.approx(0.0, abs=1e-12)
    with pytest.raises(ShapeError, match="`table` has 3 columns: give two"):
        cramers_v(table={"a": [1, 2], "b": [1, 2], "c": [1, 2]})
