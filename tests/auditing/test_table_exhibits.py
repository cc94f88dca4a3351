import json
import re

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.auditing.table_exhibits import BINS, EXPLAINED, MOST_COLUMNS, table_exhibits
from auditkit.data.joint import encode_frames
from auditkit.metrics.products import Side
from auditkit.reports import render_page, summarise
from auditkit.reports.figures import exhibit_drawing


def sides(**frames):
    return {role: Side(np.zeros((len(item), 0)), cells=item) for role, item in encode_frames(frames).items()}


def make_frame(n, seed):
    rng = np.random.default_rng(seed)
    town = np.array(["North", "South", "Canary"], dtype=object)[np.where(np.arange(n) == 3, 2, rng.integers(0, 2, n))]
    return pd.DataFrame(
        {
            "pay": np.where(rng.random(n) < 0.1, np.nan, rng.normal(1000, 200, n)),
            "town": town,
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n), unit="D"),
            "still": 7,
        }
    )


REAL, SYNTHETIC, HOLDOUT = make_frame(400, 0), make_frame(300, 1), make_frame(350, 2)

DRAWN = ["columns", "associations", "giveaways"]


def found(**frames):
    return {item.name: item for item in table_exhibits(sides(**frames))}


def columns(**frames):
    return {item["name"]: item for item in found(**frames)["columns"].data["items"]}


def test_shares_are_those_of_the_sets():
    items = columns(real=REAL, synthetic=SYNTHETIC, holdout=HOLDOUT)
    town = items["town"]
    assert town["bins"][0] in ("North", "South")
    place = town["bins"].index("South")
    assert town["synthetic"][place] == pytest.approx((SYNTHETIC["town"] == "South").mean(), abs=1e-6)
    pay = items["pay"]
    assert len(pay["bins"]) == BINS + 1
    assert pay["bins"][-1] == "(missing)"
    assert sum(pay["holdout"]) == pytest.approx(1.0, abs=1e-5)
    edge = float(pay["bins"][1].split()[1])
    below = (SYNTHETIC["pay"] < edge).mean()
    assert pay["synthetic"][0] == pytest.approx(below, abs=0.01)
    assert items["since"]["bins"][1].startswith("from 20")
    assert items["still"]["bins"] == ["below 7", "from 7"]


def test_a_level_of_few_real_rows_is_neither_named_nor_counted():
    items = columns(real=REAL, synthetic=SYNTHETIC)
    assert "Canary" not in json.dumps(items)
    town = items["town"]
    assert town["bins"][-1] == "(others)"
    assert town["real"][-1] is None
    assert sum(share is None for share in town["real"]) == 2  # with a second one, or the rest would tell the first


def test_a_level_that_only_real_rows_have_is_not_named():
    items = columns(real=REAL, synthetic=SYNTHETIC.assign(town="South"))
    assert items["town"]["bins"] == ["South", "(others)"]
    assert items["town"]["synthetic"] == [1.0, 0.0]


def test_extremes_are_not_told():
    real = REAL.assign(pay=np.r_[123456789.0, np.arange(399.0)])
    assert "1.235e+08" not in json.dumps(columns(real=real, synthetic=SYNTHETIC))


def test_a_single_row_of_a_small_holdout_is_not_told_either():
    holdout = HOLDOUT.head(80).assign(town=["North"] * 79 + ["South"])
    town = columns(real=REAL, synthetic=SYNTHETIC, holdout=holdout)["town"]
    assert town["holdout"][town["bins"].index("South")] is None
    assert sum(share is None for share in town["holdout"]) == 2


def test_the_ends_of_a_small_set_cannot_be_had_back_from_its_bins():
    values = np.sort(np.random.default_rng(8).gamma(2.0, 8000.0, 80))
    edges = [
        float(name.split()[1]) for name in columns(real={"pay": values}, synthetic={"pay": values})["pay"]["bins"][1:]
    ]
    step = edges[1] - edges[0]
    assert edges[0] - step == pytest.approx(values[5], rel=1e-3)
    assert edges[-1] + step == pytest.approx(values[-6], rel=1e-3)


def test_the_least_alike_come_first_and_their_number_is_bounded():
    rng = np.random.default_rng(3)
    wide = {f"x{place}": rng.normal(size=200) for place in range(30)}
    exhibits = found(real=wide, synthetic=wide | {"x9": rng.normal(5, 1, 200)})
    assert exhibits["columns"].data["items"][0]["name"] == "x9"
    assert len(exhibits["columns"].data["items"]) == MOST_COLUMNS
    assert "associations" not in exhibits


def test_associations_are_symmetric_and_undefined_ones_empty():
    data = found(real=REAL, synthetic=SYNTHETIC)["associations"].data
    matrix = data["real"]
    assert matrix == [list(row) for row in zip(*matrix, strict=True)]
    still = data["columns"].index("still")
    assert all(value is None for value in matrix[still])


def test_sets_without_tables_have_none():
    assert list(table_exhibits({"real": Side(np.zeros((3, 1))), "synthetic": Side(np.zeros((3, 1)))})) == []


@pytest.fixture(scope="module")
def audit():
    sets = {"real": REAL, "synthetic": SYNTHETIC, "holdout": HOLDOUT}
    return ak.audit(**{role: ak.load(frame) for role, frame in sets.items()}, metrics=["ks_complement", EXPLAINED])


@pytest.mark.parametrize("name", DRAWN)
def test_each_is_drawn_the_same_twice(audit, name):
    (exhibit,) = (item for item in audit.exhibits if item.name == name)
    first, second = (exhibit_drawing(exhibit, name="chart") for _ in range(2))
    assert first == second
    assert first.svg.startswith("<svg")
    assert first.rows


def test_they_stand_on_the_page(audit):
    charts = re.findall(r"<svg[^>]*><title[^>]*>([^<]*)</title>", render_page(summarise(audit)))
    titles = [item.title for item in audit.exhibits if item.name in DRAWN]
    assert len(titles) == len(DRAWN)
    assert set(titles) <= set(charts)


def test_what_gives_the_data_away_is_told_beside_the_classifier_only():
    frames = ak.load(REAL.head(60)), ak.load(SYNTHETIC.head(60))
    audits = [ak.audit(real=frames[0], synthetic=frames[1], metrics=[name]) for name in (EXPLAINED, "coverage")]
    names = [{item.name for item in audit.exhibits} for audit in audits]
    assert names[0] - names[1] == {"giveaways"}


def test_a_value_of_many_rows_stands_by_itself_and_its_column_first():
    rng = np.random.default_rng(0)
    spread = rng.integers(1, 800, 1000).astype(float)
    rows = np.arange(1000)
    alike = {f"x{at}": rng.permutation(rows) * 1.0 for at in range(3)}
    real = pd.DataFrame({**alike, "pdays": np.where(rows < 810, -1.0, spread)})
    synthetic = real.assign(pdays=np.where(rows < 810, 0.0, spread), x0=real["x0"] * 0.8)
    first = found(real=real, synthetic=synthetic)["columns"].data["items"][0]
    assert (first["name"], first["bins"][:2]) == ("pdays", ["= -1", "= 0"])
    assert (first["real"][:2], first["synthetic"][:2]) == ([0.81, 0.0], [0.0, 0.81])
    assert sum(first["synthetic"]) == pytest.approx(1.0)


def test_a_heap_of_the_synthetic_set_tells_no_few_real_rows():
    values = np.arange(1000.0)
    made = np.where(np.arange(1000) < 300, 700.0, values)
    item = columns(real=pd.DataFrame({"pay": values}), synthetic=pd.DataFrame({"pay": made}))["pay"]
    assert (item["bins"][0], item["real"][0]) == ("= 700", None)
    assert item["real"].count(None) > 1
