"""Limits of a gap that hold the true gap: every pair of groups at once, by the limits of each group's rate.

The largest difference among noisy rates is larger than the largest among the true ones, and its resamples are larger
still: percentiles of them often lie above the true gap where several groups are at the extremes. Here
each pair has limits at a level at which all pairs together are right 95 times of 100, and the gap's limits are the
largest of theirs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from auditkit.metrics.fairness.confusion import RATES, Array
from auditkit.metrics.fairness.gaps import Agg, Form, GapKind, Method
from auditkit.metrics.fairness.sources import Rates

__all__ = ["RateSample", "gap_limits", "wilson_limits"]

_ALPHA = 0.05
Limits = tuple[float, float]


@dataclass(frozen=True, eq=False)
class RateSample:
    """Rates of groups, and what tells how sure they are.

    Attributes
    ----------
    rates, supports : dict of str to ndarray of shape (n_groups, classes)
    overall : dict of str to ndarray of shape (1, classes)
    draws : dict of str to ndarray of shape (b, n_groups, classes)
        Resamples, needed for rates that are no proportions.
    """

    rates: Rates
    supports: Rates
    overall: Rates
    draws: Rates


def gap_limits(sample: RateSample, kind: GapKind, *, method: Method, agg: Agg) -> Limits | None:
    """95 % limits of a gap, None where a rate has no error to go by.

    Parameters
    ----------
    sample : RateSample
    kind : GapKind
    method : {"between_groups", "to_overall"}
    agg : {"worst_case", "mean"}

    Returns
    -------
    tuple of (float, float) or None

    Notes
    -----
    Wilson's limits of each rate (normal ones from the resamples for means and R2), joined for each pair by MOVER, on
    logarithms for ratios, at Sidak's level for all pairs and Bonferroni's for several rates and classes. A group
    against all units is a group against the others, scaled by their share.
    """
    n_classes = next(iter(sample.rates.values())).shape[1]
    level = _ALPHA / (len(kind.rates) * n_classes)
    each: list[list[Limits]] = []
    for place in range(n_classes):
        found = [_one(sample, rate, place, kind.form, method, level) for rate in kind.rates]
        known = [limits for limits in found if limits is not None]
        if known and (len(known) == len(found) or agg == "worst_case"):
            each.append(known)
    if not each:
        return None
    joined = [_mean(items) if agg == "mean" else _worst(items, kind.form) for items in each]
    return _worst(joined, kind.form)


def wilson_limits(value: Array, n: Array, z: float) -> tuple[Array, Array]:
    """Wilson's limits of proportions, z standard errors wide.

    Examples
    --------
    >>> low, high = wilson_limits(np.array([0.5]), np.array([100.0]), 1.959964)
    >>> low.round(3).item(), high.round(3).item()
    (0.404, 0.596)
    """
    spread = z * z / n
    centre = (value + spread / 2) / (1 + spread)
    half = z / (1 + spread) * np.sqrt(value * (1 - value) / n + z * z / (4 * n * n))
    # Rounding must not leave a rate of 0 or 1 outside its own limits.
    return np.minimum(np.maximum(centre - half, 0.0), value), np.maximum(np.minimum(centre + half, 1.0), value)


def _one(sample: RateSample, rate: str, place: int, form: Form, method: Method, level: float) -> Limits | None:
    """Limits of the gap of one rate of one class."""
    known = np.flatnonzero(~np.isnan(sample.rates[rate][:, place]))
    if len(known) < 2:  # noqa: PLR2004 - a gap has two ends
        return (0.0, 0.0) if len(sample.rates[rate]) == 1 and form == "difference" else None
    values = sample.rates[rate][known, place]
    n_contrasts = len(known) * (len(known) - 1) // 2 if method == "between_groups" else len(known)
    z = float(-ndtri((1 - (1 - level) ** (1 / n_contrasts)) / 2))
    if method == "to_overall":
        found = _against_others(sample, rate, known, place, z, form)
    else:
        limits = _limits(sample, rate, known, place, z)
        found = None if limits is None else _pairs(values, *limits, form)
    if found is None:
        return None
    low, high = found
    if form == "difference":
        return max(0.0, float(low.max())), float(high.max())
    return float(low.min()), min(1.0, float(high.min()))


def _limits(sample: RateSample, rate: str, known: NDArray[np.intp], place: int, z: float) -> tuple[Array, Array] | None:
    values, n = sample.rates[rate][known, place], sample.supports[rate][known, place]
    if rate in RATES:
        return wilson_limits(values, n, z)
    if rate not in sample.draws:
        return None
    errors = np.nanstd(sample.draws[rate][:, known, place], axis=0)
    return values - z * errors, values + z * errors


def _pairs(values: Array, low: Array, high: Array, form: Form) -> tuple[Array, Array]:
    """Limits of each group's value less (or over) each other one's."""
    if form == "difference":
        difference = values[:, None] - values
        below = np.sqrt((values - low)[:, None] ** 2 + (high - values) ** 2)
        above = np.sqrt((high - values)[:, None] ** 2 + (values - low) ** 2)
        return _off_diagonal(difference - below), _off_diagonal(difference + above)
    return _ratios(values, low, high)


def _ratios(values: Array, low: Array, high: Array) -> tuple[Array, Array]:
    """The same of quotients, by MOVER on logarithms; of a rate of 0 by the limits themselves."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs, log_low, log_high = np.log(values), np.log(low), np.log(high)
        below = np.sqrt((logs - log_low)[:, None] ** 2 + (log_high - logs) ** 2)
        above = np.sqrt((log_high - logs)[:, None] ** 2 + (logs - log_low) ** 2)
        difference = logs[:, None] - logs
        bottom, top = np.exp(difference - below), np.exp(difference + above)
        box_low, box_high = low[:, None] / high, high[:, None] / low
    none = (values == 0)[:, None] | (values == 0)
    return _off_diagonal(np.where(none, box_low, bottom)), _off_diagonal(np.where(none, box_high, top))


def _against_others(
    sample: RateSample, rate: str, known: NDArray[np.intp], place: int, z: float, form: Form
) -> tuple[Array, Array] | None:
    """Limits of how far each group is from all units, as the gap takes it: absolute, or below one."""
    values, n = sample.rates[rate][known, place], sample.supports[rate][known, place]
    total, overall = float(sample.supports[rate][:, place].sum()), float(sample.overall[rate][0, place])
    rest = total - n
    if rate not in RATES or (rest <= 0).any():
        return None
    others = (overall * total - values * n) / rest
    low, high = wilson_limits(values, n, z)
    other_low, other_high = wilson_limits(np.clip(others, 0.0, 1.0), rest, z)
    share = rest / total
    if form == "difference":
        difference = (values - others) * share
        below = np.sqrt((values - low) ** 2 + (other_high - others) ** 2) * share
        above = np.sqrt((high - values) ** 2 + (others - other_low) ** 2) * share
        return _absolute(difference - below, difference + above)
    return _below_one(low, high, other_low, other_high, share)


def _absolute(low: Array, high: Array) -> tuple[Array, Array]:
    crosses = (low <= 0) & (high >= 0)
    return np.where(crosses, 0.0, np.minimum(np.abs(low), np.abs(high))), np.maximum(np.abs(low), np.abs(high))


def _below_one(low: Array, high: Array, other_low: Array, other_high: Array, share: Array) -> tuple[Array, Array]:
    """Limits of a group's rate over that of all units, turned over where it is above 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        smallest = low / ((1 - share) * low + share * other_high)
        largest = high / ((1 - share) * high + share * other_low)
        turned = np.stack([smallest, largest, 1 / smallest, 1 / largest])
    turned = np.where(np.isnan(turned), 1.0, turned)
    inside = (smallest <= 1) & (largest >= 1)
    small = np.minimum(np.minimum(turned[0], turned[1]), np.minimum(turned[2], turned[3]))
    below = np.where(turned[:2] > 1, turned[2:], turned[:2])
    return small, np.where(inside, 1.0, below.max(axis=0))


def _off_diagonal(pairs: Array) -> Array:
    return pairs[~np.eye(len(pairs), dtype=bool)]


def _worst(items: list[Limits], form: Form) -> Limits:
    pick: Callable[[Iterator[float]], float] = max if form == "difference" else min
    return pick(low for low, _ in items), pick(high for _, high in items)


def _mean(items: list[Limits]) -> Limits:
    return math.fsum(low for low, _ in items) / len(items), math.fsum(high for _, high in items) / len(items)
