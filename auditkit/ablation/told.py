"""An ablation as lines of text: the main measure by arm, and what was asked for beside it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from auditkit.ablation.read import Limits, limits_of, main_scores, place_of
from auditkit.results import Score

if TYPE_CHECKING:
    from auditkit.ablation.result import Ablation

__all__ = ["told"]

_WHOLE_FROM = 100


def told(ablation: Ablation) -> str:
    """Table of the main measure, then learning curves, losses on other sets, TRTS, and slices where arms are worst.

    Parameters
    ----------
    ablation : Ablation

    Returns
    -------
    str
    """
    about = ablation.about
    main = about["measures"][0]
    repeats = "1 repeat" if about["repeats"] == 1 else f"{about['repeats']} repeats"
    head = f"{main} on {about['n_test']} real test samples, {repeats}, margin {about['margin']:g}"
    sections = [
        (head, _arms(ablation, main)),
        (f"{main} by share of the synthetic samples added", _curves(ablation)),
        (f"{main} lost on other samples than those of the test part", _drops(ablation)),
        (f"{main} of the real-trained model on synthetic samples (TRTS)", _transfers(ablation)),
        (f"where an arm makes the model worse than real data alone, in {_error(ablation)}", _slices(ablation)),
    ]
    return "\n".join(line for title, lines in sections if lines for line in [title, *lines])


def _arms(ablation: Ablation, main: str) -> list[str]:
    words = {(item.arm, item.model): item.word for item in ablation.verdicts}
    rows = [row for row in ablation.frame().to_dict("records") if row["measure"] == main]
    names = [_name(ablation, row["arm"], row["model"]) for row in rows]
    width = max(len(name) for name in names)
    ways = max(len(str(row["protocol"])) for row in rows)
    lines = []
    for name, row in zip(names, rows, strict=True):
        word = words.get((row["arm"], row["model"]), "")
        change = (row["difference"], row["difference_low"], row["difference_high"])
        difference = _number(change, sign="+") if word else ""
        value = _number((row["value"], row["low"], row["high"]))
        shown = f"{name:<{width}}  {row['protocol']:<{ways}}  {value:<20}"
        lines.append(f"  {shown}  {difference:<23}  {word}".rstrip())
    return lines


def _curves(ablation: Ablation) -> list[str]:
    points: dict[str, list[str]] = {}
    for score in main_scores(ablation, "ablation_curve"):
        shown = "not measured" if score.value is None else f"{score.value:.3f}"
        points.setdefault(_where(ablation, score), []).append(f"{score.where['amount']}: {shown}")
    return _columns((name, "  ".join(shown)) for name, shown in points.items())


def _drops(ablation: Ablation) -> list[str]:
    found = [item for item in main_scores(ablation, "ablation_drop") if item.value is not None]
    return _columns((f"{_where(ablation, item)}, {item.where['test']}", _number(limits_of(item))) for item in found)


def _transfers(ablation: Ablation) -> list[str]:
    found = main_scores(ablation, "ablation_transfer")
    return _columns((_where(ablation, item), _number(limits_of(item))) for item in found)


def _slices(ablation: Ablation) -> list[str]:
    return _columns(
        (
            _name(ablation, arm.arm, arm.model),
            f"{item.name}: {_change(item.value)} on {item.n} test samples, {_change(item.elsewhere)} on the others",
        )
        for arm in ablation.worst_slices
        for item in arm.slices
    )


def _change(value: float) -> str:
    return f"{value:+,.0f}" if abs(value) >= _WHOLE_FROM else f"{value:+.3f}"


def _error(ablation: Ablation) -> str:
    wrong = ablation.about["task"] == "classification"
    return "share of wrong answers" if wrong else f"mean absolute error of {ablation.about['label']}"


def _columns(pairs: Iterable[tuple[str, str]]) -> list[str]:
    rows = list(pairs)
    width = max((len(name) for name, _ in rows), default=0)
    return [f"  {name:<{width}}  {text}" for name, text in rows]


def _where(ablation: Ablation, score: Score) -> str:
    return _name(ablation, *place_of(score)[:2])


def _name(ablation: Ablation, arm: Any, model: Any) -> str:
    return f"{arm} ({model})" if len(ablation.about["models"]) > 1 else str(arm)


def _number(limits: Limits, *, sign: str = "") -> str:
    # A frame turns None into NaN.
    value, low, high = (None if item is None or math.isnan(item) else item for item in limits)
    if value is None:
        return "not measured"
    return (
        f"{value:{sign}.3f}"
        if low is None or high is None
        else f"{value:{sign}.3f} [{low:{sign}.3f}, {high:{sign}.3f}]"
    )
