"""What ties groups to the label: a row for each attribute and question, from scores that compare whole attributes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditkit.reports.words import inert, interval, number, signed
from auditkit.results import base_name

if TYPE_CHECKING:
    from auditkit.results import Score

__all__ = ["TieRow", "tie_rows"]

_SHOWN = 30
_CHANCE = 0.01
_WAYS = {
    "attribute to label": "From group to label",
    "label to attribute": "From label to group, at the real shares of the groups",
    "": "Shares of groups within a class (Zhao)",
}


@dataclass(frozen=True)
class TieRow:
    """One question about one attribute.

    Attributes
    ----------
    attribute, question : str
    value, interval : str
        As they are shown.
    said : str
        What it comes to, in a word or two.
    beside : str
        What else must be known to read it.
    """

    attribute: str
    question: str
    value: str
    interval: str
    said: str
    beside: str


def tie_rows(scores: Iterable[Score]) -> tuple[TieRow, ...]:
    """Rows of every attribute, in the order of the scores.

    Parameters
    ----------
    scores : iterable of Score

    Returns
    -------
    tuple of TieRow
        At most 30; empty where nothing of the kind was measured.
    """
    found = [
        _MAKERS[base_name(score.metric)](score)
        for score in scores
        if base_name(score.metric) in _MAKERS and "attribute" in score.where and score.value is not None
    ]
    order = {row.attribute: place for place, row in reversed(list(enumerate(found)))}
    return tuple(sorted(found, key=lambda row: order[row.attribute])[:_SHOWN])


def _amplified(score: Score) -> TieRow:
    way = _WAYS.get(score.where.get("way", ""), _WAYS[""])
    raw = score.details.get("raw")
    beside = f"as the data are: {signed(raw, unit='share')}" if isinstance(raw, float) else ""
    left_out = score.details.get("left_out")
    if isinstance(left_out, int) and left_out:
        beside = "; ".join([*([beside] if beside else []), f"{left_out} small levels left out"])
    return _row(score, way, ("amplified", "weakened", "no change beyond chance"), beside)


def _epsilon(score: Score) -> TieRow:
    real, synthetic = (score.details.get(name) for name in ("real", "synthetic"))
    beside = f"{number(real)} in the real data, {number(synthetic)} in the synthetic"
    pair = score.details.get("pair")
    if isinstance(pair, list | tuple) and len(pair) == 2:  # noqa: PLR2004 - a pair
        names = " and ".join(inert(name, limit=50) for name in pair)
        beside += f"; most apart there: {inert(score.details.get('class', ''), limit=40)} of {names}"
    words = ("farther apart", "closer together", "no change beyond chance")
    return _row(score, "Largest ratio of two groups' rates, as a log (differential fairness)", words, beside)


def _drift(score: Score) -> TieRow:
    chance, p = score.references.get("chance"), score.details.get("p")
    beside = "" if chance is None else f"by chance {number(chance.value, unit='share')}"
    if isinstance(p, float):
        beside += f", p {'below 0.003' if p < 0.003 else number(p)}"  # noqa: PLR2004 - of so many draws
    said = "" if not isinstance(p, float) else "moved" if p < _CHANCE else "no more than chance"
    value = number(score.value, unit="share")
    question = "Records that would have to change group or label"
    return TieRow(_name(score), question, value, interval(score.low, score.high, unit="share"), said, beside)


def _leakage(score: Score) -> TieRow:
    real, synthetic = (score.details.get(name) for name in ("real", "synthetic"))
    beside = f"area {number(real)} in the real data, {number(synthetic)} in the synthetic"
    words = ("easier to tell", "harder to tell", "no change beyond chance")
    return _row(score, "How well the group is predicted from the other columns", words, beside)


def _row(score: Score, question: str, words: tuple[str, str, str], beside: str) -> TieRow:
    limits = interval(score.low, score.high, unit=score.unit, difference=True)
    said = words[2]
    if score.low is not None and score.high is not None:
        said = words[0] if score.low > 0 else words[1] if score.high < 0 else words[2]
    return TieRow(_name(score), question, signed(score.value, unit=score.unit), limits, said, beside)


def _name(score: Score) -> str:
    return inert(score.where["attribute"], limit=80)


_MAKERS: Mapping[str, Callable[[Score], TieRow]] = {
    "bias_amplification": _amplified,
    "differential_fairness_amplification": _epsilon,
    "joint_drift": _drift,
    "leakage": _leakage,
}
