"""Amounts and classes are told apart by one rule, whoever asks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.ablation.problem import prepare
from auditkit.data.amounts import is_amount
from auditkit.filtering.retention import retention_frame
from auditkit.metrics import fairness_report
from auditkit.metrics.fairness.amounts import cut_amounts
from auditkit.metrics.fairness.coding import predicts_amount


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
