"""Audits of samples that look for identical records in all there are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.errors import DataError
from auditkit.pipeline.sets import quick_sample

METRICS = ["copy_excess", "identical_match_share", "duplicate_share", "partial_copy_excess", "ks_complement"]
EQUAL = METRICS[:4]


def rows(n, seed):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "x": rng.normal(size=n).round(3),
            "y": rng.normal(size=n).round(3),
            "sex": rng.choice(["F", "M"], n),
            "good": rng.choice(["yes", "no"], n),
        }
    )


@pytest.fixture(scope="module")
def sets():
    """A quarter of the synthetic rows are training rows, a tenth repeats."""
    real, fake = rows(2000, 0), rows(1300, 2)
    table = pd.concat([real.iloc[:500], fake, fake.iloc[:200]], ignore_index=True).sample(frac=1, random_state=0)
    given = {"real": real, "synthetic": table.reset_index(drop=True), "holdout": rows(1000, 1)}
    return {role: ak.load(frame, label="good", groups=["sex"]) for role, frame in given.items()}


@pytest.fixture(scope="module")
def quick(sets):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("auditkit.pipeline.sets.QUICK_UNITS", 400)
        return {role: quick_sample(item, seed=0) for role, item in sets.items()}


@pytest.fixture(scope="module")
def audit(sets, quick):
    return ak.audit(**quick, whole=sets, metrics=METRICS)


def test_what_is_found_by_equality_is_that_of_the_whole_sets(sets, audit):
    full = ak.audit(**sets, metrics=EQUAL)
    assert audit.scores.metrics == METRICS
    for name in EQUAL:
        ours, theirs = ([item for item in scores if item.metric == name] for scores in (audit.scores, full.scores))
        assert [item.key for item in ours] == [item.key for item in theirs]
        assert [item.estimate for item in ours] == [item.estimate for item in theirs]
        assert [item.excess for item in ours] == [item.excess for item in theirs]
    assert audit.scores["identical_match_share"].value == 0.25
    assert audit.scores["ks_complement"].estimate.n == (400, 400)


def test_samples_are_held_against_all_real_records(sets, quick, audit):
    known = set(map(tuple, sets["real"].table.astype(str).to_numpy()))
    assert audit.samples["copy"].tolist() == [
        tuple(row) in known for row in quick["synthetic"].table.astype(str).to_numpy()
    ]
    alone = ak.audit(**quick, metrics=METRICS)
    assert alone.samples["copy"].sum() < audit.samples["copy"].sum() / 2
    assert alone.scores["identical_match_share"].value < 0.1


def test_a_holdout_of_training_rows_is_noticed_in_the_whole_sets(sets, quick):
    # A fifth of the holdout: a sample of a fifth of train knows a fifth of these.
    mixed = pd.concat([sets["real"].table.iloc[:60], sets["holdout"].table.iloc[60:]], ignore_index=True)
    whole = {**sets, "holdout": ak.load(mixed, label="good", groups=["sex"])}
    given = {**quick, "holdout": whole["holdout"].take(np.arange(0, 1000, 5))}
    contaminated = ak.audit(**given, whole=whole, metrics=["copy_excess"]).about["facts"]["contaminated_holdout"]
    assert contaminated.startswith("60 of 1000 holdout units")


def test_the_sets_must_be_those_that_were_sampled(sets, quick):
    with pytest.raises(DataError, match=r"`whole` holds real, synthetic, and holdout, real, synthetic are audited"):
        ak.audit(**quick, whole={role: sets[role] for role in ("real", "synthetic")}, metrics=METRICS)
