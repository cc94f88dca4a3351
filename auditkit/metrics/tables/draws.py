"""Halves of the real rows where there is no holdout, and draws that give two sets one size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["JudgedSets", "equal_draws", "judged_sets", "n_draws", "two_halves"]

DRAWS, ROWS_DRAWN = 10, 200_000
"""Over how many draws a score at equal size is averaged, and over how many rows in all of them."""


@dataclass(frozen=True, eq=False)
class JudgedSets:
    """Rows by which a score is judged, as places in order; matched and fresh ones are of one size.

    Attributes
    ----------
    reference : ndarray of int
        Of the real set: what all others are compared with.
    fresh_from : {"holdout", "real"}
    fresh : ndarray of int
        Of that set: rows that nobody has generated and that are not compared with.
    size : int
    synthetic_draws, fresh_draws : list of ndarrays of int, shape (size,)
        Draws whose scores are averaged: what is reached, and the ceiling; one where a set is no larger.
    """

    reference: NDArray[np.intp]
    fresh_from: str
    fresh: NDArray[np.intp]
    size: int
    synthetic_draws: list[NDArray[np.intp]]
    fresh_draws: list[NDArray[np.intp]]


def judged_sets(n: Mapping[str, int], rng: np.random.Generator) -> JudgedSets | None:
    """Which rows of some sets a score is judged by: the holdout or, without one, halves of the real rows.

    Parameters
    ----------
    n : mapping of str to int
        Rows of `"real"`, `"synthetic"` and, where there is one, `"holdout"`.
    rng : numpy.random.Generator

    Returns
    -------
    JudgedSets or None
        None where no fresh row can be had, as of one real row.
    """
    if "holdout" in n:
        fresh_from, reference, fresh = "holdout", np.arange(n["real"]), np.arange(n["holdout"])
    else:
        fresh_from, (reference, fresh) = "real", two_halves(n["real"], rng)
    size = min(n["synthetic"], len(fresh))
    if not size or not len(reference):
        return None
    draws = [equal_draws(rows, size, rng) for rows in (np.arange(n["synthetic"]), fresh)]
    return JudgedSets(reference, fresh_from, fresh, size, *draws)


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
