"""Scores as a page shows them: under the question they answer, beside what they should be compared with."""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from auditkit.errors import AuditkitError
from auditkit.metrics.known import known_metric
from auditkit.questions import OTHER, QUESTIONS, USEFULNESS, Question, question_of_part
from auditkit.reports.judgement import GateRow, State, prose, worst
from auditkit.reports.words import inert, metric_title, part_words
from auditkit.results import base_name

if TYPE_CHECKING:
    from auditkit.metrics.registry import Metric
    from auditkit.results import Estimate, Score, Scores

__all__ = [
    "Answers",
    "ScoreRow",
    "Unmeasured",
    "question_of",
    "questions_of",
    "registered",
    "score_row",
    "unmeasured",
]

_OTHER = re.compile(r"it is for [a-z ]+ data")
_ELSEWHERE = "it is for other kinds of data"
LACKING = "could not be measured"
IDLE = "does not apply"
_SHOWN_PARTS = 4
_FORMULA = 600
_NAMED_PARTS = 3


@dataclass(frozen=True)
class ScoreRow:
    """One score with its comparisons. `equal`, `yardstick` and `excess` are at equal sizes, `value` at full size."""

    metric: str
    title: str
    part: str
    meaning: str
    advice: str
    source: str
    formula: str
    misleads: str
    value: float | None
    low: float | None
    high: float | None
    method: str
    equal: float | None
    n_real: int
    n_synthetic: int
    yardstick: float | None
    yardstick_low: float | None
    yardstick_high: float | None
    chance: float | None
    floor: float | None
    baseline: float | None
    excess: float | None
    excess_low: float | None
    excess_high: float | None
    direction: str
    unit: str
    status: str
    reason: str
    embedder: str
    parameters: tuple[tuple[str, str], ...]
    n_dropped: int
    seed: int
    state: State | None
    parts: tuple[ScoreRow, ...] = ()
    n_parts: int = 0


@dataclass(frozen=True)
class Answers:
    """A question with the scores that answer it, the worst of its gates, and why none judged it where that is known."""

    key: str
    title: str
    lead: str
    state: State | None
    scores: tuple[ScoreRow, ...]
    reason: str = ""


@dataclass(frozen=True)
class Unmeasured:
    """Scores of one part that have no number, and why."""

    names: tuple[str, ...]
    part: str
    kind: str
    reason: str

    @property
    def listed(self) -> bool:
        """Whether the names stand below their number: not those of other kinds of data."""
        return len(self.names) > _NAMED_PARTS and self.reason != _ELSEWHERE


def registered(name: str) -> Metric | None:
    """What the registry knows of a metric; None for one whose package is not installed or broken here."""
    try:
        return known_metric(base_name(name))
    except (AuditkitError, ImportError):
        return None


def _formula(known: Metric) -> str:
    """What a metric's documentation says between its first line and its parameters, on one line."""
    told = (inspect.getdoc(known.function) or "").partition("\nParameters\n")[0]
    lines = told.partition("\n\n")[2].strip().partition("\n\n")[0]
    return inert(lines.replace("`", ""), limit=_FORMULA)


def question_of(metric: str, where: Collection[str] = (), *, grouped: bool = True) -> Question:
    """Question that a metric answers about a part."""
    base = base_name(metric)
    if base.startswith("ablation"):
        return USEFULNESS
    known = registered(base)
    return question_of_part(base, known.family if known else None, where, grouped=grouped)


def questions_of(scores: Scores, *, gates: Sequence[GateRow], groups: Iterable[str]) -> tuple[Answers, ...]:
    """Questions in order, each with the scores of whole sets; parts that are no subgroup stay folded under them.

    Parameters
    ----------
    scores : Scores
    gates : sequence of GateRow
    groups : iterable of str
        Names of the groups: their parts have a table of their own.

    Returns
    -------
    tuple of Answers
    """
    names = frozenset(groups)
    rows: dict[str, list[ScoreRow]] = {item.key: [] for item in QUESTIONS}
    states: dict[str, list[State]] = {item.key: [] for item in QUESTIONS}
    judged: dict[tuple[str, str], list[State]] = {}
    for gate in gates:
        if gate.state != "skipped":
            key = question_of(gate.metric, [name for name, _ in gate.where], grouped=bool(names)).key
            states[key].append(gate.state)
            judged.setdefault((key, gate.metric), []).append(gate.state)
    for metric in scores.metrics:
        if metric.startswith("ablation"):
            continue
        asked: dict[str, list[Score]] = {}
        for score in scores:
            if score.metric == metric:
                asked.setdefault(question_of(metric, score.where, grouped=bool(names)).key, []).append(score)
        for key, found in asked.items():
            row = _metric_row(found, state=worst(judged.get((key, metric), ())), groups=names)
            if row is not None:
                rows[key].append(row)
    overall = {key: worst(found) for key, found in states.items()}
    return tuple(
        Answers(
            key=item.key,
            title=item.title,
            lead=item.lead,
            state=overall[item.key],
            scores=tuple(rows[item.key]),
            reason="no group was declared" if item.key == "fair" and not (names or overall[item.key]) else "",
        )
        for item in QUESTIONS
        if rows[item.key] or overall[item.key] or item is not OTHER
    )


def unmeasured(
    scores: Scores, *, skipped: Mapping[str, str], gates: Sequence[GateRow], empty_columns: Mapping[str, str]
) -> tuple[Unmeasured, ...]:
    """Everything without a number, gathered by part and reason.

    Parameters
    ----------
    scores : Scores
    skipped : mapping
        Metrics that do not apply to these data, and why.
    gates : sequence of GateRow
    empty_columns : mapping
        Columns of the sample table that hold nothing, and why.

    Returns
    -------
    tuple of Unmeasured
    """
    lacking = [score for score in scores if score.estimate is None]
    found = [(metric_title(item.metric), part_words(item.where), LACKING, prose(item.reason)) for item in lacking]
    idle = {name: prose(_OTHER.sub(_ELSEWHERE, reason)) for name, reason in sorted(skipped.items())}
    found += [(metric_title(name), "", IDLE, reason) for name, reason in idle.items()]
    told = {(name, part) for name, part, *_ in found} | {(name, "") for name, part, *_ in found if not part}
    for gate in gates:
        if gate.state in ("skipped", "error") and not {(gate.title, gate.part), (gate.title, "")} & told:
            found.append((gate.title, gate.part, IDLE if gate.state == "skipped" else LACKING, gate.sentence))
    for name, reason in sorted(empty_columns.items()):
        found.append((inert(name).replace("_", " ").capitalize(), "per sample", IDLE, prose(reason)))
    names: dict[tuple[str, str, str], list[str]] = {}
    for name, *rest in found:
        names.setdefault((rest[0], rest[1], rest[2]), []).append(name)
    parts: dict[tuple[tuple[str, ...], str, str], list[str]] = {}
    for (part, kind, reason), each in names.items():
        parts.setdefault((tuple(dict.fromkeys(each)), kind, reason), []).append(part)
    return tuple(Unmeasured(each, _parts_told(parts[each, kind, reason]), kind, reason) for each, kind, reason in parts)


def _parts_told(parts: Sequence[str]) -> str:
    """Parts that lack the same for the same reason: one as it is, of several how many and the first."""
    whole, named = "" in parts, [part for part in parts if part]
    if len(named) < 2:  # noqa: PLR2004 - one part is no list
        return "" if whole else "".join(named)
    keys = {part.partition(" = ")[0] for part in named}
    what = f"{keys.pop()}s" if len(keys) == 1 else "parts"
    shown = [part.partition(" = ")[2] if what != "parts" else part for part in named[:_NAMED_PARTS]]
    more = f" and {len(named) - _NAMED_PARTS} more" if len(named) > _NAMED_PARTS else ""
    return f"{'all together and ' if whole else ''}{len(named)} {what}, {'; '.join(shown)}{more}"


def score_row(
    score: Score, *, state: State | None = None, parts: Sequence[ScoreRow] = (), n_parts: int = 0
) -> ScoreRow:
    """Row of one score."""
    known = registered(score.metric)
    estimate, yardstick, excess = score.estimate, score.references.get("yardstick"), score.excess
    return ScoreRow(
        metric=inert(score.metric),
        title=metric_title(score.metric),
        part=part_words(score.where),
        meaning=known.meaning if known else "",
        advice=known.advice if known else "",
        source=known.source if known else "",
        formula=_formula(known) if known else "",
        misleads=known.misleads if known else "",
        value=score.value,
        low=score.low,
        high=score.high,
        method=inert(estimate.method) if estimate else "",
        equal=score.details.get("at_equal_size"),
        n_real=estimate.n[0] if estimate else 0,
        n_synthetic=estimate.n[1] if estimate else 0,
        yardstick=_value(yardstick),
        yardstick_low=yardstick.low if yardstick else None,
        yardstick_high=yardstick.high if yardstick else None,
        chance=_value(score.references.get("chance")),
        floor=_value(score.references.get("floor")),
        baseline=_value(score.references.get("baseline")),
        excess=_value(excess),
        excess_low=excess.low if excess else None,
        excess_high=excess.high if excess else None,
        direction=score.direction,
        unit=score.unit,
        status=score.status,
        reason=prose(score.reason),
        embedder=inert(score.embedder),
        parameters=tuple((inert(name), inert(value)) for name, value in sorted(score.parameters.items())),
        n_dropped=score.n_dropped,
        seed=score.seed,
        state=state,
        parts=tuple(parts),
        n_parts=n_parts,
    )


def _metric_row(scores: Sequence[Score], *, state: State | None, groups: frozenset[str]) -> ScoreRow | None:
    """Row of the whole set with its folded parts; None for a metric that has only subgroups."""
    whole = [score for score in scores if not score.where]
    parts = [score for score in scores if score.where and not groups & set(score.where)]
    if not whole and not parts:
        return None
    parts.sort(key=_badness)
    shown = [
        replace(score_row(score), meaning="", advice="", source="", formula="", misleads="")
        for score in parts[:_SHOWN_PARTS]
    ]
    if not whole and len(parts) == 1:
        return score_row(parts[0], state=state)
    lead = whole[0] if whole else parts[0]
    return score_row(lead, state=state, parts=shown, n_parts=len(parts))


def _badness(score: Score) -> tuple[int, float]:
    """Order of parts: those without a number first, then the largest excess."""
    if score.estimate is None:
        return (0, 0.0)
    return (1, -score.excess.value if score.excess else 0.0)


def _value(estimate: Estimate | None) -> float | None:
    return None if estimate is None else estimate.value
