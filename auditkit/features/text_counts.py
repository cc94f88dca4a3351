"""Hashed counts of the word and character n-grams of texts."""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from auditkit.data.tokens import text_words

__all__ = ["BUCKETS", "MAX_CHARACTERS", "hashed_counts"]

BUCKETS = 2**15
"""Columns of each kind of n-grams: those of words come first, those of characters behind them."""

MAX_CHARACTERS = 20_000
"""Characters that are read of one text."""

_CHARACTERS = (3, 4)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xBF58476D1CE4E5B9)


def hashed_counts(texts: Sequence[str]) -> csr_array:
    """Counts of the n-grams of each text by bucket.

    Parameters
    ----------
    texts : sequence of str

    Returns
    -------
    csr_array of shape (n, 2 * BUCKETS), float32
        Single words and pairs of words, then runs of three and four characters; without case. An empty text is a row
        without entries.
    """
    found = [_buckets(text[:MAX_CHARACTERS]) for text in texts]
    columns = np.concatenate([*found, np.empty(0, dtype=np.int32)])
    ends = np.cumsum([0, *map(len, found)])
    counts = csr_array((np.ones(len(columns), dtype=np.float32), columns, ends), shape=(len(texts), 2 * BUCKETS))
    counts.sum_duplicates()
    return counts


def _buckets(text: str) -> NDArray[np.int32]:
    """Bucket of every n-gram of a text, as often as it occurs."""
    hashes = np.array([zlib.crc32(word.encode("utf-8", "surrogatepass")) for word in text_words(text)], dtype=np.uint64)
    words = [_bucket(hashes), _bucket(hashes[:-1] * _SPREAD + hashes[1:])]
    shown = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    padded = f" {shown} " if shown else ""
    points = np.frombuffer(padded.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64)
    characters = [_bucket(_runs(points, n)) + np.int32(BUCKETS) for n in _CHARACTERS]
    return np.concatenate([*words, *characters])


def _runs(points: NDArray[np.uint64], n: int) -> NDArray[np.uint64]:
    """One number for each run of n characters."""
    total = np.full(max(len(points) - n + 1, 0), n, dtype=np.uint64)
    for start in range(n):
        total = total * _SPREAD + points[start : start + len(total)]
    return total


def _bucket(hashes: NDArray[np.uint64]) -> NDArray[np.int32]:
    mixed = (hashes ^ (hashes >> np.uint64(31))) * _MIX
    buckets: NDArray[np.int32] = ((mixed >> np.uint64(40)) % np.uint64(BUCKETS)).astype(np.int32)
    return buckets
