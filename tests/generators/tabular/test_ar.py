"""The autoregressive generator: probabilities that add up, columns tied to each other, steps that keep atoms."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from auditkit.data import load
from auditkit.errors import AuditkitError, DataError
from auditkit.generators.interface import Scored
from auditkit.generators.tabular.ar import ArGenerator
from auditkit.generators.tabular.ar_network import Steps
from auditkit.generators.tabular.pools import Pool


def tied(n=600, seed=0):
    rng = np.random.default_rng(seed)
    kind = rng.choice(list("abc"), n, p=[0.5, 0.3, 0.2])
    mark = np.where(rng.random(n) < 0.9, kind, "a")
    size = np.select([kind == "a", kind == "b"], [1.0, 5.0], 9.0) + rng.normal(0, 0.3, n)
    return pd.DataFrame({"size": size.round(4), "mark": mark, "kind": kind})


@pytest.fixture(scope="module")
def data():
    return load(tied(), label="kind")


@pytest.fixture(scope="module")
def ar(data):
    return ArGenerator(steps=200, hidden=48, batch=128, learning_rate=5e-3).fit(data, seed=0)


def test_the_probabilities_of_all_rows_add_up_to_one():
    frame = pd.DataFrame({"c": list("xxyz") * 20, "d": list("ppqp") * 20, "label": list("uuvu") * 20})
    small = ArGenerator(steps=30, hidden=16).fit(load(frame, label="label"))
    every = pd.DataFrame(itertools.product("xyz", "pq", "uv"), columns=["c", "d", "label"])
    total = np.exp(small.log_prob(load(every, label="label"))).sum()
    assert total == pytest.approx(1, abs=1e-5)


def test_samples_are_as_frequent_as_their_probabilities_say():
    frame = pd.DataFrame({"c": list("xxyz") * 40, "label": list("uuvu") * 40})
    data = load(frame, label="label")
    small = ArGenerator(steps=60, hidden=16).fit(data)
    drawn = small.sample(6000, seed=3).table.value_counts(normalize=True)
    asked = load(drawn.index.to_frame(index=False), label="label")
    np.testing.assert_allclose(np.exp(small.log_prob(asked)), drawn.to_numpy(), atol=0.025)


def test_columns_stay_tied_and_likely_rows_score_higher(data, ar):
    made = ar.sample(1500, seed=1).table
    means, real = (frame.groupby("kind")["size"].mean() for frame in (made, data.table))
    np.testing.assert_allclose(means, real, atol=0.5)
    assert (made["mark"] == made["kind"]).mean() > 0.8
    assert isinstance(ar, Scored)
    torn = data.table.assign(size=np.roll(data.table["size"], 1))
    assert np.median(ar.score(data)) > np.mean(ar.score(load(torn, label="kind"))) + 0.5


def test_rows_that_cannot_be_drawn_have_no_probability(data, ar):
    frame = data.table.head(3).copy()
    frame["mark"] = ["a", "new", None]
    found = ar.log_prob(load(frame, label="kind", columns={"mark": "category"}))
    assert np.isfinite(found[0])
    assert list(found[1:]) == [-np.inf, -np.inf]
    with pytest.raises(DataError, match="fitted with column 'size'"):
        ar.log_prob(load(data.table.drop(columns="size"), label="kind"))


def test_validation_rows_end_training_before_rows_are_learnt_by_heart(data):
    report = ArGenerator(steps=3000, hidden=64, batch=64, learning_rate=5e-3).fit(data).fit_report
    assert report.stopped_by == "early stopping"
    assert report.steps < 3000


def test_steps_of_a_column_keep_atoms_and_shares():
    rng = np.random.default_rng(0)
    cells = np.where(rng.random(3000) < 0.4, 0.0, rng.normal(size=3000).round(5))
    data = load(pd.DataFrame({"x": np.where(rng.random(3000) < 0.1, np.nan, cells)}))
    pool, codes = Pool.of(data.table["x"], data.schema["x"])
    steps = Steps.of(pool)
    places = steps.places(codes)
    assert 40 < steps.width <= 101
    assert ((codes < 0) == (places == steps.width - 1)).all()
    zero = places[codes == np.searchsorted(pool.values, 0.0)][0]
    assert set(np.take(pool.values, codes[places == zero])) == {0.0}
    back = steps.codes(places, rng.random(3000))
    np.testing.assert_array_equal(steps.places(back), places)
    shares = np.exp(steps.log_shares(np.arange(len(pool.values))))
    np.testing.assert_allclose(np.bincount(steps.places(np.arange(len(pool.values))), shares), 1.0)


def test_a_dropout_outside_its_range_is_refused():
    with pytest.raises(AuditkitError, match="dropout of at least 0 and below 1"):
        ArGenerator(dropout=1)
