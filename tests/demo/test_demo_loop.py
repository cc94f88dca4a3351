from __future__ import annotations

import gzip
import re
from importlib.resources import files as resources

import numpy as np
import pytest

import auditkit as ak
from auditkit.cli.app import call
from auditkit.cli.folder import audited_data
from auditkit.demo import loop
from auditkit.demo.configs import ABOUT, CONFIGS
from auditkit.demo.loop import run_demo, summary_lines
from auditkit.demo.sets import WRITERS
from auditkit.demo.voices import COURSES, PITCHES, voice
from auditkit.errors import UnknownNameError
from auditkit.kinds import MODALITIES


def files(folder) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_demo_is_all_that_it_promises(tmp_path, monkeypatch, capsys):
    runs = []
    monkeypatch.setattr(loop, "run_demo", lambda *args, **options: runs.append(run_demo(*args, **options)) or runs[0])
    monkeypatch.chdir(tmp_path)
    assert call(["demo", "--out", "first"]) == 0
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert len(lines) == 11
    assert lines[0].startswith("Verdict")
    assert lines[-1] == f"report: {tmp_path / 'first' / 'report.html'}"
    assert said.err.startswith("German credit: 1,000 real borrowers")
    assert call(["check", "first", "-c", "first/auditkit.toml"]) in (0, 1)
    (found,) = runs
    made = {path.name for path in (tmp_path / "first").iterdir()}
    assert {"german_credit.csv", "auditkit.toml", "synthetic.csv", "kept.csv", "merged.csv", "report.html"} <= made
    assert found.ablation is not None
    assert summary_lines(found).splitlines() == lines[:-1]
    assert found.audit.about["n"] == {"real": 400, "synthetic": 400, "holdout": 300}
    assert "400" in ABOUT["tabular"]


# That a run of the same config gives the same bytes is held in tests/pipeline/test_loop.py.
@pytest.mark.parametrize("modality", MODALITIES)
def test_the_data_of_a_demo_have_the_same_bytes_each_time(tmp_path, modality):
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        WRITERS[modality](tmp_path / name)
    one, two = files(tmp_path / "first"), files(tmp_path / "second")
    assert one
    assert one == two


SHORT = {"image": "{ steps = 100 }", "series": "{ steps = 50 }"}
"""Training with which a loop goes through; the demos themselves train for as long as their generator likes."""


@pytest.mark.parametrize(("modality", "n"), [("image", 719), ("text", 480), ("audio", 192), ("series", 103)])
def test_the_demo_on_samples_that_are_no_rows(tmp_path, monkeypatch, modality, n):
    whole = CONFIGS[modality]
    short = re.sub(r"repeats = \d", 'repeats = 2\nmodels = ["logistic"]', whole)
    if modality in SHORT:
        short = short.replace("[generator]", f"[generator]\nparams = {SHORT[modality]}")
    monkeypatch.setitem(CONFIGS, modality, short)
    found = run_demo(modality, out=tmp_path)
    assert found.audit.about["modality"] == modality
    made = n + (modality == "image")
    assert (found.audit.about["n"]["real"], found.audit.about["n"]["synthetic"]) == (n, made)
    assert str(n) in ABOUT[modality]
    assert found.ablation is not None
    assert found.report.is_file()
    assert len(audited_data(ak.open_audit(tmp_path), None)) == made  # refused where the file is not what was audited
    if modality == "image":
        return
    # The folder that it wrote is one in which it runs again, here with less to measure.
    quick = short.replace('name = "flow"', 'name = "augment"').replace(f"params = {SHORT.get(modality)}\n", "")
    monkeypatch.setitem(CONFIGS, modality, quick.replace("[audit]", '[audit]\nmetrics = ["coverage"]'))
    assert run_demo(modality, out=tmp_path).report.is_file()


def test_another_modality_is_refused(tmp_path):
    with pytest.raises(UnknownNameError, match="unknown modality of the demo 'texts'"):
        run_demo("texts", out=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_every_modality_has_a_demo():
    assert set(CONFIGS) == set(ABOUT) == set(MODALITIES)


def test_tones_have_levels_of_16_bits_and_the_pitch_that_is_asked():
    for course in COURSES:
        for pitch, hertz in PITCHES.items():
            wave = voice(course, pitch, np.random.default_rng(0))
            steps = wave * 2**15
            assert np.array_equal(steps, np.rint(steps))
            middle = wave[len(wave) // 8 : len(wave) // 3, 0]
            power = np.abs(np.fft.rfft(middle, 8000)) ** 2
            assert any(abs(power.argmax() - number * hertz) < 0.4 * hertz for number in range(1, 13))


def test_messages_hold_no_number_of_a_telephone():
    packed = resources("auditkit.demo").joinpath("sms_spam.jsonl.gz").read_bytes()
    messages = gzip.decompress(packed).decode()
    assert len(messages.splitlines()) == 1200
    assert not re.search(r"\d(?:[\s().-]?\d){6,}", messages)
