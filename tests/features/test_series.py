from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit.data import Dataset, SeriesSamples
from auditkit.errors import AuditkitError, DataError, SampleSizeError, ShapeError
from auditkit.features import create_embedder, restore_embedder
from auditkit.features.components import principal_components
from auditkit.features.series import ConvolutionEmbedder, Kernels
from auditkit.features.series_statistics import StatisticsEmbedder

BOTH = pytest.mark.parametrize("name", ["convolutions", "statistics"])


def as_dataset(series, names=None) -> Dataset:
    return Dataset.of_table(pd.DataFrame({"n": range(len(series))}), samples=SeriesSamples.of(series, names=names))


def waves(n: int, seed: int = 0, *, channels: int = 1, short: int = 30, long: int = 30) -> Dataset:
    rng = np.random.default_rng(seed)
    series = []
    for length in rng.integers(short, long + 1, n):
        steps = np.arange(length)[:, None] * rng.uniform(0.2, 0.8, channels) + rng.uniform(0, 6, channels)
        series.append(np.sin(steps) + 0.1 * rng.standard_normal((length, channels)))
    return as_dataset(series)


def embed(name: str, train: Dataset, other: Dataset | None = None, seed: int = 0):
    fitted = create_embedder(name, modality="series").fit(train, seed=seed)
    return fitted.transform(train if other is None else other)


def test_a_kernel_slides_over_held_ends_like_a_slow_loop():
    rng = np.random.default_rng(0)
    kernels = Kernels.draw(channels=2, length=40, rng=rng)
    series = rng.standard_normal((3, 12, 2))
    found = kernels.responses(series)
    for kernel in (0, 1, 2, 255):
        weights = kernels.weights[kernel].reshape(9, 2)
        for step in range(12):
            total = 0.0
            for tap in range(9):
                at = min(max(step + (tap - 4) * int(kernels.dilations[kernel]), 0), 11)
                total += float(series[1, at] @ weights[tap])
            assert found[1, step, kernel] == pytest.approx(total, abs=1e-12)


def test_every_second_kernel_is_blind_to_the_level():
    kernels = Kernels.draw(channels=3, length=100, rng=np.random.default_rng(0))
    still = np.abs(kernels.responses(np.full((1, 5, 3), 7.0))).max(axis=(0, 1)) < 1e-9
    assert still.sum() == 128
    assert set(kernels.dilations) == {1, 2, 4, 8}


@BOTH
@pytest.mark.parametrize("shape", [{}, {"channels": 3}, {"short": 1, "long": 40}, {"short": 1, "long": 1}])
def test_features_are_finite_and_a_series_keeps_its_own_whatever_stands_beside_it(name, shape):
    data = waves(25, **shape)
    fitted = create_embedder(name, modality="series").fit(data, seed=0)
    features = fitted.transform(data)
    assert features.dtype == np.float32
    assert np.isfinite(features).all()
    assert features[[3, 7]] == pytest.approx(fitted.transform(data.take([3, 7])), abs=1e-4)
    assert fitted.transform(data.take([])).shape == (0, features.shape[1])


@BOTH
@pytest.mark.parametrize(
    "series",
    [
        [np.full(9, 4.0)] * 6,
        [np.full(9, float(level)) for level in range(6)],
        [[1.0]],
        [[1e300, -1e300, 0.0], [0.0, 1.0, 2.0]],
        [[1e-300, 2e-300]] * 3,
    ],
)
def test_still_short_and_wild_series_have_finite_features(name, series):
    train = as_dataset([[0.0, 1.0, 0.5]] * 4)
    assert np.isfinite(embed(name, train, as_dataset(series))).all()
    if np.abs(series[0]).max() < 1e9:
        assert np.isfinite(embed(name, as_dataset(series))).all()


@BOTH
def test_the_same_seed_gives_the_same_bytes_on_any_number_of_threads(name, monkeypatch):
    data = waves(120, channels=2, short=10, long=14)
    found = []
    for threads in ("1", "2"):
        monkeypatch.setenv("AUDITKIT_THREADS", threads)
        found.append(embed(name, data).tobytes())
    assert found[0] == found[1]


@pytest.mark.parametrize("name", ["convolutions", "convolutions[carriers=5]", "statistics"])
def test_an_embedder_made_again_from_its_state_gives_the_same_features(name):
    fitted = create_embedder(name, modality="series").fit(waves(60), seed=0)
    again = restore_embedder(name, fitted.state(), modality="series")
    assert (again.name, again.notes) == (name, fitted.notes)
    assert fitted.transform(waves(20, 1)).tobytes() == again.transform(waves(20, 1)).tobytes()


@BOTH
def test_units_of_the_channels_change_nothing(name):
    data = waves(40, channels=2)
    scaled = as_dataset([item * [1000.0, 0.01] + [5.0, -3.0] for item in data.arrays()])
    assert embed(name, scaled) == pytest.approx(embed(name, data), abs=2e-3)


@BOTH
def test_smoothed_series_lie_far_from_the_real_ones(name):
    train, other = waves(150), waves(150, 1)
    smooth = as_dataset([np.convolve(item[:, 0], np.ones(5) / 5, mode="valid") for item in other.arrays()])
    fitted = create_embedder(name, modality="series").fit(train, seed=0)
    means = [fitted.transform(item).mean(axis=0) for item in (train, other, smooth)]
    near, far = (np.linalg.norm(mean - means[0]) for mean in means[1:])
    assert far > 4 * near


def test_statistics_have_the_values_their_names_say():
    rng = np.random.default_rng(2)
    series = rng.standard_normal((40, 50, 2))
    rows = embed("statistics", as_dataset(list(series))).astype(np.float64)
    x = (series - series.reshape(-1, 2).mean(axis=0)) / series.reshape(-1, 2).std(axis=0)
    centred = x - x.mean(axis=1, keepdims=True)
    expected = {
        0: x[:, :, 0].mean(axis=1),
        17: x[:, :, 1].mean(axis=1),
        18: x[:, :, 1].std(axis=1),
        4: np.median(x[:, :, 0], axis=1),
        7: np.array([np.polyfit(np.linspace(-1, 1, 50), item, 1)[0] for item in x[:, :, 0]]),
        25: np.diff(x[:, :, 1], axis=1).std(axis=1),
        9: (centred[:, 1:, 0] * centred[:, :-1, 0]).sum(axis=1) / np.square(centred[:, :, 0]).sum(axis=1),
        34: np.array([np.corrcoef(item.T)[0, 1] for item in x]),
    }
    for place, values in expected.items():
        assert rows[:, place] == pytest.approx((values - values.mean()) / values.std(), abs=1e-4), place


def test_components_that_one_series_makes_up_are_left_out():
    rng = np.random.default_rng(0)
    plain = [np.sin(np.arange(30) / 3) + 0.05 * rng.standard_normal(30) for _ in range(99)]
    data = as_dataset([*plain, 400 * rng.standard_normal(30)])
    coarse = ConvolutionEmbedder().coarse()
    assert (coarse.name, coarse.coarse()) == ("convolutions[carriers=5]", coarse)
    assert coarse.fit(data, seed=0).transform(data).shape[1] < embed("convolutions", data).shape[1]
    assert StatisticsEmbedder().coarse().name == "statistics"


def test_many_series_are_learnt_from_a_part(monkeypatch):
    monkeypatch.setattr("auditkit.features.series.MAX_FITTED", 30)
    fitted = ConvolutionEmbedder().fit(waves(50), seed=0)
    assert "learnt from 30 of 50 training series" in fitted.notes[1]
    assert fitted.transform(waves(50)).shape == (50, 9)


@BOTH
def test_wrong_use_is_said(name, table):
    embedder = create_embedder(name, modality="series")
    with pytest.raises(AuditkitError, match="must be fitted before it transforms"):
        embedder.transform(waves(3))
    with pytest.raises(AuditkitError, match="must be fitted before it keeps its state"):
        embedder.state()
    with pytest.raises(DataError, match="needs series, got tabular"):
        embedder.fit(table, seed=0)
    with pytest.raises(SampleSizeError, match="at least one series"):
        embedder.fit(waves(3).take([]), seed=0)
    with pytest.raises(ShapeError, match="has x0, x1: give the same channels"):
        embedder.fit(waves(3), seed=0).transform(waves(3, channels=2))
    with pytest.raises(AuditkitError, match="whole number of carriers"):
        ConvolutionEmbedder(carriers=0)


def test_fewer_directions_are_the_leading_ones():
    rows = np.random.default_rng(0).standard_normal((50, 6)) * [1, 2, 3, 4, 5, 6]
    rows -= rows.mean(axis=0)
    few, all_ = (principal_components(rows, rng=np.random.default_rng(0), at_most=k) for k in (2, 64))
    assert few == pytest.approx(all_[:, :2])
    assert all_.shape == (6, 6)
