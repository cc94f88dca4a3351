from __future__ import annotations

import json
import os
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

import auditkit as ak
from auditkit.config import Config, DataConfig, load_config
from auditkit.errors import ConfigError, DataError
from auditkit.pipeline import loop
from auditkit.pipeline.sets import load_sets, unsplit_note
from tests.pipeline.conftest import FAST, write_sets

OWN = '[data]\nreal = "real.csv"\nlabel = "rich"\ngroups = ["sex"]\n[generator]\nn = 60\n'
GIVEN = '[data]\nreal = "real.csv"\nsynthetic = "synthetic.csv"\nlabel = "rich"\n'


def content(folder) -> dict[str, bytes]:
    """Files of a folder but the private one."""
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    files.pop("run.json")
    return files


@dataclass
class Made:
    """A run on one thread, what it told of its progress, and the folder that it read and wrote."""

    run: loop.Run
    told: list[str]
    folder: Path


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Made:
    folder, told = tmp_path_factory.mktemp("made"), []
    write_sets(folder)
    (folder / "auditkit.toml").write_text(OWN + FAST, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("AUDITKIT_THREADS", "1")
        run = ak.run(folder / "auditkit.toml", progress=lambda _done, _total, what: told.append(what))
    return Made(run, told, folder)


@pytest.fixture
def once_run(made, folder):
    """The folder in which a test runs, as that run left its own."""
    shutil.copytree(made.folder / "auditkit-out", folder / "auditkit-out")
    return folder


def test_a_run_leaves_every_stage_in_its_folder(made):
    found = made.run
    assert {path.name for path in found.folder.iterdir()} == {
        *("audit.json", "samples.parquet", "exhibits", "run.json", "report.html", "ablation.json", "selection.json"),
        *("synthetic.csv", "kept.csv", "kept.csv.selection.json", "kept.csv.selection.parquet"),
        *(
            f"{name}.csv{beside}"
            for name in ("synthetic", "kept", "merged")
            for beside in (".provenance.json", ".card.md")
        ),
        "merged.csv",
    }
    assert found.audit.about["n"] == {"real": 72, "synthetic": 60, "holdout": 24}
    assert found.ablation is not None
    assert found.notes == ()
    assert found.merged.provenance["verdict"]["passed"] == found.verdict.passed
    assert found.merged.provenance["added"][0]["record"]["generator"] == "cart"


def test_the_same_config_gives_the_same_bytes_on_one_and_two_threads(made, config, folder, monkeypatch):
    monkeypatch.setenv("AUDITKIT_THREADS", "2")
    ak.run(config(OWN), out=folder / "elsewhere")
    first, second = content(made.run.folder), content(folder / "elsewhere")
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


def test_nothing_is_split_off_for_a_synthetic_file_whose_maker_may_have_seen_all(config):
    found = ak.run(config(GIVEN))
    assert found.audit.about["n"] == {"real": 120, "synthetic": 120}
    assert found.ablation is None
    assert any("No test data were given" in note for note in found.audit.about["notes"])
    assert "No test data were given" in found.report.read_text(encoding="utf-8")


def test_a_run_tries_what_the_config_asks_of_an_ablation(config):
    data = GIVEN + 'holdout = "holdout.csv"\ntest = "test.csv"\ngroups = ["sex"]\n'
    asked = """[audit]
quick = true
[ablation]
repeats = 2
arms = ["real+synthetic"]
models = ["logistic"]
generators = ["smote"]
measures = ["accuracy"]
ratios = [0.5]
curve = [0, 0.5, 1]
mitigations = ["reweighing"]
perturb = ["noise=1"]
shifted = { later = "holdout.csv" }
margin = 0.03
"""
    done = ak.run(config(data, asked))
    found = done.ablation
    assert list(found.about["arms"]) == [
        *("real", "real[mitigation=reweighing]", "real+synthetic", "real+synthetic[mitigation=reweighing]"),
        *("real+synthetic[ratio=0.5]", "real+smote", "real+smote[mitigation=reweighing]", "real+smote[ratio=0.5]"),
    ]
    assert (found.about["measures"], found.about["margin"]) == (["accuracy"], 0.03)
    assert list(found.about["tests"]) == ["noise=1", "later"]
    assert found.curve()["amount"].tolist() == [0.0, 0.5, 1.0] * 2
    record = json.loads((done.folder / "run.json").read_text(encoding="utf-8"))
    assert record["ablation"]["fits"] == 20


def test_given_holdout_and_test_sets_are_used(config):
    found = ak.run(config(GIVEN + 'holdout = "holdout.csv"\ntest = "test.csv"\n'))
    assert found.audit.about["n"] == {"real": 120, "synthetic": 120, "holdout": 120}
    assert found.ablation is not None
    assert found.ablation.about["n_test"] == 120


@pytest.mark.parametrize(("n", "said"), [(72, True), (120, False)])
def test_a_split_that_given_files_switch_off_is_told_where_fewer_samples_are_made_than_learnt_from(config, n, said):
    text = '[data]\nreal = "real.csv"\nholdout = "holdout.csv"\ntest = "test.csv"\n'
    known = load_config(str(config(f"{text}[generator]\nn = {n}\n")))
    note = unsplit_note(known, load_sets(known).train)
    assert (note is not None) is said
    assert note is None or note.endswith(
        "the generator learnt from all 120 samples and made 72; for as many set n = 120 in [generator]."
    )
    assert unsplit_note(load_config(str(config(OWN))), load_sets(known).train) is None


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ('[data]\nreal = "real.csv"\n[generator]\nn = 60\n', "No label was given"),
        (OWN.replace('"rich"', '"same"'), "one class only"),
        (OWN + "[data.split]\ntest = 0.0\n", "No test data were given"),
    ],
)
def test_a_run_goes_on_without_what_an_ablation_needs(config, folder, text, note):
    pd.read_csv("real.csv").assign(same="yes", more=range(120)).to_csv(folder / "real.csv", index=False)
    found = ak.run(config(text))
    assert found.ablation is None
    assert note in found.notes[0]


def test_what_an_earlier_run_wrote_and_this_one_does_not_is_removed(config, once_run):
    assert (once_run / "auditkit-out" / "ablation.json").is_file()
    mine = once_run / "auditkit-out" / "mine.csv"
    mine.write_text("kept by its owner", encoding="utf-8")
    found = ak.run(config(OWN.replace('label = "rich"\n', "")))
    names = {path.name for path in found.folder.iterdir()}
    assert "mine.csv" in names
    assert "ablation.json" not in names


def test_a_run_may_audit_what_the_run_before_made(config, once_run):
    found = ak.run(config(GIVEN.replace('"synthetic.csv"', '"auditkit-out/synthetic.csv"')))
    assert len(found.audit.samples) == 60
    assert (once_run / "auditkit-out" / "synthetic.csv").is_file()


def test_a_run_refuses_to_overwrite_its_input(config):
    with pytest.raises(ConfigError, match=r"overwrite its own input 'kept\.csv'"):
        ak.run(config(GIVEN.replace('"synthetic.csv"', '"kept.csv"')), out=_with_kept())


def _with_kept() -> str:
    pd.read_csv("synthetic.csv").to_csv("kept.csv", index=False)
    return "."


def test_a_quick_run_looks_at_some_samples_and_says_so(config, monkeypatch):
    monkeypatch.setattr("auditkit.pipeline.sets.QUICK_UNITS", 50)
    found = ak.run(config(OWN, FAST.replace("[audit]", "[audit]\nquick = true")))
    assert found.audit.about["n"]["synthetic"] == 50
    assert found.notes[0].startswith("Quick: 50 of 72 real and 50 of 60 synthetic samples were looked at; identical")
    assert "Only the 50 synthetic samples that were looked at were filtered." in found.notes
    assert len(pd.read_csv(found.folder / "synthetic.csv")) == 60


def test_a_filter_that_rejects_everything_leaves_nothing_to_merge(config):
    rules = [f'[[filter]]\ncolumn = "copy"\nequals = {word}\n' for word in ("true", "false")]
    found = ak.run(config(OWN, "".join([*rules, FAST])))
    assert found.merged is None
    assert not (found.folder / "kept.csv").exists()
    assert json.loads((found.folder / "selection.json").read_text(encoding="utf-8"))["about"]["kept"] == 0


def test_names_are_checked_before_anything_is_read(config, monkeypatch):
    monkeypatch.setattr(loop, "load_sets", None)
    with pytest.raises(ConfigError, match=r"auditkit\.toml:7:8: unknown generator 'crat'|:\d+:\d+: unknown generator"):
        ak.run(config(OWN.replace("n = 60", 'name = "crat"')))


@pytest.mark.parametrize("data", [DataConfig(), DataConfig(real="real.csv")])
def test_a_config_without_data_is_refused(folder, data):
    with pytest.raises(ConfigError, match=r"names no (real|synthetic) data"):
        ak.run(Config(data=data), out=folder / "out")
    assert not (folder / "out").exists()


def test_a_run_that_is_stopped_has_written_nothing(config, folder, monkeypatch):
    def stop(*_arguments, **_options):
        os.kill(os.getpid(), signal.SIGINT)

    place = config(OWN)
    monkeypatch.setattr(loop, "_audit", stop)
    before = sorted(path.name for path in folder.rglob("*"))
    with pytest.raises(KeyboardInterrupt):
        ak.run(place)
    assert sorted(path.name for path in folder.rglob("*")) == before


def test_a_folder_that_cannot_be_is_refused_before_the_work(config, folder, monkeypatch):
    monkeypatch.setattr(loop, "load_sets", None)
    with pytest.raises(DataError, match=r"real\.csv' is a file: name a folder"):
        ak.run(config(OWN), out=folder / "real.csv")


def test_the_report_goes_where_the_config_says(config, folder):
    found = ak.run(config(GIVEN + '[report]\npath = "pages/page.html"\ntitle = "Mine"\n'))
    assert found.report == folder / "pages" / "page.html"
    assert "Mine" in found.report.read_text(encoding="utf-8")


def test_progress_is_told_in_order(made):
    stages = list(dict.fromkeys(what.partition(":")[0] for what in made.told))
    assert stages == [
        "read the data",
        "train the generator cart",
        "generate",
        "audit",
        "filter and merge",
        "ablate",
        "write the results",
        "done",
    ]
