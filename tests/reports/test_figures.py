from __future__ import annotations

import dataclasses
import re
import xml.etree.ElementTree as ET  # reads our own drawings only

import matplotlib as mpl
import pytest

from auditkit.exhibits import Exhibit
from auditkit.reports import summarise
from auditkit.reports.figures import DRAWN, ablation_drawing, exhibit_drawing
from auditkit.reports.words import inert

HOSTILE = [
    "</script><script>alert(1)</script>",
    "$5 to $6",
    r"$\frac{1}{0$",
    "a\x01b",
    "--> ]]>",
    "x" * 10_000,
    "数据 🎈",
]


def occupancy(levels, **other):
    share = [1 / len(levels)] * len(levels)
    return Exhibit("classes", "occupancy", "Classes", {"levels": levels, "real": share, "synthetic": share, **other})


def parse(svg):
    return ET.fromstring(svg)  # noqa: S314 - our own drawing


def test_the_same_exhibit_gives_the_same_bytes(rich):
    for exhibit in rich.audit.exhibits:
        if exhibit.kind in DRAWN:
            first, second = (exhibit_drawing(exhibit, name="c").svg for _ in range(2))
            assert first == second


@pytest.mark.parametrize("name", HOSTILE)
def test_names_stay_text_in_a_drawing(name):
    svg = exhibit_drawing(occupancy([name, "other"]), name="c").svg
    root = parse(svg)
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {"svg", "title", "desc", "g", "defs", "path", "use", "text", "tspan", "clipPath", "rect", "image"}
    shown = [element.text for element in root.iter() if element.tag == "text"]
    assert any(text and text[:5] == inert(name)[:5] for text in shown)
    assert "<script" not in svg


def test_a_drawing_has_no_style_and_no_link_outside_itself(rich):
    for exhibit in rich.audit.exhibits:
        if exhibit.kind in DRAWN:
            root = parse(exhibit_drawing(exhibit, name="c").svg)
            for element in root.iter():
                assert "style" not in element.attrib
                assert not [key for key in element.attrib if key.startswith("on")]
                assert element.get("href", "#").startswith(("#", "data:image/png;base64,"))


def test_a_drawing_says_what_it_shows(rich):
    root = parse(exhibit_drawing(rich.audit.exhibits[0], name="c").svg)
    named = {element.get("id"): element.text for element in root.iter() if element.get("id")}
    assert root.get("role") == "img"
    assert [bool(named[name]) for name in root.get("aria-labelledby").split()] == [True, True]


def test_colours_follow_the_theme(rich):
    svg = exhibit_drawing(rich.audit.exhibits[0], name="c").svg
    assert "var(--real)" in svg
    assert "var(--synthetic)" in svg
    assert "currentColor" in svg
    assert not re.search(r"(fill|stroke)=\"#", svg)


def test_the_users_own_plot_settings_do_not_change_a_drawing(rich):
    expected = exhibit_drawing(rich.audit.exhibits[0], name="c").svg
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "black", "text.parse_math": True}):
        assert exhibit_drawing(rich.audit.exhibits[0], name="c").svg == expected


def test_drawing_leaves_the_users_plot_settings_alone(rich):
    before = dict(mpl.rcParams)
    exhibit_drawing(rich.audit.exhibits[0], name="c")
    assert dict(mpl.rcParams) == before


def test_many_classes_are_cut_and_the_table_keeps_them():
    drawing = exhibit_drawing(occupancy([f"c{i}" for i in range(50)]), name="c")
    assert len(drawing.rows) == 50
    assert "30 least frequent" in drawing.description


@pytest.mark.parametrize("kind", list(DRAWN))
def test_an_empty_exhibit_draws_nothing(kind):
    assert exhibit_drawing(Exhibit("e", kind, "Empty", {}), name="c") is None


def test_an_arm_without_a_number_keeps_its_row(rich):
    table = summarise(rich.audit, **rich.options).ablation.tables[0]
    none = dict.fromkeys(("value", "low", "high", "difference", "difference_low", "difference_high"))
    rows = tuple(dataclasses.replace(row, **none) if row.arm == "real+kept" else row for row in table.rows)
    drawn, lost = (ablation_drawing(item, name="a").svg for item in (table, dataclasses.replace(table, rows=rows)))
    assert ">real+kept<" in lost
    assert ">from real only<" in lost
    assert lost != drawn


def test_distances_say_what_nearness_without_copying_means(rich):
    (curves,) = (item for item in rich.audit.exhibits if item.kind == "distances")
    told = exhibit_drawing(curves, name="d").description
    assert "copies, or samples that keep to the commonest kinds of records" in told
    assert "as near to the holdout copy nobody" in told
