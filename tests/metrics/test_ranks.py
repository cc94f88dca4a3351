"""Areas under the curve and their errors against scikit-learn, scipy, pairs counted one by one, and permuted labels."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import mannwhitneyu, norm
from sklearn.metrics import roc_auc_score

from auditkit.metrics.ranks import area_interval, area_under_curve, null_error, with_ties


def scored(seed, n=60, m=45, levels=None):
    rng = np.random.default_rng(seed)
    positive = np.arange(n + m) >= n
    scores = rng.normal(size=n + m) + 0.7 * positive
    return (np.round(scores * levels) if levels else scores), positive


@pytest.mark.parametrize("levels", [None, 2])
@pytest.mark.parametrize("seed", range(5))
def test_area_is_that_of_scikit_learn(seed, levels):
    scores, positive = scored(seed, levels=levels)
    assert area_under_curve(scores, positive)[0] == pytest.approx(roc_auc_score(positive, scores), abs=1e-12)


@pytest.mark.parametrize("levels", [None, 2])
def test_error_is_delongs(levels):
    scores, positive = scored(7, levels=levels)
    wins = np.array([[(a > b) + 0.5 * (a == b) for b in scores[~positive]] for a in scores[positive]])
    variance = wins.mean(axis=1).var(ddof=1) / wins.shape[0] + wins.mean(axis=0).var(ddof=1) / wins.shape[1]
    assert area_under_curve(scores, positive)[1] == pytest.approx(np.sqrt(variance), rel=1e-12)


def test_area_needs_both_classes_and_every_score():
    assert area_under_curve(np.arange(5.0), np.zeros(5, bool)) is None
    assert area_under_curve(np.array([0.0, np.nan, 1.0, 2.0]), np.array([True, True, False, False])) is None


def test_infinite_scores_are_the_outermost_ranks():
    scores = np.array([-np.inf, 1.0, 2.0, np.inf, np.inf, 3.0])
    positive = np.array([False, True, False, True, False, True])
    finite = np.array([-9.0, 1.0, 2.0, 9.0, 9.0, 3.0])
    assert area_under_curve(scores, positive) == area_under_curve(finite, positive)
    assert null_error(scores, positive) == null_error(finite, positive)


@pytest.mark.parametrize("levels", [None, 1])
def test_error_without_a_difference_gives_scipys_p_value(levels):
    scores, positive = scored(8, levels=levels)
    z = (area_under_curve(scores, positive)[0] - 0.5) / null_error(scores, positive)
    expected = mannwhitneyu(
        scores[positive], scores[~positive], method="asymptotic", use_continuity=False, alternative="greater"
    ).pvalue
    assert norm.sf(z) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("levels", [None, 1])
def test_error_without_a_difference_is_that_of_permuted_labels(levels):
    scores, positive = scored(9, n=30, m=20, levels=levels)
    rng = np.random.default_rng(0)
    permuted = [area_under_curve(scores, rng.permutation(positive))[0] for _ in range(4000)]
    assert null_error(scores, positive) == pytest.approx(np.std(permuted), rel=0.04)


def test_equal_scores_leave_nothing_to_vary():
    assert null_error(np.ones(9), np.arange(9) > 4) == 0.0


def test_samples_that_do_not_overlap_still_have_an_interval():
    scores, positive = np.arange(40.0), np.arange(40) >= 20
    area, error = area_under_curve(scores, positive)
    low, high = area_interval(area, error, 20)
    assert (area, error, high) == (1.0, 0.0, 1.0)
    assert 0.8 < low < 0.9


@pytest.mark.parametrize("scale", [1.0, 0.1, 0.7, 1 / 3])
def test_values_that_round_apart_are_ties(scale):
    lattice = np.random.default_rng(0).integers(-3, 4, size=(400, 5))
    squares = (lattice**2).sum(axis=1)
    rounded = (lattice * scale) ** 2 @ np.ones(5)
    assert len(np.unique(with_ties(rounded))) == len(np.unique(squares))
    np.testing.assert_allclose(with_ties(rounded), scale**2 * squares, rtol=1e-14)


def test_infinite_values_tie_with_each_other_alone():
    values = np.array([np.inf, 1.0, -np.inf, 0.0, 1.0 + 1e-13, np.inf, -np.inf, 1.0 + 1e-11])
    assert with_ties(values).tolist() == [np.inf, 1.0, -np.inf, 0.0, 1.0, np.inf, -np.inf, 1.0 + 1e-11]
    assert with_ties(np.zeros(0)).shape == (0,)
