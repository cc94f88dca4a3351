"""The user's own metrics per group, by fairlearn's MetricFrame."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from auditkit.errors import AuditkitError, DataError
from auditkit.metrics.fairness.gaps import Method, ends_of
from auditkit.metrics.fairness.group_codes import Groups
from auditkit.metrics.fairness.report_result import Gap, GroupRate

__all__ = ["own_metrics"]

OwnMetrics = Mapping[str, Callable[[Any, Any], float]]
_RESAMPLES = 100
_QUANTILES = [0.025, 0.975]
_NO_CHANCE = "no null is drawn for the user's own metrics"


def own_metrics(
    metrics: OwnMetrics,
    *,
    y_true: Any,
    y_pred: Any,
    groups: Groups,
    method: Method,
    min_support: int,
    n_resamples: int,
    seed: int,
) -> tuple[dict[str, list[float]], list[GroupRate], list[Gap]]:
    """Metrics of the user per group, and their differences.

    Parameters
    ----------
    metrics : mapping of str to callable
        `(y_true, y_pred) -> float`.
    y_true, y_pred : array-like of shape (n,)
        Given on as they are.
    groups : Groups
    method : {"between_groups", "to_overall"}
    min_support : int
        Groups of fewer units get no value.
    n_resamples : int
        At most 100 are made, since each calls every metric on every group.
    seed : int

    Returns
    -------
    values : dict of str to list of float
        A value per group, NaN where undefined.
    rates : list of GroupRate
    gaps : list of Gap

    Raises
    ------
    DataError
        If `metrics` is no mapping of names to functions.
    AuditkitError
        With its own first line, whatever a metric raises.
    """
    if not isinstance(metrics, Mapping) or not all(callable(item) for item in metrics.values()):
        raise DataError(f"`metrics` must map names to functions of (y_true, y_pred), got {type(metrics).__name__}.")
    n = np.bincount(groups.codes, minlength=len(groups))
    counted = np.flatnonzero(n >= min_support)
    frame = _frame(metrics, y_true, y_pred, groups, n_resamples, seed)
    values: dict[str, list[float]] = {}
    rates: list[GroupRate] = []
    gaps: list[Gap] = []
    for name in metrics:
        found = [
            float(frame.by_group[name].get(code, math.nan)) if code in counted else math.nan for code in range(len(n))
        ]
        values[name] = found
        for code, value in enumerate(found):
            limits = _limits(frame, name, code)
            rates.append(_rate(name, groups.name(code), value, limits, int(n[code]), min_support))
        gaps.append(_gap(name, np.asarray(found), float(frame.overall[name]), groups, n, method))
    return values, rates, gaps


def _frame(metrics: OwnMetrics, y_true: Any, y_pred: Any, groups: Groups, n_resamples: int, seed: int) -> Any:
    from fairlearn.metrics import MetricFrame  # noqa: PLC0415 - heavy, and only who brings metrics needs it

    n_boot = min(n_resamples, _RESAMPLES)
    sure = {"n_boot": n_boot, "ci_quantiles": _QUANTILES, "random_state": seed % 2**32} if n_boot else {}
    try:
        return MetricFrame(metrics=dict(metrics), y_true=y_true, y_pred=y_pred, sensitive_features=groups.codes, **sure)
    except Exception as error:
        said = str(error).strip().splitlines()
        reason = said[0].rstrip(".") if said else type(error).__name__
        raise AuditkitError(f"a metric of `metrics` failed in MetricFrame: {reason}.") from error


def _limits(frame: Any, name: str, code: int) -> tuple[float, float] | None:
    if frame.ci_quantiles is None:
        return None
    low, high = (float(item[name].get(code, math.nan)) for item in frame.by_group_ci)
    return None if math.isnan(low) or math.isnan(high) else (low, high)


def _rate(
    name: str, group: str, value: float, limits: tuple[float, float] | None, n: int, min_support: int
) -> GroupRate:
    if math.isnan(value):
        reason = f"{n} units, fewer than {min_support}" if n < min_support else "the metric has no value there"
        return GroupRate(name, group, "", None, None, None, "", None, n, reason)
    low, high = limits or (None, None)
    return GroupRate(name, group, "", value, low, high, "percentile bootstrap" if limits else "", limits, n, "")


def _gap(name: str, values: Any, overall: float, groups: Groups, n: Any, method: Method) -> Gap:
    title = f"{name}_difference"
    ends = ends_of(values)
    if ends is None:
        reason = "fewer than two groups have a value"
        return Gap(title, None, None, None, None, None, None, None, name, "", (), (), reason)
    names: tuple[str, ...]
    sizes: tuple[int, ...]
    if method == "to_overall":
        far = int(np.nanargmax(np.abs(values - overall)))
        value, names, sizes = abs(values[far] - overall), (groups.name(far), "all"), (int(n[far]), int(n.sum()))
    else:
        value = values[ends[0]] - values[ends[1]]
        names, sizes = tuple(groups.name(end) for end in ends), tuple(int(n[end]) for end in ends)
    return Gap(title, float(value), None, None, None, None, None, None, name, "", names, sizes, _NO_CHANCE)
