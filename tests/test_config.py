import subprocess
import sys
import typing

import pydantic
import pytest

from auditkit import config, data
from auditkit.config import Config, FilterRule, GateRule, load_config, parse_config
from auditkit.errors import ConfigError

WHOLE = """
schema = 1
extends = "recommended"

[data]
real = "real.csv"
synthetic = "sub/synthetic.csv"
label = "income"
groups = ["sex", "race"]
modality = "tabular"
columns = { zip = "category" }
split = { holdout = 0.25, test = 0.25 }

[generator]
name = "vae"
n = 500
params = { epochs = 3 }

[audit]
metrics = ["coverage", "precision"]
seed = 7
quick = true

[[gate]]
id = "women"
metric = "representation_gap"
where = { sex = "Female" }
max_excess = 0.02
why = "They are few."

[check]
confidence = 0.95
undecided = "fail"

[[filter]]
column = "realism"
min = 1
reason = "unreal"

[merge]
ratio = 0.5

[ablation]
arms = ["real", "real+kept"]

[report]
path = "out/report.html"
"""


def test_a_whole_config_is_read():
    read = parse_config(WHOLE)
    assert read.data.groups == ("sex", "race")
    assert read.data.split.holdout == 0.25
    assert read.generator is not None
    assert (read.generator.name, read.generator.params) == ("vae", {"epochs": 3})
    assert read.audit.metrics == ("coverage", "precision")
    assert read.gates[0].where == {"sex": "Female"}
    assert read.gates[0].line == 24
    assert read.filters == (FilterRule(column="realism", min=1.0, reason="unreal"),)
    assert (read.check.undecided, read.merge.ratio, read.ablation.repeats) == ("fail", 0.5, 5)


def test_an_empty_config_has_the_defaults():
    read = parse_config("")
    assert (read.extends, read.generator, read.gates, read.audit.metrics) == (("recommended",), None, (), "default")
    assert (read.check.confidence, read.check.undecided, read.ablation.models) == (0.99, "warn", ("boosting",))


def test_no_preset_can_be_asked_for():
    assert parse_config('extends = "none"').extends == ()


def test_a_config_cannot_be_changed():
    with pytest.raises(pydantic.ValidationError):
        parse_config("").audit.seed = 3


MISTAKES = [
    ("[audit]\nsede = 1", "2:1: unknown key 'sede' in [audit]; did you mean 'seed'?"),
    ("[audti]", "1:2: unknown key 'audti' at the top of the file; did you mean 'audit'?"),
    ("[data]\nsplit = { holdot = 0.1 }", "2:11: unknown key 'holdot' in [data.split]; did you mean 'holdout'?"),
    ("[data]\nsplit.holdot = 0.1", "2:7: unknown key 'holdot' in [data.split]; did you mean 'holdout'?"),
    ('[[gate]]\nid = "a"\n\n  [[gate]]\n  id = "b"', "1:3: [[gate]] needs the key 'metric'."),
    (
        '[[gate]]\nid = "a"\nmetric = "m"\n[[gate]]\nid = "b"\nmetrik = "m"',
        "4:3: [[gate]] needs the key 'metric'.",
    ),
    (
        '[[gate]]\nid = "a"\nmetric = "m"\nmaxexcess = 1',
        "4:1: unknown key 'maxexcess' in [[gate]]; did you mean 'max_excess'?",
    ),
    (
        '[[gate]]\nid = "a"\nmetric = "m"\nlevel = "warning"',
        "4:1: 'level' in [[gate]] should be 'error', 'warn' or 'off', got 'warning'; did you mean 'warn'?",
    ),
    ('[[gate]]\nid = "a"\nmetric = "m"\nmax = "1"', "4:1: 'max' in [[gate]] should be a number, got '1'."),
    ('[[gate]]\nid = "a"\nmetric = "m"\nmax = nan', "4:1: 'max' in [[gate]] should be a finite number, got nan."),
    ('[[gate]]\nid = "a"\nmetric = "m"\nby = "*"', "4:1: 'by' in [[gate]] should be a list of names, as [\"*\"]."),
    ('[[gate]]\nid = "a"\nmetric = "m"\n[gate.where]\nsex = 1', "5:1: 'sex' in [gate.where] should be text, got 1."),
    ('[gate]\nid = "a"', "1:2: [gate] is a list of tables: write [[gate]]."),
    ("audit = 3", "1:1: [audit] should be a table, got 3."),
    ("[audit]\nseed = -1", "2:1: 'seed' in [audit] should be greater than or equal to 0, got -1."),
    ("[audit]\nquick = 'yes'", "2:1: 'quick' in [audit] should be true or false, got 'yes'."),
    (
        "[audit]\nmetrics = 'coverage'",
        '2:1: \'metrics\' in [audit] should be "default", "all" or a list of metric names.',
    ),
    ('[data]\ngroups = ["a", 1]', "2:16: each item of 'groups' in [data] should be text, got 1."),
    ("[data]\nsplit = { holdout = 0.5, test = 0.5 }", "2:1: [data.split] holdout + test should stay below 1, got 1."),
    ('[[filter]]\ncolumn = "x"', "1:3: [[filter]] needs min, max or equals."),
    ('[[quota]]\ntarget = "real"', "1:3: [[quota]] needs the key 'by'."),
    ("schema = 2", "1:1: 'schema' should be 1, got 2."),
    ("[merge]\nratio = 0", "2:1: 'ratio' in [merge] should be greater than 0, got 0."),
    ("a = \n", "1:5: this is no valid TOML: invalid value."),
    ("[a\n", "1:3: this is no valid TOML: expected ']' at the end of a table declaration."),
    ('[data]\nlabel = "x', "2:11: this is no valid TOML: unterminated string."),
    ("[audit]\r\nsede = 1\r\n", "2:1: unknown key 'sede' in [audit]; did you mean 'seed'?"),
]


@pytest.mark.parametrize(("text", "expected"), MISTAKES, ids=[expected[:40] for _, expected in MISTAKES])
def test_a_mistake_is_one_sentence_with_its_place(text, expected):
    with pytest.raises(ConfigError) as raised:
        parse_config(text, "ci/auditkit.toml")
    assert str(raised.value) == f"ci/auditkit.toml:{expected}"


@pytest.mark.parametrize("name", ["line", "file"])
def test_what_the_reader_fills_in_is_no_key_of_a_gate(name):
    with pytest.raises(ConfigError, match=rf":4:1: unknown key '{name}' in \[\[gate\]\]"):
        parse_config(f'[[gate]]\nid = "a"\nmetric = "m"\n{name} = 3')


def test_the_first_mistake_of_several_is_told():
    with pytest.raises(ConfigError, match=r":2:1: unknown key 'x'"):
        parse_config("[audit]\nx = 1\ny = 2\n[data]\nz = 3")


def test_deep_nesting_is_a_mistake_and_no_crash():
    with pytest.raises(ConfigError, match=r"nested too deeply|no valid TOML"):
        parse_config("a = " + "[" * 100_000)


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"\xef\xbb\xbf[audit]\nseed = 2", None), (b"a = 1\nb = '\xff'", r"auditkit\.toml:2:1: this is no UTF-8 text")],
)
def test_files_are_read_as_utf8_with_or_without_its_mark(tmp_path, content, expected):
    path = tmp_path / "auditkit.toml"
    path.write_bytes(content)
    if expected is None:
        assert load_config(path).audit.seed == 2
    else:
        with pytest.raises(ConfigError, match=expected):
            load_config(path)


@pytest.mark.parametrize("name", ["nowhere.toml", "."])
def test_a_file_that_cannot_be_read_is_named(tmp_path, name):
    with pytest.raises(ConfigError, match=r"cannot read the config .*`auditkit init` writes one"):
        load_config(tmp_path / name)


def test_paths_are_relative_to_the_config(tmp_path):
    path = tmp_path / "auditkit.toml"
    path.write_text(WHOLE)
    read = load_config(path)
    assert read.path == path
    assert read.resolve("sub/synthetic.csv") == tmp_path / "sub" / "synthetic.csv"


def test_gates_text_keeps_the_order_and_the_lines():
    gates = parse_config('[[gate]]\nid = "a"\nmetric = "m"\n[[gate]]\nid = "b"\nmetric = "n"\n', "preset.toml").gates
    assert [(gate.id, gate.line, gate.file) for gate in gates] == [("a", 1, "preset.toml"), ("b", 4, "preset.toml")]


def test_a_gate_made_in_python_says_what_was_given():
    rule = GateRule(id="a", metric="m", max=1, by=["sex"])
    assert (rule.max, rule.by, rule.line) == (1.0, ("sex",), None)
    assert rule.model_fields_set == {"id", "metric", "max", "by"}


def test_modalities_and_kinds_are_those_of_the_data():
    assert typing.get_args(config.sections.Kind) == typing.get_args(data.Kind)
    assert typing.get_args(config.sections.Modality) == typing.get_args(data.Modality)


def test_every_key_stands_in_the_json_schema():
    schema = Config.model_json_schema()
    assert {"schema", "data", "gate", "check"} <= set(schema["properties"])


def test_reading_a_config_loads_nothing_heavy():
    code = "import sys, auditkit.config; sys.exit(any(m in sys.modules for m in ('numpy', 'pandas', 'scipy')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
