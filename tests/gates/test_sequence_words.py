"""What is said of units of several rows whose rows do not belong together."""

from __future__ import annotations

import pytest

from auditkit.gates.findings import make_findings
from auditkit.gates.rules import preset

GATES = {rule.id: rule for rule in preset() if rule.id in ("sequences", "next-rows", "sequence-lengths")}


@pytest.fixture
def failed(score, check):
    def make(*excesses):
        found = [
            score("coherence", direction="higher", value=0.6, excess=0.3),
            score("transition_similarity", direction="higher", value=0.7, excess=0.2),
            *(
                score("transition_similarity", where={"column": name}, direction="higher", value=0.5, excess=excess)
                for name, excess in zip(("state", "x", "sex"), excesses, strict=True)
            ),
            score("sequence_length_similarity", direction="higher", value=0.4, excess=0.5),
        ]
        return {item.gate: item for item in check(found, list(GATES.values())).results}

    return make


def test_sentences_say_what_is_wrong_with_units(failed):
    results = failed(0.4, 0.3, 0.0)
    assert {item.verdict for item in results.values()} == {"fail"}
    assert results["sequences"].sentence.startswith(
        "Rows of one unit belong together like real ones to 0.600 where 1 is equal (fresh real records: 0.950); "
        "the shortfall is at least"
    )
    assert results["next-rows"].sentence.startswith(
        "Of 3 columns state compares worst: it goes on from a row to the next one like the real column to 0.500 where"
    )
    assert results["next-rows"].also == ("column=x",)
    assert results["sequence-lengths"].sentence.startswith("Units are like the real ones in their number of rows to")


def test_they_are_one_finding_with_advice_on_order_and_key(failed):
    (finding,) = make_findings(list(failed(0.4, 0.0, 0.0).values()))
    assert finding.kind == "sequence"
    assert finding.sentence.startswith("Rows do not make up units as in the real data: ")
    assert any("key and order" in advice for advice in finding.advice)


def test_one_column_and_the_mean_have_sentences_of_their_own(score, rule, check):
    whole = score("transition_similarity", direction="higher", value=0.7, excess=0.2)
    column = score("transition_similarity", where={"column": "x"}, direction="higher", value=0.7, excess=0.2)
    (mean,) = check([whole], [rule("transition_similarity", max_excess=0.1)]).results
    assert mean.sentence.startswith("Columns go on from a row to the next one like the real ones to 0.700")
    (alone,) = check([whole, column], [rule("transition_similarity", by=["column"], max_excess=0.1)]).results
    assert alone.sentence.startswith("Column x goes on from a row to the next one like the real column to 0.700")


def test_sentences_on_steps(score, rule, check):
    whole = score("step_similarity", direction="higher", value=0.7, excess=0.2)
    column = score("step_similarity", where={"column": "day"}, direction="higher", value=0.7, excess=0.2)
    (mean,) = check([whole], [rule("step_similarity", max_excess=0.1)]).results
    assert mean.sentence.startswith("Numbers change from a row to the next one like the real ones to 0.700")
    (alone,) = check([whole, column], [rule("step_similarity", by=["column"], max_excess=0.1)]).results
    assert alone.sentence.startswith("Column day changes from a row to the next one like the real column to 0.700")
    assert make_findings([alone])[0].kind == "sequence"
