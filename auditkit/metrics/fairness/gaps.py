"""Gaps between groups, from rates: differences and ratios, between groups or to all units together.

An undefined rate never enters a maximum or a minimum. Each gap is told for any number of leading axes at once, so that
one piece of code serves the value, its resamples and its null.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from auditkit.metrics.fairness.confusion import Array, rates_of, ratio_of

__all__ = ["GAPS", "Agg", "Form", "GapKind", "Method", "ends_of", "gap_of", "gaps_of", "spread_of"]

Method = Literal["between_groups", "to_overall"]
Agg = Literal["worst_case", "mean"]
Form = Literal["difference", "ratio"]


@dataclass(frozen=True)
class GapKind:
    """What a gap is taken over.

    Attributes
    ----------
    name : str
    rates : tuple of str
        Rates whose gaps it joins.
    form : {"difference", "ratio"}
    within_truth : bool
        Whether its null deals groups out within each true label.
    """

    name: str
    rates: tuple[str, ...]
    form: Form
    within_truth: bool = True


_RATES: Mapping[str, tuple[str, ...]] = {
    "demographic_parity": ("selection_rate",),
    "equalized_odds": ("tpr", "fpr"),
    "equal_opportunity": ("tpr",),
    "accuracy": ("accuracy",),
}
FORMS: tuple[Form, ...] = ("difference", "ratio")
GAPS: Mapping[str, GapKind] = {
    f"{name}_{form}": GapKind(f"{name}_{form}", rates, form, within_truth=name != "demographic_parity")
    for name, rates in _RATES.items()
    for form in FORMS
}


def gaps_of(
    cells: NDArray[np.number],
    asked: tuple[int, ...],
    kind: GapKind,
    *,
    method: Method = "between_groups",
    agg: Agg = "worst_case",
    min_support: int = 1,
) -> Array:
    """Gap of each table of cells.

    Parameters
    ----------
    cells : ndarray of shape (..., n_groups, k, k)
    asked : tuple of int
        Classes read against the rest; of several the worst counts.
    kind : GapKind
    method : {"between_groups", "to_overall"}
    agg : {"worst_case", "mean"}
        How a gap over several rates joins them.
    min_support : int

    Returns
    -------
    ndarray of shape (...)
        NaN where undefined.
    """
    by_group = rates_of(cells, asked, min_support=min_support)
    overall = rates_of(cells.sum(axis=-3, keepdims=True), asked)
    return gap_of(by_group, overall, kind, method=method, agg=agg)


def gap_of(
    by_group: Mapping[str, Array], overall: Mapping[str, Array], kind: GapKind, *, method: Method, agg: Agg
) -> Array:
    """Gap from rates by group, of shape (..., n_groups, classes), and of all units, (..., 1, classes)."""
    found = [
        spread_of(np.moveaxis(by_group[name], -1, -2), overall[name][..., 0, :], kind.form, method)
        for name in kind.rates
    ]
    # Rates last, classes before them: each class has its own odds, and the worst class counts.
    each = np.stack(found, axis=-1)
    joined = each.mean(axis=-1) if agg == "mean" else _worst(each, kind.form)
    return _worst(joined, kind.form)


def spread_of(values: Array, overall: Array, form: Form, method: Method) -> Array:
    """Difference or ratio of the values of groups.

    Parameters
    ----------
    values : ndarray of shape (..., n_groups)
        NaN = undefined, and left out.
    overall : ndarray of shape (...)
        Value of all units together.
    form : {"difference", "ratio"}
    method : {"between_groups", "to_overall"}

    Returns
    -------
    ndarray of shape (...)
        NaN where fewer than two of several groups have a value, and for a ratio of 0 to 0.
    """
    known = ~np.isnan(values)
    if method == "to_overall":
        every = overall[..., None]
        if form == "difference":
            found = np.where(known, np.abs(values - every), -np.inf).max(axis=-1)
        else:
            found = np.where(known, _below_one(values, every), np.inf).min(axis=-1)
    else:
        low, high = np.where(known, values, np.inf).min(axis=-1), np.where(known, values, -np.inf).max(axis=-1)
        with np.errstate(invalid="ignore"):
            found = high - low if form == "difference" else ratio_of(low, high)
    least = min(2, values.shape[-1])
    return np.where((known.sum(axis=-1) >= least) & np.isfinite(found), found, np.nan)


def ends_of(values: Array) -> tuple[int, int] | None:
    """Numbers of the groups with the highest and the lowest value; None where fewer than two have one."""
    known = np.flatnonzero(~np.isnan(values))
    if len(known) < 2:  # noqa: PLR2004 - a gap has two ends
        return None
    return int(known[np.argmax(values[known])]), int(known[np.argmin(values[known])])


def _below_one(values: Array, overall: Array) -> Array:
    """Ratio of each value to the overall one, turned over where it is above 1; 0 to 0 is undefined."""
    small, large = np.minimum(values, overall), np.maximum(values, overall)
    return ratio_of(small, large)


def _worst(values: Array, form: Form) -> Array:
    """Largest difference or smallest ratio on the last axis, of those that are defined."""
    known = ~np.isnan(values)
    if form == "difference":
        found = np.where(known, values, -np.inf).max(axis=-1)
    else:
        found = np.where(known, values, np.inf).min(axis=-1)
    return np.where(known.any(axis=-1), found, np.nan)
