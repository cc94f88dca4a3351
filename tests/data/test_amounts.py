"""Amounts and classes are told apart by one rule, whoever asks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.ablation.problem import prepare
from auditkit.data.amounts import is_amount
from auditkit.data.resampling import resample
from auditkit.errors import DataError
from auditkit.filtering.retention import retention_frame
from auditkit.metrics import fairness_report
from auditkit.metrics.fairness.amounts import cut_amounts
from auditkit.metrics.fairness.value_codes import predicts_amount


@pytest.mark.parametrize(("n_values", "amount"), [(20, False), (21, True)])
def test_all_who_ask_draw_the_line_at_the_same_number(n_values, amount):
    values = np.arange(84) % n_values + 0.5
    frame = pd.DataFrame({"x": np.arange(84) % 7 * 0.3, "y": values})
    data = ak.load(frame, label="y")
    assert is_amount(frame["y"]) is amount
    assert predicts_amount(values, values + 0.25) is amount
    assert prepare({"real": data, "test": data}).task == ("regression" if amount else "classification")
    assert retention_frame(data, np.ones(84, dtype=bool)).empty is amount
    assert (len(set(cut_amounts(values.astype(str).astype(object))[0])) == 4) is amount


def test_whole_numbers_that_run_from_0_or_1_are_classes_where_each_is_frequent():
    for first in (0, 1):
        codes = np.arange(first, first + 60)
        assert not is_amount(pd.Series(np.tile(codes, 5)))
        assert is_amount(pd.Series(np.tile(codes, 4)))  # too few of each
        assert is_amount(pd.Series(np.tile(codes[codes != 7], 5)))  # a gap
    assert is_amount(pd.Series(np.tile(np.arange(18, 78), 5)))


def test_quotas_and_targets_refuse_amounts():
    data = ak.load(pd.DataFrame({"x": np.arange(60) % 7, "y": np.arange(60) * 1.5}), label="y")
    with pytest.raises(DataError, match="'y' of the table holds amounts"):
        resample(data, by="y")


def test_parts_of_a_split_have_the_same_mix_of_an_amount():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=400), "y": rng.lognormal(size=400)})
    frame.loc[:19, "y"] = np.nan
    real = ak.load(frame, label="y")
    edges = frame["y"].quantile([0.25, 0.5, 0.75])
    for part in real.split(seed=3):
        counts = np.bincount(np.searchsorted(edges, part.table["y"].dropna()), minlength=4)
        assert np.ptp(counts) <= 2
        assert abs(part.table["y"].isna().mean() - 0.05) < 0.02


def test_missing_cells_truths_and_names_make_no_amount():
    assert not is_amount(pd.Series([*range(20), None]))
    assert not is_amount(pd.Series([True, False]))
    assert not is_amount(pd.Series([f"a{place}" for place in range(40)]))


def test_whole_numbers_that_are_predicted_exactly_are_classes():
    truth = np.arange(60) % 30
    groups = np.array(["a", "b"])[np.arange(60) % 2]
    assert fairness_report(y_true=truth, y_pred=truth[::-1], groups=groups, n_resamples=0).about["task"] != "regression"
    told = fairness_report(y_true=truth, y_pred=truth + 0.5, groups=groups, n_resamples=0)
    assert told.about["task"] == "regression"
