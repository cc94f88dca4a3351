from __future__ import annotations

import pytest

from auditkit.config import AuditConfig, Config, GeneratorConfig, load_config, parse_config
from auditkit.errors import ConfigError
from auditkit.pipeline.checking import check_names


def test_gates_that_are_on_come_back():
    rules = check_names(parse_config('[[gate]]\nid = "copies"\nmetric = "copy_excess"\nlevel = "off"\n'))
    assert "copies" not in [rule.id for rule in rules]
    assert "realism" in [rule.id for rule in rules]


@pytest.mark.parametrize("name", ["cart", "tabular/cart", "vae", "image/vae", "external"])
def test_generators_may_be_named_with_their_modality(name):
    check_names(Config(generator=GeneratorConfig(name=name)))


def test_a_config_made_in_python_has_no_place_to_name():
    with pytest.raises(ConfigError, match=r"^unknown metric 'recal'; did you mean 'recall'\?"):
        check_names(Config(audit=AuditConfig(metrics=("recal",))))


def test_a_generator_of_another_modality_is_unknown():
    with pytest.raises(ConfigError, match="unknown generator 'cart'"):
        check_names(parse_config('[data]\nmodality = "image"\n[generator]\nname = "cart"\n'))


def test_a_constraint_that_is_no_rule_is_named_with_its_place(tmp_path):
    path = tmp_path / "auditkit.toml"
    path.write_text('[audit]\nconstraints = [\n  "end >= start",\n  "age = 3",\n]\n')
    with pytest.raises(ConfigError, match=r"auditkit\.toml:\d:\d+: constraint 'age = 3', position 5: '=' has no mean"):
        check_names(load_config(path))
    check_names(parse_config('[audit]\nconstraints = ["end >= start"]\n'))
    with pytest.raises(ConfigError, match=r"should be a list of names, as \[.end >= start.\]"):
        parse_config('[audit]\nconstraints = "end >= start"\n')
