"""Bullet bars: where a value, its interval, its limit, its yardstick and its baseline lie on one short axis."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from auditkit.reports.judgement import GateRow
from auditkit.reports.scores import ScoreRow
from auditkit.reports.words import number, signed

__all__ = ["WIDTH", "Bar", "Span", "gate_bar", "score_bar", "shared_bars"]

WIDTH = 180.0
EDGE = 8.0


@dataclass(frozen=True)
class Bar:
    """Places on an axis of `WIDTH` units, None for what is absent; `zone` is the side that fails."""

    value: float | None
    low: float | None
    high: float | None
    limit: float | None
    yardstick: float | None
    zone: tuple[float, float] | None
    label: str
    baseline: float | None = None


@dataclass(frozen=True)
class Span:
    """A value with its interval and what stands beside it, to be drawn on one axis with others."""

    value: float | None
    low: float | None
    high: float | None
    mark: float | None
    label: str


def gate_bar(row: GateRow) -> Bar | None:
    """Bar of a gate on what it judges: the excess over the yardstick or the baseline (0), or the value itself."""
    if row.limit is None:
        return None
    if row.on_difference:
        value, low, high = row.excess, row.excess_low, row.excess_high
        mark, baseline = (None, 0.0) if row.limit_words else (0.0, row.baseline_excess)
        what, beside = (row.limit_words, "baseline") if row.limit_words else ("worse by", "yardstick")
        said = f"{what} {signed(value, unit=row.unit)}, limit {signed(row.limit, unit=row.unit)}, {beside} at 0"
        if mark is not None and baseline is not None:
            said += f", baseline {signed(baseline, unit=row.unit)}"
    else:
        value, low, high, mark, baseline = row.value, row.low, row.high, row.yardstick, row.baseline
        said = f"value {number(value, unit=row.unit)}, limit {number(row.limit, unit=row.unit)}"
        said += _since(baseline, row.unit)
    if value is None:
        return None
    above = row.limit_kind != "min"
    return _bar(value, low, high, limit=row.limit, mark=mark, baseline=baseline, fails_above=above, label=said)


def score_bar(row: ScoreRow) -> Bar | None:
    """Bar of a score beside its yardstick, at equal sizes, without a limit."""
    mark = row.yardstick if row.yardstick is not None else row.chance
    if row.value is None or mark is None:
        return None
    value = row.value if row.equal is None else row.equal
    low, high = (None if limit is None else limit + value - row.value for limit in (row.low, row.high))
    said = f"value {number(value, unit=row.unit)}, yardstick {number(mark, unit=row.unit)}"
    said += _since(row.baseline, row.unit)
    return _bar(value, low, high, limit=None, mark=mark, baseline=row.baseline, label=said)


def shared_bars(spans: Sequence[Span]) -> list[Bar | None]:
    """Bars on one axis, so that they can be compared by eye; None for what has no value.

    Parameters
    ----------
    spans : sequence of Span

    Returns
    -------
    list of (Bar or None)
    """
    shown = [item for span in spans for item in (span.value, span.low, span.high, span.mark)]
    axis = _axis(shown)
    return [
        None
        if span.value is None
        else _bar(span.value, span.low, span.high, limit=None, mark=span.mark, label=span.label, axis=axis)
        for span in spans
    ]


def _bar(
    value: float,
    low: float | None,
    high: float | None,
    *,
    limit: float | None,
    mark: float | None,
    label: str,
    baseline: float | None = None,
    fails_above: bool = True,
    axis: tuple[float, float] | None = None,
) -> Bar:
    left, right = axis or _axis((value, low, high, limit, mark, baseline))

    def place(item: float | None) -> float | None:
        if item is None or not math.isfinite(item):
            return None
        return round(EDGE + (WIDTH - 2 * EDGE) * (item - left) / (right - left), 1)

    at = place(limit)
    zone = None if at is None else ((at, WIDTH - at) if fails_above else (0.0, at))
    return Bar(place(value), place(low), place(high), at, place(mark), zone, label, place(baseline))


def _since(baseline: float | None, unit: str) -> str:
    return "" if baseline is None else f", baseline {number(baseline, unit=unit)}"


def _axis(places: Iterable[float | None]) -> tuple[float, float]:
    """Ends of an axis that holds all places, with some room beyond them."""
    shown = [item for item in places if item is not None and math.isfinite(item)] or [0.0]
    left, right = min(shown), max(shown)
    span = right - left or abs(left) or 1.0
    return left - 0.06 * span, right + 0.06 * span
