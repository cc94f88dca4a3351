"""Where an arm makes a model worse, in one call."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.data import ArraySamples, Dataset
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


def test_the_worst_slices_are_kept_with_what_is_saved(found, tmp_path):
    kept, joined = found.worst_slices
    assert joined.arm == "real+synthetic"
    assert (kept.arm, kept.model, kept.slices[0].name) == ("synthetic", "boosting", "work is field")
    assert kept.slices[0].low > 0.8
    assert min(item.n for item in kept.slices) >= kept.least >= 5
    text = found.save(tmp_path).read_text()
    assert "errors" not in text
    assert ak.Ablation.load(tmp_path) == found
    assert "work is field: +1.000 on 297 test samples" in str(ak.Ablation.load(tmp_path))


def test_few_test_units_have_no_slices_and_nobody_need_ask_for_them():
    sets = {"real": people(200, 0), "arms": {"all": people(200, 2, spoiled=True)}, "models": ("logistic",)}
    assert ak.ablate(**sets, test=people(190, 1), repeats=1).worst_slices == ()
    assert ak.ablate(**sets, test=people(400, 1), repeats=1, slices=False).worst_slices == ()


def test_slices_of_images_are_told_by_class_and_group():
    rng = np.random.default_rng(0)

    def images(n, *, spoiled=False):
        kind = rng.integers(0, 2, n)
        site = rng.choice(["east", "west"], n)
        pixels = np.clip(rng.normal(60, 20, (n, 4, 4, 1)) + 100 * kind[:, None, None, None], 0, 255).astype(np.uint8)
        pixels[:, 0, 0, 0] = np.where(site == "east", 255, 0)
        said = np.where(spoiled & (site == "east"), 1 - kind, kind)
        table = pd.DataFrame({"kind": np.array(["cat", "dog"])[said], "site": site})
        return Dataset.of_table(table, label="kind", groups=["site"], samples=ArraySamples(pixels))

    ablation = ak.ablate(
        real=images(300), test=images(400), arms={"all": images(300, spoiled=True)}, models=("network",), repeats=1
    )
    (kept, *_) = ablation.worst_slices
    assert kept.slices[0].name == "site is east"


def test_a_conjunction_is_named_and_not_what_holds_it():
    def shoppers(n, seed, *, spoiled=False):
        rng = np.random.default_rng(seed)
        work, age, x = rng.choice(["home", "office", "field"], n), rng.integers(18, 80, n), rng.normal(size=n).round(3)
        y = (x > 0) ^ (spoiled & (work == "field") & (age > 40))
        table = {"x": x, "age": age, "work": work, "y": np.where(y, "yes", "no")}
        return ak.load(pd.DataFrame(table), label="y")

    ablation = ak.ablate(
        real=shoppers(900, 0), test=shoppers(900, 1), arms={"all": shoppers(900, 2, spoiled=True)}, repeats=1
    )
    worst = ablation.worst_slices[0].slices[0]
    assert worst.name == "age from 41 on and work is field"
    assert worst.value > 0.9
    assert worst.elsewhere < 0.05
