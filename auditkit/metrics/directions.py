"""Rows without their length: what metrics on cosines work with."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.metrics.products import Side

__all__ = ["lacking_direction", "unit_rows"]


def unit_rows(features: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Each row over its Euclidean length, in float64; rows of zeros stay zeros.

    Parameters
    ----------
    features : ndarray of shape (n, d)

    Returns
    -------
    ndarray of shape (n, d)
    """
    rows = np.array(features, np.float64, order="C")
    # Over the largest entry first: squares of tiny or huge numbers leave the range of float64.
    for _ in range(2):
        largest = np.maximum(rows.max(axis=1), -rows.min(axis=1))
        rows /= np.where(largest > 0, largest, 1.0)[:, None]
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    rows /= np.where(lengths > 0, lengths, 1.0)[:, None]
    return rows


def lacking_direction(side: Side) -> str:
    """Why cosines are undefined on a side, in one sentence; empty where every row has a direction."""
    zeros = len(side) - int(np.count_nonzero(side.features.any(axis=1)))
    if not zeros:
        return ""
    return (
        f"`{side.name}` has {zeros} of {len(side)} rows of length 0, which have no direction: "
        "drop them, or use an embedder that gives none."
    )
