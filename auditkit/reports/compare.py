"""A comparison as a page shows it: a row per score, a cell per generator, and words for who is better than whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from auditkit.auditing.comparing import listed
from auditkit.questions import QUESTIONS
from auditkit.reports.bars import Bar, Span, shared_bars
from auditkit.reports.judgement import prose
from auditkit.reports.page import is_difference
from auditkit.reports.scores import registered
from auditkit.reports.words import (
    BETTER,
    DASH,
    count,
    inert,
    interval,
    metric_title,
    noun_of,
    number,
    part_words,
    signed,
)

if TYPE_CHECKING:
    from auditkit.auditing.comparison import Comparison, Contrast
    from auditkit.results import Estimate

__all__ = ["CompareCell", "CompareQuestion", "CompareRow", "CompareSummary", "compare_summary"]

MOST_ROWS = 120
_NAME = 40
_MOST_NAMED = 4


@dataclass(frozen=True)
class CompareCell:
    """One score of one generator; `word` is empty where nothing is decided."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    told: str
    limits: str
    fresh: str
    word: str
    best: bool
    bar: Bar | None


@dataclass(frozen=True)
class CompareRow:
    """One score of all generators; `fresh` is that of fresh real data where it is the same beside all."""

    metric: str
    title: str
    part: str
    better: str
    fresh: str
    cells: tuple[CompareCell, ...]
    outcome: str
    reason: str


@dataclass(frozen=True)
class CompareQuestion:
    """Scores that answer one question, those of the whole sets first."""

    key: str
    title: str
    rows: tuple[CompareRow, ...]
    n_rows: int


@dataclass(frozen=True)
class CompareSummary:
    """Plain data of a comparison's page.

    Attributes
    ----------
    title : str
    names : tuple of str
    facts : tuple of (str, str)
        What each of them is.
    sentences : tuple of str
        Which is better for what.
    pairs : tuple of str
        The same pair by pair, for more than two.
    questions : tuple of CompareQuestion
    notes : tuple of str
    """

    title: str
    names: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    sentences: tuple[str, ...]
    pairs: tuple[str, ...]
    questions: tuple[CompareQuestion, ...]
    notes: tuple[str, ...]


def compare_summary(comparison: Comparison, *, title: str | None = None) -> CompareSummary:
    """Gather what a comparison's page says.

    Parameters
    ----------
    comparison : Comparison
    title : str, optional
        Heading, by default made from the names.

    Returns
    -------
    CompareSummary
    """
    names = tuple(_called(name) for name in comparison.names)
    rows = _rows(comparison)
    several = len(names) > 2  # noqa: PLR2004 - more than a pair
    told = tuple(prose(item) for item in comparison.sentences)
    shown = rows[:MOST_ROWS]
    questions = tuple(
        CompareQuestion(
            question.key,
            question.title,
            tuple(row for topic, row in shown if topic == question.topic),
            sum(topic == question.topic for topic, _ in rows),
        )
        for question in QUESTIONS
        if any(topic == question.topic for topic, _ in rows)
    )
    return CompareSummary(
        title=inert(title) if title else listed(names),
        names=names,
        facts=_facts(comparison, names),
        sentences=_overall(rows, names),
        pairs=told if several else (),
        questions=questions,
        notes=tuple(prose(note) for note in comparison.notes if not note.startswith("*")),  # tables star nothing
    )


def _called(name: str) -> str:
    return inert(prose(name), limit=_NAME)


def _facts(comparison: Comparison, names: Sequence[str]) -> tuple[tuple[str, str], ...]:
    noun = noun_of(comparison.about)
    sizes: Mapping[str, int] = comparison.about.get("n", {})
    return tuple(
        (name, count(int(sizes[whole]), *noun) if whole in sizes else DASH)
        for whole, name in zip(comparison.names, names, strict=True)
    )


def _rows(comparison: Comparison) -> list[tuple[str, CompareRow]]:
    """Rows with their question, in its order, whole sets before parts."""
    places: dict[tuple[str, str, tuple[tuple[str, str], ...]], list[Contrast]] = {}
    for item in comparison.contrasts:
        places.setdefault((item.question, item.metric, tuple(item.where.items())), []).append(item)
    order = [question.topic for question in QUESTIONS]
    ordered = sorted(places.items(), key=lambda place: (order.index(place[0][0]), bool(place[0][2])))
    return [(question, _row(items, comparison.names)) for (question, *_), items in ordered]


def _row(items: Sequence[Contrast], names: Sequence[str]) -> CompareRow:
    first = items[0]
    known = registered(first.metric)
    unit = known.unit if known else ""
    values, fresh = _sides(items, 0), _sides(items, 1)
    beside = [None if (found := fresh.get(name)) is None else number(found.value, unit=unit) for name in names]
    alike = len(set(beside)) == 1
    bars = shared_bars([_span(values.get(name), fresh.get(name), name, unit) for name in names])
    words = _words(items, names)
    decided = any(item.better for item in items)
    compared = any(item.difference is not None for item in items)
    return CompareRow(
        metric=inert(first.metric),
        title=metric_title(first.metric),
        part=part_words(first.where),
        better=BETTER.get(first.direction, "neither way is better"),
        fresh=(beside[0] or DASH) if alike else "",
        cells=tuple(
            _cell(
                name, values.get(name), "" if alike else told or DASH, words[name], bar, metric=first.metric, unit=unit
            )
            for name, told, bar in zip(names, beside, bars, strict=True)
        ),
        outcome="" if decided else "undecided" if compared else "not compared",
        reason="" if compared else prose(next((item.reason for item in items if item.reason), "")),
    )


def _sides(items: Sequence[Contrast], which: int) -> dict[str, Estimate]:
    """Estimates, or those of fresh real data, by name."""
    found: dict[str, Estimate] = {}
    for item in items:
        for name, estimate in zip(item.names, (item.estimates, item.yardsticks)[which], strict=True):
            if estimate is not None:
                found.setdefault(name, estimate)
    return found


def _span(value: Estimate | None, fresh: Estimate | None, name: str, unit: str) -> Span:
    if value is None:
        return Span(None, None, None, None, "")
    beside = "" if fresh is None else f", yardstick {number(fresh.value, unit=unit)}"
    label = f"{_called(name)} {number(value.value, unit=unit)}{beside}"
    return Span(value.value, value.low, value.high, None if fresh is None else fresh.value, label)


def _cell(
    name: str, value: Estimate | None, fresh: str, word: tuple[str, bool], bar: Bar | None, *, metric: str, unit: str
) -> CompareCell:
    write = signed if is_difference(metric) else number
    return CompareCell(
        name=_called(name),
        value=None if value is None else value.value,
        low=None if value is None else value.low,
        high=None if value is None else value.high,
        told=DASH if value is None else write(value.value, unit=unit),
        limits="" if value is None else interval(value.low, value.high, unit=unit, difference=is_difference(metric)),
        fresh=fresh,
        word=word[0],
        best=word[1],
        bar=bar,
    )


def _words(items: Sequence[Contrast], names: Sequence[str]) -> dict[str, tuple[str, bool]]:
    """What each one is against the others, and whether it is the best of all."""
    ahead: dict[str, list[str]] = {name: [] for name in names}
    behind: dict[str, list[str]] = {name: [] for name in names}
    for item in items:
        if item.better:
            (worse,) = (name for name in item.names if name != item.better)
            ahead[item.better].append(_called(worse))
            behind[worse].append(_called(item.better))

    def word(name: str) -> tuple[str, bool]:
        if behind[name]:
            return f"behind {listed(behind[name])}", False
        if len(ahead[name]) == len(names) - 1:
            return "best", True
        return (f"better than {listed(ahead[name])}", False) if ahead[name] else ("", False)

    return {name: word(name) for name in names}


def _overall(rows: Sequence[tuple[str, CompareRow]], names: Sequence[str]) -> tuple[str, ...]:
    """A sentence per question over all generators: who is best on what, and who is behind."""
    found = []
    for question in QUESTIONS:
        judged = [row for topic, row in rows if topic == question.topic and row.outcome != "not compared"]
        if judged:
            found.append(f"{question.topic.capitalize()}: {_standing(judged, names)}")
    return tuple(found)


def _standing(rows: Sequence[CompareRow], names: Sequence[str]) -> str:
    of_all = f"{len(rows)} {'score' if len(rows) == 1 else 'scores'}"
    several = len(names) > 2  # noqa: PLR2004 - of two, who is behind says itself
    said = _counts(rows, names, what="is best on" if several else "is better on", holds=lambda cell: cell.best)
    if several:
        said += _counts(rows, names, what="is behind on", holds=lambda cell: cell.word.startswith("behind"))
    open_ones = sum(row.outcome == "undecided" for row in rows)
    if not said:
        return f"nothing is decided on {of_all}."
    rest = f"; {open_ones} {'is' if open_ones == 1 else 'are'} undecided" if open_ones else ""
    return f"of {of_all}, {'; '.join(said)}{rest}."


def _counts(
    rows: Sequence[CompareRow], names: Sequence[str], *, what: str, holds: Callable[[CompareCell], bool]
) -> list[str]:
    by_name = [
        (name, [_short(row) for row in rows for cell in row.cells if cell.name == name and holds(cell)])
        for name in names
    ]
    return [f"{name} {what} {len(titles)} ({_titles(titles)})" for name, titles in by_name if titles]


def _titles(titles: Sequence[str]) -> str:
    more = len(titles) - _MOST_NAMED
    return ", ".join(islice(titles, _MOST_NAMED)) + (f" and {more} more" if more > 0 else "")


def _short(row: CompareRow) -> str:
    """Title without what stands in brackets, and its part."""
    return " ".join(filter(None, [row.title.partition(" (")[0], row.part]))
