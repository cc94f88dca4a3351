"""Every key of the config, written wrongly: the mistake is named with its place and the nearest that is right."""

from __future__ import annotations

import re
import types
import typing
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from auditkit.config import Config, parse_config
from auditkit.errors import ConfigError
from auditkit.mistakes import FILLED_IN

NEEDED = {"gate": 'id = "a"\nmetric = "coverage"\n', "quota": 'by = ["sex"]\n'}
WRONG = "1979-05-27"
"""A date is no value of any key."""


def inner(annotation: Any) -> type[BaseModel] | None:
    """Section that an annotation holds, alone or in a list."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(inner, typing.get_args(annotation))), None)


def sections(model: type[BaseModel] = Config, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], type[BaseModel]]:
    """Each section by the path of its table, the top of the file first."""
    found = {path: model}
    for name, field in model.model_fields.items():
        held = inner(field.annotation)
        if held is not None:
            found |= sections(held, (*path, field.alias or name))
    return found


def keys(model: type[BaseModel]) -> dict[str, Any]:
    """Fields by their spelling in the file."""
    return {field.alias or name: field for name, field in model.model_fields.items() if FILLED_IN not in field.metadata}


SECTIONS = sections()
KEYS = [(path, key) for path, model in SECTIONS.items() for key in keys(model)]
LISTS = {"gate", "filter", "quota"}


def header(path: tuple[str, ...], before: str = "") -> str:
    """Header of a table, and what it needs to be whole."""
    if not path:
        return ""
    name = ".".join((*filter(None, [before]), *path))
    return (f"[[{name}]]\n" if path[0] in LISTS else f"[{name}]\n") + NEEDED.get(path[-1], "")


def title(path: tuple[str, ...], before: str = "") -> str:
    return header(path, before).partition("\n")[0]


def mistake(text: str, name: str = "ci.toml") -> str:
    with pytest.raises(ConfigError) as raised:
        parse_config(text, name)
    said = str(raised.value)
    assert "\n" not in said
    assert said.endswith((".", "?"))
    return said


def typos(key: str) -> list[str]:
    """The same key, mistyped in the usual ways."""
    made = [f"{key}{key[-1]}", key.upper(), f"{key}_"]
    if len(key) > 3:
        made += [key[:-1], key[0] + key[2:]]
    if len(key) > 4:
        made.append(f"{key[:-2]}{key[-1]}{key[-2]}")
    return [item for item in dict.fromkeys([*made, key.replace("_", "-")]) if item != key]


@pytest.mark.parametrize(("path", "key"), KEYS, ids=[".".join((*path, key)) for path, key in KEYS])
def test_a_mistyped_key_is_named_with_its_place_and_the_nearest_one(path, key):
    line = header(path).count("\n") + 2
    where = f"in {title(path)}" if path else "at the top of the file"
    for typo in typos(key):
        if typo in keys(SECTIONS[path]):
            continue  # min and main: another key
        said = mistake(f"# a comment\n{header(path)}{typo} = {WRONG}\n")
        assert said == f"ci.toml:{line}:1: unknown key {typo!r} {where}; did you mean {key!r}?"


@pytest.mark.parametrize(("path", "key"), KEYS, ids=[".".join((*path, key)) for path, key in KEYS])
def test_a_value_of_a_wrong_type_is_named_with_its_place(path, key):
    if key == "params":
        assert parse_config(f"{header(path)}params = {{ since = {WRONG} }}\n").generator.params
    before = [line for line in header(path).splitlines() if not line.startswith(f"{key} = ")]
    given = "\n".join([*before, f"{key} = {WRONG}\n"])
    said = mistake(given)
    line = given[: given.index(WRONG)].count("\n") + 1
    assert said.startswith(f"ci.toml:{line}:1: ")
    assert key in said
    assert "datetime" not in said
    assert re.search(r"should|is a list of tables|takes", said), said


def choices(annotation: Any) -> tuple[str, ...]:
    """Words that a key takes and nothing else."""
    if typing.get_origin(annotation) is Literal:
        return tuple(item for item in typing.get_args(annotation) if isinstance(item, str))
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        parts = [item for item in typing.get_args(annotation) if item is not type(None)]
        return choices(parts[0]) if len(parts) == 1 else ()
    return ()


WORDS = [
    (path, key, word)
    for path, model in SECTIONS.items()
    for key, field in keys(model).items()
    for word in choices(field.annotation)
]


@pytest.mark.parametrize(("path", "key", "word"), WORDS, ids=[f"{key}-{word}" for _, key, word in WORDS])
def test_a_mistyped_word_is_named_with_the_nearest_one(path, key, word):
    said = mistake(f'{header(path)}{key} = "{word}{word[-1]}"\n')
    assert said.startswith(f"ci.toml:{header(path).count(chr(10)) + 1}:1: {key!r} in {title(path)} should be ")
    assert said.endswith(f", got '{word}{word[-1]}'; did you mean {word!r}?")


WRITTEN = {
    "inline table": ("audit = { quick = true, sede = 1 }", "1:25: unknown key 'sede' in [audit]", "seed"),
    "dotted key": ("audit.sede = 1", "1:7: unknown key 'sede' in [audit]", "seed"),
    "dotted header": ("[data]\n[data.split]\ntets = 0.1", "3:1: unknown key 'tets' in [data.split]", "test"),
    "quoted key": ('["audit"]\n"sede" = 1', "2:1: unknown key 'sede' in [audit]", "seed"),
    "inline table in a table": (
        "[ablation]\nconditional = { targt = 1 }", "2:17: unknown key 'targt' in [ablation.conditional]", "target"
    ),
    "inline list of tables": (
        'gate = [\n  { id = "a", metric = "m" },\n  { id = "b", metric = "m", levl = "off" },\n]',
        "3:29: unknown key 'levl' in [[gate]]",
        "level",
    ),
    "third of a list": (
        '[[filter]]\nrule = "copies"\n[[filter]]\nrule = "copies"\n\n[[filter]]\n  ruel = "copies"',
        "7:3: unknown key 'ruel' in [[filter]]",
        "rule",
    ),
    "table of a list": (
        '[[gate]]\nid = "a"\nmetric = "m"\n[gate.wher]\nsex = "f"', "4:7: unknown key 'wher' in [[gate]]", "where"
    ),
    "after a text of several lines": (
        '[audit]\nembedder = """\n[audit]\nsede = 3\n"""\nsede = 1', "6:1: unknown key 'sede' in [audit]", "seed"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRITTEN)
def test_however_a_key_is_written_its_place_is_right(case):
    text, said, near = WRITTEN[case]
    assert mistake(f"{text}\n") == f"ci.toml:{said}; did you mean {near!r}?"


@pytest.mark.parametrize(("path", "key"), [item for item in KEYS if item[0]], ids=str)
def test_the_same_in_a_project_file_names_the_table_as_it_is_written_there(path, key):
    head = '[project]\nname = "p"\n[tool.other]\nsede = 1\n\n'
    text = f"{head}{header(path, 'tool.auditkit')}{key}{key[-1]} = {WRONG}\n"
    said = mistake(text, "sub/pyproject.toml")
    line = text.count("\n")
    assert said == (
        f"sub/pyproject.toml:{line}:1: unknown key {f'{key}{key[-1]}'!r} in {title(path, 'tool.auditkit')}; "
        f"did you mean {key!r}?"
    )


PROJECT = {
    "[tool.auditkit]\nextend = 1\n": "1:14: unknown key 'extend' in [tool.auditkit]",
    "[tool.auditkit]\nschema = 2\n": "2:1: 'schema' in [tool.auditkit] should be 1, got 2.",
    "[tool]\nauditkit = 3\n": "2:1: [tool.auditkit] should be a table",
    "[tool.auditkit.gate]\nid = 1\n": "1:16: [tool.auditkit.gate] is a list of tables: write [[tool.auditkit.gate]].",
    "tool.auditkit.audit.sede = 1\n": "1:21: unknown key 'sede' in [tool.auditkit.audit]; did you mean 'seed'?",
    "[[tool.auditkit.gate]]\nid = 'a'\n": "1:17: [[tool.auditkit.gate]] needs the key 'metric'.",
    "[project]\nname = 'p'\n": " has no table [tool.auditkit]",
    "[tool.auditkit\n": "1:15: this is no valid TOML",
}


@pytest.mark.parametrize("text", PROJECT)
def test_a_mistake_in_a_project_file_has_its_place(text):
    said = mistake(text, "pyproject.toml")
    expected = PROJECT[text].replace("1:14: unknown key 'extend'", "2:1: unknown key 'extend'")
    assert said.startswith(f"pyproject.toml{'' if expected.startswith(' ') else ':'}{expected}")


ELSEWHERE = [
    ('[audit]\nlabel = "income"\n', "2:1: unknown key 'label' in [audit]; it belongs in [data]."),
    ("[generator]\nratio = 1.0\n", "2:1: unknown key 'ratio' in [generator]; it belongs in [merge]."),
    ("repeats = 3\n", "1:1: unknown key 'repeats' at the top of the file; it belongs in [ablation]."),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), ELSEWHERE)
def test_a_key_of_another_table_is_told_where_it_belongs(text, said):
    assert mistake(text) == f"ci.toml:{said}"


NAMES = {
    '[generator]\nname = "crat"\n': "2:1: unknown generator 'crat'; did you mean 'cart'?",
    'extends = ["recomended"]\n': "1:12: unknown preset 'recomended'; did you mean 'recommended'?",
    'extends = "recomended"\n': "1:1: unknown preset 'recomended'; did you mean 'recommended'?",
    'extends = "team.toml"\n': "1:1: there is no file 'team.toml' to extend",
    '[[gate]]\nid = "a"\nmetric = "coverge"\nmin = 0.5\n': "3:1: gate 'a' names",
    '[[gate]]\nid = "a"\nmetric = "coverage"\nmax = 0.5\n': "4:1: gate 'a'",
    '[[gate]]\nid = "a"\nmetric = "coverage"\n': "1:3: gate 'a'",
}


@pytest.mark.parametrize("text", NAMES)
@pytest.mark.parametrize("name", ["auditkit.toml", "pyproject.toml"])
def test_names_that_do_not_exist_have_their_place_too(run, tmp_path, monkeypatch, text, name):
    monkeypatch.chdir(tmp_path)
    said = NAMES[text]
    if name == "pyproject.toml":
        text = text.replace("[[gate]]", "[[tool.auditkit.gate]]").replace("[generator]", "[tool.auditkit.generator]")
        text = text if text.startswith("[") else f"[tool.auditkit]\n{text}"
        line, column, rest = said.split(":", 2)
        shift = 0 if text.startswith(("[[", "[tool.auditkit.")) else 1
        column = "17" if text.startswith("[[") and line == "1" else column
        said = f"{int(line) + shift}:{column}:{rest}"
    (tmp_path / name).write_text(text, encoding="utf-8")
    done = run("config", "check")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith(f"error: {name}:{said}")


@pytest.mark.parametrize("command", [("config", "check"), ("config", "show"), ("run",)], ids=" ".join)
def test_a_gate_in_a_file_that_is_extended_names_that_file(run, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shared").mkdir()
    (tmp_path / "auditkit.toml").write_text('extends = ["shared/gates.toml"]\n', encoding="utf-8")
    for text, said in (
        ('\n[[gate]]\nid = "a"\nmetric = "coverage"\nmni = 1\n', "5:1: unknown key 'mni' in [[gate]]"),
        ('[[gate]]\nid = "a"\nmetric = "coverage"\nmax = 0.5\n', "4:1: gate 'a'"),
    ):
        if "max" in text and command == ("config", "show"):
            continue  # it shows what check refuses
        (tmp_path / "shared" / "gates.toml").write_text(text, encoding="utf-8")
        done = run(*command)
        assert (done.code, done.err.count("\n")) == (2, 1)
        assert done.err.startswith(f"error: shared/gates.toml:{said}")
