"""First halves of the sentences about columns of tables, pairs of them, and units of several rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from auditkit.gates.digits import PLAIN, at_equal_sizes
from auditkit.gates.outcome import GateResult
from auditkit.results import Scores

__all__ = ["TABLE_LEADS", "lost_pairs"]

_NAMED_PAIRS = 3


def _shape(result: GateResult) -> str:
    return _column(result, "is like the real column to")


def _missing_cells(result: GateResult) -> str:
    return _column(result, "is like the real column in how often cells are missing to")


def _column(result: GateResult, says: str) -> str:
    name = result.where.get("column")
    if name is None:
        return f"columns are like the real ones to {_beside(result)} in the mean"
    if result.worst_of > 1:
        return f"of {result.worst_of} columns {name} compares worst: it {says} {_beside(result)}"
    return f"column {name} {says} {_beside(result)}"


def _relation(result: GateResult) -> str:
    return _pairs(result, "hang together like the real ones to")


def _strength(result: GateResult) -> str:
    return _pairs(result, "hang together as strongly as the real ones to")


def _pairs(result: GateResult, says: str) -> str:
    pair = result.where.get("pair")
    if pair is None:
        return f"pairs of columns {says} {_beside(result)} in the mean"
    if result.worst_of > 1:
        return f"of {result.worst_of} pairs of columns {pair} compare worst: they {says} {_beside(result)}"
    return f"columns {pair} {says} {_beside(result)}"


def _left(result: GateResult) -> str:
    return f"of what the real columns say of each other there is left {_beside(result, 'all of it')}"


def _units(result: GateResult) -> str:
    return f"rows of one unit belong together like real ones to {_beside(result)}"


def _next_rows(result: GateResult) -> str:
    if "column" not in result.where:
        return f"columns go on from a row to the next one like the real ones to {_beside(result)} in the mean"
    return _column(result, "goes on from a row to the next one like the real column to")


def _steps(result: GateResult) -> str:
    if "column" not in result.where:
        return f"numbers change from a row to the next one like the real ones to {_beside(result)} in the mean"
    return _column(result, "changes from a row to the next one like the real column to")


def _lengths(result: GateResult) -> str:
    return f"units are like the real ones in their number of rows to {_beside(result)}"


def _beside(result: GateResult, full: str = "equal") -> str:
    """The likeness and that of fresh real records; a reader meets the scale in it."""
    text = f"{PLAIN.show(result.value or 0.0)} where 1 is {full}"
    if result.yardstick is None:
        return text
    fresh = f"fresh real records: {PLAIN.show(result.yardstick)}"
    equal = at_equal_sizes(result.value, result.compared, PLAIN)
    if equal:
        fresh = f"{equal}, {fresh}"
    return f"{text} ({fresh})"


def lost_pairs(scores: Scores) -> list[tuple[str, float]]:
    """Pairs of columns that have lost most of what they say of each other, beyond chance, and how much of a strength.

    Parameters
    ----------
    scores : Scores

    Returns
    -------
    list of (pair, excess), the largest first
    """
    found = [
        (item.where["pair"], item.excess.value)
        for item in scores
        if item.metric == "association_similarity" and "pair" in item.where
        if item.excess is not None and (item.excess.low or 0.0) > 0
    ]
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:_NAMED_PAIRS]


TABLE_LEADS: Mapping[str, Callable[[GateResult], str]] = MappingProxyType(
    {
        "ks_complement": _shape,
        "tv_complement": _shape,
        "missing_value_similarity": _missing_cells,
        "contingency_similarity": _relation,
        "correlation_similarity": _relation,
        "association_similarity": _strength,
        "association_retention": _left,
        "coherence": _units,
        "transition_similarity": _next_rows,
        "step_similarity": _steps,
        "sequence_length_similarity": _lengths,
    }
)
"""By metric."""
