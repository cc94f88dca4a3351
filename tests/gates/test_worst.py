"""Gates that judge the worst of many parts, corrected for having picked it."""

from __future__ import annotations

import pytest
from scipy.stats import norm

from auditkit.gates import GateResult

LIMIT = 0.1


@pytest.fixture
def columns(score):
    """Scores of `ks_complement` on columns with these shortfalls, and their mean."""

    def make(*excesses, se=0.01):
        whole = score("ks_complement", direction="higher", excess=sum(excesses) / len(excesses), se=se)
        return [
            whole,
            *(
                score("ks_complement", where={"column": f"c{place}"}, direction="higher", excess=excess, se=se)
                for place, excess in enumerate(excesses)
            ),
        ]

    return make


@pytest.fixture
def worst(rule):
    def make(**changes):
        return rule("ks_complement", **{"by": ["column"], "reduce": "worst", "max_excess": LIMIT} | changes)

    return make


def test_one_ruined_column_fails_where_their_mean_passes(columns, rule, worst, check):
    scores = columns(*[0.0] * 14, 0.9)
    assert check(scores, [rule("ks_complement", max_excess=LIMIT)]).passed
    (result,) = check(scores, [worst()]).results
    assert result.verdict == "fail"
    assert (dict(result.where), result.worst_of, result.also) == ({"column": "c14"}, 15, ())


def test_the_worst_is_corrected_for_all_that_were_looked_at(columns, worst, check):
    (result,) = check(columns(*[0.0] * 19, 0.125), [worst()]).results
    alone = float(norm.sf(2.5))
    assert alone < 0.01 < 20 * alone
    assert result.verdict == "undecided"
    assert result.p_value == pytest.approx(20 * alone, rel=1e-9)
    (alone_result,) = check(columns(0.125), [worst()]).results
    assert alone_result.verdict == "fail"


def test_a_reduced_gate_counts_as_one_comparison(columns, rule, worst, check, score):
    scores = [*columns(*[0.0] * 50), score("coverage", excess=0.131)]
    verdict = check(scores, [worst(), rule("coverage")])
    assert len(verdict.results) == 2
    (failed,) = verdict.failed
    assert failed.metric == "coverage"
    assert failed.p_value == pytest.approx(2 * norm.sf(3.1), rel=1e-9)


def test_it_passes_when_every_part_passes_and_not_before(columns, worst, check, score):
    (passed,) = check(columns(0.0, 0.05), [worst()]).results
    assert passed.verdict == "pass"
    assert dict(passed.where) == {"column": "c1"}
    unsure = score("ks_complement", where={"column": "noisy"}, direction="higher", excess=0.0, se=0.2)
    (undecided,) = check([*columns(0.0, 0.05), unsure], [worst()]).results
    assert undecided.verdict == "undecided"
    assert dict(undecided.where) == {"column": "noisy"}


def test_others_that_fail_too_are_named_in_the_finding(columns, worst, check):
    verdict = check(columns(0.9, 0.0, 0.5, 0.6), [worst()])
    (result,) = verdict.results
    assert result.also == ("column=c3", "column=c2")
    (finding,) = verdict.findings
    assert finding.kind == "shape"
    assert finding.sentence.endswith("The same holds for c3, c2.")
    assert GateResult.from_json(result.to_json()) == result


def test_a_bare_number_is_compared_at_its_worst(columns, worst, check):
    (result,) = check(columns(0.02, 0.11, se=None), [worst(decide="point")]).results
    assert (result.verdict, dict(result.where)) == ("fail", {"column": "c1"})


def test_parts_without_a_value_are_left_out(columns, worst, check, score):
    def undefined(column):
        return score(
            "ks_complement", where={"column": column}, value=None, excess=None, status="undefined", reason="constant."
        )

    (result,) = check([*columns(0.0), undefined("x")], [worst()]).results
    assert result.verdict == "pass"
    (none,) = check([columns(0.0)[0], undefined("x"), undefined("y")], [worst()]).results
    assert (none.verdict, dict(none.where)) == ("not_applicable", {})


def test_a_table_without_such_columns_is_no_lack_of_evidence(worst, check, score):
    nothing = score("ks_complement", value=None, excess=None, status="undefined", reason="no column of this kind.")
    other = score("precision", where={"sex": "F"})
    verdict = check([nothing, other], [worst(), worst(id="pairs", by=["pair"])])
    assert [item.verdict for item in verdict.results] == ["not_applicable"] * 2
    assert "no column of this kind" in verdict.results[0].sentence


def test_a_metric_that_failed_is_no_pass_whether_groups_were_declared_or_not(worst, check, score):
    broken = score("ks_complement", value=None, excess=None, status="error", reason="it failed.")
    for skipped in ({}, {"representation_gap": "no groups were declared"}):
        verdict = check([broken, score()], [worst()], skipped=skipped)
        assert (verdict.results[0].verdict, verdict.exit_code) == ("error", 3)
        assert "it failed" in verdict.results[0].sentence


def test_a_table_without_such_columns_is_told_so_and_nothing_of_groups(worst, check, score):
    nothing = score("ks_complement", value=None, excess=None, status="undefined", reason="no column of this kind.")
    verdict = check([nothing, score()], [worst()], skipped={"representation_gap": "no groups were declared"})
    assert verdict.results[0].sentence == "ks_complement does not apply: no column of this kind."


def test_a_column_that_failed_keeps_the_others_from_passing_but_not_from_failing(columns, worst, check, score):
    broken = score(
        "ks_complement", where={"column": "x"}, value=None, excess=None, status="error", reason="its cells failed."
    )
    (result,) = check([*columns(0.0, 0.01), broken], [worst()]).results
    assert (result.verdict, dict(result.where)) == ("error", {"column": "x"})
    (result,) = check([*columns(0.0, 0.9), broken], [worst()]).results
    assert (result.verdict, dict(result.where)) == ("fail", {"column": "c1"})


@pytest.mark.parametrize("metric", ["partial_copy_excess", "association_retention"])
def test_what_some_tables_hold_nothing_of_does_not_apply_there(metric, rule, check, score):
    nothing = score(metric, value=None, excess=None, status="undefined", reason="a table of one column.")
    verdict = check([nothing, score()], [rule(metric), rule()])
    assert (verdict.results[0].verdict, verdict.exit_code) == ("not_applicable", 0)


def test_sentences_name_the_column_and_how_many_there_are(columns, worst, check, score, rule):
    (result,) = check(columns(*[0.0] * 14, 0.9), [worst()]).results
    assert result.sentence.startswith("Of 15 columns c14 compares worst: it is like the real column to 0.900 where 1")
    assert "shortfall is at least" in result.sentence
    pair = score("contingency_similarity", where={"pair": "a, b"}, direction="higher", excess=0.9)
    (alone,) = check([pair], [rule("contingency_similarity", by=["pair"])]).results
    assert alone.sentence.startswith("Columns a, b hang together like the real ones to 0.900 where 1 is equal")


def test_the_first_lines_of_the_text_say_what_is_wrong(columns, worst, check, score, rule):
    scores = [
        *columns(0.9),
        score("copy_excess", excess=0.5),
        score("missing_groups", value=1.0, excess=None, details={"missing": ["sex=F"]}, unit="count"),
    ]
    rules = [rule("copy_excess"), worst(), rule("missing_groups", max=0, decide="point")]
    lines = check(scores, rules).text().splitlines()
    heads = [line for line in lines[: lines.index("")] if line.startswith("* ")]
    assert [head.split(":")[0] for head in heads] == [
        "* Groups are missing",
        "* The synthetic data repeat training records",
        "* Columns are not distributed as in the real data",
    ]
    assert "sex=F" in heads[0]


def test_the_value_of_all_records_is_told_before_that_at_equal_sizes(check, score, rule):
    repeats = score("duplicate_share", value=0.247, excess=0.12, details={"at_equal_size": 0.17})
    verdict = check([repeats], [rule("duplicate_share", max_excess=0.05)])
    (result,) = verdict.results
    assert (result.value, result.compared) == (0.247, 0.17)
    assert result.sentence.startswith(
        "24.7 % of the synthetic records repeat another one (at equal sizes 17.0 %, fresh real records: 95.0 %);"
    )
    assert any("at equal sizes" in note for note in verdict.notes)
    same = score("duplicate_share", value=0.17, excess=0.12, details={"at_equal_size": 0.17})
    verdict = check([same], [rule("duplicate_share", max_excess=0.05)])
    assert "equal sizes" not in verdict.text()
