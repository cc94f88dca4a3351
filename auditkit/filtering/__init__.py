"""Keep the good samples, say why the others go, and merge what is kept with the real data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditkit.lazy import lazy_names

if TYPE_CHECKING:
    from auditkit.filtering.merging import Merged, merge
    from auditkit.filtering.quotas import Quota
    from auditkit.filtering.rules import Condition, Rule
    from auditkit.filtering.select import Selection, filter  # noqa: A004 - the user says ak.filter

__all__ = ["Condition", "Merged", "Quota", "Rule", "Selection", "filter", "merge"]

_HOMES = {
    "Condition": "rules",
    "Merged": "merging",
    "Quota": "quotas",
    "Rule": "rules",
    "Selection": "select",
    "filter": "select",
    "merge": "merging",
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
