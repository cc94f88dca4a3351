"""The map of the features: real units as a blue density or dots, synthetic dots over it, the holdout outlined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditkit.reports.svg import GRID, INK, REAL, SYNTHETIC, Drawing, draw
from auditkit.reports.words import count, inert

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from auditkit.exhibits import Exhibit

__all__ = ["map_drawing"]

SIZE = (5.6, 4.3)
MOST_DOTS = 2000
"""More dots than these are a picture inside the drawing."""

_SCALE = 1000.0
_MASSES = (0.95, 0.75, 0.5, 0.25)
_OUTLINE = 0.9
_FINE = 4
_SPREAD = 0.45
"""Standard deviation of the smoothing, in cells."""

Numbers = NDArray[np.float64]


def map_drawing(exhibit: Exhibit, name: str) -> Drawing | None:
    """Drawing of an exhibit of kind `"projection"`; None where it holds no points.

    Parameters
    ----------
    exhibit : Exhibit
    name : str
        Prefix of the drawing's identifiers, unique on its page.

    Returns
    -------
    Drawing or None
    """
    data = exhibit.data
    if "n" not in data:
        return None  # an older form
    synthetic, real = _points(data.get("synthetic")), _points(data.get("real"))
    shares = _grid(data.get("real_cells"))
    if not len(synthetic) and not len(real) and shares is None:
        return None
    title = inert(exhibit.title or "Map of the features")

    def paint(figure: Figure) -> None:
        _paint(figure, data, synthetic, real, shares)

    description = _words(data, n_drawn=len(synthetic), shows_real=bool(len(real)))
    return Drawing(draw(paint, name=name, size=SIZE, title=title, description=description), title, description)


def _paint(figure: Figure, data: Mapping[str, Any], synthetic: Numbers, real: Numbers, shares: Numbers | None) -> None:
    axes = figure.subplots()
    holdout = _points(data.get("holdout"))
    as_picture = len(synthetic) + len(real) + len(holdout) > MOST_DOTS
    known: list[tuple[Artist, str]] = []
    if shares is not None:
        known.append((_density(axes, shares), "Real, many where dark"))
    if len(real):
        known.append((_dots(axes, real, REAL, 0.55, as_picture=as_picture), "Real"))
    if len(synthetic):
        known.append((_dots(axes, synthetic, SYNTHETIC, 0.75, as_picture=as_picture), "Synthetic"))
    outline = _grid(data.get("holdout_cells"))
    if outline is not None:
        known.append((_outline(axes, outline), "Nine in ten of holdout"))
    if len(holdout):
        known.append((_rings(axes, holdout, as_picture=as_picture), "Holdout"))
    axes.set_xlim(0, _SCALE)
    axes.set_ylim(0, _SCALE)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_xlabel("First direction")
    axes.set_ylabel("Second direction")
    axes.spines[:].set_visible(True)
    axes.spines[:].set_color(GRID)
    handles, labels = [item for item, _ in known], [word for _, word in known]
    figure.legend(handles, labels, loc="outside upper left", ncols=3, borderpad=0, fontsize=9.5, columnspacing=1.4)


def _density(axes: Axes, shares: Numbers) -> Artist:
    """Nested areas with a quarter, half, three quarters and nearly all of the real units that are told."""
    from matplotlib.patches import Patch  # noqa: PLC0415 - heavy, only when a page is drawn

    x, y, fine = _smooth(shares)
    levels = sorted({_level(fine, mass) for mass in _MASSES})
    for level in levels:
        axes.contourf(x, y, fine, levels=[level, np.inf], colors=[REAL], alpha=0.2)
    return Patch(facecolor=REAL, alpha=0.55)


def _outline(axes: Axes, shares: Numbers) -> Artist:
    from matplotlib.lines import Line2D  # noqa: PLC0415 - as above

    x, y, fine = _smooth(shares)
    axes.contour(x, y, fine, levels=[_level(fine, _OUTLINE)], colors=[INK], linewidths=1.3, linestyles="--")
    return Line2D([], [], color=INK, lw=1.3, ls="--")


def _dots(axes: Axes, points: Numbers, colour: str, alpha: float, *, as_picture: bool) -> Artist:
    """Dots as one path of points with round ends, which is a tenth of the bytes of a mark for each."""
    from matplotlib.lines import Line2D  # noqa: PLC0415 - as above
    from matplotlib.patches import PathPatch  # noqa: PLC0415
    from matplotlib.path import Path  # noqa: PLC0415

    twice = np.repeat(points, 2, axis=0)
    twice[1::2, 0] += 0.01
    path = Path(twice, np.tile([Path.MOVETO, Path.LINETO], len(points)))
    path.should_simplify = False
    patch = PathPatch(path, facecolor="none", edgecolor=colour, alpha=alpha, lw=3.2, capstyle="round")
    patch.set_rasterized(as_picture)
    axes.add_patch(patch)
    return Line2D([], [], ls="", marker="o", ms=5, mew=0, color=colour, alpha=0.9)


def _rings(axes: Axes, points: Numbers, *, as_picture: bool) -> Artist:
    style: dict[str, Any] = {"facecolors": "none", "edgecolors": INK, "linewidths": 0.7, "rasterized": as_picture}
    return axes.scatter(points[:, 0], points[:, 1], s=14, **style)


def _smooth(shares: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Shares of cells as a smooth surface that is 0 outside the map."""
    cells = np.pad(shares, 2)
    size = len(shares)
    middles = (np.arange(-2, size + 2) + 0.5) / size * _SCALE
    fine = np.linspace(middles[0], middles[-1], (size + 3) * _FINE + 1)
    spread = _SPREAD / size * _SCALE
    weights = np.exp(-0.5 * ((fine[:, None] - middles) / max(spread, 1e-9)) ** 2)
    weights /= weights.sum(axis=1, keepdims=True)
    return fine, fine, weights @ cells @ weights.T


def _level(surface: Numbers, mass: float) -> float:
    """Height above which this part of the whole lies."""
    heights = np.sort(surface.ravel())[::-1]
    reached = np.cumsum(heights) >= mass * heights.sum()
    return float(heights[int(reached.argmax())])


def _words(data: Mapping[str, Any], *, n_drawn: int, shows_real: bool) -> str:
    """What the map shows and how to read it."""
    made = data.get("n", {}).get("synthetic")
    drawn = (
        f"{n_drawn:,} of {made:,} synthetic samples" if made and made > n_drawn else count(n_drawn, "synthetic sample")
    )
    told = (
        f"Two directions in which the real features vary most. Dots are {drawn}. Vermillion beyond the blue is what no "
        "real unit looks like; blue without vermillion is what the generator leaves out."
    )
    if not shows_real:
        told += " Real units are counts in cells of five or more, smoothed; no single one is drawn."
    hidden = data.get("n_hidden") or 0
    if not hidden:
        return told
    verb = "is" if hidden == 1 else "are"
    return f"{told} Left out {verb} {count(hidden, 'sample')} that {verb} hidden like real records."


def _points(data: Sequence[Sequence[float]] | None) -> Numbers:
    return np.array(data or [], np.float64).reshape(-1, 2)


def _grid(data: Sequence[Sequence[float]] | None) -> Numbers | None:
    """Shares of cells; None where no cell may be told."""
    shares = np.array(data or [], np.float64)
    return shares if shares.ndim == 2 and shares.any() else None  # noqa: PLR2004 - rows and columns
