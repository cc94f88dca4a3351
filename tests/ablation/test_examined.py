"""What models are tested on: the test part, disturbed, attacked, and sets from elsewhere; and what they lose there."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from auditkit.ablation import Ablation, ablate
from auditkit.ablation.designs import Features
from auditkit.ablation.examined import examined_sets
from auditkit.ablation.problem import Prepared
from auditkit.data import Dataset
from auditkit.errors import DataError, UnknownNameError

MakeSet = Callable[..., Dataset]


def _sets(values: np.ndarray, *, codes: int = 0, shape: tuple[int, int, int] | None = None) -> dict[str, Prepared]:
    categorical = np.arange(values.shape[1]) < codes
    features = Features(values, categorical, pixels=shape is not None, shape=shape)
    item = Prepared(features, np.zeros(len(values)), {}, 0)
    return {"real": item, "test": item}


def _values(name: str, sets: dict[str, Prepared], seed: int = 0) -> np.ndarray:
    return examined_sets(sets, perturb=[name], seed=seed)[name].features.values


def test_noise_is_in_standard_deviations_of_each_column_and_leaves_codes_and_gaps_alone() -> None:
    rng = np.random.default_rng(0)
    values = np.c_[rng.integers(0, 3, 4000), rng.normal(scale=100, size=4000), rng.normal(scale=0.1, size=4000)]
    values[:50, 1] = np.nan
    moved = _values("noise=0.5", _sets(values, codes=1)) - values
    assert not moved[:, 0].any()
    assert np.isnan(moved[:50, 1]).all()
    assert np.nanstd(moved[:, 1]) == pytest.approx(50, rel=0.05)
    assert np.std(moved[:, 2]) == pytest.approx(0.05, rel=0.05)


def test_the_same_seed_disturbs_the_same_way() -> None:
    sets = _sets(np.random.default_rng(0).normal(size=(20, 2)))
    assert np.array_equal(_values("noise=0.1", sets), _values("noise=0.1", sets))
    assert not np.array_equal(_values("noise=0.1", sets), _values("noise=0.1", sets, seed=1))


def test_blur_is_scipys_and_noise_on_pixels_stays_among_them() -> None:
    images = np.random.default_rng(0).random((4, 6, 5, 3))
    sets = _sets(images.reshape(4, -1), shape=(6, 5, 3))
    expected = np.stack([gaussian_filter(images[k, ..., c], 2.0) for k in range(4) for c in range(3)])
    blurred = _values("blur=2", sets).reshape(4, 6, 5, 3).transpose(0, 3, 1, 2).reshape(12, 6, 5)
    assert np.allclose(blurred, expected, atol=1e-12)
    noisy = _values("noise=0.5", sets)
    assert 0 == noisy.min() < noisy.max() == 1


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("nose", UnknownNameError, "did you mean 'noise'"),
        ("noise=-1", DataError, "a number above 0"),
        ("noise=much", DataError, "a number above 0"),
        ("blur", DataError, "needs pixels"),
    ],
)
def test_disturbances_that_cannot_be_are_refused(name: str, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        examined_sets(_sets(np.ones((4, 2))), perturb=[name], seed=0)


def test_categories_alone_cannot_be_moved() -> None:
    with pytest.raises(DataError, match="no column of numbers"):
        examined_sets(_sets(np.ones((4, 2)), codes=2), perturb=["noise"], seed=0)


@pytest.fixture(scope="module")
def found(make_set: MakeSet) -> Ablation:
    return ablate(
        real=make_set(),
        test=make_set(150, seed=1),
        arms={"all": make_set(seed=2)},
        repeats=3,
        models=("logistic", "network"),
        perturb=("noise=2", "fgsm=0.5"),
        shifted={"later": make_set(90, seed=5, wrong=0.5)},
        include=["synthetic"],
    )


def _score(found: Ablation, metric: str, model: str, test: str, arm: str = "real"):
    return found.scores.get(metric, {"arm": arm, "measure": "balanced_accuracy", "model": model, "test": test})


def test_every_arm_is_scored_and_compared_on_every_set(found: Ablation) -> None:
    for test in ("noise=2", "later"):
        own, real = (_score(found, "ablation_score", "logistic", test, arm) for arm in ("synthetic", "real"))
        difference = _score(found, "ablation_difference", "logistic", test, "synthetic")
        assert difference.value == pytest.approx(own.value - real.value)
        assert own.yardstick == real.value
    assert found.about["tests"] == {"noise=2": 150, "fgsm=0.5": 150, "later": 90}
    assert _score(found, "ablation_score", "logistic", "later").details["n_test"] == 90


def test_what_is_lost_is_the_value_on_the_test_part_less_that_there(found: Ablation) -> None:
    clean = found.scores.get("ablation_score", {"arm": "real", "measure": "balanced_accuracy", "model": "logistic"})
    for test in ("noise=2", "later"):
        drop = _score(found, "ablation_drop", "logistic", test)
        assert drop.value == pytest.approx(clean.value - _score(found, "ablation_score", "logistic", test).value)
        assert drop.value > 0.1
        assert drop.low < drop.value < drop.high
        assert drop.direction == "lower"


def test_only_networks_can_be_attacked(found: Ablation) -> None:
    drop = _score(found, "ablation_drop", "network", "fgsm=0.5")
    assert drop.low > 0
    other = _score(found, "ablation_drop", "logistic", "fgsm=0.5")
    assert other.status == "undefined"
    assert "no gradient" in other.reason


def test_the_frame_is_about_the_test_part_as_it_is(found: Ablation) -> None:
    frame = found.frame()
    assert len(frame) == 12
    for row in frame[frame["arm"] == "synthetic"].itertuples():
        real = frame.query("arm == 'real' and model == @row.model and measure == @row.measure")["value"].item()
        assert row.difference == pytest.approx(row.value - real)


def test_the_gap_to_the_units_trained_on_is_positive_where_they_are_known_by_heart(found: Ablation) -> None:
    where = {"arm": "real", "measure": "balanced_accuracy"}
    gaps = {m: found.scores.get("ablation_train_gap", where | {"model": m}) for m in ("logistic", "network")}
    assert gaps["network"].value > gaps["logistic"].value
    assert gaps["network"].low > 0


def test_a_shifted_set_that_was_trained_on_is_refused(make_set: MakeSet) -> None:
    real = make_set()
    with pytest.raises(DataError, match="the set `later` must be unseen"):
        ablate(real=real, test=make_set(60, seed=1), arms={}, shifted={"later": real})
