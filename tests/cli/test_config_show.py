"""`auditkit config show` and `schema`: what holds, where it comes from, and what editors are told."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from auditkit.config import Config, load_config, parse_config
from auditkit.config.descriptions import MEANINGS
from auditkit.config.schema import SCHEMA_NAME, config_schema, schema_text
from auditkit.config.writing import toml_value
from auditkit.gates import preset
from auditkit.gates.extending import PRESETS
from auditkit.gates.rules import gates_of
from auditkit.mistakes import FILLED_IN

ROOT = Path(__file__).resolve().parents[2]
WHOLE = """\
extends = ["strict", "team.toml"]
baseline = "git:main"
[data]
real = "r.csv"
groups = ["sex"]
columns = { zip = "category", "a \\"b\\" c" = "text" }
split.holdout = 0.25
[generator]
name = "vae"
params = { rate = 1e-5, steps = [1, 2], since = 1979-05-27, on = true, words = "a\\nb\\\\" }
[[gate]]
id = "copies"
metric = "copy_excess"
max_excess = 0.001
[[gate]]
id = "women"
metric = "coverage"
where = { sex = "f" }
min = 0.5
max_drop = "5%"
[[filter]]
rule = "copies"
[[filter]]
column = "realism"
min = "real:0.01"
[[quota]]
by = ["sex"]
target = { f = 0.5, m = 0.5 }
[merge]
weights = "real"
[ablation]
curve = [0, 0.5, 1]
shifted = { later = "2015.csv" }
[ablation.conditional]
by = ["sex"]
"""
TEAM = '[check]\nconfidence = 0.9\n[[gate]]\nid = "variety"\nmetric = "coverage"\nmax_excess = 0.2\n'


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    """Folder with a config that says something in every section, and a file that it extends."""
    (tmp_path / "auditkit.toml").write_text(WHOLE, encoding="utf-8")
    (tmp_path / "team.toml").write_text(TEAM, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def same(one: Config, other: Config, *, without: frozenset[str] = frozenset({"gates", "extends"})) -> bool:
    return one.model_dump(exclude=without) == other.model_dump(exclude=without)


def bare(rules) -> list[dict]:
    """Gates without where they are written."""
    return [rule.model_dump(exclude={"line", "file"}) for rule in rules]


def test_the_config_is_shown_as_it_was_read(run, place):
    done = run("config", "show")
    shown = parse_config(done.out)
    assert (done.code, done.err) == (0, "config: auditkit.toml\n")
    assert same(shown, load_config(place / "auditkit.toml"))
    assert (shown.extends, bare(shown.gates)) == (("strict", "team.toml"), bare(parse_config(WHOLE).gates))
    assert "seed" not in done.out


def test_resolved_it_says_the_same_and_needs_no_other_file(run, place):
    done = run("config", "show", "--resolved")
    known = load_config(place / "auditkit.toml")
    gates, check = gates_of(known)
    (place / "team.toml").unlink()
    shown = parse_config(done.out)
    assert (shown.extends, shown.check) == ((), check)
    assert bare(gates_of(shown)[0]) == bare(gates)
    assert same(shown, known.model_copy(update={"check": check}))
    (place / "resolved.toml").write_text(done.out, encoding="utf-8")
    assert run("config", "check", "resolved.toml").code == 0


@pytest.mark.usefixtures("place")
def test_where_each_gate_comes_from_is_told(run):
    headers = [line for line in run("config", "show", "--resolved").out.splitlines() if line.startswith("[[gate]]")]
    assert "[[gate]]  # preset recommended, changed by preset strict, changed by auditkit.toml:11" in headers
    assert "[[gate]]  # preset recommended, changed by preset strict, changed by team.toml:3" in headers
    assert headers[-1] == "[[gate]]  # auditkit.toml:15"
    told = {gate["id"]: gate["source"] for gate in run("config", "show", "--resolved", "--format", "json").json["gate"]}
    assert told["women"] == ["auditkit.toml:15"]
    assert told["missing-groups"] == ["preset recommended"]


def test_json_holds_every_default(run, tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text("[tool.auditkit.audit]\nseed = 7\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    shown = run("config", "show", "--resolved", "--format", "json").json
    assert shown["audit"]["seed"] == 7
    assert (shown["data"]["split"], shown["data"]["label"]) == ({"holdout": 0.2, "test": 0.2}, None)
    assert [gate["id"] for gate in shown["gate"]] == [gate.id for gate in preset()]
    assert run("config", "show", "--format", "json").json == {"audit": {"seed": 7}}


@pytest.mark.usefixtures("place")
def test_an_unknown_format_is_a_mistake(run):
    done = run("config", "show", "--format", "yaml")
    assert (done.code, done.err) == (2, "error: unknown format 'yaml'; known: json, toml.\n")


@pytest.mark.parametrize(
    "value",
    ["plain", 'a "b" \\ \n \t \x7f \x1b é 😀', True, -3, 1e-300, 2.0, [], {}, [[1, "x"], []], {"a b": {"c": [1.5]}}],
    ids=str,
)
def test_a_value_reads_back_as_it_was(value):
    assert tomllib.loads(f"key = {toml_value(value)}") == {"key": value}


def test_the_schema_that_is_shipped_is_the_one_that_is_made_and_printed(run):
    assert json.loads(schema_text()) == config_schema(), "run: python docs/build.py"
    assert run("config", "schema").out == schema_text()


def test_the_schema_is_valid_and_of_the_form_that_editors_read():
    schema = config_schema()
    jsonschema.Draft7Validator.check_schema(schema)
    text = json.dumps(schema)
    assert schema["$schema"].startswith("http://json-schema.org/draft-07/")
    assert "$defs" not in text
    assert '"null"' not in text  # TOML has none


def test_every_key_has_a_description_and_no_other_has():
    schema = config_schema()
    tables = {"Config": schema} | schema["definitions"]
    assert set(MEANINGS) == set(tables)
    for name, table in tables.items():
        assert set(table["properties"]) == set(MEANINGS[name]), name
        for key, item in table["properties"].items():
            assert item["description"].endswith("."), key
            assert item["description"][0].isupper() or item["description"][0] == '"', key
    fields = {field.alias or name for name, field in Config.model_fields.items() if FILLED_IN not in field.metadata}
    assert set(schema["properties"]) == fields


def configs() -> list[Path]:
    presets = [ROOT / "auditkit" / "gates" / f"{name}.toml" for name in PRESETS]
    return [*presets, *sorted((ROOT / "examples").rglob("*auditkit*.toml"))]


@pytest.mark.parametrize("path", configs(), ids=lambda path: path.name)
def test_configs_of_this_repository_fit_the_schema(path):
    jsonschema.Draft7Validator(config_schema()).validate(tomllib.loads(path.read_text(encoding="utf-8")))


def test_configs_of_the_documents_fit_the_schema():
    text = (ROOT / "docs" / "config.md").read_text(encoding="utf-8")
    examples = [part.partition("```")[0] for part in text.split("```toml\n")[1:]]
    assert examples
    for example in [*examples, WHOLE.replace("since = 1979-05-27, ", "")]:
        jsonschema.Draft7Validator(config_schema()).validate(tomllib.loads(example))


def test_a_config_that_init_writes_names_the_schema_and_fits_it(run, folder):
    assert run("-q", "init", "real.csv").code == 0
    text = (folder / "auditkit.toml").read_text(encoding="utf-8")
    assert text.splitlines()[0] == f"#:schema ./{SCHEMA_NAME}"
    jsonschema.Draft7Validator(config_schema()).validate(tomllib.loads(text))
    shown = run("config", "show", "--resolved").out
    jsonschema.Draft7Validator(config_schema()).validate(tomllib.loads(shown))


WRONG = ["[audit]\nsede = 1",
         "[audit]\nquick = 'yes'", "[[gate]]\nid = 'a'", "[[gate]]\nid = 'a'\nmetric = 'm'\nline = 3",
         "[[gate]]\nid = 'a'\nmetric = 'm'\nmax_drop = '5'", "[merge]\nratio = 0", "[data]\nmodality = 'table'",
         "schema = 2", "[gate]\nid = 'a'"]  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_what_the_reader_refuses_the_schema_refuses(text):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(config_schema()).validate(tomllib.loads(text))
