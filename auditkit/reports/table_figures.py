"""Charts of tables: small multiples of the columns on one shared axis, and how pairs of columns hang together."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from auditkit.reports.svg import INK, MUTED, REAL, SYNTHETIC, Drawing, draw
from auditkit.reports.words import inert, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import PathPatch as Shape

    from auditkit.exhibits import Exhibit

__all__ = ["associations_drawing", "columns_drawing", "giveaways_drawing"]

WIDTH = 5.6
NARROW = 4.2
"""Inches of drawings with many small words, so that these can still be read at the width of a phone."""
ACROSS = 2
PANELS = 12
_DISTRIBUTIONS = 8
NAME = 18
LEVEL = 13
_EDGES = 3
_DAY = len("2020-01-31")
_UNITS_FROM = 10.0
_LEAST_SCALE = 0.2
_ROWS = 40
_FROM = "from "
_HEAP = "= "
_ROLES = ("real", "synthetic", "holdout")
_WIDE = 0.43
"""Half the width of a bar, in cells."""
_NUMBERS_TALL, _LEVELS_TALL = 1.2, 1.95
Matrix = list[list[float]]


def columns_drawing(exhibit: Exhibit, name: str) -> Drawing | None:
    """Shares of the bins and levels of each column, all on one axis; the least alike columns first."""
    items = [item for item in exhibit.data.get("items", ()) if item.get("bins")][:_DISTRIBUTIONS]
    if not items:
        return None
    told_shares = (share for item in items for role in _ROLES for share in item.get(role, ()) if share is not None)
    top = 105.0 * max(told_shares, default=1.0) or 1.0
    title = inert(exhibit.title)
    left = int(exhibit.data.get("n_columns", len(items))) - len(items)
    description = (
        "Each panel is a column, from its lowest to its highest values, some of which are named where they begin; a "
        "value that a tenth of the rows or more have stands before them with a bar of its own, as “=0”. Or it shows "
        "its levels with the commonest first; missing cells come last. All panels share one axis. Cells of fewer than "
        "five real rows are not shown." + (f" {left} further columns are more alike." if left else "")
    )
    told = [row for item in items for row in _told(item)]
    halves = [items] if len(items) <= ACROSS else [items[: _half(items)], items[_half(items) :]]
    heights = [
        _height([item for line in lines for item in line]) for lines in zip_longest(*map(_lines, halves), fillvalue=())
    ]
    svg = "".join(
        _columns_svg(
            half,
            (top, heights[: len(_lines(half))]),
            name=f"{name}{'ab'[at]}",
            title=title,
            description=_also(description, at),
        )
        for at, half in enumerate(halves)
    )
    header = ("Column", "Cell", "Real", "Synthetic")
    return Drawing(svg, title, description, header, tuple(told[:_ROWS]), wide=len(halves) > 1)


def _also(description: str, at: int) -> str:
    """What a drawing is said to show; the second of two needs not say it again."""
    return "The other half of the drawing before." if at else description


def _half(items: Sequence[Any]) -> int:
    """Items in the left half of two that hold whole lines."""
    return -(-len(items) // (2 * ACROSS)) * ACROSS


def _height(items: Sequence[Mapping[str, Any]]) -> float:
    """Inches of a line of panels: names of levels stand upright below theirs."""
    return _NUMBERS_TALL if all(_ordered(item) for item in items) else _LEVELS_TALL


def _columns_svg(
    items: Sequence[Mapping[str, Any]],
    scale: tuple[float, Sequence[float]],
    *,
    name: str,
    title: str,
    description: str,
) -> str:
    top, heights = scale

    def paint(figure: Figure) -> None:
        panels = figure.subplots(len(heights), ACROSS, sharey=True, squeeze=False, height_ratios=heights)
        for place, axes in enumerate(panels.ravel()):
            if place < len(items):
                _panel(axes, items[place])
            else:
                axes.set_axis_off()
        panels[0, 0].set_ylim(0, top)
        for line in panels:
            line[0].set_ylabel("Share, %", fontsize=8.5)
        handles, labels = panels[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper left", ncols=3, borderpad=0, fontsize=8.5)

    return draw(paint, name=name, size=(NARROW, 0.5 + sum(heights)), title=title, description=description)


def _panel(axes: Axes, item: Mapping[str, Any]) -> None:
    places = range(len(item["bins"]))
    axes.add_patch(_bars(_percent(item["synthetic"])))
    axes.step(
        [-0.5, *(place + 0.5 for place in places)],
        [_percent(item["real"])[0], *_percent(item["real"])],
        where="pre",
        color=REAL,
        lw=1.6,
        label="Real",
    )
    if "holdout" in item:
        axes.plot(places, _percent(item["holdout"]), "_", color=INK, ms=5, mew=1.0, label="Holdout")
    axes.set_title(inert(item["name"], limit=NAME), loc="left", fontsize=9)
    ticks = _edges(item) if _ordered(item) else _levels(item)
    axes.set_xticks(list(ticks), list(ticks.values()), fontsize=7.5, rotation=0 if _ordered(item) else 90)
    axes.tick_params(axis="y", labelsize=8)
    axes.tick_params(axis="x", length=2 if _ordered(item) else 0, pad=2)
    axes.grid(axis="y")
    axes.set_axisbelow(True)
    axes.set_xlim(-0.7, len(places) - 0.3)


def _bars(heights: Sequence[float]) -> Shape:
    """Bars as one shape, which takes a fraction of the bytes of one for each."""
    from matplotlib.patches import PathPatch  # noqa: PLC0415 - heavy, only when a page is drawn
    from matplotlib.path import Path  # noqa: PLC0415 - as above

    shown = [(place, height) for place, height in enumerate(heights) if height > 0]
    boxes = [((x - _WIDE, 0), (x - _WIDE, y), (x + _WIDE, y), (x + _WIDE, 0), (x - _WIDE, 0)) for x, y in shown]
    codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
    whole = Path([corner for box in boxes for corner in box] or [(0, 0)], codes * len(boxes) or [Path.MOVETO])
    return PathPatch(whole, facecolor=SYNTHETIC, edgecolor="none", alpha=0.75, label="Synthetic")


def _lines(items: Sequence[Mapping[str, Any]]) -> list[Sequence[Mapping[str, Any]]]:
    return [items[start : start + ACROSS] for start in range(0, len(items), ACROSS)]


def _ordered(item: Mapping[str, Any]) -> bool:
    return bool(item.get("kind") != "category")


def _edges(item: Mapping[str, Any]) -> dict[float, str]:
    """Where a few of the bins of numbers or dates begin."""
    begins = [(place - 0.5, cell.removeprefix(_FROM)) for place, cell in enumerate(item["bins"]) if cell[:5] == _FROM]
    step = -(-len(begins) // _EDGES) or 1
    heaps = [(place, cell) for place, cell in enumerate(item["bins"]) if cell.startswith(_HEAP)]
    alone = {float(place): f"={_short(cell.removeprefix(_HEAP))}" for place, cell in heaps}
    return alone | {place: _short(cell) for place, cell in begins[bool(alone) :: step]}


def _short(edge: str) -> str:
    """A number in three digits, or a date's day."""
    try:
        value = float(edge)
    except ValueError:
        return inert(edge[:_DAY])
    for unit, size in (("M", 1e6), ("k", 1e3)):
        if size * _UNITS_FROM <= abs(value) < size * 1e4:
            return f"{value / size:.3g}{unit}"
    return f"{float(f'{value:.3g}'):g}"


def _levels(item: Mapping[str, Any]) -> dict[float, str]:
    """Names of the levels whose shares are shown."""
    known = zip(item["bins"], item["real"], strict=True)
    return {float(place): inert(cell, limit=LEVEL) for place, (cell, real) in enumerate(known) if real is not None}


def _percent(shares: Sequence[float | None]) -> list[float]:
    return [100 * share if share is not None else float("nan") for share in shares]


def _told(item: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """The cells of a column that differ most, in words."""
    cells = zip(item["bins"], item["real"], item["synthetic"], strict=True)
    known = [(cell, real, synthetic) for cell, real, synthetic in cells if real is not None]
    known.sort(key=lambda cell: -abs(cell[1] - cell[2]))
    return [
        (inert(item["name"], limit=40), inert(cell, limit=40), number(real, unit="share"), number(other, unit="share"))
        for cell, real, other in known[:2]
    ]


def associations_drawing(exhibit: Exhibit, name: str) -> Drawing | None:
    """Cramér's V of every pair of columns: real, synthetic, and the difference."""
    names = [inert(column, limit=NAME) for column in exhibit.data.get("columns", ())]
    real, synthetic = (exhibit.data.get(role) for role in ("real", "synthetic"))
    if not names or not real or not synthetic:
        return None
    theirs, ours = _filled(real), _filled(synthetic)
    title = inert(exhibit.title)
    description = (
        "Cramér's V of each pair of columns, 0 where they say nothing about each other and 1 where one settles the "
        "other; numbers are taken in tenths of the real ones. A square and its mirror image are the same pair. Of the "
        "differences orange pairs hang together too much, purple ones too little."
    )
    size = (NARROW, 1.75 + 0.16 * len(names))
    svg = "".join(
        draw(paint, name=f"{name}{'ab'[at]}", size=size, title=title, description=_also(description, at))
        for at, paint in enumerate(_association_panels(names, theirs, ours))
    )
    return Drawing(
        svg, title, description, ("Pair", "Real", "Synthetic"), tuple(_furthest(names, theirs, ours)), wide=True
    )


def _filled(rows: Sequence[Sequence[float | None]]) -> Matrix:
    return [[float("nan") if value is None else float(value) for value in row] for row in rows]


def _association_panels(names: Sequence[str], real: Matrix, synthetic: Matrix) -> tuple[Callable[[Figure], None], ...]:
    """Both sets on either side of a diagonal, and how far they are apart."""
    places, blank = range(len(names)), float("nan")
    both = [[real[i][j] if i > j else synthetic[i][j] for j in places] for i in places]
    step = [[synthetic[i][j] - real[i][j] if i > j else blank for j in places] for i in places]
    furthest = max((abs(value) for row in step for value in row if value == value), default=0.0)  # noqa: PLR0124 - NaN
    bound = max(_LEAST_SCALE, math.ceil(10.0 * furthest) / 10.0)

    def both_sets(figure: Figure) -> None:
        _squares(figure, names, both, "Real below the diagonal, synthetic above", (0.0, 1.0, "Greys"))

    def difference(figure: Figure) -> None:
        _squares(figure, names, step, "Synthetic less real", (-bound, bound, "PuOr_r"))

    return both_sets, difference


def _squares(figure: Figure, names: Sequence[str], matrix: Matrix, title: str, scale: tuple[float, float, str]) -> None:
    axes, places = figure.subplots(), range(len(names))
    image = axes.imshow(matrix, vmin=scale[0], vmax=scale[1], cmap=scale[2], aspect="auto", interpolation="none")
    bar = figure.colorbar(image, ax=axes, location="bottom", shrink=0.8, aspect=30, pad=0.02)
    bar.ax.tick_params(labelsize=8)
    axes.set_title(title, loc="left", fontsize=9)
    axes.set_xticks(places, names, rotation=90, fontsize=8)
    axes.set_yticks(places, names, fontsize=8)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _furthest(names: Sequence[str], real: Sequence[Sequence[float]], synthetic: Sequence[Sequence[float]]) -> Any:
    pairs = [(abs(synthetic[i][j] - real[i][j]), i, j) for i in range(len(names)) for j in range(i)]
    for step, i, j in sorted(pairs, reverse=True)[:10]:
        if step == step:  # noqa: PLR0124 - not NaN
            yield f"{names[j]}, {names[i]}", number(real[i][j]), number(synthetic[i][j])


def giveaways_drawing(exhibit: Exhibit, name: str) -> Drawing | None:
    """What a classifier sees in each column alone, and what it loses without it."""
    items = [item for item in exhibit.data.get("items", ()) if item.get("lost") is not None][:PANELS]
    if not items:
        return None
    places = [len(items) - 1 - at for at in range(len(items))]
    blank = float("nan")

    def paint(figure: Figure) -> None:
        left, right = figure.subplots(1, 2, sharey=True)
        alone = [blank if item.get("alone") is None else float(item["alone"]) for item in items]
        left.plot(alone, places, "o", color=SYNTHETIC, ms=6)
        left.axvline(0.5, color=MUTED, lw=1.1, ls="--")
        left.set_xlim(0.4, 1.02)
        right.barh(places, [max(float(item["lost"]), 0.0) for item in items], height=0.5, color=SYNTHETIC)
        right.set_xlim(left=0)
        left.set_yticks(places, [inert(item["column"], limit=NAME) for item in items])
        left.set_title("AUC of the column alone", loc="left", fontsize=10)
        right.set_title("AUC lost without it", loc="left", fontsize=10)
        for axes in (left, right):
            axes.tick_params(axis="y", length=0)
            axes.grid(axis="x")
            axes.set_axisbelow(True)
            axes.locator_params(axis="x", nbins=5)

    title = inert(exhibit.title)
    description = (
        "How well a boosted classifier tells synthetic from real records by one column (0.5, dashed, is guessing), and "
        "what a classifier of all columns loses when that one is shuffled. Fix the columns at the top first: values "
        "where a column is enough alone, relations where it only matters beside others."
    )
    return Drawing(
        draw(paint, name=name, size=(WIDTH, 1.0 + 0.28 * len(items)), title=title, description=description),
        title,
        description,
        ("Column", "AUC alone", "AUC lost"),
        tuple(
            (inert(item["column"], limit=40), number(item.get("alone")), number(float(item["lost"]))) for item in items
        ),
    )
