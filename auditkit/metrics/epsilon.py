"""How much privacy a generator can have at most, from what an attacker guessed of records planted in its training data.

Differential privacy promises that nobody can guess well whether a record was used. Who guesses well has refuted the
promise for small epsilon. A lower bound near 0 shows nothing: another attack may guess better.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from auditkit.errors import AuditkitError, SampleSizeError
from auditkit.intervals import clopper_pearson

__all__ = ["epsilon_from_guesses", "epsilon_from_rates", "exposure"]

MOST = 50.0
_STEPS = 60


def epsilon_from_guesses(
    *, correct: int, guesses: int, canaries: int | None = None, delta: float = 0.0, level: float = 0.95
) -> float:
    """Lower bound on epsilon from guesses about records each of which was used by the toss of a fair coin.

    The largest epsilon with P[Binomial(guesses, e^epsilon / (1 + e^epsilon)) >= correct] + O(delta) <= 1 - level.

    Parameters
    ----------
    correct, guesses : int
        Right guesses and all guesses; the attacker may abstain.
    canaries : int, optional
        Coins tossed, `guesses` by default; it matters only where delta > 0.
    delta : float, default 0.0
        Of (epsilon, delta)-differential privacy.
    level : float, default 0.95

    Returns
    -------
    float >= 0
        With this confidence no generator of a smaller epsilon gives such guesses; 0 where nothing is shown, at most 50.

    Raises
    ------
    SampleSizeError
        If not 0 <= correct <= guesses <= canaries.
    AuditkitError
        If delta or level is no probability.

    Notes
    -----
    One run with many coins will do: given the guesses, a private generator leaves each coin nearly fair, whatever the
    others show, so right guesses are at most as many as a binomial's. Runs with new coins add up. A canary planted
    c times bounds c epsilon.

    References
    ----------
    Steinke, Nasr and Jagielski 2023, "Privacy Auditing with One (1) Training Run", NeurIPS, theorem 5.2.

    Examples
    --------
    >>> round(epsilon_from_guesses(correct=100, guesses=100), 3)
    3.493
    >>> epsilon_from_guesses(correct=50, guesses=100)
    0.0
    """
    n = guesses if canaries is None else canaries
    if not 0 <= correct <= guesses <= n:
        message = f"expected 0 <= correct <= guesses <= canaries, got {correct}, {guesses} and {n}."
        raise SampleSizeError(message)
    _check(delta, level)
    return _largest(lambda epsilon: _tail(correct, guesses, n, epsilon, delta) <= 1 - level)


def epsilon_from_rates(
    *,
    true_positives: int,
    members: int,
    false_positives: int,
    strangers: int,
    delta: float = 0.0,
    level: float = 0.95,
) -> float:
    """Lower bound on epsilon from one guess per run of a generator, about one record, used in some of the runs.

    max(log((TPR - delta) / FPR), log((TNR - delta) / FNR)), each rate at its Clopper-Pearson limit.

    Parameters
    ----------
    true_positives, members : int
        Runs with the record in which the attacker said so, and all runs with it.
    false_positives, strangers : int
        The same for runs without it.
    delta : float, default 0.0
    level : float, default 0.95
        Of both limits together.

    Returns
    -------
    float >= 0
        At most log of the number of runs or so: a large bound takes many runs.

    Raises
    ------
    SampleSizeError
        If more succeed than there are.
    AuditkitError
        If delta or level is no probability.

    References
    ----------
    Jagielski, Ullman and Oprea 2020, "Auditing Differentially Private Machine Learning", NeurIPS, section 2.2.

    Examples
    --------
    >>> round(epsilon_from_rates(true_positives=500, members=500, false_positives=0, strangers=500), 3)
    4.906
    """
    _check(delta, level)
    # Two one-sided limits, each wrong with half of 1 - level.
    low = clopper_pearson(true_positives, members, level=level)[0]
    high = clopper_pearson(false_positives, strangers, level=level)[1]
    ratios = [(low - delta, high), (1 - high - delta, 1 - low)]
    return max(0.0, *(math.log(top / bottom) for top, bottom in ratios if top > 0 and bottom > 0), 0.0)


def exposure(*, nearer: float, candidates: int) -> float:
    """Bits by which a planted record stands out: log2(candidates) - log2(rank).

    Parameters
    ----------
    nearer : float
        Other candidates that the generator seems to know at least as well; ties count one half.
    candidates : int
        All of them, the planted one included.

    Returns
    -------
    float in [0, log2(candidates)]
        Mean 1.44 where the record is like the others.

    Raises
    ------
    SampleSizeError
        If not 0 <= nearer < candidates.

    References
    ----------
    Carlini et al. 2019, "The Secret Sharer: Evaluating and Testing Unintended Memorization in Neural Networks", USENIX
    Security, definition 5.

    Examples
    --------
    >>> exposure(nearer=0, candidates=1024)
    10.0
    """
    if not 0 <= nearer < candidates:
        raise SampleSizeError(f"expected 0 <= nearer < candidates, got {nearer} and {candidates}.")
    return math.log2(candidates) - math.log2(1 + nearer)


def _check(delta: float, level: float) -> None:
    if not (0 <= delta < 1 and 0 < level < 1):
        raise AuditkitError(f"expected 0 <= delta < 1 and 0 < level < 1, got delta={delta} and level={level}.")


def _tail(correct: int, guesses: int, canaries: int, epsilon: float, delta: float) -> float:
    """Largest chance of so many right guesses under (epsilon, delta)-differential privacy."""
    from scipy.stats import binom  # noqa: PLC0415 - costs half a second

    chance = 1 / (1 + math.exp(-epsilon))
    tail = float(binom.sf(correct - 1, guesses, chance))
    if delta == 0 or correct == 0:
        return tail
    # What delta may add: at most i coins given away at the price of 2 delta / i each.
    below = np.cumsum(binom.pmf(correct - np.arange(1, correct + 1), guesses, chance))
    return tail + 2 * canaries * delta * float((below / np.arange(1, correct + 1)).max())


def _largest(refuted: Callable[[float], bool]) -> float:
    """Largest epsilon that is refuted; all below it are."""
    if not refuted(0.0):
        return 0.0
    low, high = 0.0, MOST
    if refuted(high):
        return high
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if refuted(middle) else (low, middle)
    return low
