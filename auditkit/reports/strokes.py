"""Paths of drawings in fewer bytes: the same points, told as steps from one to the next."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

__all__ = ["extent", "short_path"]

_COMMAND = re.compile(r"([A-Za-z])([^A-Za-z]*)")
_NUMBERS = {"M": 2, "L": 2, "Q": 4, "C": 6, "z": 0}
_PAIR = 2


def short_path(path: str, *, decimals: int) -> str:
    """The same path in relative steps, each rounded place kept exactly; one with other commands stays as it is.

    Parameters
    ----------
    path : str
        Commands M, L, Q, C and z, one place each, which is absolute; numbers apart by spaces.
    decimals : int
        Of the places.

    Returns
    -------
    str

    Examples
    --------
    >>> short_path("M81.9 155.2L81.9 17L90 17.5z", decimals=1)
    'M81.9 155.2v-138.2l8.1.5z'
    """
    commands = _COMMAND.findall(path)
    if any(_NUMBERS.get(letter) != len(rest.split()) for letter, rest in commands):
        return path
    told, before = "", ""
    for letter, numbers in _steps(commands, 10**decimals):
        words = [_word(number, 10**decimals) for number in numbers]
        told += letter if letter != before or letter in "Mmz" else "" if words[0].startswith("-") else " "
        told += _joined(words)
        before = letter
    return told


def extent(path: str) -> tuple[float, float, float, float] | None:
    """Left, top, right and bottom of a path's places, None where it has none."""
    numbers = [float(item) for _, rest in _COMMAND.findall(path) for item in rest.split()]
    if not numbers or len(numbers) % _PAIR:
        return None
    across, down = numbers[::2], numbers[1::2]
    return min(across), min(down), max(across), max(down)


def _steps(commands: Sequence[tuple[str, str]], scale: int) -> Iterator[tuple[str, list[int]]]:
    """Commands in whole units of the last decimal, relative to where the one before ended."""
    x = y = first_x = first_y = 0
    for at, (letter, rest) in enumerate(commands):
        if letter == "z":
            x, y = first_x, first_y
            yield "z", []
            continue
        places = [round(float(item) * scale) for item in rest.split()]
        moved = [place - (y if odd % _PAIR else x) for odd, place in enumerate(places)]
        x, y = places[-2:]
        if letter == "M":
            first_x, first_y = x, y
            yield ("m", moved) if at else ("M", places)
        elif letter == "L" and 0 in moved:
            yield ("v", moved[1:]) if moved[0] == 0 else ("h", moved[:1])
        else:
            yield letter.lower(), moved


def _word(number: int, scale: int) -> str:
    """A number without needless zeros: -.5, 3, 12.25."""
    return re.sub(r"^(-?)0\.", r"\1.", f"{number / scale:.10g}")


def _joined(words: Sequence[str]) -> str:
    """Numbers apart by a space, or by what the next one begins with where that tells them apart."""
    told = ""
    for at, word in enumerate(words):
        apart = word.startswith("-") or (word.startswith(".") and "." in words[at - 1])
        told += word if apart or not at else f" {word}"
    return told
