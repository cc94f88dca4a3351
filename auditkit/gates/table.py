"""The verdict as a plain-text table: what failed first, then what could not be measured, and so on to the passes."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from auditkit.gates.counts import counted, undecided_gates
from auditkit.gates.digits import PERCENT, Scale
from auditkit.gates.elsewhere import at_hand, elsewhere
from auditkit.gates.limit_words import scale_of
from auditkit.gates.outcome import GateResult, LimitKind, Verdict
from auditkit.gates.together import block_name, spokesman, what_decides, within_gates

__all__ = ["WIDTH", "WORDS", "cells", "headline", "ordered", "printable", "status_of", "verdict_table", "wrapped"]

WORDS: Mapping[str, str] = MappingProxyType(
    {
        "fail": "FAIL",
        "error": "NOT MEASURED",
        "undecided": "UNDECIDED",
        "warning": "WARNING",
        "pass": "pass",
        "new": "no baseline yet",
        "not_applicable": "not applicable",
    }
)
_COLOURS: Mapping[str, str] = MappingProxyType(
    {
        "fail": "31;1",
        "error": "35;1",
        "undecided": "33",
        "warning": "33",
        "pass": "32",
        "new": "36",
        "not_applicable": "2",
    }
)
_SIGNS: Mapping[LimitKind, str] = MappingProxyType(
    {"max": "<= ", "min": ">= ", "max_excess": "worse by <= ", "max_increase": "rise <= ", "max_drop": "drop <= "}
)
_HEADER = ("", "gate", "value", "yardstick", "worse by", "limit")
WIDTH = 100
"""Most columns of a text, whatever the terminal has."""
_APART = "  "
_LEAST_NAME = 8
_N_WORDS = 2  # leading columns that hold words


def status_of(result: GateResult) -> str:
    """Verdict for display: a failure of warn level is a `"warning"`, a pass for want of a baseline is `"new"`."""
    if result.awaits_baseline:
        return "new"
    return "warning" if result.verdict == "fail" and result.level == "warn" else result.verdict


def ordered(results: Sequence[GateResult]) -> list[GateResult]:
    """Results, worst first; within one status those of error level first, in the order of the configuration."""
    ranks = {status: rank for rank, status in enumerate(WORDS)}
    return sorted(results, key=lambda item: (ranks[status_of(item)], item.level != "error"))


def headline(verdict: Verdict) -> str:
    """One line: `"FAIL: 2 of 12 gates failed (exit 1)"`, `"PASS, but 3 of 12 gates could not decide: ..."`."""
    word = {0: "PASS", 1: "FAIL"}.get(verdict.exit_code, "NOT MEASURED")
    unsure = undecided_gates(verdict) if verdict.exit_code == 0 else ""
    return f"{word}{f', but {unsure}' if unsure else ''}: {counted(verdict)} (exit {verdict.exit_code})"


def cells(result: GateResult) -> tuple[str, str, str, str]:
    """Value, yardstick, excess and limit as short texts; a dash where there is none."""
    scale = scale_of(result.unit)
    on_excess = result.limit_kind == "max_excess"
    sign = _SIGNS[result.limit_kind]
    limit = () if result.limit is None else (result.limit,)
    return (
        _cell(result.value, scale, limit if result.limit_kind in ("max", "min") else ()),
        _cell(result.yardstick, scale, ()),
        _cell(result.excess, scale, limit if on_excess else ()),
        "-" if result.limit is None else f"{sign}{_limit(result, scale)}",
    )


def verdict_table(verdict: Verdict, *, colour: bool = False, width: int = WIDTH) -> str:
    """Whole text: the headline, the table, a sentence under all that did not pass, advice, and the headline again.

    Undecided comparisons of one gate are one row, the widest of them, with what would decide them; passed ones are one
    row, the one nearest to its limit. A name that has no room beside its numbers goes on below them.
    """
    blocks = within_gates(ordered(at_hand(verdict.results)))
    status = {0: "pass", 1: "fail"}.get(verdict.exit_code, "error")
    head = _paint(headline(verdict), status, colour=colour)
    lines = [head, *_first_lines(verdict, width)]
    header, *rows = _rows(blocks, width)
    lines += [header[0]] if rows else []
    told: set[str] = set()
    for block, (row, *more) in zip(blocks, rows, strict=True):
        item = spokesman(block)
        lines += [_paint(row, status_of(item), colour=colour), *more]
        if item.verdict != "pass":
            lines += _below(item, width, told=item.gate in told)
        if len(block) > 1 and item.verdict == "undecided":
            lines += [line for text in what_decides(block) for line in wrapped(text, "    ", width)]
        if item.verdict == "fail":
            told.add(item.gate)
    lines += wrapped(elsewhere(verdict.results), "", width)
    lines += _advice(verdict, width)
    lines += [line for note in verdict.notes for line in textwrap.wrap(note, width)]
    return "\n".join(map(_uncommanded, [*lines, head]))


def _uncommanded(line: str) -> str:
    """A line that a runner of GitHub does not take for a command: names of groups may start with two colons."""
    if line.lstrip().startswith("::"):
        line = line.replace("::", ": :", 1)
    return line.replace("##[", "## [")


def _rows(blocks: Sequence[Sequence[GateResult]], width: int) -> list[list[str]]:
    """Lines of the header and of each block: words to the left, numbers to the right, then the rest of its name."""
    said = [_HEADER, *((WORDS[status_of(spokesman(block))], "", *cells(spokesman(block))) for block in blocks)]
    widths = [max(len(row[column]) for row in said) for column in range(len(_HEADER))]
    start = widths[0] + len(_APART)
    room = max(width - sum(widths) + widths[1] - len(_APART) * (len(widths) - 1), _LEAST_NAME)
    names = [[_HEADER[1]], *(_name(block, room, width - start) for block in blocks)]
    widths[1] = max(len(first) for first, *_ in names)
    return [
        [_row((row[0], first, *row[2:]), widths), *(" " * start + line for line in more)]
        for row, (first, *more) in zip(said, names, strict=True)
    ]


def _name(block: Sequence[GateResult], room: int, below: int) -> list[str]:
    """Name of a row in lines: the first beside the numbers, the parts below it where they have no room there."""
    whole, gate = printable(block_name(block)), printable(spokesman(block).gate)
    if len(whole) <= room:
        return [whole]
    first, *others = textwrap.wrap(gate, room) or [gate]
    return [first, *others, *textwrap.wrap(whole.removeprefix(gate).lstrip(": "), below, break_on_hyphens=False)]


def _first_lines(verdict: Verdict, width: int) -> list[str]:
    """What is wrong, a line each, before any number is judged: the first half of each finding, errors first."""
    lines = []
    for severity, start in (("error", "* "), ("warn", "* Warning: ")):
        said = [finding.sentence.split("; ", 1)[0] for finding in verdict.findings if finding.severity == severity]
        lines += [line for text in said for line in wrapped(text if text.endswith(".") else f"{text}.", start, width)]
    return [*lines, ""]


def _below(item: GateResult, width: int, *, told: bool) -> list[str]:
    """Sentence of a result, and its gate's reason unless that was told already."""
    texts = [item.sentence]
    if item.why and item.verdict == "fail" and not told:
        texts.append(f"Why it matters: {item.why}")
    return [line for text in texts for line in wrapped(text, "    ", width)]


def _advice(verdict: Verdict, width: int) -> list[str]:
    # Findings of one kind have one advice.
    texts = dict.fromkeys(
        f"{item.kind.replace('_', ' ')}: {item.advice[0]}" for item in verdict.findings if item.advice
    )
    lines = [line for text in texts for line in wrapped(text, "  - ", width)]
    return ["", "What to do next", *lines, ""] if lines else [""] if verdict.results else []


def _row(row: Sequence[str], widths: Sequence[int]) -> str:
    """Words to the left, numbers to the right."""
    aligned = [text.rjust(width) for text, width in zip(row, widths, strict=True)]
    aligned[:_N_WORDS] = [text.ljust(width) for text, width in zip(row[:_N_WORDS], widths[:_N_WORDS], strict=True)]
    return _APART.join(aligned).rstrip()


def printable(text: str) -> str:
    """One line without control characters: names of groups come from the data and could steer a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in " ".join(text.split()))


def wrapped(text: str, indent: str, width: int = WIDTH) -> list[str]:
    """Lines of a printable text, those after the first set in as far."""
    return textwrap.wrap(
        printable(text),
        width,
        initial_indent=indent,
        subsequent_indent=" " * len(indent),
        break_on_hyphens=False,  # names of groups have hyphens
    )


def _limit(result: GateResult, scale: Scale) -> str:
    """The limit as it was written, of a share of the baseline that share."""
    if result.limit_share is not None:
        return f"{PERCENT.exact(result.limit_share)} % of baseline"
    return f"{scale.exact(result.limit or 0.0)}{scale.suffix}"


def _cell(value: float | None, scale: Scale, others: tuple[float, ...]) -> str:
    return "-" if value is None else scale.show(value, *others) + scale.suffix


def _paint(text: str, status: str, *, colour: bool) -> str:
    return f"\x1b[{_COLOURS[status]}m{text}\x1b[0m" if colour else text
