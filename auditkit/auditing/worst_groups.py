"""The worst group by each score, and how bad the worst would be by chance alone if all groups were alike.

Of several groups one is always the worst, and mostly it is a small one. So beside its excess stands what the worst
of as many groups, known as badly as these, is expected to show where they do not differ at all.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from auditkit.gates.digits import PLAIN, POINTS
from auditkit.gates.group_words import GROUP_SHARES
from auditkit.intervals import NORMAL_95, holm
from auditkit.parts import part_name
from auditkit.results import Score, Scores

__all__ = ["ALPHA", "WorstGroup", "worst_fact", "worst_groups"]

DRAWS = 2000
ALPHA = 0.01
# Differences of shares below this are no finding, however sure.
LEAST_POINTS = 0.05
_TOLD = 3
Double = NDArray[np.float64]


@dataclass(frozen=True)
class WorstGroup:
    """The group in which a score is worst.

    Attributes
    ----------
    metric : str
    where : mapping of str to str
        The group, as `{"race": "Other"}`.
    value : float
        The score there.
    excess : float
        How much worse than fresh real rows of the group; of gaps, the size of the gap.
    by_chance : float
        What the worst of these groups is expected to be worse by if all are alike.
    chance_share : float
        `by_chance` over `excess`, at most 1.
    p, p_adjusted : float
        How often a worst group would be as bad if all were alike; the same after Holm's correction for all scores.
    n_groups : int
    unit : str
    """

    metric: str
    where: Mapping[str, str]
    value: float
    excess: float
    by_chance: float
    chance_share: float
    p: float
    p_adjusted: float
    n_groups: int
    unit: str

    @property
    def group(self) -> str:
        """The group in a word, as `"race=Other"`."""
        return part_name(self.where)


def worst_groups(scores: Iterable[Score], groups: Iterable[str], *, seed: int = 0) -> tuple[WorstGroup, ...]:
    """Worst group of each score that is read in at least two groups with its error.

    Under the null group g shows mu + se_g t_g, with mu the mean of all groups weighted by 1 / se_g^2 (0 where a score
    has a target of its own) and t_g from its Student distribution; mu is estimated anew in each draw. The worst of
    them is the largest, or the farthest from 0 where nearest is best. P(worst >= e) = 1 - prod_g F_g((e - mu) / s_g)
    with s_g^2 = se_g^2 - 1 / sum(1 / se^2), as if groups were independent about their mean.

    Parameters
    ----------
    scores : iterable of Score
    groups : iterable of str
        Names of the declared groups.
    seed : int, default 0
        Of the 2,000 draws behind the expected worst; the p-value is a formula.

    Returns
    -------
    tuple of WorstGroup
        In the order of the scores.

    Notes
    -----
    Intersections count as groups beside those that they are of, which makes the expectation a little too large.
    """
    names = frozenset(groups)
    by_metric: dict[str, list[Score]] = {}
    for score in scores:
        if names.intersection(score.where) and not score.metric.startswith("ablation"):
            by_metric.setdefault(score.metric, []).append(score)
    found = [_worst(items, np.random.default_rng([seed, place])) for place, items in enumerate(by_metric.values())]
    known = [item for item in found if item is not None]
    adjusted = holm([item[1] for item in known])
    return tuple(_told(*item, p_adjusted) for item, p_adjusted in zip(known, adjusted, strict=True))


def _worst(items: Sequence[Score], rng: np.random.Generator) -> tuple[Score, float, float, float, int] | None:
    """Worst score with its p, its size, the expected worst, and the number of groups."""
    known = [(score, *told) for score in items if (told := _step(score)) is not None]
    if len(known) < 2:  # noqa: PLR2004 - the worst of one is no news
        return None
    steps, errors, freedom = (np.array([item[place] for item in known]) for place in (1, 2, 3))
    folded = known[0][0].direction == "match"
    weights, middle, left = np.zeros(len(errors)), 0.0, 0.0
    if known[0][0].target is None:
        precision = (1.0 / errors**2).sum()
        weights, left = 1.0 / errors**2 / precision, 1.0 / precision
        middle = float((steps * weights).sum())
    noise = errors * rng.standard_t(freedom, (DRAWS, len(errors)))
    noise += middle - (noise * weights).sum(axis=1, keepdims=True)
    worst = np.abs(noise).max(axis=1) if folded else noise.max(axis=1)
    sizes = np.abs(steps) if folded else steps
    place = int(sizes.argmax())
    p = _p_of_worst(float(sizes[place]), middle, np.sqrt(np.maximum(errors**2 - left, 1e-300)), freedom, folded=folded)
    return known[place][0], p, float(sizes[place]), float(worst.mean()), len(known)


def _p_of_worst(size: float, middle: float, errors: Double, freedom: Double, *, folded: bool) -> float:
    """Chance that one of several independent groups is as bad; what they share through their mean makes it smaller."""
    tails = special.stdtr(freedom, (middle - size) / errors)
    if folded:
        tails = np.minimum(tails + special.stdtr(freedom, (-middle - size) / errors), 1.0)
    with np.errstate(divide="ignore"):
        return float(-np.expm1(np.log1p(-tails).sum()))


def _step(score: Score) -> tuple[float, float, float] | None:
    """How much worse a group is, with its sign where nearest is best, the error of that and its degrees of freedom."""
    if score.excess is None or score.value is None:
        return None
    spread = score.details.get("spread") or {}
    error = spread.get("se")
    if error is None and score.excess.high is not None:
        error = (score.excess.high - score.excess.value) / NORMAL_95
    if error is None or not error > 0 or not math.isfinite(error):
        return None
    step = score.excess.value
    if score.direction == "match":
        against = score.references.get("yardstick") or score.references.get("chance")
        beside = score.details.get("at_equal_size", score.value) if score.yardstick is not None else score.value
        if against is not None and beside < against.value:
            step = -step
    return step, float(error), float(spread.get("df", 1e6))


def _told(score: Score, p: float, size: float, by_chance: float, n_groups: int, p_adjusted: float) -> WorstGroup:
    return WorstGroup(
        metric=score.metric,
        where=dict(score.where),
        value=float(score.value or 0.0),
        excess=size,
        by_chance=by_chance,
        chance_share=min(1.0, max(by_chance, 0.0) / size) if size > 0 else 1.0,
        p=p,
        p_adjusted=p_adjusted,
        n_groups=n_groups,
        unit=score.unit,
    )


def worst_fact(scores: Scores, groups: Iterable[str]) -> dict[str, str]:
    """What a finding says of groups that are worse off beyond chance.

    Parameters
    ----------
    scores : Scores
    groups : iterable of str

    Returns
    -------
    dict
        `{"worst_groups": sentence}`, empty where there is nothing to say. Shares and label rates have gates of their
        own and are left out.
    """
    found = [
        item
        for item in worst_groups(scores, groups)
        if item.p_adjusted <= ALPHA
        and item.unit == "share"
        and item.metric not in GROUP_SHARES
        and item.excess - max(item.by_chance, 0.0) >= LEAST_POINTS
    ]
    found.sort(key=lambda item: (item.p_adjusted, -item.excess))
    more = f"; and {len(found) - _TOLD} more scores" if len(found) > _TOLD else ""
    told = "; ".join(_words(item) for item in found[:_TOLD])
    return {"worst_groups": f"{told}{more}."} if found else {}


def _words(item: WorstGroup) -> str:
    scale = POINTS if item.unit == "share" else PLAIN
    amount, chance = (f"{scale.show(number)}{scale.suffix}" for number in (item.excess, item.by_chance))
    return (
        f"{item.metric} is worst for {item.group}, worse than for fresh real records by {amount}, where the worst of "
        f"{item.n_groups} groups that are alike would be by {chance}"
    )
