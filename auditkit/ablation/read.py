"""Scores of an ablation read back: which arm, model and measure they are about, and what an arm gains or loses."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from auditkit.results import Score

if TYPE_CHECKING:
    from auditkit.ablation.result import Ablation

__all__ = ["Limits", "Place", "change_of", "limits_of", "main_scores", "place_of"]

_NAMED = frozenset({"arm", "measure", "model"})
Limits = tuple[float | None, float | None, float | None]
"""A value with the ends of its interval."""


class Place(NamedTuple):
    """What a score is about.

    Attributes
    ----------
    arm, model, measure : str
    rest : tuple of (str, str)
        What else its `where` says, sorted: a group, another set to test on; empty for the whole test part.
    """

    arm: str
    model: str
    measure: str
    rest: tuple[tuple[str, str], ...] = ()


def place_of(score: Score) -> Place:
    """Arm, model and measure of a score, and what else its `where` says."""
    rest = sorted(item for item in score.where.items() if item[0] not in _NAMED)
    where = score.where
    return Place(where.get("arm", ""), str(score.parameters.get("model", "")), where.get("measure", ""), tuple(rest))


def limits_of(score: Score | None) -> Limits:
    """Value and interval of a score; None for what there is not."""
    return (None, None, None) if score is None else (score.value, score.low, score.high)


def change_of(score: Score) -> Limits:
    """Difference to what stands beside a score, in the measure's own unit; its excess counts what is lost."""
    excess = score.excess
    if excess is None:
        return None, None, None
    sign = 1.0 if score.direction == "lower" else -1.0
    # Adding 0.0 turns -0.0 into 0.0.
    value = sign * excess.value + 0.0
    if excess.low is None or excess.high is None:
        return value, None, None
    low, high = sorted((sign * excess.low + 0.0, sign * excess.high + 0.0))
    return value, low, high


def main_scores(ablation: Ablation, metric: str) -> list[Score]:
    """Scores of a metric under the measure that decides."""
    main = next(iter(ablation.about.get("measures", ())), None)
    return [score for score in ablation.scores if score.metric == metric and score.where.get("measure") == main]
