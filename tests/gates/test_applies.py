"""Gates for some data only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.config import CheckConfig
from auditkit.gates import judge
from auditkit.gates.applies import apart
from auditkit.results import Scores

DATA = {"modality": "tabular", "generators": ["gan_small"], "path": "/home/x/release/prod-3.csv", "name": "prod-3.csv"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, ""),
        ({"modalities": ["tabular", "series"]}, ""),
        ({"modalities": ["image", "text"]}, "it is for image and text data"),
        ({"generators": ["vae", "gan*"]}, ""),
        ({"generators": ["GAN*"]}, "it is for generators named 'GAN*', these data are of 'gan_small'"),
        ({"paths": ["prod-*"]}, ""),
        ({"paths": ["release/prod-*"]}, ""),
        ({"paths": ["test-*", "other/*"]}, "it is for sets at 'test-*' or 'other/*', this one is 'prod-3.csv'"),
        ({"modalities": ["tabular"], "generators": ["vae"]}, "it is for generators named 'vae'"),
    ],
)
def test_a_gate_is_held_against_what_is_known_of_the_data(rule, changes, reason):
    found = apart(rule(**changes), DATA)
    assert ("" if found is None else found.reason).startswith(reason)
    assert found is None or (reason and found.settled == "not_applicable")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"generators": ["gan*"]}, "which one made these data is not known"),
        ({"paths": ["release/*"]}, "where 'prod-3.csv' was is not known (run.json"),
        ({"modalities": ["tabular"]}, "of which kind these are is not known"),
    ],
)
def test_what_is_not_known_is_no_reason_to_leave_a_gate_out(score, rule, changes, reason):
    verdict = judge(
        Scores.of([score(excess=0.9)]), [rule(**changes)], check=CheckConfig(), audited={"name": "prod-3.csv"}
    )
    assert (verdict.results[0].verdict, verdict.exit_code) == ("error", 3)
    assert reason in verdict.results[0].sentence


def test_a_name_is_known_without_its_folder(rule):
    assert apart(rule(paths=["prod-*"]), {"name": "prod-3.csv"}) is None
    assert apart(rule(paths=["release/*"], modalities=["image"]), DATA | {"path": ""}).settled == "not_applicable"


def test_a_path_is_told_from_the_configs_folder(rule, tmp_path):
    gate = rule(paths=["test/*"], file=str(tmp_path / "auditkit.toml"))
    assert apart(gate, {"path": str(tmp_path / "release" / "a.csv")}).reason.endswith("this one is 'release/a.csv'")
    assert apart(gate, {"path": "/home/somebody/release/a.csv"}).reason.endswith("this one is 'a.csv'")


def test_a_gate_for_other_data_does_not_apply_and_harms_nobody(score, rule):
    gates = [rule(), rule("precision", generators=["vae"]), rule("density", modalities=["image"])]
    scores = Scores.of([score(), score("precision", excess=0.9), score("density", excess=0.9)])
    verdict = judge(scores, gates, check=CheckConfig(), audited=DATA)
    assert [item.verdict for item in verdict.results] == ["pass", "not_applicable", "not_applicable"]
    assert verdict.exit_code == 0
    assert "1 gate is for other kinds of data (image): density." in verdict.text()
    everywhere = judge(scores, gates, check=CheckConfig(), audited=DATA | {"generators": ["vae"], "modality": "image"})
    assert [item.verdict for item in everywhere.results] == ["pass", "fail", "fail"]


@pytest.mark.parametrize(
    ("own", "check_says", "code"), [("fail", "warn", 1), ("pass", "fail", 0), ("warn", "fail", 0), (None, "fail", 1)]
)
def test_a_gate_may_say_what_it_counts_as_undecided(score, rule, check, own, check_says, code):
    verdict = check([score(excess=0.1)], [rule(undecided=own)], undecided=check_says)
    assert (verdict.results[0].verdict, verdict.exit_code) == ("undecided", code)


def test_a_check_of_an_audit_without_its_run_json_is_never_green(tmp_path, monkeypatch):
    """`docs/ci.md` recommends to leave run.json out of what is shared."""
    monkeypatch.chdir(tmp_path)
    data = pd.DataFrame({"a": np.arange(60.0) % 7, "b": np.arange(60.0) % 5})
    (tmp_path / "release").mkdir()
    data.to_csv("release/made.csv", index=False)
    made = ak.load("release/made.csv")
    audit = ak.audit(real=ak.load(data, name="real"), synthetic=made, metrics=["precision"])
    audit = replace(audit, run={**audit.run, "inputs": {"synthetic": str((tmp_path / "release/made.csv").resolve())}})
    gate = 'extends = []\n[[gate]]\nid = "p"\nmetric = "precision"\nmin = 0.99\ndecide = "point"\npaths = ["{}"]\n'
    codes = {}
    for pattern in ("release/*", "made.csv", "test/*"):
        (tmp_path / "auditkit.toml").write_text(gate.format(pattern), encoding="utf-8")
        saved = audit.save(tmp_path / "audit")
        (saved / "run.json").unlink()
        codes[pattern] = [item.check("auditkit.toml").results[0].verdict for item in (audit, ak.open_audit(saved))]
    assert codes["release/*"][1] == codes["test/*"][1] == "error"
    assert codes["release/*"][0] == codes["made.csv"][0] == codes["made.csv"][1]
    assert codes["test/*"][0] == "not_applicable"
    assert str(tmp_path) not in str(audit.check("auditkit.toml"))
