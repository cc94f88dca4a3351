"""TF-IDF weights of hashed n-grams: how much each n-gram says of a text, learnt from the training texts alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array, hstack

from auditkit.features.text_counts import BUCKETS

__all__ = ["NgramWeights"]


@dataclass(frozen=True, eq=False)
class NgramWeights:
    """Buckets in use and the weight of each.

    Attributes
    ----------
    used : ndarray of int32, shape (p,)
        Buckets in use, those of words first.
    weights : ndarray of float32, shape (p,)
        1 + log((1 + n) / (1 + texts with it)).
    """

    used: NDArray[np.int32]
    weights: NDArray[np.float32]

    @classmethod
    def of(cls, counts: csr_array, *, floor: int, always: bool) -> Self:
        """Weights of the n-grams that at least `floor` training texts hold.

        Parameters
        ----------
        counts : csr_array of shape (n, 2 * BUCKETS)
            From `hashed_counts`.
        floor : int
        always : bool
            Whether to use every n-gram where none is held by so many: a single text, or texts that share nothing,
            would have no features at all.
        """
        held = np.bincount(counts.indices, minlength=2 * BUCKETS)
        common = np.flatnonzero(held >= floor)
        used: NDArray[np.int32] = (np.flatnonzero(held) if always and not len(common) else common).astype(np.int32)
        weights = np.log((1 + counts.shape[0]) / (1 + held[used])) + 1
        return cls(used, weights.astype(np.float32))

    @property
    def n_words(self) -> int:
        """Buckets of words in use."""
        return int(np.searchsorted(self.used, BUCKETS))

    def rows(self, counts: csr_array) -> csr_array:
        """(1 + log count) times the weight; words and characters are each of length 1 / sqrt 2, or 0.

        Parameters
        ----------
        counts : csr_array of shape (n, 2 * BUCKETS)

        Returns
        -------
        csr_array of shape (n, p), float32
        """
        rows = csr_array(counts[:, self.used])
        rows.data = (np.log(rows.data) + np.float32(1)) * self.weights[rows.indices]
        words = self.n_words
        return csr_array(hstack([_unit(rows[:, :words]), _unit(rows[:, words:])], format="csr"))


def _unit(rows: csr_array) -> csr_array:
    lengths = np.sqrt(2 * np.asarray(rows.multiply(rows).sum(axis=1), dtype=np.float64).ravel())
    scale = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    return (diags_array(scale.astype(np.float32)) @ rows).tocsr()
