"""Quality reports in sdmetrics' way: its figures, and what it says of columns that it cannot compare."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit.metrics.tables.correlations import NO_PAIR
from auditkit.metrics.tables.quality import quality_report


def test_compatible_shapes_are_the_peers(frozen):
    report = quality_report(real=frozen[0], synthetic=frozen[1], compatible="sdmetrics")
    expected = [
        0.9933333333333333, 0.9841666666666666, 0.9814716625427123, 0.9858333354770833, 0.9940953654188949, 0.9975,
    ]  # fmt: skip
    assert report.shapes["column"].tolist() == list("xyzcdn")
    np.testing.assert_allclose(report.shapes["score"], expected, atol=1e-9)


def test_compatible_pairs_are_the_peers(frozen):
    report = quality_report(real=frozen[0], synthetic=frozen[1], compatible="sdmetrics")
    counted = report.pairs[report.pairs["counted"]]
    expected = {
        ("x", "y"): 0.9995182635492801,
        ("x", "z"): 0.9987925706292723,
        ("c", "d"): 0.9791666666666666,
        ("c", "n"): 0.9766666666666667,
        ("d", "n"): 0.9775,
    }
    assert list(zip(counted["column_a"], counted["column_b"], strict=True)) == list(expected)
    np.testing.assert_allclose(counted["score"], list(expected.values()), atol=1e-9)
    strength = report.pairs.set_index(["column_a", "column_b"])["association_real"]
    assert strength["x", "d"] == pytest.approx(0.15193525772128974, abs=1e-9)
    assert strength["c", "d"] == pytest.approx(0.8548700793255831, abs=1e-9)
    correlation = report.pairs.set_index(["column_a", "column_b"])["correlation_real"]
    assert correlation["y", "z"] == pytest.approx(0.1713210370937349, abs=1e-9)


def test_compatible_scores_are_the_peers(frozen):
    report = quality_report(real=frozen[0], synthetic=frozen[1], compatible="sdmetrics")
    assert report.score == pytest.approx(0.9878644470377462, abs=1e-9)
    found = report.properties["score"].tolist()
    assert found == pytest.approx([0.9894000605731152, 0.9863288335023771], abs=1e-9)


def test_compatible_pairs_that_are_not_counted_say_why(frozen):
    real, synthetic = (table.assign(k=1.5, e=np.nan) for table in frozen)
    pairs = quality_report(
        real=real, synthetic=synthetic, compatible="sdmetrics", kinds={"e": "number"}
    ).pairs.set_index(["column_a", "column_b"])
    assert pairs.loc[("x", "n"), "reason"] == "the real correlation is at most 0.5"
    assert pairs.loc[("x", "c"), "reason"] == "the real association is at most 0.3"
    assert pairs.loc[("x", "k"), "reason"] == NO_PAIR
    assert pairs.loc[("x", "e"), "reason"] == NO_PAIR
    assert pairs.loc[("c", "k"), "reason"] == "a real column is constant"
    assert pairs["counted"].sum() == 5


def test_the_peer_calls_a_column_times_a_thousand_perfect_in_its_pairs():
    rng = np.random.default_rng(0)
    age = np.floor(rng.gamma(6, 6, 3000)) + 17
    real = pd.DataFrame({"age": age, "pay": age * 300 + rng.normal(0, 2500, 3000)})
    far = real.assign(age=real["age"] * 1000 + 5)
    pairs = quality_report(real=real, synthetic=far, compatible="sdmetrics").pairs
    with_age = pairs[(pairs["column_a"] == "age") & pairs["counted"]]
    assert with_age["score"].min() > 0.99


def test_the_compatible_score_is_none_where_nothing_can_be_compared():
    empty = {"x": [None, None]}
    report = quality_report(real=empty, synthetic=empty, compatible="sdmetrics", kinds={"x": "number"})
    assert report.score is None
    assert report.shapes["reason"].tolist() == ["a set has no present value"]


def test_adult_in_the_peers_way(shared_data):
    names = {"real": "real_trn", "synthetic": "syn_2021_ctgan"}
    sets = {role: pd.read_csv(shared_data("pairs_adult", f"{name}.csv.gz")) for role, name in names.items()}
    report = quality_report(**sets, compatible="sdmetrics")
    # Measured with sdmetrics 0.32.0 on the same files without subsampling.
    assert report.score == pytest.approx(0.8548748600437412, abs=1e-9)
    found = report.properties["score"].tolist()
    assert found == pytest.approx([0.8665168427719312, 0.8432328773155512], abs=1e-9)
