"""Limits of what is averaged over columns."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.intervals import wilson


def holed(n, share, seed):
    rng = np.random.default_rng(seed)
    numbers = pd.DataFrame({"a": rng.normal(size=n).round(2), "b": rng.normal(size=n).round(2)})
    return numbers.assign(a=numbers["a"].mask(rng.random(n) < share))


@pytest.fixture(scope="module")
def score():
    sets = {"real": holed(400, 0.1, 0), "synthetic": holed(300, 0.3, 1), "holdout": holed(300, 0.1, 2)}
    audit = ak.audit(**{role: ak.load(table) for role, table in sets.items()}, metrics=["missing_value_similarity"])
    return sets, audit.scores["missing_value_similarity"]


def test_rates_of_missing_cells_have_the_limits_of_two_rates(score):
    sets, whole = score
    shares = [sets[role]["a"].isna().mean() for role in ("real", "synthetic")]
    widths = [np.diff(wilson(round(share * n), n))[0] for share, n in zip(shares, (400, 300), strict=True)]
    found = whole.at(column="a").estimate
    assert found.value == pytest.approx(1 - abs(shares[0] - shares[1]), abs=1e-12)
    # Wilson's width is 3.92 standard errors, as is the whole interval's.
    assert found.high - found.low == pytest.approx(np.hypot(*widths), rel=1e-9)
    assert whole.at(column="b").estimate.low < 1.0


def test_the_mean_over_columns_errs_as_if_all_erred_together(score):
    _, whole = score
    arms = [whole.at(column=name).estimate for name in ("a", "b")]
    assert whole.value - whole.low == pytest.approx(np.mean([item.value - item.low for item in arms]), rel=1e-9)


def test_an_excess_of_rates_is_normal(score):
    _, whole = score
    assert whole.at(column="a").details["spread"]["kind"] == "normal"
    assert whole.at(column="a").excess.low > 0.05
