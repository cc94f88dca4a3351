"""Weights that make groups and classes independent: what a model trained with them cannot learn from their counts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from auditkit.metrics.cross_tables import cross_table
from auditkit.metrics.fairness.amounts import cut_amounts
from auditkit.metrics.fairness.level_names import column_levels, group_levels, numbered

__all__ = ["reweighing_weights", "weights_of_codes"]


def reweighing_weights(*, labels: ArrayLike, groups: Any) -> NDArray[np.float64]:
    """Weight of each sample under which its group says nothing of its label.

    w(a, y) = P(a) P(y) / P(a, y), with P the shares among the samples.

    Parameters
    ----------
    labels : array_like of shape (n,)
        Numbers or names; a missing one is a class of its own, and amounts, numbers of more than 20 values, are cut into
        four at their quartiles.
    groups : array_like of shape (n,), or table of n rows
        Of several columns their intersection.

    Returns
    -------
    ndarray of shape (n,), float64
        Above 0; above 1 where a group has the class less often than others do. They sum to n where every group has
        every class, and to less otherwise.

    Raises
    ------
    ShapeError
        If one is empty, or lengths differ.

    Notes
    -----
    A class that a group lacks cannot be given a weight, so its group keeps a gap: draw such samples instead. Weights of
    cells with few samples are large and uncertain: P(a) P(y) n samples weigh as one.

    References
    ----------
    Kamiran and Calders 2012, "Data Preprocessing Techniques for Classification without Discrimination", Knowledge and
    Information Systems 33, section 4.3.

    Examples
    --------
    >>> weights = reweighing_weights(labels=[1, 1, 1, 0, 1, 0, 0, 0], groups=list("aaaabbbb"))
    >>> weights.round(3).tolist()
    [0.667, 0.667, 0.667, 2.0, 2.0, 0.667, 0.667, 0.667]
    """
    (classes,) = cut_amounts(column_levels(labels, name="labels"))
    names = group_levels(groups, n=len(classes))
    (rows,), (columns,) = numbered(names).codes, numbered(classes).codes
    return weights_of_codes(rows, columns)


def weights_of_codes(groups: NDArray[Any], classes: NDArray[Any]) -> NDArray[np.float64]:
    """Weight of each sample whose group and class are whole numbers from 0.

    Parameters
    ----------
    groups, classes : ndarray of shape (n,), int

    Returns
    -------
    ndarray of shape (n,), float64
    """
    counts = cross_table(groups, classes, (int(groups.max()) + 1, int(classes.max()) + 1))
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / len(groups)
    return np.asarray(expected[groups, classes] / counts[groups, classes], np.float64)
