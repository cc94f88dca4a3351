"""Words that stand for each other: neighbours in a space of contexts, or the lines of a thesaurus file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.linalg import svds

from auditkit.blocks import single_threaded, split_blocks
from auditkit.data.tokens import text_pieces
from auditkit.errors import DataError

__all__ = ["Synonyms", "neighbours", "read_thesaurus", "telling_words", "words_of"]

Synonyms = Mapping[str, tuple[str, ...]]

MAX_WORDS = 5000
"""Words that have neighbours at most, the commonest."""

_LEAST = 5
_WINDOW = 3
_WIDTH = 50
_NEAREST = 6
_LIKE = 0.4
_GRAMMAR = 50
_Z = 3.0


def words_of(text: str) -> list[str]:
    """Words of a text in lower case, without marks, numbers and spaces."""
    return [word for word in (piece.strip().casefold() for piece in text_pieces(text)) if word[:1].isalpha()]


def read_thesaurus(path: str | Path) -> dict[str, tuple[str, ...]]:
    """Synonyms from a file of lines `word<TAB>synonym,synonym`.

    Raises
    ------
    DataError
        When the file cannot be read, or a line has another form.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        message = f"cannot read the thesaurus {str(path)!r}: give a text file of lines word<TAB>synonym,synonym."
        raise DataError(message) from error
    found: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        word, tab, rest = line.partition("\t")
        others = tuple(item.strip() for item in rest.split(",") if item.strip())
        if not (tab and word.strip() and others):
            message = f"line {number} of the thesaurus {str(path)!r} is no word<TAB>synonym,synonym: mend the line."
            raise DataError(message)
        found[word.strip().casefold()] = others
    return found


def neighbours(texts: Iterable[Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Words that stand between the same words, the nearest first.

    Positive pointwise mutual information of words at most three places apart, reduced to 50 dimensions (Levy et al.
    2015, section 2 and 3); words of a cosine of 0.4 and more, six at most. The fifty commonest words, which mostly are
    grammar, neither have neighbours nor are any. They are usable and blind to what is said: "good" is near "bad".

    Parameters
    ----------
    texts : iterable of sequence of str
        Words of each text.

    Returns
    -------
    dict of str to tuple of str
    """
    held = list(texts)
    counts = Counter(word for words in held for word in words)
    common = [word for word, count in counts.most_common(MAX_WORDS) if count >= _LEAST]
    numbers = {word: number for number, word in enumerate(common)}
    if len(common) <= _GRAMMAR + _NEAREST:
        return {}
    with single_threaded():
        places = _space(_mutual_information(held, numbers))
        found: dict[str, tuple[str, ...]] = {}
        for block in split_blocks(len(common), 512):
            likeness = places[block] @ places.T
            for row, number in enumerate(range(block.start, block.stop)):
                if number < _GRAMMAR:
                    continue
                likeness[row, [*range(_GRAMMAR), number]] = -1.0
                nearest = np.argsort(-likeness[row], kind="stable")[:_NEAREST]
                others = tuple(common[other] for other in nearest if likeness[row, other] >= _LIKE)
                if others:
                    found[common[number]] = others
    return found


def _mutual_information(texts: Sequence[Sequence[str]], numbers: Mapping[str, int]) -> csr_array:
    rows, columns = [], []
    for words in texts:
        codes = np.array([numbers[word] for word in words if word in numbers], dtype=np.int64)
        for step in range(1, min(_WINDOW, len(codes) - 1) + 1):
            rows += [codes[:-step], codes[step:]]
            columns += [codes[step:], codes[:-step]]
    size = len(numbers)
    if not rows:
        return csr_array((size, size), dtype=np.float64)
    places = (np.concatenate(rows), np.concatenate(columns))
    pairs = csr_array((np.ones(len(places[0])), places), shape=(size, size))
    pairs.sum_duplicates()
    weight = np.asarray(pairs.sum(axis=0)).ravel()
    smooth = weight**0.75
    left = np.repeat(np.arange(size), np.diff(pairs.indptr))
    chance = weight[left] * smooth[pairs.indices] / smooth.sum()
    pairs.data = np.maximum(np.log(pairs.data / chance), 0.0)
    return pairs


def _space(pairs: csr_array) -> NDArray[np.float64]:
    """Rows of unit length."""
    width = min(_WIDTH, pairs.shape[0] - 1)
    left, size, _ = svds(pairs, k=width, v0=np.ones(pairs.shape[0]))
    places = left * np.sqrt(size)
    unit: NDArray[np.float64] = places / np.maximum(np.linalg.norm(places, axis=1, keepdims=True), 1e-12)
    return unit


def telling_words(texts: Sequence[Sequence[str]], labels: NDArray[np.int64]) -> frozenset[str]:
    """Words that tell the classes apart: more than three standard errors commoner in some class than in the rest."""
    sets = [set(words) for words in texts]
    held = Counter(word for words in sets for word in words)
    held = Counter({word: count for word, count in held.items() if count >= _LEAST})
    found: set[str] = set()
    for label in np.unique(labels):
        inside = labels == label
        size, rest = int(inside.sum()), int((~inside).sum())
        if not size or not rest:
            continue
        mine = Counter(word for place in np.flatnonzero(inside) for word in sets[place])
        for word, count in held.items():
            share = count / (size + rest)
            gap = mine[word] / size - (count - mine[word]) / rest
            error = np.sqrt(share * (1 - share) * (1 / size + 1 / rest))
            if abs(gap) > _Z * error:
                found.add(word)
    return frozenset(found)
