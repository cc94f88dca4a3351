"""A verdict as a page shows it: a banner, and one row per gate with the worst first."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from auditkit.gates.counts import counted, undecided_gates
from auditkit.reports.words import MINUS, count, halves, inert, metric_title, number, part_words, without_paths

if TYPE_CHECKING:
    from auditkit.gates import GateResult, Verdict
    from auditkit.gates.outcome import Finding

__all__ = [
    "ORDER",
    "PER_GATE",
    "WORDS",
    "Advice",
    "Banner",
    "GateRow",
    "State",
    "advice_of",
    "banner_of",
    "cut_comparisons",
    "fold_undecided",
    "gate_rows",
    "prose",
    "worst",
]

State = Literal["fail", "error", "warn", "undecided", "pass", "skipped"]
ORDER: tuple[State, ...] = ("fail", "error", "warn", "undecided", "pass", "skipped")
WORDS: dict[State, str] = {
    "fail": "Fail",
    "error": "Not measured",
    "warn": "Warning",
    "undecided": "Undecided",
    "pass": "Pass",
    "skipped": "Does not apply",
}
EXIT_FAILED = 1
EXIT_UNMEASURED = 3
SENTENCE = 1200
_HYPHEN = re.compile(r"(?<![^\s(\[])-(?=\.?\d)")
"""A hyphen that stands for a minus: before a number, at the beginning of a word."""
FEWEST_FOLDED = 3
"""Undecided comparisons of one gate that stand in one card."""
PER_GATE = 5
MOST_ROWS = 20
"""Comparisons in a table; the worst of every gate stands there, however many gates there are."""


@dataclass(frozen=True)
class Banner:
    """The verdict in a word and a sentence; `state` chooses shape and colour."""

    state: State | Literal["none"]
    word: str
    sentence: str
    counts: str


@dataclass(frozen=True)
class GateRow:
    """One gate's result, ready to be shown. Shares stay fractions here; `unit` says how to write them."""

    state: State
    gate: str
    metric: str
    title: str
    part: str
    level: str
    value: float | None
    low: float | None
    high: float | None
    yardstick: float | None
    excess: float | None
    excess_low: float | None
    excess_high: float | None
    limit: float | None
    limit_kind: str
    p_value: float | None
    unit: str
    sentence: str
    why: str
    power: tuple[tuple[str, str], ...]
    baseline: float | None = None
    baseline_excess: float | None = None
    awaits_baseline: bool = False
    where: tuple[tuple[str, str], ...] = ()

    @property
    def word(self) -> str:
        """The state in words."""
        return "No baseline yet" if self.awaits_baseline else WORDS[self.state]

    @property
    def on_difference(self) -> bool:
        """Whether the limit is one of the excess, or of a change since the baseline."""
        return self.limit_kind not in ("max", "min")

    @property
    def limit_words(self) -> str:
        """What the limit is of, where that is not the value or the excess."""
        return {"max_increase": "rise since baseline", "max_drop": "drop since baseline"}.get(self.limit_kind, "")


@dataclass(frozen=True)
class Advice:
    """A finding: what was seen and what to do about it, most useful first."""

    severity: str
    kind: str
    sentence: str
    steps: tuple[str, ...]


def worst(states: Sequence[State]) -> State | None:
    """Worst of some states, None where there are none."""
    return min(states, key=ORDER.index, default=None)


def gate_rows(verdict: Verdict | None, *, units: Mapping[str, str]) -> tuple[GateRow, ...]:
    """Rows of all gates, failures first and those farthest beyond their limit first among equals.

    Parameters
    ----------
    verdict : Verdict or None
    units : mapping
        Unit that each score declares.

    Returns
    -------
    tuple of GateRow
    """
    rows = [_row(item, unit=item.unit or units.get(item.metric, "")) for item in (verdict.results if verdict else ())]
    return tuple(sorted(rows, key=lambda row: (ORDER.index(row.state), row.level != "error", -_beyond(row))))


def fold_undecided(rows: Sequence[GateRow]) -> tuple[list[GateRow], list[tuple[GateRow, ...]]]:
    """Rows that stand by themselves, and the undecided ones of gates that have three or more of them.

    Parameters
    ----------
    rows : sequence of GateRow

    Returns
    -------
    tuple of (list of GateRow, list of tuple of GateRow)
        In the order of the rows; a tuple per gate.
    """
    by_gate: dict[str, list[GateRow]] = {}
    for row in rows:
        if row.state == "undecided":
            by_gate.setdefault(row.gate, []).append(row)
    folded = [tuple(items) for items in by_gate.values() if len(items) >= FEWEST_FOLDED]
    apart = {items[0].gate for items in folded}
    return [row for row in rows if row.state != "undecided" or row.gate not in apart], folded


def cut_comparisons(
    rows: Sequence[GateRow], *, per_gate: int = PER_GATE
) -> tuple[list[GateRow], tuple[tuple[str, int], ...]]:
    """Rows of a table, the worst of every gate among them, and how many comparisons of which gates are left out.

    Parameters
    ----------
    rows : sequence of GateRow
        The worst first.
    per_gate : int
        Comparisons of one gate at most.

    Returns
    -------
    tuple of (list of GateRow, tuple of (str, int))
        In the order of the rows; the gates of those left out with their numbers.
    """
    seen: Counter[str] = Counter()
    ranks = []
    for row in rows:
        ranks.append(seen[row.gate])
        seen[row.gate] += 1
    order = sorted(range(len(rows)), key=lambda at: ranks[at])
    kept = {at for place, at in enumerate(order) if ranks[at] == 0 or (ranks[at] < per_gate and place < MOST_ROWS)}
    left = Counter(row.gate for at, row in enumerate(rows) if at not in kept)
    return [row for at, row in enumerate(rows) if at in kept], tuple(left.items())


def banner_of(verdict: Verdict | None, rows: Sequence[GateRow]) -> Banner:
    """Banner of a verdict; without one it says that nothing was judged."""
    if verdict is None:
        return Banner("none", "Not judged", "No gates were applied, so the scores below stand without a verdict.", "")
    told = counted(verdict)
    if verdict.exit_code == EXIT_FAILED:
        return Banner("fail", "Fail", _why_failed(verdict, rows), told)
    if verdict.exit_code == EXIT_UNMEASURED:
        first = next((halves(row.sentence)[0] for row in rows if row.state == "error"), "A gate lacks its evidence.")
        return Banner("error", "Could not be measured", first, told)
    unsure = undecided_gates(verdict)
    word = f"Pass, but {unsure}" if unsure else "Pass"
    return Banner("pass", word, _why_passed(Counter(row.state for row in rows)), told)


def advice_of(findings: Sequence[Finding]) -> tuple[Advice, ...]:
    """Findings in order of severity."""
    rank = {"error": 0, "warn": 1, "info": 2}
    ordered = sorted(findings, key=lambda item: rank.get(item.severity, 3))
    return tuple(
        Advice(item.severity, inert(item.kind), prose(item.sentence), tuple(prose(step) for step in item.advice))
        for item in ordered
    )


def prose(text: object) -> str:
    """Sentence from elsewhere, made inert and free of folders, with the minus sign that numbers have on pages."""
    return _HYPHEN.sub(MINUS, without_paths(inert(text, limit=SENTENCE)))


def _row(item: GateResult, *, unit: str) -> GateRow:
    on_difference = item.limit_kind not in ("max", "min")
    low, high = (item.judged if on_difference else None) or (item.excess_low, item.excess_high)
    apart = [part_words(dict([name.split("=", 1)])) for name in item.between if "=" in name]
    return GateRow(
        state=_state(item),
        gate=inert(item.gate, limit=80),
        metric=inert(item.metric),
        title=metric_title(item.metric),
        part=", ".join([*filter(None, [part_words(item.where)]), *([" and ".join(apart)] if apart else [])]),
        level=item.level,
        value=item.value,
        low=item.low,
        high=item.high,
        yardstick=item.yardstick,
        excess=item.judged_value if on_difference else item.excess,
        excess_low=low,
        excess_high=high,
        limit=item.limit,
        limit_kind=item.limit_kind,
        p_value=item.p_value,
        unit=unit,
        sentence=prose(item.sentence),
        why=prose(item.why),
        power=tuple((inert(name).replace("_", " "), _plain(value)) for name, value in item.power.items()),
        baseline=item.baseline,
        baseline_excess=_baseline_excess(item),
        awaits_baseline=item.awaits_baseline,
        where=tuple((str(name), str(level)) for name, level in item.where.items()),
    )


def _baseline_excess(item: GateResult) -> float | None:
    """How much worse than today's yardstick the baseline's score is, to stand beside the excess."""
    if item.limit_kind != "max_excess" or item.baseline is None:
        return None
    if item.direction == "match":
        return None if item.yardstick is None else abs(item.baseline - item.yardstick)
    if item.excess is None or item.compared is None or item.direction not in ("higher", "lower"):
        return None
    rise = item.baseline - item.compared
    return item.excess + (rise if item.direction == "lower" else -rise)


def _beyond(row: GateRow) -> float:
    """How far beyond its limit a row is, in limits."""
    judged = row.excess if row.on_difference else row.value
    if judged is None or row.limit is None:
        return 0.0
    return abs(judged - row.limit) / (abs(row.limit) or 0.001)


def _state(item: GateResult) -> State:
    if item.verdict == "fail":
        return "fail" if item.level == "error" else "warn"
    if item.verdict == "not_applicable" or item.awaits_baseline:
        return "skipped"
    return item.verdict


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{inert(name)}: {_plain(item)}" for name, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(_plain(item) for item in value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return number(float(value))
    return prose(value)


def _why_failed(verdict: Verdict, rows: Sequence[GateRow]) -> str:
    failed = [row for row in rows if row.state == "fail"]
    if not failed:
        return "Some gates are undecided or not measured, and this check counts that as a failure."
    findings = [prose(item.sentence) for item in verdict.findings if item.severity == "error"]
    first = halves((findings or [failed[0].sentence or f"{failed[0].title} is beyond its limit."])[0])[0]
    others = len(findings) - 1 if findings else len(failed) - 1
    return first if others < 1 else f"{first} {count(others, 'further finding')} below."


def _why_passed(counts: Mapping[State, int]) -> str:
    ends: dict[State, str] = {"warn": "gave a warning", "undecided": "could not be decided at these sizes"}
    left = [f"{count(counts[state], 'comparison')} {end}" for state, end in ends.items() if counts[state]]
    held = "No gate that must hold is broken"
    return f"{held}; {' and '.join(left)}." if left else f"{held}."
