"""How far apart the rates of any class are between any two groups: differential fairness, smoothed.

It looks at the worst pair of groups, so that small ones must be smoothed, and more groups make it larger.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from auditkit.errors import ShapeError
from auditkit.metrics.fairness.level_names import column_levels, group_levels, numbered
from auditkit.metrics.fairness.smoothed import DifferentialFairness, fairness_of_counts
from auditkit.metrics.parameters import whole

__all__ = ["DifferentialFairness", "differential_fairness", "differential_fairness_report"]


def differential_fairness(
    *,
    labels: ArrayLike,
    groups: Any,
    classes: Sequence[Any] | None = None,
    concentration: float = 1.0,
    min_support: int = 1,
) -> float:
    """Largest log-ratio of a class's rates between two groups, smoothed.

    epsilon = max_{y, g, h} log ( p(y | g) / p(y | h) ), with p(y | g) = (n_gy + c / K) / (n_g + c), K classes and
    concentration c.

    Parameters
    ----------
    labels : array_like of shape (n,)
        True labels, or predicted ones.
    groups : array_like of shape (n,), or table of n rows
        Of several columns their intersection.
    classes : sequence, optional
        All classes there are; by default those that occur. Name them where a set may lack one: K counts them.
    concentration : float, default 1.0
        Weight of the prior, in samples, spread evenly over the K classes.
    min_support : int, default 1
        Groups with fewer samples are left out.

    Returns
    -------
    float in [0, inf]; lower is better, 0 where all groups have the same rates.

    Raises
    ------
    AuditkitError
        If `concentration` or `min_support` is no number that it can be.
    ShapeError
        If one is empty, lengths differ, or a label is none of `classes`.
    UndefinedError
        If fewer than two groups are left.

    Notes
    -----
    K is the same in every group. AIF360 0.6.1 counts the classes inside each group, so that one with a single class is
    not smoothed at all and the value is infinite. Without smoothing (a concentration near 0) a group of a few samples
    decides. `differential_fairness_report` names the two groups and the class.

    References
    ----------
    Foulds, Islam, Keya and Pan 2020, "An Intersectional Definition of Fairness", ICDE, definition 3.1 and equation 8.

    Examples
    --------
    >>> value = differential_fairness(labels=["y", "n", "n", "n", "y", "y", "y", "n"], groups=list("aaaabbbb"))
    >>> round(value, 4)  # log of (3 + 1/2) / (1 + 1/2)
    0.8473
    """
    found = differential_fairness_report(
        labels=labels, groups=groups, classes=classes, concentration=concentration, min_support=min_support
    )
    return found.epsilon


def differential_fairness_report(
    *,
    labels: ArrayLike,
    groups: Any,
    classes: Sequence[Any] | None = None,
    concentration: float = 1.0,
    min_support: int = 1,
) -> DifferentialFairness:
    """Differential fairness with the pair of groups and the class behind it.

    Parameters
    ----------
    labels, groups, classes, concentration, min_support
        As for `differential_fairness`.

    Returns
    -------
    DifferentialFairness
        `float()` of it is epsilon.

    Raises
    ------
    AuditkitError, ShapeError, UndefinedError
        As for `differential_fairness`.

    Examples
    --------
    >>> found = differential_fairness_report(labels=["y", "n", "n", "n", "y", "y", "y", "n"], groups=list("aaaabbbb"))
    >>> found.pair, found.level
    (('a', 'b'), 'n')
    """
    outcome = column_levels(labels, name="labels")
    named = group_levels(groups, n=len(outcome))
    known = None if classes is None else column_levels(list(classes), name="classes")
    rows, columns = numbered(named), numbered(outcome, *([] if known is None else [known]))
    if known is not None and len(columns.names) > len(set(known.tolist())):
        unknown = sorted(set(outcome.tolist()) - set(known.tolist()))
        message = f"`labels` holds {unknown[0]!r}, which `classes` does not name: name every class."
        raise ShapeError(message)
    shape = (len(rows.names), len(columns.names))
    counts = np.bincount(rows.codes[0] * shape[1] + columns.codes[0], minlength=shape[0] * shape[1]).reshape(shape)
    return fairness_of_counts(
        counts, rows.names, columns.names, concentration=concentration, min_support=whole("min_support", min_support, 1)
    )
