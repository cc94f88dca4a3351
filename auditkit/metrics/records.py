"""Identical records: numbered by their content, never by a distance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.metrics.points import merge_rows
from auditkit.metrics.products import Side

__all__ = ["duplicate_clusters", "number_records", "number_rows", "records_of"]


def number_records(*digests: NDArray[Any]) -> list[NDArray[np.int64]]:
    """Numbers that are equal exactly where digests are, across all the arrays given."""
    _, numbers = np.unique(np.concatenate(digests), return_inverse=True)
    return _split(numbers, digests)


def number_rows(*features: NDArray[np.floating[Any]]) -> list[NDArray[np.int64]]:
    """Numbers that are equal exactly where rows of features are equal (0.0 and -0.0 count as one)."""
    if not features[0].shape[1]:
        return [np.zeros(len(item), np.int64) for item in features]
    return _split(merge_rows(np.concatenate(features)).inverse, features)


def records_of(*sides: Side) -> list[NDArray[np.int64]]:
    """Record numbers of some sides: their own where all have them, else those of their features."""
    own = [side.records for side in sides if side.records is not None]
    return own if len(own) == len(sides) else number_rows(*(side.features for side in sides))


def duplicate_clusters(records: NDArray[np.int64]) -> NDArray[np.int64]:
    """Cluster of each row among rows that occur more than once, by first occurrence; -1 for rows that occur once."""
    _, first, inverse, counts = np.unique(records, return_index=True, return_inverse=True, return_counts=True)
    repeated = counts > 1
    order = np.argsort(np.where(repeated, first, len(records)), kind="stable")
    number = np.full(len(first), -1, np.int64)
    number[order[: int(repeated.sum())]] = np.arange(int(repeated.sum()))
    return number[inverse]


def _split(numbers: NDArray[Any], like: Sequence[NDArray[Any]]) -> list[NDArray[np.int64]]:
    bounds = np.cumsum([len(item) for item in like])[:-1]
    return [np.ascontiguousarray(part) for part in np.split(numbers.astype(np.int64), bounds)]
