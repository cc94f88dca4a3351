"""GitLab's code quality report: a list of issues, each with a fingerprint that stays."""

from __future__ import annotations

from auditkit.gates.formats.alerts import Origin, alerts
from auditkit.gates.outcome import Verdict
from auditkit.gates.table import printable
from auditkit.store import dump_json

__all__ = ["write"]

_SEVERITIES = {"error": "critical", "warning": "minor", "note": "info"}


def write(verdict: Verdict, origin: Origin) -> str:
    """Write an issue per result that is no pass; an empty list where all passed."""
    return dump_json(
        [
            {
                "check_name": f"auditkit.{printable(alert.item.gate)}",
                "description": f"{alert.title}: {alert.message}".replace("\n", " "),
                "fingerprint": alert.fingerprint,
                "location": {"path": alert.file, "lines": {"begin": alert.line or 1}},
                "severity": _SEVERITIES[alert.severity],
            }
            for alert in alerts(verdict, origin)
        ]
    )
