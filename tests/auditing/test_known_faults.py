"""Real synthetic sets whose faults are known: each must fail on its own fault, and real rows must pass."""

from __future__ import annotations

import numpy as np
import pytest

import auditkit as ak
from auditkit.gates import Verdict

COPYING = {"copies", "closer-to-train"}


@pytest.fixture(scope="module")
def adult(shared_data):
    """Rows of one file, drawn by seed and read with the training data's schema."""
    folder = shared_data("pairs_adult")
    schema = ak.load(folder / "real_trn.csv.gz").schema

    def rows(name, n, *, seed):
        found = ak.load(folder / f"{name}.csv.gz", label="income", groups=["sex"], schema=schema)
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
