"""Identical records: numbered by their content, never by a distance."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["duplicate_clusters", "number_records", "number_rows"]


def number_records(*digests: NDArray[Any]) -> list[NDArray[np.int64]]:
    """Numbers that are equal exactly where digests are, across all the arrays given."""
    _, numbers = np.unique(np.concatenate(digests), return_inverse=True)
    bounds = np.cumsum([len(item) for item in digests])[:-1]
    return [np.ascontiguousarray(part) for part in np.split(numbers.astype(np.int64), bounds)]


def number_rows(*features: NDArray[np.floating[Any]]) -> list[NDArray[np.int64]]:
    """Numbers that are equal exactly where rows of features are equal (0.0 and -0.0 count as one)."""
    return number_records(*(_row_bytes(item) for item in features))


def duplicate_clusters(records: NDArray[np.int64]) -> NDArray[np.int64]:
    """Cluster of each row among rows that occur more than once, by first occurrence; -1 for rows that occur once."""
    _, first, inverse, counts = np.unique(records, return_index=True, return_inverse=True, return_counts=True)
    repeated = counts > 1
    order = np.argsort(np.where(repeated, first, len(records)), kind="stable")
    number = np.full(len(first), -1, np.int64)
    number[order[: int(repeated.sum())]] = np.arange(int(repeated.sum()))
    return number[inverse]


def _row_bytes(features: NDArray[np.floating[Any]]) -> NDArray[Any]:
    rows = np.ascontiguousarray(features, np.float64) + 0.0  # -0.0 + 0.0 is 0.0
    if not rows.shape[1]:
        return np.zeros(len(rows), "V1")
    return rows.view(f"V{8 * rows.shape[1]}").ravel()
