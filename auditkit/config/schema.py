"""The JSON schema of the config, by which editors complete keys and mark mistakes while one types.

Draft 7, with `definitions`: the form that editors of TOML read. The file beside this module is what `config_schema`
makes (`python docs/build.py` writes it); it is shipped so that editors can be pointed at it.
"""

from __future__ import annotations

from importlib import resources
from typing import Any

from auditkit.config.descriptions import MEANINGS
from auditkit.config.reading import Config
from auditkit.mistakes import FILLED_IN

__all__ = ["SCHEMA_NAME", "config_schema", "schema_text"]

SCHEMA_NAME = "auditkit.schema.json"
_DRAFT = "http://json-schema.org/draft-07/schema#"
_REFERENCE = "#/definitions/{model}"


def schema_text() -> str:
    """The shipped schema, as JSON."""
    return resources.files("auditkit.config").joinpath(SCHEMA_NAME).read_text(encoding="utf-8")


def config_schema() -> dict[str, Any]:
    """JSON schema of a whole config, made from its models.

    Returns
    -------
    dict
        Every key has its description; what the reader fills in is no key.

    Examples
    --------
    >>> config_schema()["definitions"]["AuditConfig"]["properties"]["seed"]["description"]
    'Seed of splits, subsamples, classifiers and the filter.'
    """
    made = Config.model_json_schema(by_alias=True, ref_template=_REFERENCE)
    parts = made.pop("$defs")
    head = {"$schema": _DRAFT, "title": "auditkit.toml", "description": "What auditkit audits, and what makes it fail."}
    tables = {name: _table(name, part) for name, part in parts.items()}
    return {**_table("Config", made), **head, "definitions": tables}


def _table(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A section whose keys are told, without those that the file may not hold."""
    meanings = MEANINGS.get(name, {})
    keys = {key: item for key, item in schema.get("properties", {}).items() if key not in _filled_in(name)}
    told = {key: _key(item, meanings.get(key)) for key, item in keys.items()}
    return {part: value for part, value in schema.items() if part != "title"} | {"properties": told}


def _filled_in(name: str) -> set[str]:
    from auditkit import config  # noqa: PLC0415 - the package is not whole yet when this module is read

    fields = getattr(config, name).model_fields
    return {field.alias or key for key, field in fields.items() if FILLED_IN in field.metadata}


def _key(schema: dict[str, Any], meaning: str | None) -> dict[str, Any]:
    """A key's values as TOML can write them: it has no null, and a reference stands alone in draft 7."""
    kept = {part: value for part, value in schema.items() if part not in ("title", "description")}
    if kept.get("default", ...) is None:
        del kept["default"]
    choices = [item for item in kept.pop("anyOf", ()) if item != {"type": "null"}]
    if len(choices) == 1:
        kept = choices[0] | kept
    elif choices:
        kept["anyOf"] = choices
    if "$ref" in kept:
        # The defaults of a table are those of its keys.
        kept = {"allOf": [{"$ref": kept["$ref"]}]}
    return kept | ({} if meaning is None else {"description": meaning})
