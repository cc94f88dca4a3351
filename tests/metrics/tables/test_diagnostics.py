"""Validity and structure of tables: the peer's figures, kinds beside storage, keys, reasons."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit.errors import UnknownNameError
from auditkit.metrics.tables.diagnostics import diagnostic_report


def test_the_diagnosis_is_the_peers(frozen):
    report = diagnostic_report(real=frozen[0], synthetic=frozen[1], compatible="sdmetrics")
    assert report.score == pytest.approx(0.9982850241545893, abs=1e-9)
    expected = [1.0, 1.0, 0.9927536231884058, 0.9866666666666667, 1.0, 1.0]
    np.testing.assert_allclose(report.shapes["score"], expected, atol=1e-9)
    assert report.properties["score"].tolist() == pytest.approx([0.9965700483091787, 1.0], abs=1e-9)


def test_the_structure_is_of_kinds_by_default_and_of_storage_in_the_peers_way():
    real = pd.DataFrame({"a": [1, 2], "b": ["x", "y"], "c": [1.5, 2.5]})
    synthetic = pd.DataFrame({"c": [1.5, 2.5], "a": [1.0, 2.0], "d": ["x", "y"]})
    found = diagnostic_report(real=real, synthetic=synthetic).properties["score"][1]
    assert found == pytest.approx(2 / 4)
    peers = diagnostic_report(real=real, synthetic=synthetic, compatible="sdmetrics").properties["score"][1]
    assert peers == pytest.approx(1 / 5)


def test_a_key_is_judged_by_its_uniqueness_beside_the_holdout():
    real = {"id": [1, 2, 3, 4], "x": [0, 1, 2, 3]}
    synthetic, holdout = {"id": [9, 9, None, 7], "x": [0, 4, 1, 1]}, {"id": [5, 6], "x": [1, 5]}
    report = diagnostic_report(real=real, synthetic=synthetic, holdout=holdout, key="id")
    assert report.shapes["metric"].tolist() == ["key_uniqueness", "boundary_adherence"]
    assert report.shapes["score"].tolist() == [0.5, 0.75]
    assert report.shapes["ceiling"].tolist() == [1.0, 0.5]
    assert report.pairs.empty
    with pytest.raises(UnknownNameError, match="ids"):
        diagnostic_report(real=real, synthetic=synthetic, key="ids")


def test_a_column_that_cannot_be_judged_has_a_reason():
    report = diagnostic_report(real={"x": [1.0, None]}, synthetic={"x": pd.Series([None, None], dtype=float)})
    assert report.shapes["reason"].tolist() == ["the synthetic column has no present value"]
    assert report.score == 1.0


def test_half_of_the_score_is_the_worst_column_an_absent_one_being_worth_nothing():
    real = pd.DataFrame({f"x{i}": [0.0, 1.0] * 10 for i in range(15)})
    assert diagnostic_report(real=real, synthetic=real).score == 1.0
    far = diagnostic_report(real=real, synthetic=real.assign(x3=1000.0))
    assert far.worst == ("x3", 0.0)
    assert far.score == pytest.approx(14 / 15 / 2)
    absent = diagnostic_report(real=real, synthetic=real.drop(columns="x3"))
    assert absent.worst == ("x3", 0.0)
    assert absent.columns["reason"].iloc[0] == "the synthetic set lacks it"
    assert absent.score == pytest.approx(14 / 15 / 2)


def test_a_column_is_held_against_what_fresh_rows_score():
    real, holdout = {"x": [0.0, 1.0] * 5}, {"x": [0.0, 1.0, 2.0, 1.0]}
    report = diagnostic_report(real=real, synthetic={"x": [1.0, 3.0, 0.0, 0.0]}, holdout=holdout)
    assert report.shapes["score"].tolist() == report.shapes["ceiling"].tolist() == [0.75]
    assert report.score == 1.0


@pytest.mark.parametrize("missing", [False, True])
def test_one_bad_cell_is_one_that_is_not_valid(missing):
    numbers = [0.0, 1.0, 2.0, None] if missing else [0.0, 1.0, 2.0, 3.0]
    real = pd.DataFrame({"x": numbers, "c": list("abca")})
    synthetic = real.assign(x=pd.Series([0.0, "many", 2.0, 1.0], dtype=object))
    report = diagnostic_report(real=real, synthetic=synthetic)
    assert report.shapes["score"].tolist() == [0.75, 1.0]
    assert report.shapes["reason"][0] == "cells that are no finite number count as missing: 1 of the synthetic set"
    assert report.properties["score"].tolist() == [0.875, 1 / 3]
    peers = diagnostic_report(real=real, synthetic=synthetic, compatible="sdmetrics")
    assert peers.shapes["score"].isna().tolist() == [True, False]
    assert peers.notes == report.notes


def test_names_of_records_are_not_judged_unless_they_are_the_key():
    real = {"id": [f"r{i}" for i in range(30)], "x": [0, 1, 2] * 10}
    synthetic = {"id": [f"s{i}" for i in range(30)], "x": [0, 1, 2] * 10}
    report = diagnostic_report(real=real, synthetic=synthetic)
    assert report.left_out == {"id": "names of records"}
    assert report.score == 1.0
    assert diagnostic_report(real=real, synthetic=synthetic, key="id").shapes["score"].tolist() == [1.0, 1.0]
    peers = diagnostic_report(real=real, synthetic=synthetic, compatible="sdmetrics")
    assert peers.shapes["score"].tolist() == [0.0, 1.0]
