"""Where the time went is told on demand, in seconds that add up, and never otherwise."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

import auditkit.stopwatch
from auditkit.reports import render_page, summarise
from auditkit.reports.timings import timings_of
from auditkit.stopwatch import Stopwatch

RUN = {
    "seconds": 4.2,
    "threads": 2,
    "inputs": {"real": "/somewhere/private/real.csv"},
    "steps": [{"step": "prepare", "seconds": 1.0}, {"step": "full", "seconds": 3.0}, {"step": "floor", "seconds": 0.0}],
    "stages": [{"step": "audit", "seconds": 4.5}],
    "ablation": {"arms": {"real<script>": {"fits": 5, "seconds": 0.4}}},
}


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes on by one second each time somebody looks."""
    ticks = iter(range(100))
    monkeypatch.setattr(auditkit.stopwatch.time, "perf_counter", lambda: float(next(ticks)))


@pytest.mark.usefixtures("clock")
def test_a_stopwatch_adds_the_seconds_of_each_step_and_passes_progress_on():
    heard = []
    watch = Stopwatch(lambda *told: heard.append(told), step=lambda _done, what: what.partition(": ")[0])
    for what in ("read", "audit: full", "audit: block", "write"):
        watch(0, 1, what)
    assert watch.steps() == [
        {"step": "read", "seconds": 1.0},
        {"step": "audit", "seconds": 2.0},
        {"step": "write", "seconds": 1.0},
    ]
    assert [what for *_, what in heard] == ["read", "audit: full", "audit: block", "write"]


@pytest.mark.usefixtures("clock")
def test_tasks_belong_to_steps():
    watch = Stopwatch()
    tell = watch.over(["full", "block", "block"])
    for done in range(4):
        tell(done, 3, "anything")
    assert watch.steps() == [{"step": "full", "seconds": 1.0}, {"step": "block", "seconds": 2.0}]


def test_steps_are_told_in_words_with_their_shares():
    found = timings_of(RUN)
    assert [table.title for table in found.tables] == ["The run", "The audit", "The ablation"]
    assert [(row.step, row.share) for row in found.tables[1].rows] == [
        ("Check, embed, plan", 0.25),
        ("Scores of the whole sets", 0.75),
    ]


def test_records_of_earlier_versions_and_damaged_ones_are_no_error():
    for run in ({}, {"seconds": "x", "steps": "y", "ablation": [], "stages": [1, {"step": "a", "seconds": None}]}):
        assert timings_of(run).tables == ()


def test_the_section_is_there_on_demand_only_and_names_no_place(rich):
    audit = SimpleNamespace(**vars(rich.audit), run=RUN)
    page = render_page(summarise(audit, timings=True))
    assert "Where the time went" in page
    assert "Scores of the whole sets" in page
    assert "somewhere" not in page
    assert "real<script>" not in page.lower()
    assert "Where the time went" not in render_page(summarise(audit))
    assert "timings" not in summarise(audit).to_json()
