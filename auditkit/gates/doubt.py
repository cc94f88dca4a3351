"""How sure a number is that a limit is held to, from its 95 % interval, which may end where the metric does."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from auditkit.intervals import NORMAL_95
from auditkit.results import Estimate

__all__ = ["Bounds", "spread_of", "unclipped"]

Bounds = tuple[float | None, float | None]
_NEAR = 1e-12
# Degrees of freedom of intervals that are Student's, and their 95 % quantile.
_STUDENTS: Mapping[str, tuple[int, float]] = MappingProxyType({"delete-block jackknife": (7, 2.3646242515927849)})


def unclipped(estimate: Estimate, bounds: Bounds) -> Estimate:
    """The same estimate with limits as far off as doubt reaches, also beyond where the number can lie.

    Parameters
    ----------
    estimate : Estimate
    bounds : tuple of (float or None, float or None)
        Where the number can lie. A limit at a bound tells nothing of the doubt on that side: the reach of
        the other side stands for it. A number that lies at its bound itself keeps its limits.

    Returns
    -------
    Estimate
        Without limits where both were cut.

    Examples
    --------
    >>> unclipped(Estimate(0.75, 0.25, 1.0), (0.0, 1.0)).high
    1.25
    >>> unclipped(Estimate(0.5, 0.0, 1.0), (0.0, 1.0)).low is None
    True
    """
    value, low, high = estimate.value, estimate.low, estimate.high
    if low is None or high is None:
        return estimate
    below, above = bounds
    cut_low = below is not None and low <= below + _NEAR and value > below + _NEAR
    cut_high = above is not None and high >= above - _NEAR and value < above - _NEAR
    if cut_low and cut_high:
        return replace(estimate, low=None, high=None, method="")
    reach = max(value - low, high - value)
    return replace(estimate, low=value - reach if cut_low else low, high=value + reach if cut_high else high)


def spread_of(estimate: Estimate) -> Mapping[str, Any] | None:
    """Spread (see `auditkit.spreads`) of a number by its 95 % interval; None without one.

    Parameters
    ----------
    estimate : Estimate
        Not cut at bounds.

    Examples
    --------
    >>> spread_of(Estimate(0.0, 0.0, 0.0))
    {'kind': 'exact'}
    """
    if estimate.low is None or estimate.high is None:
        return None
    df, quantile = _STUDENTS.get(estimate.method, (None, NORMAL_95))
    down, up = (max(reach, 0.0) / quantile for reach in (estimate.value - estimate.low, estimate.high - estimate.value))
    if not math.isfinite(down + up):
        return None
    if down == up == 0:
        return {"kind": "exact"}
    kind: dict[str, Any] = {"kind": "normal"} if df is None else {"kind": "t", "df": df}
    return {**kind, "se": down} | ({} if math.isclose(up, down, rel_tol=1e-9) else {"se_up": up})
