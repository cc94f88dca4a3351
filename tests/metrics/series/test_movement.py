from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp

import auditkit as ak
from auditkit.data import Dataset, SeriesSamples, TextSamples
from auditkit.errors import DataError, SampleSizeError, ShapeError, UndefinedError
from auditkit.metrics import (
    autocorrelation_similarity,
    channel_correlation_similarity,
    roughness_ratio,
    series_length_similarity,
    spectrum_similarity,
    volatility_ratio,
)
from auditkit.metrics.series.traits import series_sides, traits_of_series

ALL = [
    autocorrelation_similarity,
    channel_correlation_similarity,
    series_length_similarity,
    spectrum_similarity,
    volatility_ratio,
    roughness_ratio,
]


def walks(n: int, seed: int = 0, *, channels: int = 2, rough: float = 1.0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rough * rng.standard_normal((length, channels)).cumsum(axis=0) for length in rng.integers(20, 30, n)]


def as_dataset(series) -> Dataset:
    return Dataset.of_table(pd.DataFrame({"n": range(len(series))}), samples=SeriesSamples.of(series))


def smoothed(series) -> list[np.ndarray]:
    kernel = np.ones(7) / 7
    return [
        np.column_stack([np.convolve(np.pad(channel, 3, mode="edge"), kernel, "valid") for channel in item.T])
        for item in series
    ]


@pytest.mark.parametrize("function", ALL)
def test_equal_sets_are_perfect_in_any_order(function):
    series = walks(30)
    assert function(real=series, synthetic=series[::-1]) == pytest.approx(1.0)
    assert function(real=as_dataset(series), synthetic=SeriesSamples.of(series)) == pytest.approx(1.0)


@pytest.mark.parametrize("function", ALL[:4])
def test_similarities_stay_between_0_and_1(function):
    found = function(real=walks(20), synthetic=[np.zeros((3, 2)), np.ones((1, 2))])
    assert 0 <= found <= 1


def test_volatility_is_a_ratio_of_root_mean_squares():
    one, other = [item[:20] for item in walks(15)], [item[:20] for item in walks(25, 1, rough=0.5)]
    spread = [np.sqrt(np.square(np.diff(np.stack(side), axis=1)).mean(axis=(0, 1))) for side in (one, other)]
    expected = np.exp(np.log(spread[1] / spread[0]).mean())
    assert volatility_ratio(real=one, synthetic=other) == pytest.approx(expected)
    assert volatility_ratio(real=one, synthetic=[item * 3 for item in one]) == pytest.approx(3)
    assert volatility_ratio(real=one, synthetic=[np.zeros((5, 2))]) == 0
    huge = [item * 1e200 for item in one]
    assert volatility_ratio(real=huge, synthetic=huge) == pytest.approx(1)


def test_roughness_is_found_beneath_a_shape_that_all_share():
    rng = np.random.default_rng(0)
    shape = 10 * np.sin(np.arange(48) / 8)
    real = [shape + rng.standard_normal(48) for _ in range(30)]
    assert volatility_ratio(real=real, synthetic=[shape] * 30) > 0.4
    assert roughness_ratio(real=real, synthetic=[shape] * 30) < 0.1
    bends = [np.sqrt(np.square(np.diff(np.stack(side), n=2, axis=1)).mean()) for side in (real, [shape] * 30)]
    assert roughness_ratio(real=real, synthetic=[shape] * 30) == pytest.approx(bends[1] / bends[0])


def test_smoothed_series_have_a_low_volatility_and_another_spectrum():
    series = walks(60)
    assert volatility_ratio(real=series, synthetic=smoothed(series)) < 0.6
    assert spectrum_similarity(real=series, synthetic=smoothed(series)) < 0.7
    noisy = [item + np.random.default_rng(3).standard_normal(item.shape) for item in series]
    assert volatility_ratio(real=series, synthetic=noisy) > 1.5
    assert autocorrelation_similarity(real=series, synthetic=noisy) < autocorrelation_similarity(
        real=series, synthetic=walks(60, 1)
    )


def test_similarities_are_means_of_smirnov_distances():
    one, other = walks(20), walks(33, 4, rough=2)

    def lagged(item, lag):
        centred = item - item.mean(axis=0)
        return [float(c[lag:] @ c[:-lag] / (c @ c)) for c in centred.T]

    expected = []
    for lag in (1, 2, 4, 8):
        sides = [np.array([lagged(item, lag) for item in side]) for side in (one, other)]
        expected += [1 - ks_2samp(sides[0][:, c], sides[1][:, c]).statistic for c in range(2)]
    assert autocorrelation_similarity(real=one, synthetic=other) == pytest.approx(np.mean(expected))
    pairs = [[np.corrcoef(item.T)[0, 1] for item in side] for side in (one, other)]
    expected_pairs = 1 - ks_2samp(*pairs).statistic
    assert channel_correlation_similarity(real=one, synthetic=other) == pytest.approx(expected_pairs)
    lengths = [[len(item) for item in side] for side in (one, other)]
    assert series_length_similarity(real=one, synthetic=other) == pytest.approx(1 - ks_2samp(*lengths).statistic)


def test_bands_share_the_power_of_a_tone():
    tones = [np.sin(2 * np.pi * frequency * np.arange(200.0)) for frequency in (0.02, 0.08, 0.2, 0.4)]
    traits = traits_of_series(series_sides(tones, tones)["real"])
    assert traits.bands[:, 0].argmax(axis=1).tolist() == [0, 1, 2, 3]
    assert traits.bands.sum(axis=2) == pytest.approx(1)
    assert traits.bands[:, 0].max(axis=1).min() > 0.9


def test_a_trait_of_a_series_does_not_depend_on_those_beside_it():
    series = walks(300)
    whole = traits_of_series(series_sides(series, series)["real"])
    part = traits_of_series(series_sides(series[290:], series)["real"])
    assert whole.bands[290:].tobytes() == part.bands.tobytes()
    assert whole.correlations[290:].tobytes() == part.correlations.tobytes()


def test_what_cannot_be_said_is_undefined():
    still, moving = [np.ones((9, 2))] * 3, walks(3)
    with pytest.raises(UndefinedError, match="no real series moves"):
        volatility_ratio(real=still, synthetic=moving)
    with pytest.raises(UndefinedError, match="no synthetic series has two steps"):
        volatility_ratio(real=moving, synthetic=[np.ones((1, 2))])
    with pytest.raises(UndefinedError, match="one channel"):
        channel_correlation_similarity(real=[np.arange(5.0)], synthetic=[np.arange(5.0)])
    with pytest.raises(UndefinedError, match="long and lively enough to have a spectrum"):
        spectrum_similarity(real=still, synthetic=moving)


def test_wrong_use_is_said():
    with pytest.raises(ShapeError, match="`real` has 2 channels and `synthetic` 1"):
        volatility_ratio(real=walks(3), synthetic=walks(3, channels=1))
    with pytest.raises(SampleSizeError, match="`synthetic` has no series"):
        volatility_ratio(real=walks(3), synthetic=[])
    with pytest.raises(DataError, match="`real` holds no series"):
        volatility_ratio(real=TextSamples.of(["a"]), synthetic=walks(3))


def test_an_audit_tells_dead_volatility_and_passes_fresh_series():
    real, holdout = as_dataset(walks(120)), as_dataset(walks(120, 1))
    dead = ak.audit(real=real, synthetic=as_dataset(smoothed(walks(120, 2))), holdout=holdout)
    alive = ak.audit(real=real, synthetic=as_dataset(walks(120, 3)), holdout=holdout)
    assert dead.scores["volatility_ratio"].value < 0.6
    told = [finding for finding in dead.check().findings if finding.kind == "volatility"]
    assert len(told) == 1
    assert "dead volatility" in told[0].sentence
    assert not [finding for finding in alive.check().findings if finding.kind == "volatility"]
