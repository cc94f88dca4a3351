"""Where an arm makes a model worse, in one call."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.errors import AuditkitError, UnknownNameError


def people(n, seed, *, spoiled=False):
    rng = np.random.default_rng(seed)
    work = rng.choice(["home", "office", "field"], n)
    x = rng.normal(size=n).round(3)
    y = x > 0
    if spoiled:
        y ^= work == "field"
    return ak.load(pd.DataFrame({"x": x, "work": work, "y": np.where(y, "yes", "no")}), label="y")


@pytest.fixture(scope="module")
def found():
    arms = {"all": people(900, 2, spoiled=True)}
    return ak.ablate(real=people(900, 0), test=people(900, 1), arms=arms, models=("boosting",), repeats=2)


def test_the_slice_that_an_arm_spoils_is_named(found):
    (worst, *_) = found.slices(arm="synthetic").slices
    assert worst.name == "work is field"
    assert worst.value > 0.8
    assert len(worst.real_rows) == worst.n_real > 200


def test_an_arm_beside_itself_spoils_nothing_and_alone_it_is_held_against_the_rest(found):
    assert not len(found.slices(arm="real"))
    assert found.slices(arm="synthetic", against=None, depth=1).slices[0].name == "work is field"


def test_what_is_not_there_is_said(found, tmp_path):
    with pytest.raises(UnknownNameError, match="synthetic"):
        found.slices(arm="syntetic")
    with pytest.raises(UnknownNameError, match="boosting"):
        found.slices(model="boosted")
    found.save(tmp_path)
    with pytest.raises(AuditkitError, match="call slices"):
        ak.Ablation.load(tmp_path).slices()


def test_amounts_are_off_by_how_much():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"x": rng.normal(size=900), "sex": rng.choice(["f", "m"], 900)})
    frame["y"] = frame["x"] + rng.normal(size=900) * np.where(frame["sex"] == "f", 3.0, 0.1)
    real = ak.load(frame, label="y")
    train, test = real.split(holdout=0, test=0.5)
    ablation = ak.ablate(real=train, test=test, arms={}, models=("logistic",), repeats=1)
    assert ablation.slices(arm="real", against=None).slices[0].columns[0] in {"sex", "y"}
