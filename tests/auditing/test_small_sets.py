"""Small sets: every metric keeps limits, wide ones, so that what is plainly bad does not pass as undecided."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.auditing.views import MIN_SUPPORT

SMALL = 100


def related(n, seed):
    """Eight columns that nearly tell each other."""
    rng = np.random.default_rng(seed)
    columns = rng.normal(size=(n, 1)) + 0.1 * rng.normal(size=(n, 8))
    return pd.DataFrame(columns, columns=[f"x{number}" for number in range(8)])


def audit_of(synthetic):
    real, holdout = related(200, 1), related(SMALL, 2)
    return ak.audit(real=ak.load(real), synthetic=ak.load(synthetic), holdout=ak.load(holdout), seed=0)


@pytest.fixture(scope="module")
def fresh():
    return audit_of(related(SMALL, 3))


def test_unrelated_columns_fail_on_realism():
    rng = np.random.default_rng(0)
    shuffled = related(SMALL, 3).apply(rng.permutation)
    result = next(item for item in audit_of(shuffled).check().results if item.gate == "realism")
    assert result.verdict == "fail"
    assert result.excess_low > result.limit


def test_fresh_real_data_do_not_fail(fresh):
    assert not fresh.check().failed
    for name in ("precision", "recall", "coverage", "density", "distance_to_closest_record"):
        score = fresh.scores[name]
        assert score.estimate.method == "delete-block jackknife"
        assert score.low <= score.value <= score.high
        assert score.excess.low < score.excess.high
    assert fresh.scores["precision"].excess.low < 0 < fresh.scores["precision"].excess.high


def test_sets_too_small_to_leave_blocks_out_keep_limits_of_shares():
    few = MIN_SUPPORT - 5
    scores = audit_of(related(few, 3)).scores
    assert scores["precision"].estimate.method == "wilson on a third"
    assert 0 <= scores["precision"].low <= scores["precision"].value <= scores["precision"].high <= 1
    assert scores["density"].low is None
