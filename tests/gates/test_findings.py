"""What failures mean."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditkit.gates.findings import _KIND_OF_METRIC, ADVICE, KINDS, kind_of, make_findings
from auditkit.gates.limits import ABLATION
from auditkit.gates.rules import preset
from auditkit.metrics import registry


def test_every_kind_has_ordered_advice():
    assert all(2 <= len(advice) <= 3 and all(item.endswith(".") for item in advice) for advice in ADVICE.values())


@pytest.mark.parametrize("metric", sorted({item.metric for item in preset()}))
def test_every_preset_metric_has_a_kind(metric):
    assert kind_of(metric) in set(KINDS) - {"other", "not_measured"}


@pytest.mark.parametrize("metric", registry.names())
def test_every_metric_has_a_kind_that_suits_its_family(metric):
    family, kind = registry.get(metric).family, kind_of(metric)
    assert kind in set(KINDS) - {"other", "not_measured"}
    if family == "copying":
        assert kind in {"copying", "leaked_cells"}
    if family == "detection":
        assert kind == "detectable"
    if kind in {"realism", "variety"}:
        assert family == kind


def test_a_kind_of_its_own_is_that_of_a_known_metric():
    assert set(_KIND_OF_METRIC) <= {*registry.names(), *ABLATION}


def test_an_attack_that_succeeds_tells_of_copying(score, rule, check):
    (finding,) = check([score("linkability_risk", excess=0.5)], [rule("linkability_risk")]).findings
    assert finding.kind == "copying"


def test_a_parameter_or_embedder_does_not_change_the_kind():
    assert kind_of("coverage[k=3]@dinov2") == "variety"


def test_a_metric_of_ones_own_is_told_in_its_own_words(score, rule, check, monkeypatch):
    def own_spread(): ...

    own = replace(registry.get("coverage"), function=own_spread, meaning="How far it spreads.", advice="Look at tails.")
    monkeypatch.setitem(registry._METRICS, "own_spread", own)
    verdict = check(
        [score("own_spread", excess=0.5), score("coverage", excess=0.5)], [rule("own_spread"), rule("coverage")]
    )
    variety, told = verdict.findings
    assert (variety.kind, told.kind) == ("variety", "own_spread")
    assert "own_spread" not in variety.sentence
    assert told.sentence.startswith("How far it spreads: own_spread is ")
    assert told.advice == ("Look at tails.", *ADVICE["other"])
    assert "  - own spread: Look at tails." in str(verdict)


def test_collapse_is_not_called_copying(score, rule, check):
    scores = [score("copy_excess"), score("holdout_share"), score("duplicate_share", excess=0.5)]
    verdict = check(scores, [rule(item.metric) for item in scores])
    assert [item.kind for item in verdict.findings] == ["collapse"]
    assert "repeat themselves" in verdict.findings[0].sentence
    assert "nothing about copying" in verdict.findings[0].sentence


def test_copying_is_not_called_collapse(score, rule, check):
    scores = [score("copy_excess", excess=0.5), score("duplicate_share")]
    verdict = check(scores, [rule(item.metric) for item in scores])
    assert [item.kind for item in verdict.findings] == ["copying"]
    assert "repeat training records" in verdict.findings[0].sentence


def test_many_failing_parts_are_one_finding(score, rule, check):
    scores = [score("representation_gap", where={"race": str(i)}, excess=0.2 + i / 100) for i in range(9)]
    verdict = check(scores, [rule("representation_gap", by=["*"])])
    (finding,) = verdict.findings
    assert finding.kind == "group_share"
    assert finding.evidence["where"] == {"race": "8"}
    assert len(finding.evidence["results"]) == 9
    assert "and 3 more" in finding.sentence


def test_a_warning_about_a_part_that_failed_is_not_repeated(score, rule, check):
    scores = [
        score("representation_gap", where={"sex": "F"}, excess=0.5),
        score("representation_gap", where={"sex": "M"}, excess=0.07),
    ]
    close = rule("representation_gap", id="close", by=["*"], max_excess=0.03, level="warn")
    verdict = check(scores, [rule("representation_gap", by=["*"]), close])
    assert [(item.severity, item.evidence["where"]) for item in verdict.findings] == [
        ("error", {"sex": "F"}),
        ("warn", {"sex": "M"}),
    ]


def test_lost_evidence_is_one_finding(score, rule, check):
    lost = [score(name, value=None, excess=None, status="error", reason="no") for name in ("coverage", "precision")]
    verdict = check(lost, [rule("coverage"), rule("precision")])
    (finding,) = verdict.findings
    assert finding.kind == "not_measured"
    assert finding.evidence["gates"] == ["coverage", "precision"]


def test_what_an_audit_found_beyond_gates_warns_after_all_else(score, rule, check):
    verdict = check([score("coverage", excess=0.5)], [rule("coverage", level="warn")])
    facts = {
        "blind_spots": "age 40 to 52: 2 % of the real records.",
        "worst_groups": "coverage is worst for sex=F.",
        "x": 1,
    }
    found = make_findings(verdict.results, facts=facts)
    assert [(item.kind, item.severity) for item in found] == [
        ("variety", "warn"),
        ("group_quality", "warn"),
        ("blind_spot", "warn"),
    ]
    assert found[-1].sentence.endswith(": age 40 to 52: 2 % of the real records.")
    assert make_findings((), facts={"blind_spots": ""}) == ()
