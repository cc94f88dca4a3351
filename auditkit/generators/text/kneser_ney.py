"""Interpolated Kneser-Ney models of sequences, one per class, in arrays; all sequences of a batch are drawn together.

A context is a node of a tree: its parent is the context without its oldest piece, the roots are the classes. A node
holds the pieces that followed it, counted at the longest contexts, and at shorter ones by how many different pieces
stood before context and piece (Kneser and Ney 1995). Drawing walks from the longest context known to shorter ones: a
count less its discount is the mass of a piece, the discounts together are the mass that goes on to the shorter context,
which is exactly the interpolated model. Behind the root of a class stands the root of all classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.generators.text.vocabulary import END, START

__all__ = ["KneserNey", "Level"]

Codes = NDArray[np.int64]
_USUAL = (0.75, 1.1, 1.4)
"""Discounts of counts of one, two, and three or more, where the data are too few to estimate them."""


@dataclass(frozen=True, eq=False)
class Level:
    """All contexts of one length.

    Attributes
    ----------
    keys : ndarray of int64, shape (n_nodes,)
        Parent node times the size of the vocabulary plus the oldest piece, sorted; of roots their own numbers.
    starts : ndarray of int64, shape (n_nodes + 1,)
        Where the pieces that followed each node begin.
    pieces : ndarray of int64, shape (n_entries,)
    mass : ndarray of float64, shape (n_entries + 1,)
        Running sum of the discounted counts.
    totals : ndarray of float64, shape (n_nodes,)
        Counts of each node before discounting.
    """

    keys: Codes
    starts: Codes
    pieces: Codes
    mass: NDArray[np.float64]
    totals: NDArray[np.float64]

    @classmethod
    def of(cls, keys: Codes, nodes: Codes, pieces: Codes, counts: Codes, *, discounted: float) -> Level:
        """Level from its entries, sorted by node; `discounted` is what the discounts are multiplied by."""
        starts = np.searchsorted(nodes, np.arange(len(keys) + 1)).astype(np.int64)
        kept = counts - discounted * _discounts(counts)[np.minimum(counts, 3) - 1]
        totals = np.add.reduceat(counts, starts[:-1]).astype(np.float64) if len(keys) else np.zeros(0)
        return cls(keys, starts, pieces, np.concatenate([[0.0], np.cumsum(kept)]), totals)

    def find(self, parents: Codes, oldest: Codes, size: int) -> Codes:
        """Nodes below their parents; -1 where there is none."""
        wanted = np.where(parents >= 0, parents * size + oldest, -1)
        places = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return np.where(self.keys[places] == wanted, places, -1)

    def draw(self, nodes: Codes, uniform: NDArray[np.float64]) -> Codes:
        """A piece that followed each node; -1 where the draw falls on what goes to the shorter context."""
        start, stop = self.starts[nodes], self.starts[nodes + 1]
        target = self.mass[start] + uniform * self.totals[nodes]
        places = np.searchsorted(self.mass, target, side="right") - 1
        drawn = self.pieces[np.clip(places, start, stop - 1)]
        return np.where(target < self.mass[stop], drawn, -1)


@dataclass(frozen=True, eq=False)
class KneserNey:
    """Models of the sequences of each class.

    Attributes
    ----------
    levels : tuple of Level
        By length of context: the roots of the classes first.
    everything : Level
        One node: the pieces of all classes.
    size : int
        Of the vocabulary.
    longest : int
        Pieces of the longest training sequence.
    """

    levels: tuple[Level, ...]
    everything: Level
    size: int
    longest: int

    @classmethod
    def of(
        cls, sequences: Sequence[Codes], classes: Codes, *, size: int, order: int, smoothing: float = 1.0
    ) -> KneserNey:
        """Count the sequences of classes 0, 1, ... .

        Parameters
        ----------
        sequences : sequence of ndarray of int64
        classes : ndarray of shape (n,), int64
        size : int
            Numbers of the vocabulary.
        order : int
            Pieces that are looked at together: one more than the longest context.
        smoothing : float, default 1.0
            What the most likely discounts are multiplied by.
        """
        pieces, before, owners = _windows(sequences, classes, order)
        nodes, keys = [owners], [np.arange(int(classes.max()) + 1)]
        for oldest in before:
            found, node = np.unique(nodes[-1] * size + oldest, return_inverse=True)
            nodes.append(node.reshape(-1))
            keys.append(found)
        several = len(keys[0]) > 1
        entries, counts = np.unique(nodes[-1] * size + pieces, return_counts=True)
        levels: list[Level] = []
        for depth in range(order - 1, -1, -1):
            node, piece = np.divmod(entries, size)
            levels.append(Level.of(keys[depth], node, piece, counts, discounted=smoothing * (several or depth > 0)))
            if depth:
                entries, counts = np.unique((keys[depth][node] // size) * size + piece, return_counts=True)
        node, piece = np.divmod(entries, size)
        shared, summed = np.unique(piece, return_inverse=True)
        total = np.bincount(summed.reshape(-1), weights=counts).astype(np.int64)
        everything = Level.of(np.zeros(1, np.int64), np.zeros_like(shared), shared, total, discounted=0.0)
        longest = max((len(item) for item in sequences), default=0)
        return cls(tuple(reversed(levels)), everything, size, longest)

    def draw(self, classes: Codes, rng: np.random.Generator, *, width: int) -> list[list[int]]:
        """A sequence of each class.

        Parameters
        ----------
        classes : ndarray of shape (n,), int64
        rng : numpy.random.Generator
        width : int
            At least n; numbers are drawn for as many sequences, so that each depends on its place only.
        """
        n, order = len(classes), len(self.levels)
        recent = np.full((n, order - 1), START, dtype=np.int64)
        drawn: list[list[int]] = [[] for _ in range(n)]
        open_ = np.arange(n)
        for _ in range(self.longest + 1):
            uniform = rng.random((order + 1, width))[:, open_]
            codes = self._next(classes[open_], recent[open_], uniform)
            going = codes != END
            open_, codes = open_[going], codes[going]
            if not len(open_):
                break
            for place, code in zip(open_.tolist(), codes.tolist(), strict=True):
                drawn[place].append(code)
            if order > 1:
                recent[open_] = np.concatenate([codes[:, None], recent[open_][:, :-1]], axis=1)
        return drawn

    def _next(self, classes: Codes, recent: Codes, uniform: NDArray[np.float64]) -> Codes:
        """The next piece of each sequence; `recent` holds the latest piece first."""
        nodes = [classes]
        for depth, level in enumerate(self.levels[1:]):
            nodes.append(level.find(nodes[-1], recent[:, depth], self.size))
        codes = np.full(len(classes), -1, dtype=np.int64)
        for depth in range(len(self.levels) - 1, -1, -1):
            asked = np.flatnonzero((codes < 0) & (nodes[depth] >= 0))
            codes[asked] = self.levels[depth].draw(nodes[depth][asked], uniform[depth, asked])
        left = np.flatnonzero(codes < 0)
        codes[left] = self.everything.draw(np.zeros(len(left), np.int64), uniform[-1, left])
        return codes

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The part that is saved as arrays."""
        held = {f"level.{depth}": level for depth, level in enumerate(self.levels)} | {"everything": self.everything}
        return {f"{name}.{part}": array for name, level in held.items() for part, array in vars(level).items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], *, order: int, size: int, longest: int) -> KneserNey:
        """Models from what `arrays` gave."""
        names = [*(f"level.{depth}" for depth in range(order)), "everything"]
        parts = ("keys", "starts", "pieces", "mass", "totals")
        *levels, everything = (Level(**{part: arrays[f"{name}.{part}"] for part in parts}) for name in names)
        return cls(tuple(levels), everything, size, longest)


def _windows(sequences: Sequence[Codes], classes: Codes, order: int) -> tuple[Codes, list[Codes], Codes]:
    """Every piece with its end mark, the pieces before it (nearest first), and the class of its sequence."""
    padded = [np.concatenate([np.full(order - 1, START), codes, [END]]).astype(np.int64) for codes in sequences]
    whole = np.concatenate(padded)
    lengths = np.array([len(item) for item in padded])
    begins = np.cumsum(lengths) - lengths
    inside = np.ones(len(whole), dtype=np.bool_)
    for step in range(order - 1):
        inside[begins + step] = False
    places = np.flatnonzero(inside)
    return whole[places], [whole[places - back] for back in range(1, order)], np.repeat(classes, lengths - order + 1)


def _discounts(counts: Codes) -> NDArray[np.float64]:
    """Discounts of counts of one, two, and three or more (Chen and Goodman 1998, equation 26)."""
    ones, twos, threes, fours = (int(np.count_nonzero(counts == k)) for k in (1, 2, 3, 4))
    if not (ones and twos and threes and fours):
        return np.array(_USUAL)
    share = ones / (ones + 2 * twos)
    found = [1 - 2 * share * twos / ones, 2 - 3 * share * threes / twos, 3 - 4 * share * fours / threes]
    return np.clip(found, [0.5, 0.6, 0.7], [0.95, 1.9, 2.8])
