"""First halves of the sentences about series."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from auditkit.gates.digits import PLAIN
from auditkit.gates.outcome import GateResult

__all__ = ["SERIES_LEADS", "SERIES_SHORTFALLS", "of_part"]

_DEAD = 0.75
"""Of the volatility of fresh real series: what moves less was smoothed."""


def _volatility(result: GateResult) -> str:
    return _moved(result, "move", "as far from step to step")


def _roughness(result: GateResult) -> str:
    return _moved(result, "change their course", "as much from step to step")


def _moved(result: GateResult, does: str, how: str) -> str:
    value = result.value or 0.0
    fresh = 1.0 if result.yardstick is None else result.yardstick
    told = "rougher than the real ones" if value > fresh else "smoother than the real ones"
    if value < _DEAD * fresh:
        told = "over-smoothed, with dead volatility"
    return (
        f"synthetic series{of_part(result)} {does} {PLAIN.show(value)} times {how} as real ones"
        f"{_fresh(result)}: they are {told}"
    )


def _alike(what: str) -> Callable[[GateResult], str]:
    def told(result: GateResult) -> str:
        return (
            f"synthetic series{of_part(result)} are like real ones in their {what} to "
            f"{PLAIN.show(result.value or 0.0)} where 1 is equal{_fresh(result)}"
        )

    return told


def of_part(result: GateResult) -> str:
    """Whose samples are meant, as `" of sex female"`; empty for the whole set."""
    return f" of {', '.join(f'{name} {level}' for name, level in result.where.items())}" if result.where else ""


def _fresh(result: GateResult) -> str:
    return "" if result.yardstick is None else f" (fresh real series: {PLAIN.show(result.yardstick)})"


SERIES_LEADS: Mapping[str, Callable[[GateResult], str]] = MappingProxyType(
    {
        "volatility_ratio": _volatility,
        "roughness_ratio": _roughness,
        "spectrum_similarity": _alike("balance of slow and quick movement"),
        "autocorrelation_similarity": _alike("memory"),
        "channel_correlation_similarity": _alike("correlations of channels"),
        "series_length_similarity": _alike("length"),
    }
)
"""By metric."""

SERIES_SHORTFALLS = frozenset(
    {
        "spectrum_similarity",
        "autocorrelation_similarity",
        "channel_correlation_similarity",
        "series_length_similarity",
    }
)
"""Of which less is worse."""
