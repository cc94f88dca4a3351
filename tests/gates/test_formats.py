"""Formats: parse what was written."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest

from auditkit.errors import UnknownNameError
from auditkit.gates import FORMATS, Verdict, render

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


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_writes_text_that_ends_in_one_newline(verdict, name):
    text = render(verdict, name)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert text == render(verdict, name)


def test_an_unknown_format_names_the_known_ones(verdict):
    with pytest.raises(UnknownNameError, match="did you mean 'json'"):
        render(verdict, "jsn")


def test_json_is_the_verdict(verdict):
    assert Verdict.from_json(json.loads(render(verdict, "json"))) == verdict


def test_junit_parses_and_counts(verdict):
    suite = ET.fromstring(render(verdict, "junit")).find("testsuite")  # noqa: S314 - we wrote it
    assert suite is not None
    cases = suite.findall("testcase")
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "5", "failures": "1", "errors": "1", "skipped": "1",
    }  # fmt: skip
    assert [case[1].tag for case in cases] == ["failure", "system-out", "error", "skipped", "system-out"]
    assert cases[0].get("line") == "3"
    assert "a<b>&" in cases[0].get("name", "")
    assert cases[0].find("properties/property[@name='limit']").get("value") == "0.1"


def test_junit_counts_undecided_as_the_check_does(score, rule, check):
    strict = check([score(excess=0.1)], [rule()], undecided="fail")
    suite = ET.fromstring(render(strict, "junit")).find("testsuite")  # noqa: S314 - we wrote it
    assert suite is not None
    assert (suite.get("failures"), suite.get("skipped")) == ("1", "0")


def test_github_commands_cannot_be_forged(verdict):
    lines = render(verdict, "github", config="conf,a:b.toml").splitlines()
    commands = [line for line in lines if line.startswith("::")]
    assert [line.split(" ")[0] for line in commands] == ["::error", "::error", "::warning", "::warning"]
    assert "file=conf%2Ca%3Ab.toml,line=3,title=FAIL%3A" in commands[0]
    assert lines[-1] == verdict.headline()


@pytest.mark.parametrize("name", ["text", "markdown", "github"])
def test_names_cannot_steer_a_terminal(score, rule, check, name):
    where = {"sex": "\x1b[31mred\x07\u202eeman\r"}
    text = render(check([score(where=where, excess=0.5, se=0.5)], [rule(by=["*"])]), name)
    assert "red" in text
    assert not set(text) & set("\x1b\x07\u202e\r")


def test_github_shows_ten_of_each_kind_and_counts_the_rest(score, rule, check):
    scores = [score(where={"sex": str(i)}, excess=0.5) for i in range(14)]
    text = render(check(scores, [rule(by=["*"])]), "github")
    assert text.count("::error ") == 10
    assert "4 further annotations" in text


def test_markdown_escapes_and_stays_on_its_line(verdict):
    text = render(verdict, "markdown")
    assert text.startswith("<!-- auditkit:check -->")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + len(verdict.results)
    assert {line.replace("\\|", "").count("|") for line in rows} == {7}
    assert "@everyone" not in text
    assert "<b>" not in text


def test_long_markdown_is_cut_with_a_note(score, rule, check):
    scores = [score(where={"town": f"place {i:05d} " + "x" * 80}, excess=0.5) for i in range(900)]
    text = render(check(scores, [rule(by=["*"])]), "markdown")
    assert len(text.encode()) < 60_000
    assert "further lines were left out" in text
