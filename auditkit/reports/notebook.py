"""Results as notebooks show them: small pieces of HTML with styles of their own, no script, readable in any theme.

Text takes the notebook's colour and nothing has a background but the badges of verdicts, whose white words can be read
on light and on dark pages. What is too long is cut, and a note says where the rest is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auditkit.errors import AuditkitError
from auditkit.reports.bars import Bar, Span, shared_bars
from auditkit.reports.compare import compare_summary
from auditkit.reports.judgement import advice_of, banner_of, gate_rows, prose
from auditkit.reports.outcomes import ablation_summary, filter_summary
from auditkit.reports.page import environment, value_text
from auditkit.reports.plot_rows import units_of
from auditkit.reports.review_section import review_lines, review_summary
from auditkit.reports.scores import Answers, score_row
from auditkit.reports.summary import summarise
from auditkit.reports.words import count, number, signed

if TYPE_CHECKING:
    from auditkit.ablation.result import Ablation
    from auditkit.auditing.comparison import Comparison
    from auditkit.auditing.result import Audit
    from auditkit.filtering.decisions import Decisions
    from auditkit.filtering.selection import Selection, SelectionRecord
    from auditkit.gates.outcome import Verdict
    from auditkit.reports.outcomes import AblationRow, AblationTable
    from auditkit.reports.scores import ScoreRow
    from auditkit.results import Score, Scores

__all__ = [
    "ablation_html",
    "audit_html",
    "comparison_html",
    "decisions_html",
    "score_html",
    "scores_html",
    "selection_html",
    "verdict_html",
]

_LIMITS = {
    "MOST_ROWS": 20,
    "MOST_COMPARED": 30,
    "MOST_FINDINGS": 5,
    "MOST_NOTES": 5,
    "MOST_TABLES": 4,
}
_BRIEF = 2
_BETTER = {
    "higher": "Higher is better",
    "lower": "Lower is better",
    "match": "Nearest to the yardstick is best",
    "none": "Neither way is better",
}


def audit_html(audit: Audit) -> str:
    """An audit: what the preset `recommended` says of it, then scores under the five questions.

    Parameters
    ----------
    audit : Audit

    Returns
    -------
    str
        A `div` with its style.
    """
    verdict = _recommended(audit)
    summary = summarise(audit, verdict=verdict)
    return _rendered(
        "audit",
        banner=summary.banner,
        judged=verdict is not None,
        title=summary.title,
        facts=summary.facts,
        questions=summary.questions,
        n_unmeasured=sum(score.value is None for score in audit.scores),
        briefly=_briefly,
    )


def score_html(score: Score) -> str:
    """A score beside its yardstick, with what it means."""
    row = score_row(score)
    return _rendered("score", row=row, better=_BETTER[row.direction])


def scores_html(scores: Scores) -> str:
    """Scores of the whole sets."""
    rows = [score_row(score) for score in scores.values()]
    n_parts = len(scores) - len(rows)
    title = f"{count(len(rows), 'score')} of the whole set"
    return _rendered("scores", rows=rows, n_parts=n_parts, title=title)


def verdict_html(verdict: Verdict) -> str:
    """A verdict: findings, then gates, those that did not pass first."""
    rows = gate_rows(verdict, units=units_of(verdict))
    broken = [row for row in rows if row.state in ("fail", "error", "warn")]
    undecided = [row for row in rows if row.state == "undecided"]
    passed = [row for row in rows if row.state == "pass"]
    skipped = sum(row.state == "skipped" for row in rows)
    idle = [f"{count(skipped, 'comparison')} did not apply here."] if skipped else []
    return _rendered(
        "verdict",
        banner=banner_of(verdict, rows),
        findings=advice_of(verdict.findings),
        parts=[("Not passed", broken, True), ("Undecided", undecided, False), ("Passed", passed, False)],
        remarks=[*map(prose, verdict.notes), *idle],
    )


def selection_html(selection: Selection | SelectionRecord) -> str:
    """A selection: how much was kept, by which rules, and which classes and groups lost most."""
    kept = filter_summary(selection)
    if kept is None:  # only without a selection
        return ""
    everything = kept.n_kept + kept.n_rejected
    title = f"Kept {kept.n_kept:,} of {count(everything, 'synthetic sample')}"
    return _rendered("selection", kept=kept, title=title)


def ablation_html(ablation: Ablation) -> str:
    """An ablation: each training set under the measure that decides, beside real data only."""
    found = ablation_summary(ablation)
    if found is None:  # only without an ablation
        return ""
    main = [table for table in found.tables if table.measure == found.tables[0].measure]
    higher = all(table.higher_is_better for table in main)
    return _rendered(
        "ablation",
        found=found,
        main=main,
        others=[table for table in found.tables if table not in main],
        better="Right is better." if higher else "Left is better.",
        arms_with_bars=_arms_with_bars,
    )


def comparison_html(comparison: Comparison) -> str:
    """A comparison: which is better for what, then the scores of all under the five questions."""
    return _rendered("comparison", found=compare_summary(comparison))


def decisions_html(decisions: Decisions) -> str:
    """What people decided, and how well they agree."""
    found = review_summary(decisions)
    return _rendered("decisions", found=found, lines=review_lines(found))


def _rendered(kind: str, **context: Any) -> str:
    return environment().get_template("notebook.html.j2").render(kind=kind, **_LIMITS, **context)


def _recommended(audit: Audit) -> Verdict | None:
    """Verdict of the preset, None where it cannot be had: what is shown must not fail."""
    try:
        return audit.check()
    except AuditkitError:
        return None


def _briefly(question: Answers) -> str:
    """First scores of a question in a few words."""
    told = [f"{row.title.partition(' (')[0]} {_beside(row)}" for row in question.scores if row.value is not None]
    more = len(question.scores) - min(_BRIEF, len(told))
    return ", ".join([*told[:_BRIEF], *([f"{more} more"] if more else [])])


def _beside(row: ScoreRow) -> str:
    fresh = "" if row.yardstick is None else f" (yardstick {number(row.yardstick, unit=row.unit)})"
    return f"{value_text(row)}{fresh}"


def _arms_with_bars(table: AblationTable) -> list[tuple[AblationRow, Bar | None]]:
    """Arms with bars of their differences from real data only, all on one axis around no difference."""
    spans = [
        Span(row.difference, row.difference_low, row.difference_high, 0.0, f"difference {signed(row.difference)}")
        for row in table.rows
    ]
    return list(zip(table.rows, shared_bars(spans), strict=True))
