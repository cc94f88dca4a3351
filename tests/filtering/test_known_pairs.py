"""On public pairs of real and synthetic tables: copies are rejected exactly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

import auditkit as ak


def test_exact_copies_are_the_rows_that_equal_a_training_row_in_every_column(shared_data: Callable[..., Path]) -> None:
    train, holdout, made = (
        pd.read_csv(shared_data("pairs_adult", f"{name}.csv.gz"))
        for name in ("real_trn", "real_hol", "syn_2021_flip30")
    )
    made = made[train.columns].iloc[:700]
    copied = _rows(train).isin(set(_rows(made)))
    train = pd.concat([train[copied], train[~copied].iloc[:600]])
    real = ak.load(train, label="income")
    synthetic, fresh = (
        ak.load(table, schema=real.schema).with_roles(label="income") for table in (made, holdout.iloc[:300])
    )
    audit = ak.audit(real=real, synthetic=synthetic, holdout=fresh, metrics=["identical_match_share"])
    rejected = ak.filter(synthetic, audit, rules=["exact-copies"]).rejected
    wanted = _rows(made).isin(set(_rows(train))).to_numpy()
    assert wanted.sum() > 20
    assert rejected.ids.tolist() == synthetic.ids[np.flatnonzero(wanted)].tolist()


def _rows(table: pd.DataFrame) -> pd.Series:
    return table.astype(str).agg("|".join, axis=1)
