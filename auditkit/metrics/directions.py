"""Rows without their length: what metrics on cosines work with."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.metrics.products import Side

__all__ = ["lacking_direction", "unit_rows"]

# Within this and its inverse, squares of float64 have lost nothing to the ends of its range.
SAFE = 1e-200


def unit_rows(features: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Each row over its Euclidean length, in float64; rows of zeros stay zeros.

    Parameters
    ----------
    features : ndarray of shape (n, d)

    Returns
    -------
    ndarray of shape (n, d)
    """
    rows = np.asarray(features, np.float64)
    squared = np.einsum("ij,ij->i", rows, rows)
    if squared.min(initial=1.0) < SAFE or squared.max(initial=1.0) > 1.0 / SAFE:
        # Over the largest entry first, twice, as the first quotient of subnormal numbers is rounded.
        for _ in range(2):
            largest = np.maximum(rows.max(axis=1), -rows.min(axis=1))
            rows = rows / np.where(largest > 0, largest, 1.0)[:, None]
        squared = np.einsum("ij,ij->i", rows, rows)
    return np.asarray(rows / np.sqrt(np.where(squared > 0, squared, 1.0))[:, None])


def lacking_direction(side: Side) -> str:
    """Why cosines are undefined on a side, in one sentence; empty where every row has a direction."""
    zeros = len(side) - int(np.count_nonzero(side.features.any(axis=1)))
    if not zeros:
        return ""
    return (
        f"`{side.name}` has {zeros} of {len(side)} rows of length 0, which have no direction: "
        "drop them, or use an embedder that gives none."
    )
