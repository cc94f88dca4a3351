"""Where arms make a model worse, on the page and in the ten lines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditkit.ablation import Ablation, ArmSlices, WorstSlice
from auditkit.reports import summarise, summary_text
from auditkit.reports.harmed import harm_of
from auditkit.reports.page import render_page
from auditkit.reports.words import signed

ROWS = (
    WorstSlice(("work is <b>field</b>", "age below 30"), 120, 0.2, 0.11, 0.01, 0.05, 0.17, 0.001),
    WorstSlice(("sex is f",), 300, 0.5, 0.25, 0.0, 0.2, 0.3, 0.001),
)


@pytest.fixture
def harmed(rich) -> Ablation:
    return replace(rich.ablation, worst_slices=(ArmSlices("synthetic", "boosting", 1234, 30, ROWS),))


def test_the_worst_slice_comes_first(harmed):
    found = harm_of(harmed)
    assert [row.n for row in found.rows] == [300, 120]
    assert (found.what, found.n_looked_at) == ("Share of wrong answers", 1234)


def test_the_page_and_the_ten_lines_show_them(rich, harmed):
    summary = summarise(rich.audit, **{**rich.options, "ablation": harmed})
    page = render_page(summary)
    assert "<b>field" not in page
    assert "Where a model is worse than with real data alone" in page
    assert signed(0.25, unit="share") in page
    assert "worst: synthetic where sex is f" in summary_text(summary)


def test_nothing_found_is_said_and_nothing_looked_for_is_not(rich, harmed):
    none = replace(harmed, worst_slices=(ArmSlices("synthetic", "boosting", 1234, 30),))
    said = render_page(summarise(rich.audit, **{**rich.options, "ablation": none}))
    assert "Nowhere in particular: of up to 1,234 slices" in said
    assert harm_of(rich.ablation) is None
    assert "Where a model is worse" not in render_page(summarise(rich.audit, **rich.options))


def test_errors_of_an_amount_are_in_its_unit(harmed):
    found = harm_of(replace(harmed, about={**harmed.about, "task": "regression", "label": "price"}))
    assert (found.what, found.unit) == ("Mean absolute error of price", "")
