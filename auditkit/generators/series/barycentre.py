"""A series between others: the mean under dynamic time warping, which shifts in time do not blur."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["align_series", "barycentre"]

_ROUNDS = 3


def align_series(one: NDArray[np.float64], other: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Steps of two series that belong together at the least sum of squared distances.

    Parameters
    ----------
    one, other : ndarray of shape (t, channels) and (u, channels)

    Returns
    -------
    tuple of ndarray
        Steps of each, pair by pair, from the first pair to the last; neither ever goes back.

    Notes
    -----
    O(t u) time and memory, one diagonal at a time.

    References
    ----------
    Sakoe and Chiba 1978, "Dynamic programming algorithm optimization for spoken word recognition".

    Examples
    --------
    >>> steps = align_series(np.array([[0.0], [5.0]]), np.array([[0.0], [0.0], [5.0]]))
    >>> [item.tolist() for item in steps]
    [[0, 0, 1], [0, 1, 2]]
    """
    t, u = len(one), len(other)
    costs = np.square(one[:, None] - other[None]).sum(axis=2)
    least = np.full((t + 1, u + 1), np.inf)
    least[0, 0] = 0.0
    for diagonal in range(t + u - 1):
        rows = np.arange(max(0, diagonal - u + 1), min(t, diagonal + 1))
        columns = diagonal - rows
        before = np.minimum(np.minimum(least[rows, columns], least[rows, columns + 1]), least[rows + 1, columns])
        least[rows + 1, columns + 1] = costs[rows, columns] + before
    return _traced(least)


def _traced(least: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The way back from the last pair; diagonal where it costs no more."""
    row, column = least.shape[0] - 1, least.shape[1] - 1
    pairs = [(row - 1, column - 1)]
    while row > 1 or column > 1:
        moves = ((row - 1, column - 1), (row - 1, column), (row, column - 1))
        row, column = min(moves, key=lambda move: float(least[move]))
        pairs.append((row - 1, column - 1))
    path = np.array(pairs[::-1], dtype=np.intp)
    return path[:, 0], path[:, 1]


def barycentre(
    series: Sequence[NDArray[np.float64]], weights: NDArray[np.float64], *, rounds: int = _ROUNDS
) -> NDArray[np.float64]:
    """Weighted mean of series under dynamic time warping, as long as the first, from which it starts.

    Parameters
    ----------
    series : sequence of ndarray of shape (t, channels)
        Lengths may differ.
    weights : ndarray of shape (n,)
        Above 0.
    rounds : int, default 3
        Alignments of all series to the mean.

    Returns
    -------
    ndarray of shape (t of the first, channels)

    References
    ----------
    Petitjean, Ketterlin and Gancarski 2011, "A global averaging method for dynamic time warping", algorithm 5.

    Examples
    --------
    >>> waves = [np.array([[0.0], [1.0], [0.0], [0.0]]), np.array([[0.0], [0.0], [1.0], [0.0]])]
    >>> barycentre(waves, np.array([0.5, 0.5]))[:, 0].tolist()
    [0.0, 1.0, 0.0, 0.0]
    """
    mean = np.array(series[0], dtype=np.float64)
    for _ in range(rounds):
        total, weight = np.zeros_like(mean), np.zeros(len(mean))
        for item, share in zip(series, weights, strict=True):
            own, others = align_series(mean, item)
            np.add.at(total, own, share * item[others])
            np.add.at(weight, own, share)
        mean = total / weight[:, None]
    return mean
