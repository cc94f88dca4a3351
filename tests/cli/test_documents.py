"""docs/commands.md and docs/config.md hold every command, option, key and default, and nothing that is not there."""

from __future__ import annotations

import re
from typing import get_args

import pytest
import typer
from pydantic import BaseModel

from auditkit.cli.app import app
from auditkit.config import Config

ROOT = typer.main.get_command(app)
FLAT = {
    f"auditkit {group}" if name == "" else f"auditkit {group} {name}": command
    for group, item in ROOT.commands.items()
    for name, command in getattr(item, "commands", {"": item}).items()
}
FILLED_IN = {"line", "file"}


def sections(text: str) -> dict[str, str]:
    """Text below each heading, whatever its depth."""
    parts = re.split(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.fixture(scope="module")
def commands(repository) -> dict[str, str]:
    return sections((repository / "docs" / "commands.md").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def keys(repository) -> dict[str, str]:
    return sections((repository / "docs" / "config.md").read_text(encoding="utf-8"))


def options(command) -> set[str]:
    return {name for item in command.params if item.param_type_name == "option" for name in item.opts}


def told(text: str) -> set[str]:
    """Options in the table of a section."""
    rows = re.findall(r"^\| (`-.*?) \|", text, flags=re.MULTILINE)
    return set(re.findall(r"`(--?[a-z-]+)", " ".join(rows)))


@pytest.mark.parametrize("name", FLAT)
def test_every_option_of_a_command_is_in_its_section(commands, name):
    assert name in commands
    assert told(commands[name]) == options(FLAT[name]) - {"--help", "-h"}


def test_no_command_is_in_the_document_that_does_not_exist(commands):
    assert {name for name in commands if name.startswith("auditkit ")} == set(FLAT)


def test_options_of_the_program_are_in_the_document(commands):
    assert told(commands["Everywhere"]) == options(ROOT) | {"-h", "--help"}


@pytest.mark.parametrize("code", ["0", "1", "2", "3", "130"])
def test_every_exit_code_is_in_the_document(commands, code):
    assert f"| {code} |" in commands["Exit codes"]


def test_every_file_of_an_audit_is_in_the_document(commands):
    for name in ("audit.json", "samples.parquet", "exhibits/", "run.json", "ablation.json", "selection.json"):
        assert f"`{name}`" in commands["Files of an audit"]


def model_of(field) -> type[BaseModel] | None:
    """Section that a field of the config holds, directly or in a list."""
    found = [field.annotation, *get_args(field.annotation)]
    models = [item for item in found if isinstance(item, type) and issubclass(item, BaseModel)]
    return models[0] if models else None


def tables() -> dict[str, type[BaseModel]]:
    """Heading of each table of the config, and its model."""
    found = {}
    for name, field in Config.model_fields.items():
        model, key = model_of(field), field.alias or name
        if model is not None:
            found[f"[[{key}]]" if field.alias else f"[{key}]"] = model
    return found | {"[data.split]": model_of(tables_data()["split"])}


def tables_data():
    return Config.model_fields["data"].annotation.model_fields


def rows(text: str) -> dict[str, str]:
    """Key and default of each row of a section's table."""
    return dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", text, flags=re.MULTILINE))


@pytest.mark.parametrize("heading", tables())
def test_every_key_of_a_table_is_in_its_section(keys, heading):
    model = tables()[heading]
    expected = {field.alias or name for name, field in model.model_fields.items()} - FILLED_IN
    assert set(rows(keys[heading])) == expected


@pytest.mark.parametrize("heading", tables())
def test_defaults_in_the_document_are_those_of_the_config(keys, heading):
    for name, default in rows(keys[heading]).items():
        field = tables()[heading].model_fields[name]
        value = field.get_default(call_default_factory=True)
        if default == "needed":
            assert field.is_required()
        elif default.startswith("`") and value is not None and not isinstance(value, BaseModel):
            assert default.strip("`").replace("false", "False").replace("true", "True").replace('"', "'") in (
                repr(value),
                repr(list(value) if isinstance(value, tuple) else value),
            )


def test_keys_at_the_top_are_in_the_document(keys):
    top = {field.alias or name for name, field in Config.model_fields.items() if model_of(field) is None}
    assert set(rows(keys["The top of the file"])) == top
