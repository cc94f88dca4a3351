"""baseline update, baseline show, compare, history: what they print, write and refuse."""

from __future__ import annotations

import csv
import json

import pytest

CONFIG = 'baseline = "kept/scores.json"\n'


def test_a_first_update_writes_the_file_and_says_so(run, folder):
    done = run("baseline", "update", "audit", "--reason", "the first good one")
    assert done.code == 0
    assert done.out.startswith(".auditkit/baseline.json: ")
    assert "git add .auditkit/baseline.json" in done.err
    kept = json.loads((folder / ".auditkit" / "baseline.json").read_text(encoding="utf-8"))
    assert [item["reason"] for item in kept["updates"]] == ["the first good one"]


def test_a_second_update_says_what_moved(run, folder):
    assert run("baseline", "update", "audit", "--reason", "one").code == 0
    path = folder / ".auditkit" / "baseline.json"
    kept = json.loads(path.read_text(encoding="utf-8"))
    next(item for item in kept["scores"] if item["metric"] == "coverage" and not item["where"])["value"] = 0.1234
    path.write_text(json.dumps(kept), encoding="utf-8")
    done = run("baseline", "update", "audit", "--reason", "two")
    assert "  coverage 0.1234 -> " in done.out
    assert len(done.out.splitlines()) == 2
    assert run("baseline", "show").out.splitlines()[-1].endswith("  two")


def test_the_config_says_where_it_lies(run, folder):
    (folder / "auditkit.toml").write_text(CONFIG, encoding="utf-8")
    assert run("baseline", "update", "audit", "--reason", "one").out.startswith("kept/scores.json: ")
    assert run("baseline", "show").code == 0
    (folder / "auditkit.toml").write_text('baseline = "git:main:in/git.json"\n', encoding="utf-8")
    assert run("baseline", "update", "audit", "--reason", "one").out.startswith("in/git.json: ")


def test_a_baseline_that_must_be_there_is_missed(run, folder):
    gates = '[[gate]]\nid = "holds"\nmetric = "coverage"\nmax_drop = "5%"\n'
    (folder / "auditkit.toml").write_text(f'extends = "none"\nbaseline = "kept/sores.json"\n{gates}', encoding="utf-8")
    run("baseline", "update", "audit", "--baseline", "kept/scores.json", "--reason", "one")
    assert run("check", "audit").code == 0
    missed = run("check", "audit", "--require-baseline")
    assert missed.code == 3
    assert "there is no baseline 'kept/sores.json', and one is required: correct that name" in " ".join(
        missed.out.split()
    )
    assert "Until then" not in missed.err
    text = (folder / "auditkit.toml").read_text(encoding="utf-8") + "[check]\nrequire_baseline = true\n"
    (folder / "auditkit.toml").write_text(text, encoding="utf-8")
    assert run("check", "audit").code == 3
    (folder / "auditkit.toml").write_text(text.replace("sores", "scores"), encoding="utf-8")
    assert run("check", "audit").code == 0
    (folder / "auditkit.toml").write_text(text.replace('baseline = "kept/sores.json"', ""), encoding="utf-8")
    unnamed = run("check", "audit")
    assert unnamed.code == 3
    assert "no baseline is named, and one is required" in unnamed.out


def test_it_is_shown_as_text_and_as_the_file(run, folder):
    run("baseline", "update", "audit", "--baseline", "b.json", "--reason", "one")
    text = run("baseline", "show", "--baseline", "b.json").out
    assert "coverage" in text
    assert run("baseline", "show", "--baseline", "b.json", "--format", "json").out == (folder / "b.json").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["baseline", "update", "audit"], "missing option '--reason'"),
        (["baseline", "update", "audit", "--reason", " "], "a baseline needs a reason"),
        (["baseline", "update", "nowhere", "--reason", "r"], "there is no audit.json in 'nowhere'"),
        (["baseline", "show"], "there is no baseline '.auditkit/baseline.json' yet: `auditkit baseline update DIR"),
        (["baseline", "show", "--format", "yaml"], "unknown format 'yaml'; known: json, text."),
        (["baseline", "show", "--baseline", "audit/audit.json"], "has format version 2, this auditkit reads 1"),
        (["compare", "audit"], "a comparison needs two entries"),
        (
            ["compare", "audit", "nowhere"],
            "'nowhere' is no folder with an audit.json: give folders of audits, or --real",
        ),
        (["compare", "audit", "crat", "--real", "real.csv"], "did you mean 'cart'?"),
        (["compare", "cart", "cart", "--real", "real.csv"], "'cart' is named twice"),
        (["compare", "audit", "audit", "--real", "real.csv"], "every entry is an audit already"),
        (["compare", "audit", "audit", "--format", "csv"], "unknown format 'csv'"),
        (["compare", "audit", "audit", "--name", "a"], "names must be 2 different words"),
        (["history", "nowhere"], "there is no audit in 'nowhere'"),
        (["history", "--metric", "recal"], "did you mean 'recall'?"),
        (["history", "--plot", "h.pdf"], "a history is drawn as .svg or .png"),
        (["history", "--format", "xml"], "unknown format 'xml'"),
        (["history", "--baseline", "git:"], "names no revision"),
        (
            ["audit", "--real", "real.csv", "--synthetic", "synthetic.csv", "--out", "o", "--baseline", "real.csv"],
            "JSON",
        ),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_is_wrong_is_one_sentence_with_the_fix(run, arguments, said):
    done = run(*arguments)
    assert done.code == 2
    assert said in done.err
    assert done.err.splitlines()[-1].startswith("error: ")
    assert "Traceback" not in done.err


@pytest.mark.usefixtures("folder")
def test_synthetic_sets_are_audited_alike_and_compared(run):
    sets = ("--real", "real.csv", "--holdout", "holdout.csv", "--label", "rich", "--group", "sex")
    done = run("compare", "synthetic.csv", "marginals", *sets, "--n", 120, "--format", "json")
    assert done.code == 0
    assert done.json["names"] == ["synthetic.csv", "marginals"]
    mixed = run("compare", "audit", "test.csv", *sets)
    assert mixed.out.splitlines()[0].split()[:3] == ["realism", "audit", "test.csv"]


@pytest.mark.usefixtures("folder")
def test_folders_of_audits_are_compared_under_their_names(run):
    assert run("compare", "audit", "./audit", "--name", "old", "--name", "new").out.split()[1:3] == ["old", "new"]
    assert run("compare", "audit", "audit/../audit", "--format", "markdown").out.startswith(
        "## audit and audit/../audit"
    )


def test_history_prints_a_table_and_draws(run, folder):
    run("baseline", "update", "audit", "--reason", "one")
    place = ("--baseline", ".auditkit/baseline.json")
    done = run("history", *place, "--metric", "coverage", "--plot", "plots/h.svg")
    assert done.out.splitlines()[0] == "coverage (higher is better)"
    assert "  baseline" in done.out
    assert (folder / "plots" / "h.svg").read_text(encoding="utf-8").startswith("<?xml")
    rows = list(csv.DictReader(run("history", *place, "--metric", "all", "--format", "csv").out.splitlines()))
    assert {row["metric"] for row in rows} > {"coverage", "precision"}
    assert all(row["folder"] == "audit" for row in rows)
    assert run("history", "--format", "json").json["format_version"] == 1


@pytest.mark.usefixtures("folder")
def test_a_baseline_that_is_not_there_yet_is_a_note(run):
    done = run("history", "--baseline", "nope.json")
    assert done.code == 0
    assert "note: there is no baseline 'nope.json' yet." in done.err
