"""Auditing: plan the readings, run them, gather the evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditkit.lazy import lazy_names

if TYPE_CHECKING:
    from auditkit.auditing.reference import Reference, build_reference, open_reference
    from auditkit.auditing.result import Audit, open_audit
    from auditkit.auditing.run import audit

__all__ = ["Audit", "Reference", "audit", "build_reference", "open_audit", "open_reference"]

_HOMES = {
    "Audit": "result",
    "Reference": "reference",
    "audit": "run",
    "build_reference": "reference",
    "open_audit": "result",
    "open_reference": "reference",
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
