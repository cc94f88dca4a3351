"""Which columns of a Bayesian network depend on which: greedy choice by mutual information."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from auditkit.generators.interface import Progress

__all__ = ["Structure", "learn_structure", "mutual_information"]

Structure = dict[str, tuple[str, ...]]
"""Parents of each column, in the order in which columns are drawn."""

_SHORTLIST = 12
"""Columns with the most information about one alone, among which its pairs of parents are looked for."""


def learn_structure(
    binned: Mapping[str, NDArray[np.int64]],
    sizes: Mapping[str, int],
    *,
    first: Sequence[str],
    n_parents: int,
    progress: Progress | None = None,
) -> Structure:
    """Add one column after the other, with the parents that say most about it.

    Parameters
    ----------
    binned : mapping of str to ndarray of shape (n,)
        Bin of each row, by column.
    sizes : mapping of str to int
        Bins of each column.
    first : sequence of str
        Columns that are there already, at least one.
    n_parents : int
        1 or 2.
    progress : callable, optional

    Returns
    -------
    dict of str to tuple of str
        Without `first`; no parents for a column that no other says anything about.
    """
    placed = list(first)
    rest = [name for name in binned if name not in placed]
    single = {
        (name, other): mutual_information(binned[name], binned[other], sizes[name], sizes[other])
        for name in rest
        for other in binned
        if other != name
    }
    best: dict[str, tuple[float, tuple[str, ...]]] = {}
    found: Structure = {}
    for name in rest:
        best[name] = _best(name, placed, None, binned, sizes, single, n_parents)
    while rest:
        name = max(rest, key=lambda item: best[item][0])
        parents = best[name][1]
        # The parent that says most comes first: where rows are few, it is asked alone.
        found[name] = tuple(sorted(parents, key=lambda parent, child=name: -single[child, parent]))  # type: ignore[misc]
        rest.remove(name)
        placed.append(name)
        for other in rest:
            added = _best(other, placed, name, binned, sizes, single, n_parents)
            best[other] = max(best[other], added, key=lambda pair: pair[0])
        if progress is not None:
            progress(len(found), len(found) + len(rest), name)
    return found


def mutual_information(left: NDArray[np.int64], right: NDArray[np.int64], n_left: int, n_right: int) -> float:
    """Mutual information of two columns in nats, less what chance gives to a table of their seen size.

    I - (r - 1)(c - 1) / (2 n), with the r and c bins that were seen; the second part is the mean of I over
    independent columns (Miller 1955). It can be below 0.
    """
    n = len(left)
    both = _counts(left * n_right + right, n_left * n_right)
    rows, columns = _counts(left, n_left), _counts(right, n_right)
    information = _entropy(rows, n) + _entropy(columns, n) - _entropy(both, n)
    return float(information - (len(rows) - 1) * (len(columns) - 1) / (2 * n))


def _best(
    name: str,
    placed: Sequence[str],
    newest: str | None,
    binned: Mapping[str, NDArray[np.int64]],
    sizes: Mapping[str, int],
    single: Mapping[tuple[str, str], float],
    n_parents: int,
) -> tuple[float, tuple[str, ...]]:
    """Parents of a column among those placed, the newest among them where one is given."""
    listed = sorted(placed, key=lambda other: -single[name, other])[:_SHORTLIST]
    if newest is not None and newest not in listed:
        return -np.inf, ()
    choices: list[tuple[float, tuple[str, ...]]] = [(0.0, ())]
    choices += [(single[name, other], (other,)) for other in listed if newest in {None, other}]
    if n_parents > 1:
        for one, other in combinations(listed, 2):
            if newest in {None, one, other}:
                joint = binned[one] * sizes[other] + binned[other]
                size = sizes[one] * sizes[other]
                choices.append((mutual_information(binned[name], joint, sizes[name], size), (one, other)))
    return max(choices, key=lambda pair: pair[0])


def _counts(cells: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """How often each cell that occurs was seen."""
    if size <= 4 * len(cells):
        counts = np.bincount(cells, minlength=size)
        return counts[counts > 0]
    return np.unique(cells, return_counts=True)[1]


def _entropy(counts: NDArray[np.int64], n: int) -> float:
    return float(np.log(n) - (counts * np.log(counts)).sum() / n)
