"""Which config a command takes where none is named, and that it says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditkit.config.discovery import find_config

SEED = "[audit]\nseed = {}\n"
TABLE = '[project]\nname = "p"\n[tool.auditkit.audit]\nseed = {}\n'


def write(path: Path, text: str, seed: int = 1) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.format(seed), encoding="utf-8")


@pytest.fixture
def checkout(tmp_path, monkeypatch) -> Path:
    """Checkout with a config, in a folder with another; the command runs two folders below."""
    root = tmp_path / "checkout"
    (root / ".git").mkdir(parents=True)
    (root / "a" / "b").mkdir(parents=True)
    write(tmp_path / "auditkit.toml", SEED, 99)
    monkeypatch.chdir(root / "a" / "b")
    monkeypatch.delenv("AUDITKIT_CONFIG", raising=False)
    return root


def seed(run, *more) -> int:
    done = run("config", "show", "--resolved", "--format", "json", *more)
    assert done.code == 0, done.err
    return done.json["audit"]["seed"]


def test_the_nearest_config_is_taken_and_told(run, checkout):
    write(checkout / "auditkit.toml", SEED, 1)
    done = run("config", "show")
    assert (done.code, done.err) == (0, "config: ../../auditkit.toml\n")
    assert run("-q", "config", "show").err == ""
    write(checkout / "a" / "pyproject.toml", TABLE, 2)
    assert seed(run) == 2
    write(checkout / "a" / "auditkit.toml", SEED, 3)  # of one folder this one goes first
    assert seed(run) == 3
    write(checkout / "a" / "b" / "pyproject.toml", TABLE, 4)
    assert seed(run) == 4
    assert run("config", "show").err == "config: pyproject.toml\n"


def test_the_variable_goes_before_what_lies_near_and_the_option_before_both(run, checkout, monkeypatch):
    write(checkout / "a" / "b" / "auditkit.toml", SEED, 1)
    write(checkout / "named.toml", SEED, 2)
    write(checkout / "typed.toml", SEED, 3)
    monkeypatch.setenv("AUDITKIT_CONFIG", "../../named.toml")
    assert seed(run) == 2
    assert run("config", "show").err == "config: ../../named.toml (AUDITKIT_CONFIG)\n"
    assert seed(run, "--config", "../../typed.toml") == 3
    assert run("config", "show", "-c", "../../typed.toml").err == ""
    monkeypatch.setenv("AUDITKIT_CONFIG", "")
    assert seed(run) == 1


def test_the_search_ends_at_the_root_of_the_checkout(run, checkout):
    done = run("config", "show")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "error: there is no auditkit.toml in this folder or above it, and no pyproject.toml with [tool.auditkit]: "
        "`auditkit init FILE` writes one.\n"
    )
    (checkout / ".git").rmdir()
    (checkout / ".git").write_text("gitdir: elsewhere\n", encoding="utf-8")  # of a worktree
    assert run("config", "show").code == 2


def test_outside_a_checkout_it_ends_before_what_a_stranger_may_have_left(checkout):
    (checkout / ".git").rmdir()
    assert find_config() == Path("../../../auditkit.toml")
    checkout.parent.chmod(0o777)
    assert find_config() is None
    checkout.parent.chmod(0o755)
    (checkout.parent / ".git").mkdir()
    checkout.chmod(0o777)
    assert find_config() is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('[project]\nname = "auditkit"\n', False),
        ("[tool.ruff]\n# [tool.auditkit]\n", False),
        ("[tool.auditkit]\n", True),
        ("tool = { auditkit = {} }\n", True),
        ("[tool.auditkit\n", True),
        ("[tool.ruff\n", False),
        ("\udcff", False),
    ],
)
def test_a_project_file_counts_where_it_has_the_table(checkout, text, found):
    (checkout / "pyproject.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert find_config() == (Path("../../pyproject.toml") if found else None)


def test_paths_are_relative_to_the_config_that_was_found(run, checkout):
    write(
        checkout / "pyproject.toml",
        '[tool.auditkit]\nextends = ["gates/team.toml"]\n[tool.auditkit.data]\nreal = "r.csv"\n',
    )
    write(checkout / "gates" / "team.toml", '[[gate]]\nid = "a"\nmetric = "coverage"\nmin = 0.5\n')
    (checkout / "r.csv").write_text("x\n1\n", encoding="utf-8")
    done = run("config", "check")
    assert (done.code, done.out, done.err) == (0, "../../pyproject.toml: right, 1 gate, 0 filter rules\n", "")
    assert "# ../../gates/team.toml:1" in run("config", "show", "--resolved").out


def test_a_mistake_in_a_config_that_was_found_is_one_line_with_its_place(run, checkout):
    write(checkout / "pyproject.toml", '[project]\nname = "p"\n\n[tool.auditkit.audit]\nsede = 1\n')
    for command in (("config", "check"), ("config", "show"), ("run",)):
        done = run(*command)
        assert (done.code, done.out) == (2, "")
        assert done.err == (
            "error: ../../pyproject.toml:5:1: unknown key 'sede' in [tool.auditkit.audit]; did you mean 'seed'?\n"
        )


def test_every_command_that_judges_takes_the_one_that_is_found(run, folder, monkeypatch):
    write(
        folder / "pyproject.toml",
        '[tool.auditkit]\nextends = "none"\n'
        '[[tool.auditkit.gate]]\nid = "mine"\nmetric = "coverage"\nmin = 1\ndecide = "point"\n',
    )
    (folder / ".git").mkdir()
    (folder / "sub").mkdir()
    monkeypatch.chdir(folder / "sub")
    done = run("check", "../audit")
    assert (done.code, "mine" in done.out) == (1, True)
    assert done.err.startswith("gates of ../pyproject.toml; the whole page: ")
    github = run("check", "../audit", "--format", "github")
    assert "::error file=pyproject.toml,line=3," in github.out
    assert github.err == "config: ../pyproject.toml\n"
    assert run("filter", "../audit", "--out", "kept.csv").err.endswith("config: ../pyproject.toml\n")
    assert run("report", "../audit").err == "config: ../pyproject.toml\n"


def test_gates_of_a_preset_are_annotated_at_the_line_that_names_it(run, folder):
    write(folder / "auditkit.toml", '# gates\nextends = "strict"\n')
    (folder / ".git").mkdir()
    sarif = run("-q", "check", "audit", "--strict", "--format", "sarif").json["runs"][0]["results"]
    places = {item["locations"][0]["physicalLocation"]["region"]["startLine"] for item in sarif}
    assert places == {2}
    assert "file=auditkit.toml,line=2," in run("-q", "check", "audit", "--strict", "--format", "github").out
