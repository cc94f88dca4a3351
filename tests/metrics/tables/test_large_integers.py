"""Integers that no float64 tells apart score as the same ones near 0 do."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit import metrics

STARTS = [(2**53, 1), (2**60, 1), (16 * 10**17, 2), (-(2**62) - 1, 1)]


def table(seed, start=3, step=1, share=0.5, n=400):
    rng = np.random.default_rng(seed)
    return pd.DataFrame({"a": start + step * (rng.random(n) < share), "x": rng.integers(0, 7, n).astype(float)})


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(
    "name", ["ks_complement", "wasserstein_complement", "statistic_similarity", "range_coverage", "boundary_adherence"]
)
@pytest.mark.parametrize("share", [0.5, 1.0])
def test_scores_of_one_column_do_not_depend_on_where_it_starts(name, start, share):
    large, small = (
        getattr(metrics, name)(real=table(0, *where)["a"], synthetic=table(2, *where, share=share)["a"])
        for where in (start, (3, 1))
    )
    assert large == pytest.approx(small, abs=1e-12)


@pytest.mark.parametrize("start", STARTS)
def test_scores_of_tables_tell_honest_from_constant_ones(start):
    real, fresh, honest = (table(seed, *start) for seed in (0, 1, 2))
    constant = table(2, *start, share=1.0)
    for score in (
        lambda made: metrics.contingency_similarity(real=real, synthetic=made),
        lambda made: metrics.quality_report(real=real, synthetic=made, compatible="sdmetrics").score,
        lambda made: metrics.accuracy_report(real=real, synthetic=made).accuracy,
    ):
        assert score(honest) > score(constant) + 0.2
    small = [table(seed, step=start[1]) for seed in (0, 1, 2)]
    given = {"real": real, "synthetic": honest, "holdout": fresh}
    found = metrics.quality_report(**given)
    near = metrics.quality_report(**dict(zip(given, (small[0], small[2], small[1]), strict=True)))
    assert found.columns["score"].tolist() == pytest.approx(near.columns["score"].tolist(), nan_ok=True)
    assert metrics.correlation_similarity(real=real, synthetic=honest) == pytest.approx(
        metrics.correlation_similarity(real=small[0], synthetic=small[2])
    )


def test_an_audit_tells_honest_from_constant_ones():
    real = ak.load(table(0, 2**53))
    fresh, honest, constant = (
        ak.load(table(seed, 2**53, share=share), schema=real.schema) for seed, share in ((1, 0.5), (2, 0.5), (2, 1.0))
    )
    names = ["coverage", "ks_complement", "contingency_similarity"]
    one, other = (
        ak.audit(real=real, synthetic=made, holdout=fresh, metrics=names).scores for made in (honest, constant)
    )
    assert one["coverage"].value > other["coverage"].value + 0.2
    assert one["ks_complement"].at(column="a").value > other["ks_complement"].at(column="a").value + 0.3


def test_differences_that_64_bits_do_not_hold_are_those_of_floats():
    real, made = np.array([-(2**62), 2**62, 0]), np.array([-(2**62), 2**62, 2**62])
    assert metrics.wasserstein_complement(real=real, synthetic=made) == pytest.approx(1 - 0.5 / 3)
    assert metrics.statistic_similarity(real=real, synthetic=made) == pytest.approx(1 - 0.5 / 3)
    assert metrics.range_coverage(real=real, synthetic=made) == 1.0
