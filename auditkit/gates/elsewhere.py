"""Gates about other kinds of data than those at hand: told in one line, for nobody asked for them."""

from __future__ import annotations

from collections.abc import Sequence

from auditkit.gates.outcome import GateResult

__all__ = ["at_hand", "elsewhere"]


def at_hand(results: Sequence[GateResult]) -> list[GateResult]:
    """Results of gates that are about this kind of data."""
    return [item for item in results if not item.kinds]


def elsewhere(results: Sequence[GateResult]) -> str:
    """One sentence on the gates that are not: how many, for which data, their names; empty where there are none."""
    apart = [item for item in results if item.kinds]
    gates = list(dict.fromkeys(item.gate for item in apart))
    kinds = list(dict.fromkeys(kind for item in apart for kind in item.kinds))
    if not gates:
        return ""
    are = "1 gate is" if len(gates) == 1 else f"{len(gates)} gates are"
    return f"{are} for other kinds of data ({', '.join(kinds)}): {', '.join(gates)}."
