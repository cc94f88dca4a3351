"""Quality reports between ceiling and floor: what must and must not score well, and what odd tables give."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from auditkit import load
from auditkit.errors import DataError, SampleSizeError, UnknownNameError
from auditkit.metrics import registry
from auditkit.metrics.side import Side
from auditkit.metrics.tables.contingency import all_pairs
from auditkit.metrics.tables.diagnostics import diagnostic_report
from auditkit.metrics.tables.quality import quality_report
from auditkit.metrics.tables.sides import named_sets, table_sides

NUMBERS = ["score", "matched", "ceiling", "floor", "normalised"]


def population(seed, n, *, missing=0.0):
    """Columns that hang together, numbers and categories, dates, a share of the cells missing."""
    rng = np.random.default_rng(seed)
    age = np.floor(rng.gamma(6, 6, n)) + 17
    degree = rng.choice(["school", "college", "master"], n, p=[0.5, 0.3, 0.2])
    pay = np.round(age * 300 + (degree == "master") * 9000 + rng.normal(0, 2500, n))
    start = pd.Timestamp("2020-01-01") + pd.to_timedelta(np.floor(age * 30 + rng.normal(0, 90, n)), unit="D")
    city = np.where(rng.random(n) < 0.6, np.where(pay > 12000, "NA", "Oslo"), "Rome")
    table = pd.DataFrame({"age": age, "degree": degree, "pay": pay, "start": start, "city of [residence]": city})
    return table.mask(rng.random(table.shape) < missing)


def shuffled(table, seed=9):
    rng = np.random.default_rng(seed)
    return pd.DataFrame({name: rng.permutation(table[name].to_numpy()) for name in table})


def main_pairs(report):
    return report.pairs[report.pairs["metric"] == "contingency_similarity"]


def normalised(report):
    return report.properties.set_index("property")["normalised"]


# By default.


def test_fresh_rows_are_at_the_ceiling():
    report = quality_report(real=population(0, 4000), synthetic=population(1, 4000), holdout=population(2, 4000))
    assert report.score > 0.95
    assert normalised(report).min() > 0.97


def test_a_column_times_a_thousand_does_not_score_well():
    real, fresh = population(0, 4000), population(1, 4000)
    far = fresh.assign(age=fresh["age"] * 1000 + 5)
    report = quality_report(real=real, synthetic=far, holdout=population(2, 4000))
    shape = report.shapes.set_index(["column", "metric"])["score"]
    assert shape["age", "ks_complement"] == 0.0
    assert shape["age", "wasserstein_complement"] == 0.0
    pairs = main_pairs(report)
    with_age = pairs[(pairs["column_a"] == "age") | (pairs["column_b"] == "age")]
    assert with_age["score"].max() < 0.01
    assert with_age["normalised"].max() == 0.0
    assert report.worst == ("age", 0.0)
    assert report.columns.iloc[0].tolist() == ["age", 0.0, ""]
    assert report.score < 0.5


def test_one_ruined_or_absent_column_of_fifteen_costs_half():
    def wide(seed):
        parts = [population(seed + 10 * k, 2000).add_suffix(f" {k}") for k in range(3)]
        return pd.concat(parts, axis=1)

    real, fresh, holdout = (wide(seed) for seed in (0, 1, 2))
    ruined = fresh.assign(**{"age 0": fresh["age 0"] * 1000 + 5})
    scores = {}
    for name, synthetic in {"fresh": fresh, "ruined": ruined, "absent": fresh.drop(columns="age 0")}.items():
        scores[name] = quality_report(real=real, synthetic=synthetic, holdout=holdout)
    assert scores["fresh"].score > 0.9
    for name in ("ruined", "absent"):
        assert scores[name].worst == ("age 0", 0.0)
        assert 0.3 < scores[name].score < 0.5
    assert scores["absent"].columns["reason"].iloc[0] == "the synthetic set lacks it"
    kept = scores["absent"].properties["normalised"]
    assert (kept <= [14 / 15, 14 * 13 / (15 * 14)]).all()


def test_names_of_records_and_free_text_are_left_out_with_a_note_unless_declared():
    real, fresh = (
        population(seed, 200).assign(
            id=range(1000 * seed, 1000 * seed + 200), word=[f"a b {seed} {i}" for i in range(200)]
        )
        for seed in (0, 1)
    )
    report = quality_report(real=real, synthetic=fresh)
    assert report.left_out == {"id": "names of records", "word": "free text"}
    expected = quality_report(real=real.drop(columns=["id", "word"]), synthetic=fresh.drop(columns=["id", "word"]))
    assert report.score == expected.score
    assert quality_report(real=real, synthetic=fresh.drop(columns="id")).worst == expected.worst
    declared = quality_report(real=real, synthetic=fresh, kinds={"id": "number"})
    assert declared.columns.set_index("column")["score"]["id"] == 0.0
    peers = quality_report(real=real, synthetic=fresh, compatible="sdmetrics")
    assert {"id", "word"} <= set(peers.shapes["column"])
    alone = quality_report(real=real[["id"]], synthetic=fresh[["id"]])
    assert alone.left_out == {}


def test_one_bad_cell_counts_as_missing_and_is_named():
    real, fresh = population(0, 500), population(1, 500)
    cells = fresh["age"].astype(object)
    cells[3] = "unknown"
    when = fresh["start"].astype(object)
    when[4] = "soon"
    bad = fresh.assign(age=cells, start=when, pay=fresh["pay"].where(fresh.index != 5, np.inf))
    holed = fresh.assign(
        age=fresh["age"].where(fresh.index != 3),
        start=fresh["start"].where(fresh.index != 4),
        pay=fresh["pay"].where(fresh.index != 5),
    )
    report, expected = (quality_report(real=real, synthetic=table) for table in (bad, holed))
    assert report.score == expected.score
    reasons = report.shapes.set_index(["column", "metric"])["reason"]
    said = "cells that are no finite number count as missing: 1 of the synthetic set"
    assert reasons["age", "ks_complement"] == f"at the ceiling; {said}"
    assert reasons["age", "boundary_adherence"] == f"rows without structure lose nothing here; {said}"
    assert said not in reasons["degree", "tv_complement"]
    assert f"age: {said}." in report.notes
    assert "start: cells that are no date count as missing: 1 of the synthetic set." in report.notes
    peers = quality_report(real=real, synthetic=bad, compatible="sdmetrics")
    shape = peers.shapes.set_index("column")
    assert np.isnan(shape["score"]["age"])
    assert shape["reason"]["age"] == said
    assert peers.pairs.loc[peers.pairs["column_a"] == "age", "score"].isna().all()
    assert peers.score is not None


def test_a_bad_cell_of_the_holdout_or_of_the_real_rows_ends_nothing():
    real, fresh, holdout = (population(seed, 300) for seed in (0, 1, 2))
    cells = holdout["pay"].astype(object)
    cells[0] = "?"
    report = quality_report(real=real, synthetic=fresh, holdout=holdout.assign(pay=cells))
    assert report.notes == ("pay: cells that are no finite number count as missing: 1 of the holdout set.",)
    report = quality_report(real=holdout.assign(pay=cells), synthetic=fresh)
    assert report.notes == ("pay: cells that are no finite number count as missing: 1 of the real set.",)
    assert report.score > 0.8


def test_columns_shuffled_on_their_own_score_near_the_floor():
    fresh = population(1, 4000)
    report = quality_report(real=population(0, 4000), synthetic=shuffled(fresh), holdout=population(2, 4000))
    assert normalised(report)["shapes"] > 0.97
    assert normalised(report)["pairs"] < 0.05
    assert report.score < 0.05
    pairs = main_pairs(report)
    assert (pairs["matched"] - pairs["floor"]).abs().max() < 0.03


def test_missing_rates_count():
    real, holdout = population(0, 4000, missing=0.2), population(2, 4000, missing=0.2)
    kept = quality_report(real=real, synthetic=population(1, 4000, missing=0.2), holdout=holdout)
    filled = quality_report(real=real, synthetic=population(1, 4000), holdout=holdout)
    assert kept.score > 0.95
    assert filled.score < kept.score - 0.1
    shape = filled.shapes.set_index(["column", "metric"])["score"]
    assert shape["pay", "ks_complement"] == pytest.approx(0.8, abs=0.03)
    assert shape["degree", "tv_complement"] == pytest.approx(0.8, abs=0.03)
    assert shape["pay", "missing_value_similarity"] == pytest.approx(0.8, abs=0.03)
    peers = quality_report(real=real, synthetic=population(1, 4000), compatible="sdmetrics")
    assert peers.properties["score"][0] > 0.96


def test_without_a_holdout_one_half_is_held_against_the_other():
    report = quality_report(real=population(0, 4000), synthetic=population(1, 4000))
    assert report.score > 0.9
    apart = quality_report(real=population(0, 4000), synthetic=shuffled(population(1, 4000)))
    assert normalised(apart)["pairs"] < 0.05


@pytest.mark.parametrize(("m", "h"), [(500, 3000), (3000, 500)])
def test_ceiling_floor_and_synthetic_rows_are_of_one_size(m, h):
    report = quality_report(real=population(0, 3000), synthetic=population(1, m), holdout=population(2, h))
    pairs = main_pairs(report)
    assert (pairs["matched"] - pairs["ceiling"]).abs().max() < 0.04
    assert report.score > 0.87


def test_the_holdout_itself_is_the_ceiling():
    real, holdout = population(0, 1000), population(2, 1000)
    report = quality_report(real=real, synthetic=holdout, holdout=holdout)
    assert report.score == 1.0
    judged = main_pairs(report)["normalised"].dropna()
    assert (judged == 1.0).all()
    assert set(main_pairs(report)["reason"]) <= {"at the ceiling", "ceiling and floor are within 3 standard errors"}


def test_independent_columns_leave_no_room():
    rng = np.random.default_rng(0)
    tables = [pd.DataFrame(rng.normal(size=(1500, 3)), columns=list("abc")) for _ in range(3)]
    report = quality_report(real=tables[0], synthetic=tables[1], holdout=tables[2])
    assert set(main_pairs(report)["reason"]) == {"ceiling and floor are within 3 standard errors"}
    assert np.isnan(normalised(report)["pairs"])
    assert report.score == pytest.approx(normalised(report)["shapes"] * (1 + report.worst[1]) / 2)


def test_dependence_that_the_real_rows_lack_is_below_the_floor():
    rng = np.random.default_rng(0)
    real, holdout = (pd.DataFrame(rng.normal(size=(1500, 2)), columns=list("ab")) for _ in range(2))
    invented = pd.DataFrame({"a": holdout["a"], "b": holdout["a"]})
    report = quality_report(real=real, synthetic=invented, holdout=holdout)
    assert main_pairs(report)["reason"].tolist() == ["below the floor"]
    assert normalised(report)["pairs"] == 0.0
    assert report.score == 0.0


def test_every_pair_has_every_metric_that_suits_it():
    report = quality_report(real=population(0, 500), synthetic=population(1, 500))
    counts = report.pairs["metric"].value_counts().to_dict()
    assert counts == {
        "contingency_similarity": 10,
        "cramers_v_similarity": 10,
        "mutual_information_similarity": 10,
        "correlation_similarity": 3,
        "correlation_similarity[coefficient=spearman]": 3,
    }
    assert len(all_pairs(5)) == 10


def test_the_same_seed_gives_the_same_report_on_any_number_of_threads(monkeypatch):
    real, synthetic = population(0, 600, missing=0.1), population(1, 900, missing=0.1)
    found = []
    for threads in ("1", "2"):
        monkeypatch.setenv("AUDITKIT_THREADS", threads)
        found.append(quality_report(real=real, synthetic=synthetic, seed=5))
    pd.testing.assert_frame_equal(found[0].shapes, found[1].shapes, check_exact=True)
    pd.testing.assert_frame_equal(found[0].pairs, found[1].pairs, check_exact=True)


def test_given_tables_stay_as_they_are():
    tables = {"real": population(0, 200, missing=0.1), "synthetic": population(1, 150), "holdout": population(2, 90)}
    before = {role: table.copy() for role, table in tables.items()}
    quality_report(**tables)
    quality_report(real=tables["real"], synthetic=tables["synthetic"], compatible="sdmetrics")
    diagnostic_report(**tables)
    for role, table in tables.items():
        pd.testing.assert_frame_equal(table, before[role])


# What tables bring.


@pytest.mark.parametrize("compatible", [None, "sdmetrics"])
def test_columns_in_another_order_extra_and_absent_are_said(compatible):
    real, synthetic = population(0, 300), population(1, 200)
    expected = quality_report(real=real.drop(columns="pay"), synthetic=synthetic, compatible=compatible)
    turned = synthetic[synthetic.columns[::-1]].drop(columns="pay").assign(more=1)
    report = quality_report(real=real, synthetic=turned, compatible=compatible)
    assert report.left_out == {"pay": "the synthetic set lacks it", "more": "only the synthetic set has it"}
    pd.testing.assert_frame_equal(report.shapes, expected.shapes)


def test_a_renamed_column_is_one_absent_and_one_extra():
    real = population(0, 100)
    report = quality_report(real=real, synthetic=real.rename(columns={"pay": "salary"}))
    assert set(report.left_out) == {"pay", "salary"}
    with pytest.raises(DataError, match="shares none"):
        quality_report(real=real[["pay"]], synthetic=real[["age"]])


@pytest.mark.parametrize("compatible", [None, "sdmetrics"])
@pytest.mark.parametrize(
    "column",
    [
        ([7.0] * 50, [7.0] * 50),
        (["k"] * 50, ["l"] * 50),
        ([None] * 50, [None] * 50),
        ([None] * 50, list(range(50))),
        (list(range(50)), [None] * 50),
        (list(range(50)), [str(i) for i in range(50)]),
        (["NA"] * 25 + ["DE"] * 25, ["NA"] * 50),
        ([2**53 + i for i in range(50)], [2**53 + 1] * 50),
        ([True] * 20 + [False] * 30, [True] * 50),
        (["a"] * 50, ["a"] * 49 + ["unseen"]),
    ],
    ids=[
        "constant", "constant level", "all missing", "real all missing", "synthetic all missing", "numbers as text",
        "NA", "long integers", "truth", "unseen level",
    ],
)  # fmt: skip
def test_odd_columns_have_a_score_or_a_reason(column, compatible):
    rest = population(0, 50)
    real, synthetic = (rest.assign(odd=pd.Series(cells)) for cells in column)
    report = quality_report(real=real, synthetic=synthetic, compatible=compatible)
    for frame in (report.shapes, report.pairs):
        lacking = frame[frame["score"].isna()]
        assert (lacking["reason"] != "").all()
        assert frame["score"].dropna().between(0.0, 1.0).all()
    assert report.score is None or 0.0 <= report.score <= 1.0


def test_a_synthetic_column_of_one_level_has_no_association_and_says_so():
    real = population(0, 200)
    report = quality_report(real=real, synthetic=real.assign(degree="school"))
    lines = report.pairs[(report.pairs["column_b"] == "degree") & (report.pairs["metric"] == "cramers_v_similarity")]
    assert lines["reason"].tolist() == ["a column is constant, or fewer than two rows have both"]


def test_columns_that_no_row_has_both_of_are_not_called_constant_alone():
    rng, first = np.random.default_rng(0), np.arange(400) < 200
    real = pd.DataFrame({"a": np.where(first, rng.normal(size=400), np.nan)})
    real["b"] = np.where(first, np.nan, rng.normal(size=400))
    report = quality_report(real=real, synthetic=real)
    lines = report.pairs[report.pairs["metric"] == "correlation_similarity"]
    said = "a column is constant, or fewer than two rows have both"
    assert lines["reason"].tolist() == [said]
    cells = table_sides(named_sets(real=real, synthetic=real))
    sides = {role: Side(np.zeros((400, 0)), cells=item) for role, item in cells.items()}
    reading = registry.read_all(sides, {"pairs": registry.get("correlation_similarity")})["pairs"]
    assert [part.reading.reason for part in reading.parts] == [f"{said}."]


def test_one_row_has_no_ceiling():
    row = population(0, 1)
    report = quality_report(real=row, synthetic=row)
    assert report.score is None
    assert set(main_pairs(report)["reason"]) == {"one real row has no ceiling"}
    assert (main_pairs(report)["score"] == 1.0).all()
    assert (
        quality_report(real=row, synthetic=population(1, 5), holdout=population(2, 3)).shapes["ceiling"].notna().any()
    )


def test_one_column_has_shapes_and_no_pairs():
    report = quality_report(real=population(0, 90)[["age"]], synthetic=population(1, 90)[["age"]])
    assert report.pairs.empty
    assert report.score == pytest.approx(normalised(report)["shapes"])
    peers = quality_report(real=[1, 2, 3], synthetic=[1, 2, 3], compatible="sdmetrics")
    assert peers.score == 1.0


def test_arrow_tables_mappings_and_datasets_are_tables():
    real, synthetic = population(0, 120), population(1, 80)
    expected = quality_report(real=real, synthetic=synthetic)
    arrow = quality_report(real=pa.Table.from_pandas(real), synthetic=dict(synthetic))
    pd.testing.assert_frame_equal(arrow.shapes, expected.shapes)
    sets = quality_report(real=load(real), synthetic=load(synthetic), holdout=load(population(2, 50)))
    assert set(sets.shapes["column"]) == set(real.columns)


def test_repeated_names_are_refused():
    real = population(0, 20)
    twice = pd.concat([real, real[["age"]]], axis=1)
    with pytest.raises(DataError, match="age"):
        quality_report(real=real, synthetic=twice)


def test_wrong_words_are_refused():
    real = population(0, 20)
    with pytest.raises(UnknownNameError, match="sdv"):
        quality_report(real=real, synthetic=real, compatible="sdv")
    with pytest.raises(UnknownNameError, match="wage"):
        quality_report(real=real, synthetic=real, kinds={"wage": "number"})
    with pytest.raises(SampleSizeError, match="`synthetic`"):
        quality_report(real=real, synthetic=real.iloc[:0])


# Adult.


@pytest.fixture(scope="module")
def adult(shared_data):
    def read(name):
        return pd.read_csv(shared_data("pairs_adult", f"{name}.csv.gz"))

    return read


def test_generators_of_adult_come_in_their_order(adult):
    real, holdout = adult("real_trn"), adult("real_hol")
    names = ("syn_2021_synthpop", "syn_2024_mostlyai", "syn_2021_ctgan")
    scores = [quality_report(real=real, synthetic=adult(name), holdout=holdout).score for name in names]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 0.95
    assert scores[-1] < 0.5
