"""Compiled loop of the generalized attribution: what the rows of the nearest keys say."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from auditkit.metrics.tiles import compiled

__all__ = ["nearest_attribution"]


@compiled()
def nearest_attribution(
    asked: NDArray[np.int32], rows: NDArray[np.int32], counts: NDArray[np.int64], out: NDArray[np.float64]
) -> None:
    """Share of the rows of the nearest keys, by columns that differ, that have the asked value.

    Parameters
    ----------
    asked : ndarray of shape (n_asked, n_known + 1), int32
        Codes of what is known, then of the value.
    rows : ndarray of shape (n_rows, n_known + 1), int32
        Distinct synthetic rows.
    counts : ndarray of shape (n_rows,), int64
        How often each occurs.
    out : ndarray of shape (n_asked,), float64
        Written here.
    """
    n_known = asked.shape[1] - 1
    for i in range(asked.shape[0]):
        best, total, hits = n_known + 1, 0, 0
        for j in range(rows.shape[0]):
            distance = 0
            for c in range(n_known):
                distance += asked[i, c] != rows[j, c]
                if distance > best:
                    break
            if distance > best:
                continue
            if distance < best:
                best, total, hits = distance, 0, 0
            total += counts[j]
            if asked[i, n_known] == rows[j, n_known]:
                hits += counts[j]
        out[i] = hits / total
