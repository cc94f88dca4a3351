"""The history as a picture: a panel per metric, intervals as bars, the baseline as a line. Same scores, same bytes."""

from __future__ import annotations

import io
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from auditkit.errors import DataError
from auditkit.reports.history import History, Moment
from auditkit.reports.svg import INK, MUTED, REAL, SYNTHETIC, own_style
from auditkit.reports.words import BETTER, inert
from auditkit.store import write_bytes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_history"]

_SUFFIXES = (".svg", ".png")
_WIDTH, _HEIGHT = 7.2, 2.1
_MOST_LABELS = 12


def plot_history(found: History, path: str | PathLike[str]) -> Path:
    """Draw a history, and return the picture's path.

    Parameters
    ----------
    found : History
    path : path
        A `.svg` or `.png` file.

    Raises
    ------
    DataError
        If it is another kind of file, or cannot be written.
    """
    place = Path(path)
    if place.suffix.lower() not in _SUFFIXES:
        raise DataError(f"a history is drawn as .svg or .png, got {place.name!r}: name the file so.")
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - heavy, only where something is drawn
    from matplotlib.backends.backend_svg import FigureCanvasSVG  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    names, stream = found.metrics, io.BytesIO()
    with own_style():
        figure = Figure(figsize=(_WIDTH, 0.5 + _HEIGHT * len(names)), layout="constrained", facecolor="white")
        panels = figure.subplots(len(names), 1, squeeze=False, sharex=True)[:, 0]
        dates = [past.made for past in found.audits]
        folders = [past.folder for past in found.audits]
        for axes, name in zip(panels, names, strict=True):
            _panel(axes, found, name, folders)
        _label(panels[-1], dates, folders)
        if place.suffix.lower() == ".svg":
            FigureCanvasSVG(figure).print_svg(stream, metadata={"Date": None})  # type: ignore[no-untyped-call]
        else:
            FigureCanvasAgg(figure).print_png(stream, metadata={"Software": None})  # type: ignore[no-untyped-call]
    write_bytes(place, stream.getvalue())
    return place


def _panel(axes: Axes, found: History, name: str, folders: list[str]) -> None:
    items = [item for item in found.of(name) if item.estimate is not None]
    said = BETTER.get(found.of(name)[-1].direction)
    axes.set_title(inert(f"{name}, {said}" if said else name), loc="left", fontsize=10.5)
    axes.set_xlim(-0.5, len(folders) - 0.5)
    axes.grid(axis="y")
    baseline = found.baseline.get(name)
    if baseline is not None:
        axes.axhline(baseline.value, color=REAL, lw=1.2, ls="--", label="baseline")
        if baseline.low is not None and baseline.high is not None:
            axes.axhspan(baseline.low, baseline.high, color=REAL, alpha=0.08, lw=0)
    fresh = [(folders.index(item.folder), item.fresh) for item in items if item.fresh is not None]
    if fresh:
        axes.plot(*zip(*fresh, strict=True), "_", color=INK, ms=12, label="yardstick")
    alike = [item for item in items if not item.unlike]
    points = [(folders.index(item.folder), item.estimate.value) for item in alike if item.estimate is not None]
    if points:
        axes.plot(*zip(*points, strict=True), "o-", color=SYNTHETIC, lw=1, ms=5, label="synthetic")
    for item in items:
        _bar(axes, item, folders.index(item.folder))
    if len(alike) < len(items):
        axes.plot([], [], "o", color=MUTED, mfc="white", ms=5, label="not comparable")
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles, labels, loc="upper left", bbox_to_anchor=(1.0, 1.05), fontsize=8.5)


def _bar(axes: Axes, item: Moment, at: int) -> None:
    """The interval, and a hollow point for what cannot be compared with the newest."""
    estimate = item.estimate
    if estimate is None:
        return
    colour = MUTED if item.unlike else SYNTHETIC
    if estimate.low is not None and estimate.high is not None:
        axes.plot([at, at], [estimate.low, estimate.high], "-", color=colour, lw=1.6, alpha=0.6)
    if item.unlike:
        axes.plot([at], [estimate.value], "o", color=colour, mfc="white", ms=5)


def _label(axes: Axes, dates: list[str], folders: list[str]) -> None:
    step = max(1, -(-len(dates) // _MOST_LABELS))
    shown = range(0, len(dates), step)
    words = [f"{dates[at][:10]}\n{inert(Path(folders[at]).name, limit=14)}" for at in shown]
    axes.set_xticks(list(shown), words, fontsize=8.5)
