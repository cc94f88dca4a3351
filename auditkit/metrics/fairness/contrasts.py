"""The largest difference between groups in its own standard errors: what a test of "all alike" goes by.

By the plain gap, two groups of two units each would decide a test of six thousand: their rates differ by 1 as often as
not when groups are dealt out, and the gap between the large groups is never asked for.
"""

from __future__ import annotations

import numpy as np

from auditkit.metrics.fairness.confusion import RATES, Array
from auditkit.metrics.fairness.gaps import GapKind, Method
from auditkit.metrics.fairness.sources import Rates

__all__ = ["largest_contrast"]


def largest_contrast(by_group: Rates, overall: Rates, supports: Rates, kind: GapKind, *, method: Method) -> Array:
    """Max over rates, classes and pairs of groups of |r_a - r_b| / (s sqrt(1 / n_a + 1 / n_b)).

    s^2 = r (1 - r) of all units together, for proportions; 1 otherwise, where the rates of a gap are of one kind.

    Parameters
    ----------
    by_group : dict of str to ndarray of shape (..., n_groups, classes)
        NaN = undefined, and left out.
    overall : dict of str to ndarray of shape (..., 1, classes)
    supports : dict of str to ndarray of shape (n_groups, classes)
        Units behind each rate, which dealing groups out does not change.
    kind : GapKind
    method : {"between_groups", "to_overall"}
        Pairs of groups, or each group against all units: |r_a - r| / (s sqrt(1 / n_a - 1 / n)).

    Returns
    -------
    ndarray of shape (...)
        0 where nothing differs, or nothing can.
    """
    found = [_of_rate(by_group[name], overall[name], supports[name], name in RATES, method) for name in kind.rates]
    return np.asarray(np.max(found, axis=0))


def _of_rate(values: Array, overall: Array, n: Array, proportion: bool, method: Method) -> Array:  # noqa: FBT001
    spread = np.sqrt(overall * (1 - overall)) if proportion else np.ones_like(overall)
    scale = np.where(spread[..., 0, :] > 0, spread[..., 0, :], np.inf)
    with np.errstate(divide="ignore"):
        weight = np.where(n > 0, 1 / n, np.inf)
    largest = np.zeros(scale.shape)
    for group in range(values.shape[-2]):
        if method == "between_groups":
            others, width = values[..., group + 1 :, :], weight[group] + weight[group + 1 :]
        else:
            others, width = overall, weight[group : group + 1] - 1 / n.sum(axis=0)
        if not others.shape[-2]:
            continue
        with np.errstate(invalid="ignore", divide="ignore"):
            contrast = np.abs(values[..., group : group + 1, :] - others) / np.sqrt(np.maximum(width, 0.0))
        known = np.where(np.isfinite(contrast), contrast, 0.0)
        largest = np.maximum(largest, known.max(axis=-2))
    return np.asarray((largest / scale).max(axis=-1))
