"""What arms cost and what they bring: trades on the page, and where there are none."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from auditkit.ablation.result import Ablation
from auditkit.reports.page import render_page
from auditkit.reports.summary import summarise
from auditkit.reports.trades import trade_drawing, trades_of
from auditkit.results import Scores
from tests.reports.conftest import score

ARMS = {"real": (0.76, 0.19, 0.09), "real[mitigation=reweighing]": (0.74, 0.07, None)}
GAPS = ("demographic_parity_difference", "equalized_odds_difference")


@pytest.fixture
def ablation():
    scores = []
    for arm, (value, *gaps) in ARMS.items():
        plain = {"unit": "", "parameters": {"model": "logistic"}}
        scores.append(score("ablation_score", value, where={"arm": arm, "measure": "balanced_accuracy"}, **plain))
        for name, gap in zip(GAPS, gaps, strict=True):
            where = {"arm": arm, "measure": name, "group": "sex"}
            scores.append(score("ablation_score", gap, where=where, direction="lower", reason="no positives", **plain))
        scores += [
            score("ablation_score", 0.4, where={"arm": arm, "group": "sex", **more}, **plain)
            for more in ({"measure": "demographic_parity_ratio"}, {"measure": GAPS[0], "against": "overall"})
        ]
        where = {"arm": arm, "measure": "tpr", "sex": "Female"}
        scores.append(score("ablation_score", 0.5, where=where, **plain))
    return Ablation(
        Scores.of(scores), (), {"repeats": 3, "n_test": 900, "measures": ["balanced_accuracy"], "notes": []}
    )


def test_every_arm_stands_under_the_measure_and_under_each_gap(ablation):
    (trade,) = trades_of(ablation)
    assert (trade.column, trade.model, trade.measure) == ("sex", "", "Balanced accuracy")
    assert trade.gaps == ("Demographic parity difference", "Equalized odds difference")
    assert [row.arm for row in trade.rows] == list(ARMS)
    assert trade.rows[1].measure[0] == 0.74
    assert [gap[0] for gap in trade.rows[1].gaps] == [0.07, None]
    low, high = trade.rows[0].gaps[0][1:]
    assert low < 0.19 < high


def test_the_drawing_says_which_way_is_better_and_holds_the_numbers(ablation):
    (trade,) = trades_of(ablation)
    drawing = trade_drawing(trade, name="t")
    assert drawing.header == ("Trained on", "Balanced accuracy", *trade.gaps)
    assert drawing.rows[1][0] == "real, reweighing"
    assert drawing.rows[0][1].startswith("0.760 (")
    assert drawing.rows[1][3] == "–"
    assert "In the first panel right is better" in drawing.description
    assert (
        "In the first panel left is better"
        in trade_drawing(replace(trade, higher_is_better=False), name="t").description
    )
    by_chance = replace(trade, rows=tuple(replace(row, chances=(0.03, None)) for row in trade.rows))
    assert trade_drawing(by_chance, name="t").svg != drawing.svg
    assert drawing.svg == trade_drawing(trade, name="t").svg


def test_the_page_shows_trades_and_names_the_column_of_gaps(rich, ablation):
    options = rich.options | {"ablation": ablation}
    page = render_page(summarise(rich.audit, **options))
    assert "What treats groups more alike, and what it costs" in page
    assert "Balanced accuracy against gaps: groups of sex" in page
    assert "between the groups of sex" in page
    told = summarise(rich.audit, **options).ablation.groups
    assert [(table.measure, table.part) for table in told] == [
        ("Demographic parity difference", "between the groups of sex"),
        ("Equalized odds difference", "between the groups of sex"),
        ("Tpr", "sex = Female"),
    ]
    assert "What treats groups more alike" not in render_page(summarise(rich.audit, **rich.options))


def test_there_is_no_trade_without_groups_or_with_one_arm(rich, ablation):
    assert trades_of(None) == ()
    assert trades_of(rich.ablation) == ()
    alone = Scores.of([item for item in ablation.scores if item.where["arm"] == "real"])
    assert trades_of(replace(ablation, scores=alone)) == ()


def test_large_amounts_are_written_in_thousands_so_that_they_do_not_overlap(ablation):
    (trade,) = trades_of(ablation)
    row = replace(trade.rows[0], measure=(15_600.0, 14_700.0, 16_800.0))
    svg = trade_drawing(replace(trade, rows=(row, row)), name="t").svg
    ticks = re.findall(r">([\d.]+k)</text>", svg)
    assert ticks
    assert len(ticks) <= 4
