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
