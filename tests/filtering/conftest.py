"""A small synthetic set and a stand-in for its audit, with evidence written by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest

from auditkit.data import Dataset
from auditkit.exhibits import Exhibit
from auditkit.results import Scores


@dataclass
class StandIn:
    """What the filter reads of an audit."""

    samples: pd.DataFrame
    scores: Scores = field(default_factory=lambda: Scores.of([]))
    about: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, Dataset] = field(default_factory=dict)
    exhibits: tuple[Exhibit, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {"about": self.about, "scores": [score.to_json() for score in self.scores]}


def table(n: int = 40, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": np.arange(n) + 20,
            "income": rng.normal(scale=1000, size=n).round(3),
            "sex": np.where(np.arange(n) % 4 == 0, "Female", "Male"),
            "good": np.where(np.arange(n) % 2 == 0, "yes", "no"),
        }
    )


def evidence(dataset: Dataset) -> pd.DataFrame:
    n = len(dataset)
    return pd.DataFrame(
        {
            "id": dataset.ids,
            "realism": np.full(n, 1.0),
            "density": np.full(n, 0.8),
            "copy": np.zeros(n, dtype=bool),
            "discriminator": np.full(n, 0.5),
            "label_agreement": np.full(n, 0.7),
            "duplicate_cluster": pd.array([None] * n, dtype="Int64"),
            "violations": [""] * n,
        }
    )


@pytest.fixture
def make_set() -> Callable[..., Dataset]:
    """Maker of small sets: `make_set(seed=1, label="age")`."""

    def make(*, n: int = 40, seed: int = 0, label: str = "good") -> Dataset:
        return Dataset.of_table(table(n, seed=seed), label=label, groups=["sex"], source="made")

    return make


@pytest.fixture
def make_audit() -> Callable[[Dataset], StandIn]:
    """Maker of the stand-in for a set's audit, in which nothing is wrong with any sample."""
    return lambda dataset: StandIn(evidence(dataset))


@pytest.fixture
def synthetic(make_set: Callable[..., Dataset]) -> Dataset:
    return make_set()


@pytest.fixture
def audit(synthetic: Dataset, make_audit: Callable[[Dataset], StandIn]) -> StandIn:
    return make_audit(synthetic)
