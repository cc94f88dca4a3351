from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pandas as pd
import pytest

import auditkit as ak

ROLES = ("--label", "rich", "--group", "sex")
SETS = ("--real", "real.csv", "--synthetic", "synthetic.csv", "--holdout", "holdout.csv")
FEW = ("--metric", "coverage", "--metric", "precision")


def test_an_audit_prints_scores_and_says_what_comes_next(run, folder):
    done = run("audit", *SETS, *ROLES, *FEW, "--out", "fresh")
    assert done.code == 0
    assert "coverage" in done.out
    assert done.err == "written to fresh; judge it with: auditkit check fresh\n"
    assert {path.name for path in (folder / "fresh").iterdir()} == {
        "audit.json",
        "samples.parquet",
        "exhibits",
        "run.json",
    }


def test_quiet_leaves_the_results_only(run, folder):
    done = run("audit", *SETS, *FEW, "--out", "fresh", "--quiet")
    assert (done.code, done.err) == (0, "")
    assert "coverage" in done.out
    assert (folder / "fresh" / "audit.json").is_file()


@pytest.mark.usefixtures("folder")
def test_verbose_gives_a_line_per_step(run):
    steps = run("audit", *SETS, *FEW, "--out", "fresh", "-v").err.splitlines()
    assert [line.split(" s  ")[1] for line in steps[:2]] == ["the whole sets", "at equal sizes"]


@pytest.mark.usefixtures("folder")
def test_what_is_lost_without_label_groups_and_holdout_is_said(run):
    done = run("audit", "--real", "real.csv", "--synthetic", "synthetic.csv", *FEW, "--out", "fresh")
    assert done.code == 0
    assert [word for word in ("No holdout", "No label", "No groups") if f"note: {word}" not in done.err] == []
    assert run("check", "fresh").code == 3


def test_samples_are_held_against_rules_for_each_row(run, folder):
    rules = ("--constraint", "age >= 20", "--constraint", "pay > 0 or missing(sex)")
    done = run("audit", *SETS, *FEW, *rules, "--out", "fresh")
    assert done.code == 0
    assert "note: Constraint 'age >= 20' is broken by " in done.err
    young = (pd.read_csv("synthetic.csv")["age"] < 20).sum()
    samples = pd.read_parquet(folder / "fresh" / "samples.parquet")
    assert samples["violations"].str.contains("breaks age >= 20", regex=False).sum() == young > 0
    wrong = run("audit", *SETS, "--constraint", "aeg >= 20", "--out", "other")
    assert wrong.code == 2
    assert "position 1: unknown column 'aeg'; did you mean 'age'?" in wrong.err
    assert not (folder / "other").exists()


def test_a_plan_is_printed_and_nothing_written(run, folder):
    before = set(folder.iterdir())
    done = run("audit", *SETS, *ROLES, "--plan")
    assert done.code == 0
    assert "matched" in done.out
    assert set(folder.iterdir()) == before
    assert "name one with --out" in run("audit", *SETS, *ROLES).err


@pytest.mark.usefixtures("folder")
def test_the_same_seed_gives_the_same_bytes_on_one_and_two_threads(run, monkeypatch):
    for threads in ("1", "2"):
        monkeypatch.setenv("AUDITKIT_THREADS", threads)
        assert run("-q", "audit", *SETS, *ROLES, "--out", f"out{threads}").code == 0
        assert run("-q", "report", f"out{threads}").code == 0
    first = {path.relative_to("out1"): path.read_bytes() for path in Path("out1").rglob("*") if path.is_file()}
    second = {path.relative_to("out2"): path.read_bytes() for path in Path("out2").rglob("*") if path.is_file()}
    assert first.pop(Path("run.json")) != b""
    second.pop(Path("run.json"))
    assert first == second


def test_a_quick_audit_looks_at_some_samples_and_the_filter_at_those(run, folder, monkeypatch):
    monkeypatch.setattr("auditkit.pipeline.sets.QUICK_UNITS", 100)
    assert run("-q", "audit", *SETS, *ROLES, "--out", "quick", "--quick").code == 0
    assert ak.open_audit("quick").about["n"] == {"real": 100, "synthetic": 100, "holdout": 100}
    done = run("filter", "quick", "--out", "kept.csv")
    assert "looked at 100 of 120 samples" in done.err
    assert len(pd.read_parquet("kept.csv.selection.parquet")) == 100
    assert set(pd.read_csv("kept.csv")["pay"]) <= set(pd.read_csv(folder / "synthetic.csv")["pay"])


def test_an_audit_of_other_data_takes_along_what_belonged_to_the_first(run, folder):
    for name in ("ablation.json", "selection.json", "report.html"):
        (folder / "audit" / name).write_text("{}", encoding="utf-8")
    assert run("-q", "audit", *SETS, *ROLES, "--out", "audit").code == 0
    assert (folder / "audit" / "ablation.json").is_file()
    done = run("audit", "--real", "real.csv", "--synthetic", "test.csv", *FEW, "--out", "audit")
    assert done.err.count("belonged to an audit of other data") == 3
    assert not (folder / "audit" / "ablation.json").exists()


def test_a_check_exits_like_its_verdict(run, folder):
    verdict = ak.open_audit(folder / "audit").check()
    done = run("check", "audit")
    assert done.code == verdict.exit_code
    assert "preset recommended" in done.err
    assert "auditkit report audit" in done.err


@pytest.mark.parametrize(
    ("gate", "code"),
    [
        ('id = "a"\nmetric = "coverage"\nmin = 0.01\ndecide = "point"', 0),
        ('id = "a"\nmetric = "coverage"\nmin = 0.999\ndecide = "point"', 1),
        ('id = "a"\nmetric = "coverage"\nmin = 0.999\ndecide = "point"\nlevel = "warn"', 0),
    ],
)
def test_a_check_has_the_exit_code_of_its_gates(run, folder, gate, code):
    config = folder / "gates.toml"
    config.write_text(f'extends = "none"\n[[gate]]\n{gate}\n', encoding="utf-8")
    assert run("check", "audit", "-c", "gates.toml").code == code


def test_auditkit_toml_of_the_folder_holds_unless_another_is_named(run, folder):
    strict = 'extends = "none"\n[[gate]]\nid = "a"\nmetric = "coverage"\nmin = 0.999\ndecide = "point"\n'
    (folder / "auditkit.toml").write_text(strict, encoding="utf-8")
    (folder / "lax.toml").write_text(strict.replace("0.999", "0.001"), encoding="utf-8")
    done = run("check", "audit")
    assert (done.code, "gates of auditkit.toml" in done.err) == (1, True)
    assert run("check", "audit", "-c", "lax.toml").code == 0


def test_a_check_writes_several_formats_at_once(run, folder):
    done = run(
        *("check", "audit", "--format", "json"),
        *("--output", "junit=ci/gates.xml", "--output", "markdown=ci/summary.md", "--output", "github=ci/notes.txt"),
    )
    assert done.json["exit_code"] == done.code
    assert done.err == ""
    assert ET.parse(folder / "ci" / "gates.xml").getroot().tag == "testsuites"  # noqa: S314 - our own file
    assert (folder / "ci" / "summary.md").read_text(encoding="utf-8").startswith("<!-- auditkit:check -->")
    assert (folder / "ci" / "notes.txt").is_file()


def test_an_ablation_beside_the_audit_is_judged_and_reported(run, folder):
    assert "no ablation was run" in run("check", "audit").out
    arm = ("--arm", "all=synthetic.csv", "--repeats", "2", "--model", "logistic")
    done = run("ablate", "--real", "real.csv", "--test", "test.csv", "--label", "rich", *arm, "--out", "audit")
    assert done.code == 0
    assert "real+synthetic" in done.out
    assert "no ablation was run" not in run("check", "audit").out
    run("report", "audit")
    assert "real+synthetic" in (folder / "audit" / "report.html").read_text(encoding="utf-8")


def test_an_ablation_tries_what_it_is_told_to(run, folder):
    arm = (
        "--arm",
        "all=synthetic.csv",
        "--generator",
        "cart",
        "--repeats",
        "2",
        "--model",
        "logistic",
        "--group",
        "sex",
    )
    more = ("--measure", "accuracy", "--ratio", "0.5", "--curve", "0,0.5,1", "--mitigation", "reweighing")
    tests = ("--perturb", "noise=1", "--shifted", "later=holdout.csv", "--only", "real+synthetic", "--only", "cart")
    sets = ("--real", "real.csv", "--test", "test.csv", "--label", "rich", "--out", "tried")
    done = run("ablate", *sets, *arm, *more, *tests, "--margin", "0.02")
    assert done.code == 0, done.err
    told = done.out.splitlines()
    assert told[0].startswith("accuracy on ")
    assert told[0].endswith("2 repeats, margin 0.02")
    arms = ["real", "real[mitigation=reweighing]", "real+synthetic", "real+synthetic[mitigation=reweighing]"]
    assert [line.split()[0] for line in told[1:7]] == [*arms, "real+synthetic[ratio=0.5]", "cart"]
    for words in ("  0: ", "  0.5: ", "noise=1", "later", "(TRTS)"):
        assert words in done.out
    record = json.loads((folder / "tried" / "run.json").read_text(encoding="utf-8"))
    assert record["ablation"]["arms"]["cart (logistic)"]["fits"] == 2


def test_a_broken_ablation_beside_the_audit_is_named(run, folder):
    (folder / "audit" / "ablation.json").write_text("{}", encoding="utf-8")
    done = run("check", "audit")
    assert (done.code, "ablation.json" in done.err) == (2, True)


def test_a_report_shows_what_was_filtered(run, folder):
    assert run("report", "audit").out == "audit/report.html\n"
    before = (folder / "audit" / "report.html").read_text(encoding="utf-8")
    assert run("filter", "audit", "--out", "kept.csv").code == 0
    assert run("report", "audit", "--title", "A <b>name</b>", "--out", "page.html").out == "page.html\n"
    after = (folder / "page.html").read_text(encoding="utf-8")
    assert "<b>name</b>" not in after
    assert len(after) > len(before)


def test_a_report_needs_no_data_to_tell_of_the_filter(run, folder):
    assert run("filter", "audit", "--out", "kept.csv").code == 0
    (folder / "synthetic.csv").unlink()
    done = run("report", "audit")
    assert (done.code, done.err) == (0, "")
    assert "What the filter kept" in (folder / "audit" / "report.html").read_text(encoding="utf-8")


def test_a_title_comes_from_the_config(run, folder):
    (folder / "auditkit.toml").write_text('[report]\ntitle = "Of the config"\n', encoding="utf-8")
    run("report", "audit")
    assert "Of the config" in (folder / "audit" / "report.html").read_text(encoding="utf-8")


def test_run_json_keeps_paths_and_audit_json_none(run, folder):
    assert run("-q", "audit", *SETS, *ROLES, *FEW, "--out", "fresh").code == 0
    record = json.loads((folder / "fresh" / "run.json").read_text(encoding="utf-8"))
    assert record["inputs"]["real"] == str(folder / "real.csv")
    assert record["roles"]["label"] == "rich"
    assert str(folder) not in (folder / "fresh" / "audit.json").read_text(encoding="utf-8")


@pytest.mark.usefixtures("folder")
def test_gates_without_their_metric_could_not_be_measured(run):
    assert run("-q", "audit", *SETS, *ROLES, *FEW, "--out", "few").code == 0
    done = run("check", "few")
    assert (done.code, "was not measured" in done.out) == (3, True)


def test_columns_are_read_as_the_kind_that_is_declared(run, folder, caplog):
    for name in ("real", "synthetic", "holdout"):
        table = pd.read_csv(f"{name}.csv")
        table.assign(land=["NA" if place % 3 else "DE" for place in range(len(table))]).to_csv(
            f"{name}.csv", index=False
        )
    hinted = run("audit", *SETS, *FEW, "--out", "first")
    assert hinted.code == 0
    assert caplog.text.count("--column land=category") == 1
    caplog.clear()
    done = run("audit", *SETS, *FEW, "--out", "second", "--column", "land=category")
    assert (done.code, caplog.text) == (0, "")
    kinds = {item["name"]: item["kind"] for item in ak.open_audit(folder / "second").about["schema"]}
    assert kinds["land"] == "category"
    assert json.loads((folder / "second/run.json").read_text())["roles"]["columns"] == {"land": "category"}
