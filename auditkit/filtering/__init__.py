"""Keep the good samples, say why the others go, and merge what is kept with the real data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditkit.lazy import lazy_names

if TYPE_CHECKING:
    from auditkit.filtering.best import Best
    from auditkit.filtering.cards import data_card
    from auditkit.filtering.conditions import Condition, Rule
    from auditkit.filtering.decisions import Decisions, read_decisions
    from auditkit.filtering.merging import Merged, merge
    from auditkit.filtering.quotas import Quota
    from auditkit.filtering.rejection_sampling import RejectionSampling
    from auditkit.filtering.rescoring import Rescored
    from auditkit.filtering.sample_filter import NothingKeptWarning, SampleFilter
    from auditkit.filtering.select import filter  # noqa: A004 - the user says ak.filter
    from auditkit.filtering.selection import Selection

__all__ = [
    "Best",
    "Condition",
    "Decisions",
    "Merged",
    "NothingKeptWarning",
    "Quota",
    "RejectionSampling",
    "Rescored",
    "Rule",
    "SampleFilter",
    "Selection",
    "data_card",
    "filter",
    "merge",
    "read_decisions",
]

_HOMES = {
    "Best": "best",
    "Condition": "conditions",
    "Decisions": "decisions",
    "Merged": "merging",
    "NothingKeptWarning": "sample_filter",
    "Quota": "quotas",
    "RejectionSampling": "rejection_sampling",
    "Rescored": "rescoring",
    "Rule": "conditions",
    "SampleFilter": "sample_filter",
    "Selection": "selection",
    "data_card": "cards",
    "filter": "select",
    "merge": "merging",
    "read_decisions": "decisions",
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
