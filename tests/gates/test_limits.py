"""Gates that cannot be are refused, each with its place in the file and a remedy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from auditkit.config import GateRule, parse_config
from auditkit.errors import ConfigError
from auditkit.gates import check_rules, gates_of

HEAD = 'extends = "none"\n[[gate]]\nid = "g"\n'

REFUSED = [
    ('metric = "coverage"', "2:3", "has no limit: give max, min, max_excess, max_increase or max_drop."),
    ('metric = "coverage"\nmax = 0.5', "5:1", "sets max on coverage, where higher is better: use min or max_excess."),
    ('metric = "coverage"\nmax_increase = 0.1', "5:1", "where higher is better: use max_drop."),
    ('metric = "holdout_share"\nmin = 0.5', "5:1", "where lower is better: use max or max_excess."),
    ('metric = "holdout_share"\nmax_drop = "5%"', "5:1", "where lower is better: use max_increase."),
    ('metric = "holdout_share"\nmax = -0.1', "5:1", "sets max = -0.1, but holdout_share is never below 0, so no data"),
    ('metric = "holdout_share"\nmax = 5', "5:1", "never above 1, so no data could fail: 5 % is 0.05."),
    ('metric = "coverage"\nmin = 1.5', "5:1", "coverage is never above 1, so no data could pass"),
    ('metric = "coverage"\nmin = -0.5', "5:1", "coverage is never below 0, so no data could fail."),
    (
        'metric = "coverage"\nmax_excess = 10',
        "5:1",
        "change by more than 1, so no data could fail: 10 % is 0.1.",
    ),
    ('metric = "coverage"\nmax_drop = 5', "5:1", "cannot change by more than 1, so no data could fail: 5 % is 0.05."),
    ('metric = "density"\nmin = 0.9\nmax = 0.5', "5:1", "sets min = 0.9 above max = 0.5: nothing can pass."),
    ('metric = "coverage"\nreduce = "max_gap"\nmax = 0.1', "5:1", "reduces to max_gap without `by`: name groups"),
    ('metric = "coverage"\nreduce = "worst"\nmin = 0.1', "5:1", "reduces to worst without `by`"),
    (
        'metric = "coverage"\nby = ["sex"]\nreduce = "max_gap"\nmin = 0.1',
        "7:1",
        "a gap between parts: use max or",
    ),
    (
        'metric = "coverage"\nby = ["sex"]\nreduce = "min_ratio"\nmax = 0.1',
        "7:1",
        "parts: use min or max_drop.",
    ),
    ('metric = "coverage"\nby = ["sex"]\nreduce = "max_gap"\nmax = 1.5', "7:1", "the gap of coverage is never above 1"),
    (
        'metric = "coverage"\nby = ["sex"]\nreduce = "min_ratio"\nmin = 2',
        "7:1",
        "ratio of coverage is never above 1",
    ),
    (
        'metric = "label_rate_gap"\nby = ["*"]\nreduce = "min_ratio"\nmin = 0.8',
        "6:1",
        "can be below 0: use reduce",
    ),
    ('metric = "covrage"\nmin = 0.1', "4:1", "unknown metric 'covrage'; did you mean 'coverage'?"),
]


@pytest.mark.parametrize(("text", "place", "said"), REFUSED)
def test_a_gate_that_cannot_be_is_refused_at_its_place(text, place, said):
    with pytest.raises(ConfigError) as caught:
        check_rules(parse_config(f"{HEAD}{text}\n", "gates.toml").gates)
    message = str(caught.value)
    assert message.startswith(f"gates.toml:{place}: gate 'g' ")
    assert said in message
    assert message.endswith((".", "?"))


@pytest.mark.parametrize(
    "text",
    [
        'metric = "coverage"\nmin = 0\nmax_excess = 1\nmax_drop = "5 %"',
        'metric = "coverage"\nmin = 1',
        'metric = "density"\nmin = 0.5\nmax = 2.0\nmax_increase = 0.5\nmax_drop = 0.5',
        'metric = "duplicate_share"\nmax_increase = "300%"',
        'metric = "coverage"\nby = ["sex"]\nreduce = "max_gap"\nmax = 0.1\nmax_increase = 0.02',
        'metric = "coverage"\nby = ["sex"]\nreduce = "min_ratio"\nmin = 0.8\nmax_drop = "1%"',
        'metric = "ablation_score"\nwhere = { arm = "kept" }\nmin = 0.8',
        'metric = "coverage"\nmax = 0.5\nlevel = "off"',
    ],
)
def test_a_gate_that_makes_sense_is_taken(text):
    check_rules(parse_config(f"{HEAD}{text}\n").gates)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("max_drop = -0.1", "'max_drop' in [[gate]] should be a number that is not negative, or a percentage"),
        ('max_drop = "five"', "or a percentage of the baseline, as 0.02 or \"5%\", got 'five'."),
        ('max_increase = "-5%"', "got '-5%'."),
        ("max_increase = true", "should be a number that is not negative"),
        ('reduce = "max_gab"', "'max_gab'; did you mean 'max_gap'?"),
        ('on_small = "warn"', "'on_small' in [[gate]] should be 'skip', 'undecided' or 'fail', got 'warn'"),
        ('generators = "gan*"', 'should be a list of names, as ["gan*"]'),
    ],
)
def test_a_value_that_is_none_is_named_with_its_place(line, said):
    with pytest.raises(ConfigError) as caught:
        parse_config(f'{HEAD}metric = "coverage"\n{line}\n')
    assert str(caught.value).startswith("auditkit.toml:5:")
    assert said in str(caught.value)


def test_a_preset_gate_that_a_change_turns_round_is_refused_at_the_change():
    config = parse_config('[[gate]]\nid = "variety"\nmetric = "coverage"\nmax = 0.5\n')
    with pytest.raises(ConfigError, match=r"^auditkit\.toml:4:1: gate 'variety' sets max on coverage"):
        check_rules(gates_of(config)[0])


def test_the_gates_of_the_page_on_the_config_make_sense():
    page = (Path(__file__).parents[2] / "docs" / "config.md").read_text(encoding="utf-8")
    (example,) = [text for text in re.findall(r"```toml\n(.*?)```", page, re.DOTALL) if "max_increase" in text]
    rules = parse_config('extends = "none"\n' + example).gates
    assert check_rules(rules) == list(rules)
    used = {name for rule in rules for name in rule.model_fields_set}
    assert used >= set(GateRule.model_fields) - {"level", "decide", "min", "line", "file"}
