"""What findings about groups say: single groups before intersections, both numbers, and what became of a gap."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from types import MappingProxyType
from typing import Any, Literal

from auditkit.gates.digits import PERCENT, PLAIN, POINTS
from auditkit.gates.outcome import GateResult
from auditkit.parts import part_name
from auditkit.results import Score, Scores, base_name

__all__ = [
    "GROUP_LEADS",
    "GROUP_SHARES",
    "GapStory",
    "both_shares",
    "class_key",
    "class_of",
    "gap_stories",
    "group_of",
    "in_order",
    "part_left",
    "told_part",
]

GROUP_SHARES = frozenset({"representation_gap", "label_rate_gap"})
"""Scores whose parts are a share of a group in both sets, or of a class in a group."""
_CLASS_KEYS = ("label", "class")
# Two-sided, for all pairs of groups together: what is told as a change is one.
_CHANCE = 0.01
_FEWEST = 30
_MOST_STORIES = 3
_PARTS = (
    *("", "", "half", "a third", "a quarter", "a fifth", "a sixth", "a seventh", "an eighth", "a ninth", "a tenth"),
    *("an eleventh", "a twelfth", "a thirteenth", "a fourteenth", "a fifteenth", "a sixteenth", "a seventeenth"),
    *("an eighteenth", "a nineteenth", "a twentieth"),
)
# By how many columns say whose records they are.
_RANKS = {1: 0, 0: 1}


Fate = Literal["kept", "reversed", "erased", "amplified", "shrunk"]


@dataclass(frozen=True)
class GapStory:
    """What became of a gap.

    Attributes
    ----------
    level : str
        The class.
    groups : tuple of (str, str)
        The group with the higher real rate, and the one with the lower.
    before, after : float
        The gap in the real and in the synthetic data.
    fate : {"kept", "reversed", "erased", "amplified", "shrunk"}
    sentence : str
    """

    level: str
    groups: tuple[str, str]
    before: float
    after: float
    fate: Fate
    sentence: str

    def to_json(self) -> dict[str, Any]:
        """The numbers as plain types."""
        return {
            "class": self.level,
            "groups": list(self.groups),
            "real": self.before,
            "synthetic": self.after,
            "fate": self.fate,
        }


@dataclass(frozen=True)
class _Rate:
    """Rate of a class in a group of both sets."""

    part: str
    real: float
    synthetic: float
    variance: float  # of their difference


def in_order(items: Sequence[GateResult], scores: Scores | None = None) -> list[GateResult]:
    """Failures in the order in which they are told.

    Parameters
    ----------
    items : sequence of GateResult
        Of one kind.
    scores : Scores, optional
        Where the shares are read.

    Returns
    -------
    list of GateResult
        By how far they are beyond their limit; whole copies first. Of groups: single ones first, for an intersection
        mostly follows from them, then the whole set, then intersections; of two alike the group that lost. Groups
        that lost more than half of their share come before all others, by what is left of it: a minority has few points
        to lose.
    """
    if not all(base_name(item.metric) in GROUP_SHARES for item in items):
        # Records that are copied whole are told before those with a cell redrawn.
        return sorted(items, key=lambda item: (base_name(item.metric) != "copy_excess", -_beyond(item)))
    return sorted(
        items,
        key=lambda item: (
            _RANKS.get(len(group_of(item.where)), 2),
            _left_of(item, scores),
            -round(_beyond(item), 9),
            (item.value or 0.0) > 0,
        ),
    )


def part_left(synthetic: float, real: float) -> str:
    """What is left of a share that more than halved, as a clause: `", a fourteenth of its share"`; else empty.

    Examples
    --------
    >>> part_left(0.006, 0.086), part_left(0.0, 0.1), part_left(0.04, 0.05)
    (', a fourteenth of its share', ', none of its share', '')
    """
    if real <= 0 or synthetic >= real / 2:
        return ""
    if synthetic <= 0:
        return ", none of its share"
    parts = round(real / synthetic)
    named = _PARTS[parts] if parts < len(_PARTS) else f"one {parts:,}th"
    return f", {named} of its share"


def _left_of(item: GateResult, scores: Scores | None) -> float:
    """What is left of a group's share, where more than half is lost; 1 elsewhere."""
    if scores is None or base_name(item.metric) != "representation_gap" or not item.where:
        return 1.0
    both = both_shares(scores.get(item.metric, item.where).details)
    return both[0] / both[1] if both is not None and both[0] < both[1] / 2 else 1.0


def told_part(item: GateResult, scores: Scores | None, *, level: str = "") -> str:
    """A further part for which the same holds, with its synthetic and its real share where they are known.

    Parameters
    ----------
    item : GateResult
    scores : Scores or None
    level : str
        The class that was told of before, which goes without saying.
    """
    if scores is None or base_name(item.metric) not in GROUP_SHARES:
        return item.part
    both = both_shares(scores.get(item.metric, item.where).details)
    if both is None:
        return item.part
    group, own = part_name(group_of(item.where)) or "all records", class_of(item.where)
    named = group if own == level else f"{own!r} of {group}"
    return f"{named} ({PERCENT.show(both[0])} % and {PERCENT.show(both[1])} %)"


def gap_stories(items: Sequence[GateResult], scores: Scores | None) -> tuple[GapStory, ...]:
    """What became of the gap in a class between two groups, for each attribute with a wrong rate.

    Of all pairs of groups the one whose gap changed most beyond chance; where no change can be told from chance, the
    widest real gap of a group that fails.

    Parameters
    ----------
    items : sequence of GateResult
        Failures of one kind, the first being told first.
    scores : Scores or None

    Returns
    -------
    tuple of GapStory
        The largest changes first, three at most; empty where there is no gap to tell of.
    """
    if scores is None or not items or base_name(items[0].metric) != "label_rate_gap":
        return ()
    asked: dict[tuple[str, str], set[str]] = {}
    for item in items:
        if len(group := group_of(item.where)) == 1:
            asked.setdefault((next(iter(group)), class_of(item.where)), set()).add(part_name(group))
    found = [
        story
        for (name, level), failing in sorted(asked.items(), key=lambda pair: pair[0])
        for story in _story(name, level, items[0].metric, scores, failing=failing)
    ]
    return tuple(sorted(found, key=lambda story: -abs(story.after - story.before))[:_MOST_STORIES])


def _story(name: str, level: str, metric: str, scores: Scores, *, failing: set[str]) -> Iterator[GapStory]:
    """Of all pairs the gap that surely changed most; where none did, the widest real one of a group that fails."""
    rates = [
        rate
        for score in scores
        if score.metric == metric and set(group_of(score.where)) == {name} and class_of(score.where) == level
        for rate in _rate(score)
    ]
    pairs = [sorted(pair, key=lambda rate: (-rate.real, -rate.synthetic)) for pair in itertools.combinations(rates, 2)]
    if not pairs:
        return
    sure = NormalDist().inv_cdf(1.0 - _CHANCE / 2 / len(pairs))
    stories = [_between(level, high, low, sure) for high, low in pairs]
    told = [story for story in stories if story.fate != "kept"]
    if told:
        yield max(told, key=lambda story: (abs(story.after - story.before), bool(failing & set(story.groups))))
    else:
        yield max(stories, key=lambda story: (bool(failing & set(story.groups)), story.before))


def _between(level: str, high: _Rate, low: _Rate, sure: float) -> GapStory:
    before, after = high.real - low.real, high.synthetic - low.synthetic
    fate = _fate(before, after, sure * math.sqrt(high.variance + low.variance))
    return GapStory(level, (high.part, low.part), before, after, fate, _told(level, high, low, fate))


def _fate(before: float, after: float, reach: float) -> Fate:
    """What became of a gap, as far as chance lets it be told."""
    if abs(after - before) <= reach:
        return "kept"
    if after < -reach:
        return "reversed"
    if abs(after) <= min(reach, before / 3):
        return "erased"
    return "amplified" if after > before else "shrunk"


def _told(level: str, high: _Rate, low: _Rate, fate: Fate) -> str:
    before, after = high.real - low.real, high.synthetic - low.synthetic
    first, unit = POINTS.show(before), POINTS.suffix
    there = f"{first}{unit} in the real data"
    what = {
        "kept": (
            f"stays as it is: {there}, {POINTS.show(after)} in the synthetic"
            if first == POINTS.show(after)
            else f"may have changed, which cannot be told from chance with these sizes: {there}, {_other_way(after)}"
        ),
        "reversed": f"is reversed: {there}, {POINTS.show(-after)} the other way in the synthetic",
        "erased": f"is erased: {there}, {POINTS.show(after)} in the synthetic",
        "amplified": f"is amplified: it grows from {first} to {POINTS.show(after)}{unit}",
        "shrunk": f"shrinks from {first} to {POINTS.show(after)}{unit}",
    }[fate]
    return (
        f"Between {high.part} and {low.part} the gap in {level!r} {what} "
        f"({PERCENT.show(high.synthetic)} % and {PERCENT.show(low.synthetic)} % of the synthetic records, "
        f"{PERCENT.show(high.real)} % and {PERCENT.show(low.real)} % of the real ones)."
    )


def _other_way(after: float) -> str:
    turned = "" if after >= 0 else " the other way"
    return f"{POINTS.show(abs(after))}{turned} in the synthetic"


def _rate(score: Score) -> Iterator[_Rate]:
    both, spread = both_shares(score.details), score.details.get("spread")
    if both is None or score.estimate is None or min(score.estimate.n) < _FEWEST or not isinstance(spread, Mapping):
        return
    yield _Rate(part_name(group_of(score.where)), both[1], both[0], float(spread.get("se", 0.0)) ** 2)


def both_shares(details: Mapping[str, object]) -> tuple[float, float] | None:
    """Synthetic and real share, None where one is not known."""
    synthetic, real = details.get("synthetic"), details.get("real")
    if isinstance(synthetic, int | float) and isinstance(real, int | float):
        return float(synthetic), float(real)
    return None


def class_key(where: Mapping[str, str]) -> str:
    """Under which name a part says the class that it is about, empty where it is about none."""
    return next((key for key in _CLASS_KEYS if key in where), "")


def class_of(where: Mapping[str, str]) -> str:
    """The class that a part is about, empty where it is about none."""
    return where.get(class_key(where), "")


def group_of(where: Mapping[str, str]) -> dict[str, str]:
    """What of a part says whose records they are."""
    key = class_key(where)
    return {name: level for name, level in where.items() if name != key}


def _beyond(item: GateResult) -> float:
    """How far beyond its limit a failure is."""
    number = item.judged_value
    return 0.0 if number is None or item.limit is None else abs(number - item.limit)


def _amplified(result: GateResult, details: Mapping[str, object]) -> str:
    attribute, way = _worst(result, details)
    value = result.value or 0.0
    text = (
        f"the label and {attribute} go together {POINTS.show(abs(value))}{POINTS.suffix} "
        f"{'more' if value >= 0 else 'less'} in the synthetic data than in the real data"
    )
    return f"{text} (from {way})" if way else text


def _epsilon(result: GateResult, details: Mapping[str, object]) -> str:
    attribute, _ = _worst(result, details)
    both = both_shares(details)
    text = f"differential fairness of the label by {attribute} changes by {PLAIN.show(result.value or 0.0)}"
    if both is not None:
        text += f", from {PLAIN.show(both[1])} in the real data to {PLAIN.show(both[0])}"
    pair, level = details.get("pair"), details.get("class")
    if isinstance(pair, list | tuple) and len(pair) == 2:  # noqa: PLR2004 - a pair
        text += f" (most apart: {level!r} of {pair[0]} and {pair[1]})"
    return text


def _drifted(result: GateResult, details: Mapping[str, object]) -> str:
    attribute, _ = _worst(result, details)
    chance = details.get("chance")
    beside = f" ({PERCENT.show(chance)} % by chance)" if isinstance(chance, int | float) else ""
    return f"{PERCENT.show(result.value or 0.0)} % of the records would have to change {attribute} or label{beside}"


def _leaked(result: GateResult, details: Mapping[str, object]) -> str:
    attribute, _ = _worst(result, details)
    step, both = PLAIN.show(result.value or 0.0), both_shares(details)
    text = f"the gap between the areas with which {attribute} is predicted from the rest is {step}"
    if both is None:
        return text
    return f"{text}: {PLAIN.show(both[0])} in the synthetic data, {PLAIN.show(both[1])} in the real"


def _worst(result: GateResult, details: Mapping[str, object]) -> tuple[str, str]:
    """Attribute and way of a part; of the whole set those of its worst part."""
    worst = details.get("worst")
    where = result.where or (worst if isinstance(worst, Mapping) else {})
    return str(where.get("attribute", "a group")), str(where.get("way", ""))


GROUP_LEADS: Mapping[str, Callable[[GateResult, Mapping[str, object]], str]] = MappingProxyType(
    {
        "bias_amplification": _amplified,
        "differential_fairness_amplification": _epsilon,
        "joint_drift": _drifted,
        "leakage": _leaked,
    }
)
