"""Annotations of GitHub: workflow commands on standard output."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from auditkit.gates.formats.alerts import Alert, Origin, alerts
from auditkit.gates.outcome import Verdict
from auditkit.gates.table import printable
from auditkit.gates.together import block_name, spokesman, what_decides

__all__ = ["write"]

# GitHub shows ten of each kind per step, so the worst come first and the rest are counted.
_MOST = 10
_KINDS = {"error": "error", "warning": "warning", "note": "notice"}


def write(verdict: Verdict, origin: Origin) -> str:
    """Write a command per result that is no pass, at most ten of each kind, and the headline."""
    lines: list[str] = []
    shown: Counter[str] = Counter()
    for alert in _together(alerts(verdict, origin)):
        shown[alert.severity] += 1
        if shown[alert.severity] <= _MOST:
            lines.append(_command(alert))
    hidden = [f"{number - _MOST} of level {_KINDS[kind]}" for kind, number in shown.items() if number > _MOST]
    if hidden:
        lines.append(f"Further annotations were left out: {', '.join(hidden)}; the report and --format text hold all.")
    return "\n".join([*lines, _data(verdict.headline())])


def _together(found: list[Alert]) -> list[Alert]:
    """Undecided results of one gate as one, which stand on one line of the config and ask for the same: more data."""
    blocks: dict[object, list[Alert]] = {}
    for place, alert in enumerate(found):
        undecided = alert.item.verdict == "undecided" and alert.severity != "error"
        blocks.setdefault((alert.item.gate, alert.severity) if undecided else place, []).append(alert)
    return [block[0] if len(block) == 1 else _joined(block) for block in blocks.values()]


def _joined(block: list[Alert]) -> Alert:
    results = [alert.item for alert in block]
    first = next(alert for alert in block if alert.item is spokesman(results))
    texts = [first.message, *(printable(text) for text in what_decides(results) if text)]
    return replace(first, title=printable(f"UNDECIDED: {block_name(results)}"), message="\n".join(texts))


def _command(alert: Alert) -> str:
    place = f"file={_property(alert.file)},line={alert.line}," if alert.line is not None else ""
    return f"::{_KINDS[alert.severity]} {place}title={_property(alert.title)}::{_data(alert.message)}"


def _data(text: str) -> str:
    """Text after the command, where a line break would end it and a percent sign starts an escape."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
