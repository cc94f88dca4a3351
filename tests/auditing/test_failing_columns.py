"""A column whose logic fails costs no other column its score; tables of one column are judged."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.metrics.tables import fidelity


@pytest.fixture
def frames():
    rng = np.random.default_rng(0)
    return {
        name: pd.DataFrame({"x": rng.normal(size=n), "y": rng.normal(size=n), "job": rng.choice(list("abc"), n)})
        for name, n in (("real", 300), ("synthetic", 300), ("holdout", 200))
    }


def test_one_failing_column_leaves_the_others_their_scores(frames, monkeypatch):
    kept = fidelity._OF_ORDERED["ks_complement"]

    def fails(real, other):
        if np.all(np.asarray(real.values) < -1000):
            raise ZeroDivisionError("42 of a real person")
        return kept(real, other)

    monkeypatch.setitem(fidelity._OF_ORDERED, "ks_complement", fails)
    sets = {name: ak.load(frame.assign(y=frame["y"] - 1e6)) for name, frame in frames.items()}
    audit = ak.audit(**sets, metrics=["ks_complement", "tv_complement"])
    assert audit.scores["ks_complement"].status == "ok"
    assert audit.scores["ks_complement"].at(column="x").excess is not None
    broken = audit.scores["ks_complement"].at(column="y")
    assert broken.status == "error"
    assert "ZeroDivisionError" in broken.reason
    assert "real person" not in broken.reason
    verdict = audit.check()
    (result,) = (item for item in verdict.results if item.gate == "shapes")
    assert (result.verdict, dict(result.where)) == ("error", {"column": "y"})
    assert verdict.exit_code == 3


def test_an_honest_table_of_one_column_is_not_kept_from_passing(frames):
    sets = {name: ak.load(frame[["x"]]) for name, frame in frames.items()}
    verdict = ak.audit(**sets).check()
    (result,) = (item for item in verdict.results if item.gate == "partial-copies")
    assert result.verdict == "not_applicable"
    assert "one column" in result.sentence
    assert verdict.exit_code == 0
