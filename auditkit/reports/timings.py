"""Where the time of an audit or a run went: local and private, told only where it is asked for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from auditkit.reports.words import inert

__all__ = ["Timing", "TimingTable", "Timings", "timings_of"]

MOST = 30
_LEAST = 0.0005
_STEPS = {
    "prepare": "Check, embed, plan",
    "full": "Scores of the whole sets",
    "matched": "Scores at equal sizes",
    "yardstick": "Yardsticks: real against fresh real data",
    "floor": "Floors",
    "at baseline": "Scores at the baseline's size",
    "block": "Intervals",
    "matched block": "Intervals at equal sizes",
    "yardstick block": "Intervals of yardsticks",
    "evidence": "Evidence and exhibits",
}


@dataclass(frozen=True)
class Timing:
    """One step with its seconds, and its share of its table."""

    step: str
    seconds: float
    share: float


@dataclass(frozen=True)
class TimingTable:
    """Steps of one kind, in the order in which they ran."""

    title: str
    rows: tuple[Timing, ...]
    seconds: float
    n_rows: int


@dataclass(frozen=True)
class Timings:
    """What `run.json` says of the time; `threads` is None where it says nothing of them."""

    tables: tuple[TimingTable, ...]
    threads: int | None
    seconds: float | None


def timings_of(run: Mapping[str, Any]) -> Timings:
    """Times in the private record of an audit or a run.

    Parameters
    ----------
    run : mapping
        As `Audit.run`. What is not there, or is no number, is left out.

    Returns
    -------
    Timings
    """
    ablation = run.get("ablation")
    arms = ablation.get("arms") if isinstance(ablation, Mapping) else None
    trained = arms.items() if isinstance(arms, Mapping) else ()
    tables = (
        _table("The run", [(step[:1].upper() + step[1:], seconds) for step, seconds in _pairs(run.get("stages"))]),
        _table("The audit", [(_STEPS.get(step, step), seconds) for step, seconds in _pairs(run.get("steps"))]),
        _table("The ablation", [(str(arm), _seconds(told)) for arm, told in trained]),
    )
    threads = run.get("threads")
    return Timings(
        tables=tuple(table for table in tables if table is not None),
        threads=threads if isinstance(threads, int) else None,
        seconds=_seconds(run),
    )


def _table(title: str, steps: Iterable[tuple[str, float | None]]) -> TimingTable | None:
    known = [(step, seconds) for step, seconds in steps if seconds is not None and seconds >= _LEAST]
    total = sum(seconds for _, seconds in known)
    if not known:
        return None
    rows = tuple(Timing(inert(step, limit=80), seconds, seconds / total) for step, seconds in known)
    return TimingTable(title, rows[:MOST], total, len(rows))


def _pairs(steps: object) -> list[tuple[str, float | None]]:
    if not isinstance(steps, list):
        return []
    return [(str(item["step"]), _seconds(item)) for item in steps if isinstance(item, Mapping) and "step" in item]


def _seconds(item: object) -> float | None:
    found = item.get("seconds") if isinstance(item, Mapping) else None
    if isinstance(found, bool) or not isinstance(found, (int, float)) or not math.isfinite(found):
        return None
    return float(found)
