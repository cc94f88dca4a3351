"""Texts as pieces that join to the same text again, and as the words that measures compare."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

__all__ = ["rejoin", "text_pieces", "text_words"]

_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Scripts that write no space between words: Thai, Lao, Burmese, Khmer, kana and Han; each letter is a piece."""

_JOINERS = "\u200c\u200d"
_TONES = "\U0001f3fb-\U0001f3ff"
_FLAG = "[\U0001f1e6-\U0001f1ff]{2}"


def text_pieces(text: str) -> list[str]:
    """Words, digits, marks and spaces of a text, each with the space before it.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of str
        Behind each other they are a space and then the text. Words keep their apostrophes and combining marks; each
        digit is a piece of its own, so that no number can be learnt by heart; so is each letter of scripts that write
        no spaces. A joined emoji is one piece. Empty for an empty text.

    Examples
    --------
    >>> text_pieces("It's 12, not 13!")
    [" It's", ' 1', '2', ',', ' not', ' 1', '3', '!']
    """
    return _patterns()[0].findall(f" {text}") if text else []


def rejoin(pieces: Iterable[str]) -> str:
    """The text of its pieces: `rejoin(text_pieces(text)) == text`.

    Examples
    --------
    >>> rejoin([" Well", ",", " yes"])
    'Well, yes'
    """
    return "".join(pieces)[1:]


def text_words(text: str) -> list[str]:
    """Words and numbers of a text without case, punctuation and spaces.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of str
        Case-folded in Unicode's compatible composed form; a number is one word, a letter of a script that writes no
        spaces is one, and so is a symbol such as an emoji.

    Examples
    --------
    >>> text_words("It's 12, NOT 13!")
    ["it's", '12', 'not', '13']
    """
    found = _patterns()[1].findall(unicodedata.normalize("NFKC", text).casefold())
    return [word for word in found if not _punctuation(word)]


@cache
def _punctuation(word: str) -> bool:
    return len(word) == 1 and unicodedata.category(word)[0] in "PC"


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    marks = _marks()
    within = rf"[^\W\d{_UNSPACED}]|[{marks}{_JOINERS}]"
    word = rf"[^\W\d{_UNSPACED}](?:{within}|['\u2019](?=[^\W\d{_UNSPACED}]))*"
    letter = rf"[{_UNSPACED}][{marks}]*"
    symbol = rf"{_FLAG}|[^\w\s][{marks}{_TONES}]*(?:\u200d[^\w\s][{marks}{_TONES}]*)*"
    pieces = rf" ?(?:{word}|{letter}|\d|{symbol}|\w)|\s"
    mixed = rf"[^\W{_UNSPACED}](?:{within}|\d|['\u2019](?=[^\W{_UNSPACED}])|[.,](?=\d))*"
    words = rf"{letter}|{mixed}|{symbol}"
    return re.compile(pieces), re.compile(words)


def _marks() -> str:
    """Combining marks as the inside of a character class: the regular expressions of Python call them no letters."""
    runs: list[list[int]] = []
    for point in range(0x300, 0x1F000):
        if unicodedata.category(chr(point))[0] == "M":
            if runs and runs[-1][1] == point - 1:
                runs[-1][1] = point
            else:
                runs.append([point, point])
    return "".join(f"{chr(low)}-{chr(high)}" if high > low else chr(low) for low, high in runs)
