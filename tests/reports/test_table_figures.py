"""Charts of tables: names under bars, edges of bins in three digits, a scale that shows small differences."""

from __future__ import annotations

import re

import pytest

from auditkit.exhibits import Exhibit
from auditkit.reports.table_figures import associations_drawing, columns_drawing

NUMBERS = {
    "name": "pay",
    "kind": "number",
    "bins": ["below 1252.7", "from 1252.7", "from 65700", "from 1.3e+07"],
    "real": [0.1, 0.4, 0.3, 0.2],
    "synthetic": [0.2, 0.3, 0.3, 0.2],
}
LEVELS = {
    "name": "job",
    "kind": "category",
    "bins": ["smith", "keeper of the <great> seal", "rare one"],
    "real": [0.6, 0.4, None],
    "synthetic": [0.5, 0.4, None],
}
DATES = {
    "name": "start",
    "kind": "moment",
    "bins": ["below 2020-01-31 00:00:00", "from 2020-01-31 00:00:00", "(missing)"],
    "real": [0.5, 0.4, 0.1],
    "synthetic": [0.5, 0.3, 0.2],
}


def texts(drawing):
    return re.findall(r"<text[^>]*>(.*?)</text>", drawing.svg, re.DOTALL)


@pytest.fixture(scope="module")
def columns():
    return columns_drawing(
        Exhibit("columns", "columns", "Columns", {"items": [NUMBERS, LEVELS, DATES], "n_columns": 3}), "c"
    )


def test_edges_of_numbers_are_short_and_those_of_dates_are_days(columns):
    shown = texts(columns)
    assert {"1250", "65.7k", "13M", "2020-01-31"} <= set(shown)
    assert not [text for text in shown if "e+" in text or "00:00" in text]


def test_levels_stand_under_their_bars_but_for_those_whose_shares_are_hidden(columns):
    shown = texts(columns)
    assert "smith" in shown
    assert not [text for text in shown if "rare" in text]
    assert [text for text in shown if text.startswith("keeper")]
    assert "<great>" not in columns.svg


def test_differences_of_associations_have_a_scale_of_their_size():
    data = {"columns": ["a", "b"], "real": [[None, 0.5], [0.5, None]], "synthetic": [[None, 0.27], [0.27, None]]}
    drawing = associations_drawing(Exhibit("associations", "associations", "Pairs", data), "a")
    assert "−0.3" in {text.rstrip("0") for text in texts(drawing)}
    assert drawing.rows == (("a, b", "0.500", "0.270"),)


def test_drawings_of_small_words_are_no_wider_than_a_phone_can_show(columns):
    width = float(re.search(r'viewBox="0 0 ([\d.]+)', columns.svg).group(1))
    assert width < 330


def test_hidden_first_bins_leave_the_axis_to_the_others_and_columns_all_hidden_are_drawn():
    first_hidden = NUMBERS | {"real": [None, 0.4, 0.3, 0.2], "synthetic": [None, 0.3, 0.3, 0.2]}
    all_hidden = NUMBERS | {"real": [None] * 4, "synthetic": [None] * 4}
    for items in ([first_hidden, LEVELS], [all_hidden]):
        drawing = columns_drawing(Exhibit("columns", "columns", "Columns", {"items": items, "n_columns": 2}), "c")
        assert "nan" not in drawing.svg.lower()
