"""Learning curves and losses of an ablation on the page: the numbers shown are those of the scores."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from auditkit.ablation import Ablation, ablate
from auditkit.data import Dataset
from auditkit.reports.curves import curve_drawing, curves_of, losses_of
from auditkit.reports.outcomes import ablation_summary
from auditkit.reports.page import render_page
from auditkit.reports.summary import summarise
from auditkit.reports.words import number


def _set(n: int, seed: int) -> Dataset:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n).round(3)
    label = np.where(x + 0.4 * rng.normal(size=n) > 0, "yes", "no")
    return Dataset.of_table(pd.DataFrame({"x": x, "z": rng.normal(size=n).round(3), "y": label}), label="y")


@pytest.fixture(scope="module")
def found() -> Ablation:
    return ablate(
        real=_set(80, 0),
        test=_set(120, 1),
        arms={"all": _set(160, 2), "kept": _set(60, 3)},
        repeats=2,
        models=("logistic",),
        curve=(0, 0.5, 1),
        perturb=("noise=1",),
        include=["real+synthetic", "real+kept"],
    )


def test_a_chart_has_a_line_per_joined_arm_and_a_point_per_amount(found: Ablation) -> None:
    (chart,) = curves_of(found)
    assert [line.arm for line in chart.lines] == ["real+synthetic", "real+kept"]
    assert [point.n_synthetic for point in chart.lines[0].points] == [0, 64, 128]
    points = found.curve().query("arm == 'real+kept' and measure == 'balanced_accuracy'")
    assert [point.value for point in chart.lines[1].points] == points["value"].tolist()
    drawing = curve_drawing(chart, name="c")
    assert len(drawing.rows) == 6
    assert drawing.rows[1][:3] == ("real+synthetic", "64", number(chart.lines[0].points[1].value))


def test_losses_are_those_of_the_deciding_measure(found: Ablation) -> None:
    rows = losses_of(found)
    assert {row.samples for row in rows} == {
        "from the samples trained on to the test samples",
        "from the test samples to noise=1",
    }
    assert [row.arm for row in rows] == ["real", "real+synthetic", "real+kept"] * 2
    where = {"arm": "real", "measure": "balanced_accuracy", "test": "noise=1"}
    assert rows[3].value == found.scores.get("ablation_drop", where).value


def test_tables_on_other_samples_stand_apart_from_those_on_test_samples(found: Ablation) -> None:
    summary = ablation_summary(found)
    assert {table.part for table in summary.elsewhere} == {"test = noise=1"}
    assert len(summary.tables) == 3
    assert summary.groups == ()
    real = found.scores.get("ablation_score", {"arm": "real", "measure": "balanced_accuracy"}).value
    assert summary.tables[0].rows[0].value == real


def test_the_page_shows_them(rich, found: Ablation) -> None:
    page = render_page(summarise(rich.audit, verdict=rich.verdict, selection=rich.selection, ablation=found))
    text = re.sub(r"<[^>]+>", " ", page)
    for words in ("How much of it", "What is lost on other samples (6)", "On disturbed or shifted samples (3)"):
        assert words in text


def test_without_them_the_page_is_silent(rich) -> None:
    page = render_page(summarise(rich.audit, **rich.options))
    assert "How much of it" not in page
    assert "On disturbed or shifted samples" not in page
    assert curves_of(None) == losses_of(None) == ()


def test_the_page_and_the_text_name_the_ways_to_train_and_test(rich, found: Ablation) -> None:
    page = render_page(summarise(rich.audit, verdict=rich.verdict, selection=rich.selection, ablation=found))
    assert '<span class="what">TRTR</span>' in page
    assert '<span class="what">augmented</span>' in page
    assert str(found).splitlines()[1].split()[:2] == ["real", "TRTR"]
