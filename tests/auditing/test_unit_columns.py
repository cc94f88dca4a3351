"""Columns of tables whose units have several rows: read row by row, with errors of units."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.auditing import build_reference
from auditkit.config import CheckConfig
from auditkit.gates import judge
from auditkit.gates.rules import preset
from auditkit.intervals import NORMAL_95, wilson

METRICS = ["ks_complement", "tv_complement", "missing_value_similarity", "contingency_similarity"]


def visits(n, seed):
    """Up to six visits each of n patients, whose values are alike within a patient."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(n), rng.integers(2, 7, n))
    rows = len(who)
    columns = {
        "who": who,
        "day": np.concatenate([np.arange(size) for size in np.bincount(who)]),
        "crp": (rng.gamma(4, 20, n)[who] + rng.normal(0, 3, rows)).round(1),
        "sex": rng.choice(["f", "m"], n)[who],
        "ward": rng.choice(list("abc"), rows),
    }
    return pd.DataFrame(columns)


def loaded(frame):
    return ak.load(frame, key="who", order="day")


REAL, FRESH, HELD = (visits(400, seed) for seed in range(3))


def failed(synthetic, real=None):
    given = {"holdout": loaded(HELD)} if real is None else {}
    audit = ak.audit(real=real or loaded(REAL), synthetic=loaded(synthetic), metrics=METRICS, **given)
    gates = [rule for rule in preset() if rule.metric in METRICS]
    return {item.gate for item in judge(audit.scores, gates, check=CheckConfig()).results if item.verdict == "fail"}


def emptied(frame):
    return frame.assign(crp=frame["crp"].mask(np.random.default_rng(5).random(len(frame)) < 0.5))


def test_fresh_units_pass():
    assert failed(FRESH) == set()


def test_a_stretched_column_fails_by_its_shape():
    assert "shapes" in failed(FRESH.assign(crp=FRESH["crp"] * 1.6))


def test_missing_cells_are_named_as_such():
    assert {"shapes", "missing-cells"} <= failed(emptied(FRESH))


def test_a_level_that_is_gone_fails():
    assert "levels" in failed(FRESH.assign(ward="a"))


def test_dates_that_lie_elsewhere_fail():
    assert "shapes" in failed(FRESH.assign(day=FRESH["day"] + 100))


def test_a_reference_knows_the_rows_of_its_units(tmp_path):
    build_reference(real=loaded(REAL), holdout=loaded(HELD), path=tmp_path / "visits.ref")
    reference = ak.open_reference(tmp_path / "visits.ref")
    assert failed(FRESH, reference) == set()
    assert {"shapes", "missing-cells"} <= failed(emptied(FRESH), reference)


def test_a_row_counts_once():
    real, synthetic = REAL.head(900), FRESH.head(900)
    audit = ak.audit(real=loaded(real), synthetic=loaded(synthetic), metrics=["ks_complement", "tv_complement"])
    low, high = (np.sort(frame["crp"]) for frame in (real, synthetic))
    grid = np.union1d(low, high)
    gap = np.searchsorted(low, grid, "right") / len(low) - np.searchsorted(high, grid, "right") / len(high)
    shares = [frame["sex"].value_counts(normalize=True) for frame in (real, synthetic)]
    assert audit.scores["ks_complement"].at(column="crp").value == pytest.approx(1 - abs(gap).max(), abs=1e-12)
    assert audit.scores["tv_complement"].at(column="sex").value == pytest.approx(
        1 - abs(shares[0] - shares[1]).sum() / 2, abs=1e-12
    )
    assert audit.scores["ks_complement"].at(column="crp").estimate.n == (
        real["who"].nunique(),
        synthetic["who"].nunique(),
    )


def test_cells_that_are_missing_by_patient_err_as_patients_do():
    rng = np.random.default_rng(9)
    sets = [frame.assign(crp=frame["crp"].mask((rng.random(400) < 0.3)[frame["who"]])) for frame in (REAL, FRESH)]
    audit = ak.audit(real=loaded(sets[0]), synthetic=loaded(sets[1]), metrics=["missing_value_similarity"])
    found = audit.scores["missing_value_similarity"].at(column="crp").estimate
    variances = []
    for frame in sets:
        by_unit = frame["crp"].isna().groupby(frame["who"]).agg(["sum", "size"])
        share = by_unit["sum"].sum() / by_unit["size"].sum()
        drawn = [by_unit.iloc[rng.integers(0, 400, 400)].sum() for _ in range(500)]
        variances.append(np.var([item["sum"] / item["size"] for item in drawn]))
        # Rows that erred on their own would err less.
        assert variances[-1] > 1.8 * share * (1 - share) / len(frame)
    error = (found.value - found.low) / NORMAL_95
    # A bootstrap of 500 draws errs by 3 %.
    assert error == pytest.approx(np.sqrt(sum(variances)), rel=0.12)


def test_no_missing_cell_says_no_more_than_one_row_of_each_unit():
    audit = ak.audit(real=loaded(REAL), synthetic=loaded(FRESH), metrics=["missing_value_similarity"])
    found = audit.scores["missing_value_similarity"].at(column="crp").estimate
    width = np.hypot(*[np.diff(wilson(0, 400))[0]] * 2)
    assert found.value == 1.0
    assert 1.0 - found.low == pytest.approx(width / 2, rel=1e-9)


def test_units_are_called_units():
    copied = loaded(pd.concat([REAL[REAL["who"] < 100], FRESH[FRESH["who"] >= 100]]))
    audit = ak.audit(real=loaded(REAL), synthetic=copied, holdout=loaded(HELD), metrics=["copy_excess"])
    verdict = audit.check()
    (result,) = verdict.failed
    assert result.sentence.startswith("25.0 % of the synthetic units equal a training unit")
    assert verdict.findings[0].sentence.startswith("The synthetic data repeat training units")
    assert "A unit is all rows with the same 'who'." in verdict.notes
