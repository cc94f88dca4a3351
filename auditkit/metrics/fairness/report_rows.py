"""From inferred numbers to the rows of a report: each rate and gap with its limits, its support and its reason."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from auditkit.intervals import holm
from auditkit.metrics.fairness.confusion import Array
from auditkit.metrics.fairness.gaps import Agg, GapKind, Method, ends_of, spread_of
from auditkit.metrics.fairness.group_codes import Groups
from auditkit.metrics.fairness.inference import Inferred, chance_of, limits_of, rate_limits
from auditkit.metrics.fairness.report_result import Gap, GroupRate
from auditkit.metrics.fairness.simultaneous import RateSample, gap_limits

__all__ = ["few_units", "gaps_from", "group_rates_from", "rate_frame", "with_holm"]

_UNITS = {"tpr": "positives", "fnr": "positives", "fpr": "negatives", "tnr": "negatives"}
_ALL = "all"


def rate_frame(inferred: Sequence[Inferred], groups: Groups, labels: Sequence[str]) -> pd.DataFrame:
    """Rates of all sources side by side, a row per group, or per group and class where there are several."""
    first = next(iter(inferred[0].supports))
    columns: dict[str, Array] = {"n": inferred[0].supports[first].astype("int64")}
    for item in inferred:
        columns |= item.rates
    index = groups.index()
    if len(labels) > 1:
        tuples = [(*level, label) for level in groups.levels for label in labels]
        index = pd.MultiIndex.from_tuples(tuples, names=[*groups.names, "class"])
    return pd.DataFrame({name: values.reshape(-1) for name, values in columns.items()}, index=index)


def group_rates_from(
    inferred: Inferred, groups: Groups, labels: Sequence[str], min_support: int
) -> Iterator[GroupRate]:
    """Every rate of every group."""
    sizes = np.bincount(groups.codes, minlength=len(groups))
    for name, rates in inferred.rates.items():
        draws = inferred.rate_draws.get(name)
        for group in range(len(groups)):
            for place, label in enumerate(labels):
                value, n = float(rates[group, place]), int(inferred.supports[name][group, place])
                said = label if len(labels) > 1 else ""
                if math.isnan(value):
                    reason = few_units(n, _UNITS.get(name, "units"), min_support)
                    yield GroupRate(name, groups.name(group), said, None, None, None, "", None, n, reason)
                    continue
                percentile = limits_of(None if draws is None else draws[:, group, place])
                limits, method = rate_limits(name, value, n, int(sizes[group]), percentile)
                low, high = limits or (None, None)
                yield GroupRate(name, groups.name(group), said, value, low, high, method, percentile, n, "")


def few_units(n: int, units: str, min_support: int) -> str:
    """Why a rate over n units has no value."""
    if n < min_support:
        return f"no {units}" if n == 0 else f"{n} {units}, fewer than {min_support}"
    return f"{n} {units} that do not vary"


def gaps_from(
    inferred: Inferred,
    kinds: Iterable[GapKind],
    groups: Groups,
    labels: Sequence[str],
    *,
    method: Method,
    agg: Agg,
    min_support: int,
) -> Iterator[Gap]:
    """Every gap with its limits, its chance and the groups behind it."""
    sample = RateSample(inferred.rates, inferred.supports, inferred.overall, inferred.rate_draws)
    for kind in kinds:
        value = inferred.gaps[kind.name]
        if math.isnan(value):
            reason = _gap_reason(inferred, kind, groups, min_support)
            yield Gap(kind.name, None, None, None, None, None, None, None, "", "", (), (), reason)
            continue
        percentile = limits_of(inferred.gap_draws.get(kind.name))
        low, high = gap_limits(sample, kind, method=method, agg=agg) or percentile or (None, None)
        chance, p = chance_of(inferred.gap_nulls.get(kind.name)), inferred.p.get(kind.name)
        rate, place, ends = _behind(inferred, kind, method, agg)
        names = tuple(groups.name(end) for end in ends)
        n = tuple(int(inferred.supports[rate][end, place]) for end in ends)
        if method == "to_overall" and ends:
            names, n = (*names, _ALL), (*n, int(inferred.supports[rate][:, place].sum()))
        label = labels[place] if len(labels) > 1 else ""
        yield Gap(kind.name, value, low, high, percentile, chance, p, None, rate, label, names, n, "")


def with_holm(gaps: Iterable[Gap]) -> dict[str, Gap]:
    """Gaps by name, p corrected for all differences, and for all ratios, which ask the same of the same groups."""
    found = {gap.name: gap for gap in gaps}
    for form in ("difference", "ratio"):
        family = {name: gap.p for name, gap in found.items() if name.endswith(form) and gap.p is not None}
        for name, p in zip(family, holm(family.values()), strict=True):
            found[name] = replace(found[name], p_adjusted=p)
    return found


def _behind(inferred: Inferred, kind: GapKind, method: Method, agg: Agg) -> tuple[str, int, tuple[int, ...]]:
    """Rate, class and groups that decide a gap: the highest and the lowest, or the farthest from all.

    A mean of several rates is decided by no single one, and its ends may be other groups for each.
    """
    each = {
        (rate, place): float(
            spread_of(inferred.rates[rate][:, place], inferred.overall[rate][0, place], kind.form, method)
        )
        for rate in kind.rates
        for place in range(inferred.rates[rate].shape[1])
    }
    pick = max if kind.form == "difference" else min
    if agg == "mean" and len(kind.rates) > 1:
        means = [
            sum(each[rate, place] for rate in kind.rates) / len(kind.rates)
            for place in range(inferred.rates[kind.rates[0]].shape[1])
        ]
        place = pick((item for item in range(len(means)) if not math.isnan(means[item])), key=means.__getitem__)
        return f"mean of {' and '.join(kind.rates)}", place, ()
    known = {key: value for key, value in each.items() if not math.isnan(value)}
    rate, place = pick(known, key=lambda key: known[key])
    values = inferred.rates[rate][:, place]
    if method == "between_groups":
        return rate, place, ends_of(values) or ()
    overall = float(inferred.overall[rate][0, place])
    far = [_distance(value, overall, kind) for value in values]
    return rate, place, (int(np.nanargmax(far)),)


def _distance(value: float, overall: float, kind: GapKind) -> float:
    if kind.form == "difference" or math.isnan(value):
        return abs(value - overall)
    large = max(value, overall)
    return math.nan if large == 0 else -min(value, overall) / large


def _gap_reason(inferred: Inferred, kind: GapKind, groups: Groups, min_support: int) -> str:
    for rate in kind.rates:
        known = int((~np.isnan(inferred.rates[rate])).sum(axis=0).max())
        if known < min(2, len(groups)):
            least = "" if min_support == 1 else f"at least {min_support} "
            have = "has" if known == 1 else "have"
            return f"{known} of {len(groups)} groups {have} {least}{_UNITS.get(rate, 'units')}"
    return "a ratio of 0 to 0 is no number"
