"""Networks: they learn, they repeat themselves, and they know which way harms them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from auditkit.ablation.designs import Features
from auditkit.ablation.models import fit_model
from auditkit.ablation.networks import Network

SHAPE = (8, 8, 1)


def _pictures(n: int = 240, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A bright bar, upright or lying."""
    rng = np.random.default_rng(seed)
    target = rng.integers(0, 2, n).astype(float)
    images = 0.3 * rng.random((n, 8, 8))
    for image, lying, place in zip(images, target, rng.integers(0, 8, n), strict=True):
        image[place if lying else slice(None), slice(None) if lying else place] += 0.7
    return images.reshape(n, -1), target


TRAIN, TEST = _pictures(), _pictures(seed=1)
PIXELS = Features(TRAIN[0], np.zeros(64, dtype=bool), pixels=True, shape=SHAPE)


def test_convolutions_see_what_a_linear_model_cannot() -> None:
    asked = Features(TEST[0], PIXELS.categorical, pixels=True, shape=SHAPE)
    right = {
        name: np.mean(
            fit_model(name, train=PIXELS, target=TRAIN[1], n_classes=2, seed=0)(asked, TEST[1]).predicted == TEST[1]
        )
        for name in ("logistic", "convolution")
    }
    assert right["convolution"] > 0.95 > right["logistic"]


def test_the_same_seed_gives_the_same_network(twice_in_other_worlds: Callable) -> None:
    def fit() -> bytes:
        return Network("layers", "classification", 3).fit(*TRAIN).predict_proba(TEST[0]).tobytes()

    first, second = twice_in_other_worlds(fit)
    assert first == second
    assert first != Network("layers", "classification", 4).fit(*TRAIN).predict_proba(TEST[0]).tobytes()


def test_numbers_are_predicted_in_their_own_unit() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(300, 3))
    target = 1000 + 50 * values[:, 0]
    found = Network("layers", "regression", 0).fit(values[:200], target[:200]).predict(values[200:])
    assert np.corrcoef(found, target[200:])[0, 1] > 0.98
    assert abs(found.mean() - target[200:].mean()) < 5


def test_rows_of_weight_zero_teach_nothing() -> None:
    values, target = TRAIN
    wrong = np.r_[target, 1 - target]
    weights = np.r_[np.ones(len(target)), np.zeros(len(target))]
    model = Network("convolutions", "classification", 0, SHAPE).fit(np.r_[values, values], wrong, weights)
    assert np.mean(model.predict(TEST[0]) == TEST[1]) > 0.9


@pytest.mark.parametrize("kind", ["layers", "convolutions"])
def test_the_gradient_is_that_of_the_loss(kind: str) -> None:
    model = Network(kind, "classification", 0, SHAPE).fit(*TRAIN)
    rows, truth = TEST[0][:5], TEST[1][:5]
    slope = model.gradient(rows, truth)

    def loss(values: np.ndarray) -> float:
        given = model.predict_proba(values)[np.arange(5), truth.astype(int)]
        return float(-np.log(given).sum())

    step = 1e-3 * np.random.default_rng(0).standard_normal(rows.shape)
    assert loss(rows + step) - loss(rows - step) == pytest.approx(2 * (slope * step).sum(), rel=0.05, abs=1e-4)


def test_units_of_a_class_never_seen_are_not_moved() -> None:
    model = Network("layers", "classification", 0).fit(*TRAIN)
    assert not model.gradient(TEST[0][:3], np.full(3, 7.0)).any()


def test_an_attack_harms_more_than_noise_and_stays_among_pixels() -> None:
    fitted = fit_model("network", train=PIXELS, target=TRAIN[1], n_classes=2, seed=0)
    asked = Features(TEST[0], PIXELS.categorical, pixels=True, shape=SHAPE)
    clean = np.mean(fitted(asked, TEST[1]).predicted == TEST[1])
    attacked = fitted.attacked(asked, TEST[1], strength=0.3)
    noisy = fitted(_noisy(asked), TEST[1])
    assert np.mean(attacked.predicted == TEST[1]) < min(clean, np.mean(noisy.predicted == TEST[1])) - 0.2
    plain = fit_model("logistic", train=PIXELS, target=TRAIN[1], n_classes=2, seed=0)
    assert plain.attacked(asked, TEST[1], strength=0.3) is None


def _noisy(asked: Features) -> Features:
    moved = asked.values + 0.3 * np.random.default_rng(0).choice([-1.0, 1.0], asked.values.shape)
    return replace(asked, values=np.clip(moved, 0, 1))


def test_an_attack_leaves_levels_of_categories_alone() -> None:
    values = np.c_[TRAIN[0][:, :2], TRAIN[1]]
    features = Features(values, np.array([False, False, True]))
    fitted = fit_model("network", train=features, target=TRAIN[1], n_classes=2, seed=0)
    assert fitted.design.numbers.tolist() == [True, True, False, False]
