"""The command merge, and what generate and merge write beside their samples."""

from __future__ import annotations

import pandas as pd
import yaml

from auditkit.store import read_json


def test_merge_takes_several_sets_with_weights_and_says_where_all_comes_from(run, folder):
    generate = ("generate", "marginals", "--real", "real.csv", "--label", "rich", "--seed", 4)
    said = ("--licence", "CC-BY-4.0", "--consent", "given | for <research>")
    assert run(*generate, "--n", 50, "--out", "made.csv", *said).code == 0
    record = read_json(folder / "made.csv.provenance.json")
    assert (record["synthetic"], record["generator"], record["licence"]) == (True, "marginals", "CC-BY-4.0")
    assert (folder / "made.csv.card.md").is_file()
    sets = ("--real", "real.csv", "--synthetic", "made.csv", "--synthetic", "synthetic.csv", "--label", "rich")
    done = run("merge", *sets, "--out", "all.csv", "--weight", "yes=0.5", "--ratio", 0.5)
    assert done.code == 0
    merged = pd.read_csv(folder / "all.csv")
    assert set(merged["origin"]) == {"real", "synthetic:made.csv", "synthetic:synthetic.csv"}
    assert set(merged.loc[(merged["origin"] != "real") & (merged["rich"] == "yes"), "weight"]) == {0.5}
    record = read_json(folder / "all.csv.provenance.json")
    assert [part["record"]["generator"] for part in record["added"]] == ["marginals", None]
    card = (folder / "all.csv.card.md").read_text(encoding="utf-8")
    assert "given \\| for \\<research\\>" in card
    header = yaml.safe_load(card.split("---\n")[1])
    assert (header["synthetic"], header["license"], header["pretty_name"]) == (True, "cc-by-4.0", "all.csv")
    first = {name: (folder / name).read_bytes() for name in ("all.csv", "all.csv.provenance.json", "all.csv.card.md")}
    assert run("merge", *sets, "--out", "all.csv", "--weight", "yes=0.5", "--ratio", 0.5).code == 0
    assert {name: (folder / name).read_bytes() for name in first} == first


def test_what_cannot_be_merged_is_said_in_one_sentence(run, folder):
    sets = ("--real", "real.csv", "--synthetic", "synthetic.csv", "--label", "rich")
    before = (folder / "synthetic.csv").read_bytes()
    refused = {
        ("--out", "synthetic.csv"): "would overwrite the input 'synthetic.csv'",
        ("--out", "all.csv", "--weight", "much"): "--weight takes a number, CLASS=NUMBER or real",
        ("--out", "all.csv", "--weight", "maybe=2"): "unknown class 'maybe'",
        ("--out", "all.csv", "--weight", -1): "not negative",
    }
    for options, said in refused.items():
        done = run("merge", *sets, *options)
        assert done.code == 2
        assert said in done.err
    assert run("generate", "marginals", "--real", "real.csv", "--n", 5, "--out", "real.csv").code == 2
    assert (folder / "synthetic.csv").read_bytes() == before
    assert run("merge", *sets, "--out", "plain.csv", "--no-card").code == 0
    assert not (folder / "plain.csv.card.md").exists()
