"""Amplification of a model's predictions for weightings of test units, against the public function on rows drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.ablation.amplification import amplification_parts
from auditkit.ablation.measures import Outcome
from auditkit.metrics import bias_amplification


@pytest.fixture
def outcome():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 300).astype(np.float64)
    predicted = np.where(rng.random(300) < 0.6, truth, rng.integers(0, 3, 300)).astype(np.float64)
    return Outcome(truth, predicted, np.full((300, 3), 1 / 3))


GROUPS = np.random.default_rng(1).choice(["a", "b", "c"], 300, p=[0.6, 0.38, 0.02]).astype(object)


def test_the_plain_value_is_that_of_the_public_function(outcome):
    (part,) = amplification_parts({"team": GROUPS}, task="classification")
    assert (part.measure.name, part.where) == ("bias_amplification", {"group": "team"})
    expected = bias_amplification(
        real={"g": GROUPS, "y": outcome.truth}, predictions=outcome.predicted, attribute="g", label="y"
    )
    assert part.measure.compute(outcome, np.ones((1, 300)))[0] == pytest.approx(expected, abs=1e-12)


def test_a_weighting_gives_what_the_rows_drawn_out_give(outcome):
    drawn = np.random.default_rng(2).integers(0, 300, 300)
    weights = np.bincount(drawn, minlength=300).astype(np.float64)[None]
    groups = np.where(GROUPS == "c", "b", GROUPS).astype(object)
    (part,) = amplification_parts({"team": groups}, task="classification")
    expected = bias_amplification(
        real={"g": groups[drawn], "y": outcome.truth[drawn]},
        predictions=outcome.predicted[drawn],
        train={"g": groups, "y": outcome.truth},
        attribute="g",
        label="y",
    )
    assert part.measure.compute(outcome, weights)[0] == pytest.approx(expected, abs=1e-12)


def test_one_group_that_is_large_enough_has_no_value_and_amounts_have_no_part(outcome):
    alone = np.array(["a"] * 295 + ["b"] * 5, object)
    (part,) = amplification_parts({"team": alone}, task="classification")
    assert np.isnan(part.measure.compute(outcome, np.ones((2, 300)))).all()
    assert list(amplification_parts({"team": GROUPS}, task="regression")) == []


def test_an_ablation_tells_it_of_every_arm():
    def people(n, seed, gap):
        rng = np.random.default_rng(seed)
        sex = rng.choice(["f", "m"], n)
        good = rng.random(n) < 0.35 + gap * (sex == "m")
        return ak.load(
            pd.DataFrame({"sex": sex, "x": rng.normal(size=n) + good, "good": np.where(good, "y", "n")}),
            label="good",
            groups=["sex"],
        )

    found = ak.ablate(
        real=people(500, 0, 0.3),
        test=people(500, 1, 0.3),
        arms={"worse": people(500, 2, 0.6)},
        models=["logistic"],
        repeats=3,
    )
    value = found.scores.get("ablation_score", {"arm": "worse", "measure": "bias_amplification", "group": "sex"})
    real = found.scores.get("ablation_score", {"arm": "real", "measure": "bias_amplification", "group": "sex"})
    assert value.value > real.value
    assert value.low is not None
