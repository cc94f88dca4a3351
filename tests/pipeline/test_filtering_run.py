"""What a run does about filtering: the generator's own scores, decisions of people, scores before and after."""

from __future__ import annotations

import json

import auditkit as ak
from auditkit.pipeline import loop

DATA = '[data]\nreal = "real.csv"\nlabel = "rich"\n'
RULES = (
    '[[filter]]\nrule = "own-discriminator"\nmin = "synthetic:0.2"\n[[quota]]\nby = ["rich"]\nprefer = "own_score"\n'
)
QUICK = '[audit]\nmetrics = ["coverage", "copy_excess"]\nembedder = "mixed"\n'
NO_ABLATION = "[ablation]\nrepeats = 1\narms = ['real']\nmodels = ['logistic']\n"


def test_a_generators_own_scores_are_read_where_a_rule_asks(config):
    made = '[generator]\nname = "gan"\nn = 60\nparams = { steps = 3 }\n'
    found = ak.run(config(DATA + made + RULES, QUICK + NO_ABLATION))
    assert found.selection.reasons["rule"].value_counts()["own-discriminator"] == 12
    assert "own_score" in found.selection.evidence
    assert found.rescored is not None
    assert found.rescored.about == {"n_before": 60, "n_after": len(found.selection.kept)}
    assert "What filtering changed" in found.report.read_text(encoding="utf-8")


def test_scores_after_filtering_are_read_where_that_is_cheap_or_asked_for(config, monkeypatch):
    rule = '[generator]\nn = 60\n[[filter]]\nrule = "best"\nkeep = 50\n'
    monkeypatch.setattr(loop, "MOST_RESCORED", 100)
    place = config(DATA + rule, QUICK + NO_ABLATION)
    assert ak.run(place).rescored is None
    asked = ak.run(config(DATA + rule, QUICK + "rescore = true\n" + NO_ABLATION))
    assert asked.rescored is not None
    assert (asked.folder / "rescored.json").is_file()
    off = ak.run(config(DATA + rule, QUICK + "rescore = false\n" + NO_ABLATION))
    assert off.rescored is None
    assert not (off.folder / "rescored.json").exists()


def test_decisions_on_other_data_are_left_out_with_a_note(config):
    place = config(DATA + "[generator]\nn = 60\n", QUICK + "rescore = false\n" + NO_ABLATION)
    folder = ak.run(place).folder
    (folder / "decisions.json").write_text(json.dumps({"kind": "other"}), encoding="utf-8")
    found = ak.run(place)
    assert found.notes[0].startswith("What people decided was left out: ")
