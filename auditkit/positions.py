"""Where each key of a TOML text stands, which the standard library's reader does not say.

The text is known to be valid TOML, so the scanner only has to find keys; what values mean is left to `tomllib`.
"""

from __future__ import annotations

import bisect
import re
from typing import TypeAlias

__all__ = ["Path", "Place", "key_positions"]

Path: TypeAlias = tuple[str | int, ...]
Place: TypeAlias = tuple[int, int]

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_PLAIN = re.compile(r"[^,\]}#\n]*")
_STRINGS = (
    re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}', re.DOTALL),
    re.compile(r"'''.*?'{3,5}", re.DOTALL),
    re.compile(r'"(?:[^"\\\n]|\\.)*"'),
    re.compile(r"'[^'\n]*'"),
)
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")


def key_positions(text: str) -> dict[Path, Place]:
    r"""Line and column of every key, table and array element of a valid TOML text, counted from 1.

    Parameters
    ----------
    text : str
        Valid TOML.

    Returns
    -------
    dict of tuple to (int, int)
        Keys are paths from the top, as `("gate", 0, "max")`. A table's place is its name in the header.

    Examples
    --------
    >>> key_positions("[audit]\nseed = 1\n\n[[gate]]\nid = 'a'")[("gate", 0, "id")]
    (5, 1)
    """
    scanner = _Scanner(text)
    scanner.scan()
    return scanner.places


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.places: dict[Path, Place] = {}
        self._lines = [0, *(found.end() for found in re.finditer("\n", text))]
        self._last: dict[Path, int] = {}  # index of the newest element of each array of tables

    def scan(self) -> None:
        """Read the whole text."""
        table: Path = ()
        self._blank()
        while self.at < len(self.text):
            start = self.at
            table = self._header() if self.text[self.at] == "[" else self._pair(table)
            self._blank()
            if self.at == start:  # what is no TOML ends the search for keys, not the program
                return

    def _header(self) -> Path:
        """Place a table's name and return its path."""
        is_array = self.text.startswith("[[", self.at)
        self.at += 2 if is_array else 1
        parts = self._key()
        path: Path = ()
        for index, (part, place) in enumerate(parts):
            path += (part,)
            if is_array and index == len(parts) - 1:
                self._last[path] = self._last.get(path, -1) + 1
            self.places.setdefault(path, place)
            path = self._newest(path)
        self.places[path] = parts[-1][1] if parts else self._place(self.at)
        self._pass("]]" if is_array else "]")
        return path

    def _newest(self, path: Path) -> Path:
        return (*path, self._last[path]) if path in self._last else path

    def _pair(self, table: Path) -> Path:
        """Place `key = value` and what is in the value; returns the table that it stands in."""
        path = table
        for part, place in self._key():
            path += (part,)
            self.places.setdefault(path, place)
        self._pass("=")
        self._blank()
        self._value(path)
        return table

    def _key(self) -> list[tuple[str, Place]]:
        """Parts of a dotted key, each with its place."""
        parts: list[tuple[str, Place]] = []
        while True:
            self._blank()
            place = self._place(self.at)
            part = self._part()
            if part is None:
                return parts
            parts.append((part, place))
            self._blank()
            if not self.text.startswith(".", self.at):
                return parts
            self.at += 1

    def _part(self) -> str | None:
        for pattern in _STRINGS[2:]:
            quoted = self._match(pattern)
            if quoted:
                return _unescape(quoted[1:-1]) if quoted[0] == '"' else quoted[1:-1]
        return self._match(_BARE) or None

    def _value(self, path: Path) -> None:
        opening = self.text[self.at : self.at + 1]
        if opening == "[":
            self._array(path)
        elif opening == "{":
            self._inline(path)
        elif opening in ('"', "'"):
            next(filter(None, map(self._match, _STRINGS)), "")
        else:
            self._match(_PLAIN)

    def _array(self, path: Path) -> None:
        self.at += 1
        index = 0
        while self._inside("]"):
            start = self.at
            self.places[(*path, index)] = self._place(start)
            self._value((*path, index))
            index += 1
            self._comma()
            if self.at == start:
                return

    def _inline(self, path: Path) -> None:
        self.at += 1
        while self._inside("}"):
            start = self.at
            self._pair(path)
            self._comma()
            if self.at == start:
                return

    def _inside(self, closing: str) -> bool:
        """Whether another element follows; passes the closing bracket."""
        self._blank()
        if self.at >= len(self.text):
            return False
        if self.text[self.at] == closing:
            self.at += 1
            return False
        return True

    def _comma(self) -> None:
        self._blank()
        self._pass(",")

    def _blank(self) -> None:
        self._match(_BLANK)

    def _pass(self, token: str) -> None:
        if self.text.startswith(token, self.at):
            self.at += len(token)

    def _match(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        if found is None:
            return ""
        self.at = found.end()
        return found.group()

    def _place(self, at: int) -> Place:
        line = bisect.bisect_right(self._lines, at)
        return line, at - self._lines[line - 1] + 1


def _unescape(text: str) -> str:
    def character(found: re.Match[str]) -> str:
        code = found.group(1) or found.group(2)
        return chr(int(code, 16)) if code else _ESCAPES.get(found.group(3), found.group(3))

    return _ESCAPE.sub(character, text)
