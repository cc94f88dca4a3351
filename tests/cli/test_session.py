from __future__ import annotations

import pytest

from auditkit.cli.session import Session, _step


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("full", "the whole sets"),
        ("audit: yardstick block", "audit: intervals of the real data"),
        ("audit: matched sex=Female", "audit: at equal sizes of sex=Female"),
        ("train the generator cart", "train the generator cart"),
        ("matchedness", "matchedness"),
    ],
)
def test_steps_are_told_in_words(what, words):
    assert _step(what) == words


def test_progress_is_silent_where_nobody_watches(capsys):
    with Session().progress() as tell:
        assert tell is None
    assert capsys.readouterr().err == ""


def test_each_step_is_told_once(capsys):
    with Session(verbose=True).progress() as tell:
        assert tell is not None
        for done, what in enumerate(["matched", "matched", "block"]):
            tell(done, 3, what)
    assert [line.partition(" s  ")[2] for line in capsys.readouterr().err.splitlines()] == [
        "at equal sizes",
        "intervals",
    ]


def test_a_bar_on_a_terminal_takes_any_words(monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with Session().progress() as tell:
        assert tell is not None
        tell(0, 1, "read [the] data")
        tell(3, 7, "full class=[/x]")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("terminal", "variables", "coloured"),
    [(True, {}, True), (True, {"NO_COLOR": "1"}, False), (True, {"TERM": "dumb"}, False), (False, {}, False)],
)
def test_colours_are_for_terminals_that_want_them(monkeypatch, terminal, variables, coloured):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal, raising=False)
    assert Session().colour is coloured
