"""Constraints in an audit: what samples say of them, and that the real data are asked first."""

from __future__ import annotations

import pandas as pd
import pytest

import auditkit as ak
from auditkit.auditing import build_reference
from auditkit.errors import ConfigError, UnknownNameError

METRICS = ["identical_match_share"]


def rows(n, *, wrong=0, repeats=0):
    """Stays of a guest; some end before they start, some have the number of another one."""
    start = pd.date_range("2020-01-01", periods=n)
    end = start + pd.to_timedelta([-1 if i < wrong else i % 5 for i in range(n)], unit="D")
    number = [100 + max(i, repeats) for i in range(n)]
    return pd.DataFrame({"stay id": number, "start": start, "end": end, "price": [50.5 + i % 7 for i in range(n)]})


def audited(real, synthetic, **options):
    first = ak.load(real)
    second = synthetic if isinstance(synthetic, ak.Dataset) else ak.load(synthetic, schema=first.schema)
    return ak.audit(real=first, synthetic=second, metrics=METRICS, **options)


def test_a_sample_that_breaks_a_rule_says_so_and_is_rejected():
    found = audited(rows(40), rows(40, wrong=3), constraints=["end >= start"])
    said = found.samples["violations"].str.contains("breaks end >= start", regex=False)
    assert said.tolist() == [True] * 3 + [False] * 37
    assert (
        "Constraint 'end >= start' is broken by 3 of 40 (7.5%) synthetic rows and by none of 40 real ones."
        in (found.about["notes"])
    )
    assert found.about["constraints"] == [
        {
            "text": "end >= start",
            "real": {"broken": 0, "undecided": 0, "n": 40},
            "synthetic": {"broken": 3, "undecided": 0, "n": 40},
        }
    ]
    synthetic = ak.load(rows(40, wrong=3), schema=ak.load(rows(40)).schema)
    kept = ak.filter(synthetic, found, rules=[{"column": "violations", "equals": ""}]).kept
    assert len(kept) == 40 - (found.samples["violations"] != "").sum()


def test_what_was_kept_is_held_against_the_same_rules():
    found = audited(rows(40), rows(40, wrong=3), constraints=["end >= start"])
    synthetic = ak.load(rows(40, wrong=3), schema=ak.load(rows(40)).schema)
    selection = ak.filter(synthetic, found, rules=[{"column": "violations", "equals": ""}])
    counts = selection.rescore(real=ak.load(rows(40))).after.about["constraints"]
    assert counts[0]["synthetic"] == {"broken": 0, "undecided": 0, "n": len(selection.kept)}


def test_a_rule_that_real_rows_break_too_is_told_with_their_rate():
    found = audited(rows(40, wrong=10), rows(40, wrong=1), holdout=ak.load(rows(20)), constraints=["end >= start"])
    (note,) = [item for item in found.about["notes"] if item.startswith("Constraint ")]
    assert note == (
        "Constraint 'end >= start' is broken by 1 of 40 (2.5%) synthetic rows, and by 10 of 40 (25.0%) real ones too: "
        "a rule that the real data do not follow is no fault."
    )
    assert found.about["constraints"][0]["holdout"] == {"broken": 0, "undecided": 0, "n": 20}


def test_missing_cells_are_counted_as_undecided():
    table = rows(40)
    table.loc[:4, "end"] = pd.NaT
    real = rows(40)
    real.loc[39, "end"] = pd.NaT
    counts = audited(real, table, constraints=["end >= start"]).about["constraints"][0]
    assert counts["synthetic"] == {"broken": 0, "undecided": 5, "n": 40}


def test_rules_that_all_follow_are_not_noted():
    found = audited(rows(40), rows(40), constraints=["end >= start", "not missing(price)"])
    assert not [note for note in found.about["notes"] if "onstraint" in note]
    assert len(found.about["constraints"]) == 2
    assert audited(rows(40), rows(40)).about["constraints"] == []


def test_numbers_of_records_that_repeat_are_violations():
    said = audited(rows(40), rows(40, repeats=2)).samples["violations"]
    assert said.str.contains("stay id: missing or repeated", regex=False).tolist() == [False, True, True] + [False] * 37


def test_mistakes_in_rules_stop_the_audit_before_it_starts():
    with pytest.raises(UnknownNameError, match="position 1: unknown column 'edn'; did you mean 'end'"):
        audited(rows(20), rows(20), constraints=["edn >= start"])
    with pytest.raises(ConfigError, match="a date cannot be compared with a number"):
        audited(rows(20), rows(20), constraints=["end >= 3"])
    with pytest.raises(ConfigError, match="constraints must be a list of rules, got str"):
        audited(rows(20), rows(20), constraints="end >= start")


def test_against_a_reference_only_synthetic_rows_are_looked_at():
    real = ak.load(rows(40))
    synthetic = ak.load(rows(40, wrong=3), schema=real.schema)
    found = ak.audit(
        real=build_reference(real=real), synthetic=synthetic, metrics=["validity"], constraints=["end >= start"]
    )
    assert (found.samples["violations"].str.contains("breaks end >= start", regex=False)).sum() == 3
    assert "real" not in found.about["constraints"][0]
    assert "Constraint 'end >= start' is broken by 3 of 40 (7.5%) synthetic rows." in found.about["notes"]
    assert any(
        note.startswith("The reference was built without the constraint 'end >= start'")
        for note in found.about["notes"]
    )
    # One ends before all real ones; what real rows were not held against is no fault of synthetic ones.
    assert found.scores["validity"].value == 1 - 1 / 40


def test_what_is_said_of_rules_survives_saving(tmp_path):
    found = audited(rows(40), rows(40, wrong=3), constraints=["end >= start"])
    found.save(tmp_path / "out")
    again = ak.open_audit(tmp_path / "out")
    assert again.about["constraints"] == found.about["constraints"]
    assert again.samples["violations"].tolist() == found.samples["violations"].tolist()


def test_few_real_rows_that_break_a_rule_are_not_counted():
    found = audited(
        rows(40, wrong=1), rows(40, wrong=2), holdout=ak.load(rows(20, wrong=4)), constraints=["end >= start"]
    )
    (note,) = [item for item in found.about["notes"] if item.startswith("Constraint ")]
    assert "broken by 2 of 40 (5.0%) synthetic rows, and by fewer than 5 real ones too" in note
    (counts,) = found.about["constraints"]
    assert counts["real"] == {"broken": None, "undecided": 0, "n": 40}
    assert counts["holdout"] == {"broken": None, "undecided": 0, "n": 20}
    assert counts["synthetic"]["broken"] == 2
