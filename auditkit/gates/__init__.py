"""Gates: limits on scores, the statistics that judge them, and what a failure means."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from auditkit.gates.decision import judge
    from auditkit.gates.findings import make_findings
    from auditkit.gates.formats import FORMATS, render
    from auditkit.gates.outcome import GateResult, Verdict
    from auditkit.gates.rules import check_rules, gates_of, merge_rules, preset, preset_names

__all__ = [
    "FORMATS",
    "GateResult",
    "Verdict",
    "check_rules",
    "gates_of",
    "judge",
    "make_findings",
    "merge_rules",
    "preset",
    "preset_names",
    "render",
]

_PLACES = {
    "FORMATS": "formats",
    "GateResult": "outcome",
    "Verdict": "outcome",
    "check_rules": "rules",
    "gates_of": "rules",
    "judge": "decision",
    "make_findings": "findings",
    "merge_rules": "rules",
    "preset": "rules",
    "preset_names": "rules",
    "render": "formats",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
