"""JSON for programs: the verdict as `check.schema.json` beside this file describes it."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from auditkit.gates.formats.alerts import Origin
from auditkit.gates.outcome import Verdict
from auditkit.store import dump_json

__all__ = ["check_schema", "write"]


def write(verdict: Verdict, origin: Origin) -> str:
    """Write the verdict with every number unrounded; `Verdict.from_json` reads it back."""
    return dump_json(verdict.to_json() | {"name": origin.name, "headline": verdict.headline()})


def check_schema() -> dict[str, Any]:
    """JSON schema of what `auditkit check --format json` writes.

    Examples
    --------
    >>> check_schema()["properties"]["schema"]["const"]
    1
    """
    text = resources.files("auditkit.gates.formats").joinpath("check.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema
