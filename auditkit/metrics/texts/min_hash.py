"""Pairs of texts that share most of their shingles, found by MinHash and banding and then compared exactly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import run_blocks, split_blocks
from auditkit.metrics.texts.wording import Hashes, Shingles

__all__ = ["highest_similarities"]

BANDS, ROWS = 20, 3
"""A pair of similarity s is compared with chance 1 - (1 - s^3)^20: .99 at .6, .43 at .3."""

_PER_BUCKET = 16
_BLOCK = 256
_SEED = 20240611


def highest_similarities(real: Shingles, synthetic: Shingles, *, within: bool = False) -> NDArray[np.float64]:
    """Jaccard similarity of each synthetic text to the real text that is most like it, where that is high.

    Parameters
    ----------
    real, synthetic : Shingles
    within : bool, default False
        Whether both are one set: no text is then compared with itself.

    Returns
    -------
    ndarray of shape (m,), float64
        In [0, 1]; 0 where no real text came near. Empty texts are like nothing.
    """
    bands = [_bands(side) for side in (real, synthetic)]
    highest = np.zeros(len(synthetic))
    pairs = [_meeting(bands[0][:, band], bands[1][:, band], within=within) for band in range(BANDS)]
    found = np.unique(np.concatenate(pairs), axis=0)
    if len(found):
        ours, theirs = found.T
        values = [_jaccard(synthetic.sets[one], real.sets[other]) for one, other in zip(ours, theirs, strict=True)]
        np.maximum.at(highest, ours, values)
    return highest


def _meeting(theirs: Hashes, ours: Hashes, *, within: bool) -> NDArray[np.int64]:
    """Pairs (synthetic, real) whose texts have one number in a band, at most 16 for each synthetic text."""
    order = np.argsort(theirs, kind="stable")
    ranked = theirs[order]
    starts, stops = (np.searchsorted(ranked, ours, side=side) for side in ("left", "right"))
    stops = np.where(ours == 0, starts, stops)
    sizes = np.minimum(stops - starts, _PER_BUCKET + within)
    owners = np.repeat(np.arange(len(ours)), sizes)
    steps = np.arange(len(owners)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    # Where a bucket holds more, the ones next to the text's own place are looked at first.
    first = starts + (np.arange(len(ours)) % np.maximum(stops - starts - sizes + 1, 1))
    pairs = np.stack([owners, order[first[owners] + steps]], axis=1).astype(np.int64)
    return pairs[pairs[:, 0] != pairs[:, 1]] if within else pairs


def _jaccard(one: Hashes, other: Hashes) -> float:
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return shared / (len(one) + len(other) - shared)


def _bands(side: Shingles) -> Hashes:
    """One number for each text and band; 0 for texts without shingles."""
    rng = np.random.default_rng(_SEED)
    turns = rng.integers(1, 2**63, size=(2, BANDS * ROWS), dtype=np.uint64) | np.uint64(1)

    def signed(block: slice) -> Hashes:
        out = np.zeros((block.stop - block.start, BANDS), dtype=np.uint64)
        for place, numbers in enumerate(side.sets[block]):
            if len(numbers):
                least = (numbers[:, None] * turns[0] + turns[1]).min(axis=0).reshape(BANDS, ROWS)
                mixed = (least ^ (least >> np.uint64(31))) * turns[0, :ROWS]
                out[place] = np.maximum(mixed.sum(axis=1, dtype=np.uint64), np.uint64(1))
        return out

    return np.concatenate([np.empty((0, BANDS), dtype=np.uint64), *run_blocks(signed, split_blocks(len(side), _BLOCK))])
