"""The page's charts: class shares, distances, a projection, the ablation. Blue is real, vermillion is synthetic."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from auditkit.reports.gallery_map import map_drawing
from auditkit.reports.svg import INK, MUTED, REAL, SYNTHETIC, Drawing, draw, tidy_ticks
from auditkit.reports.table_figures import associations_drawing, columns_drawing, giveaways_drawing
from auditkit.reports.trades import arm_label
from auditkit.reports.words import inert, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from auditkit.exhibits import Exhibit
    from auditkit.reports.outcomes import AblationTable

__all__ = ["DRAWN", "GROUPS", "ablation_drawing", "exhibit_drawing"]

WIDTH = 5.6
GROUPS = "occupancy-group"
"""How names of occupancies of groups begin."""
NAME = 26
_SHOWN_LEVELS = 20
_CURVE_ROWS = 12


def exhibit_drawing(exhibit: Exhibit, *, name: str) -> Drawing | None:
    """Chart of an exhibit, None where there is nothing to draw.

    Parameters
    ----------
    exhibit : Exhibit
        Of a kind in `DRAWN`.
    name : str
        Prefix of the chart's identifiers, unique on its page.

    Returns
    -------
    Drawing or None
    """
    return DRAWN[exhibit.kind](exhibit, name)


def _occupancy(exhibit: Exhibit, name: str) -> Drawing | None:
    """Shares of real and synthetic samples in each class, on one axis; the holdout is a tick."""
    levels = [inert(level, limit=NAME) for level in exhibit.data.get("levels", ())]
    real, synthetic, holdout = (_shares(exhibit.data, key, len(levels)) for key in ("real", "synthetic", "holdout"))
    if not levels or (real is None and synthetic is None):
        return None
    order = list(range(len(levels)))
    if len(levels) > _SHOWN_LEVELS:
        order = sorted(order, key=lambda i: (-((real or synthetic or [])[i]), i))[:_SHOWN_LEVELS]

    left_out = len(levels) - len(order)
    told = f" The {left_out} least frequent are in the table only." if left_out else ""
    title = inert(exhibit.title or exhibit.data.get("title", "Class shares"))
    what = "cluster" if exhibit.data.get("what") == "cluster" else "class"
    what = "group" if exhibit.name.startswith(GROUPS) else what
    description = f"Bars of the share of each {what} in the real and in the synthetic set, on one axis.{told}"
    if what == "cluster":
        description += " Clusters are those of all sets' features together; empty ones are what is never made."
    sets = {"Real": real, "Synthetic": synthetic, "Holdout": holdout}
    kept = {label: shares for label, shares in sets.items() if shares is not None}
    drawn = {label: [100 * shares[i] for i in order] for label, shares in kept.items()}

    def paint(figure: Figure) -> None:
        _paint_shares(figure, [levels[i] for i in order], drawn)

    return Drawing(
        draw(paint, name=name, size=(WIDTH, 1.1 + 0.38 * len(order)), title=title, description=description),
        title,
        description,
        (what.capitalize(), *kept),
        tuple(
            (level, *(number(shares[i], unit="share") for shares in kept.values())) for i, level in enumerate(levels)
        ),
    )


def _paint_shares(figure: Figure, levels: Sequence[str], shares: Mapping[str, Sequence[float]]) -> None:
    """Bars of the real and the synthetic set beside each other per level, in percent; the holdout is a tick."""
    axes = figure.subplots()
    rows = [len(levels) - 1 - at for at in range(len(levels))]
    for label, offset, colour in (("Real", 0.2, REAL), ("Synthetic", -0.2, SYNTHETIC)):
        if label in shares:
            axes.barh([row + offset for row in rows], shares[label], height=0.36, color=colour, label=label)
    if "Holdout" in shares:
        axes.plot(shares["Holdout"], [row + 0.2 for row in rows], "|", color=INK, ms=9, mew=1.4, label="Holdout")
    axes.set_yticks(rows, levels)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("Share of the set, %")
    axes.set_xlim(left=0)
    axes.grid(axis="x")
    axes.set_axisbelow(True)
    handles, labels = axes.get_legend_handles_labels()
    by_label = dict(zip(labels, handles, strict=True))
    figure.legend([by_label[label] for label in shares], [*shares], loc="outside upper left", ncols=3, borderpad=0)


def _distances(exhibit: Exhibit, name: str) -> Drawing | None:
    """Cumulative curves of the distance to the nearest training record, synthetic beside holdout."""
    x = [float(value) for value in exhibit.data.get("x", ())]
    curves = [
        ("Synthetic", _curve(exhibit.data, "synthetic", x), SYNTHETIC, "-"),
        ("Holdout (real, unseen)", _curve(exhibit.data, "holdout", x), REAL, "--"),
    ]
    drawn = [(label, curve, colour, line) for label, curve, colour, line in curves if curve]
    if not x or not drawn:
        return None

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        for label, curve, colour, line in drawn:
            axes.plot(list(curve), [100 * share for share in curve.values()], line, color=colour, lw=1.8, label=label)
        axes.set_xlabel("Distance to the nearest training record")
        axes.set_ylabel("At least that near, %")
        axes.set_xlim(left=0)
        axes.set_ylim(0, 101)
        axes.grid()
        figure.legend(loc="outside upper left", ncols=2, borderpad=0)

    title = inert(exhibit.title or "Distance to the nearest training record")
    description = (
        "Share of samples at least that near to a training record. A synthetic curve that rises earlier than the "
        "holdout's means samples nearer to training records than unseen real ones are: copies, or samples that keep to "
        "the commonest kinds of records. Copies are nearer to training records than to the holdout, which the holdout "
        "share tells; samples that are as near to the holdout copy nobody and show little variety. Holdout shares are "
        "told in steps of five units or more, and the curves end before the furthest."
    )
    step = max(1, len(x) // _CURVE_ROWS)
    return Drawing(
        draw(paint, name=name, size=(WIDTH, 3.1), title=title, description=description),
        title,
        description,
        ("Distance", *(label for label, *_ in drawn)),
        tuple(
            (number(x[i]), *(number(y.get(x[i]), unit="share") for _, y, *_ in drawn)) for i in range(0, len(x), step)
        ),
    )


def _curve(data: Mapping[str, Any], key: str, x: Sequence[float]) -> dict[float, float]:
    """Shares by distance, where they are told."""
    values = data.get(key) or ()
    if len(values) != len(x):
        return {}
    return {at: float(value) for at, value in zip(x, values, strict=True) if value is not None}


def ablation_drawing(table: AblationTable, *, name: str) -> Drawing | None:
    """Dots with whiskers: each arm's value, and its paired difference from training on real data only."""
    rows, measure = table.rows, table.measure
    if not rows:
        return None
    places = [len(rows) - 1 - at for at in range(len(rows))]

    def paint(figure: Figure) -> None:
        left, right = figure.subplots(1, 2, sharey=True)
        _whiskers(left, places, [(row.value, row.low, row.high) for row in rows])
        _whiskers(right, places, [(row.difference, row.difference_low, row.difference_high) for row in rows])
        right.axvline(0, color=MUTED, lw=1.1, ls="--")
        left.set_yticks(places, [arm_label(row.arm) for row in rows], fontsize=8.5)
        left.set_ylim(-0.6, len(rows) - 0.4)
        left.set_title(inert(measure, limit=40), loc="left", fontsize=10.5)
        right.set_title("Difference\nfrom real only", loc="left", fontsize=10.5)
        for axes in (left, right):
            axes.tick_params(axis="y", length=0)
            axes.grid(axis="x")
            tidy_ticks(axes, most=5)

    title = f"{inert(measure, limit=40)} on real test data, by training set"
    better = "right" if table.higher_is_better else "left"
    description = f"Dots are means over repeats, lines their 95 % intervals; {better} of the dashed line is better."
    size = (WIDTH, 1.2 + 0.36 * len(rows))
    return Drawing(draw(paint, name=name, size=size, title=title, description=description), title, description)


def _whiskers(
    axes: Axes, places: Sequence[int], estimates: Sequence[tuple[float | None, float | None, float | None]]
) -> None:
    for place, (value, low, high) in zip(places, estimates, strict=True):
        if value is None:
            continue
        if low is not None and high is not None:
            axes.plot([low, high], [place, place], "-", color=INK, lw=1.6, solid_capstyle="butt")
        axes.plot([value], [place], "o", color=INK, ms=6.5)


def _shares(data: Mapping[str, Any], key: str, n: int) -> list[float] | None:
    """One number per level, None where the exhibit has no such set."""
    values = data.get(key)
    if not values or len(values) != n:
        return None
    return [0.0 if value is None else float(value) for value in values]


DRAWN: dict[str, Callable[[Exhibit, str], Drawing | None]] = {
    "associations": associations_drawing,
    "columns": columns_drawing,
    "giveaways": giveaways_drawing,
    "occupancy": _occupancy,
    "distances": _distances,
    "projection": map_drawing,
}
