"""Numbers near the end of float64 are scored as the same numbers are in another unit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit import metrics
from auditkit.errors import DataError

LARGE = 2.0**1023
"""A power of two, so that nothing is rounded: what looks at shapes alone gives the same number."""

FIGURES = {"quality_report": "score", "accuracy_report": "accuracy", "attribute_disclosure": "protection"}


def table(seed, unit=1.0, n=60):
    rng = np.random.default_rng(seed)
    a = rng.uniform(-1.7, 1.7, n)
    return {"a": a * unit, "b": (a / 3 + rng.normal(size=n) / 9) * unit, "c": rng.choice(list("xy"), n)}


def pair(seed, unit=1.0):
    return {name: cells for name, cells in table(seed, unit).items() if name != "c"}


def column(seed, unit=1.0):
    return table(seed, unit)["a"]


@pytest.mark.parametrize(
    ("name", "make", "options"),
    [
        ("correlation_similarity", pair, {}),
        ("correlation_similarity", pair, {"coefficient": "spearman"}),
        ("contingency_similarity", pair, {}),
        ("association_similarity", pair, {}),
        ("contingency_similarity", pair, {"edges": "width"}),
        ("ks_complement", column, {}),
        ("range_coverage", column, {}),
        ("statistic_similarity", column, {"statistic": "mean"}),
        ("statistic_similarity", column, {"statistic": "std"}),
        ("quality_report", table, {"compatible": "sdmetrics"}),
        ("accuracy_report", table, {}),
        ("attribute_disclosure", table, {"known": ["a"], "sensitive": ["c"], "continuous": ["a"]}),
        (
            "attribute_disclosure",
            table,
            {"known": ["a"], "sensitive": ["c"], "continuous": ["a"], "compatible": "sdmetrics"},
        ),
    ],
)
def test_the_unit_changes_nothing(name, make, options):
    function = getattr(metrics, name)
    results = (function(real=make(0, unit), synthetic=make(1, unit), **options) for unit in (1.0, LARGE))
    plain, large = (float(getattr(result, FIGURES.get(name, "real"))) for result in results)
    assert large == pytest.approx(plain, abs=1e-12)
    assert np.isfinite(large)


def test_the_properties_of_a_report_are_the_same_too():
    plain, large = (
        metrics.quality_report(real=table(0, unit), synthetic=table(1, unit), holdout=table(2, unit)).properties
        for unit in (1.0, LARGE)
    )
    pd.testing.assert_frame_equal(large, plain)


@pytest.mark.parametrize("name", ["baseline_protection", "overfitting_protection"])
def test_distances_between_rows_say_that_they_cannot_be_had(name):
    holdout = {"holdout": table(2, LARGE)} if name == "overfitting_protection" else {}
    with pytest.raises(DataError, match=r"column 'a' holds numbers beyond 1e\+150: rescale it\."):
        getattr(metrics, name)(real=table(0, LARGE), synthetic=table(1, LARGE), **holdout)
