"""Sentences: numbers that agree with the verdict, words that a newcomer understands."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditkit.ablation.amplification import amplification_parts
from auditkit.ablation.group_gaps import gap_parts
from auditkit.ablation.measures import MEASURES
from auditkit.gates.digits import PERCENT, PLAIN
from auditkit.results import Estimate


def test_a_copying_sentence_tells_the_story(score, rule, check):
    item = score("copy_excess", value=0.053, excess=0.053, se=0.004, details={"identical_match_share": 0.054})
    (result,) = check([item], [rule("copy_excess", max_excess=0.01)]).results
    assert result.sentence == (
        "5.4 % of the synthetic records equal a training record, 5.3 percentage points more than real records that the "
        "generator never saw would explain; the excess is at least 4.4 percentage points (99 % sure), at most 1 "
        "percentage point is allowed."
    )


def test_a_pass_names_the_upper_limit(score, rule, check):
    (result,) = check([score(value=0.93, excess=0.02)], [rule()]).results
    assert result.sentence == (
        "93.0 % of the real records have a synthetic counterpart (with fresh real records: 95.0 %); the shortfall is "
        "at most 3.6 percentage points (95 % sure), at most 10 percentage points are allowed."
    )


def test_many_comparisons_are_said(score, rule, check):
    results = check([score(excess=0.5), score("precision", excess=0.5)], [rule(), rule("precision")]).results
    assert "corrected for 2 comparisons" in results[0].sentence


@pytest.mark.parametrize(
    ("metric", "where", "details", "words"),
    [
        ("holdout_share", {}, {}, "nearest real record is a training record"),
        ("duplicate_share", {}, {}, "repeat another one (fresh real records: 95.0 %)"),
        ("precision", {"sex": "F"}, {}, "in sex=F lie where real records lie"),
        ("representation_gap", {"sex": "F"}, {"synthetic": 0.25, "real": 0.33}, "sex=F makes up 25.0 %"),
        ("representation_gap", {"sex": "F"}, {}, "share of sex=F differs"),
        ("label_rate_gap", {"sex": "F", "class": ">50K"}, {"synthetic": 0.05, "real": 0.1}, "of sex=F are '>50K'"),
        ("label_rate_gap", {"class": ">50K"}, {}, "rate of '>50K' differs"),
        ("ablation_transfer", {"arm": "synthetic", "measure": "auroc"}, {}, "synthetic data (0.950 on real test"),
        ("ablation_transfer", {"arm": "kept", "measure": "auroc"}, {}, "has auroc 0.900 on the set 'kept'"),
        (
            "ablation_difference",
            {"arm": "real+kept", "measure": "equalized_odds_difference", "group": "sex"},
            {},
            "0.500 more equalized odds difference between the groups of 'sex' than one trained",
        ),
        ("ablation_difference", {"arm": "synthetic", "measure": "log_loss"}, {}, "more log loss than one trained"),
        ("ablation_drop", {"arm": "real", "measure": "auroc", "test": "noise=1"}, {}, "loses 0.900 auroc from the"),
        ("ablation_train_gap", {"arm": "kept", "measure": "auroc"}, {}, "'kept' is better by 0.900 auroc on the rec"),
        ("ablation_score", {"arm": "real", "measure": "auroc"}, {}, "on real data has auroc 0.900 on real test"),
        ("ablation_curve", {"arm": "real+kept", "measure": "auroc", "amount": "0.5"}, {}, "with 0.5 of its synthetic"),
        ("classifier_two_sample", {}, {}, "0.5 is guessing"),
        ("wasserstein", {}, {}, "for fresh real records 0.950"),
    ],
)  # fmt: skip
def test_every_metric_has_its_words(score, rule, check, metric, where, details, words):
    item = score(metric, where=where, details=details, excess=0.5)
    verdict = check([item], [rule(metric, where=where)])
    assert words in verdict.results[0].sentence


def group_measures():
    groups = {"sex": np.array(["f", "m"] * 20, dtype=object)}
    classes, amounts = {"n_classes": 2, "positive": 1}, {"task": "regression"}
    parts = [*gap_parts(groups, task="classification", **classes), *gap_parts(groups, **amounts)]
    return {part.measure.name: part.measure for part in [*parts, *amplification_parts(groups, task="classification")]}


@pytest.mark.parametrize("where", [{}, {"group": "sex"}])
def test_a_worse_model_has_less_of_what_is_good_and_more_of_what_is_bad(score, rule, check, where):
    asked = group_measures() if where else MEASURES
    assert "bias_amplification" in group_measures()
    for name, measure in asked.items():
        part = {"arm": "synthetic", "measure": name, **where}
        item = score("ablation_difference", where=part, excess=0.238, direction=measure.direction)
        verdict = check([item], [rule("ablation_difference", where=part)])
        more = "more" if measure.direction == "lower" else "less"
        assert f"reaches 0.238 {more} {name.replace('_', ' ')}" in verdict.results[0].sentence
        (finding,) = verdict.findings
        told = "A model treats groups less evenly: " if where else "A model learns less from the synthetic data: "
        assert finding.sentence.startswith(told)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.0, "No group of the real data is missing; at most 0 may be."),
        (1.0, "1 group of the real data is missing"),
        (2.0, "2 groups of the real data are missing"),
    ],
)
def test_missing_groups_are_counted_in_words(score, rule, check, value, words):
    verdict = check([score("missing_groups", value=value, se=0)], [rule("missing_groups", max=0)])
    assert words in verdict.results[0].sentence


@pytest.mark.parametrize("excess", [0.1000000001, 0.10000000001])
def test_printed_digits_agree_with_the_verdict(score, rule, check, excess):
    fail, within = check(
        [score("a", excess=excess, se=0), score("coverage", excess=0.1, se=0)], [rule("a"), rule("coverage")]
    ).results
    assert (fail.verdict, within.verdict) == ("fail", "pass")
    number = re.search(r"excess is ([\d.]+)", fail.sentence)
    assert number is not None
    assert float(number[1]) > 0.1
    assert "the shortfall is 10.0 percentage points, at most 10 percentage points are allowed" in within.sentence


@given(value=st.floats(-2, 2), limit=st.floats(-2, 2))
def test_shown_numbers_keep_their_side(value, limit):
    for scale in (PERCENT, PLAIN):
        shown = float(scale.show(value, limit))
        exact = scale.factor * limit
        if abs(value - limit) > 1e-9:
            assert (shown > exact) == (value > limit)
        assert shown == pytest.approx(scale.factor * value, abs=0.06)


def test_a_degraded_score_carries_its_caveat(score, rule, check):
    (result,) = check([score(status="degraded", reason="only 3 blocks")], [rule()]).results
    assert result.sentence.endswith("(only 3 blocks).")


def test_the_share_expected_without_copying_is_said(score, rule, check):
    item = score("holdout_share", value=0.81, excess=0.01, references={"chance": Estimate(0.8)})
    (result,) = check([item], [rule("holdout_share")]).results
    assert "(expected without copying: 80.0 %)" in result.sentence


def test_a_share_of_unequal_sets_is_said_as_of_equal_ones_too(score, rule, check):
    item = score(
        "holdout_share",
        value=1.0,
        excess=0.5,
        references={"chance": Estimate(0.97)},
        details={"share_of_equal_sets": 1.0},
    )
    (result,) = check([item], [rule("holdout_share")]).results
    told = "(expected without copying: 97.0 %), which makes 100.0 % where training set and holdout are equally large"
    assert f"{told} (expected: 50 %)" in result.sentence


def test_a_distance_never_reaches_below_zero(score, rule, check):
    (result,) = check([score("label_rate_gap", excess=0.02, se=0.1)], [rule("label_rate_gap")]).results
    assert "the gap is somewhere from 0 to" in result.sentence


def test_fewer_copies_than_chance_are_not_minus_more(score, rule, check):
    item = score("copy_excess", value=-0.005, excess=-0.005, se=0.004, details={"identical_match_share": 0.0})
    (result,) = check([item], [rule("copy_excess", max_excess=0.01)]).results
    assert "0.5 percentage points fewer than real records" in result.sentence


def test_what_no_size_of_gap_would_show_is_said_so(score, rule, check):
    (result,) = check([score(excess=0.2, se=0.8)], [rule()]).results
    assert "these sizes cannot show any" in result.sentence
