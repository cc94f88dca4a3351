"""Tables that generators meet in the wild: each is made, in its schema, or refused in one sentence."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer

from auditkit.data import Dataset, schema_violations
from auditkit.generators import ShortfallWarning, create, load

NAMES = ["bayes_net", "bootstrap", "cart", "copula", "marginals", "smote"]
RNG = np.random.default_rng(8)
N = 90


def _tables() -> dict[str, pd.DataFrame]:
    label = RNG.choice(["no", "yes"], N, p=[0.7, 0.3])
    days = pd.Timestamp("1999-12-28") + pd.to_timedelta(RNG.integers(0, 4000, N), unit="D")
    gaps = pd.DataFrame(RNG.normal(size=(N, 4)).round(2), columns=list("abcd")).mask(RNG.random((N, 4)) < 0.4)
    cancer = load_breast_cancer(as_frame=True)
    return {
        "all categories": pd.DataFrame({name: RNG.choice(list("pqrs"), N) for name in "ab"}).assign(label=label),
        "all numbers": pd.DataFrame(RNG.normal(size=(N, 3)), columns=list("abc")),
        "one class": pd.DataFrame({"a": RNG.integers(0, 9, N), "label": "yes"}),
        "constants": pd.DataFrame({"a": [3] * N, "b": ["same"] * N, "label": label}),
        "gaps everywhere": gaps.assign(e=RNG.choice(["u", "v", None], N), label=label),
        "an empty column": gaps.assign(c=np.nan, label=label),
        "missing labels": gaps.assign(label=np.where(RNG.random(N) < 0.3, None, label)),
        "moments": pd.DataFrame({"day": days, "at": days + pd.to_timedelta(RNG.integers(0, 86400, N), unit="s")}),
        "moments with gaps": pd.DataFrame({"day": days.where(RNG.random(N) < 0.6), "label": label}),
        "many levels": pd.DataFrame({"a": [f"l{place}" for place in RNG.integers(0, 60, N)], "label": label}),
        "booleans": pd.DataFrame({"a": RNG.random(N) < 0.5, "b": RNG.random(N) < 0.1, "label": label}),
        "wide": pd.DataFrame(cancer.data.to_numpy()[:N], columns=[f"x{place}" for place in range(30)]).assign(
            label=cancer.target.to_numpy()[:N].astype(str)
        ),
        "one row": pd.DataFrame({"a": [1.5], "b": ["x"], "label": ["yes"]}),
        "ten rows": pd.DataFrame({"a": RNG.normal(size=10), "b": list("xyxyxyxyxz"), "label": ["yes", "no"] * 5}),
        "wild numbers": pd.DataFrame(
            {"a": RNG.standard_cauchy(N) * 1e12, "b": RNG.normal(size=N) * 1e-9, "label": label}
        ),
        "a numeric label": pd.DataFrame({"a": RNG.normal(size=N), "label": RNG.gamma(2, size=N).round(3)}),
    }


TABLES = _tables()


def dataset(kind: str) -> Dataset:
    frame = TABLES[kind]
    return Dataset.of_table(frame, label="label" if "label" in frame else None)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", TABLES)
def test_any_table_is_made_in_its_schema(name, kind, tmp_path):
    data = dataset(kind)
    generator = create(name, modality="tabular").fit(data, seed=0)
    made = generator.sample(40, seed=1)
    assert len(made) == 40
    assert made.schema == data.schema
    assert [sentence for sentence in schema_violations(made, data.schema) if sentence] == []
    assert len(generator.sample(0)) == 0
    generator.save(tmp_path)
    assert load(tmp_path).sample(40, seed=1).hash == made.hash


@pytest.mark.parametrize("name", NAMES)
def test_levels_of_other_columns_are_conditions_too(name):
    data = dataset("all categories")
    with warnings.catch_warnings():
        warnings.simplefilter("error", ShortfallWarning)
        made = create(name, modality="tabular").fit(data).sample(15, conditions={"a": "p", "b": "q"}, seed=0)
    assert set(made.table["a"]) == {"p"}
    assert set(made.table["b"]) == {"q"}


@pytest.mark.parametrize("name", NAMES)
def test_threads_do_not_change_a_byte(name, people, monkeypatch):
    hashes = []
    for threads in ("1", "2"):
        monkeypatch.setenv("AUDITKIT_THREADS", threads)
        hashes.append(create(name, modality="tabular").fit(people).sample(60, seed=3).hash)
    assert hashes[0] == hashes[1]
