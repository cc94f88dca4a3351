"""Texts as numbers: the pieces that training texts are made of, and how they are kept in arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditkit.data.tokens import rejoin, text_pieces
from auditkit.results import MIN_CELL

if TYPE_CHECKING:
    from auditkit.data import Samples

__all__ = [
    "END",
    "FIRST",
    "START",
    "Vocabulary",
    "pack_texts",
    "sole_texts",
    "text_digest",
    "texts_of",
    "unpack_texts",
]

START, END = 0, 1
FIRST = 2
"""Number of the first piece."""


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Pieces by number; 0 stands before a text and 1 behind it.

    Examples
    --------
    >>> words, coded = Vocabulary.of(["so it is", "is it"])
    >>> [words.text(codes) for codes in coded]
    ['so it is', 'is it']
    """

    pieces: tuple[str, ...]

    @classmethod
    def of(cls, texts: Iterable[str]) -> tuple[Vocabulary, list[NDArray[np.int64]]]:
        """Vocabulary of texts, in the order of first appearance, and the texts as numbers."""
        numbers: dict[str, int] = {}
        coded = [
            np.array([numbers.setdefault(piece, len(numbers)) for piece in text_pieces(text)], dtype=np.int64) + FIRST
            for text in texts
        ]
        return cls(tuple(numbers)), coded

    def __len__(self) -> int:
        return len(self.pieces) + FIRST

    def text(self, codes: Iterable[int]) -> str:
        """The text of numbers; the first piece loses its space."""
        found = [self.pieces[code - FIRST] for code in codes if code >= FIRST]
        # A piece from within a word has no space before it: put at the beginning of a text it would lose a letter.
        return rejoin(found) if found and found[0][0] == " " else "".join(found)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The pieces as arrays."""
        return pack_texts(self.pieces, "pieces")

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Vocabulary:
        """Vocabulary from what `arrays` gave."""
        return cls(tuple(unpack_texts(arrays, "pieces")))


def texts_of(samples: Samples) -> list[str]:
    """All texts of some samples."""
    return [str(text) for text in samples.take(np.arange(len(samples)))]


def pack_texts(texts: Sequence[str], name: str) -> dict[str, NDArray[Any]]:
    """Texts as an array of bytes and one of the places where they end."""
    coded = [text.encode("utf-8", "surrogatepass") for text in texts]
    ends = np.cumsum([len(item) for item in coded], dtype=np.int64) if coded else np.zeros(0, dtype=np.int64)
    return {f"{name}.bytes": np.frombuffer(b"".join(coded), dtype=np.uint8), f"{name}.ends": ends}


def unpack_texts(arrays: Mapping[str, NDArray[Any]], name: str) -> list[str]:
    """Texts from what `pack_texts` gave."""
    content, ends = arrays[f"{name}.bytes"].tobytes(), arrays[f"{name}.ends"].tolist()
    return [
        content[start:end].decode("utf-8", "surrogatepass") for start, end in zip([0, *ends[:-1]], ends, strict=False)
    ]


def text_digest(text: str) -> int:
    """A number of 63 bits that tells texts apart without showing them; spaces and case do not count."""
    plain = " ".join(text.casefold().split()).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(plain, digest_size=8).digest(), "little") >> 1


def sole_texts(texts: Iterable[str]) -> NDArray[np.int64]:
    """Digests of the texts that fewer than five training texts share, sorted: what many write is nobody's own."""
    digests = np.array([text_digest(text) for text in texts], dtype=np.int64)
    found, counts = np.unique(digests, return_counts=True)
    sole: NDArray[np.int64] = found[counts < MIN_CELL]
    return sole
