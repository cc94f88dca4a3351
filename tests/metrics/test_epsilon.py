"""Bounds on epsilon: closed forms, simulated attackers on a mechanism of known epsilon, and mistakes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import beta, binom

from auditkit.errors import AuditkitError, SampleSizeError
from auditkit.metrics.epsilon import MOST, epsilon_from_guesses, epsilon_from_rates, exposure


@pytest.mark.parametrize("n", [5, 100, 3000])
def test_all_guesses_right_is_a_root_of_the_level(n):
    chance = 0.05 ** (1 / n)
    assert epsilon_from_guesses(correct=n, guesses=n) == pytest.approx(math.log(chance / (1 - chance)), abs=1e-9)


@pytest.mark.parametrize(("correct", "guesses"), [(70, 100), (900, 1000), (58, 60)])
def test_the_bound_is_where_the_binomial_tail_is_the_level(correct, guesses):
    epsilon = epsilon_from_guesses(correct=correct, guesses=guesses)
    tail = binom.sf(correct - 1, guesses, 1 / (1 + math.exp(-epsilon)))
    assert tail == pytest.approx(0.05, abs=1e-9)


def test_nothing_is_shown_by_chance_or_by_silence():
    assert epsilon_from_guesses(correct=52, guesses=100) == 0.0
    assert epsilon_from_guesses(correct=0, guesses=0) == 0.0
    assert epsilon_from_guesses(correct=10**7, guesses=10**7, level=0.001) <= MOST


def test_delta_lowers_the_bound_and_more_so_with_more_canaries():
    bounds = [epsilon_from_guesses(correct=95, guesses=100, canaries=n, delta=1e-5) for n in (100, 1000, 10_000)]
    assert epsilon_from_guesses(correct=95, guesses=100) > bounds[0] > bounds[1] > bounds[2]


def test_delta_enters_as_in_the_theorem():
    correct, guesses, canaries, delta = 90, 100, 400, 1e-4
    epsilon = epsilon_from_guesses(correct=correct, guesses=guesses, canaries=canaries, delta=delta)
    chance = 1 / (1 + math.exp(-epsilon))
    gains = [
        (binom.cdf(correct - 1, guesses, chance) - binom.cdf(correct - i - 1, guesses, chance)) / i
        for i in range(1, correct + 1)
    ]
    tail = binom.sf(correct - 1, guesses, chance) + 2 * canaries * delta * max(gains)
    assert tail == pytest.approx(0.05, abs=1e-8)


@pytest.mark.parametrize("truth", [0.5, 2.0])
def test_a_mechanism_of_known_epsilon_is_seldom_accused(truth):
    rng = np.random.default_rng(0)
    n, keeps = 200, 1 / (1 + math.exp(-truth))
    too_large = sum(epsilon_from_guesses(correct=int(rng.binomial(n, keeps)), guesses=n) > truth for _ in range(400))
    assert too_large / 400 < 0.05 + 3 * math.sqrt(0.05 * 0.95 / 400)
    table = rng.binomial(100, [keeps, 1 - keeps], (400, 2))
    found = [
        epsilon_from_rates(true_positives=int(hit), members=100, false_positives=int(slip), strangers=100)
        for hit, slip in table
    ]
    assert np.mean(np.array(found) > truth) < 0.08
    assert np.median(found) > 0.15 * truth


def test_rates_are_at_their_clopper_pearson_limits():
    low, high = beta.ppf(0.025, 80, 21), beta.ppf(0.975, 11, 90)
    expected = max(math.log(low / high), math.log((1 - high) / (1 - low)))
    found = epsilon_from_rates(true_positives=80, members=100, false_positives=10, strangers=100)
    assert found == pytest.approx(expected, abs=1e-9)
    assert epsilon_from_rates(true_positives=50, members=100, false_positives=50, strangers=100) == 0.0
    assert epsilon_from_rates(true_positives=0, members=0, false_positives=0, strangers=0) == 0.0


def test_a_record_like_others_has_an_exposure_of_one_over_log_two():
    bits = [exposure(nearer=rank, candidates=4096) for rank in range(4096)]
    assert np.mean(bits) == pytest.approx(1 / math.log(2), abs=0.01)
    assert bits[-1] == 0.0


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda: epsilon_from_guesses(correct=5, guesses=4), SampleSizeError, "correct <= guesses"),
        (lambda: epsilon_from_guesses(correct=3, guesses=4, canaries=3), SampleSizeError, "guesses <= canaries"),
        (lambda: epsilon_from_guesses(correct=3, guesses=4, delta=1.0), AuditkitError, "0 <= delta < 1"),
        (lambda: exposure(nearer=5, candidates=5), SampleSizeError, "nearer < candidates"),
    ],
)
def test_mistakes_are_said_in_a_sentence(call, error, sentence):
    with pytest.raises(error, match=sentence):
        call()
