"""Galleries on the page: which names, which sides, what stands in a sentence."""

from dataclasses import replace

import pytest

from auditkit.exhibits import Exhibit
from auditkit.reports import render_page, summarise
from auditkit.reports.figures import exhibit_drawing
from auditkit.reports.gallery import galleries_of

NASTY = '</script><script>alert(1)</script>" onmouseover=alert(1) x="\u202e{{7*7}}'
CELLS = [
    {"column": "age", "synthetic": "31", "real": "canary", "differs": True},
    {"column": "town", "synthetic": "North", "real": "North", "differs": False},
]


def pairs(*items, **data):
    return Exhibit("pairs", "pairs", "Pairs", {"items": [*items], "n": 100, "n_hidden": 3, **data})


def pair(real="row-9", **other):
    return {"synthetic": "s1", "real": real, "distance": 0.5, "ratio": 0.25, "why": "closest", **other}


def told(*exhibits, shows_real=False):
    return galleries_of(exhibits, shows_real=shows_real)


def test_real_records_are_named_in_order_of_appearance_and_hidden_ones_come_first():
    items = [pair("row-9"), pair("row-4", hidden="a copy"), pair("row-9", hidden="a copy")]
    names = [(item.real, bool(item.hidden)) for item in told(pairs(*items)).pairs[0].items]
    assert names == [("R1", True), ("R2", True), ("R2", False)]


@pytest.mark.parametrize("shows_real", [False, True])
def test_real_sides_are_taken_only_where_they_may_be_shown(shows_real):
    texts = {"synthetic": [{"words": "so", "differs": True}], "real": [{"words": "canary", "differs": True}]}
    png = {"png_real": "iVBORw0KGgoAAAA=", "png_both": "iVBORw0KGgoBBBB="}
    found = told(pairs(pair(cells=CELLS), pair(texts=texts), pair(**png)), shows_real=shows_real).pairs[0]
    assert ("canary" in repr(found)) == shows_real
    assert ("iVBORw0KGgo" in repr(found)) == shows_real
    if shows_real:
        assert found.items[0].differing == (("age", "31", "canary"),)
        assert found.items[0].equal == (("town", "North"),)


def test_what_is_hidden_stands_in_a_sentence():
    sentence = told(pairs(pair(), n_copies=2, n_near_copies=1)).pairs[0].sentence
    assert sentence.startswith("Among 100 samples there are 2 copies of training records and 1 near copy. 3 samples")
    assert "--show-real" in sentence


def test_few_fresh_records_are_not_counted():
    many, few = told(pairs(pair(nearer=0.2, fewer=False), pair(nearer=0.02, fewer=True))).pairs[0].items
    assert many.nearer == "20\u00a0%"
    assert few.nearer.startswith("under 2")


def sample(**other):
    return {"id": "s1", "caption": "a", "value": "realism 0.2", **other}


REASON = {
    "reason": NASTY,
    "limit": ">= 0.9",
    "n": 7,
    "n_hidden": 2,
    "rejected": [sample(cells=[{"column": NASTY, "value": NASTY}, {"column": "b", "value": None}], n_columns=5)],
    "kept": [sample(cells=[{"column": NASTY, "value": "x"}, {"column": "b", "value": "y"}], n_columns=5)],
}


@pytest.mark.parametrize("modality", ["tabular", "text", "image", "series"])
def test_rejected_samples_stand_on_the_page_as_inert_text(rich, modality):
    forms = {"tabular": {}, "text": {"cells": (), "text": NASTY}}.get(
        modality, {"cells": (), "png_base64": "iVBORw0KGgoAAAA="}
    )
    reason = {**REASON, **{side: [item | forms for item in REASON[side]] for side in ("rejected", "kept")}}
    exhibit = Exhibit("rejected", "rejected", "R", {"reasons": [reason], "n_reasons": 12, "modality": modality})
    audit = rich.audit
    shown = replace(summarise(audit, **rich.options), exhibits=(*audit.exhibits, exhibit))
    page = render_page(shown)
    assert "Rejected samples, by reason" in page
    assert "<script>alert" not in page
    assert '" onmouseover' not in page
    assert "\u202e" not in page
    assert page == render_page(shown)
    if modality == "tabular":
        assert "not told" in page
        assert "3 more columns" in page


def test_many_dots_are_a_picture_inside_the_drawing_and_few_are_not():
    def drawing(n):
        points = [[place % 1000, place // 4] for place in range(n)]
        data = {"synthetic": points[: n // 2], "real": points[n // 2 :], "n": {"real": n, "synthetic": n}}
        return exhibit_drawing(Exhibit("projection", "projection", "Map", data), name="c").svg

    assert "data:image/png" not in drawing(800)
    assert "data:image/png" in drawing(2400)
    assert len(drawing(800)) < 40_000


def test_a_map_of_an_older_form_is_not_drawn():
    data = {"real": [[0.5, 0.5]], "synthetic": [[0.25, 0.5]]}
    assert exhibit_drawing(Exhibit("projection", "projection", "Map", data), name="c") is None
