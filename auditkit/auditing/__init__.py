"""Auditing: plan the readings, run them, gather the evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditkit.lazy import lazy_names

if TYPE_CHECKING:
    from auditkit.auditing.result import Audit, open_audit
    from auditkit.auditing.run import audit

__all__ = ["Audit", "audit", "open_audit"]

_HOMES = {"Audit": "result", "audit": "run", "open_audit": "result"}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
