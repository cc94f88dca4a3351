"""How many gates came to what: each is counted once, by the worst of its results, and only where it applies.

Save one kind: a gate that warns of one part and cannot decide another is said to do both.
"""

from __future__ import annotations

from collections import Counter

from auditkit.gates.outcome import GateResult, Verdict

__all__ = ["counted", "gates_by_status", "undecided_gates"]

# Worst first; a gate of warn level that fails is a "warning".
_ORDER = ("fail", "error", "undecided", "warning", "new", "pass", "not_applicable")
_WORDS = {
    "error": "not measured",
    "undecided": "undecided",
    "warning": "with a warning",
    "new": "without a baseline yet",
}
_BOTH = {"undecided", "warning"}


def gates_by_status(verdict: Verdict) -> Counter[str]:
    """Number of gates by the worst status that a part of theirs has; one that warns and is undecided counts as both."""
    found: Counter[str] = Counter()
    for statuses in _statuses(verdict).values():
        worst = min(statuses, key=_ORDER.index)
        found.update({worst} | (statuses & _BOTH if worst in _BOTH else set()))
    return found


def undecided_gates(verdict: Verdict) -> str:
    """`"3 of 12 gates could not decide"`, empty where all did or where the check takes that for a pass."""
    found = gates_by_status(verdict)
    unsure = found["undecided"] if verdict.undecided_as == "warn" else 0
    return f"{unsure} of {_plural(_applying(verdict))} could not decide" if unsure else ""


def counted(verdict: Verdict) -> str:
    """Numbers of gates in words: `"2 of 12 gates failed, 1 undecided; 4 do not apply"`."""
    found = gates_by_status(verdict)
    total, failed = _applying(verdict), found["fail"]
    said = [f"{failed} of {_plural(total)} failed" if failed else f"{_plural(total)}, none failed"]
    if not total:
        said = ["no gates"]
    unsure = {item.gate for item in verdict.failed if item.verdict == "undecided"}
    unsure -= {item.gate for item in verdict.failed if item.verdict == "fail"}
    if unsure:
        said.append(f"{len(unsure)} of them undecided, which counts as failed here")
    said += [
        f"{found[status]} {words}"
        for status, words in _WORDS.items()
        if found[status] and not (status == "undecided" and verdict.undecided_as == "pass")
    ]
    apart = found["not_applicable"]
    return ", ".join(said) + (f"; {apart} {'does' if apart == 1 else 'do'} not apply" if apart else "")


def _status(item: GateResult, verdict: Verdict) -> str:
    if verdict.counts_as_failure(item):
        return "fail"
    if item.awaits_baseline:
        return "new"
    if item.verdict == "undecided" and item.undecided_as == "pass":
        return "pass"
    return "warning" if item.verdict == "fail" else item.verdict


def _statuses(verdict: Verdict) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for item in verdict.results:
        found.setdefault(item.gate, set()).add(_status(item, verdict))
    return found


def _applying(verdict: Verdict) -> int:
    return sum(statuses != {"not_applicable"} for statuses in _statuses(verdict).values())


def _plural(number: int) -> str:
    return f"{number} gate{'' if number == 1 else 's'}"
