"""The subgroup table: one row per group, missing groups first, then the worst; undefined cells keep their reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from auditkit.auditing.worst_groups import ALPHA, worst_groups
from auditkit.reports.judgement import ORDER, GateRow, State, prose, worst
from auditkit.reports.words import inert, metric_title, number, part_words
from auditkit.results import MIN_CELL

if TYPE_CHECKING:
    from auditkit.results import Score, Scores

__all__ = ["Cell", "GroupRow", "GroupTable", "WorstRow", "group_table"]

GAPS = ("representation_gap", "label_rate_gap")
_FIRST = (*GAPS, "precision", "coverage")
_STEPS = (0.02, 0.05, 0.10)
_SHOWN = 12
_FEW = 30
_WORST = 12
_Group = frozenset[tuple[str, str]]
"""A group as its names with their levels: no text of it is compared."""


@dataclass(frozen=True)
class Cell:
    """One metric in one group. `heat` is -3 to 3: the sign of a gap, otherwise how much worse than the yardstick."""

    value: float | None
    low: float | None
    high: float | None
    excess: float | None
    unit: str
    gap: bool
    heat: int
    note: str
    reason: str
    mark: str = ""


@dataclass(frozen=True)
class GroupRow:
    """One group: its units on both sides and a cell per column, None where that metric was not read in it.

    Fewer than five real units are not counted out: so few could be told apart.
    """

    name: str
    missing: bool
    n_real: int | None
    n_synthetic: int | None
    few: bool
    state: State | None
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class WorstRow:
    """The group in which a score is worst, beside what the worst of as many groups is by chance alone.

    `beyond` says whether such a worst group is rarer than 1 in 100, all scores considered.
    """

    title: str
    group: str
    value: float
    excess: float
    by_chance: float
    chance_share: float
    p: float
    n_groups: int
    unit: str
    beyond: bool


@dataclass(frozen=True)
class GroupTable:
    """Groups worst first, the footnotes that say why a cell has no number, and the worst group by each score."""

    columns: tuple[str, ...]
    rows: tuple[GroupRow, ...]
    notes: tuple[tuple[str, str], ...]
    n_groups: int
    worst: tuple[WorstRow, ...] = ()


def group_table(scores: Scores, *, groups: Iterable[str], gates: Sequence[GateRow]) -> GroupTable | None:
    """Table of all subgroups, None without any.

    Parameters
    ----------
    scores : Scores
    groups : iterable of str
        Names of the declared groups.
    gates : sequence of GateRow
        Their states mark the rows.

    Returns
    -------
    GroupTable or None
    """
    names = tuple(groups)
    held = _by_group(scores, frozenset(names))
    missing = _missing(scores)
    for group in missing:
        held.setdefault(group, {})
    if not held:
        return None
    metrics = _columns(held)
    states = _states(gates, frozenset(names))
    rows = [
        _row(group, held[group], metrics, missing=group in missing, state=worst(states.get(group, ())))
        for group in held
    ]
    rows.sort(key=_order)
    kept, notes = _footnotes(rows[:_SHOWN])
    titles = tuple(metric_title(name) for name in metrics)
    return GroupTable(titles, kept, notes, len(rows), _worst_rows(scores, names))


def _worst_rows(scores: Scores, names: Sequence[str]) -> tuple[WorstRow, ...]:
    """Worst group by each score that is worse there than it should be, those beyond chance first."""
    found = [item for item in worst_groups(scores, names) if item.excess > 0]
    found.sort(key=lambda item: item.p_adjusted)
    return tuple(
        WorstRow(
            title=metric_title(item.metric),
            group=part_words(item.where),
            value=item.value,
            excess=item.excess,
            by_chance=item.by_chance,
            chance_share=item.chance_share,
            p=item.p_adjusted,
            n_groups=item.n_groups,
            unit=item.unit,
            beyond=item.p_adjusted <= ALPHA,
        )
        for item in found[:_WORST]
    )


def _by_group(scores: Scores, names: frozenset[str]) -> dict[_Group, dict[str, list[Score]]]:
    held: dict[_Group, dict[str, list[Score]]] = {}
    for score in scores:
        group = _group(score.where.items(), names)
        if group and not score.metric.startswith("ablation"):
            held.setdefault(group, {}).setdefault(score.metric, []).append(score)
    return held


def _states(gates: Sequence[GateRow], names: frozenset[str]) -> dict[_Group, list[State]]:
    """Verdicts on each group, those on one class of it too; an intersection is a group of its own."""
    found: dict[_Group, list[State]] = {}
    for gate in gates:
        if gate.state != "skipped":
            found.setdefault(_group(gate.where, names), []).append(gate.state)
    return found


def _group(where: Iterable[tuple[str, str]], names: frozenset[str]) -> _Group:
    return frozenset((name, level) for name, level in where if name in names)


def _missing(scores: Scores) -> list[_Group]:
    """Groups that are absent, as the score of `missing_groups` names them."""
    found = [score for score in scores if score.metric == "missing_groups"]
    told = [str(item) for score in found for item in score.details.get("missing", ())]
    return [_where(item) for item in dict.fromkeys(told)]


def _where(item: str) -> _Group:
    """Group of a name as "sex=Female", or as "sex=Female and race=Black" of an intersection."""
    words = item.split(" and ")
    words = words if all("=" in word for word in words) else [item]
    pairs = (word.partition("=") for word in words)
    return frozenset((name, level) for name, _, level in pairs)


def _columns(held: dict[_Group, dict[str, list[Score]]]) -> list[str]:
    seen = dict.fromkeys(metric for by_metric in held.values() for metric in by_metric)
    return [name for name in _FIRST if name in seen] + [name for name in seen if name not in _FIRST]


def _row(
    group: _Group,
    by_metric: dict[str, list[Score]],
    metrics: Sequence[str],
    *,
    missing: bool,
    state: State | None,
) -> GroupRow:
    n_real, n_synthetic = _support(by_metric)
    return GroupRow(
        name=part_words(dict(sorted(group))),
        missing=missing,
        n_real=None if n_real is not None and 0 < n_real < MIN_CELL else n_real,
        n_synthetic=0 if missing and n_synthetic is None else n_synthetic,
        few=any(n is not None and n < _FEW for n in (n_real, n_synthetic)),
        state=state,
        cells=tuple(_cell(by_metric.get(name, ())) for name in metrics),
    )


def _support(by_metric: dict[str, list[Score]]) -> tuple[int | None, int | None]:
    """Units of a group on both sides: its shares of the sets, else the sizes that a score of it was read at."""
    for score in by_metric.get("representation_gap", ()):
        if score.estimate is not None and {"real", "synthetic"} <= score.details.keys():
            n_real, n_synthetic = score.estimate.n
            return round(score.details["real"] * n_real), round(score.details["synthetic"] * n_synthetic)
    measured = (score.estimate for items in by_metric.values() for score in items if score.metric not in GAPS)
    return next((estimate.n for estimate in measured if estimate is not None), (None, None))


def _cell(items: Sequence[Score]) -> Cell | None:
    """Cell of a metric; where it has several parts in the group (one per class), the worst of them."""
    if not items:
        return None
    measured = [score for score in items if score.estimate is not None]
    if not measured:
        return Cell(
            value=None,
            low=None,
            high=None,
            excess=None,
            unit=items[0].unit,
            gap=items[0].metric in GAPS,
            heat=0,
            note="",
            reason=_reason(items[0]),
        )
    score = max(measured, key=lambda item: item.excess.value if item.excess else abs(item.value or 0.0))
    gap = score.metric in GAPS
    excess = score.excess.value if score.excess else None
    return Cell(
        value=score.value,
        low=score.low,
        high=score.high,
        excess=excess,
        unit=score.unit,
        gap=gap,
        heat=0 if score.bounds[1] is None else _heat(score.value if gap else excess, gap=gap),
        note=_note(score),
        reason="",
    )


def _note(score: Score) -> str:
    """Which class a cell is about, and the shares behind a gap."""
    named = [inert(score.where["class"], limit=30)] if "class" in score.where else []
    shares = [score.details.get(side) for side in ("real", "synthetic")]
    if score.metric in GAPS and None not in shares:
        named.append(" → ".join(number(share, unit="share") for share in shares))
    return ": ".join(named)


def _reason(score: Score) -> str:
    return prose(score.reason) or f"{score.status}, without a reason given"


def _heat(value: float | None, *, gap: bool) -> int:
    if value is None or (not gap and value <= 0):
        return 0
    steps = sum(abs(value) > step for step in _STEPS)
    return steps if gap and value > 0 else -steps


def _order(row: GroupRow) -> tuple[bool, int, float, str]:
    """Missing groups first, then the worst verdict, then the largest gap in share or label rate."""
    sizes = [abs(cell.value) for cell in row.cells if cell is not None and cell.gap and cell.value is not None]
    rank = ORDER.index(row.state) if row.state else len(ORDER)
    return not row.missing, rank, -max(sizes, default=0.0), row.name


def _footnotes(rows: Sequence[GroupRow]) -> tuple[tuple[GroupRow, ...], tuple[tuple[str, str], ...]]:
    """Letter for every reason, and the rows with the letters in place."""
    reasons = dict.fromkeys(cell.reason for row in rows for cell in row.cells if cell is not None and cell.reason)
    marks = {reason: _letters(index) for index, reason in enumerate(reasons)}
    marked = tuple(
        replace(
            row,
            cells=tuple(cell and replace(cell, mark=marks.get(cell.reason, "")) for cell in row.cells),
        )
        for row in rows
    )
    return marked, tuple((mark, reason) for reason, mark in marks.items())


def _letters(index: int) -> str:
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("a") + rest) + letters
    return letters
