"""Sentences about units of several rows."""

from __future__ import annotations

from auditkit.config import CheckConfig
from auditkit.gates import judge
from auditkit.gates.unit_words import of_units
from auditkit.results import Scores


def test_units_are_not_called_records(score, rule):
    scores = Scores((score("duplicate_share", value=0.2, excess=0.2), score("coverage", excess=0.09, se=0.05)))
    verdict = judge(scores, [rule(item.metric) for item in scores], check=CheckConfig(), facts={"unit": "patient"})
    told = " ".join(item.sentence for item in (*verdict.results, *verdict.findings))
    assert "record" not in told
    assert "20.0 % of the synthetic units repeat another one" in told
    assert "A unit is all rows with the same 'patient'." in verdict.notes


def test_without_a_key_they_are_records(score, rule):
    verdict = judge(Scores((score("coverage"),)), [rule("coverage")], check=CheckConfig())
    assert "of the real records" in verdict.results[0].sentence
    assert not any("unit" in note for note in verdict.notes)


def test_names_stay_as_they_are():
    assert of_units("about 200 records on each side (now 40) would decide") == (
        "about 200 units on each side (now 40) would decide"
    )
    assert of_units("column record is like the real column (fresh real records: 1)") == (
        "column record is like the real column (fresh real units: 1)"
    )
