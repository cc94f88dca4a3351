"""The decision: fail when the evidence is beyond the limit, pass when it is within, else say what would decide.

All error-level gates and parts of one check are one family (Holm): with fifty groups, two or three would fail by
chance alone at 5 %. Warn-level gates are a family of their own, so that adding one never weakens an error.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from types import MappingProxyType
from typing import Any

from auditkit import intervals, spreads
from auditkit.config import CheckConfig, GateRule
from auditkit.gates.cases import PASS_ALPHA, Case, cases_of
from auditkit.gates.findings import make_findings
from auditkit.gates.limit_words import scale_of
from auditkit.gates.limits import ABLATION, ON_BASELINE
from auditkit.gates.outcome import GateResult, GateVerdict, LimitKind, Verdict, with_exit_code
from auditkit.gates.rules import check_rules
from auditkit.gates.selection import choose, unit_of
from auditkit.gates.unit_words import of_units
from auditkit.gates.wording import Wording, sentence
from auditkit.results import Score, Scores, base_name

__all__ = ["judge"]

POWER = 0.8
_SETTLED: Mapping[str, GateVerdict] = MappingProxyType(
    {"not_applicable": "not_applicable", "undecided": "undecided", "fail": "fail", "no_baseline": "pass"}
)
# Beyond this factor more data are no practical advice: the truth lies at the limit.
_MOST_GROWTH = 100.0


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
    audited: Mapping[str, Any] | None = None,
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
        their evidence. `"unit"`: the column whose values join rows to units, which are then not called records.
    audited : mapping, optional
        What gates that are for some data only are held against: `"modality"`, `"generators"`, `"path"`, `"name"`.

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
    alpha = 1.0 - check.confidence
    cases = [
        case
        for rule in rules
        for case in cases_of(
            rule,
            choose(rule, scores, skipped=known, contaminated=contaminated, audited=audited or {}),
            alpha=alpha,
        )
    ]
    decisions = _decide_all(cases, alpha=alpha)
    n_tests = {level: _n_tests(cases, decisions, level) for level in ("error", "warn")}
    results = tuple(
        _result(case, decision, confidence=check.confidence, n_tests=n_tests[case.rule.level])
        for case, decision in zip(cases, decisions, strict=True)
    )
    findings, notes = (
        make_findings(results, scores=scores, facts=about),
        _notes(results, n_tests["error"], check.confidence),
    )
    if about.get("unit"):
        results = tuple(replace(item, sentence=of_units(item.sentence)) for item in results)
        findings = tuple(replace(item, sentence=of_units(item.sentence)) for item in findings)
        notes = (*notes, f"A unit is all rows with the same {about['unit']!r}.")
    verdict = Verdict(
        passed=False,
        exit_code=0,
        results=results,
        findings=findings,
        notes=notes,
        undecided_as=check.undecided,
    )
    return with_exit_code(verdict)


def _decide_all(cases: Sequence[Case], *, alpha: float) -> list[_Decision]:
    """Decisions in order, each level's tests corrected together."""
    decisions = [_untested(case) for case in cases]
    for level in ("error", "warn"):
        family = [
            index
            for index, case in enumerate(cases)
            if case.rule.level == level and case.rule.decide == "confident" and case.testable
        ]
        tests = [cases[index].p_value for index in family]
        levels = _holm_levels(tests, alpha)
        for index, p_value, own in zip(family, intervals.holm(tests), levels, strict=True):
            decisions[index] = _decide(cases[index], p_value=p_value, own_alpha=own, alpha=alpha)
    return decisions


def _n_tests(cases: Sequence[Case], decisions: Sequence[_Decision], level: str) -> int:
    pairs = zip(cases, decisions, strict=True)
    return sum(decision.p_value is not None and case.rule.level == level for case, decision in pairs)


def _untested(case: Case) -> _Decision:
    """Decision of a case that needs no test: settled before, by the bare number, or without an interval."""
    chosen = case.chosen
    if chosen.settled:
        return _Decision(_SETTLED.get(chosen.settled, "error"), chosen.reason)
    if case.rule.decide == "point" and case.value is not None:
        return _Decision("fail" if case.value > case.margin else "pass")
    return _Decision("undecided", 'it has no interval, so chance cannot be told apart; decide = "point" would judge it')


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


def _decide(case: Case, *, p_value: float, own_alpha: float, alpha: float) -> _Decision:
    low, _ = case.limits(own_alpha / case.looks)
    _, high = case.limits(PASS_ALPHA)  # all parts pass only if the one that passes least does: nothing to correct
    verdict: GateVerdict = "undecided"
    if p_value <= alpha:
        verdict = "fail"
    elif high <= case.margin:
        verdict = "pass"
    return _Decision(verdict, p_value=p_value, judged=(low, high), alpha=own_alpha)


def _result(case: Case, decision: _Decision, *, confidence: float, n_tests: int) -> GateResult:
    score = case.chosen.score
    excess = None if score is None or score.excess is None else score.excess.value
    judged = decision.judged
    if judged is not None and case.kind == "min":
        judged = (-judged[1], -judged[0])
    on_excess = case.kind == "max_excess" and judged is not None
    if on_excess and judged is not None and score is not None and score.direction == "match":
        judged = (max(judged[0], 0.0), judged[1])  # a distance from what is right has no sign
    result = GateResult(
        gate=case.rule.id,
        metric=case.rule.metric,
        where=dict(case.chosen.where),
        level="error" if case.rule.level == "error" else "warn",
        verdict=decision.verdict,
        unit=_unit(case),
        value=None if score is None else score.value,
        low=None if score is None else score.low,
        high=None if score is None else score.high,
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
        compared=_at_equal_size(score, case.kind),
        baseline=_baseline(score, case.kind),
        limit_share=case.share,
        p_alone=None if decision.p_value is None else case.p_alone,
        between=tuple(score.details.get("between", ())) if score is not None else (),
        chance=_by_chance(case),
        undecided_as=case.rule.undecided,
        worst_of=case.n_parts,
        also=case.beyond(decision.alpha) if decision.verdict == "fail" else (),
        direction=None if score is None else score.direction,
        kinds=case.chosen.kinds,
    )
    wording = Wording(decision.reason, confidence=confidence, n_tests=n_tests)
    return replace(result, sentence=sentence(result, score=score, wording=wording))


def _unit(case: Case) -> str:
    """The score's, or the metric's where there is none: limits of gates that do not apply are printed alike."""
    if case.chosen.score is not None:
        return case.chosen.score.unit
    return "" if case.rule.reduce == "min_ratio" else unit_of(case.rule.metric)


def _by_chance(case: Case) -> float | None:
    """How far parts that are all alike would lie apart at most, with 95 %."""
    if case.null is not None and case.null.high is not None:
        return case.sign * case.null.high
    found = None if case.chosen.score is None else case.chosen.score.details.get("chance_gap")
    return found if isinstance(found, float) else None


def _baseline(score: Score | None, kind: LimitKind) -> float | None:
    """Value of the baseline, but beside a value of another size."""
    if score is None or (kind in ("max", "min") and score.matched is not None):
        return None
    kept = score.references.get("baseline")
    return None if kept is None else kept.value


def _at_equal_size(score: Score | None, kind: LimitKind) -> float | None:
    """Value that stands beside the yardstick, of as many units as there are fresh ones, or beside the baseline."""
    if score is not None and kind in ON_BASELINE:
        return None if score.compared is None else score.compared.value
    equal = None if score is None or score.yardstick is None else score.details.get("at_equal_size")
    return equal if isinstance(equal, float) else None


def _power(case: Case, decision: _Decision) -> dict[str, Any]:
    """Smallest excess that these sizes would show, and the size that would decide."""
    if decision.judged is None or case.value is None or case.spread is None:
        return {}
    alpha, largest = decision.alpha, case.bounds[1]
    smallest = case.margin + spreads.smallest_detectable(case.spread, alpha=alpha / case.looks, power=POWER)
    possible = math.isfinite(smallest) and (largest is None or smallest <= largest)
    power: dict[str, Any] = {"smallest_shown": smallest} if possible else {}
    sizes = [size for size in case.n if size > 0]
    spread = _standard_error(case, decision)
    # An ablation's sizes are repeats and test rows, and a sign test counts distinct records that were hit, of which
    # a collapsed set hits no more when it grows: asking for records would mislead.
    countable = base_name(case.rule.metric) not in ABLATION and case.spread["kind"] != "sign"
    if sizes and spread is not None and countable:
        growth = _growth(case.value - case.margin, spread, alpha / case.looks)
        power["size_now"] = min(sizes)
        if growth is not None:
            power["size_needed"] = _round_up(power["size_now"] * growth)
    return power


def _standard_error(case: Case, decision: _Decision) -> float | None:
    """Spread towards the margin as a normal one; None where the limits do not enclose the value (sign tests)."""
    if case.value is None or decision.judged is None:
        return None
    z, low, high = NormalDist().inv_cdf, case.reach(decision.alpha / case.looks)[0], case.reach(PASS_ALPHA)[1]
    within = case.value <= case.margin
    spread = (
        (high - case.value) / z(1 - PASS_ALPHA) if within else (case.value - low) / z(1 - decision.alpha / case.looks)
    )
    return spread if spread > 0 else None


def _growth(distance: float, spread: float, alpha: float) -> float | None:
    """How many times the data would decide with 80 % power if the truth were as measured; None beyond reason."""
    if distance == 0:
        return None
    z = NormalDist().inv_cdf
    reach = z(1 - (alpha if distance > 0 else PASS_ALPHA)) + z(POWER)
    ratio = reach * spread / abs(distance)
    return max(ratio**2, 1.1) if ratio <= math.sqrt(_MOST_GROWTH) else None


def _round_up(size: float) -> int:
    """Size with two leading digits, upwards."""
    step = int(10 ** max(math.floor(math.log10(size)) - 1, 0))
    return math.ceil(size / step) * step


def _notes(results: Iterable[GateResult], n_tests: int, confidence: float) -> tuple[str, ...]:
    judged = [item for item in results if item.verdict in ("pass", "fail", "undecided")]
    notes = []
    if not judged:
        notes.append("No gate could judge anything, which is not a pass: declare gates that fit these data.")
    if n_tests > 1:
        chance = f"at most {100 * (1 - confidence):.3g} %"
        notes.append(f"{n_tests} comparisons were judged together: the chance that good data fail any is {chance}.")
    if any(item.verdict == "undecided" and item.judged is not None for item in judged):
        notes.append(
            "Of the two ends of an undecided range, the one towards failing is corrected for all comparisons, the one "
            "towards passing holds with 95 %; the interval of a value (low, high) is the two-sided 95 % one."
        )
    if any(_reads_otherwise(item) for item in results):
        notes.append(
            "Values are of all records; what is set beside fresh real records, and the excess, is taken at equal sizes."
        )
    return tuple(notes)


def _reads_otherwise(item: GateResult) -> bool:
    """Whether value, yardstick and excess of a result do not add up on paper."""
    if item.compared is None or item.value is None:
        return False
    scale = scale_of(item.unit)
    return scale.show(item.compared) != scale.show(item.value)
