"""The decision: fail when the evidence is beyond the limit, pass when it is within, else say what would decide.

All error-level gates and parts of one check are one family (Holm): with fifty groups, two or three would fail by
chance alone at 5 %. Warn-level gates are a family of their own, so that adding one never weakens an error.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any

from auditkit import intervals, spreads
from auditkit.config import CheckConfig, GateRule
from auditkit.gates.findings import make_findings
from auditkit.gates.outcome import GateResult, GateVerdict, LimitKind, Verdict
from auditkit.gates.rules import ABLATION, LIMIT_KINDS, check_rules
from auditkit.gates.selection import Chosen, choose
from auditkit.gates.wording import Wording, sentence
from auditkit.results import Estimate, Score, Scores, base_name

__all__ = ["judge"]

PASS_ALPHA = 0.05
POWER = 0.8
# Beyond this factor more data are no practical advice: the truth lies at the limit.
_MOST_GROWTH = 100.0


@dataclass(frozen=True)
class _Case:
    """One limit on one part. `value`, `margin` and `spread` are signed so that larger is worse."""

    rule: GateRule
    chosen: Chosen
    kind: LimitKind
    limit: float
    value: float | None = None
    spread: Mapping[str, Any] | None = None
    n: tuple[int, int] = (0, 0)

    @property
    def sign(self) -> float:
        return -1.0 if self.kind == "min" else 1.0

    @property
    def margin(self) -> float:
        return self.sign * self.limit

    @property
    def testable(self) -> bool:
        return not self.chosen.settled and self.value is not None and self.spread is not None


@dataclass(frozen=True)
class _Decision:
    verdict: GateVerdict
    reason: str = ""
    p_value: float | None = None
    judged: tuple[float, float] | None = None  # signed, larger is worse
    alpha: float = 0.0


def judge(
    scores: Scores,
    gates: Sequence[GateRule],
    *,
    check: CheckConfig,
    skipped: Mapping[str, str] | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Verdict:
    """Judge scores by gates.

    Parameters
    ----------
    scores : Scores
        Of one audit, with those of an ablation where one was run.
    gates : sequence of GateRule
        Already merged with their preset (`merge_rules`).
    check : CheckConfig
        `confidence` of the whole family and what undecided gates count as.
    skipped : mapping of str to str, optional
        Metrics that do not apply here, and why: `{"label_rate_gap": "no label was declared"}`.
    facts : mapping, optional
        What the auditor knows beside the scores. `"contaminated_holdout"`: a sentence; gates on copying then lack
        their evidence.

    Returns
    -------
    Verdict

    Raises
    ------
    ConfigError
        If a gate is inverted, has no limit, or names an unknown metric or group.
    """
    known, about = dict(skipped or {}), dict(facts or {})
    rules = check_rules(gates, scores=scores, skipped=known)
    contaminated = str(about.get("contaminated_holdout") or "")
    cases = [
        case
        for rule in rules
        for chosen in choose(rule, scores, skipped=known, contaminated=contaminated)
        for case in _cases(rule, chosen)
    ]
    alpha = 1.0 - check.confidence
    decisions = _decide_all(cases, alpha=alpha)
    n_tests = {level: _n_tests(cases, decisions, level) for level in ("error", "warn")}
    results = tuple(
        _result(case, decision, confidence=check.confidence, n_tests=n_tests[case.rule.level])
        for case, decision in zip(cases, decisions, strict=True)
    )
    verdict = Verdict(
        passed=False,
        exit_code=0,
        results=results,
        findings=make_findings(results, scores=scores, facts=about),
        notes=_notes(results, n_tests["error"], check.confidence),
        undecided_as=check.undecided,
    )
    code = _exit_code(verdict)
    return replace(verdict, passed=code == 0, exit_code=code)


def _cases(rule: GateRule, chosen: Chosen) -> list[_Case]:
    """One case per limit of the rule."""
    cases = []
    for kind in LIMIT_KINDS:
        limit = getattr(rule, kind)
        if limit is not None:
            case = _Case(rule, chosen, kind, float(limit))
            cases.append(case if chosen.settled or chosen.score is None else _measured(case, chosen.score))
    return cases


def _measured(case: _Case, score: Score) -> _Case:
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


def _decide_all(cases: Sequence[_Case], *, alpha: float) -> list[_Decision]:
    """Decisions in order, each level's tests corrected together."""
    decisions = [_untested(case) for case in cases]
    for level in ("error", "warn"):
        family = [
            index
            for index, case in enumerate(cases)
            if case.rule.level == level and case.rule.decide == "confident" and case.testable
        ]
        tests = [_p_value(cases[index]) for index in family]
        levels = _holm_levels(tests, alpha)
        for index, p_value, own in zip(family, intervals.holm(tests), levels, strict=True):
            decisions[index] = _decide(cases[index], p_value=p_value, own_alpha=own, alpha=alpha)
    return decisions


def _n_tests(cases: Sequence[_Case], decisions: Sequence[_Decision], level: str) -> int:
    pairs = zip(cases, decisions, strict=True)
    return sum(decision.p_value is not None and case.rule.level == level for case, decision in pairs)


def _untested(case: _Case) -> _Decision:
    """Decision of a case that needs no test: settled before, by the bare number, or without an interval."""
    chosen = case.chosen
    if chosen.settled == "small":
        return _Decision("undecided", chosen.reason)
    if chosen.settled:
        return _Decision("error" if chosen.settled == "error" else "not_applicable", chosen.reason)
    if case.rule.decide == "point" and case.value is not None:
        return _Decision("fail" if case.value > case.margin else "pass")
    return _Decision("undecided", 'it has no interval, so chance cannot be told apart; decide = "point" would judge it')


def _p_value(case: _Case) -> float:
    value, spread = _known(case)
    return spreads.p_above(value, spread, margin=case.margin)


def _known(case: _Case) -> tuple[float, Mapping[str, Any]]:
    return case.value or 0.0, case.spread or {"kind": "exact"}


def _holm_levels(p_values: Sequence[float], alpha: float) -> list[float]:
    """Level at which each test is read: alpha / (tests left) while they are rejected, then that of the first kept."""
    levels = [alpha] * len(p_values)
    stopped = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda i: (p_values[i], i))):
        own = alpha / (len(p_values) - rank)
        if not stopped and p_values[index] > own:
            stopped = own
        levels[index] = stopped or own
    return levels


def _decide(case: _Case, *, p_value: float, own_alpha: float, alpha: float) -> _Decision:
    value, spread = _known(case)
    low, _ = spreads.limits(value, spread, alpha=own_alpha)
    _, high = spreads.limits(value, spread, alpha=PASS_ALPHA)
    verdict: GateVerdict = "undecided"
    if p_value <= alpha:
        verdict = "fail"
    elif high <= case.margin:
        verdict = "pass"
    return _Decision(verdict, p_value=p_value, judged=(low, high), alpha=own_alpha)


def _result(case: _Case, decision: _Decision, *, confidence: float, n_tests: int) -> GateResult:
    score = case.chosen.score
    excess = None if score is None or score.excess is None else score.excess.value
    judged = decision.judged
    if judged is not None and case.kind == "min":
        judged = (-judged[1], -judged[0])
    on_excess = case.kind == "max_excess" and judged is not None
    if on_excess and judged is not None and score is not None and score.direction == "match":
        judged = (max(judged[0], 0.0), judged[1])  # a distance from what is right has no sign
    value, low, high = _shown(score, case.kind)
    result = GateResult(
        gate=case.rule.id,
        metric=case.rule.metric,
        where=dict(case.chosen.where),
        level="error" if case.rule.level == "error" else "warn",
        verdict=decision.verdict,
        unit="" if score is None else score.unit,
        value=value,
        low=low,
        high=high,
        yardstick=None if score is None else score.yardstick,
        excess=excess,
        excess_low=judged[0] if on_excess and judged else None,
        excess_high=judged[1] if on_excess and judged else None,
        limit=case.limit,
        limit_kind=case.kind,
        p_value=decision.p_value,
        n=case.n if case.n != (0, 0) or score is None or score.estimate is None else score.estimate.n,
        why=case.rule.why or "",
        power=_power(case, decision) if decision.verdict == "undecided" else {},
        line=case.rule.line,
        judged=judged,
    )
    wording = Wording(decision.reason, confidence=confidence, n_tests=n_tests)
    return replace(result, sentence=sentence(result, score=score, wording=wording))


def _shown(score: Score | None, kind: LimitKind) -> tuple[float | None, float | None, float | None]:
    """Value and interval that the limit is about: against a yardstick those at equal sizes, else those at full size."""
    if score is None or score.value is None:
        return None, None, None
    equal = score.details.get("at_equal_size")
    if kind != "max_excess" or not isinstance(equal, float):
        return score.value, score.low, score.high
    step = equal - score.value
    low, high = (None if limit is None else limit + step for limit in (score.low, score.high))
    return equal, low, high


def _power(case: _Case, decision: _Decision) -> dict[str, Any]:
    """Smallest excess that these sizes would show, and the size that would decide."""
    if decision.judged is None or case.value is None or case.spread is None:
        return {}
    alpha = decision.alpha
    smallest = spreads.smallest_detectable(case.spread, alpha=alpha, power=POWER)
    power: dict[str, Any] = {"smallest_shown": case.margin + smallest} if math.isfinite(smallest) else {}
    sizes = [size for size in case.n if size > 0]
    spread = _standard_error(case, decision)
    # An ablation's sizes are repeats and test rows, and a sign test counts distinct records that were hit, of which
    # a collapsed set hits no more when it grows: asking for records would mislead.
    countable = base_name(case.rule.metric) not in ABLATION and case.spread["kind"] != "sign"
    if sizes and spread is not None and countable:
        growth = _growth(case.value - case.margin, spread, alpha)
        power["size_now"] = min(sizes)
        if growth is not None:
            power["size_needed"] = _round_up(power["size_now"] * growth)
    return power


def _standard_error(case: _Case, decision: _Decision) -> float | None:
    """Spread towards the margin as a normal one; None where the limits do not enclose the value (sign tests)."""
    if case.value is None or decision.judged is None:
        return None
    z, (low, high) = NormalDist().inv_cdf, decision.judged
    within = case.value <= case.margin
    spread = (high - case.value) / z(1 - PASS_ALPHA) if within else (case.value - low) / z(1 - decision.alpha)
    return spread if spread > 0 else None


def _growth(distance: float, spread: float, alpha: float) -> float | None:
    """How many times the data would decide with 80 % power if the truth were as measured; None beyond reason."""
    if distance == 0:
        return None
    z = NormalDist().inv_cdf
    reach = z(1 - (alpha if distance > 0 else PASS_ALPHA)) + z(POWER)
    growth = (reach * spread / abs(distance)) ** 2
    return max(growth, 1.1) if growth <= _MOST_GROWTH else None


def _round_up(size: float) -> int:
    """Size with two leading digits, upwards."""
    step = int(10 ** max(math.floor(math.log10(size)) - 1, 0))
    return math.ceil(size / step) * step


def _exit_code(verdict: Verdict) -> int:
    if verdict.failed:
        return 1
    if any(item.level == "error" for item in verdict.unmeasured):
        return 3
    # A check that judged nothing is not a pass.
    return 0 if any(item.verdict in ("pass", "fail", "undecided") for item in verdict.results) else 3


def _notes(results: Iterable[GateResult], n_tests: int, confidence: float) -> tuple[str, ...]:
    judged = [item for item in results if item.verdict in ("pass", "fail", "undecided")]
    notes = []
    if not judged:
        notes.append("No gate could judge anything, which is not a pass: declare gates that fit these data.")
    if n_tests > 1:
        chance = f"at most {100 * (1 - confidence):.3g} %"
        notes.append(f"{n_tests} comparisons were judged together: the chance that good data fail any is {chance}.")
    return tuple(notes)
