"""Configs that build on presets and on other files."""

from __future__ import annotations

import pytest

from auditkit.config import Config, load_config, parse_config
from auditkit.errors import ConfigError
from auditkit.gates import check_rules, gates_of, preset
from auditkit.gates.extending import PRESETS
from auditkit.gates.limits import LIMIT_KINDS
from auditkit.gates.rules import metrics_asked

GATE = '[[gate]]\nid = "{}"\nmetric = "coverage"\nmin = {}\n'


@pytest.fixture
def files(tmp_path):
    """Write files and read the first of them."""

    def write(**texts: str) -> Config:
        for name, text in texts.items():
            path = tmp_path / f"{name.replace('__', '/')}.toml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return load_config(tmp_path / f"{next(iter(texts))}.toml")

    return write


def limits(config):
    return {rule.id: rule.min for rule in gates_of(config)[0]}


@pytest.mark.parametrize(
    ("extends", "expected"),
    [
        ('"a.toml"', {"x": 0.1}),
        ('["a.toml", "b.toml"]', {"x": 0.2, "y": 0.2}),
        ('["b.toml", "a.toml"]', {"x": 0.1, "y": 0.2}),
        ('["b.toml", "b.toml"]', {"x": 0.2, "y": 0.2}),
        ('["c.toml", "a.toml"]', {"x": 0.1, "y": 0.2, "z": 0.3}),
        ('["a.toml", "c.toml", "e.toml"]', {"x": 0.2, "y": 0.2, "z": 0.3, "v": 0.5}),  # e needs a, which b has changed
        ('"none"', {}),
        ("[]", {}),
        ('"deep/d.toml"', {"x": 0.1, "w": 0.4}),
    ],
)
def test_later_files_change_earlier_ones_and_each_is_taken_once(files, extends, expected):
    config = files(
        main=f"extends = {extends}\n",
        a=GATE.format("x", 0.1),
        b='extends = "a.toml"\n' + GATE.format("x", 0.2) + GATE.format("y", 0.2),
        c='extends = ["b.toml"]\n' + GATE.format("z", 0.3),
        e='extends = "a.toml"\n' + GATE.format("v", 0.5),
        deep__d='extends = "../a.toml"\n' + GATE.format("w", 0.4),
    )
    assert limits(config) == expected


def test_a_file_that_names_no_preset_brings_none(files):
    config = files(main='extends = ["recommended", "team.toml"]\n', team=GATE.format("own", 0.5))
    assert limits(config).keys() == {*(rule.id for rule in preset()), "own"}
    assert limits(files(alone='extends = "team.toml"\n', team=GATE.format("own", 0.5))) == {"own": 0.5}


def test_settings_of_a_check_are_inherited_key_by_key(files):
    config = files(
        main='extends = "team.toml"\n[check]\nundecided = "pass"\n',
        team='[check]\nconfidence = 0.95\nundecided = "fail"\n',
    )
    _, check = gates_of(config)
    assert (check.confidence, check.undecided) == (0.95, "pass")


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ({"m": 'extends = "strikt"\n'}, r"m\.toml:1:1: unknown preset 'strikt'; did you mean 'strict'\?"),
        ({"m": 'extends = ["recommended",\n  "no.toml"]\n'}, r"m\.toml:2:3: there is no file '.*no\.toml' to extend"),
        ({"m": 'extends = "m.toml"\n'}, r"m\.toml:1:1: 'm\.toml' extends 'm\.toml' again: take one of them out\."),
        (
            {"m": 'extends = "a.toml"\n', "a": 'extends = "b.toml"\n', "b": '\nextends = ["a.toml"]\n'},
            r"b\.toml:2:12: 'a\.toml' extends 'b\.toml', which extends 'a\.toml' again: take one of them out\.",
        ),
        ({"m": 'extends = "a.toml"\n', "a": "\n[audit]\nseed = 1\n"}, r"a\.toml:2:2: \[audit\] cannot stand in a file"),
        (
            {"m": 'extends = "a.toml"\n', "a": '[[gate]]\nid = "a"\n'},
            r"a\.toml:1:3: \[\[gate\]\] needs the key 'metric'",
        ),
        (
            {"m": 'extends = ["none", "strict"]\n'},
            r'm\.toml:1:1: .extends. should be a name, a list .* or "none" alone',
        ),
        ({"m": "extends = 3\n"}, r"m\.toml:1:1: .extends. should be a list, got 3"),
        ({"m": GATE.format("a", 0.5) + GATE.format("a", 0.6)}, r"m\.toml:6:1: two gates share the id 'a'"),
    ],
)
def test_what_cannot_be_built_on_is_refused_at_its_place(files, texts, said):
    with pytest.raises(ConfigError, match=said):
        gates_of(files(**texts))


def test_a_file_is_found_from_wherever_the_config_is_read(files, tmp_path, monkeypatch):
    files(main='extends = "team.toml"\n', team=GATE.format("own", 0.5))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert limits(load_config("../main.toml")) == {"own": 0.5}


@pytest.mark.parametrize("name", PRESETS)
def test_presets_make_sense_and_say_why(name):
    rules = preset(name)
    assert [rule.id for rule in check_rules(rules)] == [rule.id for rule in rules]
    assert all(rule.why and rule.line is None and rule.place() == "" for rule in rules)
    assert [rule.id for rule in rules][: len(preset())] == [rule.id for rule in preset()]


@pytest.mark.parametrize("name", ["strict", "privacy"])
def test_other_presets_are_never_laxer(name):
    first = {rule.id: rule for rule in preset()}
    for rule in preset(name):
        held = first.get(rule.id)
        if held is not None:
            assert (held.metric, held.by, held.reduce, held.decide) == (rule.metric, rule.by, rule.reduce, rule.decide)
            assert all((getattr(rule, kind) or 0) <= (getattr(held, kind) or 0) for kind in LIMIT_KINDS)
            assert rule.level == "error" if name == "strict" else rule.level == held.level


def test_both_together_hold_the_stricter_limits():
    rules = {rule.id: rule for rule in gates_of(parse_config('extends = ["strict", "privacy"]'))[0]}
    assert rules["copies"].max_excess == 0.002
    assert (rules["variety"].max_excess, rules["detectable"].level) == (0.05, "error")
    assert "membership" in rules


def test_a_limit_of_another_kind_is_replaced_and_one_on_the_baseline_is_added():
    text = '[[gate]]\nid = "variety"\nmetric = "coverage"\n'
    for line, expected in (("min = 0.9", {"min"}), ('max_drop = "5%"', {"max_excess", "max_drop"})):
        (rule,) = [rule for rule in gates_of(parse_config(text + line))[0] if rule.id == "variety"]
        assert {kind for kind in LIMIT_KINDS if getattr(rule, kind) is not None} == expected


def test_a_run_reads_what_its_gates_ask_for():
    rules = gates_of(parse_config('extends = "privacy"\n[[gate]]\nid = "a"\nmetric = "vendi_score[q=2]"\nmin = 3\n'))[0]
    tables, images = metrics_asked(rules, "tabular"), metrics_asked(rules, "image")
    assert {"membership_inference", "singling_out_risk", "vendi_score[q=2]", "ks_complement"} <= set(tables)
    assert {"membership_inference", "near_copy_excess"} <= set(images)
    assert not {"singling_out_risk", "ks_complement"} & set(images)
    assert not [name for name in tables if name.startswith("ablation")]
