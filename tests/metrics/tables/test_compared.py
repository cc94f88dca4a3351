"""Reports of whole tables: what one odd cell costs, and which columns are left out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit import load
from auditkit.metrics import accuracy_report, diagnostic_report, quality_report
from auditkit.metrics.tables.between import error_bound, normalised, share_error
from auditkit.metrics.tables.compared import compared_tables
from auditkit.metrics.tables.headline import Places, headline_of


def table(n=60, seed=0):
    rng = np.random.default_rng(seed)
    start = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n), unit="D")
    return pd.DataFrame(
        {"x": rng.normal(size=n), "k": rng.integers(0, 5, n), "c": rng.choice(list("ab"), n), "t": start}
    )


def with_cell(frame, column, cell):
    cells = frame[column].astype(object)
    cells = pd.Series([cell if place == 7 else value for place, value in enumerate(cells)], dtype=object)
    return frame.assign(**{column: cells})


ODD = [
    ("x", "many"),
    ("x", np.inf),
    ("x", [1.0, 2.0]),
    ("x", True),
    ("x", 1j),
    ("k", 2**70),
    ("k", True),
    ("k", {"a": 1}),
    ("t", "soon"),
    ("t", 5),
]


@pytest.mark.parametrize("report", [quality_report, diagnostic_report, accuracy_report])
@pytest.mark.parametrize(("column", "cell"), ODD, ids=[f"{column} {cell}" for column, cell in ODD])
def test_one_odd_cell_is_one_missing_cell_of_its_column(report, column, cell):
    real, synthetic = table(), table(seed=1)
    found = report(real=real, synthetic=with_cell(synthetic, column, cell))
    holed = report(real=real, synthetic=with_cell(synthetic, column, None))
    assert len(found.notes) == 1
    assert found.notes[0].startswith(f"{column}: cells that are no ")
    assert found.notes[0].endswith("count as missing: 1 of the synthetic set.")
    pd.testing.assert_series_equal(found.columns["score"], holed.columns["score"])


def test_an_odd_cell_of_a_category_is_a_level_of_its_own():
    shapes = quality_report(real=table(), synthetic=with_cell(table(), "c", ["a"])).shapes
    adherence = shapes.set_index(["column", "metric"])["score"]["c", "category_adherence"]
    assert adherence == pytest.approx(59 / 60)


def test_a_real_column_of_numbers_with_one_word_stays_one_of_numbers():
    tables = compared_tables({"real": with_cell(table(), "x", "?"), "synthetic": table(seed=1)})
    assert tables.cells["real"].columns[0].kind == "number"
    assert tables.unread == {"x": {"real": 1}}


def test_columns_are_left_out_as_load_leaves_them_out():
    real = table().assign(id=range(60), mail=[f"p{i}@x.org" for i in range(60)])
    frames = compared_tables({"real": real, "synthetic": real})
    sets = compared_tables({"real": load(real), "synthetic": load(real)})
    assert frames.cells["real"].left_out == sets.cells["real"].left_out
    assert set(frames.cells["real"].left_out) == {"id", "mail"}


def test_a_column_that_drags_the_others_down_is_named_before_them():
    pairs = Places([("a", "b"), ("a", "c"), ("b", "c")], np.array([0.0, 0.0, 0.0]), np.array([0.5, 0.5, 0.5]))
    shapes = Places([("a",), ("b",), ("c",)], np.array([0.6, 0.5, 0.7]), np.array([0.1, 0.1, 0.1]))
    head = headline_of({"shapes": shapes, "pairs": pairs}, ["c", "a", "b"])
    assert head.frame()["column"].tolist() == ["b", "a", "c"]


def test_a_ruined_partner_is_no_fault_of_a_column():
    pairs = Places([("a", "b"), ("b", "c")], np.array([0.0, np.nan]), np.array([0.5, 0.5]))
    shapes = Places([("a",), ("b",), ("c",)], np.array([np.nan, 0.0, 0.9]), np.array([0.1, 0.1, 0.1]))
    frame = headline_of({"shapes": shapes, "pairs": pairs}, ["a", "b", "c"]).frame()
    assert frame["column"].tolist() == ["b", "c", "a"]
    assert frame["score"].iloc[:2].tolist() == [0.0, 0.9]
    assert np.isnan(frame["score"].iloc[2])
    assert frame["reason"].iloc[2] == "only through its pair with b"


def test_a_pair_that_is_lost_between_sound_columns_is_the_fault_of_both():
    pairs = Places([("a", "b")], np.array([0.0]), np.array([0.5]))
    shapes = Places([("a",), ("b",)], np.array([1.0, 0.9]), np.array([0.5, 0.5]))
    assert headline_of({"shapes": shapes, "pairs": pairs}, ["a", "b"]).columns == {"b": 0.45, "a": 0.5}


def test_an_absent_column_counts_where_no_other_has_room():
    nothing = Places([("a",), ("b",)], np.full(2, np.nan), np.full(2, 0.1))
    assert headline_of({"shapes": nothing}, ["a", "b"], ["c"]).score == pytest.approx(1 / 3)
    assert headline_of({"shapes": nothing}, ["a", "b"]).score is None


@pytest.mark.parametrize("report", [quality_report, accuracy_report])
def test_an_absent_column_beside_uniform_ones_costs_half(report):
    real, synthetic = ({c: np.random.default_rng([s, ord(c)]).random(200) for c in "abc"} for s in (0, 1))
    synthetic.pop("c")
    found = report(real=real, synthetic=synthetic)
    assert found.score is not None
    assert found.score <= 0.5
    assert found.worst == ("c", 0.0)


@pytest.mark.parametrize("report", [quality_report, accuracy_report])
def test_without_a_score_the_printed_line_says_why(report):
    real, synthetic = ({"a": np.random.default_rng(s).random(200)} for s in (0, 1))
    found = report(real=real, synthetic=synthetic)
    assert found.score is None
    assert "nothing has room between ceiling and floor" in str(found).splitlines()[0]


def test_fine_cells_that_nothing_is_left_of_are_below_the_floor():
    # Of 800 rows a side: what both have in common of very many cells is small and certain.
    error = error_bound(800, 800)
    values, reasons = normalised(0.0, 0.095, 0.086, share_error(0.095, 0.086, error))
    assert (float(values), str(reasons)) == (0.0, "below the floor")
    assert np.isnan(normalised(0.086, 0.095, 0.086, share_error(0.095, 0.086, error))[0])
    assert share_error(0.9, 0.5, error) == error


def test_the_error_of_a_small_share_is_an_upper_bound():
    rng = np.random.default_rng(0)
    draws = [[np.bincount(rng.integers(0, 2000, 400), minlength=2000) for _ in "ab"] for _ in range(400)]
    shares = np.array([np.minimum(*pair).sum() / 400 for pair in draws])
    bound = share_error(shares.mean(), shares.mean(), error_bound(400, 400))
    assert np.sqrt(2) * shares.std() < bound < 4 * np.sqrt(2) * shares.std()
    assert bound < 0.9 * error_bound(400, 400)


def test_the_headline_is_the_weakest_property_less_half_for_the_worst_column():
    shapes = Places([("a",), ("b",)], np.array([1.0, 0.5]), np.array([0.3, 0.1]))
    pairs = Places([("a", "b")], np.array([0.6]), np.array([0.2]))
    head = headline_of({"shapes": shapes, "pairs": pairs}, ["a", "b"])
    worst = (0.5 * 0.1 + 0.6 * 0.2) / 0.3
    assert head.properties == pytest.approx({"shapes": 0.875, "pairs": 0.6})
    assert head.columns == pytest.approx({"a": (0.3 + 0.12) / 0.5, "b": worst})
    assert head.score == pytest.approx(0.6 * (1 + worst) / 2)
    absent = headline_of({"shapes": shapes, "pairs": pairs}, ["a", "b"], ["c"])
    assert absent.properties == pytest.approx({"shapes": 0.875 * 2 / 3, "pairs": 0.6 / 3})
    assert absent.score == pytest.approx(0.6 / 3 / 2)
    nothing = headline_of({"shapes": Places([("a",)], np.array([np.nan]), np.array([0.1]))}, ["a"])
    assert nothing.score is None
