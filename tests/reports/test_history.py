"""Scores over saved audits: order, what cannot be compared, the baseline, and the picture."""

from __future__ import annotations

import json
import os
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.errors import DataError, UnknownNameError
from auditkit.gates.baseline import Baseline
from auditkit.reports.history import history
from auditkit.reports.history_plot import plot_history
from auditkit.store import dump_json, read_json, write_json

METRICS = ("coverage", "density", "copy_excess")


def table(n: int, seed: int, shift: float = 0.0) -> ak.Dataset:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"x": rng.normal(size=n) + shift, "y": rng.normal(size=n)})
    return ak.load(frame)


@pytest.fixture(scope="module")
def audits():
    sets = {"real": table(200, 1), "holdout": table(80, 2), "metrics": METRICS}
    return [
        ak.audit(**sets, synthetic=table(n, seed, shift)) for n, seed, shift in ((100, 3, 0), (100, 4, 1), (60, 5, 0))
    ]


@pytest.fixture
def saved(audits, tmp_path):
    """Folder of three audits, the names in another order than the times."""
    for name, day, audit in zip("bac", (1, 2, 3), audits, strict=True):
        replace(audit, run={"made": f"2026-01-0{day}T08:00:00+00:00"}).save(tmp_path / "runs" / name)
    return tmp_path / "runs"


def test_audits_stand_in_the_order_in_which_they_were_made(saved):
    found = history(saved)
    assert [Path(past.folder).name for past in found.audits] == ["b", "a", "c"]
    assert found.metrics == ["coverage", "copy_excess"]
    assert [item.made[:10] for item in found.of("coverage")] == ["2026-01-01", "2026-01-02", "2026-01-03"]


def test_values_stand_at_the_size_at_which_audits_compare(saved, audits):
    values = [item.estimate for item in history(saved).of("coverage")]
    assert values == [audit.scores["coverage"].compared for audit in audits]


def test_what_cannot_be_compared_with_the_newest_says_why(saved):
    found = history(saved, metrics=["coverage", "copy_excess"])
    assert [bool(item.unlike) for item in found.of("coverage")] == [True, True, False]
    assert not any(item.unlike for item in found.of("copy_excess"))
    assert "80 for" in found.of("coverage")[0].unlike
    assert any("cannot be compared with the newest" in note for note in found.notes)
    alike = history(saved / "a", saved / "b")
    assert not any(item.unlike for item in alike.moments)


def test_metrics_are_chosen(saved):
    assert history(saved, metrics=["density"]).metrics == ["density"]
    assert set(history(saved, metrics=["all"]).metrics) == set(METRICS)
    with pytest.raises(UnknownNameError, match=r"'densty'.*did you mean 'density'"):
        history(saved, metrics=["densty"])


def test_the_baseline_stands_beside_what_it_holds(saved, audits):
    kept = Baseline.of(audits[2].scores, audits[2].about, reason="r", date="2026-01-31")
    found = history(saved, baseline=kept)
    assert found.baseline["coverage"] == audits[2].scores["coverage"].compared
    assert "baseline" in str(found)
    other = Baseline.of(audits[0].scores, audits[0].about, reason="r", date="2026-01-31")
    assert set(history(saved, baseline=other).baseline) == {"copy_excess"}


def test_an_audit_that_does_not_say_when_has_the_time_of_its_file(saved):
    (saved / "c" / "run.json").unlink()
    os.utime(saved / "c" / "audit.json", (0, 0))
    found = history(saved)
    assert [Path(past.folder).name for past in found.audits] == ["c", "b", "a"]
    assert found.audits[0].made.startswith("1970-01-01")
    assert any("the time of their file" in note for note in found.notes)


def test_what_is_no_audit_is_left_out_with_a_note(saved):
    write_json(saved / "d" / "audit.json", {"format_version": 99})
    found = history(saved)
    assert len(found.audits) == 3
    assert any("is left out" in note and "format version 99" in note for note in found.notes)


def test_no_audit_at_all_is_refused(tmp_path):
    with pytest.raises(DataError, match="there is no audit in"):
        history(tmp_path)


def test_it_reads_as_a_frame_as_json_and_as_text(saved):
    found = history(saved, metrics=["coverage"])
    assert list(found.frame["value"]) == [item.estimate.value for item in found.of("coverage")]
    assert json.loads(dump_json(found.to_json()))["scores"][0]["metric"] == "coverage"
    lines = found.text().splitlines()
    assert lines[0] == "coverage (higher is better)"
    assert lines[1].startswith("  2026-01-01 08:00")
    assert lines[1].endswith("*")


@pytest.mark.parametrize("suffix", ["svg", "png"])
def test_the_picture_is_the_same_for_the_same_scores(saved, audits, tmp_path, suffix):
    kept = Baseline.of(audits[2].scores, audits[2].about, reason="r", date="2026-01-31")
    places = [
        plot_history(history(saved, baseline=kept), tmp_path / str(number) / f"h.{suffix}") for number in range(2)
    ]
    assert places[0].read_bytes() == places[1].read_bytes()
    if suffix == "svg":
        words = "".join(ET.parse(places[0]).getroot().itertext())  # noqa: S314 - just written
        assert all(word in words for word in ("coverage", "baseline", "2026-01-02", "not comparable"))


def test_another_kind_of_picture_is_refused(saved, tmp_path):
    with pytest.raises(DataError, match=r"drawn as .svg or .png, got 'h.pdf'"):
        plot_history(history(saved), tmp_path / "h.pdf")


def test_a_fresh_audit_says_when_it_was_made(audits, tmp_path):
    audits[0].save(tmp_path)
    assert read_json(tmp_path / "run.json")["made"].endswith("+00:00")
    assert "made" not in audits[0].to_json()["about"]
