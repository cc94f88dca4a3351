"""Every command with each exit code that it can give; a failing one prints one sentence that says what to do."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import typer

from auditkit.cli import app as program
from auditkit.cli.app import app
from auditkit.cli.session import session

BASH = shutil.which("bash") or "/bin/bash"
ROOT = typer.main.get_command(app)
COMMANDS = {
    " ".join(filter(None, (group, name))): command
    for group, item in ROOT.commands.items()
    for name, command in getattr(item, "commands", {"": item}).items()
}
BOTH = ("--real", "real.csv", "--synthetic", "synthetic.csv")
TEST = ("--real", "real.csv", "--test", "test.csv", "--label", "rich")
CART = ("cart", "--real", "real.csv", "--n", "9", "--out", "g.csv")
GATE = '[[gate]]\nid = "kinds"\nmetric = "{}"\nmin = {}\ndecide = "point"\n'
LOOP = (
    'extends = "none"\n[data]\nreal = "real.csv"\nsynthetic = "synthetic.csv"\nholdout = "holdout.csv"\n'
    '[audit]\nmetrics = ["coverage"]\n[[filter]]\nrule = "exact-copies"\n'
)
FILES = {
    "passes.toml": LOOP + GATE.format("coverage", "0.001"),
    "fails.toml": LOOP + GATE.format("coverage", "0.9999"),
    "unmeasured.toml": LOOP + GATE.format("vendi_score", "1.0"),
    "wrong.toml": "[audit]\nsede = 1\n",
    "file": "",
    "broken/audit.json": "{",
}
TOML = {0: "passes.toml", 1: "fails.toml", 3: "unmeasured.toml", 2: "wrong.toml"}
# Command and code, what is typed after the command, and a word of the sentence.
TABLE: list[tuple[str, int, tuple[str, ...], str]] = [
    ("demo", 2, ("--modality", "tabluar"), "did you mean 'tabular'?"),
    ("demo", 2, ("--out", "file"), "name a folder."),
    ("init", 0, ("real.csv",), "auditkit.toml"),
    ("init", 2, ("nowhere.csv",), "check the path."),
    ("init", 2, ("real.csv", "--out", "file/x.toml"), "name another place."),
    ("init", 2, ("real.csv", "--label", "ruch"), "did you mean 'rich'?"),
    *(("run", code, ("-c", path), "exit {code}" if code != 2 else "'sede'") for code, path in TOML.items()),
    ("run", 2, (), "`auditkit init FILE` writes one."),
    ("run", 2, ("-c", "nowhere.toml"), "`auditkit init` writes one."),
    ("audit", 0, (*BOTH, "--out", "made", "--metric", "coverage"), "coverage"),
    ("audit", 2, (*BOTH, "--out", "made", "--metric", "covrage"), "did you mean 'coverage'?"),
    ("audit", 2, ("--synthetic", "synthetic.csv", "--out", "made"), "needs --real R, or --reference F"),
    ("audit", 2, (*BOTH, "--out", "file"), "name a folder."),
    ("audit", 3, (*BOTH, "--out", "made", "--metric", "holdout_share"), "needs a holdout"),
    *(("check", code, ("audit", "-c", path), "exit {code}" if code != 2 else "'sede'") for code, path in TOML.items()),
    ("check", 0, ("audit", "-c", "fails.toml", "--exit-zero"), "exit 1"),
    ("check", 2, ("nowhere",), "give the folder that `auditkit audit --out` wrote."),
    ("check", 2, ("broken",), "write the file again."),
    ("check", 2, ("audit", "--format", "jsn"), "did you mean 'json'?"),
    ("check", 2, ("audit", "--output", "json=file/x"), "name another place."),
    ("report", 0, ("audit",), "report.html"),
    ("report", 2, ("nowhere",), "give the folder"),
    ("report", 2, ("audit", "--out", "file/x.html"), "name another place."),
    ("generate", 0, CART, "9 samples in g.csv"),
    ("generate", 2, ("crat", "--real", "real.csv", "--n", "9", "--out", "g.csv"), "did you mean 'cart'?"),
    ("generate", 2, ("cart", "--real", "real.csv", "--n", "0", "--out", "g.csv"), "auditkit generate --help"),
    ("generate", 2, ("cart", "--real", "real.csv", "--n", "9", "--out", "real.csv"), "name another place"),
    ("generate", 2, (*CART, "--condition", "sex=x"), "known: f, m."),
    ("filter", 0, ("audit", "--out", "kept.csv"), "of 120 samples"),
    ("filter", 2, ("audit", "--out", "kept.xyz"), "use such a name."),
    ("filter", 2, ("audit", "--out", "kept.csv", "-c", "wrong.toml"), "did you mean 'seed'?"),
    ("review", 0, ("audit", "--n", "9"), "review.html"),
    ("review", 2, ("audit", "--by", "realsm"), "did you mean 'realism'?"),
    ("review apply", 0, ("decisions.json", "--audit", "audit"), "accept"),
    ("review apply", 2, ("nowhere.json", "--audit", "audit"), "check the path."),
    ("merge", 0, (*BOTH, "--out", "merged.csv"), "samples in merged.csv"),
    ("merge", 2, (*BOTH, "--out", "merged.csv", "--weight", "heavy"), "takes a number, CLASS=NUMBER or real"),
    ("ablate", 0, (*TEST, "--out", "made", "--repeats", "2", "--model", "logistic"), "balanced_accuracy"),
    ("ablate", 2, (*TEST, "--out", "made", "--arm", "all"), "takes NAME=VALUE"),
    ("ablate", 2, (*TEST, "--out", "made", "--model", "boost"), "did you mean 'boosting'?"),
    ("list", 0, ("gates",), "recommended"),
    ("list", 2, ("gats",), "did you mean 'gates'?"),
    ("compare", 0, ("audit", "other"), "audit"),
    ("compare", 2, ("audit",), "needs two entries"),
    ("compare", 2, ("audit", "nowhere"), "give folders of audits"),
    ("history", 0, ("audit",), "coverage"),
    ("history", 2, ("nowhere",), "give folders"),
    ("history", 2, ("audit", "--plot", "x.pdf"), "name the file so."),
    ("baseline update", 0, ("audit", "--reason", "the first"), "scores of"),
    ("baseline update", 2, ("audit",), "auditkit baseline update --help"),
    ("baseline show", 0, ("--baseline", "kept.json"), "the first"),
    ("baseline show", 2, (), "`auditkit baseline update DIR --reason TEXT` writes one."),
    ("reference build", 0, ("real.csv", "--out", "ref.safetensors"), "ref.safetensors"),
    ("reference build", 2, ("real.csv", "--out", "file/ref.safetensors"), "name a folder."),
    ("config check", 0, ("passes.toml",), "right, 1 gate"),
    ("config check", 2, ("wrong.toml",), "wrong.toml:2:1: unknown key 'sede' in [audit]; did you mean 'seed'?"),
    ("config show", 0, ("-c", "passes.toml"), "kinds"),
    ("config show", 2, ("-c", "file/x.toml"), "`auditkit init` writes one."),
    ("config schema", 0, (), "draft-07"),
    ("config schema", 2, ("more",), "auditkit config schema --help"),
]  # fmt: skip


@pytest.fixture
def place(folder) -> Path:
    """The prepared folder with a config for each verdict, and what some commands start from."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def prepare(run, words: tuple[str, ...]) -> None:
    """Make what a row reads beside the audit."""
    if "other" in words:
        (Path("other")).symlink_to("audit", target_is_directory=True)
    if "kept.json" in words:
        assert run("baseline", "update", "audit", "--reason", "the first", "--baseline", "kept.json").code == 0
    if "decisions.json" in words:
        assert run("review", "audit", "--n", 9).code == 0
        page = Path("audit/review.html").read_text(encoding="utf-8")
        data = json.loads(re.search(r'id="review-data">(.*?)</script>', page, re.DOTALL).group(1))
        sealed = json.loads(base64.b64decode(data["sealed"]))
        told = [
            sealed["samples"][sample] | {"occurrence": occurrence, "decision": "accept", "seconds": 1.0}
            for sample, occurrence in data["showings"]
        ]
        said = sealed["head"] | {"reviewer": "Ada", "saved": "2026-01-01T00:00:00Z", "decisions": told}
        Path("decisions.json").write_text(json.dumps(said), encoding="utf-8")


def is_one_sentence(text: str) -> bool:
    """Whether it is one line that says after what is wrong what to do, or what there is."""
    return bool(re.fullmatch(r"error: [^\n]+(: |; |, or |, got |\(see `|\(auditkit | and not )[^\n]+[.?)]\n", text))


def test_the_table_holds_every_command_with_each_code_it_can_give():
    codes = {name: {code for command, code, _, _ in TABLE if command == name} for name in COMMANDS}
    verdicts = {"run": {0, 1, 2, 3}, "check": {0, 1, 2, 3}, "audit": {0, 2, 3}}
    assert codes == {name: verdicts.get(name, {0, 2}) for name in COMMANDS} | {
        "demo": {2}
    }  # its 0 has a test of its own


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("command", "code", "words", "said"), TABLE, ids=[f"{row[0]}-{row[1]}-{index}" for index, row in enumerate(TABLE)]
)
def test_a_command_exits_as_it_should_and_says_why(run, command, code, words, said):
    prepare(run, words)
    done = run(*command.split(), *words)
    assert done.code == code, done
    if code == 2:
        assert done.out == ""
        assert is_one_sentence(done.err), done.err
        assert said in done.err
        return
    assert said.format(code=code) in done.out
    assert ("error: " in done.err) == (command == "audit" and code == 3)
    if code and command != "audit":
        assert "What to do next" in done.out
        assert done.out.splitlines()[0].startswith("FAIL" if code == 1 else "NOT MEASURED")
    if code == 3 and command == "audit":
        assert is_one_sentence(done.err.splitlines(keepends=True)[-1])


FAILURES = [
    (KeyboardInterrupt(), 130, "interrupted: nothing was left half written."),
    (MemoryError(), 3, "ask for fewer samples"),
    (RuntimeError("inner words"), 3, "run again with --debug and report what it shows."),
    (PermissionError(13, "Permission denied", "x.csv"), 2, "cannot use 'x.csv': permission denied; check the path"),
]


@pytest.mark.parametrize(("error", "code", "said"), FAILURES, ids=[type(row[0]).__name__ for row in FAILURES])
def test_whatever_a_command_raises_is_one_sentence(run, monkeypatch, error, code, said):
    tree = program._program()
    monkeypatch.setattr(program, "_program", lambda: tree)

    def raising(*_arguments, **_options):
        raise error

    for command in COMMANDS:
        leaf = tree
        for name in command.split():
            leaf = leaf.commands[name]
        monkeypatch.setattr(leaf.commands[""] if command == "review" else leaf, "callback", raising)
        words = next(row[2] for row in TABLE if row[0] == command)
        done = run(*command.split(), *words)
        assert (done.code, done.out) == (code, ""), command
        assert (done.err.count("\n"), done.err.startswith("error: "), said in done.err) == (1, True, True)


READERS = {
    ("check", "audit", "-c", "fails.toml", "--format", "json"): json.loads,
    ("check", "audit", "-c", "fails.toml", "--format", "junit"): ET.fromstring,
    ("check", "audit", "-c", "fails.toml", "--format", "sarif"): json.loads,
    ("check", "audit", "-c", "fails.toml", "--format", "gitlab"): json.loads,
    ("compare", "audit", "other", "--format", "json"): json.loads,
    ("history", "audit", "--format", "json"): json.loads,
    ("baseline", "show", "--baseline", "kept.json", "--format", "json"): json.loads,
    ("config", "show", "-c", "fails.toml", "--resolved", "--format", "json"): json.loads,
    ("config", "schema"): json.loads,
}


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("words", READERS, ids=" ".join)
def test_what_machines_read_parses_whatever_else_is_said(run, monkeypatch, words):
    prepare(run, words)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "40")
    Path("auditkit.toml").write_text('baseline = "later.json"\n', encoding="utf-8")
    for more in (("-vv",), ("-q",), ("-qq",)):
        done = run(*words, *more)
        READERS[words](done.out)
        assert "\x1b" not in done.out
    if words[0] == "check":
        done = run(*words[:2], *words[4:], "-v", "--strict", "--exit-zero")  # with a config that is found, and notes
        READERS[words](done.out)
        assert done.err.endswith("config: auditkit.toml\n")


@pytest.mark.parametrize(
    ("variables", "terminal", "coloured"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"TERM": "dumb"}, True, False),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, False, True),
    ],
)
@pytest.mark.usefixtures("place")
def test_colours_appear_where_they_are_wanted(run, monkeypatch, variables, terminal, coloured):
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    assert session.colour == coloured
    done = run("check", "audit", "-c", "fails.toml")
    assert ("\x1b[" in done.out) == coloured
    plain = re.sub(r"\x1b\[[0-9;]*m", "", done.out)
    assert plain.startswith("FAIL")


@pytest.mark.usefixtures("place")
def test_quiet_and_quieter(run):
    loud, quiet, terse = (run("check", "audit", "-c", "fails.toml", *more) for more in ((), ("-q",), ("-qq",)))
    assert (loud.out, loud.code, quiet.code, terse.code) == (quiet.out, 1, 1, 1)
    assert (quiet.err, terse.err) == ("", "")
    assert terse.out == f"{loud.out.splitlines()[0]}\n"
    assert run("-qq", "run", "-c", "fails.toml").out.count("\n") == 1


@pytest.mark.usefixtures("place")
def test_variables_stand_for_options_that_are_not_given(run, monkeypatch):
    for name, value in {
        "AUDITKIT_QUIET": "2", "AUDITKIT_CONFIG": "fails.toml", "AUDITKIT_CHECK_EXIT_ZERO": "1",
        "AUDITKIT_CHECK_OUTPUT": "json=a.json markdown=a.md", "AUDITKIT_VERSION": "9.9",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    done = run("check", "audit")
    assert (done.code, done.out.startswith("FAIL"), done.err) == (0, True, "")
    assert Path("a.json").is_file()
    assert Path("a.md").is_file()
    monkeypatch.setenv("AUDITKIT_REVIEW_N", "many")
    wrong = run("review", "audit")
    assert (
        wrong.code,
        "from the environment variable AUDITKIT_REVIEW_N (see `auditkit review --help`)" in wrong.err,
    ) == (
        2,
        True,
    )
    assert is_one_sentence(wrong.err)


def test_every_option_has_a_variable_of_its_own():
    found: dict[str, list[str]] = {}

    def look(command, name: str) -> None:
        for item in command.params:
            if item.param_type_name == "option" and item.envvar:
                found.setdefault(item.envvar, []).append(f"{name} {item.name}")
        for word, inner in getattr(command, "commands", {}).items():
            look(inner, f"{name} {word}".strip())

    look(program._program(), "")
    shared = {name for name, places in found.items() if len(places) > 1}
    assert shared == {"AUDITKIT_CONFIG"}
    assert {"AUDITKIT_AUDIT_SHOW_REAL", "AUDITKIT_REVIEW_BY", "AUDITKIT_REVIEW_APPLY_AUDIT", "AUDITKIT_DEBUG"} <= set(
        found
    )
    assert not {"AUDITKIT_VERSION", "AUDITKIT_HELP", "AUDITKIT_THREADS"} & set(found)


@pytest.mark.parametrize("columns", [50, 80])
def test_help_fits_the_terminal(run, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    for command in ("", *COMMANDS):
        done = run(*command.split(), "--help")
        assert done.code == 0
        assert [line for line in done.out.splitlines() if len(line) > columns] == [], command
        assert "..." not in done.out.partition("Commands:")[2] or columns < 80


@pytest.mark.parametrize("what", ["metrics", "gates", "generators", "embedders"])
def test_lists_fit_a_narrow_terminal(run, monkeypatch, what):
    monkeypatch.setenv("COLUMNS", "50")
    lines = run("list", what).out.splitlines()
    assert [line for line in lines if len(line) > 50 and " " in line.strip()] == []


def test_every_option_is_described_in_one_sentence():
    for name, command in COMMANDS.items():
        for item in command.params:
            text = "Show this message and exit." if item.name == "help" else item.help
            about = f"{name} {item.opts[0]}: {text}"
            assert text, about
            assert re.fullmatch(r"[\w`].*[.]", text), about
            assert not re.search(r"[.!?] [A-Z]", text), about
            assert len(text) <= 110, about


def test_the_same_option_is_called_and_described_alike_everywhere():
    """One spelling for one thing: a name has one type, and shared options one place marker."""
    found: dict[str, set[str]] = {}
    for command in COMMANDS.values():
        for item in command.params:
            if item.param_type_name == "option":
                found.setdefault(item.opts[0], set()).add(str(item.metavar))
    several = {name: marks for name, marks in found.items() if len(marks) > 1}
    assert several.pop("--out") == {"DIR", "PATH", "TOML"}
    assert several.pop("--baseline") == {"PATH", "PLACE"}  # update writes a file, others also read from git
    assert several == {
        "--by": {"COLUMN", "WAY"},
        "--generator": {"NAME", "DIR"},  # filter wants the one that was trained
        "--repeats": {"N", "X"},
    }


def process(words: str, **options) -> subprocess.CompletedProcess[bytes]:
    """A command line in bash, in which `auditkit` is this one."""
    script = f'set -o pipefail; auditkit() {{ "{sys.executable}" -m auditkit "$@"; }}; {words}'
    return subprocess.run([BASH, "-c", script], capture_output=True, check=False, timeout=120, **options)


@pytest.mark.usefixtures("place")
def test_head_may_stop_reading():
    done = process("auditkit -q check audit -c fails.toml | head -n 1")
    assert (done.stdout.startswith(b"FAIL"), done.stdout.count(b"\n"), done.stderr) == (True, 1, b"")
    assert done.returncode == 1  # of the check, though nobody read the rest


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals")
@pytest.mark.usefixtures("place")
def test_progress_on_a_terminal_leaves_the_output_alone():
    import pty

    ours, theirs = pty.openpty()
    try:
        words = "auditkit audit --real real.csv --synthetic synthetic.csv --out made --metric coverage"
        script = words.replace("auditkit ", f'"{sys.executable}" -m auditkit ', 1)
        done = subprocess.run([BASH, "-c", script], stdout=subprocess.PIPE, stderr=theirs, check=False, timeout=120)
        shown = os.read(ours, 65536).decode()
    finally:
        os.close(theirs)
        os.close(ours)
    assert (done.returncode, b"\x1b" in done.stdout) == (0, False)
    assert done.stdout.decode().splitlines()[0].startswith("audit of synthetic.csv")
    assert "\x1b" in shown
