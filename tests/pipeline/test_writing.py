from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from auditkit.errors import DataError
from auditkit.pipeline.writing import check_file, check_folder, clear_earlier, uninterrupted
from auditkit.store import write_json


def test_an_interrupt_waits_until_the_results_are_written():
    written = []

    def work():
        with uninterrupted():
            os.kill(os.getpid(), signal.SIGINT)
            written.append("all of it")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert written == ["all of it"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_other_threads_write_without_signals():
    written = []

    def work():
        with uninterrupted():
            written.append("all of it")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert written == ["all of it"]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", ["new", "new/deep", ".", "new/../other"])
def test_a_folder_that_can_be_made_is_accepted_and_not_yet_made(name):
    check_folder(Path(name))
    assert not Path("new").exists()


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", ["real.csv", "real.csv/deep", "./real.csv"])
def test_a_file_in_the_way_is_named(name):
    with pytest.raises(DataError, match=r"'real\.csv' is a file: name a folder"):
        check_folder(Path(name))


def test_a_folder_that_may_not_be_written_is_refused(folder, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_arguments: False)
    with pytest.raises(DataError, match="may not be written"):
        check_folder(folder / "out")


@pytest.mark.parametrize(
    ("name", "modality", "wrong"),
    [
        ("a.csv", "tabular", ""),
        ("A.CSV.GZ", "tabular", ""),
        ("deep/a.parquet", "tabular", ""),
        ("a.jsonl", "tabular", ""),
        ("a.npz", "image", ""),
        ("folder", "image", ""),
        ("a.npz", "tabular", "tables are saved as"),
        ("a", "tabular", "tables are saved as"),
        ("a.csv", "image", "images are saved as npz"),
        ("taken.csv", "tabular", "a folder of that name"),
    ],
)
def test_the_suffix_must_fit_the_samples(folder, name, modality, wrong):
    (folder / "taken.csv").mkdir()
    if wrong:
        with pytest.raises(DataError, match=wrong):
            check_file(folder / name, modality=modality)
    else:
        check_file(folder / name, modality=modality)
        assert (folder / name).parent.is_dir()


def test_only_files_that_a_run_wrote_are_cleared(folder):
    write_json(folder / "run.json", {"files": ["synthetic.csv", "test.csv", "../outside.csv"]})
    outside = folder.parent / "outside.csv"
    outside.write_text("x", encoding="utf-8")
    clear_earlier(folder, keep={"test.csv"})
    assert {path.name for path in folder.glob("*.csv")} == {"real.csv", "holdout.csv", "test.csv"}
    assert outside.is_file()
