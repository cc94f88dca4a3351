"""Presets, merging, direction."""

from __future__ import annotations

import pytest

from auditkit.config import Config, parse_config
from auditkit.errors import ConfigError, UnknownNameError
from auditkit.gates import check_rules, gates_of, merge_rules, preset
from auditkit.results import Scores

EXPECTED = [
    ("copy_excess", "max_excess", 0.01, "error"),
    ("partial_copy_excess", "max_excess", 0.01, "error"),
    ("verbatim_leak_share", "max_excess", 0.01, "error"),
    ("holdout_share", "max_excess", 0.03, "error"),
    ("ngram_overlap", "max_excess", 0.05, "error"),
    ("near_copy_share", "max_excess", 0.03, "error"),
    ("duplicate_share", "max_excess", 0.05, "error"),
    ("distinct_n", "max_excess", 0.15, "error"),
    ("precision", "max_excess", 0.10, "error"),
    ("validity", "max_excess", 0.10, "error"),
    ("coverage", "max_excess", 0.10, "error"),
    ("text_length_similarity", "max_excess", 0.20, "warn"),
    ("volatility_ratio", "max_excess", 0.25, "error"),
    ("roughness_ratio", "max_excess", 0.25, "error"),
    ("spectrum_similarity", "max_excess", 0.25, "warn"),
    ("series_length_similarity", "max_excess", 0.20, "warn"),
    ("ks_complement", "max_excess", 0.10, "error"),
    ("tv_complement", "max_excess", 0.10, "error"),
    ("missing_value_similarity", "max_excess", 0.05, "error"),
    ("contingency_similarity", "max_excess", 0.10, "error"),
    ("correlation_similarity", "max_excess", 0.05, "error"),
    ("association_similarity", "max_excess", 0.15, "error"),
    ("association_retention", "max_excess", 0.25, "error"),
    ("missing_classes", "max", 0, "error"),
    ("coherence", "max_excess", 0.10, "error"),
    ("transition_similarity", "max_excess", 0.10, "error"),
    ("step_similarity", "max_excess", 0.10, "error"),
    ("sequence_length_similarity", "max_excess", 0.15, "error"),
    ("missing_groups", "max", 0, "error"),
    ("representation_gap", "max_excess", 0.10, "error"),
    ("representation_gap", "max_excess", 0.03, "warn"),
    ("label_rate_gap", "max_excess", 0.05, "error"),
    ("ablation_difference", "max_excess", 0.05, "error"),
    ("classifier_two_sample", "max", 0.80, "warn"),
]


def test_the_preset_holds_the_agreed_numbers():
    found = []
    for item in preset():
        kinds = [kind for kind in ("max", "min", "max_excess") if getattr(item, kind) is not None]
        assert len(kinds) == 1
        found.append((item.metric, kinds[0], getattr(item, kinds[0]), item.level))
    assert [item for item in EXPECTED if item not in found] == []


def test_every_preset_gate_says_why_and_has_an_id_and_no_line():
    rules = preset()
    assert all(item.why and item.id for item in rules)
    assert len({item.id for item in rules}) == len(rules)
    assert {item.line for item in rules} == {None}


def test_every_preset_metric_points_the_right_way():
    assert [item.id for item in check_rules(preset())] == [item.id for item in preset()]


def test_an_unknown_preset_names_the_known_ones():
    with pytest.raises(UnknownNameError, match="did you mean 'recommended'"):
        preset("recomended")


def test_the_same_id_changes_only_what_is_written():
    text = '[[gate]]\nid = "copies"\nmetric = "copy_excess"\nmax_excess = 0.002\n'
    merged = {item.id: item for item in merge_rules(parse_config(text, "auditkit.toml").gates, extends="recommended")}
    assert list(merged) == [item.id for item in preset()]
    assert merged["copies"].max_excess == 0.002
    assert merged["copies"].why == {item.id: item for item in preset()}["copies"].why
    assert merged["copies"].line is not None


def test_another_kind_of_limit_replaces_the_old_one():
    text = '[[gate]]\nid = "detectable"\nmetric = "classifier_two_sample"\nmax_excess = 0.2\n'
    merged = {item.id: item for item in merge_rules(parse_config(text, "auditkit.toml").gates, extends="recommended")}
    assert merged["detectable"].max is None
    assert merged["detectable"].level == "warn"


def test_a_new_id_adds_a_gate_and_no_preset_leaves_only_the_users(rule):
    own = rule("density", id="mine", min=0.5)
    assert [item.id for item in merge_rules([own], extends="recommended")][-1] == "mine"
    assert [item.id for item in merge_rules([own])] == ["mine"]


@pytest.mark.parametrize(
    ("metric", "limits", "message"),
    [
        ("coverage", {"max": 0.5}, "sets max on coverage, where higher is better"),
        ("copy_excess", {"min": 0.5}, "sets min on copy_excess, where lower is better"),
        ("support", {"max_excess": 0.5}, "has no better side"),
    ],
)
def test_an_inverted_gate_is_a_config_error_with_its_line(score, rule, metric, limits, message):
    bad = rule(metric, line=7, **limits)
    with pytest.raises(ConfigError, match=rf"auditkit\.toml:7: gate .* {message}"):
        check_rules([bad], scores=Scores.of([score(metric)]))


def test_the_registry_knows_directions_of_what_was_not_measured(rule):
    with pytest.raises(ConfigError, match="where higher is better"):
        check_rules([rule("coverage", max=0.5)])


def test_an_inverted_gate_that_is_off_harms_nobody(rule):
    assert check_rules([rule("coverage", max=0.5, level="off")]) == []


def test_two_gates_with_one_id_are_an_error(rule):
    with pytest.raises(ConfigError, match="share the id 'coverage'"):
        check_rules([rule(), rule()])


def test_gates_come_from_a_path_a_config_or_the_preset(tmp_path):
    path = tmp_path / "auditkit.toml"
    path.write_text('[check]\nundecided = "fail"\n[[gate]]\nid = "mine"\nmetric = "density"\nmin = 0.5\n')
    rules, settings = gates_of(path)
    assert [item.id for item in rules] == [*(item.id for item in preset()), "mine"]
    assert settings.undecided == "fail"
    assert gates_of(None)[0] == preset() == gates_of(Config())[0]


def test_no_preset_can_be_asked_for(tmp_path):
    path = tmp_path / "auditkit.toml"
    path.write_text('extends = "none"\n')
    assert gates_of(str(path))[0] == []


def test_an_own_gate_with_a_presets_id_and_another_metric_is_an_error():
    text = '[[gate]]\nid = "copies"\nmetric = "coverage"\nmin = 0.1\n'
    with pytest.raises(ConfigError, match=r"auditkit.toml:2:1: the gate 'copies' of a preset is of 'copy_excess'"):
        merge_rules(parse_config(text, "auditkit.toml").gates, extends="recommended")


def test_a_mistyped_modality_is_named_with_the_nearest_one():
    text = '[[gate]]\nid = "x"\nmetric = "coverage"\nmin = 0.1\nmodalities = ["tabluar"]\n'
    with pytest.raises(ConfigError, match="got 'tabluar'; did you mean 'tabular'"):
        parse_config(text, "auditkit.toml")
