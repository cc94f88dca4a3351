"""Printed numbers: whatever a sentence says must follow from the numbers in it."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditkit.config import CheckConfig, GateRule
from auditkit.gates import judge
from auditkit.gates.digits import COUNT, PERCENT, PLAIN, POINTS
from auditkit.results import Estimate, Score, Scores

ANY = st.floats(-1e6, 1e6, allow_nan=False)
SCALES = (PERCENT, POINTS, PLAIN, COUNT)


def near(value: float) -> st.SearchStrategy[float]:
    """The number, its neighbours among floats, and others close to it."""
    steps = [value, float(np.nextafter(value, np.inf)), float(np.nextafter(value, -np.inf))]
    return st.one_of(st.sampled_from(steps), st.floats(-1e-9, 1e-9).map(lambda step: value + step), ANY)


@settings(max_examples=300, deadline=None)
@given(data=st.data(), limit=st.one_of(ANY, st.sampled_from([0.0, 0.1, 0.05, 0.3, 1 / 3, 0.285, 1e-7, 2.0**-24])))
def test_a_number_is_printed_on_its_own_side_of_a_limit_that_is_printed_as_written(data, limit):
    value = data.draw(near(limit))
    for scale in SCALES:
        shown, written = Decimal(scale.show(value, limit)), Decimal(repr(limit)) * Decimal(scale.factor)
        assert (shown > written) == (value > limit)
        assert (shown < written) == (value < limit)


@given(st.decimals(-1000, 1000, places=5))
def test_a_limit_is_printed_as_it_was_written(limit):
    assert Decimal(PERCENT.exact(float(limit))) == limit * 100
    assert Decimal(PLAIN.exact(float(limit))) == limit
    assert "e" not in PERCENT.exact(float(limit)).lower()


def test_more_digits_are_printed_only_where_they_are_needed():
    assert PERCENT.show(0.1234, 0.1) == "12.3"
    assert PERCENT.show(0.10004, 0.1) == "10.004"
    assert PLAIN.show(float(np.nextafter(0.1, 1)), 0.1) == "0.10000000000000002"
    assert (PLAIN.show(float("inf")), PERCENT.show(-0.00001)) == ("infinity", "-0.001")


NUMBER = r"(-?[\d.]+)"
READ = {
    "at most": re.compile(rf"is at most {NUMBER}"),
    "at least": re.compile(rf"is at least {NUMBER}"),
    "between": re.compile(rf"somewhere from {NUMBER} to {NUMBER}"),
    "is": re.compile(rf"(?:that|excess|shortfall|rise|drop|gap) is {NUMBER}"),
}
ALLOWED = re.compile(rf"at (most|least) {NUMBER}[^,]*(?:is|are) allowed")


def told(sentence: str) -> tuple[list[float], float]:
    """Numbers that decided, and the limit beside them, as a reader sees them."""
    clause = sentence.split("; ", 1)[1]
    found = next(match.groups() for match in (pattern.search(clause) for pattern in READ.values()) if match)
    limit = ALLOWED.search(clause)
    assert limit is not None, sentence
    return [float(number) for number in found], float(limit[2])


@settings(max_examples=200, deadline=None)
@given(
    kind=st.sampled_from(["max", "min", "max_excess", "max_increase", "max_drop"]),
    limit=st.sampled_from([0.0, 0.01, 0.05, 0.1, 0.125, 0.3]),
    away=st.one_of(st.sampled_from([0.0, 1e-16, -1e-16, 1e-12, -1e-12, 1e-5, -1e-5]), st.floats(-0.2, 0.2)),
    se=st.sampled_from([None, 0.0, 1e-9, 1e-4, 0.01, 0.2]),
    decide=st.sampled_from(["confident", "point"]),
    metric=st.sampled_from(["density", "support_estimate", "label_rate_gap"]),
)
def test_a_sentence_never_contradicts_its_verdict(kind, limit, away, se, decide, metric):
    rule = GateRule(id="g", metric=metric, decide=decide, **{kind: limit})
    verdict = judge(Scores.of([made(metric, kind, limit + away, se)]), [rule], check=CheckConfig())
    (result,) = verdict.results
    if "it has no interval" in result.sentence or "it has not" in result.sentence:
        assert result.verdict != "fail"
        return
    numbers, written = told(result.sentence)
    if result.verdict == "fail":
        assert (numbers[0] < written) if kind == "min" else (numbers[0] > written), result.sentence
    elif result.verdict == "pass":
        assert (numbers[0] >= written) if kind == "min" else (numbers[0] <= written), result.sentence
    else:
        assert numbers[0] <= written <= numbers[1], result.sentence


def made(metric: str, kind: str, number: float, se: float | None) -> Score:
    """Score of which the judged number is this one, with that standard error."""

    def estimate(value: float, error: float | None) -> Estimate:
        low, high = (None, None) if not error else (value - 1.96 * error, value + 1.96 * error)
        return Estimate(value, low, high, "test", (500, 500))

    spread = {} if se is None else {"spread": {"kind": "normal", "se": se} if se else {"kind": "exact"}}
    score = Score(
        metric, {}, estimate(number, se), {}, estimate(number, se), "match", None, (None, None), "share", "ok", "", "",
        {}, 0, 0, spread,
    )  # fmt: skip
    if kind in ("max_increase", "max_drop"):
        change = number if kind == "max_increase" else -number
        score = replace(score, estimate=estimate(change, se), references={"baseline": Estimate(0.0)})
        if se:
            score = replace(score, references={"baseline": Estimate(0.0, 0.0, 0.0)})
    return score


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_what_is_no_number_is_never_judged(value):
    rule = GateRule(id="g", metric="density", max=0.5)
    verdict = judge(Scores.of([made("density", "max", value, 0.1)]), [rule], check=CheckConfig())
    assert (verdict.results[0].verdict, verdict.exit_code) == ("error", 3)
