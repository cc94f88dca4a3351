"""Markdown for a pull request or a job's summary: the verdict, what is wrong, and what changed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from auditkit.gates.digits import POINTS
from auditkit.gates.elsewhere import at_hand, elsewhere
from auditkit.gates.formats.alerts import Origin
from auditkit.gates.limit_words import scale_of
from auditkit.gates.limits import ON_BASELINE
from auditkit.gates.outcome import Finding, GateResult, Verdict
from auditkit.gates.table import WORDS, cells, ordered, printable, status_of

__all__ = ["marker", "write"]

_MOST_BYTES = 60_000
_MOST_ROWS = 20
_MOST_LETTERS = 300
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$!])")
_HEADER = ("Verdict", "Gate", "Value", "Yardstick", "Worse by", "Limit")


def marker(name: str) -> str:
    """Hidden first line by which a comment on a pull request is found again, to be replaced.

    Examples
    --------
    >>> marker("check")
    '<!-- auditkit:check -->'
    """
    return f"<!-- auditkit:{name} -->"


def write(verdict: Verdict, origin: Origin) -> str:
    """Write the headline, what is wrong, the worst results that did not pass, and how many others there are."""
    head = [marker(origin.name), "", f"## auditkit: {_escape(verdict.headline())}", ""]
    findings = [line for item in verdict.findings for line in _finding(item)]
    results = ordered(at_hand(verdict.results))
    notes = [note for note in (_passed(results), elsewhere(verdict.results), *verdict.notes) if note]
    told = [line for note in notes for line in ("", _escape(note))]
    return _cut([*head, *findings, "", *_table(results), *_changes(results), *told, *_idle(results)])


def _finding(item: Finding) -> list[str]:
    """What is wrong, and under it what to do first."""
    first = [f"- **{_escape(item.kind.replace('_', ' '))}**: {_escape(item.sentence)}"]
    return [*first, f"  *Next:* {_escape(item.advice[0])}"] if item.advice else first


def _table(results: Sequence[GateResult]) -> list[str]:
    """The worst results that did not pass, a row each, and a line for those that have no row."""
    wrong = _wrong(results)
    if not wrong:
        return []
    rows = [_row(_HEADER), _rulers(len(_HEADER), left=2)]
    rows += [_row((WORDS[status_of(item)], item.name, *cells(item))) for item in wrong[:_MOST_ROWS]]
    left = Counter(WORDS[status_of(item)] for item in wrong[_MOST_ROWS:])
    told = ", ".join(f"{number} {word}" for word, number in left.items())
    return [
        *rows,
        *(["", f"{left.total()} further results have no row here ({told}): see the report."] if left else []),
    ]


def _wrong(results: Sequence[GateResult]) -> list[GateResult]:
    return [item for item in results if status_of(item) not in ("pass", "new", "not_applicable")]


def _changes(results: Sequence[GateResult]) -> list[str]:
    """What was compared with the baseline: before, now, and which way it went."""
    known = [item for item in results if item.limit_kind in ON_BASELINE and None not in (item.baseline, item.compared)]
    if not known:
        return []
    rows = [
        "",
        _row(("Since the baseline", "Before", "Now", "Change")),
        _rulers(4, left=1),
        *(_row((item.name, *_change(item))) for item in known[:_MOST_ROWS]),
    ]
    left = len(known) - _MOST_ROWS
    return [*rows, *(["", f"{left} further comparisons have no row here: see the report."] if left > 0 else [])]


def _change(item: GateResult) -> tuple[str, str, str]:
    scale = scale_of(item.unit)
    before, now = item.baseline or 0.0, item.compared or 0.0
    step = now - before
    shown = [f"{scale.show(number)}{scale.suffix}" for number in (before, now)]
    if step == 0:
        return shown[0], shown[1], "→ none"
    better = {"higher": step > 0, "lower": step < 0}.get(item.direction or "")
    word = "" if better is None else " better" if better else " worse"
    unit = POINTS if item.unit == "share" else scale
    return shown[0], shown[1], f"{'↑' if step > 0 else '↓'} {unit.show(abs(step))}{unit.suffix}{word}"


def _passed(results: Sequence[GateResult]) -> str:
    """Names of the gates that passed, and of those that wait for a baseline."""
    wrong = {item.gate for item in _wrong(results)}
    named = {
        status: dict.fromkeys(item.gate for item in results if status_of(item) == status and item.gate not in wrong)
        for status in ("pass", "new")
    }
    told = [
        f"{word}: {', '.join(named[key])}."
        for key, word in (("pass", "Passed"), ("new", "No baseline yet"))
        if named[key]
    ]
    return " ".join(told)


def _idle(results: Sequence[GateResult]) -> list[str]:
    """Gates that do not apply and why, folded."""
    idle = {item.gate: item.sentence for item in results if status_of(item) == "not_applicable"}
    lines = [f"- {_escape(gate)}: {_escape(sentence)}" for gate, sentence in idle.items()]
    how = "1 gate does not apply" if len(idle) == 1 else f"{len(idle)} gates do not apply"
    return ["", f"<details><summary>{how}</summary>", "", *lines, "", "</details>"] if idle else []


def _row(texts: Sequence[str]) -> str:
    return "| " + " | ".join(_escape(text) for text in texts) + " |"


def _rulers(columns: int, *, left: int) -> str:
    """Line under a table's head: words to the left, numbers to the right."""
    return "| " + " | ".join("---" if place < left else "---:" for place in range(columns)) + " |"


def _cut(lines: Sequence[str]) -> str:
    """As many whole lines as fit into a comment, with a note where some were left out."""
    size = 0
    kept: list[str] = []
    for line in lines:
        size += len(line.encode("utf-8", "backslashreplace")) + 1
        if size > _MOST_BYTES - 200:
            left = len(lines) - len(kept)
            return "\n".join([*kept, "", f"{left} further lines were left out to keep this short: see the report."])
        kept.append(line)
    return "\n".join(kept)


def _escape(text: str) -> str:
    """One line that reads as it is written: no markup, no cell's end, nobody called by name."""
    flat = printable(text)
    if len(flat) > _MOST_LETTERS * 4:
        flat = flat[: _MOST_LETTERS * 4] + "…"
    # An at sign would notify whoever bears that name.
    return _SPECIAL.sub(r"\\\1", flat.replace("&", "&amp;")).replace("@", "&#64;")
