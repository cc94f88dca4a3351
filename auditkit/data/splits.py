"""Which unit goes to which part: exact sizes, the same mix of labels and groups in every part."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["part_sizes", "split_units"]


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


def split_units(
    strata: Sequence[NDArray[np.object_]], *, sizes: Sequence[int], rng: np.random.Generator
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
