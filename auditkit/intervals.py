"""How sure a number is, and what follows from that for a limit on it.

Plain rates on independent units have Wilson or Clopper-Pearson limits, differences MOVER's, and what depends on
neighbours an interval from blocks. A **spread** says how an excess is distributed, as plain data that a score keeps:

- `{"kind": "normal", "se": x}` and `{"kind": "t", "se": x, "df": v}`: around the value;
- `{"kind": "sign", "train": a, "holdout": b, "scale": s, "upper": u}`: the excess is s (2 p - 1) with p the chance
  that a record hit is of train, a and b the distinct records hit; `u` is its upper limit where none was hit;
- `{"kind": "exact"}`: no chance in it.

Limits mislead where the units are not independent: rows of a generator share neighbours and repeat each other.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import NormalDist
from typing import Any

from scipy import special

from auditkit.errors import AuditkitError, SampleSizeError
from auditkit.results import Estimate, finite

__all__ = [
    "block_interval",
    "clopper_pearson",
    "holm",
    "limits",
    "mover_difference",
    "p_above",
    "smallest_detectable",
    "wilson",
]

_NORMAL = NormalDist()
_KINDS = ("normal", "t", "sign", "exact")


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
    return _beta_limits(successes, n, (1 - level) / 2)


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


def block_interval(
    value: float,
    blocks: Sequence[float | None],
    *,
    bounds: tuple[float | None, float | None] = (None, None),
    n: tuple[int, int] = (0, 0),
    level: float = 0.95,
) -> Estimate:
    """Value at full size with an interval from the same metric on disjoint blocks of rows.

    Parameters
    ----------
    value : float
        At full size; the interval is laid around it.
    blocks : sequence of float or None
        The metric on each block; undefined ones (None, NaN) are left out.
    bounds : tuple of (float or None, float or None)
        Where the metric can lie; limits stay inside. For (0, 1) the interval is joined with Wilson's.
    n : tuple of (int, int)
        Units on the real and on the synthetic side; Wilson's interval counts the smaller.
    level : float, default 0.95

    Returns
    -------
    Estimate
        Without limits when fewer than two blocks have a value.

    Notes
    -----
    Half-width t(level, B - 1) s / sqrt(B) with s the standard deviation over the B blocks. Joined with Wilson because a
    few blocks that happen to agree would give no width at all.

    Examples
    --------
    >>> e = block_interval(0.5, [0.4, 0.6, 0.5, 0.5], bounds=(0.0, 1.0))
    >>> round(e.low, 3), round(e.high, 3), e.method
    (0.37, 0.63, 'blocks')
    """
    known = [number for number in map(finite, blocks) if number is not None]
    if len(known) < 2 or not math.isfinite(value):  # noqa: PLR2004 - one block has no spread
        return Estimate(value, n=n)
    mean = math.fsum(known) / len(known)
    variance = math.fsum((block - mean) ** 2 for block in known) / (len(known) - 1)
    half = float(special.stdtrit(len(known) - 1, (1 + level) / 2)) * math.sqrt(variance / len(known))
    low, high = value - half, value + half
    size = min((count for count in n if count > 0), default=0)
    is_share = bounds[0] == 0 and bounds[1] == 1 and 0 <= value <= 1
    if is_share and size:
        wilson_low, wilson_high = wilson(value * size, size, level=level)
        low, high = min(low, wilson_low), max(high, wilson_high)
    low = low if bounds[0] is None else max(low, bounds[0])
    high = high if bounds[1] is None else min(high, bounds[1])
    return Estimate(value, min(low, value), max(high, value), "blocks", n)


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


def limits(value: float, spread: Mapping[str, Any], *, alpha: float) -> tuple[float, float]:
    """One-sided limits of an excess, each wrong with chance alpha at most.

    Parameters
    ----------
    value : float
        The excess.
    spread : mapping
        How it is distributed (see the module).
    alpha : float
        In (0, 0.5].

    Returns
    -------
    tuple of (float, float)
        The lower limit at alpha and the upper limit at alpha; together an interval of level 1 - 2 alpha.

    Raises
    ------
    AuditkitError
        If the spread is of an unknown kind.

    Examples
    --------
    >>> limits(0.1, {"kind": "exact"}, alpha=0.05)
    (0.1, 0.1)
    >>> low, high = limits(0.0, {"kind": "sign", "train": 0, "holdout": 0, "scale": 0.0, "upper": 0.01}, alpha=0.05)
    >>> low, high
    (0.0, 0.01)
    """
    kind = _kind(spread)
    if kind == "sign":
        return _sign_limits(spread, alpha)
    half = 0.0 if kind == "exact" else -_quantile(spread, alpha) * float(spread["se"])
    return value - half, value + half


def p_above(value: float, spread: Mapping[str, Any], *, margin: float) -> float:
    """p-value of the hypothesis that the excess is at most the margin.

    Parameters
    ----------
    value : float
        The excess.
    spread : mapping
        How it is distributed (see the module).
    margin : float

    Returns
    -------
    float in [0, 1]
        Below alpha where the lower limit at alpha (see `limits`) is above the margin.

    Raises
    ------
    AuditkitError
        If the spread is of an unknown kind.

    Examples
    --------
    >>> round(p_above(0.1, {"kind": "normal", "se": 0.05}, margin=0.0), 4)
    0.0228
    >>> p_above(0.3, {"kind": "sign", "train": 5, "holdout": 0, "scale": 0.3}, margin=0.0)
    0.03125
    """
    kind = _kind(spread)
    if kind == "sign":
        return _sign_p(spread, margin)
    if kind == "exact" or spread["se"] <= 0:
        return 0.0 if value > margin else 1.0
    distance = (margin - value) / float(spread["se"])
    return float(special.ndtr(distance) if kind == "normal" else special.stdtr(float(spread["df"]), distance))


def smallest_detectable(spread: Mapping[str, Any], *, alpha: float, power: float = 0.8) -> float:
    """Smallest distance beyond a margin that data like these would show with the given power.

    Parameters
    ----------
    spread : mapping
        How the excess is distributed (see the module).
    alpha : float
        Level of the test.
    power : float, default 0.8

    Returns
    -------
    float
        At least 0; infinity where no outcome of these data could show anything.

    Raises
    ------
    AuditkitError
        If the spread is of an unknown kind.

    Notes
    -----
    For a sign spread the margin is taken as 0, where the test is at its weakest.

    Examples
    --------
    >>> round(smallest_detectable({"kind": "normal", "se": 0.1}, alpha=0.05), 4)
    0.2486
    """
    kind = _kind(spread)
    if kind == "sign":
        return _sign_detectable(spread, alpha, power)
    if kind == "exact":
        return 0.0
    return (_quantile(spread, 1 - alpha) + _quantile(spread, power)) * float(spread["se"])


def _check_counts(successes: float, n: float) -> None:
    if not 0 <= successes <= n:
        raise SampleSizeError(f"expected 0 <= successes <= n, got successes={successes} and n={n}.")


def _beta_limits(successes: float, n: float, tail: float) -> tuple[float, float]:
    failures = n - successes
    low = 0.0 if successes <= 0 else float(special.betaincinv(successes, failures + 1, tail))
    high = 1.0 if failures <= 0 else float(special.betaincinv(successes + 1, failures, 1 - tail))
    return low, high


def _kind(spread: Mapping[str, Any]) -> str:
    kind = str(spread.get("kind"))
    if kind not in _KINDS:
        raise AuditkitError(f"expected a spread of kind {', '.join(_KINDS)}, got {kind!r}.")
    return kind


def _quantile(spread: Mapping[str, Any], p: float) -> float:
    return _NORMAL.inv_cdf(p) if spread["kind"] == "normal" else float(special.stdtrit(float(spread["df"]), p))


def _sign_limits(spread: Mapping[str, Any], alpha: float) -> tuple[float, float]:
    hits = spread["train"] + spread["holdout"]
    if hits <= 0:
        # Nothing was copied from either side, so nothing speaks for copying; shares end at 1.
        return 0.0, float(spread.get("upper", 1.0))
    low, high = _beta_limits(spread["train"], hits, alpha)
    return float(spread["scale"]) * (2 * low - 1), float(spread["scale"]) * (2 * high - 1)


def _sign_p(spread: Mapping[str, Any], margin: float) -> float:
    scale, hits = float(spread["scale"]), spread["train"] + spread["holdout"]
    if hits <= 0 or scale <= 0:
        return 0.0 if margin < 0 else 1.0
    chance = (margin / scale + 1) / 2
    if chance <= 0:
        return 0.0
    if chance >= 1 or spread["train"] <= 0:
        return 1.0
    return float(special.betainc(spread["train"], spread["holdout"] + 1, chance))


def _sign_detectable(spread: Mapping[str, Any], alpha: float, power: float) -> float:
    hits = round(spread["train"] + spread["holdout"])
    rejecting = (count for count in range(1, hits + 1) if special.betainc(count, hits - count + 1, 0.5) <= alpha)
    fewest = next(rejecting, None)
    if fewest is None:
        return math.inf
    chance = float(special.betaincinv(fewest, hits - fewest + 1, power))
    return max(0.0, float(spread["scale"]) * (2 * chance - 1))
