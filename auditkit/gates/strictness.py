"""A verdict in which every warning fails, as `auditkit check --strict` asks for."""

from __future__ import annotations

from dataclasses import replace

from auditkit.gates.outcome import Verdict

__all__ = ["strict_verdict"]


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
    results = tuple(replace(item, level="error") for item in verdict.results)
    strict = replace(verdict, results=results, undecided_as="pass" if verdict.undecided_as == "pass" else "fail")
    code = verdict.exit_code
    if strict.failed:
        code = 1
    elif strict.unmeasured:
        code = 3
    return replace(strict, passed=code == 0, exit_code=code)
