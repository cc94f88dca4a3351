"""Halves of the real rows where there is no holdout, and draws that give two sets one size."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["DRAWS", "equal_draws", "two_halves"]

DRAWS = 10
"""Over how many draws a score at equal size is averaged."""


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


def equal_draws(items: NDArray[Any], size: int, rng: np.random.Generator, *, draws: int = DRAWS) -> list[NDArray[Any]]:
    """Draws of `size` of the items without replacement, each in order; all of them, once, where they are no more.

    Parameters
    ----------
    items : ndarray of shape (n,)
    size : int
    rng : numpy.random.Generator
    draws : int, default 10
    """
    if len(items) <= size:
        return [items]
    return [np.sort(rng.choice(items, size, replace=False)) for _ in range(draws)]
