"""How sure a number is: intervals of rates, of differences, over blocks, and p-values of many tests at once.

Plain rates on independent units have Wilson or Clopper-Pearson limits, differences MOVER's, and what depends on
neighbours a delete-block jackknife. How an excess is distributed, and what follows for a limit on it, is told by a
spread (`auditkit.spreads`).

Limits mislead where the units are not independent: rows of a generator share neighbours and repeat each other.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import NormalDist

from scipy import special

from auditkit.errors import AuditkitError, SampleSizeError
from auditkit.results import Estimate, finite
from auditkit.spreads import beta_limits

__all__ = [
    "NORMAL_95",
    "binomial_tail",
    "clopper_pearson",
    "holm",
    "jackknife_interval",
    "mover_difference",
    "normal_interval",
    "standard_error",
    "wilson",
    "within",
]

# Half-width of a normal 95 % interval over the standard error.
NORMAL_95 = 1.959963984540054
_NORMAL = NormalDist()


def wilson(successes: float, n: float, *, level: float = 0.95) -> tuple[float, float]:
    """Two-sided limits of a rate by Wilson's score.

    Parameters
    ----------
    successes : float
        Units that count; 0 <= successes <= n. Weighted counts need not be whole.
    n : float
        Independent units; with 0 nothing is known and the limits are 0 and 1.
    level : float, default 0.95

    Returns
    -------
    tuple of (float, float)
        In [0, 1].

    Raises
    ------
    SampleSizeError
        If the counts are negative or more succeed than there are.

    References
    ----------
    Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 22.

    Examples
    --------
    >>> low, high = wilson(8, 10)
    >>> round(low, 4), round(high, 4)
    (0.4902, 0.9433)
    """
    _check_counts(successes, n)
    if n == 0:
        return 0.0, 1.0
    z = _NORMAL.inv_cdf((1 + level) / 2)
    rate, unit = successes / n, z * z / n
    centre = (rate + unit / 2) / (1 + unit)
    half = z * math.sqrt(rate * (1 - rate) / n + unit / (4 * n)) / (1 + unit)
    # Exact at the ends, where rounding would leave a tiny number.
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == n else min(1.0, centre + half)
    return low, high


def clopper_pearson(successes: float, n: float, *, level: float = 0.95) -> tuple[float, float]:
    """Two-sided limits of a rate that never cover less than they say.

    Parameters
    ----------
    successes : float
        Units that count; 0 <= successes <= n. Averages of counts need not be whole.
    n : float
        Independent units; with 0 nothing is known and the limits are 0 and 1.
    level : float, default 0.95

    Returns
    -------
    tuple of (float, float)
        In [0, 1].

    Raises
    ------
    SampleSizeError
        If the counts are negative or more succeed than there are.

    References
    ----------
    Clopper and Pearson 1934, "The Use of Confidence or Fiducial Limits", Biometrika 26.

    Examples
    --------
    >>> low, high = clopper_pearson(8, 10)
    >>> round(low, 4), round(high, 4)
    (0.4439, 0.9748)
    """
    _check_counts(successes, n)
    return beta_limits(successes, n, tail=(1 - level) / 2)


def normal_interval(
    value: float, error: float, *, bounds: tuple[float | None, float | None] = (None, None)
) -> tuple[float, float]:
    """Two-sided 95 % limits of a number with a normal standard error.

    Parameters
    ----------
    value, error : float
        The number and its standard error, in the same unit.
    bounds : tuple of (float or None, float or None)
        Where the number can lie; limits stay inside.

    Returns
    -------
    tuple of (float, float)

    Examples
    --------
    >>> low, high = normal_interval(0.5, 0.1, bounds=(0.0, 0.6))
    >>> round(low, 3), high
    (0.304, 0.6)
    """
    half = NORMAL_95 * error
    return within(value - half, value + half, bounds)


def standard_error(value: float, low: float, high: float, *, quantile: float = NORMAL_95) -> float:
    """Standard error that limits stand for, by the longer arm: the other one may end early at what a value can be.

    se = max(high - value, value - low) / quantile

    Parameters
    ----------
    value, low, high : float
    quantile : float, default 1.96
        Standard errors between value and limit.

    Examples
    --------
    >>> round(standard_error(0.1, 0.0, 0.296), 3)
    0.1
    """
    return max(high - value, value - low) / quantile


def mover_difference(a: Estimate, b: Estimate) -> Estimate:
    """Difference a - b with limits from the two intervals.

    low = d - sqrt((a - a.low)^2 + (b.high - b)^2), high = d + sqrt((a.high - a)^2 + (b - b.low)^2).

    Parameters
    ----------
    a, b : Estimate
        Independent of each other; of the same level.

    Returns
    -------
    Estimate
        Without limits where one of the two has none. `n` is the smaller of each side.

    Notes
    -----
    Where a and b move together, as two scores against the same train rows, the interval is too wide, never too narrow.

    References
    ----------
    Zou and Donner 2008, "Construction of confidence limits about effect measures", Statistics in Medicine 27, eq. 3.

    Examples
    --------
    >>> d = mover_difference(Estimate(0.8, 0.7, 0.9), Estimate(0.5, 0.5, 0.5))
    >>> round(d.value, 12), round(d.low, 12), round(d.high, 12)
    (0.3, 0.2, 0.4)
    """
    value = a.value - b.value
    n = (min(a.n[0], b.n[0]), min(a.n[1], b.n[1]))
    if a.low is None or a.high is None or b.low is None or b.high is None:
        return Estimate(value, n=n)
    below = math.hypot(a.value - a.low, b.high - b.value)
    above = math.hypot(a.high - a.value, b.value - b.low)
    return Estimate(value, value - below, value + above, "mover", n)


def jackknife_interval(
    value: float,
    left: Sequence[float | None],
    *,
    scale: float,
    bounds: tuple[float | None, float | None] = (None, None),
    share: bool = False,
    n: tuple[int, int] = (0, 0),
    level: float = 0.95,
) -> Estimate:
    """Value with an interval from the same metric on what stays when a block of rows is left out.

    Parameters
    ----------
    value : float
        On all rows; the interval is laid around it.
    left : sequence of float or None
        The metric on the rows that stay, a random block left out each time; undefined ones (None, NaN) do not count.
    scale : float
        What the variance over `left` is multiplied by: kept / (1 - kept) for the share of rows that stays.
    bounds : tuple of (float or None, float or None)
        Where the metric can lie; limits stay inside.
    share : bool, default False
        Whether it is a share of units; its interval is then joined with Wilson's.
    n : tuple of (int, int)
        Units on the real and on the synthetic side; Wilson's interval counts the smaller.
    level : float, default 0.95

    Returns
    -------
    Estimate
        Without limits when fewer than two of `left` have a value.

    Notes
    -----
    Half-width t(level, B - 1) s sqrt(scale) with s the standard deviation over the B values. Leaving a block out of
    both sets changes neighbours little, so that what is measured is the spread near the full size; disjoint blocks of
    an eighth measure that of much smaller sets. Too wide rather than too narrow, for what interacts counts more than
    once. Joined with Wilson because a few values that happen to agree would give no width at all.

    References
    ----------
    Shao and Wu 1989, "A General Theory for Jackknife Variance Estimation", Annals of Statistics 17, eq. 2.3.

    Examples
    --------
    >>> e = jackknife_interval(0.5, [0.49, 0.51, 0.5, 0.5], scale=3.0, bounds=(0.0, 1.0), share=True, n=(100, 100))
    >>> round(e.low, 3), round(e.high, 3), e.method
    (0.404, 0.596, 'delete-block jackknife')
    """
    known = [number for number in map(finite, left) if number is not None]
    if len(known) < 2 or not math.isfinite(value):  # noqa: PLR2004 - one value has no spread
        return Estimate(value, n=n)
    mean = math.fsum(known) / len(known)
    variance = math.fsum((number - mean) ** 2 for number in known) / (len(known) - 1)
    half = float(special.stdtrit(len(known) - 1, (1 + level) / 2)) * math.sqrt(scale * variance)
    low, high = value - half, value + half
    size = min((count for count in n if count > 0), default=0)
    if share and size and 0 <= value <= 1:
        wilson_low, wilson_high = wilson(value * size, size, level=level)
        low, high = min(low, wilson_low), max(high, wilson_high)
    low, high = within(low, high, bounds)
    return Estimate(value, min(low, value), max(high, value), "delete-block jackknife", n)


def within(low: float, high: float, bounds: tuple[float | None, float | None]) -> tuple[float, float]:
    """Limits cut where the number cannot lie; None in `bounds` leaves that side open.

    Parameters
    ----------
    low, high : float
    bounds : tuple of (float or None, float or None)

    Returns
    -------
    tuple of (float, float)
    """
    return low if bounds[0] is None else max(low, bounds[0]), high if bounds[1] is None else min(high, bounds[1])


def binomial_tail(successes: int, n: int, chance: float) -> float:
    """Chance of at least so many successes.

    P(Bin(n, chance) >= successes) = sum over k >= successes of C(n, k) chance^k (1 - chance)^(n - k).

    Parameters
    ----------
    successes, n : int
        0 <= successes <= n independent trials.
    chance : float
        Of a success in each, in [0, 1].

    Returns
    -------
    float in [0, 1]; 1 where `successes` is 0.

    Raises
    ------
    SampleSizeError
        If the counts are negative or more succeed than there are.

    Examples
    --------
    >>> binomial_tail(2, 2, 0.5), binomial_tail(0, 0, 0.5)
    (0.25, 1.0)
    """
    _check_counts(successes, n)
    return 1.0 if successes == 0 else float(special.bdtrc(successes - 1, n, chance))


def holm(p_values: Iterable[float]) -> list[float]:
    """p-values adjusted for having looked at all of them, by Holm's step-down.

    Rejecting those at most alpha keeps the chance of any false rejection below alpha, however they depend on each
    other.

    Parameters
    ----------
    p_values : iterable of float
        In [0, 1].

    Returns
    -------
    list of float
        In the same order, in [0, 1], none below its own p-value.

    Raises
    ------
    AuditkitError
        If one is no probability.

    References
    ----------
    Holm 1979, "A Simple Sequentially Rejective Multiple Test Procedure", Scandinavian Journal of Statistics 6.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    given = [float(p) for p in p_values]
    for p in given:
        if not 0 <= p <= 1:
            raise AuditkitError(f"expected p-values from 0 to 1, got {p}.")
    adjusted = [0.0] * len(given)
    largest = 0.0
    for rank, index in enumerate(sorted(range(len(given)), key=lambda i: (given[i], i))):
        largest = max(largest, min(1.0, (len(given) - rank) * given[index]))
        adjusted[index] = largest
    return adjusted


def _check_counts(successes: float, n: float) -> None:
    if not 0 <= successes <= n:
        raise SampleSizeError(f"expected 0 <= successes <= n, got successes={successes} and n={n}.")
