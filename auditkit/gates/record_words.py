"""First halves of the sentences about records that cannot be, and about words of training records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from auditkit.gates.digits import PERCENT, POINTS, at_equal_sizes, percent
from auditkit.gates.outcome import GateResult

__all__ = ["RECORD_LEADS"]


def _possible(result: GateResult, details: Mapping[str, object]) -> str:
    part = f" in {result.part}" if result.where else ""
    equal = at_equal_sizes(result.value, result.compared, PERCENT)
    before = f"{equal}, " if equal else ""
    fresh = "" if result.yardstick is None else f" ({before}fresh real records: {percent(result.yardstick)})"
    return f"{percent(result.value or 0.0)} of the synthetic records{part} are possible{fresh}{_most(details)}"


def _most(details: Mapping[str, object]) -> str:
    """What most of the others break."""
    share = details.get("commonest_share")
    said = f", of the others most break this: {details.get('commonest')}"
    return f"{said} ({percent(share)})" if isinstance(share, float) else ""


def _leaks(result: GateResult, details: Mapping[str, object]) -> str:
    share, column, step = details.get("leaked_share"), details.get("column"), result.value or 0.0
    apart = f"{POINTS.show(abs(step))}{POINTS.suffix}"
    if not isinstance(share, int | float) or not isinstance(column, str):
        return f"the share of synthetic records with words of few training records is {apart} from what chance explains"
    part = f" ({details['part']} in it)" if "part" in details else ""
    return (
        f"{percent(float(share))} of the synthetic records hold words of few training records in column {column}"
        f"{part}, {apart} {'fewer' if step < 0 else 'more'} "
        "than real records that the generator never saw would explain"
    )


RECORD_LEADS: Mapping[str, Callable[[GateResult, Mapping[str, object]], str]] = MappingProxyType(
    {"validity": _possible, "verbatim_leak_share": _leaks}
)
"""By metric."""
