from __future__ import annotations

import json
import shutil

import numpy as np
import pandas as pd
import pytest

import auditkit as ak


def test_a_generator_is_trained_drawn_from_and_kept(run, folder):
    done = run("generate", "cart", "--real", "real.csv", "--n", "25", "--out", "made/g.parquet", "--save", "model")
    assert done.code == 0
    assert done.out == "25 samples in made/g.parquet\n"
    assert "auditkit audit --real real.csv --synthetic made/g.parquet" in done.err
    made = pd.read_parquet(folder / "made" / "g.parquet")
    assert list(made) == ["age", "pay", "sex", "rich"]
    assert ak.generators.load(folder / "model").info.name == "cart"


@pytest.mark.usefixtures("folder")
def test_conditions_and_parameters_reach_the_generator(run):
    options = ("--condition", "sex=f", "--param", "min_samples_leaf=20", "--seed", "3")
    assert run("generate", "cart", "--real", "real.csv", "--n", "9", "--out", "g.csv", *options).code == 0
    assert set(pd.read_csv("g.csv")["sex"]) == {"f"}


@pytest.mark.usefixtures("folder")
def test_the_same_seed_generates_the_same_file(run):
    for name in ("a.csv.gz", "b.csv.gz"):
        run("generate", "cart", "--real", "real.csv", "--n", "9", "--out", name)
    pd.testing.assert_frame_equal(pd.read_csv("a.csv.gz"), pd.read_csv("b.csv.gz"))


def test_the_filter_finds_the_data_and_gives_a_reason_for_each(run, folder):
    done = run("filter", "audit", "--out", "kept.csv")
    assert done.code == 0
    kept = pd.read_csv(folder / "kept.csv")
    assert done.out.startswith(f"kept {len(kept)} of 120 samples\n")
    decisions = pd.read_parquet(folder / "kept.csv.selection.parquet")
    assert len(decisions) == 120
    assert (decisions["reasons"] != "").tolist() == (~decisions["kept"]).tolist()
    assert {"realism", "density", "discriminator"} <= set(decisions)
    record = json.loads((folder / "audit" / "selection.json").read_text(encoding="utf-8"))
    assert record["about"]["kept"] == len(kept)


def test_rules_of_the_config_filter(run, folder):
    rule = '[[filter]]\ncolumn = "realism"\nmin = 0.9\nreason = "too far"\n'
    (folder / "auditkit.toml").write_text(rule, encoding="utf-8")
    done = run("filter", "audit", "--out", "kept.csv")
    assert "too far" in done.out
    expected = (pd.read_parquet(folder / "audit" / "samples.parquet")["realism"] >= 0.9).sum()
    assert len(pd.read_csv(folder / "kept.csv")) == expected
    (rule,) = json.loads((folder / "audit" / "selection.json").read_text(encoding="utf-8"))["rules"]
    assert (rule["limit"], rule["reason"], rule["rejected"]) == (">= 0.9", "too far", 120 - expected)


def test_quotas_of_the_config_come_after_the_rules(run, folder):
    quota = '[[filter]]\ncolumn = "realism"\nmin = 0.0\n[[quota]]\nby = ["sex"]\ntarget = "real"\nprefer = "realism"\n'
    (folder / "auditkit.toml").write_text(quota, encoding="utf-8")
    done = run("filter", "audit", "--out", "kept.csv")
    assert done.code == 0, done.err
    kept, real = (pd.read_csv(folder / name)["sex"].value_counts(normalize=True) for name in ("kept.csv", "real.csv"))
    assert kept.to_dict() == pytest.approx(real.to_dict(), abs=0.03)
    rules = json.loads((folder / "audit" / "selection.json").read_text(encoding="utf-8"))["rules"]
    assert [rule["name"] for rule in rules] == ["realism", "quota[sex]"]
    assert run("report", "audit").code == 0
    assert "over the quota of sex" in (folder / "audit" / "report.html").read_text(encoding="utf-8").lower()


def test_the_filter_refuses_data_that_have_changed(run, folder):
    table = pd.read_csv(folder / "synthetic.csv")
    table.assign(age=table["age"] + 1).to_csv(folder / "synthetic.csv", index=False)
    done = run("filter", "audit", "--out", "kept.csv")
    assert done.code == 2
    assert "synthetic.csv does not hold the synthetic data that were audited" in done.err


def test_the_filter_takes_data_that_have_moved(run, folder):
    shutil.move(folder / "synthetic.csv", folder / "moved.csv")
    assert "no longer there" in run("filter", "audit", "--out", "kept.csv").err
    assert run("filter", "audit", "--synthetic", "moved.csv", "--out", "kept.csv").code == 0


def test_the_filter_needs_to_know_where_the_data_are(run, folder):
    (folder / "audit" / "run.json").unlink()
    done = run("filter", "audit", "--out", "kept.csv")
    assert (done.code, "no run.json" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("name", "content", "command", "said"),
    [
        ("run.json", "[]", ["filter", "audit", "--out", "k.csv"], "run.json' is damaged"),
        (
            "run.json",
            '{"inputs": {"real": "real.csv", "synthetic": "synthetic.csv"}, "roles": {"odd": 1}}',
            ["filter", "audit", "--out", "k.csv"],
            "'run.json' was not written by this auditkit",
        ),
        (
            "selection.json",
            '{"asked": [{"odd": 1}]}',
            ["report", "audit"],
            "selection.json: this is no record of a filter",
        ),
    ],
)
def test_files_of_a_folder_that_somebody_changed_are_named(run, folder, name, content, command, said):
    (folder / "audit" / name).write_text(content, encoding="utf-8")
    assert said in run(*command).err


def test_merging_says_which_rows_are_synthetic(run, folder):
    done = run("merge", "--real", "real.csv", "--synthetic", "synthetic.csv", "--ratio", "0.5", "--out", "m.csv")
    assert done.out == "180 samples in m.csv\n"
    assert pd.read_csv(folder / "m.csv")["origin"].value_counts().to_dict() == {"real": 120, "synthetic": 60}


@pytest.mark.usefixtures("folder")
def test_a_ratio_that_cannot_be_met_is_said(run):
    done = run("merge", "--real", "real.csv", "--synthetic", "synthetic.csv", "--ratio", "2", "--out", "m.csv")
    assert (done.code, "ratio 2 asks for 240" in done.err) == (0, True)


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("metrics", ["coverage", "holdout_share"]),
        ("generators", ["cart", "tabular*: sequential", "tabular, image*: adversarial", "external", "all: "]),
        ("embedders", ["mixed", "pixels"]),
        ("gates", ["copies", "error"]),
    ],
)
def test_lists_name_what_there_is(run, what, words):
    done = run("list", what)
    assert [word for word in words if word not in done.out] == []
    assert [line for line in done.out.splitlines() if line != line.rstrip() or len(line) > 80] == []


def test_lists_can_be_of_one_modality(run):
    names = {line.split()[0] for line in run("list", "generators", "--modality", "audio").out.splitlines()}
    assert names == {"augment", "vae", "bootstrap", "external"}
    assert "pixels" not in run("list", "embedders", "--modality", "series").out
    assert "tv_complement" not in run("list", "metrics", "--modality", "text").out
    assert "tables" not in run("list", "gates", "--modality", "series").out
    refused = run("list", "generators", "--modality", "imge")
    assert (refused.code, "did you mean 'image'" in refused.err) == (2, True)


def test_images_go_through_every_command(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    for name in ("real", "synthetic", "holdout"):
        label = np.arange(80) % 2
        pixels = (rng.integers(0, 90, (80, 6, 6)) + 120 * label[:, None, None]).astype(np.uint8)
        np.savez(f"{name}.npz", images=pixels, label=label)
    sets = [word for name in ("real", "synthetic", "holdout") for word in (f"--{name}", f"{name}.npz")]
    assert run("audit", *sets, "--out", "audit").code == 0
    assert run("check", "audit").code in (0, 1)
    assert run("filter", "audit", "--out", "kept").code == 0
    assert {path.name for path in (tmp_path / "kept").iterdir()} <= {"0", "1", "metadata.csv"}
    assert run("merge", "--real", "real.npz", "--synthetic", "kept", "--out", "m.npz").code == 0
    assert run("report", "audit").code == 0
    done = run("filter", "audit", "--out", "kept.csv")
    assert (done.code, "images are saved as npz" in done.err) == (2, True)
