"""Shapes of columns: closed forms, scipy and slow loops as oracles, and what real columns bring."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from auditkit.errors import AuditkitError, DataError, SampleSizeError, ShapeError, UndefinedError, UnknownNameError
from auditkit.metrics.tables.categories import (
    category_adherence,
    category_coverage,
    key_uniqueness,
    rare_category_loss,
    tv_complement,
)
from auditkit.metrics.tables.columns import (
    boundary_adherence,
    ks_complement,
    missing_value_similarity,
    range_coverage,
    statistic_similarity,
    wasserstein_complement,
)

ORDERED = [ks_complement, wasserstein_complement, statistic_similarity, boundary_adherence, range_coverage]
LEVELS = [tv_complement, category_adherence, category_coverage]
ANY = [*ORDERED, *LEVELS, missing_value_similarity]
NA = np.nan


def named(function):
    return function.__name__


def skewed(seed, n, shift=0.0):
    rng = np.random.default_rng(seed)
    return np.round(rng.exponential(size=n) + shift, 1)


def ks_by_hand(real, synthetic):
    """Largest difference of the shares of rows below, or above, any value; NaN is neither."""
    worst = 0.0
    for x in np.concatenate([real, synthetic]):
        if np.isnan(x):
            continue
        for side in (np.less_equal, np.less, np.greater, np.greater_equal):
            worst = max(worst, abs(side(real, x).mean() - side(synthetic, x).mean()))
    return 1.0 - worst


@pytest.mark.parametrize("function", ANY, ids=named)
def test_identical_columns_score_one(function):
    column = [1, 2, 2, 3, 7]
    assert function(real=column, synthetic=list(column)) == 1.0


@pytest.mark.parametrize("function", ANY, ids=named)
def test_given_columns_stay_as_they_are(function):
    real, synthetic = pd.Series([3.0, 1.0, None]), pd.Series([2.0, None, 9.0])
    before = real.copy(), synthetic.copy()
    function(real=real, synthetic=synthetic)
    pd.testing.assert_series_equal(real, before[0])
    pd.testing.assert_series_equal(synthetic, before[1])


@pytest.mark.parametrize("function", ANY, ids=named)
def test_order_of_rows_and_name_of_the_column_do_not_matter(function):
    real, synthetic = skewed(0, 50), skewed(1, 40)
    expected = function(real=real, synthetic=synthetic)
    renamed = pd.DataFrame({"a [b] 'c d'": synthetic[::-1]})
    assert function(real=pd.Series(real[::-1], name="other"), synthetic=renamed) == expected


def test_ks_complement_is_scipys_without_missing_cells():
    real, synthetic = skewed(0, 700), skewed(1, 450, 0.2)
    expected = 1.0 - stats.ks_2samp(real, synthetic).statistic
    assert ks_complement(real=real, synthetic=synthetic) == pytest.approx(expected, abs=1e-12)
    assert ks_complement(real=real, synthetic=synthetic, compatible="sdmetrics") == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("lost", [(0.0, 0.3), (0.3, 0.0), (0.2, 0.25)])
def test_ks_complement_counts_missing_cells_as_a_slow_loop_does(lost):
    rng = np.random.default_rng(3)
    columns = [np.where(rng.random(n) < share, NA, skewed(n, n)) for n, share in zip((90, 120), lost, strict=True)]
    found = ks_complement(real=columns[0], synthetic=columns[1])
    assert found == pytest.approx(ks_by_hand(*columns), abs=1e-12)
    assert found <= missing_value_similarity(real=columns[0], synthetic=columns[1]) + 1e-12


def test_ks_complement_in_the_peers_way_drops_missing_cells():
    real, synthetic = [1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0, NA, NA]
    assert ks_complement(real=real, synthetic=synthetic, compatible="sdmetrics") == 1.0
    assert ks_complement(real=real, synthetic=synthetic) == pytest.approx(2 / 3)


def test_ks_complement_in_the_peers_way_rounds_to_14_decimals():
    assert ks_complement(real=[0.0, 1e-15], synthetic=[1e-15, 1e-15], compatible="sdmetrics") == 1.0
    assert ks_complement(real=[0.0, 1e-15], synthetic=[1e-15, 1e-15]) == 0.5


def test_integers_beyond_two_to_the_53_are_told_apart():
    real, synthetic = [2**53, 2**53 + 2], [2**53 + 1, 2**53 + 3]
    assert ks_complement(real=real, synthetic=synthetic) == 0.5
    assert boundary_adherence(real=real, synthetic=synthetic) == 0.5


def test_dates_are_ordered_and_strings_of_numbers_are_numbers():
    days = pd.to_datetime(["2020-01-01", "2020-01-02", "2020-01-03", None])
    later = days + pd.Timedelta(days=1)
    assert ks_complement(real=days, synthetic=later) == 0.75
    assert boundary_adherence(real=days, synthetic=later) == pytest.approx(2 / 3)
    assert ks_complement(real=[1, 2], synthetic=["1", "2"]) == 1.0


def test_text_is_no_number():
    with pytest.raises(DataError, match="no number"):
        ks_complement(real=[1, 2], synthetic=["one", "two"])


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_wasserstein_complement_is_scipys_over_the_real_range(scale):
    real, synthetic = skewed(0, 300) * scale, skewed(1, 200, 0.3) * scale
    expected = 1.0 - stats.wasserstein_distance(real / scale, synthetic / scale) / np.ptp(real / scale)
    assert wasserstein_complement(real=real, synthetic=synthetic) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("statistic", "expected"), [("mean", lambda x: x.mean()), ("median", np.median), ("std", lambda x: x.std(ddof=1))]
)
def test_statistic_similarity_follows_its_formula(statistic, expected):
    real, synthetic = skewed(0, 300), skewed(1, 211, 0.3)
    wanted = 1.0 - abs(expected(real) - expected(synthetic)) / np.ptp(real)
    found = statistic_similarity(real=real, synthetic=synthetic, statistic=statistic)
    assert found == pytest.approx(wanted, abs=1e-12)


def test_statistic_similarity_refuses_what_it_does_not_know():
    with pytest.raises(UnknownNameError, match="meen"):
        statistic_similarity(real=[1, 2], synthetic=[1, 2], statistic="meen")
    with pytest.raises(UndefinedError, match="one value"):
        statistic_similarity(real=[1, 2], synthetic=[1], statistic="std")


def test_column_times_a_thousand_is_outside_the_range():
    age = np.arange(20.0, 80.0)
    far = age * 1000 + 5
    for function in (ks_complement, wasserstein_complement, statistic_similarity, boundary_adherence, range_coverage):
        assert function(real=age, synthetic=far) == 0.0


def test_missing_cells_are_outside_the_bounds_only_where_the_real_column_has_none():
    assert boundary_adherence(real=[0, 10], synthetic=[5, NA]) == 0.5
    assert boundary_adherence(real=[0, 10, NA], synthetic=[5, NA]) == 1.0
    assert category_adherence(real=["a"], synthetic=["a", None]) == 0.5
    assert category_adherence(real=["a", None], synthetic=["a", None]) == 1.0


def test_constant_columns():
    assert ks_complement(real=[3, 3], synthetic=[3, 3, 3]) == 1.0
    assert ks_complement(real=[3, 3], synthetic=[4]) == 0.0
    for function in (wasserstein_complement, statistic_similarity, range_coverage):
        with pytest.raises(UndefinedError, match=rf"^{named(function)} is undefined: the real column is constant\.$"):
            function(real=[3, 3], synthetic=[3, 4])


def test_columns_without_a_present_value():
    empty, full = [None, None], [1.0, 2.0]
    assert ks_complement(real=empty, synthetic=empty) == tv_complement(real=empty, synthetic=empty) == 1.0
    assert ks_complement(real=full, synthetic=empty) == ks_complement(real=empty, synthetic=full) == 0.0
    assert missing_value_similarity(real=full, synthetic=empty) == 0.0
    assert boundary_adherence(real=full, synthetic=empty) == 0.0
    with pytest.raises(UndefinedError, match="the real column has no present value"):
        boundary_adherence(real=empty, synthetic=full)
    for function in (wasserstein_complement, statistic_similarity, range_coverage):
        with pytest.raises(UndefinedError, match="the real column has no present value"):
            function(real=empty, synthetic=full)
        with pytest.raises(UndefinedError, match="the synthetic column has no present value"):
            function(real=full, synthetic=empty)
    for function in (ks_complement, tv_complement):
        with pytest.raises(UndefinedError, match="a set has no present value"):
            function(real=full, synthetic=empty, compatible="sdmetrics")
    with pytest.raises(UndefinedError, match="no present value"):
        boundary_adherence(real=[1.0, None], synthetic=empty)
    with pytest.raises(UndefinedError, match="no level"):
        category_coverage(real=empty, synthetic=["a"])


def test_tv_complement_is_half_the_summed_differences():
    rng = np.random.default_rng(0)
    real, synthetic = rng.choice(list("abcd"), 300), rng.choice(list("bcde"), 200)
    shares = [pd.Series(side).value_counts(normalize=True) for side in (real, synthetic)]
    expected = 1.0 - shares[0].sub(shares[1], fill_value=0.0).abs().sum() / 2.0
    assert tv_complement(real=real, synthetic=synthetic) == pytest.approx(expected, abs=1e-12)


def test_tv_complement_in_the_peers_way_has_seen_an_unseen_level_a_little():
    # Measured with sdmetrics 0.32.0: TVComplement of these columns.
    found = tv_complement(real=["a", "a"], synthetic=["a", "b"], compatible="sdmetrics")
    assert found == pytest.approx(0.50000049999975, abs=1e-12)
    assert tv_complement(real=["a", "a"], synthetic=["a", "b"]) == 0.5


def test_na_is_a_country_and_not_a_missing_cell():
    assert tv_complement(real=["NA", "DE"], synthetic=["NA", None]) == 0.5
    assert category_coverage(real=["NA", "DE"], synthetic=["NA", "NA"]) == 0.5
    assert missing_value_similarity(real=["NA", "DE"], synthetic=["NA", None]) == 0.5


def test_levels_of_mixed_types_meet_by_what_they_say():
    assert tv_complement(real=[1, 2], synthetic=["1", "2"]) == 1.0
    assert category_adherence(real=pd.Series([1, "x"], dtype=object), synthetic=["1", "x"]) == 1.0


def test_rare_levels_that_are_lost_are_counted():
    real = ["a"] * 97 + ["b", "c", "d"]
    assert rare_category_loss(real=real, synthetic=["a", "b"]) == pytest.approx(2 / 3)
    assert rare_category_loss(real=real, synthetic=real) == 0.0
    with pytest.raises(UndefinedError, match=r"no real level is held by 0\.01"):
        rare_category_loss(real=["a", "b"], synthetic=["a"])
    with pytest.raises(AuditkitError, match="`rare` must be a number above 0"):
        rare_category_loss(real=real, synthetic=real, rare=0.0)


def test_keys_are_unique_by_all_their_columns():
    assert key_uniqueness(synthetic=[1, 1, 2, None]) == 0.5
    table = {"a": [1, 1, 2, None], "b": ["x", "y", "x", None]}
    assert key_uniqueness(synthetic=table) == 0.75
    assert key_uniqueness(synthetic={"a": [None, None], "b": [1, 1]}) == 0.5


@pytest.mark.parametrize("function", ANY, ids=named)
def test_more_than_a_column_and_nothing_are_refused(function):
    with pytest.raises(ShapeError, match="`synthetic` has 2 columns: give one"):
        function(real=[1, 2], synthetic={"a": [1], "b": [2]})
    with pytest.raises(SampleSizeError, match="`real`"):
        function(real=[], synthetic=[1, 2])


def test_an_unknown_peer_is_refused():
    with pytest.raises(UnknownNameError, match="sdmetrix"):
        ks_complement(real=[1], synthetic=[1], compatible="sdmetrix")
    with pytest.raises(UnknownNameError, match="sdmetrix"):
        tv_complement(real=[1], synthetic=[1], compatible="sdmetrix")


def test_one_row_is_a_column():
    assert ks_complement(real=[1.5], synthetic=[1.5]) == tv_complement(real=["a"], synthetic=["a"]) == 1.0
