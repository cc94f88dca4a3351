"""The filter on the command line: evidence beside the audit, and scores before and after."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import auditkit as ak


def _config(folder, text):
    (folder / "auditkit.toml").write_text(text, encoding="utf-8")


def test_a_generators_own_scores_are_read(run, folder):
    few = ak.generators.Budget(steps=3)
    generator = ak.generators.create("ar", modality="tabular").fit(
        ak.load(folder / "real.csv", label="rich"), budget=few
    )
    generator.save(folder / "model")
    _config(folder, '[[filter]]\nrule = "own-discriminator"\nmin = "synthetic:0.1"\n')
    done = run("filter", "audit", "--out", "kept.csv", "--generator", "model")
    assert done.code == 0, done.err
    assert done.out.startswith("kept 108 of 120")
    table = pd.read_parquet(folder / "kept.csv.selection.parquet")
    assert table.loc[~table["kept"], "own_score"].max() < table.loc[table["kept"], "own_score"].min()
    without = run("filter", "audit", "--out", "kept.csv")
    assert (without.code, "or name the generator" in without.err) == (2, True)


def test_a_generator_without_scores_is_refused(run, folder):
    generator = ak.generators.create("cart", modality="tabular").fit(ak.load(folder / "real.csv", label="rich"), seed=0)
    generator.save(folder / "model")
    done = run("filter", "audit", "--out", "kept.csv", "--generator", "model")
    assert (done.code, "does not say how real a sample looks" in done.err) == (2, True)


def test_scores_before_and_after_are_told_and_in_the_report(run, folder):
    _config(folder, '[[filter]]\nrule = "best"\nkeep = 100\nprefer = "realism"\n')
    done = run("filter", "audit", "--out", "kept.csv", "--rescore")
    assert done.code == 0, done.err
    assert "120 samples before, 100 after" in done.out
    assert "forest_two_sample" in done.out
    assert json.loads((folder / "audit" / "rescored.json").read_text(encoding="utf-8"))["about"]["n_after"] == 100
    assert run("report", "audit").code == 0
    page = (folder / "audit" / "report.html").read_text(encoding="utf-8")
    assert "What filtering changed" in page
    # Another filter, whose scores nobody asked for: those of the earlier one are gone.
    assert run("filter", "audit", "--out", "kept.csv").code == 0
    assert not (folder / "audit" / "rescored.json").exists()


def test_real_data_that_have_changed_cannot_be_audited_again(run, folder):
    _config(folder, '[[filter]]\nrule = "best"\nkeep = 100\n')
    table = pd.read_csv(folder / "real.csv")
    table.assign(age=table["age"] + 1).to_csv(folder / "real.csv", index=False)
    done = run("filter", "audit", "--out", "kept.csv", "--rescore")
    assert (done.code, "rescore = true in [audit]" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ('rule = "best"\nkeep = 10\nprefer = "realsim"\n', "auditkit.toml:4:1: unknown column 'realsim'; did you mean"),
        ('rule = "bset"\n', "auditkit.toml:2:1: 'rule' in [[filter]] should be"),
    ],
)
def test_mistakes_in_rules_have_their_place(run, folder, rule, said):
    _config(folder, f"[[filter]]\n{rule}")
    done = run("filter", "audit", "--out", "kept.csv")
    assert (done.code, said in done.err) == (2, True)
