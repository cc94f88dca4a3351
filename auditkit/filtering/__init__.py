"""Keep the good samples, say why the others go, and merge what is kept with the real data."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from auditkit.filtering.merging import Merged, merge
    from auditkit.filtering.rules import Condition, Rule
    from auditkit.filtering.select import Selection, filter  # noqa: A004 - the user says ak.filter

__all__ = ["Condition", "Merged", "Rule", "Selection", "filter", "merge"]

_HOMES = {
    "Condition": "rules",
    "Merged": "merging",
    "Rule": "rules",
    "Selection": "select",
    "filter": "select",
    "merge": "merging",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(importlib.import_module(f"auditkit.filtering.{_HOMES[name]}"), name)
