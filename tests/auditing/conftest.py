"""Small made tables and their audits: one audit serves many tests."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.auditing import Audit
from auditkit.data import Dataset

CANARY = "canary"


def table(n: int, seed: int, *, shift: float = 0.0, women: float = 0.4, positive: float = 0.3) -> pd.DataFrame:
    """Records with two numbers, two categories, a group, a label and a note that no two of them share."""
    rng = np.random.default_rng(seed)
    sex = np.where(rng.random(n) < women, "Female", "Male")
    good = rng.random(n) < positive + 0.2 * (sex == "Male")
    age = np.clip(rng.normal(40 + 8 * good, 12, n), 18, 90).round().astype(int)
    return pd.DataFrame(
        {
            "age": age,
            "income": (rng.lognormal(3 + 0.5 * good + shift, 0.4, n)).round(2),
            "work": rng.choice(["office", "field", "shop", "none"], n, p=[0.4, 0.3, 0.2, 0.1]),
            "sex": sex,
            "region": rng.choice(["north", "south", "islands"], n, p=[0.6, 0.37, 0.03]),
            "note": [f"{CANARY}-{seed}-{number:05d} was here" for number in rng.permutation(n)],
            "good": np.where(good, "yes", "no"),
        }
    )


def dataset(frame: pd.DataFrame, *, bare: bool = False, source: str = "made") -> Dataset:
    roles = {} if bare else {"label": "good", "groups": ["sex", "region"]}
    return Dataset.of_table(frame, columns={"note": "text"}, source=source, **roles)


@pytest.fixture(scope="session")
def make_set() -> Callable[..., Dataset]:
    """Maker of sets: `make_set(300, 1, shift=0.5, bare=True)`."""

    def make(n: int, seed: int, *, bare: bool = False, source: str = "made", **changes: float) -> Dataset:
        return dataset(table(n, seed, **changes), bare=bare, source=source)

    return make


@pytest.fixture(scope="session")
def sets(make_set: Callable[..., Dataset]) -> dict[str, Dataset]:
    """Real and holdout of one source, and a synthetic set that is shifted and holds 30 copies and 20 repeats."""
    real = make_set(500, 1, source="train.csv")
    fake = table(330, 3, shift=0.5, women=0.25)
    fake["note"] = [f"made up {number}" for number in range(len(fake))]
    rows = pd.concat([real.table.iloc[:30], fake.iloc[:250], fake.iloc[:20]], ignore_index=True)
    return {
        "real": real,
        "synthetic": dataset(rows, source="synthetic.csv"),
        "holdout": make_set(250, 2, source="holdout.csv"),
    }


@pytest.fixture(scope="session")
def audited(sets: dict[str, Dataset]) -> Audit:
    return ak.audit(**sets, seed=0)


@pytest.fixture(scope="session")
def bare() -> Audit:
    """Neither label nor groups nor holdout."""
    fake = table(200, 5).assign(note="")
    return ak.audit(real=dataset(table(300, 4), bare=True), synthetic=dataset(fake, bare=True), seed=0)
