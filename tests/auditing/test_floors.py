"""What stands beneath a score of a table in an audit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.data.cells import Cells
from auditkit.errors import UndefinedError
from auditkit.metrics import quality_report

METRICS = ["ks_complement", "tv_complement"]


def table(n, seed):
    """Most cells missing, a long tail, a rare level, and whole numbers beyond 64 bits."""
    rng = np.random.default_rng(seed)
    tail = rng.gamma(2, 1, n)
    tail[rng.random(n) < 0.6] = np.nan
    level = np.where(rng.random(n) < 0.3, None, rng.choice(list("aaab"), n))
    return pd.DataFrame({"tail": tail, "level": level, "large": 1e19 * rng.geometric(0.3, n)})


SETS = {role: table(1000, seed) for seed, role in enumerate(("real", "synthetic", "holdout"))}


def scores():
    audit = ak.audit(**{role: ak.load(item) for role, item in SETS.items()}, metrics=METRICS)
    return {item.where["column"]: item for item in audit.scores if item.where}


def test_the_floor_of_a_column_is_that_of_the_quality_report():
    shapes = quality_report(**SETS).shapes
    floors = shapes[shapes["metric"].isin(METRICS)].set_index("column")["floor"]
    found = {column: score.references["floor"].value for column, score in scores().items()}
    # Each is one draw of 1,000 rows at least half as large.
    assert found == pytest.approx(floors.to_dict(), abs=0.05)


def test_a_floor_that_cannot_be_read_says_why(monkeypatch):
    def refuse(*_, **__):
        raise UndefinedError("nothing can be drawn.")

    monkeypatch.setattr(Cells, "uniform", refuse)
    for score in scores().values():
        assert "floor" not in score.references
        assert score.details["floor_reason"] == "nothing can be drawn."
        assert "normalised" not in score.details
