"""Undecided comparisons of one gate, told as one: the widest of them, the names of the others, what would decide."""

from __future__ import annotations

from collections.abc import Sequence

from auditkit.gates.digits import count
from auditkit.gates.outcome import GateResult

__all__ = ["what_decides", "widest", "within_gates"]

_NAMED = 8


def within_gates(results: Sequence[GateResult]) -> list[list[GateResult]]:
    """Results one by one, but the undecided ones of a gate together, where the first of them stands."""
    blocks: list[list[GateResult]] = []
    found: dict[tuple[str, str], list[GateResult]] = {}
    for item in results:
        key = (item.gate, item.level)
        if item.verdict == "undecided" and key in found:
            found[key].append(item)
            continue
        blocks.append([item])
        if item.verdict == "undecided":
            found[key] = blocks[-1]
    return blocks


def widest(block: Sequence[GateResult]) -> GateResult:
    """The comparison of which least is known: the widest limits of what was judged."""
    return max(block, key=lambda item: 0.0 if item.judged is None else item.judged[1] - item.judged[0])


def what_decides(block: Sequence[GateResult]) -> tuple[str, str]:
    """The other comparisons by name, and how much data would decide; the second is empty where that is not known."""
    first = widest(block)
    others = [item.part or item.gate for item in block if item is not first]
    more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
    return f"Undecided too: {'; '.join(others[:_NAMED])}{more}.", _needed(block)


def _needed(block: Sequence[GateResult]) -> str:
    sized = [item for item in block if "size_needed" in item.power]
    near = sum("size_now" in item.power for item in block) - len(sized)
    if not sized:
        return (
            f"For {near} of {len(block)} more data are unlikely to decide: they lie too near the limit." if near else ""
        )
    most = max(sized, key=lambda item: float(item.power["size_needed"]))
    whose = f" of {most.part}" if most.where else ""
    said = (
        f"What would decide {'all' if len(sized) == len(block) else f'{len(sized)} of {len(block)}'}: "
        f"about {count(most.power['size_needed'])} samples{whose} on each side (now {count(most.power['size_now'])})"
    )
    return f"{said}; {near} more {'lies' if near == 1 else 'lie'} too near the limit." if near else f"{said}."
