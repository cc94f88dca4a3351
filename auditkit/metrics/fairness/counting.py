"""Units counted into cells of (group, truth, prediction), and what is read from them as one number."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.errors import UndefinedError
from auditkit.metrics.fairness.coding import CodedLabels, code_labels
from auditkit.metrics.fairness.confusion import count_cells, supports_of
from auditkit.metrics.fairness.gaps import GAPS, Agg, GapKind, Method, gaps_of
from auditkit.metrics.fairness.group_codes import Groups, read_groups
from auditkit.metrics.parameters import one_of, whole

__all__ = ["Counted", "count_units", "gap_value", "undefined_reason"]


@dataclass(frozen=True, eq=False)
class Counted:
    """Units in cells.

    Attributes
    ----------
    labels : CodedLabels
    groups : Groups
    cells : ndarray of int64, shape (n_groups, n_classes, n_classes)
        Units per group, truth and prediction.
    """

    labels: CodedLabels
    groups: Groups
    cells: NDArray[np.int64]


def count_units(y_true: Any, y_pred: Any, groups: Any, positive: Any) -> Counted:
    """Read, check and count; see `group_rates` for what each argument may be."""
    labels = code_labels(y_true, y_pred, positive=positive)
    levels = read_groups(groups, n=len(labels.truth))
    return Counted(labels, levels, count_cells(labels, levels.codes, len(levels)))


def gap_value(
    name: str,
    y_true: Any,
    y_pred: Any,
    groups: Any,
    method: Method,
    agg: Agg,
    min_support: int,
    positive: Any,
) -> float:
    """Gap of that name, as a plain number.

    Raises
    ------
    UndefinedError
        If it has none.
    """
    one_of("method", method, Method)
    one_of("agg", agg, Agg)
    least = whole("min_support", min_support, 1)
    counted = count_units(y_true, y_pred, groups, positive)
    kind = GAPS[name]
    value = float(gaps_of(counted.cells, counted.labels.asked, kind, method=method, agg=agg, min_support=least))
    if not math.isnan(value):
        return value
    raise UndefinedError(f"{name} is undefined: {undefined_reason(counted, kind, least)}.")


def undefined_reason(counted: Counted, kind: GapKind, min_support: int) -> str:
    """Why a gap has no value, as part of a sentence."""
    supports = supports_of(counted.cells, counted.labels.asked)
    n_groups = len(counted.groups)
    for rate in kind.rates:
        known = int((supports[rate] >= min_support).sum(axis=0).max())
        if known < min(2, n_groups):
            what = {"tpr": "positives", "fpr": "negatives"}.get(rate, "units")
            least = "" if min_support == 1 else f"at least {min_support} "
            return f"{known} of {n_groups} groups {'has' if known == 1 else 'have'} {least}{what}"
    return "a ratio of 0 to 0 is no number"
