"""What lies between two parts: the gap, or the ratio, of every two of them, as a score that a limit can be held to.

The widest gap of many parts is wide by chance alone, the more so the smaller they are. So each two parts are tested
against the limit, corrected for all pairs, and beside the widest gap stands what parts that are all alike would show.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from auditkit.config import GateRule
from auditkit.gates.doubt import unclipped
from auditkit.gates.limits import ON_BASELINE
from auditkit.gates.outcome import LimitKind
from auditkit.gates.selection import Chosen, told_beside
from auditkit.intervals import NORMAL_95, mover_difference, within
from auditkit.parts import part_name
from auditkit.results import Estimate, Score
from auditkit.spreads import limits

__all__ = ["chance_gap", "pairs_of"]

_DRAWS = 2000
_ALIKE = 0.95


def pairs_of(rule: GateRule, chosen: Sequence[Chosen], kind: LimitKind) -> list[list[Chosen]]:
    """Every two parts as a score of what lies between them, by what else they have in common.

    Parameters
    ----------
    rule : GateRule
        With `reduce = "max_gap"` or `"min_ratio"`.
    chosen : sequence of Chosen
        Parts; those that are settled take no part.
    kind : str
        Limits on a change compare at the baseline's size.

    Returns
    -------
    list of list of Chosen
        Per class, or other columns than those of `by`, a list of pairs, or of one entry that says why there is none.
    """
    strata: dict[tuple[tuple[str, ...], tuple[tuple[str, str], ...]], list[Chosen]] = {}
    for item in chosen:
        keys = tuple(sorted(name for name in item.where if _compared(rule, name)))
        rest = tuple(sorted((name, level) for name, level in item.where.items() if name not in keys))
        strata.setdefault((keys, rest), []).append(item)
    return [_pairs(rule, items, dict(rest), kind) for (_, rest), items in strata.items()]


def chance_gap(estimates: Sequence[Estimate], bounds: tuple[float | None, float | None] = (None, None)) -> float:
    """Gap that parts which are all alike stay below with a chance of 95 %.

    g = max - min of m + s_i z_i over 2,000 draws, with m the mean weighted by 1 / s_i^2 and s_i from the 95 % limits.

    Parameters
    ----------
    estimates : sequence of Estimate
        Those without limits take no part.
    bounds : tuple of (float or None, float or None)
        Where a value can lie.

    Examples
    --------
    >>> round(chance_gap([Estimate(0.5, 0.4, 0.6), Estimate(0.6, 0.5, 0.7)]), 2)
    0.14
    """
    known = [item for item in estimates if item.low is not None and item.high is not None]
    if len(known) < 2:  # noqa: PLR2004 - a gap lies between two
        return 0.0
    errors = np.array([max(_width(item) / (2 * NORMAL_95), 1e-12) for item in known])
    mean = float(np.average([item.value for item in known], weights=1 / errors**2))
    drawn = mean + errors * np.random.default_rng(len(known)).standard_normal((_DRAWS, len(known)))
    low, high = (-np.inf if bounds[0] is None else bounds[0]), (np.inf if bounds[1] is None else bounds[1])
    return float(np.quantile(np.ptp(np.clip(drawn, low, high), axis=1), _ALIKE))


def _width(item: Estimate) -> float:
    return (item.high or 0.0) - (item.low or 0.0)


def _compared(rule: GateRule, name: str) -> bool:
    """Whether a key of a part tells apart what is compared, not what is compared in it."""
    return name not in rule.where and (name in rule.by or ("*" in rule.by and not told_beside(name)))


def _pairs(rule: GateRule, items: Sequence[Chosen], rest: dict[str, str], kind: LimitKind) -> list[Chosen]:
    known = [
        (item, item.score, found)
        for item in items
        if item.score is not None and (found := _estimate(item.score, kind)) is not None and not item.settled
    ]
    if len(known) < 2:  # noqa: PLR2004 - a gap lies between two
        small = any(item.small for item in items)
        reason = f"fewer than two parts {'are large enough' if small else 'have a value'} to be compared"
        return [Chosen(rest, settled="undecided" if small else "not_applicable", reason=reason, small=small)]
    measured = [found for _, _, found in known]
    first = known[0][1]
    details: dict[str, object] = {"n_parts": len(known), "unit": first.unit}  # a ratio has none, what it is of has
    if rule.reduce == "max_gap":
        details["chance_gap"] = chance_gap(measured, first.bounds)
    before = _before(rule, [score for _, score, _ in known])
    pairs = []
    for one, other in itertools.combinations(known, 2):
        high, low = (one, other) if one[2].value >= other[2].value else (other, one)
        names = [part_name({n: v for n, v in side[0].where.items() if n not in rest}) for side in (high, low)]
        made = _score(rule, first, rest, high[2], low[2])
        told = {"between": names, "values": [high[2].value, low[2].value], **details, **made.details, **before.details}
        pairs.append(Chosen(rest, replace(made, details=told, references=before.references)))
    widest = max(pairs, key=lambda pair: _gap(pair.score))
    shared = {"widest": _details(widest)["between"]}
    return [_with_details(pair, shared) for pair in pairs]


def _details(pair: Chosen) -> dict[str, object]:
    return {} if pair.score is None else dict(pair.score.details)


def _with_details(pair: Chosen, more: dict[str, object]) -> Chosen:
    if pair.score is None:
        return pair
    return replace(pair, score=replace(pair.score, details={**pair.score.details, **more}))


def _gap(score: Score | None) -> float:
    if score is None or score.value is None:
        return 0.0
    return score.value if score.direction == "lower" else -score.value


def _estimate(score: Score, kind: LimitKind) -> Estimate | None:
    return score.compared if kind in ON_BASELINE else score.estimate


def _score(rule: GateRule, like: Score, where: dict[str, str], high: Estimate, low: Estimate) -> Score:
    """Score of the gap between two parts, or of the ratio of the lower to the higher one."""
    n = (min(high.n[0], low.n[0]), min(high.n[1], low.n[1]))
    base = replace(like, where=where, references={}, excess=None, details={}, matched=None, status="ok", reason="")
    if rule.reduce == "max_gap":
        bounds = (0.0, None if like.bounds[0] is None or like.bounds[1] is None else like.bounds[1] - like.bounds[0])
        gap = mover_difference(unclipped(high, like.bounds), unclipped(low, like.bounds))
        if gap.low is not None and gap.high is not None:
            gap = replace(gap, low=within(gap.low, gap.high, bounds)[0], high=within(gap.low, gap.high, bounds)[1])
        return replace(base, estimate=gap, direction="lower", bounds=bounds)
    ratio = 1.0 if high.value <= 0 else low.value / high.value
    spread = _ratio_spread(low, high)
    if spread is None:
        return replace(base, estimate=Estimate(ratio, n=n), direction="higher", bounds=(0.0, 1.0), unit="")
    ends = limits(-ratio, spread, alpha=0.025)
    estimate = Estimate(ratio, -ends[1], min(-ends[0], max(1.0, ratio)), "mover", n)
    return replace(
        base, estimate=estimate, direction="higher", bounds=(0.0, 1.0), unit="", details={"spread": dict(spread)}
    )


def _ratio_spread(top: Estimate, bottom: Estimate) -> dict[str, object] | None:
    if top.low is None or top.high is None or bottom.low is None or bottom.high is None or bottom.value <= 0:
        return None
    sides = {
        name: [(item.value - (item.low or 0.0)) / NORMAL_95, ((item.high or 0.0) - item.value) / NORMAL_95]
        for name, item in (("top", top), ("bottom", bottom))
    }
    return {
        "kind": "ratio",
        "top": top.value,
        "bottom": bottom.value,
        "top_se": sides["top"],
        "bottom_se": sides["bottom"],
    }


def _before(rule: GateRule, scores: Sequence[Score]) -> Score:
    """A score that bears the baseline's own gap, or ratio, and why there is none."""
    bare = replace(scores[0], references={}, details={})
    refused = next((score.details["baseline_refused"] for score in scores if score.details.get("baseline_refused")), "")
    if refused:
        return replace(bare, details={"baseline_refused": refused})
    held = [score.references["baseline"] for score in scores if "baseline" in score.references]
    if len(held) < 2:  # noqa: PLR2004 - a gap lies between two
        return bare
    made = [
        _score(rule, bare, {}, *sorted(pair, key=lambda item: -item.value)) for pair in itertools.combinations(held, 2)
    ]
    worst = max(made, key=_gap).estimate
    if worst is None:
        return bare
    # The true gap is at least that of any pair: its limits are the largest of all pairs' limits.
    known = [item.estimate for item in made if item.estimate is not None]
    ends = (max, min)[rule.reduce == "min_ratio"]
    lows = [item.low for item in known if item.low is not None]
    highs = [item.high for item in known if item.high is not None]
    if len(lows) == len(highs) == len(known):
        worst = replace(worst, low=ends(lows), high=ends(highs))
    same = all(score.details.get("baseline_same") for score in scores)
    return replace(bare, references={"baseline": worst}, details={"baseline_same": True} if same else {})
