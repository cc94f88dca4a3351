from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.auditing.inputs import inputs_of_sets
from auditkit.auditing.origins import segments_fact
from auditkit.data import ArraySamples, Dataset
from auditkit.generators import create


def clusters(n: int, seed: int, *, columns: int = 4, decimals: int = 2) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    label = rng.integers(2, size=n)
    numbers = rng.normal(size=(n, columns)) @ np.array([[1, 0.5, 0, 0], [0, 1, 0.5, 0], [0, 0, 1, 0.5], [0, 0, 0, 1]])
    frame = pd.DataFrame(np.round(numbers + label[:, None], decimals), columns=list("abcd"))
    return frame.assign(kind=np.where(rng.random(n) < 0.5, "x", "y"), label=np.where(label, "yes", "no"))


@pytest.fixture(scope="module")
def sets() -> tuple[Dataset, Dataset]:
    return tuple(Dataset.of_table(clusters(300, seed), label="label") for seed in (0, 1))


def facts(real: Dataset, made: Dataset, holdout: Dataset) -> dict[str, str]:
    return segments_fact(inputs_of_sets(real, made, holdout, embedder=None, groups=None, seed=0).sides, seed=0)


def test_smote_is_told_by_its_lines(sets):
    train, holdout = sets
    made = create("smote", modality="tabular").fit(train).sample(300, seed=0)
    audit = ak.audit(real=train, synthetic=made, holdout=holdout, metrics=["coverage"])
    (finding,) = [item for item in audit.check().findings if item.kind == "interpolation"]
    assert finding.sentence.startswith("Synthetic records lie on lines between training records: ")
    assert "straight line" in finding.sentence


@pytest.mark.parametrize("name", ["bootstrap", "cart", "copula", "marginals"])
def test_others_are_not_told_by_lines(sets, name):
    train, holdout = sets
    made = create(name, modality="tabular").fit(train).sample(300, seed=0)
    assert facts(train, made, holdout) == {}


def test_fresh_rows_of_coarse_columns_are_on_lines_by_chance_only():
    train, holdout, fresh = (Dataset.of_table(clusters(300, seed, decimals=0), label="label") for seed in range(3))
    assert facts(train, fresh, holdout) == {}


def test_mixed_images_are_told_by_their_lines():
    rng = np.random.default_rng(0)

    def images(n: int) -> np.ndarray:
        return rng.integers(0, 256, size=(n, 6, 6, 1)).astype(np.uint8)

    def dataset(pixels: np.ndarray) -> Dataset:
        table = pd.DataFrame(index=pd.RangeIndex(len(pixels)))
        return Dataset.of_table(table, samples=ArraySamples(pixels))

    train, holdout, fresh = images(60), images(60), images(60)
    pairs = rng.permuted(np.tile(np.arange(60), (60, 1)), axis=1)[:, :2]
    weight = rng.uniform(0.2, 0.8, size=(60, 1, 1, 1))
    mixed = np.round(weight * train[pairs[:, 0]] + (1 - weight) * train[pairs[:, 1]]).astype(np.uint8)
    assert "segments" in facts(dataset(train), dataset(mixed), dataset(holdout))
    assert facts(dataset(train), dataset(fresh), dataset(holdout)) == {}


def test_a_format_is_told_from_quality():
    train, holdout = (Dataset.of_table(clusters(300, seed, decimals=0), label="label") for seed in (0, 1))
    good = create("cart").fit(train).sample(300, seed=0).table
    noise = np.random.default_rng(3).uniform(-0.3, 0.3, size=(300, 4))
    off = good.assign(**{name: good[name] + noise[:, place] for place, name in enumerate("abcd")})
    made = Dataset.of_table(off, label="label")
    audit = ak.audit(real=train, synthetic=made, holdout=holdout, metrics=["classifier_two_sample"])
    assert audit.scores["classifier_two_sample"].value > 0.9
    (finding,) = [item for item in audit.check().findings if item.kind == "format"]
    assert "'a', 'b', 'c', 'd'" in finding.sentence
    assert "format artefact" in finding.sentence


def test_bad_rows_in_the_right_format_are_no_artefact(sets):
    train, holdout = sets
    bad = train.table.assign(a=np.round(train.table["a"] * 0 + np.linspace(-1, 1, 300), 2), b=train.table["c"])
    made = Dataset.of_table(bad, label="label")
    audit = ak.audit(real=train, synthetic=made, holdout=holdout, metrics=["classifier_two_sample"])
    assert [item for item in audit.check().findings if item.kind == "format"] == []
