"""Learning curves of an ablation, and what its models lose on other units than those they were tested on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditkit.ablation.read import main_scores, place_of
from auditkit.reports.svg import INK, MUTED, REAL, SYNTHETIC, Drawing, draw
from auditkit.reports.words import inert, interval, metric_title, number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from auditkit.ablation import Ablation
    from auditkit.results import Score

__all__ = ["CurveChart", "CurveLine", "CurvePoint", "LossRow", "curve_drawing", "curves_of", "losses_of"]

_WIDTH, _HEIGHT, _NAME = 5.6, 3.1, 40
_STYLES = ((SYNTHETIC, "-"), (REAL, "--"), (INK, "-."), (MUTED, ":"))


@dataclass(frozen=True)
class CurvePoint:
    """The deciding measure with so many synthetic samples."""

    amount: float
    n_synthetic: int
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class CurveLine:
    """The points of one arm, fewest synthetic samples first."""

    arm: str
    points: tuple[CurvePoint, ...]


@dataclass(frozen=True)
class CurveChart:
    """The curves of one model under the deciding measure."""

    measure: str
    model: str
    lines: tuple[CurveLine, ...]
    higher_is_better: bool = True


@dataclass(frozen=True)
class LossRow:
    """What the models of an arm lose in the deciding measure between two kinds of samples."""

    arm: str
    model: str
    samples: str
    value: float | None
    low: float | None
    high: float | None
    reason: str


def curves_of(ablation: Ablation | None) -> tuple[CurveChart, ...]:
    """A chart per model; none without a learning curve.

    Parameters
    ----------
    ablation : Ablation or None

    Returns
    -------
    tuple of CurveChart
    """
    found = [] if ablation is None else main_scores(ablation, "ablation_curve")
    models = list(dict.fromkeys(place_of(score).model for score in found))
    return tuple(
        _chart([item for item in found if place_of(item).model == model], several=len(models) > 1) for model in models
    )


def losses_of(ablation: Ablation | None) -> tuple[LossRow, ...]:
    """From the samples trained on to the test samples, and from these to disturbed or shifted ones, by arm.

    Parameters
    ----------
    ablation : Ablation or None

    Returns
    -------
    tuple of LossRow
    """
    if ablation is None:
        return ()
    found = [*main_scores(ablation, "ablation_train_gap"), *main_scores(ablation, "ablation_drop")]
    several = len({place_of(score).model for score in found}) > 1
    return tuple(
        LossRow(
            arm=inert(place_of(score).arm, limit=60),
            model=inert(place_of(score).model) if several else "",
            samples=_samples(score),
            value=score.value,
            low=score.low,
            high=score.high,
            reason=inert(score.reason, limit=200),
        )
        for score in found
    )


def curve_drawing(chart: CurveChart, *, name: str) -> Drawing:
    """Lines of the measure over the number of synthetic samples, with their intervals.

    Parameters
    ----------
    chart : CurveChart
    name : str
        Prefix of the drawing's identifiers, unique on its page.

    Returns
    -------
    Drawing
    """
    shown = chart.lines[: len(_STYLES)]

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        for line, (colour, style) in zip(shown, _STYLES, strict=False):
            known = [point for point in line.points if point.value is not None]
            sizes = [point.n_synthetic for point in known]
            axes.plot(
                sizes, [point.value or 0.0 for point in known], style, marker="o", ms=4, color=colour, label=line.arm
            )
            sure = [point for point in known if point.low is not None and point.high is not None]
            axes.fill_between(
                [point.n_synthetic for point in sure],
                [point.low or 0.0 for point in sure],
                [point.high or 0.0 for point in sure],
                color=colour,
                alpha=0.12,
                lw=0,
            )
        axes.set_xlabel("Synthetic samples added")
        axes.set_title(inert(chart.measure, limit=_NAME), loc="left", fontsize=10.5)
        axes.grid(axis="both")
        if len(shown) > 1:
            axes.legend(frameon=False, fontsize=8.5)

    of = f", {chart.model}" if chart.model else ""
    title = f"{inert(chart.measure, limit=_NAME)} by synthetic samples added{of}"
    left_out = len(chart.lines) - len(shown)
    better = "up" if chart.higher_is_better else "down"
    description = f"Dots are means over repeats, bands their 95 % intervals; {better} is better."
    description += f" {left_out} more are in the numbers only." if left_out else ""
    svg = draw(paint, name=name, size=(_WIDTH, _HEIGHT), title=title, description=description)
    header = ("Trained on", "Synthetic samples", inert(chart.measure, limit=_NAME), "95 % interval")
    return Drawing(svg, title, description, header, tuple(_told(chart.lines)))


def _told(lines: Sequence[CurveLine]) -> list[tuple[str, ...]]:
    return [
        (line.arm, f"{point.n_synthetic:,}", number(point.value), interval(point.low, point.high))
        for line in lines
        for point in line.points
    ]


def _chart(scores: Sequence[Score], *, several: bool) -> CurveChart:
    points: dict[str, list[CurvePoint]] = {}
    for score in scores:
        n = score.estimate.n[1] if score.estimate is not None else 0
        point = CurvePoint(float(score.where["amount"]), n, score.value, score.low, score.high)
        points.setdefault(inert(place_of(score).arm, limit=60), []).append(point)
    return CurveChart(
        measure=metric_title(scores[0].where["measure"]),
        model=inert(place_of(scores[0]).model) if several else "",
        lines=tuple(
            CurveLine(arm, tuple(sorted(found, key=lambda point: point.amount))) for arm, found in points.items()
        ),
        higher_is_better=scores[0].direction != "lower",
    )


def _samples(score: Score) -> str:
    if score.metric == "ablation_train_gap":
        return "from the samples trained on to the test samples"
    return f"from the test samples to {inert(score.where.get('test', ''), limit=60)}"
