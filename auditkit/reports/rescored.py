"""What filtering changed: scores before and after it, beside each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditkit.filtering.forest import FOREST
from auditkit.metrics.known import known_metric
from auditkit.reports.judgement import prose
from auditkit.reports.words import metric_title, part_words

if TYPE_CHECKING:
    from auditkit.filtering.rescoring import Change, Rescored

__all__ = ["ChangeRow", "RescoredSummary", "rescored_summary"]

_FOREST_TITLE = "Told apart by a forest that no rule read"
_SHOWN = 20


@dataclass(frozen=True)
class ChangeRow:
    """One score before and after the filter, in its own unit."""

    title: str
    part: str
    unit: str
    before: float | None
    after: float | None
    yardstick: float | None
    difference: float | None
    low: float | None
    high: float | None
    word: str
    reason: str


@dataclass(frozen=True)
class RescoredSummary:
    """Scores of the whole set that changed or are about copying, the others, and parts that got worse."""

    n_before: int
    n_after: int
    rows: tuple[ChangeRow, ...]
    same: tuple[ChangeRow, ...]
    worse: tuple[ChangeRow, ...]
    n_worse: int
    notes: tuple[str, ...]


def rescored_summary(rescored: Rescored | None) -> RescoredSummary | None:
    """Rows of a rescoring, those with a word first; None without one."""
    if rescored is None:
        return None
    rank = {"worse": 0, "better": 1, "no difference seen": 2, "": 3}
    whole = sorted((item for item in rescored.changes if not item.where), key=lambda item: rank[item.word])
    told = [item for item in whole if item.word in ("worse", "better") or _tells_of_copying(item.metric)]
    told = [*(item for item in whole if item.metric == FOREST), *(item for item in told if item.metric != FOREST)]
    worse = [item for item in rescored.changes if item.where and item.word == "worse"]
    return RescoredSummary(
        n_before=int(rescored.about["n_before"]),
        n_after=int(rescored.about["n_after"]),
        rows=tuple(_row(item) for item in told),
        same=tuple(_row(item) for item in whole if item not in told),
        worse=tuple(_row(item) for item in worse[:_SHOWN]),
        n_worse=len(worse),
        notes=tuple(prose(note) for note in rescored.notes),
    )


def _tells_of_copying(metric: str) -> bool:
    known = known_metric(metric)
    return known is not None and known.family == "copying"


def _row(item: Change) -> ChangeRow:
    found = item.difference
    word = "none seen" if item.word == "no difference seen" else item.word
    return ChangeRow(
        title=_FOREST_TITLE if item.metric == FOREST else metric_title(item.metric),
        part=part_words(item.where) if item.where else "",
        unit=item.unit,
        before=None if item.before is None else item.before.value,
        after=None if item.after is None else item.after.value,
        yardstick=item.yardstick,
        difference=None if found is None else found.value,
        low=None if found is None else found.low,
        high=None if found is None else found.high,
        word=word if item.judged is None or not word else f"{word}, in its distance from the yardstick",
        reason=prose(item.reason) if item.reason else "",
    )
