"""What a gate compares: one limit with one number and how sure that is, or with the worst of many."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from types import MappingProxyType
from typing import Any

from auditkit import spreads
from auditkit.config import GateRule, relative_share
from auditkit.gates.doubt import Bounds, spread_of, unclipped
from auditkit.gates.limits import BETWEEN_PARTS, LIMIT_KINDS, ON_BASELINE
from auditkit.gates.outcome import LimitKind
from auditkit.gates.pairs import pairs_of
from auditkit.gates.selection import Chosen
from auditkit.intervals import NORMAL_95, mover_difference, within
from auditkit.parts import part_name
from auditkit.results import Estimate, Score, base_name

__all__ = ["NO_BASELINE", "PASS_ALPHA", "Case", "cases_of"]

PASS_ALPHA = 0.05
NO_BASELINE = "has no baseline yet to compare it with: `auditkit baseline update` keeps today's scores as one"
_SIGNS: Mapping[LimitKind, float] = MappingProxyType({"min": -1.0, "max_drop": -1.0})


@dataclass(frozen=True)
class Case:
    """One limit on one part. `value`, `margin` and `spread` are signed so that larger is worse.

    Attributes
    ----------
    rule : GateRule
    chosen : Chosen
    kind : {"max", "min", "max_excess", "max_increase", "max_drop"}
    limit : float
        Of a change in percent: that share of the baseline.
    value : float or None
    spread : mapping or None
    n : tuple of (int, int)
    parts : tuple of Case
        Those of which this one is the worst, itself among them; empty where it stands for itself.
    share : float or None
        Of the baseline that the limit is, where it was written in percent.
    ways : int
        Tests behind each part: 2 of two that were put in order by looking at them.
    null : Estimate or None
        What a model's gap between groups is by chance alone, signed as the value: whatever that explains is no failure.
    """

    rule: GateRule
    chosen: Chosen
    kind: LimitKind
    limit: float
    value: float | None = None
    spread: Mapping[str, Any] | None = None
    n: tuple[int, int] = (0, 0)
    parts: tuple[Case, ...] = ()
    share: float | None = None
    ways: int = 1
    null: Estimate | None = None

    @property
    def sign(self) -> float:
        """-1 where a larger number is better."""
        return _SIGNS.get(self.kind, 1.0)

    @property
    def margin(self) -> float:
        """The limit, signed as the value; a change is counted towards the worse, and so is its limit."""
        return -self.limit if self.kind == "min" else self.limit

    @property
    def testable(self) -> bool:
        """Whether there is a number to test."""
        return not self.chosen.settled and self.value is not None and self.spread is not None

    @property
    def n_parts(self) -> int:
        """Parts that were looked at."""
        return max(len(self.parts), 1)

    @property
    def looks(self) -> int:
        """Tests of which this one was picked for being the worst (Bonferroni's correction)."""
        return max(sum(part.testable for part in self.parts), 1) * self.ways

    @property
    def p_value(self) -> float:
        """Of "within the limit", corrected for the parts."""
        return min(1.0, self.looks * self.p_alone)

    @property
    def p_alone(self) -> float:
        """The same without that correction."""
        beyond = spreads.p_above(self.value or 0.0, self.spread or {"kind": "exact"}, margin=self.margin)
        return max(beyond, self._p_chance)

    @property
    def _p_chance(self) -> float:
        """Of a value as bad where groups do not matter; 0 where that is not known."""
        if self.null is None or self.null.high is None or self.value is None:
            return 0.0
        error = (self.null.high - self.null.value) / NORMAL_95
        distance = self.value - self.null.value
        return NormalDist().cdf(-distance / error) if error > 0 else float(distance <= 0)

    @property
    def bounds(self) -> Bounds:
        """Where the signed value can lie."""
        low, high = (None, None) if self.chosen.score is None else self.chosen.score.bounds
        if self.kind in ("max", "min"):
            ends = (low, high) if self.sign > 0 else (high, low)
            return _times(ends[0], self.sign), _times(ends[1], self.sign)
        return (None, None) if low is None or high is None else (low - high, high - low)

    def limits(self, alpha: float) -> tuple[float, float]:
        """One-sided limits of the value, each wrong with chance alpha at most, where it can lie."""
        return within(*self.reach(alpha), self.bounds)

    def reach(self, alpha: float) -> tuple[float, float]:
        """The same limits, also beyond where the value can lie."""
        low, high = spreads.limits(self.value or 0.0, self.spread or {"kind": "exact"}, alpha=alpha)
        if self._p_chance > alpha:
            low = min(low, -1.0 if self.kind == "min" else 0.0)  # where groups do not matter a ratio is 1 and a gap 0
        return low, high

    def beyond(self, alpha: float) -> tuple[str, ...]:
        """Other parts that are beyond the limit at this level, the worst first, as `"column=age"`."""
        others = [part for part in self.parts if part.testable and part.chosen.where != self.chosen.where]
        found = [part for part in others if self.looks * part.p_alone <= alpha]
        return tuple(part_name(part.chosen.where) for part in sorted(found, key=lambda part: -(part.value or 0.0)))


def cases_of(rule: GateRule, chosen: Sequence[Chosen], *, alpha: float) -> list[Case]:
    """What a rule compares: a case for each part and limit, or with `reduce = "worst"` one for each limit.

    Parameters
    ----------
    rule : GateRule
    chosen : sequence of Chosen
        Its parts.
    alpha : float
        Level of the whole check.
    """
    kinds = [kind for kind in LIMIT_KINDS if getattr(rule, kind) is not None]
    if rule.reduce in ("worst", *BETWEEN_PARTS):
        return [case for kind in kinds for case in _reduced(rule, chosen, kind, alpha=alpha)]
    cases = [[_case(rule, item, kind) for item in chosen] for kind in kinds]
    return [case for items in zip(*cases, strict=True) for case in items]


def _reduced(rule: GateRule, chosen: Sequence[Chosen], kind: LimitKind, *, alpha: float) -> list[Case]:
    """The worst part, or the worst two, and every part that is too small to be among them."""
    small = [_case(rule, item, kind) for item in chosen if item.small and len(chosen) > 1]
    if all(item.small for item in chosen):
        return small or [_case(rule, item, kind) for item in chosen]
    if rule.reduce == "worst":
        return [_worst([_case(rule, item, kind) for item in chosen if not item.small], alpha=alpha), *small]
    lost = [_case(rule, item, kind) for item in chosen if item.settled and not item.small]
    found = []
    for pairs in pairs_of(rule, chosen, kind):
        cases = [replace(_case(rule, pair, kind), ways=2) for pair in pairs]
        found.append(_worst(cases, alpha=alpha) if cases[0].chosen.score is not None else cases[0])
    return [*found, *lost, *small]


def _worst(cases: Sequence[Case], *, alpha: float) -> Case:
    """The part that is the clearest failure; where none fails, the one that is the furthest from passing."""
    tests = [case for case in cases if case.testable]
    if len({case.chosen.settled for case in cases}) == 1 and cases[0].chosen.settled == "no_baseline":
        return cases[0]
    if all(case.chosen.settled and _status(case) == "undefined" for case in cases):
        # A table may well hold no such pair of columns: that is no lack of evidence.
        first = cases[0]
        return replace(first, chosen=replace(first.chosen, where=first.rule.where, settled="not_applicable"))
    if not tests or cases[0].rule.decide == "point":
        known = [case for case in cases if not case.chosen.settled and case.value is not None]
        worst = max(known, key=lambda case: case.value or 0.0, default=cases[0])
        return replace(worst, parts=tuple(known))
    tries = tuple(tests)
    clearest = replace(min(tests, key=lambda case: (case.p_alone, -(case.value or 0.0))), parts=tries)
    if clearest.p_value <= alpha:
        return clearest
    failed = next((case for case in cases if case.chosen.settled == "error" and _status(case) == "error"), None)
    if failed is not None:
        return failed  # the others may be right, but this one is known to nobody
    return replace(max(tests, key=lambda case: case.limits(PASS_ALPHA)[1]), parts=tries)


def _status(case: Case) -> str:
    return "" if case.chosen.score is None else case.chosen.score.status


def _case(rule: GateRule, chosen: Chosen, kind: LimitKind) -> Case:
    change = getattr(rule, kind)
    share = relative_share(change)
    case = Case(rule, chosen, kind, 0.0 if share is not None else float(change), share=share)
    if chosen.settled or chosen.score is None:
        return case
    return _changed(case, chosen.score) if kind in ON_BASELINE else _measured(case, chosen.score)


def _measured(case: Case, score: Score) -> Case:
    """Case with the number to judge and how sure it is; settled as an error where there is none."""
    estimate = score.excess if case.kind == "max_excess" else score.estimate
    if estimate is None or not math.isfinite(estimate.value):
        missing = "it has no value" if case.kind != "max_excess" else "there is no fresh real data to compare it with"
        chosen = replace(case.chosen, settled="error", reason=score.reason or missing)
        return replace(case, chosen=chosen)
    signed = _signed(estimate, case.sign)
    spread = _stated_spread(case.kind, score) or spread_of(unclipped(signed, case.bounds)) or _cut(estimate, score)
    return replace(case, value=signed.value, spread=spread, n=_sizes(estimate, score), null=_null(case, score))


def _null(case: Case, score: Score) -> Estimate | None:
    chance = score.references.get("chance")
    if chance is None or chance.low is None or case.kind == "max_excess" or base_name(score.metric) != "ablation_score":
        return None
    return _signed(chance, case.sign)


def _changed(case: Case, score: Score) -> Case:
    """Case of a change since the baseline, whose limit may be a share of the baseline."""
    share = case.share
    compared, baseline = score.compared, score.references.get("baseline")
    refused = score.details.get("baseline_refused")
    if compared is None or not math.isfinite(compared.value):
        return replace(case, chosen=replace(case.chosen, settled="error", reason=score.reason or "it has no value"))
    if refused:
        return replace(case, chosen=replace(case.chosen, settled="error", reason=str(refused)))
    if baseline is None:
        return replace(case, chosen=replace(case.chosen, settled="no_baseline", reason=NO_BASELINE))
    limit = case.limit if share is None else share * abs(baseline.value)
    case = replace(case, limit=limit)
    signed, beside = (_signed(unclipped(item, score.bounds), case.sign) for item in (compared, baseline))
    # A share of a number that is itself not known exactly: what is tested is one side less (1 + share) of the other.
    scaled = _scaled(beside, 1.0 + (share or 0.0) * math.copysign(1.0, beside.value))
    step = signed.value - beside.value
    difference = mover_difference(signed, scaled)
    spread = {"kind": "exact"} if score.details.get("baseline_same") else spread_of(difference)
    if spread is None and baseline.low is None:
        spread = _stated_spread(case.kind, score)
    return replace(case, value=step, spread=spread, n=_sizes(difference, score))


def _scaled(estimate: Estimate, factor: float) -> Estimate:
    ends = [limit * factor for limit in (estimate.low, estimate.high) if limit is not None]
    low, high = (min(ends), max(ends)) if len(ends) == 2 else (None, None)  # noqa: PLR2004 - both limits
    return replace(estimate, value=estimate.value * factor, low=low, high=high)


def _stated_spread(kind: LimitKind, score: Score) -> Mapping[str, Any] | None:
    """Spread that the metric gives: it is the excess's, and the value's too where there is no doubt at all."""
    spread: Mapping[str, Any] | None = score.details.get("spread")
    if spread is None or kind == "max_excess":
        return spread
    return spread if spread["kind"] in ("exact", "ratio") else None


def _signed(estimate: Estimate, sign: float) -> Estimate:
    if sign > 0:
        return estimate
    low = None if estimate.high is None else -estimate.high
    high = None if estimate.low is None else -estimate.low
    return replace(estimate, value=-estimate.value, low=low, high=high)


def _cut(estimate: Estimate, score: Score) -> Mapping[str, Any] | None:
    """Spread of a value whose limits were both cut at the metric's bounds: that of the excess, which is no narrower."""
    stated: Mapping[str, Any] | None = score.details.get("spread")
    return stated if estimate.low is not None and stated is not None and stated["kind"] in ("normal", "t") else None


def _times(number: float | None, sign: float) -> float | None:
    return None if number is None else sign * number


def _sizes(estimate: Estimate, score: Score) -> tuple[int, int]:
    if estimate.n != (0, 0) or score.estimate is None:
        return estimate.n
    return score.estimate.n
