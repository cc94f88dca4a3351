"""Auditing: plan the readings, run them, gather the evidence."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from auditkit.auditing.result import Audit, open_audit
    from auditkit.auditing.run import audit

__all__ = ["Audit", "audit", "open_audit"]

_HOMES = {"Audit": "result", "audit": "run", "open_audit": "result"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
