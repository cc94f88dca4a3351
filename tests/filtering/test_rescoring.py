"""Scores before and after a filter, beside each other, and the forest that judges what a filter read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.errors import DataError
from auditkit.filtering.forest import FOREST
from auditkit.filtering.rescoring import Rescored


def _table(n: int, seed: int, *, shift: float = 0.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3)) + shift
    kind = np.where(x[:, 0] + rng.normal(scale=0.3, size=n) > shift, "a", "b")
    return pd.DataFrame({"x": x[:, 0], "y": x[:, 1], "z": x[:, 2], "sex": rng.choice(["f", "m"], n), "kind": kind})


@pytest.fixture(scope="module")
def selection() -> ak.filtering.Selection:
    """Half of the samples are far off, a few are copies."""
    roles = {"label": "kind", "groups": ["sex"]}
    train = _table(200, 0)
    made = pd.concat([_table(150, 1), _table(100, 2, shift=4.0), train.iloc[:10]], ignore_index=True)
    real = ak.load(train, **roles)
    synthetic = ak.load(made, schema=real.schema).with_roles(**roles)
    holdout = ak.load(_table(100, 3), schema=real.schema).with_roles(**roles)
    metrics = ["coverage", "precision", "density", "identical_match_share", "classifier_two_sample"]
    audit = ak.audit(real=real, synthetic=synthetic, holdout=holdout, metrics=metrics, seed=0)
    return ak.filter(synthetic, audit, rules=["copies", {"column": "density", "min": 0.01}])


@pytest.fixture(scope="module")
def rescored(selection: ak.filtering.Selection) -> Rescored:
    return selection.rescore()


def test_the_same_scores_stand_beside_each_other(rescored: Rescored, selection: ak.filtering.Selection) -> None:
    assert rescored.before is selection.audit
    assert rescored.after is not None
    frame = rescored.frame()
    whole = frame[frame["where"] == ""].set_index("metric")
    names = {FOREST, "coverage", "precision", "density", "identical_match_share", "classifier_two_sample"}
    assert set(whole.index) == names
    assert whole.loc["identical_match_share", "after"] == 0
    assert whole.loc["precision", "after"] > whole.loc["precision", "before"] + 0.2
    assert whole.loc["precision", "change"] == "better"
    row = whole.loc["precision"]
    assert row["low"] < row["difference"] < row["high"]
    assert row["difference"] == pytest.approx(row["after"] - row["before"])
    assert {"sex = f", "class = a"} <= set(frame["where"])


def test_what_is_judged_by_its_distance_from_fresh_data_says_so(rescored: Rescored) -> None:
    (item,) = [found for found in rescored.changes if found.metric == "identical_match_share" and not found.where]
    assert item.direction == "match"
    assert item.judged is not None
    low, high = item.judged.low, item.judged.high
    assert item.word == ("better" if high < 0 else "worse" if low > 0 else "no difference seen")
    (line,) = [line for line in str(rescored).splitlines() if "identical_match_share" in line]
    assert f"farther from the yardstick by {item.judged.value:+.4f} [{low:+.4f}, {high:+.4f}]: {item.word}" in line
    row = rescored.frame().query("metric == 'identical_match_share' and where == ''").iloc[0]
    assert (row["farther"], row["farther_low"], row["farther_high"]) == (item.judged.value, low, high)


def test_a_forest_that_no_rule_read_judges(rescored: Rescored) -> None:
    first = rescored.changes[0]
    assert (first.metric, first.direction) == (FOREST, "lower")
    assert first.before is not None
    assert first.after is not None
    assert first.before.value > 0.65
    assert abs(first.after.value - 0.5) < 0.12
    assert first.word == "better"


def test_it_is_the_same_every_time(rescored: Rescored, selection: ak.filtering.Selection) -> None:
    assert selection.rescore().to_json() == rescored.to_json()


def test_it_reads_back(rescored: Rescored, tmp_path: Path) -> None:
    again = Rescored.load(rescored.save(tmp_path / "rescored.json"))
    assert again.before is None
    pd.testing.assert_frame_equal(again.frame(), rescored.frame())
    assert str(again) == str(rescored)
    (tmp_path / "other.json").write_text("{}", encoding="utf-8")
    with pytest.raises(DataError, match="filter again"):
        Rescored.load(tmp_path / "other.json")


def test_few_kept_samples_are_compared_with_all_of_them_at_their_size(selection: ak.filtering.Selection) -> None:
    synthetic = selection.audit.inputs["synthetic"]
    few = ak.filter(synthetic, selection.audit, rules=[{"rule": "best", "keep": 60}]).rescore()
    frame = few.frame()
    coverage = frame[(frame["metric"] == "coverage") & (frame["where"] == "")].iloc[0]
    assert (coverage["n_before"], coverage["n_after"]) == (60, 60)
    assert coverage["low"] < 0 < coverage["high"]
    assert few.before is not None
    assert few.before is not selection.audit
