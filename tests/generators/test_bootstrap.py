from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit.data import Dataset
from auditkit.data.recordings import RecordingSamples
from auditkit.data.series import SeriesSamples
from auditkit.data.texts import TextSamples
from auditkit.errors import DataError
from auditkit.generators import ShortfallWarning, create, describe
from auditkit.generators.bootstrap import BootstrapGenerator
from auditkit.testing import check_generator

N = 120


def of_modality(modality: str) -> Dataset:
    rng = np.random.default_rng(0)
    lengths = rng.integers(3, 9, size=N)
    samples = {
        "text": TextSamples.of([f"word {place} {'x' * length}" for place, length in enumerate(lengths)]),
        "audio": RecordingSamples.of([rng.uniform(-1, 1, size=(length, 2)) for length in lengths], rate=8000),
        "series": SeriesSamples.of([rng.normal(size=(length, 2)) for length in lengths], names=["u", "v"]),
    }[modality]
    table = pd.DataFrame({"label": rng.choice(["a", "b"], N), "site": rng.choice(["north", "south"], N)})
    return Dataset.of_table(table, label="label", groups=["site"], samples=samples)


@pytest.mark.parametrize("modality", ["tabular", "image", "text", "audio", "series"])
def test_every_modality_keeps_the_rules(modality, people, stripes):
    dataset = people if modality == "tabular" else stripes if modality == "image" else of_modality(modality)
    check_generator(lambda: create("bootstrap", modality=modality), dataset)


def test_rows_are_training_rows_and_all_come(people):
    made = BootstrapGenerator().fit(people).sample(3000, seed=0).table
    columns = [name for name in people.table if name != "name"]
    seen = [set(map(str, table[columns].itertuples(index=False, name=None))) for table in (made, people.table)]
    assert seen[0] == seen[1]
    assert not set(made["name"]) & set(people.table["name"])


def test_more_values_than_pools_hold_are_kept():
    values = np.random.default_rng(0).normal(size=10_500)
    made = BootstrapGenerator().fit(Dataset.of_table(pd.DataFrame({"x": values}))).sample(500, seed=0)
    assert set(made.table["x"]) <= set(values)


def test_conditions_hold_for_units_with_their_samples(stripes):
    made = BootstrapGenerator().fit(stripes).sample(40, conditions={"label": "down", "site": "north"}, seed=0)
    assert set(made.label_values) == {"down"}
    images = {image.tobytes() for image in stripes.arrays()[stripes.label_values == "down"]}
    assert {image.tobytes() for image in made.arrays()} <= images


def test_what_no_unit_meets_is_a_shortfall():
    frame = pd.DataFrame({"y": ["a"] * 5 + ["b"] * 5, "x": ["p"] * 5 + ["q"] * 5})
    generator = BootstrapGenerator().fit(Dataset.of_table(frame, label="y", columns={"x": "category"}))
    with pytest.warns(ShortfallWarning, match="got 0"):
        assert len(generator.sample(3, conditions={"y": "a", "x": "q"})) == 0


@pytest.mark.parametrize("name", ["bootstrap", "cart", "copula", "bayes_net", "smote", "marginals"])
def test_several_rows_a_unit_are_refused_in_a_sentence(name):
    frame = pd.DataFrame({"who": ["a", "a", "b", "b"], "x": [1.0, 2.0, 3.0, 4.0]})
    with pytest.raises(DataError, match=r"several rows per 'who'.*load one row per unit without key="):
        create(name, modality="tabular").fit(Dataset.of_table(frame, key="who"))


def test_references_say_that_they_are():
    assert describe("bootstrap").reference
    assert describe("marginals").reference
    assert not describe("cart").reference
