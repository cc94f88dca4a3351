from __future__ import annotations

import json
import tomllib

import numpy as np
import pandas as pd
import pytest
from PIL import Image

CONFIG = """
[data]
real = "real.csv"
label = "rich"
groups = ["sex"]
[generator]
n = 80
[ablation]
repeats = 2
arms = ["real", "synthetic", "real+kept"]
models = ["logistic"]
"""


def test_init_writes_a_config_that_is_right_and_runs(run, folder):
    done = run("init", "real.csv", "--label", "rich")
    assert (done.code, done.out) == (0, "auditkit.toml\n")
    assert "guessed the groups 'sex'" in done.err
    assert "auditkit run" in done.err
    assert run("config", "check").code == 0
    done = run("run", "--out", "out")
    assert done.code in (0, 1, 3)
    assert done.out.endswith("report: out/report.html\n")
    assert (folder / "out" / "report.html").is_file()


def test_init_says_what_it_guesses_and_what_it_misses(run, folder):
    pd.read_csv("real.csv").rename(columns={"rich": "Loan-Class"}).to_csv("a.csv", index=False)
    assert "guessed the label 'Loan-Class'" in run("init", "a.csv").err
    done = run("init", "real.csv", "--force")
    assert "no label was found: set `label` in auditkit.toml" in done.err
    assert "label" not in tomllib.loads((folder / "auditkit.toml").read_text(encoding="utf-8"))["data"]


def test_init_proposes_the_last_column_with_few_levels_where_no_name_is_usual(run, folder):
    stays = {"days": range(40), "ward": ["a", "b", "c", "d"] * 10, "readmitted": ["yes", "no"] * 20, "spent": range(40)}
    pd.DataFrame(stays).to_csv("stays.csv", index=False)
    assert "'readmitted' may be the one" in run("init", "stays.csv", "--force").err
    text = (folder / "auditkit.toml").read_text(encoding="utf-8")
    assert "label" not in tomllib.loads(text)["data"]
    assert '# label = "readmitted"  # column to predict' in text


NAMES = ['quo"ted', "new\nline", "ümläut 中", "a]b [data]", "#no comment", "{braces}", "back\\slash", "bell\x07del\x7f"]


@pytest.mark.parametrize("name", NAMES)
def test_init_quotes_any_name(run, folder, name):
    place = folder / f"a {name.replace(chr(10), '')}.csv"
    table = pd.read_csv("real.csv").rename(columns={"rich": name, "sex": f"g{name}"})
    table.to_csv(place, index=False)
    assert run("init", place, "--label", name, "--group", f"g{name}", "--out", "odd.toml").code == 0
    data = tomllib.loads((folder / "odd.toml").read_text(encoding="utf-8"))["data"]
    assert (data["real"], data["label"], data["groups"]) == (place.name, name, [f"g{name}"])
    assert run("config", "check", "-c", "odd.toml").code == 0


def test_init_suggests_the_orders_that_hold_in_every_row(run, folder):
    rng = np.random.default_rng(0)
    came = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(200, size=150), unit="D")
    left = came + pd.to_timedelta(rng.integers(1, 60, size=150), unit="D")
    pd.DataFrame({"came": came, "left [day]": left, "paid": left + pd.Timedelta(days=3)}).to_csv("a.csv", index=False)
    assert run("init", "a.csv").code == 0
    text = (folder / "auditkit.toml").read_text(encoding="utf-8")
    assert '# constraints = [\n#   "`left [day]` >= came",\n#   "paid >= `left [day]`",\n# ]\n' in text
    start = text.index("# constraints = [")
    end = text.index("# ]", start) + len("# ]")
    declared = text[:start] + text[start:end].replace("# ", "").replace("#  ", "") + text[end:]
    (folder / "auditkit.toml").write_text(declared, encoding="utf-8")
    assert tomllib.loads(declared)["audit"]["constraints"] == ["`left [day]` >= came", "paid >= `left [day]`"]
    assert run("config", "check").code == 0


def test_init_finds_its_data_from_another_folder(run, folder):
    (folder / "deep").mkdir()
    assert run("init", "real.csv", "--out", "deep/auditkit.toml").code == 0
    assert tomllib.loads((folder / "deep" / "auditkit.toml").read_text(encoding="utf-8"))["data"]["real"] == (
        "../real.csv"
    )


def test_init_knows_images(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pixels = np.arange(20 * 16, dtype=np.uint8).reshape(20, 4, 4)
    np.savez("set.npz", images=pixels, label=np.arange(20) % 2)
    for place, image in enumerate(pixels):
        (tmp_path / "set" / "ab"[place % 2]).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(tmp_path / "set" / "ab"[place % 2] / f"{place}.png")
    for name in ("set.npz", "set"):
        assert run("init", name, "--force").code == 0
        known = tomllib.loads((tmp_path / "auditkit.toml").read_text(encoding="utf-8"))
        assert (known["data"]["label"], known["generator"]) == ("label", {"name": "gan", "n": 12, "seed": 0})
        assert run("config", "check").code == 0


def test_a_run_prints_verdict_filter_ablation_and_report(run, folder):
    (folder / "auditkit.toml").write_text(CONFIG, encoding="utf-8")
    done = run("run", "-v")
    assert done.code == json.loads(run("check", "auditkit-out", "--format", "json").out)["exit_code"]
    lines = done.out.splitlines()
    assert lines[-1] == "report: auditkit-out/report.html"
    assert "kept" in done.out
    assert "real+kept" in done.out
    assert "s  train the generator cart" in done.err


def test_the_folder_of_a_run_is_one_of_an_audit(run, folder):
    (folder / "auditkit.toml").write_text(CONFIG, encoding="utf-8")
    assert run("-q", "run").code in (0, 1, 3)
    page = (folder / "auditkit-out" / "report.html").read_bytes()
    assert run("-q", "report", "auditkit-out").code == 0
    assert (folder / "auditkit-out" / "report.html").read_bytes() == page
    kept = (folder / "auditkit-out" / "kept.csv").read_bytes()
    assert run("-q", "filter", "auditkit-out", "--out", "again.csv").code == 0
    assert (folder / "again.csv").read_bytes() == kept
