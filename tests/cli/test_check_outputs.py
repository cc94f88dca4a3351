"""What `auditkit check` writes where, and how it exits."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

COVERAGE = 'extends = "none"\n[[gate]]\nid = "a"\nmetric = "coverage"\ndecide = "point"\n'
FAILS = f"{COVERAGE}min = 0.999\n"


@pytest.mark.parametrize("target", ["audit/audit.json", "audit/samples.parquet", "gates.toml", "./gates.toml"])
def test_an_output_never_goes_over_what_the_check_reads(run, place, target):
    before = (place / target).read_bytes()
    done = run("check", "audit", "-c", "gates.toml", "--output", f"junit={target}")
    assert done.code == 2
    assert f"--output would write over {target.removeprefix('./')!r}, which the check reads" in done.err
    assert (place / target).read_bytes() == before


@pytest.mark.usefixtures("place")
def test_a_baseline_that_is_not_there_is_told_on_standard_error_whatever_the_format(run):
    Path("gates.toml").write_text(f'baseline = "git_main.json"\n{COVERAGE}min = 0.001\n', encoding="utf-8")
    for shown in ("text", "json"):
        done = run("check", "audit", "-c", "gates.toml", "--format", shown)
        assert done.code == 0
        assert "note: there is no baseline 'git_main.json' yet" in done.err


@pytest.fixture
def place(prepared, tmp_path, monkeypatch) -> Path:
    """Folder within a checkout, with the prepared audit beside it and a config that fails."""
    (tmp_path / ".git").mkdir()
    here = tmp_path / "data"
    here.mkdir()
    (here / "audit").symlink_to(prepared / "audit", target_is_directory=True)
    (here / "gates.toml").write_text(FAILS, encoding="utf-8")
    monkeypatch.chdir(here)
    return here


GATES = {
    "passes": (f"{COVERAGE}min = 0.001\n", (0, 0, 0)),
    "fails": (FAILS, (1, 1, 0)),
    "warns": (f'{FAILS}level = "warn"\n', (0, 1, 0)),
    "is not measured": (COVERAGE.replace("coverage", "vendi_score") + "min = 1.0\n", (3, 3, 0)),
    "is not measured and warns": (
        COVERAGE.replace("coverage", "vendi_score") + 'min = 1.0\nlevel = "warn"\n', (3, 3, 0)
    ),
    "is inverted": (f"{COVERAGE}max = 0.5\n", (2, 2, 2)),
    "is no gate": ("[[gate]]\n", (2, 2, 2)),
}  # fmt: skip


@pytest.mark.parametrize("case", GATES)
@pytest.mark.usefixtures("place")
def test_a_check_exits_as_its_gates_and_its_options_say(run, case):
    text, expected = GATES[case]
    Path("gates.toml").write_text(text, encoding="utf-8")
    codes = [run("check", "audit", "-c", "gates.toml", *more).code for more in ((), ("--strict",), ("--exit-zero",))]
    assert tuple(codes) == expected


READERS = {
    "json": json.loads,
    "junit": ET.fromstring,
    "sarif": json.loads,
    "gitlab": json.loads,
}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("option", [("--format", "{}"), ("--output", "{}=-")])
@pytest.mark.usefixtures("place")
def test_standard_output_is_one_format_and_nothing_else(run, name, option):
    done = run("check", "audit", "-c", "gates.toml", option[0], option[1].format(name))
    assert done.code == 1
    assert READERS[name](done.out) is not None
    assert done.err == ""


def test_one_check_writes_every_format(run, place):
    from auditkit.gates import FORMATS

    targets = [word for name in FORMATS for word in ("--output", f"{name}=out/{name}.txt")]
    done = run("check", "audit", "-c", "gates.toml", *targets)
    assert done.code == 1
    assert {path.stem for path in (place / "out").iterdir()} == set(FORMATS)
    assert (place / "out" / "text.txt").read_text(encoding="utf-8") == done.out


MISTAKES = {
    "two formats": (
        ("--format", "json", "--output", "junit=-"),
        "standard output holds one format, got json and junit",
    ),
    "twice the output": (("--output", "json=-", "--output", "junit=-"), "standard output holds one format"),
    "one path twice": (("--output", "json=a", "--output", "junit=./a"), "--output writes './a' twice"),
    "unknown format": (("--output", "sarfi=a"), "unknown format 'sarfi'; did you mean 'sarif'? (of --output)"),
    "unknown shown format": (("--format", "xml"), "unknown format 'xml'; known: github, gitlab"),
    "no path": (("--output", "json"), "--output takes FORMAT=PATH, as junit=gates.xml, got 'json'"),
    "a name with spaces": (("--name", "a b"), "a check's name has letters, digits, dots and single hyphens only"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_wrong_target_is_one_sentence_before_anything_is_written(run, place, case):
    options, words = MISTAKES[case]
    before = set(place.iterdir())
    done = run("check", "audit", "-c", "gates.toml", *options)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert words in done.err
    assert set(place.iterdir()) == before


@pytest.mark.usefixtures("place")
def test_places_are_told_from_the_root_of_the_checkout(run):
    def location(*config: str) -> dict:
        run_ = run("check", "audit", *config, "--format", "sarif").json["runs"][0]
        return run_["results"][0]["locations"][0]["physicalLocation"]

    assert location("-c", "gates.toml") == {
        "artifactLocation": {"uri": "data/gates.toml", "uriBaseId": "%SRCROOT%"}, "region": {"startLine": 2},
    }  # fmt: skip
    assert location()["artifactLocation"]["uri"] == "data/audit/audit.json"
    Path("mine.toml").write_text('extends = ["gates.toml"]\n', encoding="utf-8")
    assert location("-c", "mine.toml")["artifactLocation"]["uri"] == "data/gates.toml"
    assert "file=data/gates.toml,line=2," in run("check", "audit", "-c", "gates.toml", "--format", "github").out


@pytest.mark.usefixtures("place")
def test_gates_that_are_off_are_skipped_cases(run):
    off = '[[gate]]\nid = "b"\nmetric = "precision"\nmin = 0.5\nlevel = "off"\n'
    Path("gates.toml").write_text(FAILS + off, encoding="utf-8")
    (suite,) = ET.fromstring(run("check", "audit", "-c", "gates.toml", "--format", "junit").out)  # noqa: S314 - ours
    assert (suite.get("tests"), suite.get("skipped"), suite.get("failures")) == ("2", "1", "1")
    assert 'level = "off"' in suite.find("testcase[@name='b']/skipped").get("message")


def test_without_a_config_what_lies_outside_the_checkout_is_not_named(run, place, tmp_path, monkeypatch):
    (tmp_path / "inner" / ".git").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "inner")
    issues = run("check", place / "audit", "--format", "gitlab").json
    assert {item["location"]["path"] for item in issues} == {"auditkit.toml"}


@pytest.mark.usefixtures("place")
def test_the_environment_stands_for_options_that_are_not_given(run, monkeypatch):
    for name, value in {"FORMAT": "markdown", "NAME": "tables", "STRICT": "1", "EXIT_ZERO": "true"}.items():
        monkeypatch.setenv(f"AUDITKIT_CHECK_{name}", value)
    done = run("check", "audit", "-c", "gates.toml")
    assert (done.code, done.out.splitlines()[0]) == (0, "<!-- auditkit:tables -->")
    assert "note: exit 0 where the verdict asks for 1" in done.err
    assert run("check", "audit", "-c", "gates.toml", "--name", "rows").out.startswith("<!-- auditkit:rows -->")
