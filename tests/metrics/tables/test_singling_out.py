"""Singling out: brute force over predicates, anonymeter's counts, equal sizes, and odd tables."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest

from auditkit.errors import AuditkitError, UndefinedError, UnknownNameError
from auditkit.metrics.tables.risks import Rate, peer_risk, risk_of
from auditkit.metrics.tables.singling_out import _exactly_one, singling_out_risk


def people(n, seed):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 60, n),
            "pay (net)": np.exp(rng.normal(size=n)).round(3),
            "sex": rng.choice(["f", "m"], n).astype(object),
            "job's": rng.choice(list("abcdefghijk"), n).astype(object),
        }
    )
    frame.loc[rng.random(n) < 0.05, "sex"] = None
    frame.loc[rng.random(n) < 0.05, "pay (net)"] = np.nan
    return frame


def fits(frame, row, columns, medians):
    """Rows that are like a synthetic one, column by column."""
    mask = np.ones(len(frame), bool)
    for name in columns:
        value = row[name]
        if pd.isna(value):
            mask &= frame[name].isna().to_numpy()
        elif name in medians:
            above = value > medians[name]
            mask &= (frame[name] >= value).to_numpy() if above else (frame[name] <= value).to_numpy()
        else:
            mask &= (frame[name] == value).to_numpy()
    return mask


def test_every_predicate_is_tried_as_by_brute_force():
    real, synthetic, holdout = people(60, 0), people(40, 1), people(60, 2)
    medians = {name: synthetic[name].median() for name in ("age", "pay (net)")}
    attacks, hits, control = np.zeros(40, int), np.zeros(40, int), np.zeros(40, int)
    singled = np.zeros(60, int)
    for place, row in synthetic.iterrows():
        for columns in itertools.combinations(synthetic.columns, 2):
            if fits(synthetic, row, columns, medians).sum() != 1:
                continue
            attacks[place] += 1
            found = np.flatnonzero(fits(real, row, columns, medians))
            if len(found) == 1:
                hits[place] += 1
                singled[found] += 1
            control[place] += fits(holdout, row, columns, medians).sum() == 1
    result = singling_out_risk(real=real, synthetic=synthetic, holdout=holdout, n_cols=2)
    assert result.attacks.tolist() == attacks.tolist()
    assert result.hits.tolist() == hits.tolist()
    assert result.control_hits.tolist() == control.tolist()
    assert result.singled_out.tolist() == singled.tolist()
    assert result.n_attacks == attacks.sum()
    a, c = hits.sum() / attacks.sum(), control.sum() / attacks.sum()
    assert result.attack.value == pytest.approx(a)
    assert result.value == pytest.approx((a - c) / (1 - c))
    assert result.rows()["hits"].sum() == hits.sum()


def test_claims_about_one_column():
    synthetic = pd.DataFrame({"x": [1.0, 5.0, 5.0, 9.0, np.nan], "c": ["a", "b", "b", "c", "c"]})
    real = pd.DataFrame({"x": [1.0, 5.0, 12.0, 4.0, 4.0], "c": ["a", "a", "d", "d", "c"]})
    # Equal rows count once. x: missing, = 1, = 5, = 9, <= 1, >= 9; c: = a, = b.
    # True of real: = 1, = 5, <= 1, >= 9. Two rows are called a, none b, none lacks x.
    result = singling_out_risk(real=real, synthetic=synthetic, mode="univariate")
    assert result.attacks.tolist() == [3, 2, 0, 2, 1]
    assert result.hits.tolist() == [2, 1, 0, 1, 0]
    assert result.singled_out.tolist() == [2, 1, 1, 0, 0]
    assert result.value == 0.5
    assert result.control is None


# Measured with anonymeter 1.1.0 on Adult, SinglingOutEvaluator(ori, syn, n_attacks=10**6).evaluate("univariate") with
# syn_2021_flip30: 3,790 predicates, 3,569 true of the training set.
def test_anonymeter_counts_on_adult(shared_data):
    train, holdout, synthetic = (
        pd.read_csv(shared_data("pairs_adult", f"{name}.csv.gz"))
        for name in ("real_trn", "real_hol", "syn_2021_flip30")
    )
    result = singling_out_risk(
        real=train, synthetic=synthetic, holdout=holdout, mode="univariate", compatible="anonymeter"
    )
    assert (result.n_attacks, result.n_full[0]) == (3790, 3569)
    assert result.low > 0.9


def test_a_leaking_copy_is_found_and_an_honest_generator_is_not_accused(shared_data):
    train, holdout = (pd.read_csv(shared_data("pairs_adult", f"{name}.csv.gz")) for name in ("real_trn", "real_hol"))
    copy, honest = (
        pd.read_csv(shared_data("pairs_adult", f"{name}.csv.gz")) for name in ("syn_2021_flip10", "syn_2024_mostlyai")
    )
    assert singling_out_risk(real=train, synthetic=copy, holdout=holdout).low > 0.1
    assert singling_out_risk(real=train, synthetic=honest, holdout=holdout).low < 0


@pytest.mark.parametrize("share", [0.25, 1.0, 2.0])
def test_control_of_another_size_accuses_nobody_in_the_mean(share):
    risks = []
    for seed in range(12):
        real, synthetic, holdout = (
            people(400, 3 * seed),
            people(400, 3 * seed + 1),
            people(int(400 * share), 3 * seed + 2),
        )
        risks.append(singling_out_risk(real=real, synthetic=synthetic, holdout=holdout).value)
    assert abs(np.mean(risks)) < 4 * np.std(risks) / math.sqrt(len(risks))


@pytest.mark.parametrize("size", [100, 400])
def test_a_copy_is_as_risky_with_a_small_control(size):
    real, holdout = people(400, 0), people(size, 1)
    assert singling_out_risk(real=real, synthetic=real, holdout=holdout).value > 0.95


def test_chance_of_exactly_one_is_hypergeometric():
    from scipy.stats import hypergeom

    chances = _exactly_one(50, 20)
    np.testing.assert_allclose(chances, hypergeom.pmf(1, 50, np.arange(len(chances)), 20), atol=1e-12)
    assert _exactly_one(50, 50).tolist() == [0.0, 1.0, 0.0]
    assert _exactly_one(1, 1).tolist() == [0.0, 1.0]


def test_limits_of_the_risk_cover_the_truth():
    rng = np.random.default_rng(0)
    truth = 1 - 0.5 / 0.8
    rates = zip(rng.binomial(200, 0.5, 2000) / 200, rng.binomial(200, 0.2, 2000) / 200, strict=True)
    found = [risk_of(Rate(a, 200, 200), Rate(c, 200, 200)) for a, c in rates]
    assert 0.94 < np.mean([item.low <= truth <= item.high for item in found]) < 0.965


# Measured with anonymeter 1.1.0: EvaluationResults(100, 50, 0, 20).risk().
def test_anonymeter_interval():
    found = peer_risk(100, 50, 20)
    assert found.value == pytest.approx(0.36620767681068556, abs=1e-12)
    assert (found.low, found.high) == pytest.approx((0.22924134204633556, 0.5031740115750356), abs=1e-12)


def test_risks_at_the_ends():
    assert risk_of(Rate(1.0, 10, 10), Rate(0.0, 10, 10)).value == 1.0
    assert risk_of(Rate(0.0, 10, 10), Rate(0.0, 10, 10)).low < 0
    assert risk_of(Rate(0.5, 10, 10), Rate(1.0, 10, 10)) is None


def test_equal_records_are_no_single_person_unless_compatible():
    synthetic = pd.DataFrame({"x": ["a", "b", "b"]})
    real = pd.DataFrame({"x": ["a", "a", "c"]})
    assert singling_out_risk(real=real, synthetic=synthetic, mode="univariate").n_full == (0, None)
    # anonymeter counts the two equal records, and the two equal synthetic ones, once.
    found = singling_out_risk(real=real, synthetic=synthetic, mode="univariate", compatible="anonymeter")
    assert (found.n_attacks, found.n_full) == (2, (1, None))
    assert found.attacks.tolist() == [1, 1, 0]


def test_nothing_rare_is_undefined():
    two = pd.DataFrame({"x": [1, 1, 2, 2], "y": [1, 2, 1, 2]})
    none = singling_out_risk(real=two, synthetic=two, mode="univariate")
    assert none.risk is None
    with pytest.raises(UndefinedError, match="no claim can be made"):
        float(none)


def test_odd_columns():
    real = pd.DataFrame(
        {
            "large": np.array([2**53, 2**53 + 1, 2**53 + 2]),
            "when": pd.to_datetime(["2020-01-01", "2021-01-01", "2022-01-01"]),
            "empty": [None, None, None],
            "land": ["NA", "DE", "DE"],
            "here": [1, 2, 3],
        }
    )
    synthetic = real[["land", "empty", "when", "large"]].assign(extra=1, land=["NA", "FR", "FR"]).iloc[[0, 1]]
    found = singling_out_risk(real=real, synthetic=synthetic, mode="univariate")
    # large and when: each value, least, largest; land: NA, and FR that nobody has.
    assert found.attacks.sum() == 10
    assert found.hits.tolist() == [5, 2]  # from row 1 on two records are as large or as late
    one = singling_out_risk(real=real.head(1), synthetic=synthetic.head(1), holdout=real.tail(1), n_cols=1)
    assert one.n_attacks == 4


def test_same_seed_same_claims_and_fewer_when_asked():
    real, synthetic = people(100, 0), people(100, 1)
    one, two = (singling_out_risk(real=real, synthetic=synthetic, attacks=50, seed=3) for _ in range(2))
    assert one.n_attacks == 50
    assert one.attacks.tolist() == two.attacks.tolist()
    assert (
        one.attacks.tolist() != singling_out_risk(real=real, synthetic=synthetic, attacks=50, seed=4).attacks.tolist()
    )


def test_threads_do_not_change_a_bit(monkeypatch):
    real, synthetic, found = people(700, 0), people(700, 1), []
    for threads in ("1", "2"):
        monkeypatch.setenv("AUDITKIT_THREADS", threads)
        found.append(singling_out_risk(real=real, synthetic=synthetic).hits.tobytes())
    assert found[0] == found[1]


def test_more_combinations_than_can_be_tried_are_dealt_out(monkeypatch):
    monkeypatch.setattr("auditkit.metrics.tables.predicates.CANDIDATES", 300)
    monkeypatch.setattr("auditkit.metrics.tables.predicates._SETS", 3)
    found = singling_out_risk(real=people(100, 0), synthetic=people(100, 1), n_cols=2)
    assert 0 < found.attacks.max() <= 3


@pytest.mark.parametrize(
    ("asked", "error", "sentence"),
    [
        ({"mode": "bivariate"}, UnknownNameError, "did you mean 'univariate'"),
        ({"n_cols": 5}, AuditkitError, "`n_cols` must be a whole number from 1 to 4"),
        ({"attacks": 0}, AuditkitError, "`attacks` must be a whole number from 1 on"),
        ({"compatible": "sdmetrics"}, UnknownNameError, "anonymeter"),
    ],
)
def test_mistakes_are_said_in_a_sentence(asked, error, sentence):
    with pytest.raises(error, match=sentence):
        singling_out_risk(**({"real": people(9, 0), "synthetic": people(9, 1)} | asked))
