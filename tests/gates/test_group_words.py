"""What findings about groups say: which group is named first, and what became of the gap between two."""

from __future__ import annotations

import pytest

RATES = "label_rate_gap"


@pytest.fixture
def rates(score):
    """Scores of the rate of "yes" in two groups, from their real and synthetic rates."""

    def make(real, synthetic, *, se=0.005, n=(2000, 2000)):
        return [
            score(
                RATES,
                where={"sex": name, "class": "yes"},
                value=b - a,
                excess=abs(b - a),
                se=se,
                n=n,
                details={"real": a, "synthetic": b},
            )
            for name, a, b in zip(("Female", "Male"), real, synthetic, strict=True)
        ]

    return make


@pytest.mark.parametrize(
    ("real", "synthetic", "words"),
    [
        ((0.11, 0.31), (0.02, 0.42), "is amplified: it grows from 20.0 to 40.0 percentage points"),
        ((0.11, 0.31), (0.24, 0.24), "is erased: 20.0 percentage points in the real data, 0.0 in the synthetic"),
        ((0.11, 0.31), (0.20, 0.30), "shrinks from 20.0 to 10.0 percentage points"),
        ((0.11, 0.31), (0.31, 0.11), "is reversed: 20.0 percentage points in the real data, 20.0 the other way"),
        ((0.11, 0.31), (0.31, 0.51), "stays as it is: 20.0 percentage points in the real data, 20.0"),
    ],
)
def test_what_became_of_the_gap_between_two_groups_is_told(rates, rule, check, real, synthetic, words):
    verdict = check(rates(real, synthetic), [rule(RATES, by=["*"], max_excess=0.05)])
    (finding,) = verdict.findings
    assert f"Between sex=Male and sex=Female the gap in 'yes' {words}" in finding.sentence
    numbers = f"{100 * synthetic[1]:.1f} % and {100 * synthetic[0]:.1f} % of the synthetic records, "
    assert numbers + "31.0 % and 11.0 % of the real ones" in finding.sentence
    (gap,) = finding.evidence["gaps"]
    assert gap["groups"] == ["sex=Male", "sex=Female"]
    assert (gap["class"], gap["real"], gap["synthetic"]) == (
        "yes",
        pytest.approx(0.2),
        pytest.approx(synthetic[1] - synthetic[0]),
    )
    assert gap["fate"][:4] in words.replace("stays as it is", "kept").replace("shrinks", "shrunk")


def test_a_gap_of_which_much_is_left_has_shrunk_and_is_not_erased(rates, rule, check):
    verdict = check(rates((0.1, 0.5), (0.3, 0.48), se=0.05), [rule(RATES, by=["*"], max_excess=0.01)])
    assert [gap["fate"] for item in verdict.findings for gap in item.evidence["gaps"]] == ["shrunk"]


def test_a_gap_that_chance_explains_is_not_called_amplified(rates, rule, check):
    verdict = check(rates((0.11, 0.31), (0.02, 0.32), se=0.03), [rule(RATES, by=["*"], max_excess=0.01)])
    assert "amplified" not in "".join(item.sentence for item in verdict.findings)


def test_a_change_that_chance_could_explain_is_not_denied(rates, rule, check):
    verdict = check(rates((0.11, 0.31), (0.02, 0.32), se=0.05), [rule(RATES, by=["*"], max_excess=0.01)])
    words = "may have changed, which cannot be told from chance with these sizes: 20.0 percentage points in the real"
    assert all(words in item.sentence and "stays" not in item.sentence for item in verdict.findings)


def test_the_pair_of_groups_is_the_one_whose_gap_changed_most(score, rule, check):
    rates = {"A": (0.52, 0.39, 0.005), "B": (0.39, 0.52, 0.005), "C": (0.345, 0.332, 0.03)}
    scores = [
        score(
            RATES,
            where={"race": name, "class": "yes"},
            value=after - before,
            excess=abs(after - before),
            se=se,
            n=(2000, 2000),
            details={"real": before, "synthetic": after},
        )
        for name, (before, after, se) in rates.items()
    ]
    (finding,) = check(scores, [rule(RATES, by=["*"], max_excess=0.05)]).findings
    assert finding.evidence["gaps"][0]["groups"] == ["race=A", "race=B"]
    assert "is reversed: 13.0 percentage points in the real data, 13.0 the other way" in finding.sentence


def test_no_story_of_groups_that_are_too_small(rates, rule, check):
    verdict = check(rates((0.1, 0.3), (0.5, 0.3), n=(20, 2000)), [rule(RATES, by=["*"], max_excess=0.05)])
    assert all("Between" not in item.sentence for item in verdict.findings)


def test_a_single_group_is_named_before_the_intersection_that_follows_from_it(score, rule, check):
    def share(where, gap):
        details = {"real": 0.5, "synthetic": 0.5 + gap}
        return score("representation_gap", where=where, value=gap, excess=abs(gap), details=details)

    scores = [
        share({"race": "White", "sex": "Male"}, 0.35),
        share({"sex": "Male"}, 0.2 + 1e-12),
        share({"sex": "Female"}, -0.2),
    ]
    (finding,) = check(scores, [rule("representation_gap", by=["*"])]).findings
    assert "sex=Female makes up 30.0 % of the synthetic and 50.0 % of the real records" in finding.sentence
    told = "The same holds for sex=Male (70.0 % and 50.0 %); race=White, sex=Male (85.0 % and 50.0 %)."
    assert told in finding.sentence
    assert finding.evidence["where"] == {"sex": "Female"}


def test_further_groups_have_their_numbers_and_the_class_only_where_it_is_another(score, rule, check):
    def rate(where, gap):
        return score(RATES, where=where, value=gap, excess=abs(gap), details={"real": 0.5, "synthetic": 0.5 + gap})

    scores = [
        rate({"race": "A", "class": "x"}, -0.4),
        rate({"race": "B", "class": "x"}, -0.3),
        rate({"race": "B", "class": "z"}, -0.2),
        rate({"class": "x"}, -0.25),
    ]
    (finding,) = check(scores, [rule(RATES, by=["*"], max_excess=0.05)]).findings
    told = "race=B (20.0 % and 50.0 %), 'z' of race=B (30.0 % and 50.0 %), all records (25.0 % and 50.0 %)."
    assert told in finding.sentence


@pytest.mark.parametrize(
    ("metric", "where", "value", "details", "words"),
    [
        (
            "bias_amplification",
            {"attribute": "sex", "way": "attribute to label"},
            0.12,
            {},
            "he label and sex go together 12.0 percentage points more in the synthetic data than in the real data",
        ),
        (
            "bias_amplification",
            {},
            -0.12,
            {"worst": {"attribute": "race", "way": "label to attribute"}},
            "he label and race go together 12.0 percentage points less",
        ),
        (
            "differential_fairness_amplification",
            {"attribute": "sex"},
            0.4,
            {"real": 1.0, "synthetic": 1.4, "pair": ["Male", "Female"], "class": "yes"},
            "by sex changes by 0.400, from 1.000 in the real data to 1.400 (most apart: 'yes' of Male and Female)",
        ),
        (
            "leakage",
            {"attribute": "sex"},
            0.2,
            {"real": 0.6, "synthetic": 0.8},
            "with which sex is predicted from the rest is 0.200: 0.800 in the synthetic data, 0.600 in the real;",
        ),
        ("joint_drift", {"attribute": "sex"}, 0.2, {}, "20.0 % of the records would have to change sex or label"),
    ],
)
def test_amplification_is_told_in_words(score, rule, check, metric, where, value, details, words):
    found = score(metric, where=where, value=value, excess=abs(value), direction="match", details=details, unit="share")
    asked = rule(metric, where=where, max_excess=0.05) if where else rule(metric, max_excess=0.05)
    verdict = check([found], [asked])
    assert words in verdict.results[0].sentence
    assert [item.kind for item in verdict.findings] == ["amplification"]


def shares(score, where, real, synthetic):
    details = {"real": real, "synthetic": synthetic}
    gap = synthetic - real
    return score("representation_gap", where=where, value=gap, excess=abs(gap), se=0.002, details=details)


def test_a_group_of_which_little_is_left_is_told_first_with_the_ratio(score, rule, check):
    scores = [
        shares(score, {"race": "AA"}, 0.52, 0.65),
        shares(score, {"race": "Hispanic"}, 0.086, 0.006),
        shares(score, {"race": "Other"}, 0.052, 0.003),
    ]
    (finding,) = check(scores, [rule("representation_gap", by=["*"], max_excess=0.03, level="warn")]).findings
    assert finding.evidence["where"] == {"race": "Other"}
    first = "race=Other makes up 0.3 % of the synthetic and 5.2 % of the real records, a seventeenth of its share"
    assert first in finding.sentence
    assert finding.sentence.index("race=Hispanic") < finding.sentence.index("race=AA")


def test_a_missing_group_is_not_told_again_as_a_wrong_share(score, rule, check):
    missing = score("missing_groups", value=1.0, excess=1.0, se=0, unit="count", details={"missing": ["race=Hispanic"]})
    scores = [missing, shares(score, {"race": "Hispanic"}, 0.2, 0.0), shares(score, {"race": "AA"}, 0.5, 0.7)]
    rules = [rule("missing_groups", max=0, max_excess=None, decide="point"), rule("representation_gap", by=["*"])]
    findings = {item.kind: item for item in check(scores, rules).findings}
    assert "race=Hispanic" in findings["missing_group"].sentence
    assert "race=Hispanic" not in findings["group_share"].sentence
