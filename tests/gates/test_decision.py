"""Decisions, exit codes, families, evidence."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditkit.config import CheckConfig, GateRule
from auditkit.errors import ConfigError
from auditkit.gates import judge, render
from auditkit.results import Estimate, Score, Scores


@pytest.mark.parametrize(
    ("excess", "expected", "exit_code"),
    [(0.30, "fail", 1), (0.0, "pass", 0), (0.11, "undecided", 0), (0.095, "undecided", 0), (-0.5, "pass", 0)],
)
def test_an_excess_is_judged_by_its_limits(score, rule, check, excess, expected, exit_code):
    verdict = check([score(excess=excess)], [rule()])
    assert [item.verdict for item in verdict.results] == [expected]
    assert verdict.exit_code == exit_code
    assert verdict.passed == (exit_code == 0)


@pytest.mark.parametrize(("undecided", "exit_code"), [("warn", 0), ("pass", 0), ("fail", 1)])
def test_undecided_counts_as_the_check_says(score, rule, check, undecided, exit_code):
    verdict = check([score(excess=0.1)], [rule()], undecided=undecided)
    assert verdict.exit_code == exit_code
    assert len(verdict.undecided) == 1


@pytest.mark.parametrize("status", ["undefined", "insufficient", "error"])
def test_what_could_not_be_measured_is_never_a_pass(score, rule, check, status):
    verdict = check([score(value=None, excess=None, status=status, reason="there is no holdout")], [rule()])
    assert verdict.exit_code == 3
    assert verdict.results[0].verdict == "error"
    assert "there is no holdout" in verdict.results[0].sentence


def test_a_metric_that_nobody_measured_is_an_error(score, rule, check):
    verdict = check([score()], [rule(), rule("precision")])
    assert [item.verdict for item in verdict.results] == ["pass", "error"]
    assert verdict.exit_code == 3
    assert "not measured" in verdict.results[1].sentence


def test_a_failure_outranks_what_could_not_be_measured(score, rule, check):
    verdict = check(
        [score(excess=0.5), score("precision", value=None, excess=None, status="error")], [rule(), rule("precision")]
    )
    assert verdict.exit_code == 1


def test_without_a_yardstick_an_excess_has_no_evidence(score, rule, check):
    verdict = check([score(excess=None)], [rule()])
    assert verdict.exit_code == 3
    assert "no fresh real data" in verdict.results[0].sentence


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_number_that_is_none_is_an_error(score, rule, check, bad):
    assert check([score(excess=bad)], [rule()]).exit_code == 3


def test_warn_level_never_changes_the_exit_code(score, rule, check):
    scores = [score(), score("precision", excess=0.9), score("density", value=None, excess=None, status="error")]
    rules = [rule(), rule("precision", level="warn"), rule("density", level="warn")]
    verdict = check(scores, rules)
    assert verdict.exit_code == 0
    assert [item.gate for item in verdict.warnings] == ["precision"]
    assert verdict.failed == ()


def test_a_gate_that_is_off_is_not_listed(score, rule, check):
    verdict = check([score(), score("precision", excess=0.9)], [rule(), rule("precision", level="off")])
    assert [item.gate for item in verdict.results] == ["coverage"]


def test_not_applicable_is_listed_and_harmless(score, rule, check):
    rules = [rule(), rule("label_rate_gap", by=["*"]), rule("ablation_difference", where={"arm": "synthetic"})]
    verdict = check([score()], rules, skipped={"label_rate_gap": "no label was declared"})
    assert [item.verdict for item in verdict.results] == ["pass", "not_applicable", "not_applicable"]
    assert "no label was declared" in verdict.results[1].sentence
    assert "no ablation was run" in verdict.results[2].sentence
    assert verdict.exit_code == 0


def test_gates_for_other_data_are_told_in_one_line(score, rule, check):
    rules = [rule(), rule("tv_complement"), rule("new_word_share"), rule("label_rate_gap", by=["*"])]
    skipped = {"tv_complement": "it is for tabular data", "new_word_share": "it is for text data"}
    skipped["label_rate_gap"] = "no label was declared"
    verdict = check([score()], rules, skipped=skipped, audited={"modality": "series"})
    for text in (str(verdict), render(verdict, "markdown").replace("\\", "")):
        (line,) = [line for line in text.splitlines() if "tv-complement" in line]
        assert line == "2 gates are for other kinds of data (tabular, text): tv-complement, new-word-share."
        assert "label-rate-gap" in text
    assert len(json.loads(render(verdict, "json"))["results"]) == len(rules)


def test_gates_may_judge_real_trained_models_on_synthetic_data(score, rule, check):
    where = {"arm": "synthetic", "measure": "auroc"}
    rules = [rule("ablation_transfer", where=where, max_excess=0.1)]
    good, poor = (check([score("ablation_transfer", where=where, excess=excess)], rules) for excess in (-0.1, 0.3))
    assert (good.results[0].verdict, poor.results[0].verdict) == ("pass", "fail")
    assert "shortfall is at least" in poor.results[0].sentence
    assert poor.findings[0].kind == "utility"


@pytest.mark.parametrize(("excess", "word"), [(0.3, ", so it hurts"), (-0.3, ", so it helps")])
def test_the_sentence_of_an_arm_says_whether_it_helps_or_hurts(score, rule, check, excess, word):
    where = {"arm": "real+synthetic", "measure": "auroc"}
    found = check(
        [score("ablation_difference", where=where, excess=excess)], [rule("ablation_difference", where=where)]
    )
    assert word in found.results[0].sentence


def test_the_direction_is_that_of_the_measure_that_is_named(score, rule, check):
    scores = [
        score("ablation_transfer", where={"arm": "synthetic", "measure": measure}, value=0.3, direction=direction)
        for measure, direction in (("auroc", "higher"), ("log_loss", "lower"))
    ]
    where = {"arm": "synthetic", "measure": "log_loss"}
    assert check(scores, [rule("ablation_transfer", where=where, max=0.9, max_excess=None)]).results[0].limit == 0.9


def test_a_check_that_judged_nothing_is_not_a_pass(rule, check):
    assert check([], []).exit_code == 3
    verdict = check([], [rule("label_rate_gap")], skipped={"label_rate_gap": "no label was declared"})
    assert verdict.exit_code == 3
    assert "not a pass" in verdict.notes[0]


def test_a_contaminated_holdout_takes_the_evidence_from_copying_only(score, rule, check):
    scores = [score("copy_excess", excess=0.5), score("holdout_share"), score("duplicate_share")]
    rules = [rule(item.metric) for item in scores]
    verdict = check(scores, rules, facts={"contaminated_holdout": "40 % of the holdout stand in train."})
    assert [item.verdict for item in verdict.results] == ["error", "error", "pass"]
    assert verdict.exit_code == 3
    assert [item.kind for item in verdict.findings] == ["contaminated_holdout"]


# Holm at 1 % by hand: p = .0005, .004, .006, .2 are compared with .01/4, .01/3, .01/2, .01/1 in this order.
# .0005 <= .0025 is rejected; .004 > .00333 stops; .006 stays, although it is below .01.
def test_holm_by_hand(score, rule, check):
    z = {0.0005: 3.2905267, 0.004: 2.6520698, 0.006: 2.5121443, 0.2: 0.8416212}
    scores = [score(f"m{i}", excess=0.1 + 0.01 * value) for i, value in enumerate(z.values())]
    rules = [rule(item.metric) for item in scores]
    verdict = check(scores, rules)
    assert [item.verdict for item in verdict.results] == ["fail", "undecided", "undecided", "undecided"]
    assert [item.p_value for item in verdict.results] == pytest.approx([0.002, 0.012, 0.012, 0.2], rel=1e-4)
    alone = check(scores[2:3], rules[2:3])
    assert alone.results[0].verdict == "fail"


def test_warn_gates_are_a_family_of_their_own(score, rule, check):
    scores = [score("a", excess=0.125), *(score(f"w{i}", excess=0.0) for i in range(20))]
    alone = check(scores[:1], [rule("a")])
    crowded = check(scores, [rule("a"), *(rule(f"w{i}", level="warn") for i in range(20))])
    assert alone.results[0].p_value == crowded.results[0].p_value
    assert crowded.exit_code == 1


def test_the_lower_limit_agrees_with_the_verdict(score, rule, check):
    scores = [score(f"m{i}", excess=0.1 + 0.004 * i) for i in range(12)]
    for item in check(scores, [rule(item.metric) for item in scores]).results:
        assert (item.verdict == "fail") == (item.excess_low > 0.1)
        assert (item.verdict == "pass") == (item.excess_high <= 0.1)


@pytest.mark.parametrize(
    ("limits", "value", "expected"),
    [
        ({"max": 0.8}, 0.85, "fail"),
        ({"max": 0.8}, 0.7, "pass"),
        ({"max": 0.8}, 0.801, "undecided"),
        ({"min": 0.8}, 0.7, "fail"),
        ({"min": 0.8}, 0.9, "pass"),
        ({"min": 0.8}, 0.799, "undecided"),
        ({"max": 0.8, "decide": "point"}, 0.8000001, "fail"),
        ({"max": 0.8, "decide": "point"}, 0.8, "pass"),
        ({"min": 0.8, "decide": "point"}, 0.7999999, "fail"),
    ],
)
def test_limits_on_the_value(score, rule, check, limits, value, expected):
    verdict = check([score("density", value=value)], [rule("density", **limits)])
    assert verdict.results[0].verdict == expected


def test_a_rule_with_two_limits_gives_two_results(score, rule, check):
    verdict = check([score("density", value=0.5)], [rule("density", min=0.8, max=1.2)])
    assert [(item.limit_kind, item.verdict) for item in verdict.results] == [("max", "pass"), ("min", "fail")]


def test_without_an_interval_only_the_point_can_be_judged(score, rule, check):
    bare = score(se=None, excess=0.5)
    assert check([bare], [rule()]).results[0].verdict == "undecided"
    assert check([bare], [rule(decide="point")]).results[0].verdict == "fail"


def test_an_exact_count_is_judged_without_doubt(score, rule, check):
    missing = score("missing_groups", value=1.0, excess=1.0, se=0, details={"missing": ["sex=Female"]})
    missing = replace(missing, estimate=Estimate(1.0, n=(2000, 2000)))
    verdict = check([missing], [rule("missing_groups", max=0)])
    assert verdict.results[0].verdict == "fail"
    assert verdict.findings[0].kind == "missing_group"
    assert "sex=Female" in verdict.findings[0].sentence
    assert verdict.findings[0].evidence["missing"] == ["sex=Female"]


def test_an_excess_without_a_spread_is_judged_by_its_interval(score, rule, check):
    wide = Estimate(0.2, 0.0, 0.4, "blocks", (100, 100))
    narrow = Estimate(0.2, 0.19, 0.21, "blocks", (100, 100))
    scores = [score("a", se=None, excess=None), score("b", se=None, excess=None)]
    scores = [
        Score.from_json({**item.to_json(), "excess": estimate.to_json()})
        for item, estimate in zip(scores, (wide, narrow), strict=True)
    ]
    verdict = check(scores, [rule("a"), rule("b")])
    assert [item.verdict for item in verdict.results] == ["undecided", "fail"]


def test_undecided_says_what_would_decide(score, rule, check):
    result = check([score(excess=0.08, se=0.02)], [rule()]).results[0]
    assert result.verdict == "undecided"
    # (1.645 + 0.842) * 0.02 / 0.02 squared = 6.18 times 2,000
    assert result.power["size_needed"] == 13000
    # 0.1 + (2.326 + 0.842) * 0.02
    assert result.power["smallest_shown"] == pytest.approx(0.16336, abs=1e-4)
    assert "16.3 percentage points with 80 % power" in result.sentence
    assert "about 13,000 records" in result.sentence


def test_undecided_at_the_limit_promises_nothing(score, rule, check):
    result = check([score(excess=0.1)], [rule()]).results[0]
    assert result.power.keys() == {"smallest_shown", "size_now"}
    assert "unlikely to decide" in result.sentence


def test_parts_below_support_are_listed_and_not_judged(score, rule, check):
    scores = [score(where={"sex": "F"}, excess=0.5, n=(500, 12)), score(where={"sex": "M"}, n=(500, 500))]
    verdict = check(scores, [rule(by=["*"])])
    assert [item.verdict for item in verdict.results] == ["not_applicable", "pass"]
    assert "too small to judge" in verdict.results[0].sentence
    assert verdict.exit_code == 0


def test_when_every_part_is_too_small_the_gate_is_undecided(score, rule, check):
    scores = [score(), score(where={"sex": "F"}, n=(500, 12)), score(where={"sex": "M"}, n=(9, 500))]
    verdict = check(scores, [rule(), rule(id="by-sex", by=["sex"])], undecided="fail")
    assert [item.verdict for item in verdict.results] == ["pass", "undecided", "undecided"]
    assert verdict.exit_code == 1


def test_the_input_is_not_changed(score, rule, check):
    scores, rules = [score(excess=0.3)], [rule()]
    before = [item.to_json() for item in scores], [item.model_dump() for item in rules]
    check(scores, rules)
    assert before == ([item.to_json() for item in scores], [item.model_dump() for item in rules])


def test_an_unknown_metric_is_a_config_error(score, rule, check):
    with pytest.raises(ConfigError, match=r"unknown metric 'covrage'; did you mean 'coverage'\?"):
        check([score("precision")], [rule("covrage")])


_STATUS = st.sampled_from(["ok", "degraded", "undefined", "insufficient", "error", "absent"])
_CASE = st.tuples(_STATUS, st.floats(-1, 1), st.sampled_from([None, 0, 0.01, 0.5]), st.sampled_from(["error", "warn"]))


@settings(deadline=None, max_examples=150)
@given(cases=st.lists(_CASE, min_size=1, max_size=8), undecided=st.sampled_from(["pass", "warn", "fail"]))
def test_never_green_when_an_error_gate_could_not_measure(cases, undecided):
    names = (
        "precision",
        "coverage",
        "density",
        "copy_excess",
        "holdout_share",
        "duplicate_share",
        "missing_groups",
        "label_rate_gap",
    )
    scores, rules = [], []
    for name, (status, excess, se, level) in zip(names, cases, strict=False):
        rules.append(GateRule(id=name, metric=name, max_excess=0.1, level=level))
        if status == "absent":
            continue
        measured = status in ("ok", "degraded")
        low_high = (None, None) if se is None else (excess - se, excess + se)
        estimate = Estimate(excess, *low_high, "test", (50, 50)) if measured else None
        scores.append(
            Score(name, {}, estimate, {}, estimate, "match", None, (None, None), "", status, "why", "", {}, 0, 0)
        )
    verdict = judge(Scores.of(scores), rules, check=CheckConfig(undecided=undecided), skipped={}, facts={})
    lost = any(level == "error" and status not in ("ok", "degraded") for status, _, _, level in cases[: len(names)])
    failed = any(item.level == "error" and item.verdict == "fail" for item in verdict.results)
    assert not (lost and verdict.passed)
    assert not (failed and verdict.exit_code != 1)
    assert verdict.passed == (verdict.exit_code == 0)
    assert len(verdict.results) == len(rules)
    assert all(item.sentence.endswith(".") for item in verdict.results)
