"""What the table generators with a network share: exact conditions, all kinds of tables, budgets, devices."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from auditkit.data import Dataset, load, schema_violations
from auditkit.errors import AuditkitError, DataError
from auditkit.generators import Budget, ShortfallWarning, create

NAMES = ["ar", "flow", "gan", "vae"]
N = 80


def small(name, **params):
    return create(name, modality="tabular", **{"steps": 5, "hidden": 16, **params})


def tables():
    rng = np.random.default_rng(4)
    label = rng.choice(["no", "yes"], N, p=[0.7, 0.3])
    numbers = pd.DataFrame(rng.normal(size=(N, 3)).round(4), columns=list("abc"))
    many = pd.DataFrame({"x": np.linspace(0, 1, 400), "y": np.arange(400.0)}).mask(rng.random((400, 2)) < 0.3)
    return {
        "categories": pd.DataFrame({name: rng.choice(list("pqr"), N) for name in "ab"}).assign(label=label),
        "numbers": numbers,
        "numbers with gaps": many,
        "one class": numbers.assign(label="yes"),
        "label alone": pd.DataFrame({"label": label}),
        "constants": pd.DataFrame({"a": [3] * N, "b": ["same"] * N, "label": label}),
        "gaps": numbers.mask(rng.random((N, 3)) < 0.4).assign(e=rng.choice(["u", None], N), label=label),
        "nothing in a column": numbers.assign(c=np.nan, label=label),
        "missing labels": numbers.assign(label=np.where(rng.random(N) < 0.3, None, label)),
        "moments": pd.DataFrame({"day": pd.Timestamp("2001-01-01") + pd.to_timedelta(np.arange(N), unit="D")}),
        "one row": pd.DataFrame({"a": [1.5], "b": ["x"], "label": ["yes"]}),
        "twelve rows": numbers.head(12).assign(label=["yes", "no"] * 6),
        "huge numbers": pd.DataFrame({"x": [1e300, -1e300, 0.0] * 60 + list(np.arange(150.0))}),
        "a numeric label": numbers.assign(label=rng.gamma(2, size=N).round(3)),
    }


TABLES = tables()


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.parametrize("name", NAMES)
def test_any_table_is_made_in_its_schema(name, kind):
    frame = TABLES[kind]
    data = Dataset.of_table(frame, label="label" if "label" in frame else None)
    generator = small(name).fit(data, seed=0)
    made = generator.sample(30, seed=1)
    assert len(made) == 30
    assert made.schema == data.schema
    assert [sentence for sentence in schema_violations(made, data.schema) if sentence] == []
    assert len(generator.sample(0)) == 0
    if generator.info.scores:
        assert np.isfinite(generator.score(data)).all()
    if generator.info.latent:
        places = generator.encode(data.take(np.arange(min(len(data), 5))))
        assert places.shape[1] == generator.latent
        assert generator.decode(places).schema == data.schema


@pytest.mark.parametrize("name", NAMES)
def test_label_and_groups_are_exact_and_others_are_met_by_drawing(name, people):
    generator = small(name).fit(people, seed=0)
    made = generator.sample(40, conditions={"sex": "Female", "label": {">50K": 30, "<=50K": 10}}, seed=1)
    assert set(made.table["sex"]) == {"Female"}
    assert list(made.table["income"]) == [">50K"] * 30 + ["<=50K"] * 10
    assert set(generator.sample(5, conditions={"city": "Rome"}, seed=1).table["city"]) == {"Rome"}
    free = generator.sample(2000, seed=2).table
    real = people.table
    assert (free["sex"] == "Female").mean() == pytest.approx((real["sex"] == "Female").mean(), abs=0.04)
    rich = (free["income"] == ">50K").groupby(free["sex"]).mean()
    assert rich.to_numpy() == pytest.approx((real["income"] == ">50K").groupby(real["sex"]).mean().to_numpy(), abs=0.06)


@pytest.mark.parametrize("name", NAMES)
def test_pairs_of_label_and_group_that_never_occur_fall_short(name):
    frame = pd.DataFrame({"x": np.linspace(0, 1, 60) ** 2, "sex": ["f", "m"] * 30, "label": ["a", "b"] * 30})
    generator = small(name).fit(load(frame, label="label", groups=["sex"]))
    with pytest.warns(ShortfallWarning, match="got 0"):
        assert len(generator.sample(5, conditions={"sex": "f", "label": "b"})) == 0
    if generator.info.latent:
        with pytest.raises(DataError, match="together"):
            generator.decode(np.zeros((2, generator.latent)), conditions={"sex": "f", "label": "b"})


@pytest.mark.parametrize("name", NAMES)
def test_few_rows_are_not_learnt_by_heart_unless_a_budget_says_so(name):
    data = load(TABLES["twelve rows"], label="label")
    generator = create(name, modality="tabular", hidden=16).fit(data)
    assert generator.fit_report.steps == 100
    assert any("12 rows: 100 steps" in note for note in generator.fit_report.notes)
    assert generator.fit(data, budget=Budget(steps=120)).fit_report.steps == 120


@pytest.mark.parametrize("name", NAMES)
def test_devices_and_sizes_that_are_not_there_are_refused(name):
    with pytest.raises(AuditkitError, match="device must be"):
        create(name, modality="tabular", device="tpu")
    with pytest.raises(AuditkitError, match="needs hidden above 0, got 0"):
        create(name, modality="tabular", hidden=0)
    if not torch.cuda.is_available():
        with pytest.raises(AuditkitError, match='device="cpu"'):
            create(name, modality="tabular", device="cuda")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a cuda device")
@pytest.mark.parametrize("name", NAMES)
def test_what_was_trained_elsewhere_is_drawn_and_loaded_here(name, people, tmp_path):
    generator = small(name, device="cuda").fit(people)
    generator.save(tmp_path)
    assert type(generator).load(tmp_path).sample(10, seed=1).hash == generator.sample(10, seed=1).hash
