"""Halves of the real rows where there is no holdout, and draws that give two sets one size."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["equal_draws", "n_draws", "two_halves"]

DRAWS, ROWS_DRAWN = 10, 200_000
"""Over how many draws a score at equal size is averaged, and over how many rows in all of them."""


def two_halves(n: int, rng: np.random.Generator) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Two random halves of n places, each in order: one to compare with, the larger if n is odd, and fresh ones.

    Parameters
    ----------
    n : int
    rng : numpy.random.Generator

    Returns
    -------
    reference, fresh : ndarrays of int
        The second is empty where n is 1.
    """
    order = rng.permutation(n)
    middle = (n + 1) // 2
    return np.sort(order[:middle]), np.sort(order[middle:])


def n_draws(size: int) -> int:
    """Draws of `size` rows each: ten up to 20,000 rows, fewer of more (of large sets each varies little), at least one.

    Examples
    --------
    >>> [n_draws(size) for size in (100, 20_000, 50_000, 120_000)]
    [10, 10, 4, 1]
    """
    return min(DRAWS, max(ROWS_DRAWN // max(size, 1), 1))


def equal_draws(items: NDArray[Any], size: int, rng: np.random.Generator) -> list[NDArray[Any]]:
    """Draws of `size` of the items without replacement, each in order; all of them, once, where they are no more.

    There are `n_draws(size)` of them: ten of up to 20,000 rows, one of more than 100,000.

    Parameters
    ----------
    items : ndarray of shape (n,)
    size : int
    rng : numpy.random.Generator
    """
    if len(items) <= size:
        return [items]
    return [np.sort(rng.choice(items, size, replace=False)) for _ in range(n_draws(size))]
