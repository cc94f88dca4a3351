"""Comparisons of one gate told as one: the undecided by the widest, the passed by the one nearest to the limit."""

from __future__ import annotations

from collections.abc import Sequence

from auditkit.gates.digits import count
from auditkit.gates.outcome import GateResult

__all__ = ["block_name", "spokesman", "what_decides", "within_gates"]

_NAMED = 8
_TOGETHER = ("undecided", "pass")


def within_gates(results: Sequence[GateResult]) -> list[list[GateResult]]:
    """Results one by one, but the undecided ones of a gate together, and the passed ones, where the first stands."""
    blocks: list[list[GateResult]] = []
    found: dict[tuple[str, ...], list[GateResult]] = {}
    for item in results:
        key = (item.gate, item.level, item.verdict, item.limit_kind, str(item.awaits_baseline))
        if item.verdict in _TOGETHER and key in found:
            found[key].append(item)
            continue
        blocks.append([item])
        found[key] = blocks[-1]
    return blocks


def spokesman(block: Sequence[GateResult]) -> GateResult:
    """The comparison that stands for all: the widest undecided one, or the passed one that is nearest to the limit."""
    return max(block, key=_slack if block[0].verdict == "pass" else _width)


def block_name(block: Sequence[GateResult]) -> str:
    """`"label-rates: 14 comparisons, the widest [sex=f]"`; the name of the result where there is one only."""
    if len(block) == 1:
        return block[0].name
    which = "the nearest to its limit" if block[0].verdict == "pass" else "the widest"
    return f"{block[0].gate}: {len(block)} comparisons, {which} [{spokesman(block).part}]"


def _width(item: GateResult) -> float:
    return 0.0 if item.judged is None else item.judged[1] - item.judged[0]


def _slack(item: GateResult) -> float:
    """How far the value is beyond the limit, negative within."""
    value = item.judged_value
    if value is None or item.limit is None:
        return float("-inf")
    return item.limit - value if item.limit_kind == "min" else value - item.limit


def what_decides(block: Sequence[GateResult]) -> tuple[str, str]:
    """The other comparisons by name, and how much data would decide; the second is empty where that is not known."""
    first = spokesman(block)
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
    whose = f"for {most.part}, " if most.where else ""
    said = (
        f"What would decide {'all' if len(sized) == len(block) else f'{len(sized)} of {len(block)}'}: about "
        f"{count(most.power['size_needed'])} samples on each side ({whose}now {count(most.power['size_now'])})"
    )
    return f"{said}; {near} more {'lies' if near == 1 else 'lie'} too near the limit." if near else f"{said}."
