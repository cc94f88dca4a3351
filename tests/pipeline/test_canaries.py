"""Canary audits: copiers, honest functions, a mechanism of known epsilon, generators by name, and odd tables."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.errors import AuditkitError, DataError, SampleSizeError, UnknownNameError


def people(n, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 90, n),
            "pay [k]": np.exp(rng.normal(3, 1, n)).round(2),
            "job": rng.choice(list("abcdefgh"), n).astype(object),
            "member": rng.random(n) < 0.5,
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n), unit="D"),
        }
    )
    frame.loc[rng.random(n) < 0.05, "job"] = None
    return frame


def copies(train, n, seed):
    return train.sample(n, replace=True, random_state=seed)


def test_a_copier_is_found():
    audit = ak.canary_audit(generator=copies, real=people(300), seed=1)
    # Each record is among as many draws with replacement with chance 1 - 1/e.
    assert audit.found == pytest.approx(1 - 1 / math.e, abs=0.12)
    assert audit.found_left_out == 0.0
    assert audit.epsilon > 2.5
    assert audit.correct / audit.guesses > 0.95
    assert audit.exposure > 6
    assert abs(audit.exposure_left_out - 1 / math.log(2)) < 0.6
    assert "epsilon is at least" in str(audit)
    assert audit.planted.shape == (4, 50)
    assert audit.frame()["found_left_out"].fillna(0).eq(0).all()


def test_what_does_not_look_at_the_data_is_not_accused():
    fixed = people(300, 5)
    found = [
        ak.canary_audit(
            generator=lambda _train, n, seed: copies(fixed, n, seed), real=people(300), seed=seed, canaries=20
        )
        for seed in range(20)
    ]
    assert sum(audit.epsilon > 0 for audit in found) <= 3
    assert all(audit.epsilon_by_rates == 0 for audit in found)
    assert np.mean([audit.exposure - audit.exposure_left_out for audit in found]) == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("truth", [1.0, 3.0])
def test_the_bound_stays_below_a_known_epsilon(truth):
    real, planted = people(60), people(30, 7).assign(age=200 + np.arange(30))
    keeps = 1 / (1 + math.exp(-truth))

    def randomised(train, n, seed):
        """Say of each record whether it is there, and lie with chance 1 / (1 + e^epsilon)."""
        there = planted["age"].isin(train["age"]).to_numpy()
        said = np.where(np.random.default_rng(seed).random(30) < keeps, there, ~there)
        return pd.concat([real, planted[said]]).head(n + 30)

    bounds = [
        ak.canary_audit(
            generator=randomised, real=real, canaries=planted, repeats=3, n_candidates=200, seed=seed
        ).epsilon
        for seed in range(40)
    ]
    assert sum(bound > truth for bound in bounds) <= 5
    assert np.median(bounds) > 0.2 * truth


def test_a_registered_generator_by_name_and_by_object():
    real = ak.load(people(120).drop(columns="since"), label="member")
    by_name = ak.canary_audit(generator="cart", real=real, canaries=6, repeats=2, n_candidates=50, seed=3)
    generator = ak.generators.create("cart", modality="tabular")
    by_object = ak.canary_audit(generator=generator, real=real, canaries=6, repeats=2, n_candidates=50, seed=3)
    assert by_name.planted.tolist() == by_object.planted.tolist()
    assert by_name.distances.tolist() == by_object.distances.tolist()
    assert list(by_name.canaries.columns) == list(real.table.columns)


def test_a_function_gets_what_the_caller_has():
    kinds = []

    def see(train, n, seed):
        kinds.append(type(train).__name__)
        return train.take(np.arange(n)) if isinstance(train, ak.Dataset) else copies(train, n, seed)

    ak.canary_audit(generator=see, real=people(40), canaries=3, repeats=1, n_candidates=10)
    ak.canary_audit(generator=see, real=ak.load(people(40)), canaries=3, repeats=1, n_candidates=10)
    assert kinds == ["DataFrame", "Dataset"]


def test_canaries_stay_within_levels_ranges_and_digits():
    real = people(100)
    drawn = ak.canary_audit(generator=copies, real=real, canaries=300, repeats=1).canaries
    assert drawn["age"].between(real["age"].min(), real["age"].max()).all()
    assert (drawn["pay [k]"] - drawn["pay [k]"].round(2)).abs().max() < 1e-9
    assert set(drawn["job"]) <= set(real["job"].dropna())
    assert drawn["since"].isin(real["since"]).all()


def test_odd_columns_are_planted_too():
    real = pd.DataFrame(
        {
            "id": [f"p{number:04d}" for number in range(60)],
            "empty": [None] * 60,
            "same": ["x"] * 60,
            "big": 2**53 + np.arange(60),
            "land": ["NA", "DE", None] * 20,
        }
    )
    audit = ak.canary_audit(generator=copies, real=real, canaries=10, repeats=2, n_candidates=30)
    assert set(audit.canaries["same"]) == {"x"}
    assert set(audit.canaries["land"]) <= {"NA", "DE"}


def test_same_seed_same_audit_and_nothing_is_changed():
    real = people(80)
    before = real.copy(deep=True)
    one, two = (ak.canary_audit(generator=copies, real=real, canaries=8, seed=4) for _ in range(2))
    assert (one.distances == two.distances).all()
    pd.testing.assert_frame_equal(one.canaries, two.canaries)
    pd.testing.assert_frame_equal(real, before)


def test_rates_need_many_runs():
    audit = ak.canary_audit(generator=copies, real=people(30), canaries=1, repeats=60, n=150, n_candidates=50)
    assert audit.epsilon_by_rates > 0.5


def test_progress_is_told():
    told = []
    ak.canary_audit(
        generator=copies,
        real=people(30),
        canaries=2,
        repeats=2,
        n_candidates=5,
        progress=lambda *step: told.append(step[:2]),
    )
    assert told == [(0, 2), (1, 2)]


@pytest.mark.parametrize(
    ("asked", "error", "sentence"),
    [
        ({"generator": 3}, AuditkitError, "`generator` must be a registered name"),
        ({"generator": "carts"}, UnknownNameError, "did you mean 'cart'"),
        ({"canaries": 0}, AuditkitError, "`canaries` must be a whole number from 1 on, got 0"),
        ({"repeats": 0}, AuditkitError, "`repeats` must be a whole number from 1 on, got 0"),
        ({"canaries": people(9).head(0)}, SampleSizeError, "`canaries` has 0 rows"),
        ({"seed": -1}, AuditkitError, "`seed` must be a whole number"),
        ({"canaries": pd.DataFrame({"age": [1]})}, DataError, r"the canaries lack column 'pay \[k\]'"),
        ({"generator": lambda train, _n, _seed: train[["age"]]}, DataError, r"gave no column 'pay \[k\]'"),
        ({"generator": lambda train, _n, _seed: train.head(0)}, DataError, "gave no row"),
        ({"generator": lambda _train, _n, _seed: None}, DataError, "gave NoneType"),
    ],
)
def test_mistakes_are_said_in_a_sentence(asked, error, sentence):
    with pytest.raises(error, match=sentence):
        ak.canary_audit(**({"generator": copies, "real": people(20), "canaries": 2, "repeats": 1} | asked))


def test_units_of_several_rows_are_refused():
    real = ak.load(pd.DataFrame({"who": ["a", "a", "b"], "x": [1.0, 2.0, 3.0]}), key="who")
    with pytest.raises(DataError, match="one row per sample"):
        ak.canary_audit(generator=copies, real=real)
