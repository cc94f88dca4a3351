"""Results drawn on matplotlib axes, those given or new ones of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from auditkit.errors import UnknownNameError
from auditkit.questions import QUESTIONS
from auditkit.reports.judgement import GateRow, banner_of, gate_rows
from auditkit.reports.outcomes import ablation_summary, filter_summary
from auditkit.reports.plot_rows import (
    HUNDREDTHS,
    MOST,
    PlotRow,
    axes_for,
    label_rows,
    legend,
    paint_rows,
    scale_of,
    short_title,
    tell,
    units_of,
    why_not,
)
from auditkit.reports.scores import ScoreRow, question_of, score_row
from auditkit.reports.svg import INK, MUTED, SYNTHETIC
from auditkit.reports.words import BETTER, SHARE_UNITS, count, halves, inert, metric_title, number, part_words, signed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from auditkit.ablation.result import Ablation
    from auditkit.auditing.result import Audit
    from auditkit.filtering.selection import Selection
    from auditkit.gates.outcome import Verdict
    from auditkit.results import Score

__all__ = ["plot_ablation", "plot_audit", "plot_score", "plot_selection", "plot_verdict"]

_ENDS = (-2.0, 3.0)
_BEYOND = "Beyond the limit, in limits (right fails)"
_SHORT = 8


def plot_score(score: Score, ax: Axes | None = None, *, parts: Sequence[Score] = ()) -> Axes:
    """A score with its interval beside its yardstick, at equal sizes; below it those of its parts.

    Parameters
    ----------
    score : Score
    ax : Axes, optional
    parts : sequence of Score
        Of groups, classes and columns; the first 40 are drawn.

    Returns
    -------
    Axes
    """
    found = [score_row(item) for item in (score, *parts[:MOST])]
    factor, unit = scale_of(score.unit)
    fresh = any(row.yardstick is not None for row in found)
    with axes_for(ax, rows=len(found)) as axes:
        rows = [
            _beside(row, row.part or ("the whole set" if parts else short_title(row.metric))).scaled(factor)
            for row in found
        ]
        paint_rows(axes, rows, value="synthetic", mark="yardstick" if fresh else "expected")
        legend(axes)
        title = ", ".join(filter(None, [metric_title(score.metric), BETTER.get(score.direction)]))
        cut = f"the first {MOST} of {len(parts)} parts" if len(parts) > MOST else ""
        words = metric_title(score.metric) + (f", {unit}" if unit else "")
        sized = ", at equal sizes" if any(row.equal is not None for row in found) else ""
        return tell(axes, title, xlabel=f"{words}{sized}", below=cut)


def plot_audit(audit: Audit, ax: Axes | None = None, *, metrics: Sequence[str] | None = None) -> Axes:
    """How much worse than fresh real data each score is, on one axis of hundredths, under the order of the questions.

    Parameters
    ----------
    audit : Audit
    ax : Axes, optional
    metrics : sequence of str, optional
        Scores to draw; by default those between 0 and 1 that have something to stand beside, and those that could not
        be measured.

    Returns
    -------
    Axes

    Raises
    ------
    UnknownNameError
        If the audit did not measure one of `metrics`.
    """
    asked = audit.scores.values() if metrics is None else [audit.scores[name] for name in metrics]
    asked = sorted(asked, key=lambda score: QUESTIONS.index(question_of(score.metric)))
    shown = [score for score in asked if metrics is not None or score.value is None or _comparable(score)]
    with axes_for(ax, rows=min(len(shown), MOST)) as axes:
        paint_rows(axes, [_excess(score) for score in shown[:MOST]], value="synthetic")
        axes.axvline(0.0, color=MUTED, lw=1.2, ls="--", label="yardstick", zorder=1)
        legend(axes)
        left = len(asked) - min(len(shown), MOST)
        rest = f"{count(left, 'other score')}: audit.scores.frame()" if left else ""
        words = "Worse than the yardstick by, hundredths (right is worse)"
        return tell(axes, "Scores beside their yardsticks", xlabel=words, below=rest)


def plot_verdict(verdict: Verdict, ax: Axes | None = None, *, most: int = 20) -> Axes:
    """How far gates are from their limits, in limits; what is right of the limit fails.

    Parameters
    ----------
    verdict : Verdict
    ax : Axes, optional
    most : int, default 20
        Gates to draw, the worst first.

    Returns
    -------
    Axes
    """
    everything = gate_rows(verdict, units=units_of(verdict))
    banner, rows = banner_of(verdict, everything), [row for row in everything if row.state != "skipped"]
    with axes_for(ax, rows=min(len(rows), most)) as axes:
        axes.axvspan(0.0, _ENDS[1] + 0.1, color=MUTED, alpha=0.12, lw=0, label="beyond the limit")
        paint_rows(axes, [_gate(row) for row in rows[:most]], value="synthetic")
        axes.axvline(0.0, color=INK, lw=1.6, label="limit", zorder=1)
        axes.set_xlim(_ENDS[0] - 0.1, _ENDS[1] + 0.1)
        legend(axes)
        cut = f"the first {most} of {len(rows)} comparisons" if len(rows) > most else ""
        return tell(
            axes,
            f"{banner.word}: {banner.counts}" if len(banner.word) < _SHORT else banner.word,
            xlabel=_BEYOND,
            below=cut,
        )


def plot_selection(
    selection: Selection, ax: Axes | None = None, *, by: Literal["reasons", "parts"] = "reasons"
) -> Axes:
    """How many samples each rule rejected, or the kept share of each class and group.

    Parameters
    ----------
    selection : Selection
    ax : Axes, optional
    by : {"reasons", "parts"}, default "reasons"

    Returns
    -------
    Axes

    Raises
    ------
    UnknownNameError
        If `by` is something else.
    """
    if by not in ("reasons", "parts"):
        raise UnknownNameError.of("by", by, ("reasons", "parts"))
    n, kept = int(selection.about["n"]), int(selection.about["kept"])
    title = f"Kept {kept:,} of {count(n, 'sample')}"
    if by == "parts":
        return _retention(selection, ax, title=title, overall=HUNDREDTHS * kept / n if n else None)
    told = filter_summary(selection)
    reasons = [] if told is None else list(told.reasons)
    with axes_for(ax, rows=min(len(reasons), MOST)) as axes:
        shown = reasons[:MOST]
        places = [len(shown) - 1 - at for at in range(len(shown))]
        label_rows(axes, [reason for reason, _ in shown])
        for place, (_, times) in zip(places, shown, strict=True):
            axes.barh(place, times, height=0.6, color=SYNTHETIC)
            axes.annotate(f"{times:,}", (times, place), xytext=(4, 0), textcoords="offset points", va="center")
        if not shown:
            _nothing(axes, "no sample was rejected")
        axes.set_xlim(left=0)
        cut = f"the first {MOST} of {len(reasons)} reasons" if len(reasons) > MOST else ""
        return tell(axes, title, xlabel="Rejected samples (one can have several reasons)", below=cut)


def plot_ablation(
    ablation: Ablation,
    ax: Axes | None = None,
    *,
    measure: str | None = None,
    model: str | None = None,
    difference: bool = True,
) -> Axes:
    """What each training set does for a model: its paired difference from real data only, or its value.

    Parameters
    ----------
    ablation : Ablation
    ax : Axes, optional
    measure : str, optional
        As `"macro_f1"`; by default the one that decides.
    model : str, optional
        By default the first.
    difference : bool, default True
        Whether differences are drawn; otherwise values.

    Returns
    -------
    Axes

    Raises
    ------
    UnknownNameError
        If the ablation has no such measure or model.
    """
    frame = ablation.frame()
    chosen = _one_of(measure, list(dict.fromkeys(frame["measure"])) if len(frame) else [], "measure")
    fitted = _one_of(model, list(dict.fromkeys(frame["model"])) if len(frame) else [], "model")
    found = ablation_summary(ablation)
    several = len(set(frame["model"])) > 1
    table = next(
        item
        for item in (() if found is None else found.tables)
        if item.measure == metric_title(chosen) and (not several or item.model == inert(fitted))
    )
    arms = [row for row in table.rows if not difference or row.arm != "real"]
    better = "right is better" if table.higher_is_better else "left is better"
    with axes_for(ax, rows=len(arms)) as axes:
        if difference:
            drawn = [(row.difference, row.difference_low, row.difference_high) for row in arms]
            axes.axvline(0.0, color=MUTED, lw=1.2, ls="--", label="real data only", zorder=1)
        else:
            drawn = [(row.value, row.low, row.high) for row in arms]
        rows = [
            PlotRow(row.arm, limits, note=row.verdict if limits[0] is not None else why_not(row.reason))
            for row, limits in zip(arms, drawn, strict=True)
        ]
        paint_rows(axes, rows, value="mean over repeats")
        legend(axes)
        words = f"{table.measure}: difference from real data only" if difference else table.measure
        title = f"Does it help? {table.measure}{f', {inert(fitted)}' if several else ''}"
        return tell(axes, title, xlabel=f"{words} ({better})")


def _beside(row: ScoreRow, name: str) -> PlotRow:
    """A score at the size of its yardstick, with the yardstick, or with what chance would give."""
    if row.value is None:
        return PlotRow(name, note=why_not(row.reason or row.status))
    value = row.value if row.equal is None else row.equal
    low, high = (None if limit is None else limit + value - row.value for limit in (row.low, row.high))
    fresh = (row.yardstick, row.yardstick_low, row.yardstick_high)
    return PlotRow(name, (value, low, high), (row.chance, None, None) if row.yardstick is None else fresh)


def _comparable(score: Score) -> bool:
    """Whether its excess can stand on an axis of hundredths."""
    whole = score.unit in SHARE_UNITS or (score.bounds[0] in (0.0, -1.0) and score.bounds[1] == 1.0)
    return whole and score.excess is not None


def _excess(score: Score) -> PlotRow:
    row = score_row(score)
    if score.value is None or score.excess is None or not _comparable(score):
        told = f"{number(row.value, unit=row.unit)}, on another scale" if score.value is not None else ""
        return PlotRow(short_title(row.metric), note=told or why_not(row.reason or row.status))
    fresh = f" ({number(row.yardstick, unit=row.unit)})" if row.yardstick is not None else ""
    shown = number(row.value if row.equal is None else row.equal, unit=row.unit)
    found = (score.excess.value, score.excess.low, score.excess.high)
    return PlotRow(short_title(row.metric), found, note=f"{shown}{fresh}").scaled(HUNDREDTHS)


def _gate(row: GateRow) -> PlotRow:
    """What a gate judges, counted from its limit in limits, and cut at the ends of the axis."""
    title = short_title(row.metric)
    name = f"{title}: {row.part}" if row.part else title
    judged = row.excess if row.on_difference else row.value
    if judged is None or row.limit is None:
        return PlotRow(name, note=f"{row.word.lower()}: {halves(row.sentence)[0]}")
    limits = (row.excess_low, row.excess_high) if row.on_difference else (row.low, row.high)
    unit = abs(row.limit) or 1.0
    sign = -1.0 if row.limit_kind == "min" else 1.0
    ends = sorted(sign * (item - row.limit) / unit for item in limits if item is not None)
    value = sign * (judged - row.limit) / unit
    told = signed(judged, unit=row.unit) if row.on_difference else number(judged, unit=row.unit)
    beyond = ", off the axis" if not _ENDS[0] <= value <= _ENDS[1] else ""
    low, high = (_within(ends[0]), _within(ends[-1])) if len(ends) == len(limits) else (None, None)
    return PlotRow(name, (_within(value), low, high), note=f"{row.word}, {told}{beyond}")


def _within(value: float) -> float:
    return min(max(value, _ENDS[0]), _ENDS[1])


def _retention(selection: Selection, ax: Axes | None, *, title: str, overall: float | None) -> Axes:
    """Kept share of each class and group with its interval, those that lost most first."""
    found = [_kept(row) for row in selection.record().retention]
    found.sort(key=lambda row: (row.value[0] is None, row.value[0] or 0.0, row.name))
    with axes_for(ax, rows=min(len(found), MOST)) as axes:
        paint_rows(axes, found[:MOST], value="kept")
        if overall is not None:
            axes.axvline(overall, color=MUTED, lw=1.2, ls="--", label="of all", zorder=1)
        if not found:
            _nothing(axes, "no class or group was declared")
        legend(axes)
        cut = f"the first {MOST} of {len(found)} parts" if len(found) > MOST else ""
        return tell(axes, title, xlabel="Share kept, %", below=cut)


def _kept(row: Mapping[str, Any]) -> PlotRow:
    name, told = part_words({str(row["part"]): str(row["level"])}), f"{int(row['kept']):,} of {int(row['n']):,}"
    value, low, high = (None if row.get(key) is None else float(row[key]) for key in ("share", "low", "high"))
    return PlotRow(name, (value, low, high), note=told).scaled(HUNDREDTHS)


def _nothing(axes: Axes, said: str) -> None:
    axes.text(0.5, 0.5, said, transform=axes.transAxes, ha="center", va="center", color=MUTED, style="italic")


def _one_of(asked: str | None, known: Sequence[str], kind: str) -> str:
    if not known:
        raise UnknownNameError.of(kind, asked or "", known, "this ablation has no score")
    if asked is not None and asked not in known:
        raise UnknownNameError.of(kind, asked, known, "in this ablation")
    return known[0] if asked is None else asked
