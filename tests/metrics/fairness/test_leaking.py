"""Leakage of an attribute: closed forms of areas, limits, and what an audit reads."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.errors import AuditkitError, SampleSizeError, UndefinedError, UnknownNameError
from auditkit.metrics import leakage

N = 1200


def people(seed, *, shift=1.0, n=N, levels=("f", "m")):
    rng = np.random.default_rng(seed)
    group = rng.choice(levels, n)
    return pd.DataFrame(
        {
            "sex": group,
            "pay": rng.normal(size=n) + shift * (group == levels[-1]),
            "work": rng.choice(["a", "b", "c"], n),
            "good": np.where(rng.random(n) < 0.5, "y", "n"),
        }
    )


def phi(x):
    return (1 + math.erf(x / math.sqrt(2))) / 2


def test_the_area_of_two_shifted_normals_is_known():
    found = leakage(real=people(0, shift=0.0), synthetic=people(1, shift=1.5), attribute="sex")
    assert found.real.value == pytest.approx(0.5, abs=0.04)
    # No classifier does better, and a boosted one on few rows does somewhat worse.
    assert found.synthetic.value == pytest.approx(phi(1.5 / math.sqrt(2)) - 0.02, abs=0.03)
    assert float(found) == pytest.approx(found.synthetic.value - found.real.value)
    assert found.gap.low > 0.2
    assert set(found.levels) == {"f", "m"}
    assert found.levels["f"][0] == pytest.approx(found.levels["m"][0])
    assert "sex is predicted with an area of" in str(found)
    assert found.frame().loc["gap", "value"] == float(found)


def test_a_column_that_stands_for_the_attribute_gives_it_away():
    real = people(0, shift=0.0)
    synthetic = people(1, shift=0.0)
    synthetic["work"] = np.where(synthetic["sex"] == "m", "a", "b")
    assert leakage(real=real, synthetic=synthetic, attribute="sex").synthetic.value == pytest.approx(1.0, abs=0.01)


def test_the_attribute_itself_is_not_seen():
    real = people(0, shift=0.0)
    found = leakage(real=real, synthetic=real, attribute="sex")
    assert abs(found.real.value - 0.5) < 0.06


def test_what_the_attacker_sees_can_be_chosen():
    real, synthetic = people(0, shift=0.0), people(1, shift=2.0)
    synthetic["good"] = np.where(synthetic["sex"] == "m", "y", "n")
    asked = {"real": real, "synthetic": synthetic, "attribute": "sex", "label": "good"}
    assert leakage(**asked, known="label").synthetic.value == pytest.approx(1.0, abs=1e-9)
    features = leakage(**asked, known="features")
    assert 0.88 < features.synthetic.value < 0.97
    assert leakage(**asked).synthetic.value > features.synthetic.value
    with pytest.raises(UndefinedError, match="no label was declared"):
        leakage(real=real, synthetic=synthetic, attribute="sex", known="label")


def test_of_several_levels_each_is_told_from_the_rest_and_small_ones_are_left_out():
    real = people(0, levels=("a", "b", "c"), shift=2.0)
    synthetic = people(1, levels=("a", "b", "c"), shift=2.0)
    real.loc[:9, "sex"] = "rare"
    found = leakage(real=real, synthetic=synthetic, attribute="sex")
    assert found.left_out == ("rare",)
    assert found.levels["c"][0] > 0.85
    assert found.real.value == pytest.approx(np.mean([area for area, _ in found.levels.values()]))


def test_limits_of_the_gap_hold_zero_where_nothing_differs():
    inside = 0
    for seed in range(12):
        found = leakage(real=people(2 * seed, n=400), synthetic=people(2 * seed + 1, n=400), attribute="sex")
        inside += found.gap.low <= 0 <= found.gap.high
    assert inside >= 11


def coarse(seed, *, effect=0.0, n=2000, ages=60):
    """A table most of whose rows occur many times, of either sex."""
    rng = np.random.default_rng(seed)
    sex = rng.choice(["f", "m"], n)
    good = rng.random(n) < 0.3 + effect * (sex == "m")
    return pd.DataFrame({"sex": sex, "age": rng.integers(18, 18 + ages, n), "good": np.where(good, "y", "n")})


@pytest.mark.parametrize("ages", [3, 60])
def test_rows_that_repeat_do_not_turn_the_attacker_round(ages):
    nulls = [leakage(real=coarse(s, ages=ages), synthetic=coarse(s + 50, ages=ages), attribute="sex") for s in range(6)]
    areas = [area for found in nulls for area in (found.real, found.synthetic)]
    assert np.mean([area.value for area in areas]) == pytest.approx(0.5, abs=0.015)
    assert sum(area.low <= 0.5 <= area.high for area in areas) >= 11
    # Of one column that matters the area is known: half, and half of the difference between the rates.
    found = leakage(real=coarse(0, ages=ages), synthetic=coarse(1, effect=0.5, ages=ages), attribute="sex")
    assert found.synthetic.value == pytest.approx(0.75, abs=0.03)


def test_the_area_of_repeated_rows_is_that_of_plain_cross_validation():
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import cross_val_predict

    table = coarse(3, effect=0.2)
    seen = np.column_stack([table["age"], table["good"] == "y"]).astype(float)
    model = HistGradientBoostingClassifier(max_iter=40, max_depth=3)
    peer = cross_val_predict(model, seen, table["sex"] == "m", cv=3, method="predict_proba")[:, 1]
    found = leakage(real=table, synthetic=table, attribute="sex").real.value
    theirs = (peer[table["sex"] == "m"][:, None] > peer[table["sex"] == "f"]).mean()
    assert found == pytest.approx(theirs, abs=0.04)


def test_copies_of_a_row_do_not_give_its_attribute_away():
    table = people(0, shift=0.0, n=300)
    repeated = pd.concat([table] * 8, ignore_index=True)
    assert leakage(real=repeated, synthetic=repeated, attribute="sex").real.value == pytest.approx(0.5, abs=0.08)


def test_sets_are_cut_to_equal_size():
    found = leakage(real=people(0), synthetic=people(1, n=300), attribute="sex")
    assert found.n == 300


def test_missing_cells_are_seen_as_missing():
    real, synthetic = people(0, shift=0.0), people(1, shift=0.0)
    synthetic.loc[synthetic["sex"] == "f", "pay"] = np.nan
    assert leakage(real=real, synthetic=synthetic, attribute="sex").synthetic.value > 0.95


def test_the_same_seed_gives_the_same_number():
    asked = {"real": people(0, n=300), "synthetic": people(1, n=400), "attribute": "sex"}
    assert float(leakage(**asked, seed=3)) == float(leakage(**asked, seed=3))


def test_an_audit_reads_it_of_every_declared_group():
    frames = {"real": people(0, n=400), "synthetic": people(1, n=400, shift=3.0), "holdout": people(2, n=200)}
    sets = {role: ak.load(frame, label="good", groups=["sex", "work"]) for role, frame in frames.items()}
    scores = ak.audit(**sets, metrics=["leakage"]).scores
    expected = leakage(real=sets["real"], synthetic=sets["synthetic"], attribute="sex")
    score = scores["leakage"].at(attribute="sex")
    assert score.value == pytest.approx(float(expected), abs=1e-12)
    assert (score.details["real"], score.details["synthetic"]) == pytest.approx(
        (expected.real.value, expected.synthetic.value)
    )
    assert scores["leakage"].value == score.value
    assert score.excess.low > 0


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        ({"attribute": "age"}, UnknownNameError, "age"),
        ({"attribute": "sex", "label": "worth"}, UnknownNameError, "worth"),
        ({"attribute": "sex", "known": "nothing"}, UnknownNameError, "nothing"),
        ({"attribute": "sex", "seed": -1}, AuditkitError, "`seed`"),
    ],
)
def test_wrong_arguments_are_refused(asked, error, words):
    with pytest.raises(error, match=words):
        leakage(real=people(0, n=80), synthetic=people(1, n=80), **asked)


def test_too_few_samples_say_so():
    with pytest.raises(SampleSizeError, match="two levels with 30 samples in both sets, got 0 at equal sizes of 40"):
        leakage(real=people(0, n=40), synthetic=people(1, n=50), attribute="sex")
    with pytest.raises(UndefinedError, match="no column but the attribute"):
        leakage(real={"sex": ["f", "m"] * 40}, synthetic={"sex": ["f", "m"] * 40}, attribute="sex")


def test_an_attribute_that_is_the_label_is_refused():
    with pytest.raises(AuditkitError, match="the label 'sex' is the attribute, too: choose another one"):
        leakage(real=people(0), synthetic=people(1), attribute="sex", label="sex")
