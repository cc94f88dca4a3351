"""Sets of columns: all of a size, or some that are drawn."""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["combinations_of"]

Integers = NDArray[np.int64]
_MOST_RANKS = 2**62


def combinations_of(n_columns: int, ways: int, *, most: int, rng: np.random.Generator) -> Integers:
    """Sets of `ways` columns in order: all of them, or `most` drawn without replacement.

    Parameters
    ----------
    n_columns, ways, most : int
    rng : numpy.random.Generator
        Used only where there are more than `most`.

    Returns
    -------
    ndarray of int64, shape (n_sets, ways)

    Examples
    --------
    >>> combinations_of(3, 2, most=5, rng=np.random.default_rng(0)).tolist()
    [[0, 1], [0, 2], [1, 2]]
    """
    total = math.comb(n_columns, ways)
    if total <= most:
        return np.array(list(itertools.combinations(range(n_columns), ways)), np.int64).reshape(-1, ways)
    if total <= _MOST_RANKS:
        return _of_ranks(np.sort(rng.choice(total, most, replace=False)), n_columns, ways)
    # Of so many hardly ever one is drawn twice.
    drawn = [np.sort(rng.permutation(n_columns)[:ways]) for _ in range(most)]
    return np.unique(np.array(drawn, np.int64).reshape(-1, ways), axis=0)


def _of_ranks(ranks: Integers, n: int, ways: int) -> Integers:
    """The sets of columns with these ranks in the order of `itertools.combinations`."""
    chosen = np.zeros((len(ranks), ways), np.int64)
    left, start = ranks.astype(np.int64), np.zeros(len(ranks), np.int64)
    for at in range(ways):
        # Of the last m columns so many sets of the size that is still to choose.
        sets = np.array([math.comb(m, ways - at) for m in range(n - at + 1)], np.int64)
        last = np.searchsorted(sets, sets[n - start] - left)
        left = left - (sets[n - start] - sets[last])
        chosen[:, at] = n - last
        start = chosen[:, at] + 1
    return chosen
