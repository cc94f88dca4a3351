"""The membership attack: brute force, permuted labels, and what it finds and does not find."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from auditkit.errors import UnknownNameError
from auditkit.metrics import membership_inference
from tests.oracles import read, squared_distances


def scores_of(real, synthetic, holdout, attack):
    """Score of every record, members first, by brute force over the pool of both."""
    pool = np.concatenate([real, holdout])
    to_synthetic = squared_distances(pool, synthetic).min(axis=1)
    if attack == "distance":
        return -to_synthetic
    own = squared_distances(pool, pool)
    np.fill_diagonal(own, np.inf)
    own = own.min(axis=1)
    return [-1.0 if a == b == 0 else -np.inf if b == 0 else -a / b for a, b in zip(to_synthetic, own, strict=True)]


SETS = {
    "gaussian": lambda rng, n: rng.normal(size=(n, 3)),
    "lattice": lambda rng, n: rng.integers(0, 6, (n, 2)).astype(float),
    "far": lambda rng, n: 2.0**23 + rng.integers(0, 50, (n, 2)).astype(float),
}


@pytest.mark.parametrize("attack", ["density_ratio", "distance"])
@pytest.mark.parametrize("make", SETS.values(), ids=SETS)
def test_area_is_that_of_brute_force(make, attack):
    rng = np.random.default_rng(0)
    real, synthetic, holdout = make(rng, 80), make(rng, 60), make(rng, 50)
    scores = np.maximum(scores_of(real, synthetic, holdout, attack), -1e12)
    expected = roc_auc_score(np.arange(130) < 80, np.round(scores, 10))
    value = membership_inference(real=real, synthetic=synthetic, holdout=holdout, attack=attack)
    assert value == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("make", SETS.values(), ids=SETS)
def test_without_copies_it_varies_as_permuted_labels_do(make):
    rng = np.random.default_rng(1)
    pool, synthetic = make(rng, 90), make(rng, 70)
    permuted = []
    for _ in range(300):
        order = rng.permutation(90)
        found = read("membership_inference", pool[order[:50]], synthetic, pool[order[50:]])
        permuted.append(found.value)
    assert np.mean(permuted) == pytest.approx(0.5, abs=0.015)
    assert found.spread["se"] == pytest.approx(np.std(permuted), rel=0.15)


def test_a_generator_that_blurs_its_records_gives_them_away():
    rng = np.random.default_rng(2)
    real, holdout = rng.normal(size=(300, 4)), rng.normal(size=(300, 4))
    found = read("membership_inference", real, real + 0.2 * rng.normal(size=real.shape), holdout)
    assert found.value > 0.75
    assert found.interval[0] > 0.7
    assert found.details["true_positive_rate"] > 0.3


def test_the_ratio_finds_what_distance_alone_does_not():
    rng = np.random.default_rng(3)
    width = np.repeat([0.01, 10.0], 150)[:, None]
    real, holdout = width * rng.normal(size=(300, 3)), width * rng.normal(size=(300, 3))
    synthetic = real + 0.2 * width * rng.normal(size=real.shape)
    ratio, distance = (
        membership_inference(real=real, synthetic=synthetic, holdout=holdout, attack=attack)
        for attack in ("density_ratio", "distance")
    )
    assert ratio > distance + 0.05


def test_true_positive_rate_is_that_where_at_most_one_in_a_hundred_is_accused_wrongly():
    rng = np.random.default_rng(4)
    real, holdout = rng.normal(size=(200, 3)), rng.normal(size=(250, 3))
    synthetic = np.concatenate([real[:30], rng.normal(size=(100, 3))])
    scores = np.maximum(scores_of(real, synthetic, holdout, "density_ratio"), -1e12)
    false, true, _ = roc_curve(np.arange(450) < 200, scores, drop_intermediate=False)
    expected = true[false <= 0.01].max()
    found = read("membership_inference", real, synthetic, holdout)
    assert found.details["true_positive_rate"] == pytest.approx(expected, abs=1e-12)
    assert expected >= 0.15


def test_a_complete_leak_still_has_an_interval():
    rng = np.random.default_rng(5)
    real, holdout = rng.normal(size=(40, 3)), rng.normal(size=(30, 3))
    found = read("membership_inference", real, real, holdout)
    assert found.value == 1.0
    assert 0.8 < found.interval[0] < 0.95
    assert found.interval[1] == 1.0


def test_a_record_of_both_sets_that_was_generated_speaks_for_neither():
    real, holdout = np.array([[0.0], [5.0]]), np.array([[0.0], [9.0]])
    assert membership_inference(real=real, synthetic=np.array([[0.0], [7.0]]), holdout=holdout) == 0.5


def test_an_unknown_attack_is_refused():
    rows = np.arange(6.0)[:, None]
    with pytest.raises(UnknownNameError, match="did you mean 'distance'"):
        membership_inference(real=rows, synthetic=rows, holdout=rows, attack="distances")
