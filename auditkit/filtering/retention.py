"""Who pays for a filter: the share kept of each class and group.

Filters that look harmless can delete a class (keeping the half with the highest classifier confidence left a digit
with 1 % of the set, from 10 %), so the shares stand beside every selection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.amounts import has_amounts
from auditkit.intervals import wilson

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["effective_size", "imbalance_notes", "retention_frame"]

_FAR_BELOW = 0.8
_TIMES, _POINTS = 2.0, 0.02
_COLUMNS = ["part", "level", "n", "kept", "share", "low", "high"]


def retention_frame(synthetic: Dataset, kept: NDArray[np.bool_]) -> pd.DataFrame:
    """Share kept of each class and of each level of every declared group.

    Parameters
    ----------
    synthetic : Dataset
    kept : ndarray of bool, shape (n_units,)

    Returns
    -------
    pandas.DataFrame
        Columns part, level, n, kept, share in [0, 1], low, high (95 % Wilson limits); the label first.
    """
    label = None if has_amounts(synthetic.schema, synthetic.label) else synthetic.label
    names = [] if label is None else [label]
    rows: list[tuple[str, str, int, int, float, float, float]] = []
    for name in dict.fromkeys([*names, *synthetic.groups]):
        values = synthetic.group_values(name)
        for level in sorted({str(value) for value in values}):
            member = np.asarray(values == level)
            n, stayed = int(member.sum()), int((member & kept).sum())
            low, high = wilson(stayed, n)
            rows.append((name, level, n, stayed, stayed / n, low, high))
    return pd.DataFrame(rows, columns=_COLUMNS)


def effective_size(weights: NDArray[np.float64] | None, evidence: pd.DataFrame, kept: NDArray[np.bool_]) -> float:
    """How many samples those kept are worth where repeats count as one heavier sample.

    n_eff = (sum_i w_i)^2 / sum_c (sum_{i in c} w_i)^2, with c the distinct records (Kish 1965). It is the number of
    distinct samples of equal weight that would vary as little; without weights and repeats the number kept.

    Parameters
    ----------
    weights : ndarray of float64, shape (n_kept,), or None
        Of the kept samples; None: all weigh 1.
    evidence : pandas.DataFrame
        A row per sample; `duplicate_cluster` says which are identical.
    kept : ndarray of bool, shape (n_units,)

    Returns
    -------
    float
        0 where nothing is kept or nothing weighs anything.
    """
    n = int(kept.sum())
    weight = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)
    record = np.arange(n)
    if "duplicate_cluster" in evidence.columns:
        cluster = evidence["duplicate_cluster"][kept].to_numpy(dtype=np.float64, na_value=np.nan)
        record = np.unique(np.where(np.isnan(cluster), -1.0 - record, cluster), return_inverse=True)[1]
    heavy = np.bincount(record, weights=weight, minlength=1)
    total = float((heavy**2).sum())
    return float(weight.sum() ** 2 / total) if total else 0.0


def imbalance_notes(retention: pd.DataFrame, kept: NDArray[np.bool_]) -> list[str]:
    """Sentences on classes and groups that lost far more than the others.

    A level counts when nothing of it is left, when the upper limit of its kept share is below four fifths of the
    others' kept share, or when it is rejected at least twice as often as the others and two percentage points more of
    it, both by that limit: a filter that keeps nearly all can still take a tenth of a small class.

    Parameters
    ----------
    retention : pandas.DataFrame
        From `retention_frame`.
    kept : ndarray of bool, shape (n_units,)

    Returns
    -------
    list of str
    """
    if not kept.any():
        return []
    notes = []
    for row in retention.to_dict("records"):
        others = len(kept) - row["n"]
        if not others:
            continue
        share = (int(kept.sum()) - row["kept"]) / others
        if row["kept"] == 0:
            notes.append(f"nothing of {row['part']} = {row['level']} is left: all {row['n']} samples were rejected.")
        elif row["high"] < _FAR_BELOW * share:
            notes.append(
                f"{row['part']} = {row['level']} lost far more than the others: {row['share']:.0%} of its {row['n']} "
                f"samples were kept, {share:.0%} of the others."
            )
        elif row["high"] <= share - _POINTS and 1 - row["high"] >= _TIMES * (1 - share):
            notes.append(
                f"{row['part']} = {row['level']} is rejected more often than the others: {row['share']:.0%} of its "
                f"{row['n']} samples were kept, {share:.0%} of the others."
            )
    return notes
