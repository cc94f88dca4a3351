"""Gates about other kinds of data than those at hand: told in one line, for nobody asked for them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from auditkit.gates.outcome import GateResult

__all__ = ["at_hand", "elsewhere"]

_OTHER = re.compile(r"it is for ([a-z ]+) data\.$")


def at_hand(results: Sequence[GateResult]) -> list[GateResult]:
    """Results of gates that are about this kind of data."""
    return [item for item in results if not _kinds(item)]


def elsewhere(results: Sequence[GateResult]) -> str:
    """One sentence on the gates that are not: how many, for which data, their names; empty where there are none."""
    apart = [item for item in results if _kinds(item)]
    gates = list(dict.fromkeys(item.gate for item in apart))
    kinds = list(dict.fromkeys(kind for item in apart for kind in _kinds(item)))
    if not gates:
        return ""
    are = "1 gate is" if len(gates) == 1 else f"{len(gates)} gates are"
    return f"{are} for other kinds of data ({', '.join(kinds)}): {', '.join(gates)}."


def _kinds(item: GateResult) -> list[str]:
    found = _OTHER.search(item.sentence) if item.verdict == "not_applicable" else None
    return found[1].split(" and ") if found else []
