from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit.data import Dataset, SeriesSamples
from auditkit.errors import AuditkitError, DataError, SampleSizeError
from auditkit.generators import Budget, create
from auditkit.generators.series.coordinates import Coordinates
from auditkit.generators.series.form import SeriesForm

QUICK = Budget(steps=8)


def as_dataset(series, label=None) -> Dataset:
    labels = ["a"] * len(series) if label is None else label
    return Dataset.of_table(pd.DataFrame({"kind": labels}), label="kind", samples=SeriesSamples.of(series))


def test_coordinates_give_series_of_any_length_back():
    rng = np.random.default_rng(0)
    series = [rng.standard_normal((length, 2)) for length in rng.integers(1, 6, 90)]
    coordinates, places = Coordinates.of(series)
    assert coordinates.components.shape == (10, 10)
    again = coordinates.series(places, np.array([len(item) for item in series]), np.zeros((90, coordinates.rest.size)))
    assert all(one == pytest.approx(other, abs=1e-9) for one, other in zip(again, series, strict=True))


def test_what_components_leave_over_comes_back_as_noise_of_its_size():
    rng = np.random.default_rng(0)
    shape = np.sin(np.arange(60) / 9)
    series = [
        (level * shape + rough * rng.standard_normal(60))[:, None]
        for level, rough in zip(rng.normal(0, 3, 40), np.repeat([0.1, 0.4], 20), strict=True)
    ]
    coordinates, places = Coordinates.of(series)
    assert len(coordinates.components) == 8
    made = coordinates.series(places, np.full(40, 60), rng.standard_normal((40, 60)))
    spread = [np.mean([np.diff(item[:, 0]).std() for item in part]) for part in (made[:20], made[20:])]
    real = [np.mean([np.diff(item[:, 0]).std() for item in part]) for part in (series[:20], series[20:])]
    assert spread == pytest.approx(real, rel=0.15)


def test_samples_keep_what_all_series_have_in_common():
    rng = np.random.default_rng(1)
    waves = [np.round(np.clip(rng.normal(5, 4, 30), 0, None), 1) for _ in range(20)]
    form = SeriesForm.of([wave[:, None] for wave in waves], ("x",))
    assert (form.low[0], form.high[0], form.decimals[0]) == (0, np.inf, 1)
    assert np.isnan(form.level[0])
    made = form.natural(form.standardised(rng.normal(5, 4, (30, 1))))
    assert made.min() == 0
    assert (made == np.round(made, 1)).all()
    normed = [(wave - wave.mean()) / wave.std() for wave in waves]
    made = SeriesForm.of([wave[:, None] for wave in normed], ("x",)).natural(rng.normal(3, 2, (30, 1)))
    assert (made.mean(), made.std()) == pytest.approx((0, 1), abs=1e-9)


def test_flow_learns_where_classes_lie_and_how_rough_they_are():
    rng = np.random.default_rng(2)
    kinds = np.repeat(["calm", "rough"], 60)
    series = [
        np.sin(np.arange(16) / 3) * (1 if kind == "calm" else -1) + rng.normal(0, 0.1 if kind == "calm" else 0.4, 16)
        for kind in kinds
    ]
    made = create("flow", modality="series", members=1).fit(as_dataset(series, kinds), budget=Budget(steps=300))
    real, drawn = as_dataset(series, kinds), made.sample(120, conditions={"kind": {"calm": 60, "rough": 60}}, seed=1)
    for kind in ("calm", "rough"):
        one, other = (
            np.stack(list(item.take(np.flatnonzero(item.group_values("kind") == kind)).arrays()))[:, :, 0]
            for item in (real, drawn)
        )
        assert np.abs(one.mean(axis=0) - other.mean(axis=0)).max() < 0.35
        assert 0.6 < np.diff(other, axis=1).std() / np.diff(one, axis=1).std() < 1.4


def test_lengths_come_with_their_label():
    kinds = ["long", "short"] * 20
    series = [np.arange(9.0 if kind == "long" else 4.0) + place for place, kind in enumerate(kinds)]
    made = create("flow", modality="series").fit(as_dataset(series, kinds), budget=QUICK)
    assert {len(item) for item in made.sample(9, conditions={"kind": "short"}).arrays()} == {4}


@pytest.mark.parametrize("name", ["flow", "rnn", "rnn_vae", "augment", "block_bootstrap"])
@pytest.mark.parametrize(
    "series",
    [
        [np.full(5, 3.0)] * 7,
        [[1.0, 2.0, 4.0]],
        [[float(place)] for place in range(6)],
        [np.arange(length, dtype=float) for length in range(1, 9)],
        [np.zeros((4, 3)), np.ones((4, 3))],
        [np.arange(5) * 1e9, np.arange(5) * -1e9, np.zeros(5)],
    ],
    ids=["still", "one", "one step", "unequal", "two of three channels", "large"],
)
def test_degenerate_series_are_learnt(name, series):
    data = as_dataset(series)
    made = create(name, modality="series").fit(data, seed=0, budget=QUICK)
    drawn = made.sample(5, seed=1)
    assert len(drawn) == 5
    assert all(np.isfinite(item).all() for item in drawn.arrays())
    assert {len(item) for item in drawn.arrays()} <= {len(item) for item in data.arrays()}


def test_wrong_use_is_said(people):
    with pytest.raises(DataError, match="needs series data, got tabular"):
        create("flow", modality="series").fit(people)
    with pytest.raises(SampleSizeError, match="at least one sample"):
        create("flow", modality="series").fit(as_dataset([[1.0, 2.0]]).take([]))
    with pytest.raises(AuditkitError, match="temperature of at least 0"):
        create("flow", modality="series", temperature=-1.0)
