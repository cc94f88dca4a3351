"""Where the gate `possible-records` stands: between what chance and tail values make, and records that cannot be."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.auditing.kept_rules import crossed_breaks, unit_breaks
from auditkit.gates import preset
from auditkit.metrics import validity

(LIMIT,) = [rule.max_excess for rule in preset() if rule.id == "possible-records"]
TABLES = {
    "adult": "pairs_adult/real_trn.csv.gz",
    "german_credit": "tabular_german_credit/german_credit.csv.gz",
    "compas": "tabular_compas/compas_two_years.csv.gz",
}


@pytest.mark.parametrize("name", TABLES)
def test_real_rows_that_are_split_again_stay_far_below_the_limit(shared_data, name):
    pooled = ak.load(pd.read_csv(shared_data(TABLES[name])))
    with_holdout, without = [], []
    for seed in range(40):
        order = np.random.default_rng(seed).permutation(len(pooled))[:900]
        train, holdout, fresh = (pooled.take(rows) for rows in np.split(order, [400, 650]))
        train = ak.load(train.table)
        ours, theirs = (1 - unit_breaks(item, train.schema).mean() for item in (fresh, holdout))
        with_holdout.append(theirs - ours)
        without.append((1 - crossed_breaks(train).mean()) - ours)
    assert max(*with_holdout, *without) < LIMIT / 2  # a gate fails beyond doubt only, so that none of them does
    assert abs(np.mean(with_holdout)) < 0.005


@pytest.mark.parametrize(
    ("made", "least", "most"),
    [
        ("2024_mostlyai", -0.001, 0.01),
        ("2024_mostlyai_DP_eps1.6_noise1.5", -0.001, 0.01),
        ("2024_synthcity-arf", -0.001, 0.01),
        ("2021_synthpop", -0.001, 0.01),
        ("2021_tvae", 0.3, 0.4),
        ("2021_ctgan", 0.6, 0.7),
        ("2021_gaussian_copula", 0.65, 0.75),
    ],
)
def test_published_generators_stand_on_one_side_each(shared_data, made, least, most):
    """Negative capital gains in a third of the records and more, or next to nothing."""
    real, holdout, synthetic = (
        pd.read_csv(shared_data(f"pairs_adult/{name}.csv.gz")) for name in ("real_trn", "real_hol", f"syn_{made}")
    )
    assert least <= validity(real=real, synthetic=synthetic, holdout=holdout).excess.value <= most


def test_noise_that_leaves_the_ranges_here_and_there_is_let_through(shared_data):
    real, holdout, synthetic = (
        pd.read_csv(shared_data(f"pairs_small/penguins/{name}.csv.gz"))
        for name in ("real_trn", "real_hol", "syn_noise_baseline")
    )
    assert 0.05 < validity(real=real, synthetic=synthetic, holdout=holdout).excess.value < LIMIT
