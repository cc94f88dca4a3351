"""The words and shingles of texts as numbers that are equal where they are, in any set: what metrics of texts read."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.data import Dataset, Samples, TextSamples
from auditkit.data.tokens import text_words
from auditkit.errors import DataError, SampleSizeError, UndefinedError
from auditkit.metrics.products import Role, Side, product
from auditkit.metrics.raw_samples import RawSamples, measure

__all__ = ["Hashes", "Shingles", "Wording", "ngrams_of", "text_sides"]

Hashes = NDArray[np.uint64]

MAX_SHINGLES = 1000
"""Of a longer text these many shingles with the smallest numbers stand for all."""

_WIDTH = 5
_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xBF58476D1CE4E5B9)


@dataclass(frozen=True, eq=False)
class Wording:
    """Words of the texts of a side, one behind the other.

    Attributes
    ----------
    words : ndarray of uint64, shape (n_words,)
        Equal numbers mean equal words, without case, in any set.
    counts : ndarray of int64, shape (n,)
        Words of each text.
    characters : ndarray of int64, shape (n,)
        Characters of each text.
    """

    words: Hashes
    counts: NDArray[np.int64]
    characters: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.counts)


@dataclass(frozen=True, eq=False)
class Shingles:
    """Distinct runs of five characters of each text, as sorted numbers; of very long texts a part.

    Attributes
    ----------
    sets : ndarray of object, shape (n,)
        Sorted uint64 arrays.
    """

    sets: NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.sets)


@product(sides=("real",))
def wording_of(real: Side) -> Wording:
    """Words of the texts of a side.

    Raises
    ------
    UndefinedError
        If the texts are not at hand.
    """
    samples = _texts(real)
    parts, characters = samples.numbers(_word_hashes), samples.numbers(_characters)
    counts = np.array([len(part) for part in parts], dtype=np.int64)
    return Wording(np.concatenate([np.empty(0, dtype=np.uint64), *parts]), counts, characters)


@product(sides=("real",))
def shingles_of(real: Side) -> Shingles:
    """Shingles of the texts of a side.

    Raises
    ------
    UndefinedError
        If the texts are not at hand.
    """
    return Shingles(_texts(real).numbers(_shingle_sets))


def ngrams_of(wording: Wording, n: int) -> tuple[Hashes, NDArray[np.int64]]:
    """Runs of n words, and the text that each stands in.

    Parameters
    ----------
    wording : Wording
    n : int

    Returns
    -------
    tuple of ndarray
        One number per run, in order; equal runs have equal numbers.
    """
    owners = np.repeat(np.arange(len(wording)), wording.counts)
    if len(owners) < n:
        return np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.int64)
    total = _runs(wording.words, n)
    whole = owners[: len(total)] == owners[n - 1 :]
    return total[whole], owners[: len(total)][whole]


def text_sides(**sets: Any) -> dict[Role, Side]:
    """Sides of sets of texts by role.

    Parameters
    ----------
    **sets : Dataset, Samples or sequence of str
        By role: real, synthetic.

    Returns
    -------
    dict of role to Side

    Raises
    ------
    DataError
        If a set holds no texts.
    SampleSizeError
        If a set is empty.
    """
    return {_role(name): _side(given, name) for name, given in sets.items()}


def _role(name: str) -> Role:
    return "synthetic" if name == "synthetic" else "real"


def _side(given: Any, name: str) -> Side:
    samples: Any = given.samples if isinstance(given, Dataset) else given
    if getattr(samples, "modality", None) != "text":
        if samples is None or isinstance(samples, str) or hasattr(samples, "modality"):
            raise DataError(f"`{name}` holds no texts: give a Dataset of texts, or a list of them.")
        samples = TextSamples.of(samples, source=f"`{name}`")
    if not len(samples):
        raise SampleSizeError(f"`{name}` has no texts: give at least one.")
    return Side(np.zeros((len(samples), 0), dtype=np.float64), samples=RawSamples(samples), name=name)


def _texts(side: Side) -> RawSamples:
    if side.samples is None or side.samples.samples.modality != "text":
        raise UndefinedError("only an audit with the texts at hand can read them.")
    return side.samples


def _all(samples: Samples) -> list[str]:
    return list(samples.take(np.arange(len(samples))))


@measure("text")
def _word_hashes(samples: Samples) -> NDArray[np.object_]:
    known: dict[str, int] = {}
    found = np.empty(len(samples), dtype=object)
    for place, text in enumerate(_all(samples)):
        words = text_words(text)
        for word in words:
            if word not in known:
                digest = blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
                known[word] = int.from_bytes(digest, "little")
        found[place] = np.array([known[word] for word in words], dtype=np.uint64)
    return found


@measure("text")
def _characters(samples: Samples) -> NDArray[np.int64]:
    return np.array([len(text) for text in _all(samples)], dtype=np.int64)


@measure("text")
def _shingle_sets(samples: Samples) -> NDArray[np.object_]:
    found = np.empty(len(samples), dtype=object)
    for place, text in enumerate(_all(samples)):
        plain = " ".join(text.casefold().split())
        points = np.frombuffer(f" {plain} ".encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64)
        runs = _runs(points, min(_WIDTH, len(points))) if plain else np.empty(0, dtype=np.uint64)
        mixed = (runs ^ (runs >> np.uint64(29))) * _MIX
        found[place] = np.unique(mixed ^ (mixed >> np.uint64(32)))[:MAX_SHINGLES]
    return found


def _runs(numbers: Hashes, n: int) -> Hashes:
    """One number for each run of n numbers."""
    size = len(numbers) - n + 1
    total = np.full(size, n, dtype=np.uint64)
    for start in range(n):
        total = total * _STEP + numbers[start : start + size]
    return total
