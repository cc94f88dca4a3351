"""Gates: limits on scores, the statistics that judge them, and what a failure means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditkit.lazy import lazy_names

if TYPE_CHECKING:
    from auditkit.gates.decision import judge
    from auditkit.gates.findings import make_findings
    from auditkit.gates.formats import FORMATS, render
    from auditkit.gates.outcome import GateResult, Verdict
    from auditkit.gates.rules import check_rules, gates_of, merge_rules, preset

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
    "render",
]

_HOMES = {
    "FORMATS": "formats",
    "GateResult": "outcome",
    "Verdict": "outcome",
    "check_rules": "rules",
    "gates_of": "rules",
    "judge": "decision",
    "make_findings": "findings",
    "merge_rules": "rules",
    "preset": "rules",
    "render": "formats",
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
