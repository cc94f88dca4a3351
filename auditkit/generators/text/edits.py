"""Small changes of a text: a word for another, a word more or less, words or letters in another order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from auditkit.generators.text.synonyms import Synonyms

__all__ = ["OPERATIONS", "Words", "edit"]


@dataclass(frozen=True)
class Words:
    """What edits know.

    Attributes
    ----------
    synonyms : mapping of str to tuple of str
    kept : frozenset of str
        Words that are never exchanged, dropped or misspelt: they tell the classes apart.
    """

    synonyms: Synonyms
    kept: frozenset[str]

    def free(self, pieces: list[str]) -> list[int]:
        """Places of words that may be changed."""
        return [
            place
            for place, piece in enumerate(pieces)
            if piece.strip()[:1].isalpha() and piece.strip().casefold() not in self.kept
        ]

    def others(self, piece: str) -> tuple[str, ...]:
        """Words that may stand for one."""
        return self.synonyms.get(piece.strip().casefold(), ())


def edit(pieces: list[str], operation: str, words: Words, *, strength: float, rng: np.random.Generator) -> list[str]:
    """Pieces of a text after one operation on a share of its words, at least one; the same where none can be changed.

    Parameters
    ----------
    pieces : list of str
        As of `text_pieces`.
    operation : str
        One of `OPERATIONS`.
    words : Words
    strength : float
        Share of the words.
    rng : numpy.random.Generator
    """
    free = words.free(pieces)
    count = max(1, round(strength * len(free)))
    return OPERATIONS[operation](list(pieces), free, count, words, rng)


def _chosen(places: list[int], count: int, rng: np.random.Generator) -> list[int]:
    return sorted(rng.choice(places, min(count, len(places)), replace=False).tolist()) if places else []


def _synonym(pieces: list[str], free: list[int], count: int, words: Words, rng: np.random.Generator) -> list[str]:
    for place in _chosen([place for place in free if words.others(pieces[place])], count, rng):
        others = words.others(pieces[place])
        pieces[place] = _like(pieces[place], others[int(rng.integers(len(others)))])
    return pieces


def _insert(pieces: list[str], free: list[int], count: int, words: Words, rng: np.random.Generator) -> list[str]:
    sources = [place for place in free if words.others(pieces[place])]
    added = [(int(rng.integers(len(free))), words.others(pieces[place])) for place in _chosen(sources, count, rng)]
    for place, others in sorted(added, reverse=True):
        pieces.insert(free[place] + 1, " " + others[int(rng.integers(len(others)))])
    return pieces


def _swap(pieces: list[str], free: list[int], count: int, words: Words, rng: np.random.Generator) -> list[str]:
    del words
    for _ in range(count if len(free) > 1 else 0):
        one, other = rng.choice(free, 2, replace=False).tolist()
        pieces[one], pieces[other] = _spaced(pieces[other], pieces[one]), _spaced(pieces[one], pieces[other])
    return pieces


def _delete(pieces: list[str], free: list[int], count: int, words: Words, rng: np.random.Generator) -> list[str]:
    del words
    gone = set(_chosen(free, min(count, len(pieces) - 1), rng))
    return [piece for place, piece in enumerate(pieces) if place not in gone]


def _noise(pieces: list[str], free: list[int], count: int, words: Words, rng: np.random.Generator) -> list[str]:
    del words
    for place in _chosen(free, count, rng):
        core = pieces[place].strip()
        at, kind = int(rng.integers(len(core))), int(rng.integers(3))
        if kind == 0 and len(core) > 1:
            at = min(at, len(core) - 2)
            core = core[:at] + core[at + 1] + core[at] + core[at + 2 :]
        elif kind == 1 and len(core) > 1:
            core = core[:at] + core[at + 1 :]
        else:
            core = core[: at + 1] + core[at:]
        pieces[place] = _spaced(core, pieces[place])
    return pieces


def _spaced(piece: str, place: str) -> str:
    """A piece with the space that the piece at its place had."""
    return " " * place.startswith(" ") + piece.strip()


def _like(piece: str, word: str) -> str:
    """A word written as the piece whose place it takes: with its space and capitals."""
    core = piece.strip()
    if core.isupper() and len(core) > 1:
        word = word.upper()
    elif core[:1].isupper():
        word = word[:1].upper() + word[1:]
    return _spaced(word, piece)


OPERATIONS: Mapping[str, Callable[[list[str], list[int], int, Words, np.random.Generator], list[str]]] = (
    MappingProxyType({"synonym": _synonym, "insert": _insert, "swap": _swap, "delete": _delete, "noise": _noise})
)
"""By name."""
