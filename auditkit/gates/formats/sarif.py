"""SARIF 2.1.0, which code scanning reads: a rule per gate, a result per part that is no pass."""

from __future__ import annotations

from pathlib import PurePath, PureWindowsPath
from typing import Any
from urllib.parse import quote

from auditkit import __version__
from auditkit.gates.formats.alerts import Alert, Origin, alerts, numbers_of
from auditkit.gates.outcome import GateResult, Verdict
from auditkit.gates.table import printable
from auditkit.store import dump_json

__all__ = ["SCHEMA", "write"]

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_EXIT = {0: "every gate that must pass passed", 1: "a gate failed", 3: "something could not be measured"}


def write(verdict: Verdict, origin: Origin) -> str:
    """Write one run; passed gates are rules without a result."""
    gates = {item.gate: item for item in reversed(verdict.results)}
    names = list(dict.fromkeys(item.gate for item in verdict.results))
    driver = {"name": "auditkit", "semanticVersion": __version__, "rules": [_rule(gates[name]) for name in names]}
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"auditkit/{origin.name}/"},
        "invocations": [
            {
                "executionSuccessful": verdict.exit_code in (0, 1),
                "exitCode": verdict.exit_code,
                "exitCodeDescription": _EXIT.get(verdict.exit_code, verdict.headline()),
            }
        ],
        "results": [_result(alert, names.index(alert.item.gate)) for alert in alerts(verdict, origin)],
        "properties": {"headline": verdict.headline(), "notes": list(verdict.notes)},
    }
    return dump_json({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(item: GateResult) -> dict[str, Any]:
    why = printable(item.why) or f"A limit on {printable(item.metric)}."
    return {
        "id": printable(item.gate),
        "shortDescription": {"text": f"Gate {printable(item.gate)} on {printable(item.metric)}"},
        "fullDescription": {"text": why},
        "help": {"text": f"{why} `auditkit report` shows the scores, and what to do."},
        "defaultConfiguration": {"level": "error" if item.level == "error" else "warning"},
        "properties": {"metric": item.metric},
    }


def _result(alert: Alert, rule: int) -> dict[str, Any]:
    place = {
        "artifactLocation": _artifact(alert.file),
        "region": {"startLine": alert.line or 1},
    }
    return {
        "ruleId": printable(alert.item.gate),
        "ruleIndex": rule,
        "level": alert.severity,
        "message": {"text": f"{alert.title}\n{alert.message}"},
        "locations": [{"physicalLocation": place}],
        # Code scanning knows an alert again by the second name alone.
        "partialFingerprints": {
            "gateAndPart/v1": alert.fingerprint,
            "primaryLocationLineHash": f"{alert.fingerprint}:1",
        },
        "properties": _properties(alert.item),
    }


def _properties(item: GateResult) -> dict[str, Any]:
    where = {name: printable(level) for name, level in item.where.items()}
    return {"verdict": item.verdict, "where": where, "limit_kind": item.limit_kind, **numbers_of(item)}


def _artifact(path: str) -> dict[str, str]:
    """Location as a URI: relative to the root of the sources, or absolute where the path is."""
    plain = PurePath(path)
    if plain.is_absolute():
        return {"uri": plain.as_uri()}
    # A first part with a colon would read as a scheme.
    return {"uri": quote(PureWindowsPath(path).as_posix(), safe="/"), "uriBaseId": "%SRCROOT%"}
