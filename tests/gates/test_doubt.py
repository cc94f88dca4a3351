"""Limits that were cut where a metric can lie say nothing of the doubt on that side."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditkit.gates.formats import render
from auditkit.results import Estimate


def small_group(score, value=0.864, low=0.58, high=1.0, method="delete-block jackknife", **changes):
    estimate = Estimate(value, low, high, method, (40, 40))
    return replace(score(where={"race": "Other"}, **changes), estimate=estimate, references={}, excess=None)


def test_a_value_whose_limit_was_cut_does_not_fail_what_it_may_well_keep(score, rule, check):
    gate = rule(min=0.99, by=["race"], min_support=30)
    (found,) = check([small_group(score)], [gate], confidence=0.95).results
    assert found.verdict == "undecided"
    assert found.p_value > 0.15
    assert found.judged[1] == 1.0
    assert 0.6 < found.judged[0] < 0.7
    assert "to 100.0 %" in found.sentence


@pytest.mark.parametrize(("limits", "limit"), [((0.58, 1.0), {"min": 0.999}), ((0.0, 0.9), {"max": 0.001})])
def test_no_sentence_tells_a_share_that_cannot_be(score, rule, check, limits, limit):
    direction = "higher" if "min" in limit else "lower"
    given = small_group(score, 0.8 if "min" in limit else 0.2, *limits, direction=direction, bounds=(0.0, 1.0))
    (found,) = check([given], [rule(by=["race"], **limit)]).results
    assert found.verdict == "undecided"
    assert 0.0 <= found.judged[0] < found.judged[1] <= 1.0
    assert 0.0 <= found.power.get("smallest_shown", 0.5) * (-1 if "min" in limit else 1) <= 1.0


def test_a_failure_that_no_share_could_show_is_not_promised(score, rule, check):
    (found,) = check([small_group(score, 0.2, 0.0, 0.9)], [rule(by=["race"], min=0.3)]).results
    assert "smallest_shown" not in found.power
    assert "these sizes cannot show any failure" in found.sentence


def test_a_value_of_which_nothing_is_known_is_undecided(score, rule, check):
    for limit in ({"min": 0.01}, {"min": 0.99}):
        (found,) = check([small_group(score, 0.5, 0.0, 1.0, se=None)], [rule(by=["race"], **limit)]).results
        assert found.verdict == "undecided"


def test_the_limit_of_a_value_at_its_bound_is_its_own(score, rule, check):
    (found,) = check([small_group(score, 1.0, 0.97, 1.0, "wilson")], [rule(by=["race"], min=0.95)]).results
    assert (found.verdict, found.judged[1]) == ("pass", 1.0)


def test_limits_of_eight_blocks_are_students(score, rule, check):
    """Half of a 95 % interval is 2.36 standard errors, and 1.89 of them lie below the one-sided limit."""
    given = small_group(score, 0.8, 0.7, 0.9)
    (found,) = check([given], [rule(by=["race"], min=0.5)]).results
    assert found.judged[0] == pytest.approx(0.8 - 0.1 * 1.8946 / 2.3646, abs=1e-4)


def test_a_gap_has_the_limits_of_its_own_sides(score, rule, check):
    """A lower limit that was cut at 0 made the upper one three times too near."""
    parts = [("White", 0.98, 0.96, 1.0), ("Other", 0.864, 0.58, 1.0)]
    scores = [replace(small_group(score, *limits), where={"race": name}) for name, *limits in parts]
    (found,) = check(scores, [rule(by=["race"], reduce="max_gap", max=0.01)]).results
    assert found.verdict == "undecided"
    assert found.judged[0] == 0.0
    assert found.judged[1] == pytest.approx(0.116 + (found.high - 0.116) * 1.645 / 1.96, abs=1e-3)


def test_a_drop_from_a_baseline_that_was_cut_is_not_surer_for_it(score, rule, check):
    before = Estimate(0.99, 0.7, 1.0, "delete-block jackknife", (40, 40))
    now = replace(small_group(score, 0.9, 0.6, 1.0), where={}, references={"baseline": before})
    (found,) = check([now], [rule(max_drop=0.05)], confidence=0.95).results
    assert found.verdict == "undecided"
    assert found.p_value > 0.3


def test_each_limit_is_told_with_its_level(score, rule, check):
    verdict = check([small_group(score)], [rule(min=0.99, by=["race"])], confidence=0.95)
    (told,) = [line for line in render(verdict, "junit").splitlines() if "UNDECIDED: value" in line]
    low, high = verdict.results[0].judged
    assert "95 % interval 58.0 % to 100.0 %" in told
    assert f"at least {100 * low:.1f} % (one-sided 95 %), at most {100 * high:.1f} % (corrected" in told
    assert "towards failing is corrected" in str(verdict).replace("\n", " ")
