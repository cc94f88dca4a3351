from __future__ import annotations

import os
import signal
import subprocess
import sys
import warnings

import pytest
import typer

import auditkit
from auditkit.cli import app as program
from auditkit.cli.app import app, call
from tests.cli.conftest import people

ROOT = typer.main.get_command(app)
COMMANDS = [
    (*([] if name == "" else [group]), name or group)
    for group, item in ROOT.commands.items()
    for name in getattr(item, "commands", {"": item})
]
HEAVY = ("torch", "sklearn", "pandas", "matplotlib", "scipy", "numba", "pyarrow", "numpy")


def test_without_arguments_it_shows_its_help(run):
    done = run()
    assert done.code == 0
    assert "auditkit demo" in done.out


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_every_command_describes_itself(run, words, flag):
    done = run(*words, flag)
    assert done.code == 0
    assert done.out.startswith(f"Usage: auditkit {' '.join(words)}")
    assert done.err == ""


def test_every_command_is_described_whole_in_the_list(run):
    assert "..." not in run("--help").out.partition("Commands:")[2]


def test_the_version_is_printed(run):
    assert run("--version").out == f"auditkit {auditkit.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["audti"], ["no such command 'audti'", "did you mean 'audit'?", "`auditkit --help`"]),
        (["audit", "--real", "x"], ["missing option '--synthetic'", "`auditkit audit --help`"]),
        (["audit", "--sede", "1"], ["no such option: --sede", "--seed"]),
        (["generate", "cart", "--n", "0"], ["'--n'", "greater than or equal to 1"]),
        (["list"], ["missing argument", "metrics|generators|embedders|gates"]),
        (["list", "metric"], ["unknown list 'metric'; did you mean 'metrics'?"]),
        (["config"], ["missing command", "`auditkit config --help`"]),
    ],
)
def test_wrong_usage_is_one_sentence_and_two(run, arguments, words):
    done = run(*arguments)
    assert done.code == 2
    assert done.out == ""
    assert done.err.startswith("error: ")
    assert done.err.count("\n") == 1
    assert [word for word in words if word not in done.err] == []


def raising(error):
    def command(*_arguments, **_options):
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (MemoryError(), 3, "memory"),
        (
            PermissionError(13, "Permission denied", "x.csv"),
            2,
            "cannot use 'x.csv': permission denied; check the path, ",
        ),
        (RuntimeError("inner words"), 3, "RuntimeError inside auditkit: run again with --debug"),
        (auditkit.AuditkitError("expected this, got that: do so."), 2, "error: expected this, got that: do so.\n"),
    ],
)
def test_each_kind_of_failure_has_its_code(run, monkeypatch, error, code, said):
    monkeypatch.setattr("auditkit.metrics.registry.names", raising(error))
    done = run("list", "metrics")
    assert done.code == code
    assert said in done.err
    assert "Traceback" not in done.err


def test_a_traceback_comes_with_debug_only(run, monkeypatch):
    monkeypatch.setattr("auditkit.metrics.registry.names", raising(RuntimeError("inner words")))
    assert "inner words" in run("list", "metrics", "--debug").err
    assert "inner words" not in run("list", "metrics").err


def test_flags_of_the_program_may_stand_after_the_command():
    assert program._leading_flags(["check", "-q", "DIR", "--", "-v"]) == ["-q", "check", "DIR", "--", "-v"]


def test_warnings_of_others_are_told_with_verbose_only(run, monkeypatch):
    def names():
        warnings.warn("their business", UserWarning, stacklevel=1)
        return []

    monkeypatch.setattr("auditkit.metrics.registry.names", names)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        assert run("list", "metrics").err == ""
        assert run("list", "metrics", "-v").err == "UserWarning: their business\n"


def process(*arguments: str, **options):
    return subprocess.run(
        [sys.executable, "-m", "auditkit", *arguments], capture_output=True, check=False, timeout=120, **options
    )


def test_as_a_real_process_it_leaves_with_its_code(tmp_path):
    done = process("check", "nowhere", cwd=tmp_path, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("error: there is no audit.json in 'nowhere'")
    assert done.stdout == ""


def test_a_reader_that_stops_early_changes_nothing():
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "auditkit", "list", "gates"],
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
        timeout=120,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_help_loads_nothing_heavy():
    code = f"""
import sys
from auditkit.cli.app import call
assert call(["--help"]) == 0 and call(["audit", "-h"]) == 0
print(*[name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr.strip() == ""


def test_a_call_forgets_the_flags_of_the_one_before(run):
    call(["-q", "--version"])
    call(["--debug", "-q", "list", "generators"])
    run("list", "generators")
    assert (program.session.quiet, program.session.debug) == (False, False)


def test_a_reader_that_stops_early_does_not_turn_a_failure_into_a_pass(folder):
    gate = 'extends = "none"\n[[gate]]\nid = "a"\nmetric = "coverage"\nmin = 0.999\ndecide = "point"\n'
    (folder / "auditkit.toml").write_text(gate, encoding="utf-8")
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "auditkit", "-q", "check", "audit", "--output", "json=verdict.json"],
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
        timeout=120,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")
    assert (folder / "verdict.json").is_file()


def test_a_run_that_is_stopped_leaves_130_and_no_folder(tmp_path, monkeypatch):
    folder = tmp_path
    monkeypatch.chdir(folder)
    config = '[data]\nreal = "real.csv"\n[generator]\nname = "vae"\nn = 50\nparams = { steps = 1000000 }\n'
    (folder / "auditkit.toml").write_text(config, encoding="utf-8")
    # Rows enough that the steps are not cut down to the few that a small table gets.
    people(3000, 0).to_csv(folder / "real.csv", index=False)
    process = subprocess.Popen(
        [sys.executable, "-m", "auditkit", "-v", "run"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        line = ""
        while "train the generator" not in line:
            line = process.stderr.readline()
            assert line, "it ended before it trained"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (130, "")
    assert err.endswith("error: interrupted: nothing was left half written.\n")
    assert not (folder / "auditkit-out").exists()


@pytest.mark.parametrize(
    ("shell", "variables"),
    [
        ("bash", {"COMP_WORDS": "auditkit ba", "COMP_CWORD": "1"}),
        ("zsh", {"_TYPER_COMPLETE_ARGS": "auditkit ba"}),
        ("fish", {"_TYPER_COMPLETE_ARGS": "auditkit ba", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}),
    ],
)
def test_shells_complete_commands(run, monkeypatch, shell, variables):
    monkeypatch.setenv("_AUDITKIT_COMPLETE", f"complete_{shell}")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    done = run()
    assert (done.code, "baseline" in done.out, "..." in done.out, done.err) == (0, True, False, "")


def test_the_version_of_what_matters_is_printed_with_verbose(run):
    lines = run("--version", "-v").out.splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["auditkit", "python", "torch"]
    assert len(lines) == 4
