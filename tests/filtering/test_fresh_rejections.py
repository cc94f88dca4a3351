"""What rules reject of fresh real rows is what they say, also where values tie and training tables are small."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer

import auditkit as ak
from auditkit.auditing.sample_limits import _limits
from auditkit.filtering.rules import NAMED_RULES

Sets = tuple[ak.Dataset, ak.Dataset, ak.Dataset]


def people(n: int, seed: int) -> pd.DataFrame:
    """The label is a clean function of one column, so that probabilities of it saturate and tie."""
    rng = np.random.default_rng(seed)
    age = rng.normal(45, 12, n).round()
    pay = (age * 30 + rng.normal(0, 300, n)).round()
    return pd.DataFrame(
        {"age": age, "pay": pay, "sex": rng.choice(["f", "m"], n), "rich": np.where(pay > 1400, "yes", "no")}
    )


def sets_of(tables: list[pd.DataFrame], label: str) -> Sets:
    real = ak.load(tables[0], label=label)
    holdout, made = (ak.load(table, label=label, schema=real.schema) for table in tables[1:])
    return real, holdout, made


def audited(sets: Sets, seed: int = 0) -> Any:
    real, holdout, made = sets
    return ak.audit(real=real, synthetic=made, holdout=holdout, metrics=["duplicate_share"], exhibits=False, seed=seed)


@pytest.fixture(scope="module")
def clean() -> tuple[ak.Dataset, Any]:
    sets = sets_of([people(400, 0), people(300, 11), people(2000, 21)], "rich")
    return sets[2], audited(sets)


def test_ties_at_a_limit_meet_it() -> None:
    for above in (False, True):
        tied = np.array([0.5] * 5 + [0.99824668] * 495)
        found = dict(_limits("oddness" if above else "label_agreement", -tied if above else tied))
        limit = found["0.02"]
        beyond = (-tied > limit) if above else (tied < limit)
        assert beyond.sum() == 5
        assert abs(limit) == pytest.approx(0.99824668, rel=1e-5)


def test_no_more_of_further_rows_than_the_share_lie_beyond_a_limit() -> None:
    rng = np.random.default_rng(0)
    for n in (99, 150, 300, 399):
        beyond = [(rng.random(4000) < dict(_limits("realism", rng.random(n)))["0.01"]).mean() for _ in range(300)]
        assert np.mean(beyond) <= 0.0115
    assert "0.01" not in dict(_limits("realism", rng.random(98)))


def test_a_rule_on_a_saturated_column_rejects_the_share_that_it_says(clean: tuple[ak.Dataset, Any]) -> None:
    made, audit = clean
    for name in ("label", "confidence"):
        selection = ak.filter(made, audit, rules=[name])
        assert len(selection.rejected) / len(made) <= 0.025, name
        assert selection.about["false_rejections"][name] <= 0.01


@pytest.mark.parametrize("name", [name for name in NAMED_RULES if name not in ("own-discriminator", "human")])
def test_every_named_rule_works_as_it_is_on_an_audit_with_a_holdout(name: str, clean: tuple[ak.Dataset, Any]) -> None:
    made, audit = clean
    selection = ak.filter(made, audit, rules=[name])
    if name not in ("rejection-sampling", "duplicates", "near-copies"):
        assert len(selection.rejected) / len(made) <= 0.03


def test_the_default_rules_keep_fresh_rows_of_a_small_wide_table() -> None:
    table = load_breast_cancer(as_frame=True).frame
    table["target"] = table["target"].astype(str)
    shares = []
    for seed in range(2):
        order = np.random.default_rng(seed).permutation(len(table))
        parts = [
            table.iloc[order[rows]].reset_index(drop=True) for rows in (slice(280), slice(280, 420), slice(420, None))
        ]
        sets = sets_of(parts, "target")
        audit = audited(sets, seed)
        selection = ak.filter(sets[2], audit)
        assert any("break the schema too" in note for note in selection.notes)
        every = ak.filter(sets[2], audit, rules=["violations"])
        assert len(every.rejected) / len(sets[2]) == pytest.approx(
            every.about["false_rejections"]["violations"], abs=0.06
        )
        shares.append(len(selection.rejected) / len(sets[2]))
    assert np.mean(shares) <= 0.03


def test_far_beyond_a_range_is_told_and_rejected() -> None:
    parts = [people(400, 0), people(300, 1), people(60, 2)]
    parts[2].loc[:4, "age"] = 300.0
    sets = sets_of(parts, "rich")
    audit = audited(sets)
    assert audit.samples["violations"].iloc[0] == "age: far above the real range"
    audit.about["fresh_breaches"] = {"violations": 0.05, "impossible": 0.0}
    selection = ak.filter(sets[2], audit)
    assert {"0", "4"} <= set(selection.reasons.loc[selection.reasons["rule"] == "violations", "id"])


def test_repeats_in_a_larger_set_are_expected_to_be_more() -> None:
    sets = sets_of([people(400, 0), people(300, 6), people(2000, 2)], "rich")
    audit = audited(sets)
    natural = audit.scores["duplicate_share"].yardstick
    assert natural is not None
    assert 0 < natural <= 0.01
    assert "duplicates" not in [rule.name for rule in ak.filter(sets[2], audit).rules]
