"""What a generator from elsewhere made names its training records too."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from auditkit.data import Dataset
from auditkit.data.digests import records_hash
from auditkit.generators import create
from auditkit.pipeline.contest import audits_of
from auditkit.pipeline.made import made_by


def table(n: int = 60) -> Dataset:
    rng = np.random.default_rng(0)
    return Dataset.of_table(pd.DataFrame({"x": rng.normal(size=n).round(3), "y": rng.integers(0, 5, n)}), source="t")


def test_training_records_are_named_in_any_order_where_the_generator_writes_no_record() -> None:
    real, generator = table(), create("bootstrap", modality="tabular")
    plain = type(generator).sample

    class Elsewhere(type(generator)):  # type: ignore[misc]
        def sample(self, n: int, **given: Any) -> Dataset:
            return replace(plain(self, n, **given), provenance=None)

    made = made_by(Elsewhere(), real, n=20, seed=0, tell=lambda *_: None)
    assert made.provenance is not None
    shuffled = real.take(np.random.default_rng(1).permutation(len(real)))
    assert made.provenance["data_hash"] == real.hash != shuffled.hash
    assert made.provenance["data_records"] == records_hash(shuffled)


def test_a_contest_remembers_what_it_drew() -> None:
    found = audits_of({"b": "bootstrap"}, real=table(), n=40, metrics=["duplicate_share"])
    assert found["b"].inputs["synthetic"].provenance is not None
    assert found["b"].inputs["synthetic"].provenance["n_asked"] == 40
