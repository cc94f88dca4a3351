"""Printed results: short, the worst first, no arrays."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit import metrics
from auditkit.metrics.tables.shown import cell_text, estimate_cells, short_text
from auditkit.results import Estimate


def people(seed, n=120):
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 80, n)
    table = pd.DataFrame(
        {"age": age, "pay": age * 20 + rng.normal(0, 100, n), "job": np.where(age > 50, "smith", "clerk")}
    )
    return table.assign(
        **{f"column {i}": rng.choice(list("pqr"), n) for i in range(12)}, mail=[f"p{seed}.{i}@x.org" for i in range(n)]
    )


def steps(seed):
    rng = np.random.default_rng(seed)
    return pd.DataFrame({"who": np.repeat(np.arange(20), 5), "x": rng.normal(size=100).cumsum()})


RESULTS = {
    "quality_report": {},
    "diagnostic_report": {},
    "accuracy_report": {"triples": 20},
    "validity": {},
    "verbatim_leaks": {},
    "smallest_cells": {"columns": ["age", "job", "column 1"]},
    "attribute_disclosure": {"known": ["age"], "sensitive": ["job"]},
    "singling_out_risk": {},
    "inference_risk": {"secret": "job"},
    "linkability_risk": {"known": (["age"], ["job"])},
}


@pytest.mark.parametrize("name", RESULTS)
def test_results_print_as_a_short_text(name):
    options = dict(RESULTS[name])
    sets = {role: people(seed) for seed, role in enumerate(("real", "synthetic", "holdout"))}
    report = getattr(metrics, name)(**sets, **options)
    text = str(report)
    assert repr(report) == text
    assert len(text.splitlines()) <= 15
    assert max(map(len, text.splitlines())) <= 170
    assert "array(" not in text
    assert "Estimate(" not in text
    assert "@x.org" not in text


def test_the_worst_column_stands_in_the_head_and_in_the_first_line():
    real, holdout = people(0), people(2)
    far = people(1).assign(age=lambda table: table["age"] * 1000 + 5)
    head, _, first, *_ = str(metrics.quality_report(real=real, synthetic=far, holdout=holdout)).splitlines()
    assert "worst column 'age' 0.000" in head
    assert first.split() == ["age", "0.000"]


def test_what_was_left_out_and_why_is_printed():
    text = str(metrics.quality_report(real=people(0), synthetic=people(1).drop(columns="job")))
    assert "left out: mail, names of records; job, the synthetic set lacks it" in text
    assert text.splitlines()[2].split(maxsplit=2) == ["job", "0.000", "the synthetic set lacks it"]


def test_reports_of_sequences_and_of_tables_print_too():
    text = str(metrics.sequence_report(real=steps(0), synthetic=steps(1), key="who"))
    assert text.startswith("coherence ")
    tables = {"u": pd.DataFrame({"id": range(20), "a": np.arange(20) % 3}), "v": steps(0)}
    text = repr(metrics.relations_report(real=tables, synthetic=tables, keys=[("v", "who", "u", "id")]))
    assert "v.who -> u.id" in text


def test_a_long_table_is_cut_and_says_where_the_rest_is():
    text = short_text("head", ["name", "value"], [(f"n{i}", float(i)) for i in range(14)], notes=["a", "b", "c"])
    assert text.splitlines()[-4:] == ["  n9    9.000", "  and 4 more in .frame()", "a", "b"]


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (None, "-"),
        (float("nan"), "-"),
        (0.12345, "0.123"),
        (0.00012, "0.0001"),
        (0.0, "0.000"),
        (3, "3"),
        (("a", "b"), "a, b"),
        (Estimate(0.5, 0.25, 0.75, "wilson", (1, 1)), "0.500 [0.250, 0.750]"),
        (Estimate(0.5), "0.500"),
        ("x" * 50, "x" * 41 + "..."),
    ],
)
def test_cells_are_short(item, text):
    assert cell_text(item) == text


def test_an_estimate_is_three_cells():
    assert estimate_cells("share", Estimate(0.5, 0.25, 0.75)) == {"share": 0.5, "low": 0.25, "high": 0.75}
    assert estimate_cells("share", None) == {"share": None, "low": None, "high": None}
