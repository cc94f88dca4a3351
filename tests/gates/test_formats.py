"""Formats: parse what was written."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import fields, replace
from pathlib import Path

import jsonschema
import pytest

from auditkit.errors import ConfigError, UnknownNameError
from auditkit.gates import FORMATS, GateResult, Verdict, render
from auditkit.gates.formats.alerts import Origin, alerts
from auditkit.gates.formats.json_text import check_schema
from auditkit.gates.outcome import Finding
from auditkit.gates.strictness import strict_verdict

NASTY = 'a<b>&"c"|`d`\x00\x1b\n::error::@everyone %0A,x:y'


@pytest.fixture
def verdict(score, rule, check) -> Verdict:
    scores = [
        score(where={"sex": NASTY}, excess=0.5),
        score(where={"sex": "M"}, excess=0.0),
        score("precision", value=None, excess=None, status="error", reason=NASTY),
        score("density", excess=0.1),
        score("duplicate_share", excess=0.9),
    ]
    rules = [
        rule(by=["*"], line=3, why=NASTY),
        rule("precision", line=9),
        rule("density"),
        rule("duplicate_share", level="warn"),
    ]
    return check(scores, rules)


@pytest.fixture
def many(score, rule, check) -> Verdict:
    """Fourteen parts that fail one gate."""
    return check([score(where={"sex": str(i)}, excess=0.5) for i in range(14)], [rule(by=["*"])])


@pytest.fixture
def empty(check) -> Verdict:
    return check([], [])


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_writes_text_that_ends_in_one_newline(verdict, name):
    text = render(verdict, name)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert text == render(verdict, name)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_can_say_that_nothing_was_judged(empty, name):
    assert render(empty, name).strip()


def test_an_unknown_format_names_the_known_ones(verdict):
    with pytest.raises(UnknownNameError, match="did you mean 'json'"):
        render(verdict, "jsn")


@pytest.mark.parametrize("name", ["", "a b", "a-->b", "a--b", "-a", "é"])
def test_a_name_that_could_end_the_marker_is_refused(verdict, name):
    with pytest.raises(ConfigError, match="letters, digits"):
        render(verdict, "markdown", Origin(name=name))


def test_json_is_the_verdict(verdict):
    assert Verdict.from_json(json.loads(render(verdict, "json"))) == verdict


def test_json_follows_its_schema(verdict, many, empty):
    schema = check_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    told = replace(verdict, findings=(Finding("copies", "Copied.", {"n": 3}, ("Look.",), "warn"),))
    for item in (verdict, many, empty, told, strict_verdict(verdict)):
        validator.validate(json.loads(render(item, "json")))
    broken = json.loads(render(verdict, "json"))
    broken["results"][0]["verdict"] = "maybe"
    assert not validator.is_valid(broken)


def test_the_schema_describes_every_key():
    schema = check_schema()
    result = schema["$defs"]["result"]
    assert set(result["properties"]) == {item.name for item in fields(GateResult)}
    assert set(schema["$defs"]["finding"]["properties"]) == {item.name for item in fields(Finding)}
    every = [schema, *schema["$defs"].values()]
    assert [key for part in every for key, value in part["properties"].items() if not value.get("description")] == []


def suite_of(verdict: Verdict) -> ET.Element:
    suite = ET.fromstring(render(verdict, "junit")).find("testsuite")  # noqa: S314 - we wrote it
    assert suite is not None
    return suite


def test_junit_parses_and_counts(verdict):
    suite = suite_of(verdict)
    cases = suite.findall("testcase")
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "5", "failures": "1", "errors": "1", "skipped": "1",
    }  # fmt: skip
    assert [case[1].tag for case in cases] == ["failure", "system-out", "error", "skipped", "system-out"]
    assert cases[0].get("line") == "3"
    assert "a<b>&" in cases[0].get("name", "")
    assert cases[0].find("properties/property[@name='limit']").get("value") == "0.1"


def test_a_junit_failure_says_value_limit_and_interval(many):
    (failure,) = suite_of(many).findall("testcase[1]/failure")
    assert failure.get("message", "").startswith("FAIL: worse by 50.0 %, limit worse by <= 10 %, judged: at least ")
    assert many.results[0].sentence in (failure.text or "")


def test_junit_counts_undecided_as_the_check_does(score, rule, check):
    strict = check([score(excess=0.1)], [rule()], undecided="fail")
    suite = suite_of(strict)
    assert (suite.get("failures"), suite.get("skipped")) == ("1", "0")


# What the schemas of Surefire and of Jenkins have in common, and properties of a case as pytest writes them.
JUNIT = {
    "testsuites": ({"name", "tests", "failures", "errors", "time"}, set(), ["testsuite"]),
    "testsuite": (
        {"name", "tests", "failures", "errors", "skipped", "time"}, set(), ["properties", "testcase"]
    ),
    "testcase": (
        {"name", "classname", "time"}, {"file", "line"}, ["properties", "skipped", "error", "failure", "system-out"]
    ),
    "failure": ({"message", "type"}, set(), []),
    "error": ({"message", "type"}, set(), []),
    "skipped": ({"message"}, set(), []),
    "system-out": (set(), set(), []),
    "properties": (set(), set(), ["property"]),
    "property": ({"name", "value"}, set(), []),
}  # fmt: skip


def test_junit_follows_the_rules_of_its_readers(verdict, many, empty):
    for item in (verdict, many, empty):
        root = ET.fromstring(render(item, "junit"))  # noqa: S314 - we wrote it
        for element in root.iter():
            needed, allowed, children = JUNIT[element.tag]
            assert needed <= set(element.attrib) <= needed | allowed, element.tag
            places = [children.index(child.tag) for child in element]
            assert places == sorted(places), element.tag
        for name in ("tests", "failures", "errors", "skipped", "time"):
            assert all(float(element.attrib[name]) >= 0 for element in root.iter() if name in element.attrib)
        names = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
        assert len(names) == len(set(names))


def test_github_commands_cannot_be_forged(verdict):
    lines = render(verdict, "github", Origin("conf,a:b.toml")).splitlines()
    commands = [line for line in lines if line.startswith("::")]
    assert [line.split(" ")[0] for line in commands] == ["::error", "::error", "::warning", "::warning"]
    assert "file=conf%2Ca%3Ab.toml,line=3,title=FAIL%3A" in commands[0]
    assert lines[-1] == verdict.headline()


@pytest.mark.parametrize("name", ["text", "markdown", "github", "gitlab", "sarif"])
def test_names_cannot_steer_a_terminal(score, rule, check, name):
    where = {"sex": "\x1b[31mred\x07\u202eeman\r"}
    text = render(check([score(where=where, excess=0.5, se=0.5)], [rule(by=["*"])]), name)
    assert "red" in text
    assert not set(text) & set("\x1b\x07\u202e\r")


@pytest.mark.parametrize("level", ["w ::error::PWNED", "::error::PWNED", "x ##[error]PWNED"])
def test_no_line_of_the_text_is_a_command_for_a_runner(score, rule, check, level):
    for pad in range(60, 100):
        text = check([score(where={"sex": "n" * pad + f" {level}"}, excess=0.5)], [rule(by=["*"])]).text()
        assert not [line for line in text.splitlines() if line.lstrip().startswith("::") or "##[" in line]


def test_marks_that_turn_the_reading_direction_are_in_no_format(score, rule, check):
    verdict = check([score(excess=0.5)], [rule(id="a\u202eb", line=3, why="c\u202ed")])
    for name in FORMATS:
        text = render(verdict, name, Origin("auditkit.toml", "check"))
        assert "\u202e" not in text or name == "json", name


def test_github_shows_ten_of_each_kind_and_counts_the_rest(many):
    text = render(many, "github")
    assert text.count("::error ") == 10
    assert "Further annotations were left out: 4 of level error" in text.splitlines()[-2]


def test_undecided_gates_that_may_pass_are_notices(score, rule, check):
    lax = check([score(excess=0.1)], [rule()], undecided="pass")
    assert render(lax, "github").startswith("::notice ")
    assert json.loads(render(lax, "gitlab"))[0]["severity"] == "info"
    assert json.loads(render(lax, "sarif"))["runs"][0]["results"][0]["level"] == "note"


def test_markdown_escapes_and_stays_on_its_line(verdict):
    text = render(verdict, "markdown", Origin(name="tables"))
    assert text.startswith("<!-- auditkit:tables -->\n")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + 4
    assert {line.replace("\\|", "").count("|") for line in rows} == {7}
    assert "@everyone" not in text
    assert "<b>" not in text
    assert text.count("\n- **") == text.count("\n  *Next:* ") == len(verdict.findings) > 0


def test_markdown_has_a_row_for_the_twenty_worst_and_counts_the_rest(score, rule, check):
    scores = [score(where={"town": f"place {i:05d}"}, excess=0.5) for i in range(30)]
    text = render(check(scores, [rule(by=["*"])]), "markdown")
    assert len([line for line in text.splitlines() if line.startswith("|")]) == 2 + 20
    assert "10 further results have no row here (10 FAIL): see the report." in text.replace("\\", "")


def test_markdown_names_what_passed(score, rule, check):
    text = render(check([score(excess=0.0)], [rule()]), "markdown")
    assert "Passed: coverage." in text
    assert "|" not in text


def test_markdown_shows_changes_since_the_baseline_with_arrows(score, rule, check):
    verdict = check([score(excess=0.0), score("duplicate_share", excess=0.0)], [rule(), rule("duplicate_share")])
    first, second = verdict.results
    kept = {"limit_kind": "max_drop", "baseline": 0.9, "limit": 0.05}
    results = (
        replace(first, **kept, compared=0.8, unit="", direction="higher", verdict="fail"),
        replace(second, **kept, compared=0.95, unit="share", direction="match"),
        replace(second, **kept | {"baseline": None}, gate="fresh", compared=0.95),
        replace(second, **kept, gate="same", compared=0.9, unit=""),
        replace(second, **kept, gate="up", compared=0.91, unit="", direction="higher"),
    )
    text = render(replace(verdict, results=results), "markdown").replace("\\", "")
    rows = [line for line in text.split("Since the baseline")[1].splitlines() if line.startswith("| ")][1:]
    assert rows == [
        "| coverage | 0.900 | 0.800 | ↓ 0.100 worse |",
        "| duplicate-share | 90.0 % | 95.0 % | ↑ 5.0 percentage points |",
        "| same | 0.900 | 0.900 | → none |",
        "| up | 0.900 | 0.910 | ↑ 0.010 better |",
    ]
    assert "No baseline yet: fresh." in text
    (failure,) = suite_of(replace(verdict, results=results)).findall("testcase[1]/failure")
    assert failure.get("message", "").startswith("FAIL: drop 0.100, limit drop <= 0.05")


def test_a_gate_that_may_be_undecided_is_a_note_where_the_check_warns(score, rule, check):
    verdict = check([score(excess=0.1)], [rule(undecided="pass")])
    assert render(verdict, "github").startswith("::notice ")
    assert strict_verdict(verdict).exit_code == 0
    assert strict_verdict(check([score(excess=0.1)], [rule(undecided="warn")], undecided="pass")).exit_code == 1


def test_long_markdown_is_cut_with_a_note(score, rule, check):
    rules = [rule(id=f"gate {i:05d} " + "x" * 80) for i in range(900)]
    verdict = check([score(excess=0.0)], rules)
    text = render(replace(verdict, notes=("é" * 5000,) * 40), "markdown")
    assert len(text.encode()) < 60_000
    assert "further lines were left out" in text


def test_gitlab_issues_have_what_gitlab_asks_for(verdict):
    issues = json.loads(render(verdict, "gitlab", Origin("ci/auditkit.toml")))
    assert [item["severity"] for item in issues] == ["critical", "critical", "minor", "minor"]
    assert issues[0]["location"] == {"path": "ci/auditkit.toml", "lines": {"begin": 3}}
    assert [item["location"]["lines"]["begin"] for item in issues] == [3, 9, 1, 1]
    assert all(set(item) == {"check_name", "description", "fingerprint", "location", "severity"} for item in issues)


def test_fingerprints_are_one_for_each_part_and_stay_when_lines_and_numbers_move(score, rule, check):
    def known(excess: float, line: int, name: str = "check") -> list[str]:
        scores = [score(where={"sex": sex}, excess=excess) for sex in "fm"]
        return [item.fingerprint for item in alerts(check(scores, [rule(by=["*"], line=line)]), Origin(name=name))]

    first = known(0.5, 3)
    assert len(set(first)) == 2
    assert known(0.6, 30) == first
    assert not set(known(0.5, 3, name="other")) & set(first)


def test_the_fingerprint_of_a_worst_part_does_not_follow_it_around(score, rule, check):
    def known(*excesses: float) -> list[str]:
        scores = [score(where={"sex": sex}, excess=excess) for sex, excess in zip("fm", excesses, strict=True)]
        return [item.fingerprint for item in alerts(check(scores, [rule(by=["*"], reduce="worst")]), Origin())]

    assert known(0.5, 0.6) == known(0.6, 0.5)


def test_strictly_every_warning_fails(score, rule, check):
    warned = check([score("duplicate_share", excess=0.9)], [rule("duplicate_share", level="warn")])
    unsure = check([score(excess=0.1)], [rule()])
    absent = check([score("precision", value=None, excess=None, status="error")], [rule("precision", level="warn")])
    fine = check([score(excess=0.0)], [rule()])
    assert [item.exit_code for item in (warned, unsure, fine)] == [0, 0, 0]
    assert [strict_verdict(item).exit_code for item in (warned, unsure, absent, fine)] == [1, 1, 3, 0]
    assert "FAIL" in strict_verdict(warned).headline()
    allowed = check([score(excess=0.1)], [rule()], undecided="pass")
    assert strict_verdict(allowed).exit_code == 0


def check_sarif(log: dict) -> None:
    schema = json.loads((Path(__file__).parent / "sarif.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(log)
    (run,) = log["runs"]
    rules = [item["id"] for item in run["tool"]["driver"]["rules"]]
    assert len(rules) == len(set(rules))
    assert [item["ruleId"] for item in run["results"]] == [rules[item["ruleIndex"]] for item in run["results"]]


def test_sarif_follows_what_the_standard_says_of_our_keys(verdict, many, empty):
    for item in (verdict, many, empty, strict_verdict(verdict)):
        check_sarif(json.loads(render(item, "sarif", Origin("a b/auditkit:1.toml"))))


def test_sarif_follows_the_schema_of_oasis(verdict, many, empty, repository):
    path = repository / "build" / "schemas" / "sarif-schema-2.1.0.json"
    if not path.is_file():
        pytest.skip("the schema of OASIS is not in build/schemas: fetch sarif-schema-2.1.0.json from its page")
    validator = jsonschema.Draft4Validator(json.loads(path.read_text(encoding="utf-8")))
    for item in (verdict, many, empty):
        validator.validate(json.loads(render(item, "sarif")))


def test_sarif_levels_and_places_are_those_of_the_gates(verdict):
    log = json.loads(render(verdict, "sarif", Origin("ci/audit kit.toml")))
    run = log["runs"][0]
    assert [item["level"] for item in run["results"]] == ["error", "error", "warning", "warning"]
    places = [item["locations"][0]["physicalLocation"] for item in run["results"]]
    assert [item["region"]["startLine"] for item in places] == [3, 9, 1, 1]
    assert places[0]["artifactLocation"] == {"uri": "ci/audit%20kit.toml", "uriBaseId": "%SRCROOT%"}
    assert run["invocations"][0]["exitCode"] == verdict.exit_code
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [
        *("coverage", "precision", "density", "duplicate-share")
    ]


def test_undecided_results_of_one_gate_are_one_annotation(score, rule, check):
    scores = [score(where={"sex": str(level)}, excess=0.1) for level in range(12)]
    gates = [rule(by=["sex"]), rule("precision")]
    text = render(check([*scores, score("precision", excess=0.9)], gates), "github")
    assert [line.split(" ", 1)[0] for line in text.splitlines()[:-1]] == ["::error", "::warning"]
    assert "12 comparisons%2C the widest" in text
    assert "Undecided too" in text


def test_advice_is_given_once(score, rule, check):
    gates = [rule("coverage"), rule("coverage", id="again", max_excess=0.2)]
    text = str(check([score(excess=0.9)], gates))
    assert text.count("Raise the sampling temp") + text.count("See which classes and groups have the lowest") == 1
