"""What arms cost in the deciding measure and bring in gaps between groups, side by side with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditkit.ablation.read import Limits, Place, limits_of, place_of
from auditkit.reports.svg import INK, MUTED, Drawing, draw, tidy_ticks
from auditkit.reports.words import inert, interval, metric_title, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from auditkit.ablation import Ablation
    from auditkit.results import Score

__all__ = ["Trade", "TradeRow", "arm_label", "trade_drawing", "trades_of"]

SCORE = "ablation_score"
_GAPS = (
    "demographic_parity_difference",
    "equalized_odds_difference",
    "mean_prediction_difference",
    "mae_difference",
)
_WIDTH, _ROW, _NAME = 5.6, 0.42, 24
_MOST_ROWS = 16


@dataclass(frozen=True)
class TradeRow:
    """One arm: what it scores, and how far groups are apart. Values with their limits."""

    arm: str
    measure: Limits
    gaps: tuple[Limits, ...]
    chances: tuple[float | None, ...] = ()


@dataclass(frozen=True)
class Trade:
    """Arms of one model, under the deciding measure and the gaps of one group column."""

    column: str
    model: str
    measure: str
    gaps: tuple[str, ...]
    rows: tuple[TradeRow, ...]
    higher_is_better: bool = True


def trades_of(ablation: Ablation | None) -> tuple[Trade, ...]:
    """A trade per model and declared group column; none where an ablation has no groups or a single arm.

    Parameters
    ----------
    ablation : Ablation or None

    Returns
    -------
    tuple of Trade
    """
    if ablation is None:
        return ()
    main = str(next(iter(ablation.about.get("measures", ())), ""))
    scores = [score for score in ablation.scores if score.metric == SCORE and score.where.get("arm")]
    models = list(dict.fromkeys(place_of(score).model for score in scores))
    columns = list(dict.fromkeys(score.where["group"] for score in scores if "group" in score.where))
    found = [_trade(scores, main, model, column, several=len(models) > 1) for model in models for column in columns]
    return tuple(trade for trade in found if len(trade.rows) > 1 and trade.gaps)


def trade_drawing(trade: Trade, *, name: str) -> Drawing:
    """Dots with whiskers: every arm under the deciding measure and under each gap, on shared rows.

    Parameters
    ----------
    trade : Trade
    name : str
        Prefix of the drawing's identifiers, unique on its page.

    Returns
    -------
    Drawing
    """
    rows = trade.rows[:_MOST_ROWS]
    places = [len(rows) - 1 - at for at in range(len(rows))]
    heads = (trade.measure, *trade.gaps)

    def paint(figure: Figure) -> None:
        panels = figure.subplots(1, len(heads), sharey=True, squeeze=False)[0]
        for at, axes in enumerate(panels):
            values = [row.measure if at == 0 else row.gaps[at - 1] for row in rows]
            _whiskers(axes, places, values)
            for place, row in zip(places, rows, strict=True):
                if at and row.chances and (chance := row.chances[at - 1]) is not None:
                    axes.plot([chance], [place], "x", color=MUTED, ms=5)
            if values[0][0] is not None:
                axes.axvline(values[0][0], color=MUTED, lw=1.0, ls="--")
            axes.set_title(_broken(heads[at]), loc="left", fontsize=9.5)
            axes.tick_params(axis="y", length=0)
            axes.grid(axis="x")
            tidy_ticks(axes, most=4)
        panels[0].set_yticks(places, [arm_label(row.arm) for row in rows], fontsize=8.5)
        panels[0].set_ylim(-0.6, len(rows) - 0.4)

    of = f"{trade.model}, groups of {trade.column}" if trade.model else f"groups of {trade.column}"
    title = f"{trade.measure} against gaps: {of}"
    left_out = len(trade.rows) - len(rows)
    description = (
        "Dots are means over repeats, lines their 95 % intervals, dashed lines the first arm, small crosses the gap "
        "that chance alone makes. In the first panel "
        f"{'right' if trade.higher_is_better else 'left'} is better, in those of gaps left is: what treats groups more "
        f"alike often costs something.{f' {left_out} more are in the numbers.' if left_out else ''}"
    )
    size = (_WIDTH, 1.0 + _ROW * len(rows))
    svg = draw(paint, name=name, size=size, title=title, description=description)
    return Drawing(svg, title, description, ("Trained on", *heads), tuple(_told(row) for row in trade.rows))


def _trade(scores: Sequence[Score], main: str, model: str, column: str, *, several: bool) -> Trade:
    found = {place_of(score): score for score in scores}
    arms = dict.fromkeys(place.arm for place in found if place.model == model)
    rest = (("group", column),)
    gaps = [name for name in _GAPS if any(Place(arm, model, name, rest) in found for arm in arms)][:2]
    beside = {arm: [found.get(Place(arm, model, name, rest)) for name in gaps] for arm in arms}
    measured = {arm: found[place] for arm in arms if (place := Place(arm, model, main)) in found}
    rows = [
        TradeRow(
            inert(arm, limit=60),
            limits_of(score),
            tuple(limits_of(item) for item in beside[arm]),
            tuple(_chance(item) for item in beside[arm]),
        )
        for arm, score in measured.items()
        if any(item is not None for item in beside[arm])
    ]
    return Trade(
        column=inert(column, limit=40),
        model=inert(model) if several else "",
        measure=metric_title(main),
        gaps=tuple(metric_title(name) for name in gaps),
        rows=tuple(rows),
        higher_is_better=all(score.direction != "lower" for score in measured.values()),
    )


def _chance(score: Score | None) -> float | None:
    estimate = None if score is None else score.references.get("chance")
    return None if estimate is None else estimate.value


def _told(row: TradeRow) -> tuple[str, ...]:
    cells = [
        f"{number(value)}{f' ({limits})' if (limits := interval(low, high)) else ''}"
        for value, low, high in (row.measure, *row.gaps)
    ]
    return (arm_label(row.arm).replace("\n", ", "), *cells)


def arm_label(arm: str) -> str:
    """Name of an arm in two lines: what it was trained on, and what was done about groups."""
    base, _, rest = arm.partition("[")
    done = (
        rest.removesuffix("]").removeprefix("mitigation=").replace("_", " ").replace("=", ", ").replace(":", ", for ")
    )
    return "\n".join(inert(part, limit=_NAME) for part in (base, done) if part)


def _broken(title: str) -> str:
    """A title in two lines of about equal length."""
    words = title.split()
    cut = min(range(1, len(words) + 1), key=lambda at: max(len(" ".join(words[:at])), len(" ".join(words[at:]))))
    return "\n".join(line for line in (" ".join(words[:cut]), " ".join(words[cut:])) if line)


def _whiskers(axes: Axes, places: Sequence[int], estimates: Sequence[Limits]) -> None:
    for place, (value, low, high) in zip(places, estimates, strict=True):
        if value is None:
            continue
        if low is not None and high is not None:
            axes.plot([low, high], [place, place], "-", color=INK, lw=1.6, solid_capstyle="butt")
        axes.plot([value], [place], "o", color=INK, ms=6)
