"""A leading block and one tree per further column: grown from coded rows, drawn from, and asked how much it copies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditkit.generators.interface import Progress
from auditkit.generators.noise import stage_rng
from auditkit.generators.tabular.coded import Codes, is_number, length
from auditkit.generators.tabular.leading import LeadingBlock
from auditkit.generators.tabular.pools import Pool
from auditkit.generators.tabular.smoothing import is_moved
from auditkit.generators.tabular.trees import DonorTree, grow

__all__ = ["MAX_CLASSES", "SequentialTrees", "leaf_size"]

MAX_CLASSES = 50
"""Levels that a tree tells apart at most (and a quarter of the rows); rarer ones are one class, drawn as themselves."""

_LEAF, _LEAST_LEAF, _LEAVES = 30, 5, 6
"""Rows in a leaf: so many, but never fewer than the second number nor more than such a part of the rows."""

_MOST_ROWS = 10_000
_MOST_DOUBLINGS = 3
_MOST_EXCESS = 0.01


@dataclass(frozen=True)
class SequentialTrees:
    """The parts of a sequential synthesis.

    Attributes
    ----------
    leading : LeadingBlock
    trees : mapping of str to DonorTree
        By column, in the order in which they are drawn.
    """

    leading: LeadingBlock
    trees: Mapping[str, DonorTree]

    @classmethod
    def of(
        cls,
        codes: Codes,
        pools: Mapping[str, Pool],
        candidates: tuple[str, ...],
        *,
        leaf: int,
        seed: int,
        progress: Progress | None = None,
    ) -> SequentialTrees:
        """Grow all trees.

        Parameters
        ----------
        codes, pools : mapping by column
        candidates : tuple of str
            Columns that lead, as long as their combinations are below a fifth of the rows; at least one.
        leaf : int
            Rows in a leaf at least.
        seed : int
        progress : callable, optional
        """
        leading = LeadingBlock.of(codes, candidates, max_cells=max(length(codes) // 5, 1))
        known = list(leading.names)
        rest = sorted((name for name in codes if name not in known), key=lambda name: -len(pools[name].values))
        trees: dict[str, DonorTree] = {}
        for number, name in enumerate(rest):
            trees[name] = grow(
                _predictors(codes, known),
                _target(pools[name], codes[name]),
                codes[name],
                classify=not is_number(pools[name]),
                min_samples_leaf=leaf,
                seed=int(stage_rng(seed, "tree", number).integers(2**31)),
            )
            known.append(name)
            if progress is not None:
                progress(number + 1, len(rest), name)
        return cls(leading, trees)

    @property
    def width(self) -> int:
        """Uniform numbers that a row takes."""
        return 1 + len(self.trees)

    def draw(self, noise: NDArray[np.float64], fixed: Mapping[str, int]) -> Codes:
        """Draw a row per line of uniform numbers, shape (n, width); none where no combination has what is fixed."""
        cells = self.leading.draw(noise[:, 0], fixed)
        rows: Codes = {name: cells[:, place] for place, name in enumerate(self.leading.names)}
        for place, (name, tree) in enumerate(self.trees.items(), start=1):
            rows[name] = tree.draw(_predictors(rows, list(rows)), noise[: len(cells), place])
        return rows


def leaf_size(
    codes: Codes, pools: Mapping[str, Pool], candidates: tuple[str, ...], *, smoothing: bool, seed: int
) -> tuple[int, tuple[str, ...]]:
    """Rows in a leaf at least, and a sentence where records would be repeated with the usual ones.

    30, less in small sets. Where few values make up a row, whole rows come back although each cell is drawn on its
    own. So trees are grown on one half of the rows (10,000 at most in all) and leaves doubled, three times and to a
    sixth of the rows at most, as long as drawn rows equal rows of that half more often than rows of the other, by more
    than 1 % of them.
    """
    n_rows = length(codes)
    leaf = max(_LEAST_LEAF, min(_LEAF, n_rows // _LEAVES))
    if leaf < _LEAF:
        return leaf, ()
    order = stage_rng(seed, "halves").permutation(n_rows)[:_MOST_ROWS]
    halves = [{name: cells[part] for name, cells in codes.items()} for part in np.array_split(order, 2)]
    first = leaf
    for attempt in range(_MOST_DOUBLINGS):
        made = SequentialTrees.of(halves[0], pools, candidates, leaf=leaf, seed=seed)
        noise = stage_rng(seed, "copies", attempt).random((length(halves[1]), made.width))
        much = _excess(made.draw(noise, {}), halves, pools, smoothing=smoothing) > _MOST_EXCESS
        if not much or 2 * leaf > n_rows // _LEAVES:
            break
        leaf *= 2
    if leaf == first:
        return leaf, ()
    return leaf, (f"Leaves have {leaf} rows at least: with {first}, more training rows would come back whole.",)


def _excess(made: Codes, halves: list[Codes], pools: Mapping[str, Pool], *, smoothing: bool) -> float:
    """Share of rows that equal a row of the first half only, less the share that equal one of the second only."""
    stacked = [np.column_stack([rows[name] for name in pools]) for rows in (made, *halves)]
    _, numbers = np.unique(np.concatenate(stacked), axis=0, return_inverse=True)
    mine, one, other = np.split(numbers, np.cumsum([len(rows) for rows in stacked])[:-1])
    moved = np.zeros(len(mine), dtype=np.bool_)
    if smoothing:
        for name, pool in pools.items():
            moved |= is_moved(pool)[made[name]]
    found = np.isin(mine, one).astype(np.float64) - np.isin(mine, other)
    return float(np.where(moved, 0.0, found).mean())


def _predictors(codes: Mapping[str, NDArray[np.int32]], names: list[str]) -> NDArray[np.float32]:
    # Positions in the sorted pools split rows exactly as the values do, and take infinite range and missing cells.
    return np.column_stack([codes[name] for name in names]).astype(np.float32)


def _target(pool: Pool, codes: NDArray[np.int32]) -> NDArray[np.generic]:
    missing = codes < 0
    if is_number(pool) and len(pool.values):
        ranks = np.append((pool.edges[1:] + pool.edges[:-1]) / 2, 0.5)[codes]
        return np.column_stack([ranks, missing]) if missing.any() else ranks
    n_levels = len(pool.values)
    n_classes = min(MAX_CLASSES, max(len(codes) // 4, 2))
    if n_levels <= n_classes:
        return codes
    common = np.argsort(-pool.counts, kind="stable")[: n_classes - 1]
    return np.where(np.isin(codes, common) | missing, codes, n_levels)
