"""An ablation as lines of text: the main measure by arm, and what was asked for beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from auditkit.results import Score

if TYPE_CHECKING:
    from auditkit.ablation.result import Ablation

__all__ = ["told"]


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
    head = f"{main} on {about['n_test']} test units, {about['repeats']} repeats, margin {about['margin']:g}"
    sections = [
        (head, _arms(ablation, main)),
        (f"{main} by share of the synthetic units added", _curves(ablation, main)),
        (f"{main} lost on other units than those of the test part", _drops(ablation, main)),
        (f"{main} of the real-trained model on synthetic units (TRTS)", _transfers(ablation, main)),
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
        difference = _number(row, "difference") if word else ""
        shown = f"{name:<{width}}  {row['protocol']:<{ways}}  {_number(row, ''):<20}"
        lines.append(f"  {shown}  {difference:<23}  {word}".rstrip())
    return lines


def _curves(ablation: Ablation, main: str) -> list[str]:
    points: dict[str, list[str]] = {}
    for score in _main_scores(ablation, "ablation_curve", main):
        shown = "not measured" if score.value is None else f"{score.value:.3f}"
        points.setdefault(_where(ablation, score), []).append(f"{score.where['amount']}: {shown}")
    return _columns((name, "  ".join(shown)) for name, shown in points.items())


def _drops(ablation: Ablation, main: str) -> list[str]:
    found = [item for item in _main_scores(ablation, "ablation_drop", main) if item.value is not None]
    return _columns((f"{_where(ablation, item)}, {item.where['test']}", _number(_row(item), "")) for item in found)


def _transfers(ablation: Ablation, main: str) -> list[str]:
    found = _main_scores(ablation, "ablation_transfer", main)
    return _columns((_where(ablation, item), _number(_row(item), "")) for item in found)


def _slices(ablation: Ablation) -> list[str]:
    return _columns(
        (
            _name(ablation, arm.arm, arm.model),
            f"{item.name}: {item.value:+.3f} on {item.n} test units, {item.elsewhere:+.3f} on the others",
        )
        for arm in ablation.worst_slices
        for item in arm.slices
    )


def _error(ablation: Ablation) -> str:
    wrong = ablation.about["task"] == "classification"
    return "share of wrong answers" if wrong else f"mean absolute error of {ablation.about['label']}"


def _main_scores(ablation: Ablation, metric: str, main: str) -> list[Score]:
    return [item for item in ablation.scores if item.metric == metric and item.where["measure"] == main]


def _columns(pairs: Iterable[tuple[str, str]]) -> list[str]:
    rows = list(pairs)
    width = max((len(name) for name, _ in rows), default=0)
    return [f"  {name:<{width}}  {text}" for name, text in rows]


def _where(ablation: Ablation, score: Score) -> str:
    return _name(ablation, score.where["arm"], str(score.parameters["model"]))


def _name(ablation: Ablation, arm: Any, model: Any) -> str:
    return f"{arm} ({model})" if len(ablation.about["models"]) > 1 else str(arm)


def _row(score: Score) -> dict[str, float | None]:
    return {"value": score.value, "low": score.low, "high": score.high}


def _number(row: Mapping[str, Any], name: str) -> str:
    value = row[name or "value"]
    low, high = (row[f"{name}_low"], row[f"{name}_high"]) if name else (row["low"], row["high"])
    if value is None or value != value:  # noqa: PLR0124 - pandas turns None into NaN, the number that differs from itself
        return "not measured"
    sign = "+" if name else ""
    if low is None or low != low:  # noqa: PLR0124
        return f"{value:{sign}.3f}"
    return f"{value:{sign}.3f} [{low:{sign}.3f}, {high:{sign}.3f}]"
