"""Accuracy of single columns, pairs and triples: closed forms, slow loops, and figures measured with mostlyai-qa."""

from __future__ import annotations

import itertools
import math
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from auditkit.data import Dataset, load
from auditkit.errors import AuditkitError, DataError, SampleSizeError, UnknownNameError
from auditkit.metrics.tables.accuracy import accuracy_report
from auditkit.metrics.tables.column_sets import combinations_of
from auditkit.metrics.tables.marginals import Rows, agreements, expected_agreements
from auditkit.metrics.tables.quantile_bins import distinct_edges, mostly_edges


def made(n: int, step: int, shift: float) -> pd.DataFrame:
    """Numbers, missing cells, rare levels, flags and dates without a random draw."""
    i = np.arange(n) * step
    table = pd.DataFrame(
        {
            "amount": np.round(((i * 37) % 101) ** 2 / 7.0 + shift, 2),
            "count": (i * 5) % 9,
            "level": [f"v{int(k)}" for k in np.sqrt((i * 7) % 169)],
            "flag": (i % 3) == 0,
            "when": pd.Timestamp("2021-03-01") + pd.to_timedelta((i * 11) % 61, unit="D"),
        }
    )
    table.loc[i % 13 == 1, "amount"] = np.nan
    table.loc[i % 17 == 2, "level"] = None
    table.loc[i % 19 == 3, "level"] = ""
    return table


def random_table(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    return pd.DataFrame({"x": x, "y": x + 0.1 * rng.normal(size=n), "sign": np.where(x > 0, "up", "down")})


@pytest.mark.parametrize(
    ("holdout", "columns", "means"),
    [
        (
            None,
            {
                "amount": (0.91, 0.90369),
                "count": (0.335, 0.91382),
                "flag": (0.335, 0.97124),
                "level": (0.975, 0.90493),
                "when": (0.99, 0.90871),
            },
            [(0.709, 0.920478), (0.441417, 0.772982), (0.318833, 0.581114)],
        ),
        (
            made(150, 5, 0.0),
            {
                "amount": (0.89667, 0.90952),
                "count": (0.33455, 0.91901),
                "flag": (0.33455, 0.97298),
                "level": (0.97667, 0.91076),
                "when": (0.98879, 0.91419),
            },
            [(0.706246, 0.925292), (0.44579, 0.784673), (0.318213, 0.588592)],
        ),
    ],
    ids=["without holdout", "with holdout"],
)
def test_compatible_figures_are_those_measured_with_mostlyai_qa(holdout, columns, means):
    given = {"real": made(400, 1, 0.0), "synthetic": made(300, 3, 20.0), "holdout": holdout}
    report = accuracy_report(**given, compatible="mostlyai")
    found = report.univariate.set_index("column")
    assert found.loc[list(columns)].to_numpy() == pytest.approx(np.array(list(columns.values())), abs=1e-9)
    assert report.frame().to_numpy() == pytest.approx(np.array(means), abs=1e-9)
    assert report.score == pytest.approx(np.mean(means, axis=0)[0], abs=1e-9)
    assert report.expected_maximum == pytest.approx(np.mean(means, axis=0)[1], abs=1e-9)


def test_compatible_figures_on_adult_are_those_measured_with_mostlyai_qa(shared_data):
    folder = shared_data("pairs_adult")
    names = {"real": "real_trn", "synthetic": "syn_2021_flip30", "holdout": "real_hol"}
    sets = {role: pd.read_csv(folder / f"{name}.csv.gz", nrows=2000) for role, name in names.items()}
    frame = accuracy_report(**sets, compatible="mostlyai").frame()
    measured = [
        [0.9799166666666667, 0.9793273333333335],
        [0.9287166666666667, 0.9484263809523809],
        [0.8503978021978021, 0.8974856923076923],
    ]
    assert frame.to_numpy(dtype=float) == pytest.approx(np.array(measured), abs=1e-9)


@pytest.mark.parametrize(
    ("name", "univariate", "bivariate"),
    [
        ("mostlyai", 0.97, 0.948),
        ("mostlyai_DP_eps1.6_noise1.5", 0.948, 0.899),
        ("synthcity-arf", 0.897, 0.813),
        ("synthcity-bayesian_network", 0.887, 0.794),
        ("synthcity-ctgan", 0.842, 0.728),
        ("synthcity-ddpm", 0.974, 0.943),
    ],
)
def test_compatible_figures_on_whole_tables_are_the_published_ones(shared_data, name, univariate, bivariate):
    folder = shared_data("pairs_adult")
    real, synthetic = (pd.read_csv(folder / f"{file}.csv.gz") for file in ("real_trn", f"syn_2024_{name}"))
    frame = accuracy_report(real=real, synthetic=synthetic, compatible="mostlyai", triples=0).frame()
    assert frame["value"].to_list() == pytest.approx([univariate, bivariate], abs=0.0006)
    assert frame["expected_maximum"].to_list() == pytest.approx([0.993, 0.983], abs=0.0006)


def test_a_table_whose_cells_were_drawn_anew_falls_to_the_floor_by_the_share_of_them(shared_data):
    folder = shared_data("pairs_adult")
    real, holdout = (pd.read_csv(folder / f"real_{part}.csv.gz") for part in ("trn", "hol"))
    found = {}
    for share in (10, 30, 50, 90):
        synthetic = pd.read_csv(folder / f"syn_2021_flip{share}.csv.gz")
        found[share] = accuracy_report(real=real, synthetic=synthetic, holdout=holdout).frame()["normalised"]
    assert min(item["univariate"] for item in found.values()) > 0.99  # single columns see nothing of it
    pairs = [found[share]["bivariate"] for share in found]
    assert pairs == pytest.approx([0.97, 0.6, 0.3, 0.02], abs=0.05)
    assert max(found[90][["bivariate", "trivariate"]]) < 0.05


def slow(real: pd.DataFrame, other: pd.DataFrame) -> tuple[float, float]:
    left, right = (Counter(frame.itertuples(index=False)) for frame in (real, other))
    n, m = len(real), len(other)
    cells = {*left, *right}
    distance = sum(abs(left[cell] / n - right[cell] / m) for cell in cells)
    expected = sum(math.sqrt(2 / math.pi * p * (1 - p) * (1 / n + 1 / m)) for p in (left[c] / n for c in cells))
    return 1 - distance / 2, 1 - expected / 2


def levels(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame({name: rng.choice(list("pqrst"), n) for name in "abcd"})


def test_levels_agree_as_a_slow_loop_says():
    real, synthetic = levels(120, 0), levels(75, 1)
    report = accuracy_report(real=real, synthetic=synthetic)
    for frame, ways in ((report.univariate, 1), (report.bivariate, 2), (report.trivariate, 3)):
        chosen = list(itertools.combinations("abcd", ways))
        truth = [slow(real[list(names)], synthetic[list(names)]) for names in chosen]
        assert frame[["value", "expected_maximum"]].to_numpy() == pytest.approx(np.array(truth), abs=1e-12)
        assert list(frame.iloc[:, :ways].itertuples(index=False, name=None)) == chosen


def test_many_cells_are_counted_by_sorting_as_by_a_table(monkeypatch):
    rng = np.random.default_rng(0)
    real, other = (Rows(rng.integers(0, 9, (4, n)).astype(np.int32)) for n in (300, 200))
    part = Rows(other.codes, np.arange(0, 200, 3, dtype=np.int32))
    sizes, columns = np.full(4, 9), combinations_of(4, 3, most=10, rng=rng)
    told = agreements(real, [other, part], sizes=sizes, columns=columns)
    expected = expected_agreements(real, n=300, n_other=200, sizes=sizes, columns=columns)
    monkeypatch.setattr("auditkit.metrics.tables.marginals.MOST_CELLS", 10)
    assert agreements(real, [other, part], sizes=sizes, columns=columns) == pytest.approx(told, abs=1e-12)
    again = expected_agreements(real, n=300, n_other=200, sizes=sizes, columns=columns)
    assert again == pytest.approx(expected, abs=1e-12)
    huge = np.full(4, 2**30)
    assert agreements(real, [other, part], sizes=huge, columns=columns) == pytest.approx(told, abs=1e-12)


def test_sets_of_columns_are_all_of_them_or_a_seeded_draw():
    everything = combinations_of(7, 3, most=35, rng=np.random.default_rng(0))
    assert everything.tolist() == [list(item) for item in itertools.combinations(range(7), 3)]
    drawn = combinations_of(7, 3, most=11, rng=np.random.default_rng(3))
    again = combinations_of(7, 3, most=11, rng=np.random.default_rng(3))
    assert len({tuple(item) for item in drawn.tolist()}) == 11
    assert drawn.tolist() == again.tolist()


def test_fresh_rows_are_at_the_ceiling_and_shuffled_columns_near_the_floor():
    real, fresh, holdout = (random_table(3000, seed) for seed in (0, 1, 2))
    rng = np.random.default_rng(3)
    shuffled = fresh.apply(lambda column: rng.permutation(column.to_numpy()))
    good = accuracy_report(real=real, synthetic=fresh, holdout=holdout).frame()
    bad = accuracy_report(real=real, synthetic=shuffled, holdout=holdout).frame()
    assert good["normalised"].to_numpy() == pytest.approx(1.0, abs=0.03)
    assert bad["normalised"]["univariate"] == pytest.approx(1.0, abs=0.03)
    assert bad["normalised"][["bivariate", "trivariate"]].to_numpy() == pytest.approx(0.0, abs=0.03)
    assert bad["value"]["bivariate"] > 0.3  # which is why a plain accuracy says little


def test_equal_sizes_undo_what_a_small_holdout_loses():
    real, fresh = random_table(4000, 0), random_table(4000, 1)
    small = accuracy_report(real=real, synthetic=fresh, holdout=random_table(200, 2))
    frame = small.frame()
    assert small.matched_size == 200
    assert (frame["value"] - frame["ceiling"]).min() > 0.015
    assert frame["excess"].abs().max() < 3 * small.parts["univariate"].error


def test_without_a_holdout_two_halves_of_the_real_rows_are_the_ceiling():
    report = accuracy_report(real=random_table(3000, 0), synthetic=random_table(3000, 1))
    assert report.matched_size == 1500
    assert report.frame()["excess"].abs().max() < 0.02


def test_values_in_another_unit_agree_with_nothing():
    real = random_table(500, 0)
    moved = real.assign(x=real["x"] * 1000 + 5, y=real["y"] * 1000 + 5)
    found = accuracy_report(real=real, synthetic=moved).univariate.set_index("column")["value"]
    assert found["x"] < 0.05
    assert found["sign"] == 1.0


def test_missing_cells_count_on_either_side():
    full = pd.DataFrame({"x": np.arange(100.0) / 2, "c": ["a", "b"] * 50})
    holed = full.assign(x=full["x"].where(full.index >= 40), c=full["c"].where(full.index >= 40))
    for real, synthetic in ((full, holed), (holed, full)):
        assert accuracy_report(real=real, synthetic=synthetic).univariate["value"].to_numpy() == pytest.approx(
            [0.6, 0.6]
        )


def test_constant_missing_and_unseen_columns_have_values():
    real = pd.DataFrame(
        {"one": [3] * 20, "none": [np.nan] * 20, "c": ["NA", "b"] * 10, "huge": [2**53, 2**53 + 1] * 10}
    )
    synthetic = pd.DataFrame({"one": [3] * 10, "none": [np.nan] * 10, "c": ["new"] * 10, "huge": [2**53 + 1] * 10})
    for compatible in (None, "mostlyai"):
        report = accuracy_report(real=real, synthetic=synthetic, compatible=compatible)
        found = report.univariate.set_index("column")["value"]
        assert (found["one"], found["none"], found["c"]) == (1.0, 1.0, 0.0)
    assert accuracy_report(real=real, synthetic=synthetic).univariate["value"].iloc[-1] == 0.5
    filled = synthetic.assign(none=1.0)
    assert accuracy_report(real=real, synthetic=filled).univariate["value"].iloc[1] == 0.0


def test_cells_of_other_types_are_read_as_the_real_ones():
    when = pd.date_range("2024-01-01", periods=40)
    real = pd.DataFrame({"n": np.arange(40), "when": when})
    text = pd.DataFrame({"n": [str(n) for n in range(40)], "when": [f"{day:%Y-%m-%d}" for day in when]})
    assert accuracy_report(real=real, synthetic=text).accuracy == 1.0


def test_one_bad_cell_counts_as_missing_and_is_noted():
    real = pd.DataFrame({"n": [i % 9 for i in range(40)], "c": ["a", "b"] * 20})
    bad = real.assign(n=["many", *(str(n) for n in real["n"][1:])])
    report = accuracy_report(real=real, synthetic=bad)
    assert report.univariate["value"].tolist() == pytest.approx([1 - 1 / 40, 1.0])
    assert report.notes == ("n: cells that are no finite number count as missing: 1 of the synthetic set.",)
    with pytest.raises(DataError, match="column 'n' of the synthetic set has 1 distinct cell"):
        accuracy_report(real=real, synthetic=bad, compatible="mostlyai")


def test_the_score_is_near_the_floor_for_shuffled_columns_and_halved_by_a_ruined_or_absent_one():
    real, fresh, holdout = (random_table(3000, seed).join(levels(3000, seed)) for seed in (0, 1, 2))
    rng = np.random.default_rng(3)
    tables = {
        "fresh": fresh,
        "shuffled": fresh.apply(lambda column: rng.permutation(column.to_numpy())),
        "ruined": fresh.assign(x=fresh["x"] * 1000 + 5),
        "absent": fresh.drop(columns="x"),
    }
    found = {name: accuracy_report(real=real, synthetic=table, holdout=holdout) for name, table in tables.items()}
    assert found["fresh"].score > 0.93
    assert found["shuffled"].accuracy > 0.7
    assert found["shuffled"].score < 0.05
    for name in ("ruined", "absent"):
        assert found[name].score < 0.5
        assert found[name].worst == ("x", 0.0)
    assert found["absent"].columns["reason"][0] == "the synthetic set lacks it"


def test_columns_meet_by_name_and_the_others_are_named():
    real = pd.DataFrame({"a [%]": [1.0, 2.0] * 5, 'b "x"': ["u", "v"] * 5, "gone": range(10)})
    synthetic = pd.DataFrame({"extra": range(4), 'b "x"': ["u", "v"] * 2, "a [%]": [1.0, 2.0] * 2})
    report = accuracy_report(real=real, synthetic=synthetic)
    assert report.accuracy == 1.0
    assert report.univariate["column"].tolist() == ["a [%]", 'b "x"']
    assert set(report.left_out) == {"gone", "extra"}
    assert len(report.trivariate) == 0


def test_one_row_has_values_and_no_ceiling():
    report = accuracy_report(real={"x": [1.0], "y": [2.0]}, synthetic={"x": [1.0], "y": [2.0]})
    assert report.accuracy == 1.0
    assert report.score is None
    assert report.worst is None
    assert report.matched_size is None
    assert "ceiling" not in report.bivariate


def test_a_span_within_the_error_says_so_instead_of_a_share():
    part = accuracy_report(real=levels(60, 0), synthetic=levels(60, 1)).bivariate
    assert part["normalised"].isna().all()
    assert (part["reason"] == "ceiling and floor are within 3 standard errors").all()


def test_a_floor_is_drawn_from_levels_that_real_rows_have_not_from_all_of_the_schema():
    whole = load(pd.DataFrame({"c": ["a", "b", "c", "d"] * 25}))
    part = whole.take(np.flatnonzero(np.arange(100) % 4 < 2))
    assert accuracy_report(real=part, synthetic=part, holdout=whole).univariate["floor"].tolist() == [1.0]


def test_columns_of_their_own_words_are_left_out_of_the_compatible_way():
    table = pd.DataFrame({"name": [f"n{i}" for i in range(50)], "c": ["a", "b"] * 25})
    report = accuracy_report(real=table, synthetic=table, compatible="mostlyai")
    assert report.univariate["column"].tolist() == ["c"]
    assert "words" in report.left_out["name"]
    with pytest.raises(DataError, match="free text"):
        accuracy_report(real=table[["name"]], synthetic=table[["name"]], compatible="mostlyai")


def test_a_dataset_leaves_names_of_records_out():
    frame = pd.DataFrame({"id": range(1000, 1200), "x": np.arange(200) % 7 / 2, "c": ["a", "b"] * 100})
    data = Dataset.of_table(frame, columns={"id": "id"})
    report = accuracy_report(real=data, synthetic=data)
    assert report.left_out == {"id": "names of records"}
    assert report.accuracy == 1.0
    frames = accuracy_report(real=frame, synthetic=frame)
    assert frames.left_out == report.left_out


def test_frames_are_left_as_they_are():
    real, synthetic = made(60, 1, 0.0), made(40, 3, 1.0)
    before = real.copy(), synthetic.copy()
    accuracy_report(real=real, synthetic=synthetic)
    pd.testing.assert_frame_equal(real, before[0])
    pd.testing.assert_frame_equal(synthetic, before[1])


def test_a_seed_gives_the_same_report_for_any_number_of_threads(monkeypatch):
    sets = {"real": random_table(300, 0), "synthetic": random_table(900, 1), "holdout": random_table(200, 2)}
    frames = []
    for threads in ("1", "2"):
        monkeypatch.setenv("AUDITKIT_THREADS", threads)
        frames.append(accuracy_report(**sets, seed=5).frame())
    pd.testing.assert_frame_equal(*frames, check_exact=True)


def test_quantiles_are_raised_until_edges_are_distinct():
    values = np.array([0.0] * 95 + list(range(1, 21)))
    edges = distinct_edges(values)
    number = next(i for i in range(10, 1000) if len(set(values[np.linspace(0, 114, i).astype(int)])) > 10)
    assert edges.tolist() == sorted(set(values[np.linspace(0, 114, number).astype(int)]))
    assert distinct_edges(np.zeros(0)).tolist() == []


def test_edges_are_cut_to_the_fewest_decimals_that_keep_them_apart():
    edges = mostly_edges(np.array([0.123, 0.187, 0.256, np.nan]), n_bins=10)
    assert edges.tolist() == [0.12, 0.18, 0.25, 1.256]
    assert mostly_edges(np.array([np.nan]), n_bins=10).tolist() == [-1e10, 1e10]


def test_mistakes_are_said_in_a_sentence():
    table = {"x": [1.0, 2.0]}
    with pytest.raises(UnknownNameError, match="'mostly'; did you mean 'mostlyai'"):
        accuracy_report(real=table, synthetic=table, compatible="mostly")
    with pytest.raises(AuditkitError, match="`triples` must be a whole number from 0 on"):
        accuracy_report(real=table, synthetic=table, triples=-1)
    with pytest.raises(DataError, match="no column can be compared"):
        accuracy_report(real=table, synthetic={"y": [1.0]})
    with pytest.raises(SampleSizeError):
        accuracy_report(real=table, synthetic={"x": []})
