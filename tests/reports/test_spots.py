"""Blind spots and worst groups on the page: shown, harmless, and without real records unless they are shown."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest

from auditkit.exhibits import Exhibit
from auditkit.reports.page import render_page
from auditkit.reports.summary import summarise
from auditkit.reports.text import summary_text
from auditkit.results import Estimate, Score, Scores

SLICE = {
    "kind": "rare",
    "conditions": ["sex is <b>f</b>", "age 40 to 52"],
    "n_real": 1234,
    "n_synthetic": 7,
    "real_share": 0.123,
    "synthetic_share": 0.0007,
    "coverage": 0.05,
    "fresh_coverage": 0.66,
    "precision": None,
    "fresh_precision": 0.94,
    "synthetic": ["17", "23"],
    "real": ["secret"],
}


def page_of(rich, *, items, show_real: bool = False, scores=None) -> str:
    data = {"items": items, "n_looked_at": 98765, "n_left_out": 7, "n_tested": 3, "alpha": 0.01, "least": 30}
    exhibit = Exhibit("blind-spots", "blind_spots", "Groups that nobody declared", data)
    others = vars(rich.audit) | {"exhibits": (*rich.audit.exhibits, exhibit)}
    others["about"] = dict(rich.audit.about) | {"show_real": show_real}
    if scores is not None:
        others["scores"] = scores
    return re.sub(r"[\u00a0\u202f]", " ", render_page(summarise(SimpleNamespace(**others), **rich.options)))


def test_blind_spots_stand_with_their_shares_beside_their_yardsticks(rich):
    page = page_of(rich, items=[SLICE])
    row = page[page.index("age 40 to 52") - 60 :][:1500]
    assert "&lt;b&gt;f&lt;/b&gt;" in row
    assert "7 of the columns, the least promising" in page
    for told in ("too few synthetic samples", "1,234, 7", "12.3 %", "66 %", "17, 23"):
        assert told in row
    assert "98,765 groups" in page
    assert "(blind_spots)" not in page[page.index("How to reproduce") :]


@pytest.mark.parametrize("show_real", [False, True])
def test_real_records_are_named_only_where_they_are_shown(rich, show_real):
    assert ("secret" in page_of(rich, items=[SLICE], show_real=show_real)) == show_real


def test_no_blind_spot_is_said(rich):
    assert "No blind spot: 98,765 groups" in page_of(rich, items=[])


def test_the_worst_group_by_each_score_stands_beside_what_chance_gives(rich):
    def score(level: str, excess: float) -> Score:
        n = (500, 500)
        return Score(
            "coverage", {"sex": level}, Estimate(0.9 - excess, n=n), {"yardstick": Estimate(0.9, n=n)},
            Estimate(excess, excess - 0.04, excess + 0.04, "t", n), "higher", None, (0.0, 1.0), "share", "ok", "", "",
            {}, 0, 0, {"spread": {"kind": "t", "se": 0.02, "df": 14}},
        )  # fmt: skip

    whole = [item for item in rich.audit.scores if not item.where]
    page = page_of(rich, items=[], scores=Scores.of([*whole, score("f", 0.25), score("m", 0.01)]))
    table = page[page.index("The worst group by each score") :][:2500]
    for told in ("Coverage", "beyond chance", "sex = f", "of 2, 65 % there", "+25 points"):
        assert told in table


def test_the_summary_in_ten_lines_names_the_first_blind_spot(rich):
    data = {"items": [SLICE, SLICE, SLICE], "n_looked_at": 5, "n_tested": 3, "alpha": 0.01, "least": 30}
    exhibit = Exhibit("blind-spots", "blind_spots", "Groups that nobody declared", data)
    audit = SimpleNamespace(**vars(rich.audit) | {"exhibits": (exhibit,)})
    lines = summary_text(summarise(audit, **rich.options)).splitlines()
    assert len(lines) == 10
    assert "missing: race = Eskimo" in lines[6]
    assert lines[6].endswith("; blind spots: sex is <b>f</b> and age 40 to 52 and 2 more")
