"""Rows of dots with whiskers on matplotlib axes: what every plot of a result is made of.

A figure that is made here belongs to nobody: pyplot is not imported and knows nothing of it, and the user's settings
are left as they are. Names from data are never read as formulas.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from auditkit.reports.scores import registered
from auditkit.reports.svg import GRID, INK, MUTED, REAL, SYNTHETIC, own_style
from auditkit.reports.words import SHARE_UNITS, inert, metric_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

    from auditkit.gates.outcome import Verdict

__all__ = [
    "ABSENT",
    "HUNDREDTHS",
    "MOST",
    "Limits",
    "PlotRow",
    "axes_for",
    "label_rows",
    "legend",
    "paint_rows",
    "scale_of",
    "short_title",
    "tell",
    "units_of",
    "why_not",
]

MOST = 40
HUNDREDTHS = 100.0

WIDTH = 8.8
ROW = 0.29
AROUND = 1.45
_NAME = 46
_REASON = 90
_TITLE = 80
_LITERAL: Any = {"text.parse_math": False, "text.usetex": False}


Limits: TypeAlias = tuple[float | None, float | None, float | None]
"""A value with the ends of its interval."""
ABSENT: Limits = (None, None, None)


@dataclass(frozen=True)
class PlotRow:
    """One line of a plot: a value with its interval, what stands beside it, and words at its end.

    Without a value the words stand in its place, and say why.
    """

    name: str
    value: Limits = ABSENT
    mark: Limits = ABSENT
    note: str = ""

    def scaled(self, factor: float) -> PlotRow:
        """The same in another unit; a negative factor turns intervals round."""
        return replace(self, value=_scaled(self.value, factor), mark=_scaled(self.mark, factor))


@contextmanager
def axes_for(ax: Axes | None, *, rows: int) -> Iterator[Axes]:
    """The axes to draw on: those given, else new ones in a figure of their own, high enough for the rows."""
    import matplotlib as mpl  # noqa: PLC0415 - heavy, only where something is drawn
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415

    from auditkit.reports.quiet_figure import QuietFigure  # noqa: PLC0415

    if ax is not None:
        with mpl.rc_context(_LITERAL):
            yield ax
        return
    with own_style():
        figure = QuietFigure(figsize=(WIDTH, AROUND + ROW * max(rows, 1)), layout="constrained", facecolor="white")
        FigureCanvasAgg(figure)
        yield figure.subplots()


def paint_rows(ax: Axes, rows: Sequence[PlotRow], *, value: str, mark: str = "") -> None:
    """Draw rows from top to bottom: dots with whiskers, diamonds for what stands beside them, words for what is absent.

    Parameters
    ----------
    ax : Axes
    rows : sequence of PlotRow
    value, mark : str
        What the legend calls dots and diamonds.
    """
    places = [len(rows) - 1 - at for at in range(len(rows))]
    aside = 0.16 if any(row.mark[1] is not None for row in rows) else 0.0
    for place, row in zip(places, rows, strict=True):
        _whisker(ax, place - aside, row.mark, colour=REAL, sign="D", label=mark)
        _whisker(ax, place + aside, row.value, colour=SYNTHETIC, sign="o", label=value)
    label_rows(ax, [row.name for row in rows])
    _notes(ax, places, rows)


def label_rows(ax: Axes, names: Sequence[str]) -> None:
    """Names of rows from top to bottom, on the vertical axis."""
    ax.set_yticks([len(names) - 1 - at for at in range(len(names))], [inert(name, limit=_NAME) for name in names])
    _literal(ax.get_yticklabels())
    ax.set_ylim(-0.6, max(len(names), 1) - 0.4)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x", color=GRID, linewidth=0.8)
    ax.set_axisbelow(True)
    ax.locator_params(axis="x", nbins=6)


def tell(ax: Axes, title: str, *, xlabel: str = "", below: str = "") -> Axes:
    """Title, name of the axis, and what was left out; returns the axes."""
    above = 26 if ax.get_legend() is not None else 8
    title_text = ax.set_title(inert(title, limit=_TITLE), loc="left", pad=above, fontsize=11.5)
    words = ax.set_xlabel("\n".join(filter(None, [inert(xlabel), inert(below)])), loc="left")
    _literal([title_text, words])
    return ax


def legend(ax: Axes) -> None:
    """Legend of what is drawn, each sign once, between the rows and the title."""
    handles, labels = ax.get_legend_handles_labels()
    found = dict(zip(labels, handles, strict=True))
    if found:
        ax.legend(
            list(found.values()),
            list(found),
            loc="lower left",
            bbox_to_anchor=(0.0, 1.0),
            ncols=len(found),
            frameon=False,
            borderpad=0.2,
            borderaxespad=0.2,
            fontsize=9,
            handletextpad=0.5,
            columnspacing=1.4,
        )


def _literal(texts: Iterable[Text]) -> None:
    """Keep texts that were there before from being read as formulas."""
    for text in texts:
        text.set_parse_math(False)
        text.set_usetex(False)


def scale_of(unit: str) -> tuple[float, str]:
    """What values are multiplied by to be drawn, and what they are in then."""
    return (HUNDREDTHS, "%") if unit in SHARE_UNITS else (1.0, unit)


def units_of(verdict: Verdict) -> dict[str, str]:
    """Units that metrics are registered with, for results that do not say theirs."""
    known = {item.metric: registered(item.metric) for item in verdict.results}
    return {name: found.unit for name, found in known.items() if found is not None}


def short_title(metric: str) -> str:
    """Title of a metric without what stands in brackets."""
    return metric_title(metric).partition(" (")[0]


def why_not(reason: str) -> str:
    """What stands in the place of a value."""
    return f"not measured: {reason}" if reason else "not measured"


def _whisker(ax: Axes, place: float, limits: Limits, *, colour: str, sign: str, label: str) -> None:
    value, low, high = limits
    if value is None:
        return
    if low is not None and high is not None:
        ax.plot([low, high], [place, place], "-", color=colour, lw=1.8, solid_capstyle="butt")
    face = "white" if sign == "D" else colour
    ax.plot([value], [place], sign, color=colour, mfc=face, mew=1.6, ms=6, label=label or f"_{sign}")


def _notes(ax: Axes, places: Sequence[int], rows: Sequence[PlotRow]) -> None:
    """Words at the right end of each row; where there is no value they say why."""
    across = ax.get_yaxis_transform()
    for place, row in zip(places, rows, strict=True):
        if row.value[0] is None:
            said = inert(row.note or "not measured", limit=_REASON)
            ax.text(0.01, place, said, transform=across, va="center", color=MUTED, fontsize=9, style="italic")
        elif row.note:
            ax.text(1.01, place, inert(row.note), transform=across, va="center", color=INK, fontsize=9)


def _scaled(limits: Limits, factor: float) -> Limits:
    value, *ends = (None if item is None else factor * item + 0.0 for item in limits)
    low, high = ends if factor >= 0 else reversed(ends)
    return value, low, high
