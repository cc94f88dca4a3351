"""Verdicts as values: serialisation and text."""

from __future__ import annotations

import json

import pytest

from auditkit.gates import GateResult, Verdict
from auditkit.gates.counts import counted
from auditkit.gates.table import cells


@pytest.fixture
def verdict(score, rule, check) -> Verdict:
    scores = [
        score(excess=0.5),
        score("precision"),
        score("density", excess=0.1),
        score("duplicate_share", excess=0.9),
        score("holdout_share", value=None, excess=None, status="insufficient", reason="there is no holdout"),
    ]
    rules = [
        rule("precision"),
        rule("density"),
        rule("duplicate_share", level="warn", why="It matters <much>."),
        rule("holdout_share"),
        rule("label_rate_gap", by=["*"]),
        rule(line=12, why="Kinds are forgotten."),
    ]
    return check(scores, rules, skipped={"label_rate_gap": "no label was declared"})


def test_a_verdict_survives_json(verdict):
    back = Verdict.from_json(json.loads(json.dumps(verdict.to_json(), allow_nan=False)))
    assert back == verdict
    assert back.text() == verdict.text()


def test_a_bare_result_survives_json():
    result = GateResult("g", "coverage", {"sex": "F"}, "warn", "error")
    assert GateResult.from_json(json.loads(json.dumps(result.to_json()))) == result


def test_the_text_goes_from_worst_to_best(verdict):
    text = str(verdict)
    places = [text.index(f"\n{word}") for word in ("FAIL", "NOT MEASURED", "UNDECIDED", "WARNING", "pass", "not appl")]
    assert places == sorted(places)
    assert text.splitlines()[-1] == (
        "FAIL: 1 of 5 gates failed, 1 not measured, 1 undecided, 1 with a warning; 1 does not apply (exit 1)"
    )
    assert "Why it matters: Kinds are forgotten." in text
    assert "What to do next" in text
    assert max(map(len, text.splitlines())) <= 120


def test_colour_is_only_there_when_asked_for(verdict):
    assert "\x1b" not in verdict.text()
    assert "\x1b[31;1m" in verdict.text(colour=True)


def test_the_last_line_says_pass_and_not_measured(score, rule, check):
    assert str(check([score()], [rule()])).splitlines()[-1] == "PASS: 1 gate, none failed (exit 0)"
    lost = check([], [rule()])
    assert str(lost).splitlines()[-1] == "NOT MEASURED: 1 gate, none failed, 1 not measured (exit 3)"


def test_a_result_has_a_name_for_its_part():
    assert GateResult("g", "m", {"sex": "F", "race": "x"}, "warn", "pass").name == "g [sex=F, race=x]"
    assert GateResult("g", "m", {}, "warn", "pass").name == "g"


def test_names_from_the_data_cannot_steer_a_terminal(score, rule, check):
    text = str(check([score(where={"sex": "\x1b[2Ja\nb"}, excess=0.5)], [rule(by=["*"])]))
    assert "\x1b" not in text
    assert "sex=?[2Ja b" in text


def test_a_gate_says_only_once_why_it_matters(score, rule, check):
    scores = [score(where={"sex": level}, excess=0.5) for level in "ab"]
    assert str(check(scores, [rule(by=["*"], why="It matters.")])).count("Why it matters") == 1


def test_the_last_line_says_when_failing_means_undecided(score, rule, check):
    unsure = check([score(excess=0.05, se=0.05)], [rule()], undecided="fail")
    assert str(unsure).splitlines()[-1] == (
        "FAIL: 1 of 1 gate failed, 1 of them undecided, which counts as failed here (exit 1)"
    )


def test_a_pass_says_how_many_gates_could_not_decide(score, rule, check):
    unsure = check([score(excess=0.05, se=0.5), score("precision")], [rule(), rule("precision")])
    assert unsure.exit_code == 0
    assert unsure.headline() == ("PASS, but 1 of 2 gates could not decide: 2 gates, none failed, 1 undecided (exit 0)")
    told = check([score(excess=0.05, se=0.5)], [rule()], undecided="pass")
    assert told.headline() == "PASS: 1 gate, none failed (exit 0)"


def test_a_gate_of_many_parts_is_counted_once_by_its_worst(score, rule, check):
    scores = [score(where={"sex": name}, excess=excess) for name, excess in (("a", 0.5), ("b", 0.1), ("c", 0.0))]
    verdict = check(scores, [rule(by=["*"])])
    assert {item.verdict for item in verdict.results} == {"fail", "undecided", "pass"}
    assert counted(verdict) == "1 of 1 gate failed"


def test_a_gate_that_warns_of_one_part_and_cannot_decide_another_is_counted_as_both(score, rule, check):
    scores = [score(where={"sex": name}, excess=excess) for name, excess in (("a", 0.5), ("b", 0.1), ("c", 0.0))]
    verdict = check(scores, [rule(by=["*"], level="warn")])
    assert counted(verdict) == "1 gate, none failed, 1 undecided, 1 with a warning"


def test_warnings_and_slices_are_told_first_too_after_the_errors(score, rule, check):
    scores = [score(excess=0.5), score("precision", excess=0.5)]
    rules = [rule(), rule("precision", level="warn")]
    facts = {"blind_spots": "age is 18 holds 1.0 % of the synthetic and 4.0 % of the real rows; priors is 9."}
    lines = check(scores, rules, facts=facts).text().split("\n\n")[0].replace("\n" + " " * 11, " ").splitlines()[1:]
    assert lines[0].startswith("* ")
    assert not lines[0].startswith("* Warning")
    assert any(line.startswith("* Warning: Some synthetic records are unlike any real record:") for line in lines)
    assert any(line.startswith("* Warning: Groups that nobody declared are worst off: age is 18") for line in lines)


def test_the_verdict_is_the_first_line_too(verdict):
    lines = str(verdict).splitlines()
    assert lines[0] == lines[-1] == verdict.headline()


def test_undecided_comparisons_of_a_gate_are_one_block(score, rule, check):
    spreads = {f"g{at}": 0.05 + 0.01 * at for at in range(12)}
    scores = [score(where={"sex": name}, excess=0.05, se=se) for name, se in spreads.items()]
    verdict = check(scores, [rule(by=["*"])])
    text = " ".join(str(verdict).split())
    assert len(verdict.undecided) == len(verdict.to_json()["results"]) == 12
    assert text.count("UNDECIDED") == text.count("cannot decide") == 1
    assert "12 comparisons, the widest [sex=g11]" in text
    assert "Undecided too: sex=g0; sex=g1;" in text
    assert "and 3 more." in text
    assert "What would decide all: about" in text


def test_comparisons_that_lie_at_the_limit_are_told_apart_from_those_that_more_data_decide(score, rule, check):
    scores = [score(where={"sex": name}, excess=excess, se=0.05) for name, excess in (("a", 0.05), ("b", 0.1))]
    text = " ".join(str(check(scores, [rule(by=["*"])])).split())
    assert "What would decide 1 of 2: about" in text
    assert "samples on each side (for sex=a, now" in text
    assert "1 more lies too near the limit." in text


def test_passed_comparisons_of_a_gate_are_one_row_by_the_nearest_to_the_limit(score, rule, check):
    scores = [score(where={"sex": name}, excess=excess, se=0.001) for name, excess in (("a", 0.0), ("b", 0.03))]
    text = str(check(scores, [rule(by=["*"])]))
    assert text.count("\npass ") == 1
    assert "2 comparisons, the nearest to its limit [sex=b]" in text


@pytest.mark.parametrize("width", [None, 200, 80, 60])
def test_long_names_keep_to_the_width_and_lose_nothing(score, rule, check, width):
    parts = [{"race": "Asian-Pacific-Islander", "marital-status": "Married-spouse-absent " * n} for n in (1, 3)]
    gate = rule("representation_gap", id="shares-of-all-the-groups-that-there-are-in-this-table", by=["*"])
    verdict = check([score("representation_gap", where=part, excess=0.5) for part in parts], [gate])
    text = verdict.text(width=width)
    assert max(map(len, text.splitlines())) <= min(width or 100, 100)
    for item in verdict.results:
        assert "".join(item.part.split()) in "".join(text.split())
        numbers = "".join("".join(cells(item)).split())
        assert item.gate in "".join(text.split()).replace(numbers, "")
