"""Which parts a rule judges."""

from __future__ import annotations

import pytest

from auditkit.errors import ConfigError
from auditkit.gates.selection import choose
from auditkit.metrics import registry
from auditkit.results import Scores


@pytest.fixture
def scores(score):
    parts = [
        {},
        {"sex": "F"},
        {"sex": "M"},
        {"race": "x"},
        {"sex": "F", "race": "x"},
        {"class": "yes"},
        {"sex": "F", "class": "yes"},
    ]
    measures = [{"arm": arm, "measure": measure} for arm in ("synthetic", "kept") for measure in ("auc", "f1")]
    return Scores.of(
        [score(where=where) for where in parts] + [score("ablation_difference", where=where) for where in measures]
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [{}]),
        ({"where": {"sex": "F"}}, [{"sex": "F"}]),
        ({"by": ["sex"]}, [{"sex": "F"}, {"sex": "M"}, {"sex": "F", "class": "yes"}]),
        ({"by": ["sex", "race"]}, [{"sex": "F", "race": "x"}]),
        ({"by": ["race"], "where": {"sex": "F"}}, [{"sex": "F", "race": "x"}]),
        (
            {"by": ["*"], "where": {"sex": "F"}},
            [{"sex": "F", "race": "x"}, {"sex": "F", "class": "yes"}],
        ),
        (
            {"metric": "ablation_difference", "where": {"arm": "synthetic"}},
            [{"arm": "synthetic", "measure": "auc"}, {"arm": "synthetic", "measure": "f1"}],
        ),
    ],
)
def test_parts_are_chosen_by_where_and_by(scores, rule, changes, expected):
    chosen = choose(rule(**{"metric": "coverage", "id": "g"} | changes), scores, skipped={})
    assert [dict(item.where) for item in chosen] == expected


def test_a_star_means_every_part_but_the_whole(scores, rule):
    assert len(choose(rule(by=["*"]), scores, skipped={})) == 6


def test_without_an_ablation_its_scores_do_not_apply(score, rule):
    for metric in ("ablation_difference", "ablation_score", "ablation_transfer"):
        (chosen,) = choose(rule(metric), Scores.of([score()]), skipped={})
        assert (chosen.settled, chosen.reason) == ("not_applicable", "no ablation was run")


def test_errors_in_units_of_the_label_are_judged_where_the_measure_is_named(score, rule):
    arm = {"arm": "synthetic"}
    found = Scores.of(score("ablation_difference", where=arm | {"measure": measure}) for measure in ("r2", "mae"))
    (chosen,) = choose(rule("ablation_difference", where=arm), found, skipped={})
    assert chosen.where["measure"] == "r2"
    (named,) = choose(rule("ablation_difference", where=arm | {"measure": "mae"}), found, skipped={})
    assert named.where["measure"] == "mae"
    alone = Scores.of([score("ablation_difference", where=arm | {"measure": "rmse"})])
    (absent,) = choose(rule("ablation_difference", where=arm), alone, skipped={})
    assert absent.settled == "not_applicable"
    assert "units of the label" in absent.reason


def test_an_ablation_without_a_transfer_was_run(scores, rule):
    (chosen,) = choose(rule("ablation_transfer", where={"arm": "synthetic"}), scores, skipped={})
    assert (chosen.settled, chosen.reason) == ("error", "it was not measured in this audit")


def test_an_unknown_group_is_a_config_error(scores, rule):
    with pytest.raises(ConfigError, match=r"'sexx', which is no group of this audit; did you mean 'sex'\?"):
        choose(rule(by=["sexx"]), scores, skipped={})


def test_an_unknown_level_is_an_error_that_names_the_nearest(scores, rule):
    (only,) = choose(rule(where={"race": "y"}), scores, skipped={})
    assert only.settled == "error"
    assert "race=y" in only.reason


def test_support_that_the_metric_states_wins_over_the_sizes(score, rule):
    small = score(where={"sex": "F"}, n=(500, 500), details={"support": 3})
    large = score(where={"sex": "M"}, n=(5, 5), details={"support": 300})
    chosen = choose(rule(by=["*"]), Scores.of([small, large]), skipped={})
    assert [item.settled for item in chosen] == ["not_applicable", ""]


def test_absent_groups_have_nothing_to_rate(score, rule):
    part = score("label_rate_gap", where={"sex": "F", "class": "yes"}, value=None, excess=None, status="undefined")
    other = score("label_rate_gap", where={"sex": "M", "class": "yes"})
    missing = score("missing_groups", value=1.0, se=0, details={"missing": ["sex=F"]})
    chosen = choose(rule("label_rate_gap", by=["*"]), Scores.of([part, other, missing]), skipped={})
    assert [item.settled for item in chosen] == ["not_applicable", ""]
    assert "no synthetic rows" in chosen[0].reason


def test_without_groups_a_gate_by_group_does_not_apply(score, rule):
    (only,) = choose(rule(by=["*"]), Scores.of([score()]), skipped={"representation_gap": "no groups were declared"})
    assert only.settled == "not_applicable"
    (only,) = choose(rule(by=["*"]), Scores.of([score()]), skipped={})
    assert only.settled == "error"


def test_a_part_without_enough_rows_is_small_and_the_whole_is_an_error(score, rule):
    lost = {"value": None, "excess": None, "status": "insufficient", "reason": "there is no real unit"}
    parts = [score(where={"sex": "F"}, **lost), score(where={"sex": "M"})]
    chosen = choose(rule(by=["*"]), Scores.of(parts), skipped={})
    assert [item.settled for item in chosen] == ["not_applicable", ""]
    (only,) = choose(rule(), Scores.of([score(**lost)]), skipped={})
    assert only.settled == "error"


def test_without_parts_the_reason_of_the_whole_is_given(score, rule):
    whole = score(value=None, excess=None, status="insufficient", reason="there is no holdout")
    (only,) = choose(rule(by=["*"]), Scores.of([whole]), skipped={})
    assert (only.settled, only.reason) == ("error", "there is no holdout")


def test_a_contaminated_holdout_is_evidence_for_no_metric_that_reads_it(score, rule):
    reading = [registry.get(name) for name in registry.names()]
    scores = Scores.of([score(item.name) for item in reading])
    chosen = {
        item.name: choose(rule(item.name), scores, skipped={}, contaminated="half of it stands in train")[0]
        for item in reading
    }
    without = {name for name, entry in chosen.items() if entry.reason == "half of it stands in train"}
    told = {item.name for item in reading if item.family == "copying" or "holdout" in item.roles}
    assert without == told | {"memorization_informed_frechet_distance"}
    assert {"singling_out_risk", "linkability_risk", "inference_risk", "feature_likelihood_divergence"} <= without


def test_only_groups_are_offered_to_judge_by(score, rule, check):
    scores = [score(where=where) for where in ({"sex": "f"}, {"column": "age"}, {"attribute": "a", "way": "b"})]
    with pytest.raises(ConfigError) as error:
        check(scores, [rule(by=["gender"])])
    assert "known: sex" in str(error.value)
    assert "column" not in str(error.value)


def test_a_question_ends_as_one(score, rule, check):
    (found,) = check([score(where={"sex": "Female"})], [rule(where={"sex": "Femal"})]).results
    assert found.sentence.endswith("did you mean 'sex=Female'?")


def test_limits_of_gates_that_do_not_apply_are_printed_like_others(rule, check):
    verdict = check([], [rule("copy_excess", max_excess=0.01)], skipped={"copy_excess": "there is no holdout"})
    assert "worse by <= 1 %" in str(verdict)
