"""Real synthetic sets whose faults are known: each must fail on its own fault, and real rows must pass."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.gates import Verdict

COPYING = {"copies", "closer-to-train"}


@pytest.fixture(scope="module")
def adult(shared_data):
    """Rows of one file, drawn by seed and read with the training data's schema."""
    folder = shared_data("pairs_adult")
    schema = ak.load(folder / "real_trn.csv.gz").schema

    @functools.cache
    def whole(name):
        return ak.load(folder / f"{name}.csv.gz", label="income", groups=["sex"], schema=schema)

    def rows(name, n, *, seed):
        found = whole(name)
        return found.take(np.sort(np.random.default_rng(seed).choice(len(found), n, replace=False)))

    return rows


@pytest.fixture
def check(adult):
    """Verdict on one synthetic set by some metrics."""

    def judge(name, n, metrics) -> Verdict:
        real, holdout, synthetic = (
            adult(file, n, seed=seed) for seed, file in enumerate(("real_trn", "real_hol", f"syn_2021_{name}"))
        )
        return ak.audit(real=real, synthetic=synthetic, holdout=holdout, metrics=metrics).check()

    return judge


def gates(verdict: Verdict, **where: str) -> set[str]:
    return {item.gate for item in verdict.failed if where.items() <= item.where.items()}


def kinds(verdict: Verdict) -> set[str]:
    return {finding.kind for finding in verdict.findings if finding.severity == "error"}


def test_training_rows_with_some_cells_changed_fail_on_copying(check):
    verdict = check("flip30", 8000, ("copy_excess", "holdout_share", "duplicate_share"))
    assert verdict.exit_code == 1
    assert "copies" in gates(verdict)
    assert "copying" in kinds(verdict)


def test_a_collapsed_generator_fails_on_duplicates_and_not_on_copying(check):
    verdict = check("mostly_temp01", 9000, ("copy_excess", "holdout_share", "duplicate_share"))
    assert "duplicates" in gates(verdict)
    assert not COPYING & gates(verdict)
    assert "collapse" in kinds(verdict)
    assert "copying" not in kinds(verdict)


def test_amplified_bias_fails_on_the_label_rate_of_women(check):
    verdict = check("tvae", 3000, ("label_rate_gap",))
    assert "label-rates" in gates(verdict, sex="Female")


def test_a_lost_share_of_women_fails_on_group_shares(check):
    verdict = check("gaussian_copula", 3000, ("representation_gap", "missing_groups"))
    assert "group-shares" in gates(verdict, sex="Female")
    assert "missing-groups" not in gates(verdict)


@pytest.fixture(scope="module")
def resplit(shared_data):
    """Train, holdout and fresh thirds of German credit."""
    german = ak.load(shared_data("tabular_german_credit") / "german_credit.csv.gz", label="class-label", groups=["sex"])
    order = np.random.default_rng(0).permutation(len(german))[:999]
    return [german.take(index) for index in np.split(order, 3)]


def test_fresh_real_rows_pass(resplit):
    train, holdout, fresh = resplit
    verdict = ak.audit(real=train, synthetic=fresh, holdout=holdout).check()
    assert verdict.exit_code == 0
    assert not verdict.failed


def test_fresh_real_rows_with_training_rows_pasted_in_fail_on_copying(resplit):
    train, holdout, fresh = resplit
    pasted = fresh.take(np.arange(300)).concat(train.take(np.arange(33)))
    verdict = ak.audit(real=train, synthetic=pasted, holdout=holdout).check()
    assert verdict.exit_code == 1
    assert gates(verdict) == {"copies", "partial-copies"}


LOST = ("Black", "Asian-Pac-Islander")


def test_lost_groups_lost_relations_and_copies_are_the_first_lines(shared_data):
    """Two groups removed, one halved, every column drawn independently, 5 % of the rows pasted from train."""
    folder, roles = shared_data("pairs_adult"), {"label": "income", "groups": ["sex", "race"]}
    real = ak.load(folder / "real_trn.csv.gz", **roles)
    order = np.random.default_rng(0).permutation(len(real))
    train, others = real.take(np.sort(order[:1200])), real.table.iloc[order[5000:10000]]
    fresh = ak.load(folder / "real_hol.csv.gz", schema=real.schema, **roles).take(np.arange(1200))
    rng = np.random.default_rng(1)
    kept = others[~others["race"].isin(LOST) & ((others["sex"] == "Male") | (rng.random(len(others)) < 0.5))]
    drawn = kept.iloc[:1140].apply(lambda column: column.sample(frac=1, random_state=rng).to_numpy())
    pasted = train.table[~train.table["race"].isin(LOST)].iloc[:60]
    synthetic = ak.load(pd.concat([drawn, pasted], ignore_index=True), schema=real.schema, **roles)
    verdict = ak.audit(real=train, synthetic=synthetic, holdout=fresh).check()
    assert verdict.exit_code == 1
    text = verdict.text()
    first = " ".join(text[: text.index("\n\n")].split())
    groups, copies, relation = first.split("* ")[1:4]
    assert groups.startswith("Groups are missing: 2 groups")
    assert all(f"race={name}" in groups for name in LOST)
    assert copies.startswith("The synthetic data repeat training records: 5.0 %")
    assert relation.startswith("Columns do not hang together")
    assert "education, education-num" in relation
    assert "sex=Female" in first


def _ruined(table, fault, rng):
    broken = table.copy()
    if fault == "unit":
        broken["age"] = broken["age"] * 1000 + 5
    elif fault == "empty":
        broken["age"] = np.nan
    elif fault == "holes":
        broken["age"] = broken["age"].astype(float).mask(rng.random(len(broken)) < 0.2)
    else:
        broken = broken.apply(lambda column: column.sample(frac=1, random_state=rng).to_numpy())
    return broken


COLUMNS = ["ks_complement", "tv_complement", "missing_value_similarity"]


@pytest.mark.parametrize(
    ("fault", "metrics", "gate", "part"),
    [
        ("unit", COLUMNS, "shapes", {"column": "age"}),
        ("empty", COLUMNS, "missing-cells", {"column": "age"}),
        ("holes", COLUMNS, "missing-cells", {"column": "age"}),
        ("shuffled", ["correlation_similarity"], "correlations", {"pair": "duration, credit-amount"}),
        ("shuffled", ["association_similarity"], "associations", {"pair": "property, housing"}),
        ("shuffled", ["association_similarity", "association_retention"], "all-associations", {}),
    ],
)
def test_one_ruined_column_or_relation_of_a_small_table_fails(resplit, fault, metrics, gate, part):
    train, holdout, fresh = resplit
    ruined = ak.load(_ruined(fresh.table, fault, np.random.default_rng(0)), schema=fresh.schema)
    verdict = ak.audit(real=train, synthetic=ruined, holdout=holdout, metrics=metrics).check()
    (failed,) = [item for item in verdict.failed if item.gate == gate]
    assert dict(failed.where) == part
    if gate == "all-associations":
        (finding,) = [item for item in verdict.findings if item.kind == "relation"]
        assert "of what the real columns say of each other there is left 0.1" in finding.sentence.lower()
        assert "The strongest lost, and by how much of 1, are property, housing (0." in finding.sentence
