"""What of a verdict somebody should look at: how severe it is, where it stands, and what it is known by next time."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from auditkit.errors import ConfigError
from auditkit.gates.outcome import GateResult, Verdict
from auditkit.gates.table import WORDS, ordered, printable, status_of

__all__ = ["Alert", "Origin", "Severity", "alerts", "numbers_of", "severity"]

Severity = Literal["error", "warning", "note"]
_NUMBERS = ("value", "low", "high", "yardstick", "excess", "baseline", "limit", "p_value")
_NAME = re.compile(r"[A-Za-z0-9._]+(-[A-Za-z0-9._]+)*")


@dataclass(frozen=True)
class Origin:
    """Where the gates are written, and the name of the check.

    Attributes
    ----------
    file : str
        Path of the configuration, from the root of the checkout.
    name : str
        Tells this check from others of the same pull request: in the marker of a comment, in fingerprints, as the name
        of a suite. Letters, digits, dots, underscores and single hyphens.
    files : mapping of str to str
        Path by a gate's id, where the gate stands in another file that the configuration extends.
    off : mapping of str to str
        What each gate judges that is switched off and has no result, by its id: JUnit shows them as skipped.
    line : int or None
        Line that brings in the gates of presets, which stand in no file of the checkout.

    Raises
    ------
    ConfigError
        If the name has other signs.
    """

    file: str = "auditkit.toml"
    name: str = "check"
    files: Mapping[str, str] = field(default_factory=dict)
    off: Mapping[str, str] = field(default_factory=dict)
    line: int | None = None

    def file_of(self, gate: str) -> str:
        """Path of the file that a gate's line is in."""
        return self.files.get(gate, self.file)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ConfigError(f"a check's name has letters, digits, dots and single hyphens only, got {self.name!r}.")


@dataclass(frozen=True)
class Alert:
    """One result that is no pass.

    Attributes
    ----------
    item : GateResult
    severity : {"error", "warning", "note"}
        `"error"` is what makes the exit code 1 or 3.
    title : str
        Verdict, gate and part on one line.
    message : str
        The sentence, and under a failure why the gate exists.
    file : str
    line : int or None
        Of a preset's gate the one that brings in the preset, None where no line says so.
    fingerprint : str
        The same for the same gate and part in every check of this name, whatever the line or the number.
    """

    item: GateResult
    severity: Severity
    title: str
    message: str
    file: str
    line: int | None
    fingerprint: str


def alerts(verdict: Verdict, origin: Origin) -> list[Alert]:
    """Results that are no pass, the worst first."""
    found = []
    seen: Counter[str] = Counter()
    for item in ordered(verdict.results):
        known = _fingerprint(item, origin)
        seen[known] += 1
        how = severity(item, verdict)
        if how is None:
            continue
        found.append(
            Alert(
                item=item,
                severity=how,
                title=printable(f"{WORDS[status_of(item)]}: {item.name}"),
                message="\n".join(printable(text) for text in _texts(item) if text),
                file=origin.file_of(item.gate),
                line=origin.line if item.line is None else item.line,
                fingerprint=known if seen[known] == 1 else _digest(known, str(seen[known])),
            )
        )
    return found


def numbers_of(item: GateResult) -> dict[str, float]:
    """The numbers of a result that it has, by name."""
    numbers = {name: getattr(item, name) for name in _NUMBERS}
    return {name: number for name, number in numbers.items() if number is not None}


def severity(item: GateResult, verdict: Verdict) -> Severity | None:
    """How severe a result is in its check; None where nobody need look at it."""
    if verdict.counts_as_failure(item) or (item.verdict == "error" and item.level == "error"):
        return "error"
    if item.verdict in ("fail", "error"):
        return "warning"
    if item.verdict == "undecided":
        return "note" if (item.undecided_as or verdict.undecided_as) == "pass" else "warning"
    return None


def _texts(item: GateResult) -> tuple[str, ...]:
    return (item.sentence, f"Why it matters: {item.why}") if item.why and item.verdict == "fail" else (item.sentence,)


def _fingerprint(item: GateResult, origin: Origin) -> str:
    # Which part is the worst may change from one check to the next; the gate that says so does not.
    where = "worst" if item.worst_of > 1 else json.dumps(sorted(item.where.items()))
    return _digest(origin.name, item.gate, item.limit_kind, where)


def _digest(*texts: str) -> str:
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()[:32]
