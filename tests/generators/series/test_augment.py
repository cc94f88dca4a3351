from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit.data import Dataset, SeriesSamples
from auditkit.errors import AuditkitError, UnknownNameError
from auditkit.generators import create
from auditkit.generators.series.augment import OPERATIONS
from auditkit.generators.series.barycentre import align_series, barycentre
from auditkit.generators.series.warps import WARPS


def waves(n: int = 12) -> Dataset:
    series = [np.sin(np.arange(40 + place % 3) / 4 + (place % 2) * 3) * (1 + place / 20) for place in range(n)]
    frame = pd.DataFrame({"kind": ["up", "down"] * (n // 2)})
    return Dataset.of_table(frame, label="kind", samples=SeriesSamples.of(series))


def slow_distance(one, other) -> float:
    least = np.full((len(one) + 1, len(other) + 1), np.inf)
    least[0, 0] = 0
    for i, a in enumerate(one):
        for j, b in enumerate(other):
            least[i + 1, j + 1] = ((a - b) ** 2).sum() + min(least[i, j], least[i, j + 1], least[i + 1, j])
    return float(least[-1, -1])


def test_an_alignment_costs_as_little_as_a_slow_search_finds():
    rng = np.random.default_rng(0)
    for _ in range(5):
        one, other = rng.standard_normal((9, 2)), rng.standard_normal((13, 2))
        own, others = align_series(one, other)
        assert np.square(one[own] - other[others]).sum() == pytest.approx(slow_distance(one, other))
        assert (own[0], others[0], own[-1], others[-1]) == (0, 0, 8, 12)
        assert set(np.diff(own)) <= {0, 1}
        assert (np.diff(own) + np.diff(others) >= 1).all()


def test_a_barycentre_keeps_a_peak_that_a_mean_blurs():
    peaks = [np.exp(-np.square(np.arange(30.0) - centre) / 4)[:, None] for centre in (10, 13, 16)]
    assert np.mean(peaks, axis=0).max() < 0.6
    assert barycentre(peaks, np.ones(3)).max() > 0.95


@pytest.mark.parametrize("name", WARPS)
def test_a_warp_of_no_strength_changes_nothing_and_a_strong_one_does(name):
    rng = np.random.default_rng(0)
    series = rng.standard_normal((30, 2)).cumsum(axis=0)
    assert WARPS[name](series, 0.0, rng) == pytest.approx(series, abs=1e-12)
    changed = WARPS[name](series, 1.0, rng)
    assert changed.shape == series.shape
    assert np.abs(changed - series).max() > 0.01
    assert WARPS[name](series[:1], 1.0, rng).shape == (1, 2)


def test_warps_of_time_stay_within_the_values_of_the_series():
    rng = np.random.default_rng(1)
    series = rng.standard_normal((50, 1))
    for name in ("time_warp", "window_slice", "window_warp"):
        changed = WARPS[name](series, 1.0, rng)
        assert series.min() <= changed.min() <= changed.max() <= series.max()
    warped = WARPS["time_warp"](np.arange(50.0)[:, None], 1.0, rng)
    assert (warped[0, 0], warped[-1, 0]) == pytest.approx((0, 49))
    assert (np.diff(warped[:, 0]) >= 0).all()


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_sample_stays_near_the_series_of_its_class(name):
    data = waves()
    made = create("augment", modality="series", operations=[name], strength=0.2).fit(data).sample(20, seed=1)
    for item, kind in zip(made.arrays(), made.group_values("kind"), strict=True):
        same = [series for series, own in zip(data.arrays(), data.group_values("kind"), strict=True) if own == kind]
        assert min(np.abs(series[:38] - item[:38]).mean() for series in same) < 0.5


def test_blocks_are_pieces_of_series_of_the_same_class():
    series = [np.arange(20.0) + 100 * place for place in range(6)]
    frame = pd.DataFrame({"kind": ["a", "a", "a", "b", "b", "b"]})
    data = Dataset.of_table(frame, label="kind", samples=SeriesSamples.of(series))
    made = create("block_bootstrap", modality="series", block=5).fit(data).sample(30, conditions={"kind": "b"}, seed=0)
    for item in made.arrays():
        assert len(item) == 20
        assert item.min() >= 300
        assert (np.diff(item[:, 0]) == 1).mean() >= 0.75
        assert np.abs(item[:, 0] % 100 - np.arange(20)).max() <= 5


def test_wrong_use_is_said():
    with pytest.raises(UnknownNameError, match="did you mean 'jitter'"):
        create("augment", modality="series", operations=["jiter"])
    with pytest.raises(AuditkitError, match="strength from 0 to 1"):
        create("augment", modality="series", strength=2.0)
    with pytest.raises(AuditkitError, match="n_operations from 1"):
        create("augment", modality="series", n_operations=9)
    with pytest.raises(AuditkitError, match="block of at least 1 step"):
        create("block_bootstrap", modality="series", block=0)
