"""Markdown for a pull request or a job's summary: the verdict, what is wrong, and what changed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from auditkit.gates.elsewhere import at_hand, elsewhere
from auditkit.gates.formats.alerts import Origin
from auditkit.gates.outcome import GateResult, Verdict
from auditkit.gates.table import WORDS, cells, ordered, printable, status_of

__all__ = ["marker", "write"]

_MOST_BYTES = 60_000
_MOST_ROWS = 20
_MOST_LETTERS = 300
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$!])")
_HEADER = ("Verdict", "Gate", "Value", "Real", "Excess", "Limit")
_LEFT = 2  # leading columns that hold words


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
    findings = [f"- **{_escape(item.kind.replace('_', ' '))}**: {_escape(item.sentence)}" for item in verdict.findings]
    results = ordered(at_hand(verdict.results))
    notes = [note for note in (_passed(results), elsewhere(verdict.results), *verdict.notes) if note]
    told = [line for note in notes for line in ("", _escape(note))]
    return _cut([*head, *findings, "", *_table(results), *told, *_idle(results)])


def _table(results: Sequence[GateResult]) -> list[str]:
    """The worst results that did not pass, a row each, and a line for those that have no row."""
    wrong = _wrong(results)
    if not wrong:
        return []
    rows = ["| " + " | ".join(_HEADER) + " |", "| " + " | ".join(_rulers()) + " |"]
    for item in wrong[:_MOST_ROWS]:
        texts = (WORDS[status_of(item)], item.name, *cells(item))
        rows.append("| " + " | ".join(_escape(text) for text in texts) + " |")
    left = Counter(WORDS[status_of(item)] for item in wrong[_MOST_ROWS:])
    told = ", ".join(f"{number} {word}" for word, number in left.items())
    return [
        *rows,
        *(["", f"{left.total()} further results have no row here ({told}): see the report."] if left else []),
    ]


def _wrong(results: Sequence[GateResult]) -> list[GateResult]:
    return [item for item in results if status_of(item) not in ("pass", "not_applicable")]


def _passed(results: Sequence[GateResult]) -> str:
    """Names of the gates that passed."""
    wrong = {item.gate for item in _wrong(results)}
    passed = dict.fromkeys(item.gate for item in results if status_of(item) == "pass" and item.gate not in wrong)
    return f"Passed: {', '.join(passed)}." if passed else ""


def _idle(results: Sequence[GateResult]) -> list[str]:
    """Gates that do not apply and why, folded."""
    idle = {item.gate: item.sentence for item in results if status_of(item) == "not_applicable"}
    lines = [f"- {_escape(gate)}: {_escape(sentence)}" for gate, sentence in idle.items()]
    how = "1 gate does not apply" if len(idle) == 1 else f"{len(idle)} gates do not apply"
    return ["", f"<details><summary>{how}</summary>", "", *lines, "", "</details>"] if idle else []


def _rulers() -> list[str]:
    return ["---" if place < _LEFT else "---:" for place in range(len(_HEADER))]


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
