from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.auditing.broken_orders import broken_orders, orders_fact
from auditkit.data import Dataset, TextSamples


def stays(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    days = rng.geometric(0.1, size=n)
    admitted = pd.Timestamp("2022-01-01") + pd.to_timedelta(rng.integers(200, size=n), unit="D")
    leaves = admitted + pd.to_timedelta(days, unit="D")
    return pd.DataFrame({"admitted": admitted, "discharged": leaves, "stay": days, "age": rng.integers(18, 95, size=n)})


def torn(table: pd.DataFrame, *, n: int, seed: int = 0) -> pd.DataFrame:
    """The table with the dates of discharge of its first rows dealt out anew."""
    made = table.copy()
    order = np.r_[np.random.default_rng(seed).permutation(n), n : len(table)]
    return made.assign(discharged=table["discharged"].to_numpy()[order])


def sets(**tables: pd.DataFrame) -> dict[str, Dataset]:
    return {role: Dataset.of_table(table) for role, table in tables.items()}


def told(**tables: pd.DataFrame) -> list[tuple[str, float]]:
    return [(order.constraint, share) for order, share in broken_orders(sets(**tables))]


def test_rows_that_end_before_they_start_are_told_with_their_share():
    made = torn(stays(400, 1), n=400)
    share = float((made["discharged"] < made["admitted"]).mean())
    assert share > 0.2
    assert told(real=stays(400, 0), synthetic=made, holdout=stays(300, 2)) == [("discharged >= admitted", share)]


def test_an_audit_warns_and_says_which_constraint_to_declare():
    real, made, fresh = (
        Dataset.of_table(table) for table in (stays(300, 0), torn(stays(300, 1), n=300), stays(300, 2))
    )
    audit = ak.audit(real=real, synthetic=made, holdout=fresh, metrics=["validity"])
    (finding,) = [item for item in audit.check().findings if item.kind == "broken_order"]
    assert finding.severity == "warn"
    assert "'discharged' is not before 'admitted', but " in finding.sentence
    assert "(`discharged >= admitted`)" in finding.sentence
    assert "constraint" in finding.advice[0]


@pytest.mark.parametrize("n", [100, 400])
def test_fresh_real_rows_break_nothing(n):
    for seed in range(10):
        assert told(real=stays(n, seed), synthetic=stays(n, seed + 100), holdout=stays(n, seed + 200)) == []


def test_few_broken_rows_pass():
    made = stays(2000, 1)
    made.loc[:9, "discharged"] = made.loc[:9, "admitted"] - pd.Timedelta(days=1)
    assert told(real=stays(2000, 0), synthetic=made) == []
    made.loc[:99, "discharged"] = made.loc[:99, "admitted"] - pd.Timedelta(days=1)
    assert told(real=stays(2000, 0), synthetic=made) == [("discharged >= admitted", 0.05)]


def test_an_order_that_held_out_rows_break_is_none():
    fresh = stays(300, 2)
    fresh.loc[:1, "discharged"] = fresh.loc[:1, "admitted"] - pd.Timedelta(days=1)
    assert told(real=stays(400, 0), synthetic=torn(stays(400, 1), n=400), holdout=fresh) == []


def test_missing_cells_break_nothing():
    made = torn(stays(400, 1), n=400)
    made["discharged"] = pd.NaT
    assert told(real=stays(400, 0), synthetic=made) == []


def test_rows_of_one_unit_are_no_independent_evidence():
    def keyed(table: pd.DataFrame) -> Dataset:
        return Dataset.of_table(table.assign(person=np.arange(400) // 100), key="person")

    pair = {"real": keyed(stays(400, 0)), "synthetic": keyed(torn(stays(400, 1), n=400))}
    assert broken_orders(pair) == []


def test_only_tables_are_looked_at():
    table = stays(200, 0)
    texts = [Dataset.of_table(item, samples=TextSamples.of(["word"] * 200)) for item in (table, torn(table, n=200))]
    assert orders_fact({"real": texts[0], "synthetic": texts[1]}) == {}


def test_many_broken_orders_are_counted():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(np.cumsum(rng.normal(0.5, 0.1, size=(300, 4)), axis=1), columns=list("abcd"))
    table += rng.normal(size=(300, 1))
    made = table.apply(rng.permutation)
    fact = orders_fact(sets(real=table, synthetic=made))["orders"]
    assert fact.count(" break that") == 3
    assert fact.endswith("; they break 3 more orders.")


def test_real_splits_raise_no_alarm(shared_data):
    table = pd.read_csv(shared_data("tabular_compas") / "compas_two_years.csv.gz")
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(len(table))
        parts = [table.iloc[order[start : start + 400]].reset_index(drop=True) for start in (0, 400, 800)]
        assert told(real=parts[0], synthetic=parts[1], holdout=parts[2]) == []
