"""The inception score against its definition, a slow loop and torch-fidelity's order of samples."""

from __future__ import annotations

import math

import numpy as np
import pytest

from auditkit.errors import AuditkitError, SampleSizeError, ShapeError
from auditkit.metrics import inception_score, inception_score_with_spread


def probabilities(seed, n=53, classes=7):
    logits = 2 * np.random.default_rng(seed).normal(size=(n, classes))
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


def by_loop(table, splits, seed):
    """The definition with torch-fidelity's shuffle and splits, in plain Python."""
    order = np.random.RandomState(seed).permutation(len(table))
    scores = []
    for i in range(splits):
        part = [table[row] for row in order[i * len(table) // splits : (i + 1) * len(table) // splits]]
        whole = [math.fsum(row[c] for row in part) / len(part) for c in range(table.shape[1])]
        each = [math.fsum(p * math.log(p / q) for p, q in zip(row, whole, strict=True) if p > 0) for row in part]
        scores.append(math.exp(math.fsum(each) / len(each)))
    return scores


@pytest.mark.parametrize(("splits", "seed"), [(1, 2020), (10, 2020), (4, 3)])
def test_matches_a_slow_loop_in_torch_fidelitys_order(splits, seed):
    table = probabilities(0)
    table[::3] = np.eye(7)[np.arange(len(table[::3])) % 7]
    found = inception_score_with_spread(probabilities=table, splits=splits, seed=seed)
    expected = by_loop(table, splits, seed)
    assert found.splits == pytest.approx(expected, rel=1e-13)
    assert found.mean == pytest.approx(np.mean(expected), rel=1e-13)
    assert found.deviation == pytest.approx(np.std(expected), rel=1e-10, abs=1e-14)
    assert inception_score(probabilities=table, splits=splits, seed=seed) == found.mean


def test_certain_and_even_classes_score_their_number():
    assert inception_score(probabilities=np.eye(5)[np.arange(50) % 5], splits=1) == pytest.approx(5.0, rel=1e-14)


def test_samples_that_all_look_alike_score_one():
    assert inception_score(probabilities=np.tile(probabilities(1)[:1], (40, 1))) == pytest.approx(1.0, rel=1e-14)


def test_collapse_within_a_class_goes_unseen():
    varied = np.eye(3)[np.arange(90) % 3]
    assert inception_score(probabilities=varied[[0, 1, 2] * 30], splits=1) == inception_score(
        probabilities=varied, splits=1
    )


def test_global_random_state_is_left_alone(twice_in_other_worlds):
    first, second = twice_in_other_worlds(lambda: inception_score(probabilities=probabilities(2)))
    assert first == second


def test_probabilities_in_half_precision_are_taken():
    table = probabilities(4)
    half = table.astype(np.float16)
    assert np.abs(half.astype(float).sum(axis=1) - 1).max() > 1e-4
    assert inception_score(probabilities=half) == pytest.approx(inception_score(probabilities=table), rel=1e-3)


def test_probabilities_in_single_precision_are_taken():
    table = probabilities(4)
    assert inception_score(probabilities=table.astype(np.float32)) == pytest.approx(
        inception_score(probabilities=table), rel=1e-6
    )


@pytest.mark.parametrize(
    ("spoil", "kind", "said"),
    [
        (lambda x: x * np.where(np.arange(len(x)) < 3, 0.5, 1.0)[:, None], ShapeError, "3 of 53 rows that do not sum"),
        (np.log, ShapeError, "give probabilities, by a softmax"),
        (lambda x: np.where(x == x.max(), np.nan, x), ShapeError, "`probabilities` has 1 of 53 rows"),
        (lambda x: x[0], ShapeError, "`probabilities` must have shape"),
        (lambda x: x[:4], SampleSizeError, "`probabilities` has 4 rows for 10 splits"),
    ],
)
def test_what_is_no_table_of_probabilities_is_refused(spoil, kind, said):
    with pytest.raises(kind, match=said):
        inception_score(probabilities=spoil(probabilities(5)))


@pytest.mark.parametrize("bad", [{"splits": 0}, {"splits": 2.5}, {"splits": True}, {"seed": -1}, {"seed": 2**40}])
def test_impossible_splits_and_seeds_are_refused(bad):
    with pytest.raises(AuditkitError, match=f"`{next(iter(bad))}` must be"):
        inception_score(probabilities=probabilities(6), **bad)
