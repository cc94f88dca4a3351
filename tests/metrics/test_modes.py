"""The divergence of class shares: scipy's entropy, its chance level, its limits, and classes without real samples."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import entropy

from auditkit.errors import AuditkitError, UndefinedError
from auditkit.metrics import reverse_kl
from auditkit.metrics.products import Side
from tests import oracles


def read(real, synthetic, **parameters):
    levels = tuple(map(str, range(1 + max(*real, *synthetic))))
    sides = {
        role: Side(np.zeros((len(codes), 0)), labels=np.asarray(codes), label_levels=levels)
        for role, codes in (("real", real), ("synthetic", synthetic))
    }
    return oracles.read("reverse_kl", **sides, **parameters)


def test_divergence_is_scipys_entropy_of_the_synthetic_shares():
    rng = np.random.default_rng(0)
    real, synthetic = rng.integers(6, size=300), rng.integers(1, 5, size=200)
    expected = entropy(np.bincount(synthetic, minlength=6), np.bincount(real, minlength=6))
    assert reverse_kl(real=real, synthetic=synthetic) == pytest.approx(expected, rel=1e-12)


def test_divergence_is_taken_from_the_synthetic_side():
    # All synthetic samples in one of two equal classes: log 2; the other way round it would be infinite.
    assert reverse_kl(real=["a", "b"], synthetic=["a"]) == pytest.approx(np.log(2))


def test_two_samples_of_one_distribution_score_what_chance_gives():
    rng = np.random.default_rng(1)
    shares = np.array([0.3, 0.25, 0.2, 0.15, 0.1])
    found = [read(rng.choice(5, 400, p=shares), rng.choice(5, 300, p=shares)) for _ in range(600)]
    assert found[0].null == pytest.approx(4 / 2 * (1 / 400 + 1 / 300))
    assert np.mean([item.value for item in found]) == pytest.approx(found[0].null, rel=0.1)


def test_limits_hold_away_from_equal_shares():
    rng = np.random.default_rng(2)
    q, p = np.array([0.4, 0.3, 0.2, 0.1]), np.array([0.15, 0.25, 0.25, 0.35])
    found = [read(rng.choice(4, 500, p=q), rng.choice(4, 400, p=p)) for _ in range(500)]
    expectation = np.mean([item.value for item in found])
    covered = [item.interval[0] <= expectation <= item.interval[1] for item in found]
    assert np.mean(covered) >= 0.93
    ideal = 2 * 1.96 * np.std([item.value for item in found])
    assert np.mean([np.ptp(item.interval) for item in found]) < 1.3 * ideal


def test_a_class_that_the_real_data_lack_makes_it_undefined_with_the_count():
    with pytest.raises(UndefinedError, match=r"1 class of the synthetic data does not occur .* \(2 of 6 samples\)"):
        reverse_kl(real=list("aabb"), synthetic=list("aabbcc"))
    with pytest.raises(UndefinedError, match="2 classes of the synthetic data do not occur"):
        reverse_kl(real=list("aabb"), synthetic=list("abcd"))


def test_pseudocounts_make_unknown_classes_count_finitely():
    value = reverse_kl(real=list("aabb"), synthetic=list("aabbcc"), pseudocount=0.5)
    assert value == pytest.approx(entropy([2.5, 2.5, 2.5], [2.5, 2.5, 0.5]), rel=1e-12)


@pytest.mark.parametrize("pseudocount", [-1, float("inf"), float("nan"), "1", True, None])
def test_an_impossible_pseudocount_is_refused(pseudocount):
    with pytest.raises(AuditkitError, match="`pseudocount` must be a number from 0 on, got"):
        reverse_kl(real=["a", "b"], synthetic=["a"], pseudocount=pseudocount)
