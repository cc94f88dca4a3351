"""Columns that may be another one under a new name."""

from __future__ import annotations

import pandas as pd
import pytest

import auditkit as ak
from auditkit.data.renamed import renamed_columns
from auditkit.errors import DataError
from auditkit.metrics import disclosure_protection, validity

REAL = pd.DataFrame({"town": ["Bern", "Basel", "Bern", None], "pay": [1.5, 2.5, 3.5, 4.5], "job": list("abca")})


def test_similar_names_go_before_the_same_values():
    other = pd.DataFrame({"Pay ": [9.0, 8.0, 7.0, 6.0], "ort": ["Basel", "Bern", "Bern", "Bern"], "job": list("aabb")})
    assert renamed_columns(REAL, other) == {"town": "ort", "pay": "Pay "}
    assert renamed_columns(REAL, REAL) == {}


def test_values_that_two_columns_have_tell_nothing():
    other = pd.DataFrame({"x": ["Bern", "Basel"], "y": ["Basel", "Bern"], "pay": [1.0, 2.0], "job": ["a", "b"]})
    assert renamed_columns(REAL, other) == {}
    assert renamed_columns(REAL, other.drop(columns="y")) == {"town": "x"}


def test_a_constant_is_no_mark():
    assert renamed_columns({"a": pd.Series([1, 1])}, {"x": pd.Series([1, 1])}) == {}


def test_one_new_column_stands_for_one_old_one():
    real = {"age": pd.Series([1, 2]), "ages": pd.Series([3, 4])}
    assert renamed_columns(real, {"Age": pd.Series([1, 2])}) == {"age": "Age"}


def test_messages_say_what_a_column_may_be_called_now():
    other = REAL.rename(columns={"town": "ort"})
    with pytest.raises(DataError, match="the synthetic set lacks it; its column 'ort' may be it: rename it"):
        disclosure_protection(real=REAL, synthetic=other, known=["job"], sensitive=["town"])
    notes = validity(real=REAL, synthetic=other).notes
    assert "Column 'town' is absent in the synthetic table; 'ort' may be it: rename it." in notes
    with pytest.raises(
        DataError,
        match="synthetic lacks 'town' and synthetic has 'ort' that real has not "
        r"\('ort' may be 'town': rename it\)",
    ):
        ak.audit(real=ak.load(REAL), synthetic=ak.load(other))
