"""What is wrong with the data is one sentence and exit code 2, before anything is written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest


def audit(run, **options):
    given = {"real": "real.csv", "synthetic": "synthetic.csv", "out": "out"} | options
    return run("audit", *[word for name, value in given.items() for word in (f"--{name}", value)])


def write(path: str, change) -> str:
    change(pd.read_csv("synthetic.csv")).to_csv(path, index=False)
    return path


def text(path: str, content: str) -> str:
    Path(path).write_text(content, encoding="utf-8")
    return path


def features(path: str, values) -> str:
    np.savez(path, features=values)
    return path


MISTAKES = {
    "missing file": (lambda: {"synthetic": "nowhere.csv"}, ["no file or folder 'nowhere.csv'"]),
    "empty file": (lambda: {"synthetic": text("e.csv", "")}, ["e.csv is empty"]),
    "header only": (lambda: {"synthetic": text("h.csv", "age,pay,sex,rich\n")}, ["h.csv", "no rows"]),
    "unknown label": (lambda: {"label": "ritch"}, ["'ritch'; did you mean 'rich'?"]),
    "a column without a kind": (lambda: {"column": "sex"}, ["--column takes NAME=KIND, as zip=category, got 'sex'"]),
    "unknown kind": (lambda: {"column": "sex=categorie"}, ["unknown kind 'categorie'; did you mean 'category'?"]),
    "kind of an unknown column": (lambda: {"column": "sexx=category"}, ["'sexx'; did you mean 'sex'?"]),
    "unknown group": (lambda: {"group": "sexx"}, ["'sexx'; did you mean 'sex'?"]),
    "label missing in the synthetic set": (
        lambda: {"label": "rich", "synthetic": write("s.csv", lambda t: t.drop(columns="rich"))},
        ["label column 'rich' is missing in synthetic (s.csv)"],
    ),
    "different columns": (
        lambda: {"synthetic": write("s.csv", lambda t: t.rename(columns={"age": "years", "pay": "income"}))},
        ["lacks 'age', 'pay'", "has 'years', 'income' that real has not"],
    ),
    "not a finite number": (
        lambda: {"synthetic": write("s.csv", lambda t: t.assign(pay=np.inf))},
        ["'pay' of s.csv has 120 infinite"],
    ),
    "features that are not finite": (
        lambda: {
            "real": features("r.npz", np.ones((9, 2))),
            "synthetic": features("s.npz", np.full((9, 2), np.nan)),
        },
        ["s.npz has 18 NaN"],
    ),
    "wrong modality": (lambda: {"modality": "image"}, ["real.csv holds tabular data", "'image'"]),
    "unknown modality": (lambda: {"modality": "imge"}, ["--modality 'imge'", "'image'"]),
    "another modality beside it": (
        lambda: {"synthetic": features("s.npz", np.ones((9, 2)))},
        ["lacks 'age', 'pay', 'sex', 'rich'"],
    ),
    "wrong delimiter": (lambda: {"synthetic": text("s.csv", "age;pay\n1;2\n")}, ["semicolons", "commas"]),
    "ragged rows": (lambda: {"synthetic": text("s.csv", "age,pay\n1,2\n1,2,3\n")}, ["s.csv, line 3", "found 3"]),
    "no text": (
        lambda: {"synthetic": Path("b.csv").write_bytes(bytes(range(256)) * 9) and "b.csv"},
        ["b.csv is not UTF-8 text"],
    ),
    "unknown suffix": (lambda: {"synthetic": text("s.odd", "x")}, ["s.odd", "'.odd' names no known format"]),
    "unknown metric": (lambda: {"metric": "coverge"}, ["'coverge'; did you mean 'coverage'?"]),
    "unknown embedder": (lambda: {"embedder": "mixd"}, ["'mixd'; did you mean 'mixed'?"]),
    "a file where the folder goes": (lambda: {"out": text("taken", "x")}, ["'taken' is a file: name a folder"]),
    "a file above the folder": (lambda: {"out": f"{text('taken', 'x')}/in"}, ["'taken' is a file"]),
    "constant columns only": (
        lambda: dict.fromkeys(("real", "synthetic"), text("c.csv", "a,b\n" + "1,x\n" * 40)),
        ["c.csv", "needs a column"],
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_bad_input_is_one_sentence_and_two(run, folder, mistake):
    make, words = MISTAKES[mistake]
    done = audit(run, **make())
    assert done.code == 2, done
    assert done.out == ""
    assert done.err.startswith("error: ")
    assert done.err.count("\n") == 1
    assert [word for word in words if word not in done.err] == []
    assert not (folder / "out").is_dir()


@pytest.mark.parametrize("role", ["synthetic", "holdout"])
@pytest.mark.usefixtures("folder")
def test_a_single_sample_is_audited_and_what_is_lost_is_said(run, role):
    pd.read_csv("test.csv").head(1).to_csv("one.csv", index=False)
    assert audit(run, **{"holdout": "holdout.csv", role: "one.csv"}).code == 0
    done = run("check", "out")
    assert done.code == 3
    assert "NOT MEASURED" in done.out


@pytest.mark.parametrize("name", ["real", "synthetic"])
@pytest.mark.usefixtures("folder")
def test_a_single_class_is_audited(run, name):
    pd.read_csv(f"{name}.csv").assign(rich="yes").to_csv("single.csv", index=False)
    assert audit(run, label="rich", **{name: "single.csv"}).code == 0


GENERATE = ("generate", "cart", "--real", "real.csv", "--n", "5", "--out")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["generate", "crat", *GENERATE[2:], "g.csv"], ["generator 'crat'; did you mean 'cart'?"]),
        ([*GENERATE, "g.odd"], ["'g.odd' is none of these"]),
        ([*GENERATE, "g.npz"], ["'g.npz' is none of these"]),
        ([*GENERATE, "real.csv/g.csv"], ["'real.csv/g.csv' would overwrite the input 'real.csv'"]),
        ([*GENERATE, "g.csv", "--param", "leaves=1"], ["has no parameter 'leaves'"]),
        ([*GENERATE, "g.csv", "--param", "leaves"], ["--param takes NAME=VALUE, got 'leaves'"]),
        ([*GENERATE, "g.csv", "--condition", "sex=x"], ["'sex'", "'x'"]),
        (["check", "audit", "--format", "xml"], ["'xml'; known: github, gitlab, json, junit, markdown, sarif, text"]),
        (["check", "audit", "--output", "junit"], ["--output takes FORMAT=PATH", "'junit'"]),
        (["check", "audit", "--output", "jnit=a.xml"], ["'jnit'; did you mean 'junit'?"]),
        (["check", "audit", "-c", "none.toml"], ["cannot read the config 'none.toml'"]),
        (["check", "nowhere"], ["no audit.json in 'nowhere'"]),
        (["report", "nowhere"], ["no audit.json in 'nowhere'"]),
        (["filter", "nowhere", "--out", "k.csv"], ["no audit.json in 'nowhere'"]),
        (["filter", "audit", "--out", "k.npz"], ["'k.npz' is none of these"]),
        (["init", "nowhere.csv"], ["no file or folder 'nowhere.csv'"]),
        (["init", "real.csv", "--out", "audit"], ["audit is there already: give --out a file's name"]),
        (["init", "real.csv", "--out", "test.csv"], ["--force"]),
        (["run"], ["there is no auditkit.toml in this folder or above it", "auditkit init"]),
        (["demo", "--modality", "smell"], ["'smell'; known: audio, image, series, tabular, text"]),
        (["demo", "--out", "real.csv"], ["'real.csv' is a file"]),
    ],
)
def test_other_commands_refuse_likewise(run, folder, arguments, words):
    before = sorted(path.name for path in folder.rglob("*"))
    done = run("-q", *arguments)
    assert done.code == 2, done
    assert done.err.startswith("error: ")
    assert done.err.count("\n") == 1
    assert [word for word in words if word not in done.err] == []
    assert sorted(path.name for path in folder.rglob("*")) == before


ABLATE = ("ablate", "--real", "real.csv", "--test", "test.csv", "--label", "rich", "--out", "audit", "--arm")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["all"], ["--arm takes NAME=VALUE, got 'all'"]),
        (["all=synthetic.csv", "--model", "boost"], ["'boost'; did you mean 'boosting'?"]),
        (["all=synthetic.csv", "--arm", "all=test.csv"], ["--arm gives 'all' twice"]),
        (["real=synthetic.csv"], ["cannot be called 'real'"]),
        (["all=synthetic.csv", "--curve", "0,half"], ["--curve takes numbers with commas between them"]),
        (["all=synthetic.csv", "--ratio", "-1"], ["a ratio is a number"]),
        (["all=synthetic.csv", "--mitigation", "reweigh"], ["did you mean 'reweighing'?"]),
        (["all=synthetic.csv", "--mitigation", "reweighing"], ["mitigation needs groups"]),
        (["all=synthetic.csv", "--perturb", "nose"], ["did you mean 'noise'?"]),
        (["all=synthetic.csv", "--measure", "acuracy"], ["did you mean 'accuracy'?"]),
        (["all=synthetic.csv", "--shifted", "later"], ["--shifted takes NAME=VALUE, got 'later'"]),
        (["all=synthetic.csv", "--only", "kept"], ["unknown arm 'kept'"]),
        (["cart=synthetic.csv", "--generator", "cart"], ["both give 'cart'"]),
        (["all=synthetic.csv", "--generator", "kart"], ["did you mean 'cart'?"]),
    ],
)
@pytest.mark.usefixtures("folder")
def test_an_ablation_that_cannot_be_is_refused(run, arguments, words):
    done = run("-q", *ABLATE, *arguments)
    assert done.code == 2
    assert [word for word in words if word not in done.err] == []


@pytest.mark.usefixtures("folder")
def test_one_real_sample_teaches_no_generator(run):
    pd.read_csv("real.csv").head(1).to_csv("one.csv", index=False)
    done = run("-q", "generate", "cart", "--real", "one.csv", "--n", "5", "--out", "g.csv")
    assert (done.code, "at least 2 real samples" in done.err) == (2, True)


@pytest.mark.usefixtures("folder")
def test_a_mistake_in_the_config_is_named_with_its_place(run):
    Path("bad.toml").write_text('[data]\nreal = "real.csv"\n[audit]\nsede = 3\n', encoding="utf-8")
    for words in (["run", "-c"], ["config", "check", "-c"], ["check", "audit", "-c"], ["report", "audit", "-c"]):
        done = run(*words, "bad.toml")
        assert done.code == 2
        assert done.err == "error: bad.toml:4:1: unknown key 'sede' in [audit]; did you mean 'seed'?\n"


@pytest.mark.parametrize("held", ["null", "[]", '{"inputs": 3}', '{"inputs": {"real": 5}}', '{"roles": 4}'])
def test_a_record_of_the_run_of_another_shape_is_told(run, folder, held):
    (folder / "audit" / "run.json").write_text(held, encoding="utf-8")
    done = run("check", "audit")
    assert done.code == 2
    assert "'audit/run.json' is damaged: audit the data again, or remove the file" in done.err
    (folder / "audit" / "run.json").unlink()
    assert run("check", "audit", "-qq").code != 2


def test_a_folder_that_is_gone_is_told(run, tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    done = run("check", ".")
    assert done.code == 2
    assert done.err == "error: the folder that this runs in is no longer there: change into one that is.\n"
