"""Limits on the change since a baseline."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from scipy.stats import norm

from auditkit.gates import GateResult, Verdict
from auditkit.gates.baseline import Baseline
from auditkit.gates.counts import counted
from auditkit.results import Estimate, Scores


@pytest.fixture
def kept(score):
    """Score with this value and baseline, both with this standard error."""

    def make(metric="coverage", *, now, then, se=0.005, **changes):
        made = score(metric, value=now, excess=None, se=se, **changes)
        low, high = (None, None) if not se else (then - 1.96 * se, then + 1.96 * se)
        return replace(made, references={"baseline": Estimate(then, low, high, "test", (2000, 2000))})

    return make


CASES = [
    # metric, limit, now, then, verdict
    ("coverage", {"max_drop": 0.02}, 0.90, 0.97, "fail"),
    ("coverage", {"max_drop": 0.02}, 0.97, 0.90, "pass"),
    ("coverage", {"max_drop": 0.02}, 0.955, 0.97, "undecided"),
    ("coverage", {"max_drop": "2%"}, 0.90, 0.97, "fail"),
    ("coverage", {"max_drop": "20 %"}, 0.90, 0.97, "pass"),
    ("holdout_share", {"max_increase": 0.02}, 0.60, 0.50, "fail"),
    ("holdout_share", {"max_increase": 0.02}, 0.50, 0.60, "pass"),
    ("holdout_share", {"max_increase": "30%"}, 0.60, 0.50, "pass"),
    ("holdout_share", {"max_increase": "5%"}, 0.60, 0.50, "fail"),
    ("density", {"max_increase": 0.1, "max_drop": 0.1}, 1.3, 1.0, "fail"),
    ("density", {"max_increase": 0.1, "max_drop": 0.1}, 0.7, 1.0, "fail"),
    ("density", {"max_increase": 0.1, "max_drop": 0.1}, 1.0, 1.0, "pass"),
    ("label_rate_gap", {"max_increase": "10%"}, -0.10, -0.12, "fail"),
    ("label_rate_gap", {"max_drop": "10%"}, -0.14, -0.12, "fail"),
    ("label_rate_gap", {"max_drop": "30%"}, -0.13, -0.12, "pass"),
]


@pytest.mark.parametrize(("metric", "limits", "now", "then", "expected"), CASES)
def test_a_change_is_judged_by_its_interval(kept, rule, check, metric, limits, now, then, expected):
    se = 0.001 if metric == "label_rate_gap" else 0.005
    verdict = check([kept(metric, now=now, then=then, se=se)], [rule(metric, **limits)])
    found = {item.verdict for item in verdict.results}
    assert expected in found
    assert found <= {expected, "pass"}
    assert verdict.exit_code == int(expected == "fail")
    assert len(verdict.results) == len(limits)
    for item in verdict.results:
        assert (item.baseline, item.compared) == (then, now)
        assert GateResult.from_json(item.to_json()) == item


def test_both_sides_are_uncertain(kept, rule, check):
    (result,) = check([kept(now=0.95, then=0.97)], [rule(max_drop=0.0)]).results
    assert result.p_value == pytest.approx(norm.sf(0.02 / (0.005 * 2**0.5)), rel=1e-3)
    (share,) = check([kept(now=0.90, then=0.97)], [rule(max_drop="2%")]).results
    error = 0.005 * (1 + 0.98**2) ** 0.5  # of now - 0.98 then
    assert share.p_value == pytest.approx(norm.sf((0.98 * 0.97 - 0.90) / error), rel=1e-2)
    assert (share.limit, share.limit_share) == (pytest.approx(0.0194), 0.02)


def test_without_a_baseline_a_gate_passes_and_says_how_to_make_one(score, rule, check):
    verdict = check([score()], [rule(max_drop=0.01), rule("precision", max_drop=0.01)])
    (first, lost) = verdict.results
    assert (first.verdict, first.awaits_baseline, lost.verdict) == ("pass", True, "error")
    assert first.sentence == (
        "Coverage has no baseline yet to compare it with: `auditkit baseline update` keeps today's scores as one."
    )
    alone = check([score()], [rule(max_drop=0.01)])
    assert (alone.exit_code, alone.passed, alone.findings) == (0, True, ())
    assert counted(alone) == "1 gate, none failed, 1 without a baseline yet"
    assert "no baseline yet  coverage" in alone.text()
    assert Verdict.from_json(alone.to_json()) == alone


def test_an_absolute_limit_is_judged_before_there_is_a_baseline(score, rule, check):
    verdict = check([score(value=0.5)], [rule(min=0.9, max_drop=0.01)])
    assert [(item.limit_kind, item.verdict) for item in verdict.results] == [("min", "fail"), ("max_drop", "pass")]
    assert verdict.exit_code == 1


def test_a_baseline_that_cannot_be_compared_is_no_pass(score, rule, check):
    refused = score(details={"baseline_refused": "it was read with another embedder."})
    verdict = check([refused], [rule(max_drop=0.01)])
    assert (verdict.results[0].verdict, verdict.exit_code) == ("error", 3)
    assert "another embedder" in verdict.results[0].sentence


def test_what_could_not_be_measured_is_no_pass_either(score, rule, check):
    broken = score(value=None, excess=None, status="error", reason="it failed.")
    assert check([broken], [rule(max_drop=0.01)]).exit_code == 3


def test_counts_without_doubt_are_compared_as_they_are(kept, rule, check):
    moved = kept("missing_groups", now=2.0, then=1.0, se=0)
    verdict = check([moved], [rule("missing_groups", max_increase=0)])
    assert verdict.results[0].verdict == "fail"
    assert verdict.results[0].sentence.endswith("in the baseline 1; the rise is 1, at most 0 are allowed.")


def test_sentences_say_then_and_now_and_the_limit_as_it_was_written(kept, rule, check):
    (fail,) = check([kept(now=0.90, then=0.97)], [rule(max_drop="1%")]).results
    assert "in the baseline 97.0 %; the drop is at least 5.4 percentage points (99 % sure)" in fail.sentence
    assert "at most 1 % of the baseline, which is 0.97 percentage points, is allowed" in fail.sentence
    (better,) = check([kept(now=0.97, then=0.90)], [rule(max_drop=0.01)]).results
    assert better.sentence.endswith(
        "in the baseline 90.0 %; it has not dropped, at most 1 percentage point is allowed."
    )
    text = check([kept(now=0.90, then=0.97)], [rule(max_drop="1%", why="It was better.")]).text()
    assert text.splitlines()[1].startswith("* Scores have moved away from the baseline: 90.0 %")
    assert "drop <= 1 % of baseline" in text


def test_changes_are_judged_part_by_part_and_the_worst_is_corrected(kept, rule, check):
    parts = [kept(where={"sex": level}, now=now, then=0.95) for level, now in (("F", 0.80), ("M", 0.95))]
    each = check(parts, [rule(by=["sex"], max_drop=0.02)])
    assert [item.verdict for item in each.results] == ["fail", "pass"]
    (worst,) = check(parts, [rule(by=["sex"], reduce="worst", max_drop=0.02)]).results
    assert (worst.verdict, dict(worst.where), worst.worst_of) == ("fail", {"sex": "F"}, 2)


def test_the_same_sets_have_no_chance_between_their_scores(score, rule, check):
    """An audit that is compared with itself has dropped by nothing, however unsure its scores are."""
    hashes = {"real": "r", "synthetic": "s", "holdout": "h"}
    about = {"modality": "tabular", "hashes": hashes, "n": {}, "versions": {}, "seed": 0}
    own = [score(se=0.2), score("frechet_distance", value=0.0062206346522977185, se=0.01)]
    models = score("ablation_difference", where={"arm": "synthetic"}, value=0.3, se=0.2)
    baseline = Baseline.of([*own, models], about, reason="good", date="2026-01-31")
    rules = [
        rule(max_drop="5%"),
        rule("frechet_distance", max_increase="5%"),
        rule("ablation_difference", max_increase=0),
    ]
    found = check(list(baseline.beside(Scores.of([*own, models]), about)), rules)
    assert [item.verdict for item in found.results] == ["pass", "pass", "undecided"]
    others = [{**about, "hashes": {**hashes, "synthetic": "t"}}, {**about, "seed": 1}]
    for other in others:
        found = check(list(baseline.beside(Scores.of(own), other)), rules[:2])
        assert [item.verdict for item in found.results] == ["undecided", "undecided"]


def test_digits_tell_what_differs_not_noise_of_computing(score, rule, check):
    now = score("frechet_distance", value=0.0062206346522977180, se=0.01, references={})
    before = replace(now.estimate, value=0.0062206346522977185)
    (found,) = check(
        [replace(now, references={"baseline": before})], [rule("frechet_distance", max_increase="5%")]
    ).results
    assert not [number for number in re.findall(r"\d+\.\d+", found.sentence) if len(number) > 8]
