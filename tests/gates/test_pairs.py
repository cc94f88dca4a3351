"""What lies between parts: gaps and ratios of groups, and what chance alone makes of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from auditkit.gates.cases import cases_of
from auditkit.gates.pairs import chance_gap
from auditkit.gates.selection import choose
from auditkit.intervals import wilson
from auditkit.results import Estimate, Scores


@pytest.fixture
def rates(score):
    """Scores of groups with these hits of so many."""

    def make(*counts, metric="coverage", more=None, **changes):
        made = []
        for place, (hits, n) in enumerate(counts):
            item = score(metric, where={"sex": f"g{place}", **(more or {})}, **changes)
            low, high = wilson(hits, n)
            made.append(replace(item, estimate=Estimate(hits / n, low, high, "wilson", (n, n)), details={}))
        return made

    return make


@pytest.fixture
def gap(rule):
    return lambda **changes: rule("coverage", **{"by": ["sex"], "reduce": "max_gap", "max": 0.1} | changes)


@pytest.fixture
def ratio(rule):
    return lambda **changes: rule("coverage", **{"by": ["sex"], "reduce": "min_ratio", "min": 0.8} | changes)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([(950, 1000), (700, 1000)], "fail"),
        ([(950, 1000), (940, 1000)], "pass"),
        ([(950, 1000), (850, 1000)], "undecided"),
        ([(950, 1000), (940, 1000), (30, 30), (25, 30)], "undecided"),
        ([(2, 2), (0, 2), (500, 1000)], "undecided"),
    ],
)
def test_gaps_are_judged_by_what_is_sure_of_them(rates, gap, check, counts, expected):
    (result,) = check(rates(*counts), [gap(min_support=0)]).results
    assert result.verdict == expected
    assert dict(result.where) == {}


def test_the_two_parts_are_named_with_their_values_and_what_chance_makes(rates, gap, check):
    verdict = check(rates((950, 1000), (700, 1000), (900, 1000)), [gap()])
    (result,) = verdict.results
    assert result.between == ("sex=g0", "sex=g1")
    assert result.value == pytest.approx(0.25)
    assert result.chance == pytest.approx(0.03, abs=0.02)
    assert result.sentence.startswith(
        "Coverage is 95.0 % for sex=g0 and 70.0 % for sex=g1, a gap of 25.0 percentage points; were all 3 parts alike"
    )
    assert verdict.findings[0].kind == "group_quality"


def test_a_gap_of_one_from_tiny_groups_is_no_failure_and_chance_says_why(rates, gap, check):
    parts = rates((1, 1), (0, 2), (3, 5), (600, 1200), (650, 1300))
    (result,) = check(parts, [gap(min_support=0)]).results
    assert result.verdict == "undecided"
    assert result.chance is not None
    assert result.chance > 0.5
    listed = check(parts, [gap()]).results
    assert [item.verdict for item in listed] == ["pass", "not_applicable", "not_applicable", "not_applicable"]
    assert all("30 are needed" in item.sentence for item in listed[1:])


def test_the_clearest_gap_is_told_where_a_small_group_makes_a_wider_one(rates, gap, check):
    (result,) = check(rates((900, 1000), (600, 1000), (10, 30)), [gap(max=0.2)]).results
    assert result.between in {("sex=g0", "sex=g1"), ("sex=g0", "sex=g2")}
    parts = rates((9000, 10000), (6000, 10000), (17, 30))
    (result,) = check(parts, [gap(max=0.2)]).results
    assert (result.verdict, result.between) == ("fail", ("sex=g0", "sex=g1"))
    assert "sex=g0 and sex=g2 lie further apart, which is less sure" in result.sentence


def test_pairs_are_corrected_for_all_of_them_in_both_orders(rates, gap, check):
    (result,) = check(rates((900, 1000), (750, 1000), (850, 1000)), [gap()]).results
    assert result.p_alone is not None
    assert result.p_value == pytest.approx(min(1.0, 6 * result.p_alone))


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([(950, 1000), (500, 1000)], "fail"),
        ([(950, 1000), (940, 1000)], "pass"),
        ([(900, 1000), (730, 1000)], "undecided"),
        ([(0, 1000), (900, 1000)], "fail"),
        ([(0, 1000), (0, 1000)], "pass"),
    ],
)
def test_ratios_are_judged_by_what_is_sure_of_them(rates, ratio, check, counts, expected):
    (result,) = check(rates(*counts), [ratio()]).results
    if counts == [(0, 1000), (0, 1000)]:  # nothing to nothing: no spread is known
        assert result.verdict != "fail"
    else:
        assert result.verdict == expected
    if result.judged is not None:
        assert 0 <= result.judged[0] <= result.judged[1] <= 1


def test_parts_are_compared_within_each_class_and_column(rates, gap, check):
    parts = rates((950, 1000), (700, 1000), more={"class": "yes"}) + rates(
        (900, 1000), (900, 1000), more={"class": "no"}
    )
    results = check(parts, [gap()]).results
    assert [(dict(item.where), item.verdict) for item in results] == [
        ({"class": "yes"}, "fail"),
        ({"class": "no"}, "pass"),
    ]
    others = [replace(item, where={"race": item.where["sex"]}) for item in rates((400, 1000), (400, 1000))]
    every = check([*rates((900, 1000), (900, 1000)), *others], [gap(by=["*"])]).results
    assert [item.verdict for item in every] == ["pass", "pass"]  # sex against sex, race against race


def test_one_part_is_no_gap(rates, gap, check):
    verdict = check(rates((950, 1000)), [gap()])
    assert verdict.results[0].verdict == "not_applicable"
    small = check(rates((950, 1000), (1, 2)), [gap()])
    assert [item.verdict for item in small.results] == ["undecided", "not_applicable"]


def test_a_part_that_failed_is_told(rates, gap, check, score):
    broken = score(where={"sex": "x"}, value=None, excess=None, status="error", reason="it failed.")
    verdict = check([*rates((900, 1000), (900, 1000)), broken], [gap()])
    assert [item.verdict for item in verdict.results] == ["pass", "error"]
    assert verdict.exit_code == 3


def test_a_gap_may_be_held_to_that_of_the_baseline(rates, gap, ratio, check):
    def with_baseline(scores, *values):
        return [
            replace(item, references={"baseline": Estimate(value, value - 0.01, value + 0.01, "test", (9, 9))})
            for item, value in zip(scores, values, strict=True)
        ]

    wide, narrow = ((950, 1000), (700, 1000)), ((950, 1000), (940, 1000))
    for counts, before, expected in (
        (wide, (0.95, 0.94), "fail"),
        (wide, (0.95, 0.70), "pass"),
        (narrow, (0.9, 0.7), "pass"),
    ):
        parts = with_baseline(rates(*counts), *before)
        (result,) = check(parts, [gap(max=None, max_increase=0.1)]).results
        assert result.verdict == expected
        (result,) = check(parts, [ratio(min=None, max_drop=0.1)]).results
        assert result.verdict == expected
    (new,) = check(rates(*wide), [gap(max=None, max_increase=0.1)]).results
    assert (new.verdict, new.awaits_baseline) == ("pass", True)


@pytest.mark.parametrize(
    ("on_small", "verdict", "code"), [("skip", "not_applicable", 0), ("undecided", "undecided", 0), ("fail", "fail", 1)]
)
@pytest.mark.parametrize("changes", [{}, {"reduce": "worst"}, {"reduce": "max_gap", "max": 0.5, "max_excess": None}])
def test_parts_below_support_are_listed_and_count_as_the_gate_says(
    rates, rule, check, on_small, verdict, code, changes
):
    large = [
        replace(item, details={"spread": {"kind": "normal", "se": 0.01}}) for item in rates((900, 1000), (905, 1000))
    ]
    small = replace(rates((1, 2))[0], where={"sex": "few"})
    gate = rule(**{"by": ["sex"], "on_small": on_small, "max_excess": 0.1} | changes)
    found = check([*large, small], [gate])
    (told,) = [item for item in found.results if item.where.get("sex") == "few"]
    assert (told.verdict, found.exit_code) == (verdict, code)
    assert "too small to judge: it rests on 2 rows, 30 are needed" in told.sentence
    if code:
        assert found.findings[0].kind == "too_small"


@pytest.mark.parametrize("sizes", [(2, 3, 5, 8, 2000), (30,) * 6, (300, 300)])
@pytest.mark.parametrize(("reduce", "limit"), [("max_gap", {"max": 0.0}), ("min_ratio", {"min": 1.0})])
def test_groups_that_are_alike_hardly_ever_fail(rates, rule, sizes, reduce, limit):
    rng = np.random.default_rng(5)
    gate = rule("coverage", by=["sex"], reduce=reduce, min_support=0, **limit)
    failed = 0
    for _ in range(150):
        parts = Scores.of(rates(*((int(rng.binomial(n, 0.5)), n) for n in sizes)))
        case = cases_of(gate, choose(gate, parts, skipped={}), alpha=0.05)[0]
        failed += case.testable and case.p_value <= 0.05
    assert failed <= 15  # 7.5 expected at most


def test_chance_makes_wide_gaps_between_many_small_groups():
    small, large = ([Estimate(0.5, 0.5 - half, 0.5 + half)] * 12 for half in (0.3, 0.01))
    assert chance_gap(small, (0.0, 1.0)) > 0.5
    assert chance_gap(large, (0.0, 1.0)) < 0.05
    assert chance_gap(small[:1]) == 0.0


def test_a_models_gap_that_chance_explains_is_undecided_and_one_beyond_it_fails(score, rule, check):
    where = {"arm": "synthetic", "measure": "demographic_parity_difference", "group": "race"}
    gate = rule("ablation_score", where=where, max=0.1)

    def model(chance):
        found = score("ablation_score", where=where, value=0.9, excess=None, se=0.02, unit="")
        return replace(found, references={"chance": Estimate(chance, max(chance - 0.4, 0.0), chance + 0.44, "dealt")})

    (noise,) = check([model(0.56)], [gate]).results
    assert (noise.verdict, noise.judged[0]) == ("undecided", 0.0)
    assert "if groups did not matter, chance alone would give up to 1.000" in noise.sentence
    (real,) = check([model(0.0)], [gate]).results
    assert real.verdict == "fail"


def test_a_ratio_of_shares_tells_them_in_percent(score, rule, check):
    scores = [score(where={"sex": name}, value=value) for name, value in (("f", 0.4), ("m", 0.8))]
    (found,) = check(scores, [rule(by=["sex"], reduce="min_ratio", min=0.8)]).results
    assert "is 80.0 % for sex=m and 40.0 % for sex=f, a ratio of 0.500" in found.sentence
