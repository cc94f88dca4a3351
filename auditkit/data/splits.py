"""Which unit goes to which part: exact sizes, the same mix of labels and groups in every part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.amounts import has_amounts

if TYPE_CHECKING:
    from auditkit.data.dataset import Dataset

__all__ = ["part_sizes", "split_strata", "split_units"]

_QUARTILES = (0.25, 0.5, 0.75)


def part_sizes(n: int, shares: Sequence[float]) -> list[int]:
    """Whole sizes that sum to `n` and follow the shares by largest remainder.

    Parameters
    ----------
    n : int
    shares : sequence of float
        Non-negative, summing to 1.

    Returns
    -------
    list of int
    """
    exact = np.asarray(shares, dtype=np.float64) * n
    sizes = np.floor(exact + 1e-9).astype(int)
    rest = n - int(sizes.sum())
    for place in np.argsort(-(exact - sizes), kind="stable")[:rest]:
        sizes[place] += 1
    return [int(size) for size in sizes]


def split_strata(dataset: Dataset) -> list[NDArray[Any]]:
    """What each part of a split shall have the same mix of: the label first, then the groups.

    Parameters
    ----------
    dataset : Dataset

    Returns
    -------
    list of ndarray of shape (n_units,)
        Levels; of a label that is an amount the quarter of each unit, 4 where it is missing.
    """
    names = dict.fromkeys(name for name in (dataset.label, *dataset.groups) if name is not None)
    amount = has_amounts(dataset.schema, dataset.label)
    return [
        _quarters(dataset.group_values(name)) if amount and name == dataset.label else dataset.group_values(name)
        for name in names
    ]


def _quarters(values: NDArray[np.object_]) -> NDArray[np.intp]:
    numbers = pd.to_numeric(pd.Series(values), errors="coerce").to_numpy(dtype=np.float64)
    known = numbers[~np.isnan(numbers)]
    edges = np.quantile(known, _QUARTILES) if len(known) else np.zeros(len(_QUARTILES))
    return np.where(np.isnan(numbers), len(edges) + 1, np.searchsorted(edges, numbers, side="left")).astype(np.intp)


def split_units(
    strata: Sequence[NDArray[Any]], *, sizes: Sequence[int], rng: np.random.Generator
) -> list[NDArray[np.intp]]:
    """Disjoint parts of the units that cover them all.

    Units are sorted by stratum (the first key outermost, cells of one label in random order, units of one cell in
    random order) and dealt to the parts in an even pattern with a random start. So every cell is shared out in
    proportion, cells too small for that share with their neighbours of the same label, and sizes are exact.

    Parameters
    ----------
    strata : sequence of ndarray of shape (n,)
        Label first, then groups; may be empty.
    sizes : sequence of int
        Size of each part, summing to n.
    rng : numpy.random.Generator

    Returns
    -------
    list of ndarray of int
        Sorted places of each part's units.
    """
    n = int(sum(sizes))
    keys: list[NDArray[np.intp] | NDArray[np.float64]] = [rng.random(n)]
    if strata:
        codes = [pd.factorize(values, sort=True)[0] for values in strata]
        cells = codes[0]
        for code in codes[1:]:
            cells = pd.factorize(cells * (int(code.max(initial=0)) + 1) + code, sort=True)[0]
        shuffled = rng.permutation(int(cells.max(initial=0)) + 1)
        keys += [shuffled[cells], codes[0]]
    order = np.lexsort(tuple(keys))
    dealt = np.roll(_pattern(sizes), int(rng.integers(n)) if n else 0)
    return [np.sort(order[dealt == part]) for part in range(len(sizes))]


def _pattern(sizes: Sequence[int]) -> NDArray[np.intp]:
    """Numbers of the parts, each as often as its size and as evenly spread as can be."""
    parts = np.repeat(np.arange(len(sizes)), sizes)
    places = np.concatenate([(np.arange(size) + 0.5) / size for size in sizes if size] or [np.empty(0)])
    return parts[np.lexsort((parts, places))]
