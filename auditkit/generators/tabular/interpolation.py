"""Neighbours of the same class, and what most of them have."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import split_blocks
from auditkit.generators.interface import Progress

__all__ = ["hot_levels", "majority", "nearest_of_class"]

_LEVELS = 200
"""Levels of a category that distances tell apart; the rarest share the last one."""

_BLOCK = 512


def hot_levels(codes: NDArray[np.int32]) -> NDArray[np.float32]:
    """One column per level, so that two rows with other levels are 1 apart, squared; missing is a level."""
    counts = np.bincount(codes + 1)
    rank = np.empty(len(counts), dtype=np.int64)
    rank[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
    place = np.minimum(rank, _LEVELS - 1)[codes + 1]
    return (np.eye(min(len(counts), _LEVELS), dtype=np.float32) * np.float32(np.sqrt(0.5)))[place]


def nearest_of_class(
    places: NDArray[np.float32], classes: NDArray[np.int32], *, k: int, progress: Progress | None = None
) -> NDArray[np.int32]:
    """Nearest rows of the same class, without the row itself.

    Parameters
    ----------
    places : ndarray of shape (n, d)
    classes : ndarray of shape (n,)
    k : int
    progress : callable, optional

    Returns
    -------
    ndarray of shape (n, k), int32
        Nearest first. A class of m rows has m - 1 neighbours, which are repeated in turn; a row alone is its own.

    Notes
    -----
    O(n^2 d / classes) time, O(512 n) memory.
    """
    found = np.empty((len(places), k), dtype=np.int32)
    names = np.unique(classes)
    for number, name in enumerate(names, start=1):
        rows = np.flatnonzero(classes == name)
        found[rows] = rows[_nearest(places[rows], k)]
        if progress is not None:
            progress(number, len(names), "neighbours")
    return found


def majority(cells: NDArray[np.int32]) -> NDArray[np.int32]:
    """What most cells of each line are, shape (n, k) to (n,); of equally frequent ones the first.

    Examples
    --------
    >>> majority(np.array([[1, 2, 2], [3, 1, 2]], dtype=np.int32)).tolist()
    [2, 3]
    """
    votes = np.stack([(cells == cells[:, place : place + 1]).sum(axis=1) for place in range(cells.shape[1])], axis=1)
    won: NDArray[np.int32] = np.take_along_axis(cells, votes.argmax(axis=1)[:, None], axis=1)[:, 0]
    return won


def _nearest(places: NDArray[np.float32], k: int) -> NDArray[np.intp]:
    n = len(places)
    if n == 1:
        return np.zeros((1, k), dtype=np.intp)
    k_found = min(k, n - 1)
    squares = np.einsum("ij,ij->i", places, places)
    found = np.empty((n, k_found), dtype=np.intp)
    for block in split_blocks(n, _BLOCK):
        distance = squares - 2 * (places[block] @ places.T)
        distance[np.arange(len(distance)), np.arange(block.start, block.start + len(distance))] = np.inf
        few = np.argpartition(distance, k_found - 1, axis=1)[:, :k_found]
        order = np.argsort(np.take_along_axis(distance, few, axis=1), axis=1, kind="stable")
        found[block] = np.take_along_axis(few, order, axis=1)
    return found[:, np.arange(k) % k_found]
