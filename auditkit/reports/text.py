"""Ten plain lines that say what an audit found, for a terminal and for somebody who has never seen one."""

from __future__ import annotations

from auditkit.questions import QUESTIONS
from auditkit.reports.judgement import WORDS
from auditkit.reports.review_section import share_words
from auditkit.reports.scores import Answers, ScoreRow
from auditkit.reports.spots import SPOTS, spot_name
from auditkit.reports.summary import Summary
from auditkit.reports.words import count, number

__all__ = ["summary_text"]

NAME = 15
_PER_QUESTION = 2
_ASIDE = {item.key: item.aside for item in QUESTIONS if item.aside}


def summary_text(summary: Summary) -> str:
    """Summary in ten lines: the verdict and why, the data, the five questions, the filter, what to do next.

    Parameters
    ----------
    summary : Summary

    Returns
    -------
    str
        Ten lines without a trailing newline.
    """
    banner = summary.banner
    lines = [
        ("Verdict", f"{banner.word.upper()}{f' ({banner.counts})' if banner.counts else ''}"),
        ("Why", banner.sentence),
        ("Data", _data(summary)),
        *((_ASIDE[item.key], _answer(item, summary)) for item in summary.questions if item.key in _ASIDE),
        ("Filter", "; ".join(item for item in (_filter(summary), _people(summary)) if item)),
        ("Next", _next(summary)),
    ]
    return "\n".join(f"{name:<{NAME}}{said}" for name, said in lines)


def _data(summary: Summary) -> str:
    plural = summary.noun if summary.noun.endswith("s") else f"{summary.noun}s"
    held = f", {summary.n_holdout:,} more held out to compare with" if summary.n_holdout else ", none held out"
    return f"{summary.n_synthetic or 0:,} synthetic {plural} made from {summary.n_real or 0:,} real ones{held}"


def _answer(question: Answers, summary: Summary) -> str:
    """Word of a question's gates, and the scores behind it."""
    word = WORDS[question.state].lower() if question.state else "not judged"
    if question.key == "helps":
        told = _ablation(summary)
    elif question.key == "fair" and (summary.groups is not None or _spots(summary)):
        told = "; ".join(item for item in (_groups(summary), _spots(summary)) if item)
    else:
        told = "; ".join(_score(row) for row in _telling(question))
    told = told or question.reason
    return f"{word}: {told}" if told else word


def _telling(question: Answers) -> list[ScoreRow]:
    """Scores that say most: judged ones first, the worst verdict first, in the order of the audit."""
    rank = {state: at for at, state in enumerate(WORDS)}
    measured = [row for row in question.scores if row.value is not None]
    return sorted(measured, key=lambda row: rank[row.state] if row.state else len(rank))[:_PER_QUESTION]


def _score(row: ScoreRow) -> str:
    # Beside the yardstick only the value at equal size may stand.
    value = row.value if row.equal is None else row.equal
    said = f"{row.title[0].lower()}{row.title[1:]} {number(value, unit=row.unit)}"
    return f"{said} (yardstick {number(row.yardstick, unit=row.unit)})" if row.yardstick is not None else said


def _groups(summary: Summary) -> str:
    table = summary.groups
    if table is None:
        return ""
    missing = [row.name for row in table.rows if row.missing]
    broken = [row.name for row in table.rows if row.state in ("fail", "warn") and not row.missing]
    told = [f"missing: {', '.join(missing[:3])}"] if missing else []
    told += [f"off their real share or label rate: {', '.join(broken[:3])}"] if broken else []
    return "; ".join(told) or f"{count(table.n_groups, 'group')} compared, none is missing"


def _spots(summary: Summary) -> str:
    """How many groups that nobody declared are worst off, and the first of them."""
    found = [item for exhibit in summary.exhibits if exhibit.kind == SPOTS for item in exhibit.data.get("items", ())]
    if not found:
        return ""
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return f"blind spots: {spot_name(found[0])}{more}"


def _ablation(summary: Summary) -> str:
    if summary.ablation is None or not summary.ablation.tables:
        return "no model was trained to find out"
    table = summary.ablation.tables[0]
    arms = ", ".join(f"{row.arm} {number(row.value)}" for row in table.rows)
    told = f"{table.measure.lower()} on real test data, by training set: {arms}"
    shown = [row for row in summary.ablation.transfers if (row.measure, row.model) == (table.measure, table.model)]
    others = ", ".join(f"{row.arm} {number(row.value)}" for row in shown)
    told += f"; of the real-trained model on synthetic data: {others}" if others else ""
    harm = summary.ablation.harm
    return f"{told}; worst: {harm.rows[0].arm} where {harm.rows[0].name}" if harm is not None and harm.rows else told


def _filter(summary: Summary) -> str:
    kept = summary.filtering
    if kept is None:
        return "not run"
    why = f"; most often: {kept.reasons[0][0]} ({kept.reasons[0][1]:,})" if kept.reasons else ""
    return f"kept {kept.n_kept:,} of {kept.n_kept + kept.n_rejected:,}{why}{_changed(summary)}"


def _changed(summary: Summary) -> str:
    """What the filter did to what a forest sees that no rule read, and which scores got worse."""
    found = summary.rescored
    if found is None or not found.rows:
        return ""
    first, worse = found.rows[0], [row.title[0].lower() + row.title[1:] for row in found.rows if row.word == "worse"]
    said = ""
    if first.before is not None and first.after is not None:
        said = (
            f"; a forest that no rule read tells them apart {number(first.before)} before, {number(first.after)} after"
        )
    return f"{said}; worse: {', '.join(worse[:3])}" if worse else said


def _people(summary: Summary) -> str:
    found = summary.review
    if found is None or found.rate is None:
        return ""
    return f"people accept {share_words(found.rate, found.low, found.high)}"


def _next(summary: Summary) -> str:
    steps = [step for item in summary.findings for step in item.steps]
    if steps:
        return steps[0]
    if summary.banner.state == "pass":
        return "Nothing forbids using these data; read the report's undecided and unmeasured parts before you do."
    return "Read the report."
