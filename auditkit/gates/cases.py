"""What a gate compares: one limit with one number and how sure that is, or with the worst of many."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any

from auditkit import spreads
from auditkit.config import GateRule
from auditkit.gates.outcome import LimitKind
from auditkit.gates.rules import LIMIT_KINDS
from auditkit.gates.selection import Chosen
from auditkit.results import Estimate, Score, part_name

__all__ = ["PASS_ALPHA", "Case", "cases_of"]

PASS_ALPHA = 0.05


@dataclass(frozen=True)
class Case:
    """One limit on one part. `value`, `margin` and `spread` are signed so that larger is worse.

    Attributes
    ----------
    rule : GateRule
    chosen : Chosen
    kind : {"max", "min", "max_excess"}
    limit : float
    value : float or None
    spread : mapping or None
    n : tuple of (int, int)
    parts : tuple of Case
        Those of which this one is the worst, itself among them; empty where it stands for itself.
    """

    rule: GateRule
    chosen: Chosen
    kind: LimitKind
    limit: float
    value: float | None = None
    spread: Mapping[str, Any] | None = None
    n: tuple[int, int] = (0, 0)
    parts: tuple[Case, ...] = ()

    @property
    def sign(self) -> float:
        """-1 where a larger number is better."""
        return -1.0 if self.kind == "min" else 1.0

    @property
    def margin(self) -> float:
        """The limit, signed as the value."""
        return self.sign * self.limit

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
        return max(sum(part.testable for part in self.parts), 1)

    @property
    def p_value(self) -> float:
        """Of "within the limit", corrected for the parts."""
        return min(1.0, self.looks * self.p_alone)

    @property
    def p_alone(self) -> float:
        """The same without that correction."""
        return spreads.p_above(self.value or 0.0, self.spread or {"kind": "exact"}, margin=self.margin)

    def limits(self, alpha: float) -> tuple[float, float]:
        """One-sided limits of the value, each wrong with chance alpha at most."""
        return spreads.limits(self.value or 0.0, self.spread or {"kind": "exact"}, alpha=alpha)

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
    cases = [[_case(rule, item, kind) for item in chosen] for kind in kinds]
    if rule.reduce == "worst":
        return [_worst(items, alpha=alpha) for items in cases if items]
    return [case for items in zip(*cases, strict=True) for case in items]


def _worst(cases: Sequence[Case], *, alpha: float) -> Case:
    """The part that is the clearest failure; where none fails, the one that is the furthest from passing."""
    tests = [case for case in cases if case.testable]
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
    case = Case(rule, chosen, kind, float(getattr(rule, kind)))
    return case if chosen.settled or chosen.score is None else _measured(case, chosen.score)


def _measured(case: Case, score: Score) -> Case:
    """Case with the number to judge and how sure it is; settled as an error where there is none."""
    estimate = score.excess if case.kind == "max_excess" else score.estimate
    if estimate is None or not math.isfinite(estimate.value):
        missing = "it has no value" if case.kind != "max_excess" else "there is no fresh real data to compare it with"
        chosen = replace(case.chosen, settled="error", reason=score.reason or missing)
        return replace(case, chosen=chosen)
    signed = _signed(estimate, case.sign)
    spread = _stated_spread(case.kind, score) or _spread(signed, case.margin)
    return replace(case, value=signed.value, spread=spread, n=_sizes(estimate, score))


def _stated_spread(kind: LimitKind, score: Score) -> Mapping[str, Any] | None:
    """Spread that the metric gives: it is the excess's, and the value's too where there is no doubt at all."""
    spread: Mapping[str, Any] | None = score.details.get("spread")
    if spread is None or kind == "max_excess":
        return spread
    return spread if spread["kind"] == "exact" else None


def _signed(estimate: Estimate, sign: float) -> Estimate:
    if sign > 0:
        return estimate
    low = None if estimate.high is None else -estimate.high
    high = None if estimate.low is None else -estimate.low
    return replace(estimate, value=-estimate.value, low=low, high=high)


def _spread(estimate: Estimate, margin: float) -> Mapping[str, Any] | None:
    """Normal spread from a 95 % interval, by the side that looks towards the margin; None without an interval."""
    if estimate.low is None or estimate.high is None:
        return None
    reach = estimate.value - estimate.low if estimate.value > margin else estimate.high - estimate.value
    if not math.isfinite(reach):
        return None
    se = max(reach, 0.0) / NormalDist().inv_cdf(0.975)
    return {"kind": "normal", "se": se} if se > 0 else {"kind": "exact"}


def _sizes(estimate: Estimate, score: Score) -> tuple[int, int]:
    if estimate.n != (0, 0) or score.estimate is None:
        return estimate.n
    return score.estimate.n
