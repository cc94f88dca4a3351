"""A verdict read otherwise: every warning fails, or only some gates count."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from auditkit.errors import UnknownNameError
from auditkit.gates.outcome import Finding, GateResult, Verdict, with_exit_code

__all__ = ["strict_verdict", "verdict_of"]


def strict_verdict(verdict: Verdict) -> Verdict:
    """Verdict in which gates of level warn count as those of level error, and undecided ones that warn as failures.

    Numbers and decisions stay: what could not be measured exits 3, what may be undecided (`undecided = "pass"`) may
    still be.

    Parameters
    ----------
    verdict : Verdict

    Returns
    -------
    Verdict
    """
    results = tuple(
        replace(item, level="error", undecided_as="pass" if _may_be_undecided(item, verdict) else "fail")
        for item in verdict.results
    )
    return with_exit_code(replace(verdict, results=results))


def _may_be_undecided(item: GateResult, verdict: Verdict) -> bool:
    return (item.undecided_as or verdict.undecided_as) == "pass"


def verdict_of(verdict: Verdict, gates: Collection[str]) -> Verdict:
    """Verdict of some gates only, whose decisions stay corrected for all that were judged together.

    Parameters
    ----------
    verdict : Verdict
    gates : collection of str
        Ids of gates.

    Returns
    -------
    Verdict

    Raises
    ------
    UnknownNameError
        If the verdict has no such gate.
    """
    known = dict.fromkeys(item.gate for item in verdict.results)
    for gate in gates:
        if gate not in known:
            raise UnknownNameError.of("gate", gate, known, "auditkit list gates; one that is off has no result")
    results = tuple(item for item in verdict.results if item.gate in gates)
    return with_exit_code(replace(verdict, results=results, findings=_about(verdict.findings, gates)))


def _about(findings: Iterable[Finding], gates: Collection[str]) -> tuple[Finding, ...]:
    """Findings that rest on one of the gates."""
    found = []
    for item in findings:
        held = [item.evidence, *item.evidence.get("results", ())]
        named = {str(one.get("gate")) for one in held} | set(item.evidence.get("gates", ()))
        if named & set(gates):
            found.append(item)
    return tuple(found)
