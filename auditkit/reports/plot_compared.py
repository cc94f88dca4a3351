"""A comparison drawn: two of its audits against each other, or one score of all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from auditkit.errors import UnknownNameError
from auditkit.reports.plot_rows import (
    ABSENT,
    HUNDREDTHS,
    MOST,
    PlotRow,
    axes_for,
    legend,
    paint_rows,
    scale_of,
    short_title,
    tell,
    why_not,
)
from auditkit.reports.scores import registered
from auditkit.reports.svg import MUTED
from auditkit.reports.words import BETTER, count, inert, metric_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from auditkit.auditing.comparison import Comparison, Contrast
    from auditkit.results import Estimate

__all__ = ["plot_comparison"]


def plot_comparison(
    comparison: Comparison, ax: Axes | None = None, *, metric: str | None = None, pair: tuple[str, str] | None = None
) -> Axes:
    """Which of two is better on which score; or one score of all.

    Parameters
    ----------
    comparison : Comparison
    ax : Axes, optional
    metric : str, optional
        Draw this score of all that are compared.
    pair : tuple of (str, str), optional
        Two names; by default the first two. Scores between 0 and 1 are drawn, in hundredths.

    Returns
    -------
    Axes

    Raises
    ------
    UnknownNameError
        If there is no such score, or no such name.
    """
    if metric is not None:
        return _one_metric(comparison, ax, metric)
    names = comparison.names[:2] if pair is None else pair
    for name in names:
        if name not in comparison.names:
            raise UnknownNameError.of("name", name, comparison.names, "in this comparison")
    first, second = names
    items = [item for item in comparison.contrasts if set(item.names) == {first, second} and not item.where]
    return _pair(items, ax, first=first, second=second)


def _one_metric(comparison: Comparison, ax: Axes | None, metric: str) -> Axes:
    """One score of all that are compared, in order."""
    known = list(dict.fromkeys(item.metric for item in comparison.contrasts))
    if metric not in known:
        raise UnknownNameError.of("metric", metric, known, "in this comparison")
    items = [item for item in comparison.contrasts if item.metric == metric]
    whole = [item for item in items if not item.where] or items[:1]
    registry = registered(metric)
    factor, unit = scale_of("" if registry is None else registry.unit)
    rows: dict[str, PlotRow] = {}
    for item in whole:
        for name, value, fresh in zip(item.names, item.estimates, item.yardsticks, strict=True):
            rows.setdefault(name, _estimates(name, value, fresh, item.reason).scaled(factor))
    with axes_for(ax, rows=len(rows)) as axes:
        paint_rows(axes, [rows[name] for name in comparison.names if name in rows], value="synthetic", mark="yardstick")
        legend(axes)
        title = ", ".join(filter(None, [metric_title(metric), BETTER.get(whole[0].direction)]))
        return tell(axes, title, xlabel=metric_title(metric) + (f", {unit}" if unit else ""))


def _pair(items: Sequence[Contrast], ax: Axes | None, *, first: str, second: str) -> Axes:
    """Differences of two, turned so that right is better for the second."""
    drawn = [item for item in items if item.direction != "none" and _is_between(item.metric)]
    with axes_for(ax, rows=min(len(drawn), MOST)) as axes:
        paint_rows(axes, [_turned(item, second) for item in drawn[:MOST]], value="difference")
        axes.axvline(0.0, color=MUTED, lw=1.2, ls="--", label="alike", zorder=1)
        legend(axes)
        left = len(items) - min(len(drawn), MOST)
        rest = f"{count(left, 'other score')}: comparison.frame" if left else ""
        words = f"better: {_short(first)}  \u2190  difference, hundredths  \u2192  better: {_short(second)}"
        return tell(axes, f"{_short(first)} and {_short(second)}", xlabel=words, below=rest)


def _turned(item: Contrast, second: str) -> PlotRow:
    name, found = short_title(item.metric), item.difference
    if found is None:
        return PlotRow(name, note=f"not compared: {item.reason}")
    sign = HUNDREDTHS if item.names[1] == second else -HUNDREDTHS
    # A distance from what is right is better when it is smaller, as are scores of which lower is better.
    turned = sign if item.direction == "higher" else -sign
    return PlotRow(name, (found.value, found.low, found.high), note=_short(item.outcome)).scaled(turned)


def _estimates(name: str, value: Estimate | None, fresh: Estimate | None, reason: str) -> PlotRow:
    if value is None:
        return PlotRow(name, note=why_not(reason))
    beside = ABSENT if fresh is None else (fresh.value, fresh.low, fresh.high)
    return PlotRow(name, (value.value, value.low, value.high), beside)


def _is_between(metric: str) -> bool:
    """Whether a metric lies between 0 (or -1) and 1."""
    known = registered(metric)
    return known is not None and known.bounds[0] in (0.0, -1.0) and known.bounds[1] == 1.0


def _short(name: str) -> str:
    return inert(name, limit=30)
