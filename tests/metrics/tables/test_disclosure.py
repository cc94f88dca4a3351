"""Attribute disclosure: SDMetrics' numbers, slow loops, controls and odd tables."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from auditkit.errors import AuditkitError, DataError, UndefinedError, UnknownNameError
from auditkit.metrics.tables.disclosure import _welch, attribute_disclosure, disclosure_protection


def table(n, seed, *, levels=4):
    rng = np.random.default_rng(seed)
    data = {name: rng.choice([f"{name}{i}" for i in range(levels)], n).astype(object) for name in "abc"}
    frame = pd.DataFrame(data | {"age": rng.integers(20, 40, n), "pay": rng.normal(size=n).round(2)})
    frame.loc[rng.random(n) < 0.1, "a"] = None
    frame.loc[rng.random(n) < 0.1, "pay"] = np.nan
    return frame


def loop(real, synthetic, known, sensitive, variant):
    """Attribution of each real row, None where no row has its key, cell by cell."""

    def rows(frame, names):
        return [tuple("(none)" if pd.isna(cell) else cell for cell in row) for row in frame[names].itertuples(False)]

    keys, values = rows(synthetic, known), rows(synthetic, sensitive)
    found = []
    for key, value in zip(rows(real, known), rows(real, sensitive), strict=True):
        apart = [sum(x != y for x, y in zip(key, other, strict=True)) for other in keys]
        nearest = min(apart) if variant == "generalized_cap" else 0
        near = [given == value for given, distance in zip(values, apart, strict=True) if distance == nearest]
        found.append(float(np.mean(near)) if near else None if variant == "cap" else 0.0)
    return found


@pytest.mark.parametrize("variant", ["cap", "zero_cap", "generalized_cap"])
@pytest.mark.parametrize(
    ("known", "sensitive"), [(["a", "b"], ["c"]), (["a", "b", "age"], ["c"]), (["age"], ["a", "b"])]
)
def test_a_slow_loop_gives_the_same_attributions(variant, known, sensitive):
    real, synthetic = table(120, 0), table(90, 1)
    expected = loop(real, synthetic, known, sensitive, variant)
    found = attribute_disclosure(
        real=real, synthetic=synthetic, known=known, sensitive=sensitive, variant=variant, compatible="sdmetrics"
    )
    assert found.matched.tolist() == [value is not None for value in expected]
    np.testing.assert_allclose(found.attributions, [value or 0.0 for value in expected], rtol=0, atol=1e-12)
    mean = np.mean([value for value in expected if value is not None])
    baseline = 1 - 1 / np.prod([real[name].nunique(dropna=False) for name in sensitive])
    assert found.protection == pytest.approx(min(1.0, (1 - mean) / baseline), abs=1e-12)
    assert found.frame()["attribution"].isna().tolist() == [value is None for value in expected]


# Measured with SDMetrics 0.32.0 on the first 600 rows of Adult's training set and of `syn_2024_mostlyai`:
# DisclosureProtection.compute(real, synthetic, known, sensitive, variant, continuous).
ADULT = [
    ("cap", "age sex education", "income", None, 0.49885912698412627),
    ("cap", "age occupation hours-per-week race", "marital-status workclass", None, 0.7010457987738911),
    ("cap", "age fnlwgt sex", "hours-per-week income", "age fnlwgt hours-per-week", 0.7620461904626882),
    ("zero_cap", "age occupation hours-per-week race", "marital-status workclass", None, 0.9582978723404256),
    ("generalized_cap", "age sex education", "income", None, 0.5118214518841953),
    ("generalized_cap", "age fnlwgt sex", "hours-per-week income", "age fnlwgt hours-per-week", 0.7657523554484789),
]


@pytest.mark.parametrize(("variant", "known", "sensitive", "continuous", "expected"), ADULT)
def test_sdmetrics_numbers_on_adult(shared_data, variant, known, sensitive, continuous, expected):
    real, synthetic = (
        pd.read_csv(shared_data("pairs_adult", f"{name}.csv.gz"), nrows=600)
        for name in ("real_trn", "syn_2024_mostlyai")
    )
    found = disclosure_protection(
        real=real,
        synthetic=synthetic,
        known=known.split(),
        sensitive=sensitive.split(),
        variant=variant,
        continuous=continuous and continuous.split(),
        compatible="sdmetrics",
    )
    assert found == pytest.approx(expected, abs=1e-9)


def test_bins_of_equal_width_are_those_of_pandas_cut():
    real, synthetic = table(200, 2), table(150, 3)
    cut, edges = pd.cut(real["pay"], 10, labels=False, retbins=True)
    edges[0], edges[-1] = -np.inf, np.inf
    bins = {"real": cut, "synthetic": pd.cut(synthetic["pay"], edges, labels=False)}
    by_hand = loop(
        real.assign(pay=bins["real"]), synthetic.assign(pay=bins["synthetic"]), ["pay", "b"], ["c"], "zero_cap"
    )
    found = attribute_disclosure(
        real=real, synthetic=synthetic, known=["pay", "b"], sensitive=["c"], variant="zero_cap", continuous=["pay"],
        compatible="sdmetrics",
    )  # fmt: skip
    np.testing.assert_allclose(found.attributions, by_hand, atol=1e-12)


def test_what_is_learnt_about_the_population_is_not_disclosure():
    rng = np.random.default_rng(0)

    def people(n):
        smokes = rng.choice(["yes", "no"], n)
        return pd.DataFrame({"smokes": smokes, "ill": np.where(rng.random(n) < 0.95, smokes, "no")})

    real, synthetic, holdout = people(3000), people(3000), people(3000)
    asked = {"real": real, "synthetic": synthetic, "known": ["smokes"], "sensitive": ["ill"]}
    assert disclosure_protection(**asked, compatible="sdmetrics") < 0.3
    assert disclosure_protection(**asked, holdout=holdout) > 0.8
    excess = attribute_disclosure(**asked, holdout=holdout).excess
    assert excess.low < 0 < excess.high


def test_a_copy_discloses_what_fresh_records_do_not():
    real, holdout = table(2000, 4, levels=12), table(2000, 5, levels=12)
    asked = {"known": ["a", "b", "age"], "sensitive": ["c"], "variant": "zero_cap", "holdout": holdout}
    assert disclosure_protection(real=real, synthetic=real, **asked) < 0.5
    assert disclosure_protection(real=real, synthetic=table(2000, 6, levels=12), **asked) > 0.95
    assert attribute_disclosure(real=real, synthetic=real, **asked).excess.low > 0.3


def test_frequent_values_are_no_disclosure_unless_compatible():
    real = pd.DataFrame({"k": ["x", "y"] * 50, "s": ["often"] * 90 + ["seldom"] * 10})
    asked = {
        "real": real,
        "synthetic": real.sample(frac=1, random_state=0).assign(k=real["k"]),
        "known": ["k"],
        "sensitive": ["s"],
    }
    assert disclosure_protection(**asked, compatible="sdmetrics") < 0.5
    assert disclosure_protection(**asked) > 0.9


def test_missing_cells_and_the_country_na_are_values_of_their_own():
    real = pd.DataFrame({"k [a] 'b'": ["NA", None, "DE"], "s": ["x", "y", "z"]})
    synthetic = pd.DataFrame({"s": ["x", "y", "w"], "k [a] 'b'": ["NA", None, "FR"], "more": [1, 2, 3]})
    found = attribute_disclosure(real=real, synthetic=synthetic, known=["k [a] 'b'"], sensitive=["s"])
    assert found.attributions.tolist() == [1.0, 1.0, 0.0]
    assert found.matched.tolist() == [True, True, False]


def test_large_integers_are_told_apart():
    real = pd.DataFrame({"k": np.array([2**53, 2**53 + 1, 5]), "s": ["x", "y", "x"]})
    synthetic = pd.DataFrame({"k": np.array([2**53 + 1, 2**53 + 1, 5]), "s": ["y", "y", "z"]})
    found = attribute_disclosure(
        real=real, synthetic=synthetic, known=["k"], sensitive=["s"], variant="zero_cap", compatible="sdmetrics"
    )
    assert found.attributions.tolist() == [0.0, 1.0, 0.0]


def test_nothing_to_protect_is_undefined():
    real = pd.DataFrame({"k": ["x", "y"], "s": ["same", "same"]})
    with pytest.raises(UndefinedError, match="nothing to protect"):
        disclosure_protection(real=real, synthetic=real, known=["k"], sensitive=["s"], compatible="sdmetrics")


def test_no_common_key_is_undefined_and_zero_for_the_other_variants():
    real, synthetic = pd.DataFrame({"k": ["x"], "s": ["a"]}), pd.DataFrame({"k": ["z", "z"], "s": ["a", "b"]})
    asked = {"real": real, "synthetic": synthetic, "known": ["k"], "sensitive": ["s"]}
    with pytest.raises(UndefinedError, match="no synthetic row has the values"):
        disclosure_protection(**asked)
    assert attribute_disclosure(**asked).reason.startswith("no synthetic row")
    assert disclosure_protection(**asked, variant="zero_cap") == 1.0
    assert attribute_disclosure(**asked, variant="generalized_cap").attributions.tolist() == [0.5]


def test_a_column_without_any_value_says_nothing():
    real = pd.DataFrame({"k": [None, None], "n": [np.nan, np.nan], "s": ["a", "b"]})
    found = attribute_disclosure(real=real, synthetic=real, known=["k", "n"], sensitive=["s"])
    assert found.attributions.tolist() == [0.5, 0.5]
    assert float(found) == 1.0


@pytest.mark.parametrize(
    ("asked", "error", "sentence"),
    [
        ({"known": []}, AuditkitError, "`known` must name at least one column"),
        ({"known": "a"}, AuditkitError, r"`known` must be a list of columns, got the text 'a'"),
        ({"known": ["a", "c"]}, AuditkitError, "column 'c' is in `known` and in `sensitive`"),
        ({"known": ["agee"]}, UnknownNameError, "did you mean 'age'"),
        ({"known": ["gone"]}, DataError, "column 'gone' of `known` cannot be compared: the synthetic set lacks it"),
        ({"variant": "caps"}, UnknownNameError, "unknown `variant` 'caps'"),
        ({"compatible": "sdv"}, UnknownNameError, "sdmetrics"),
        ({"continuous": ["b"]}, AuditkitError, "column 'b' of `continuous` holds categories"),
        ({"n_bins": 0}, AuditkitError, "`n_bins` must be a whole number from 1 on"),
    ],
)
def test_mistakes_are_said_in_a_sentence(asked, error, sentence):
    real, synthetic = table(20, 0).assign(gone=1), table(20, 1)
    with pytest.raises(error, match=sentence):
        disclosure_protection(**({"real": real, "synthetic": synthetic, "known": ["a"], "sensitive": ["c"]} | asked))


def test_tables_stay_as_they_are():
    real, synthetic = table(50, 0), table(50, 1)
    before = real.copy(deep=True)
    disclosure_protection(real=real, synthetic=synthetic, known=["a", "pay"], sensitive=["c"])
    pd.testing.assert_frame_equal(real, before)


def limits_of_excess(n_hit, m_hit, n, m):
    """Interval where so many of n training records and of m fresh ones are attributed."""
    real, holdout = (["yes"] * hit + ["no"] * (size - hit) for hit, size in ((n_hit, n), (m_hit, m)))
    found = attribute_disclosure(
        real={"key": ["a"] * n, "ill": real},
        synthetic={"key": ["a"], "ill": ["yes"]},
        holdout={"key": ["a"] * m, "ill": holdout},
        known=["key"],
        sensitive=["ill"],
    )
    return found.excess


def test_two_records_alike_on_each_side_leave_the_excess_open():
    excess = limits_of_excess(2, 1, 2, 2)
    assert (excess.low, excess.high) == (-1.0, 1.0)


@pytest.mark.parametrize(("n", "m"), [(3, 3), (3, 8), (10, 10)])
def test_the_excess_of_few_records_is_covered_as_often_as_promised(n, m):
    # Exactly, over all outcomes of two binomial draws; 0.94 because a discrete 95 % cannot be met everywhere.
    def drawn(hit, size):
        return np.r_[np.ones(hit), np.zeros(size - hit)]

    outcomes = list(itertools.product(range(n + 1), range(m + 1)))
    limits = {(i, j): _welch(i / n - j / m, (drawn(i, n), drawn(j, m))) for i, j in outcomes}
    for p, q in itertools.product((0.02, 0.2, 0.5, 0.8), (0.05, 0.3, 0.5, 0.95)):
        covered = sum(
            stats.binom.pmf(i, n, p) * stats.binom.pmf(j, m, q)
            for (i, j), (low, high) in limits.items()
            if low <= p - q <= high
        )
        assert covered > 0.94
