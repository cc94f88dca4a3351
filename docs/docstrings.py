"""numpydoc docstrings as Markdown."""

from __future__ import annotations

import html
import inspect
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Docstring", "Entry", "inline", "read", "section", "table"]

_HEADING = re.compile(r"^([A-Z][A-Za-z ]+)\n-{3,}$", re.MULTILINE)
_CODE = re.compile(r"(`[^`]+`)")


@dataclass(frozen=True)
class Entry:
    """One parameter, attribute or method."""

    name: str
    kind: str
    text: str


@dataclass(frozen=True)
class Docstring:
    """First sentence, what follows it, and the sections by name."""

    summary: str
    extended: tuple[str, ...]
    sections: dict[str, str]

    def entries(self, name: str) -> list[Entry]:
        """Entries of a section of parameters or attributes."""
        return list(_entries(self.sections.get(name, "")))


def read(item: Any) -> Docstring:
    """Docstring of a function or class, in parts."""
    text = inspect.getdoc(item) or ""
    parts = _HEADING.split(text)
    summary, *extended = _paragraphs(parts[0])
    sections = dict(zip(parts[1::2], (part.strip("\n") for part in parts[2::2]), strict=True))
    return Docstring(summary, tuple(extended), sections)


def _paragraphs(text: str) -> list[str]:
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", text.strip())]


def _entries(text: str) -> Iterator[Entry]:
    held: list[str] = []
    for line in [*text.split("\n"), "end"]:
        if line and not line[0].isspace() and held:
            name, _, kind = held[0].partition(" : ")
            yield Entry(name.strip(), kind.strip(), " ".join(" ".join(held[1:]).split()))
            held = []
        if line.strip():
            held.append(line)


def inline(text: str) -> str:
    """Prose of a docstring as Markdown: what is no code is taken literally, but for emphasis."""
    parts = _CODE.split(text)
    return "".join(part if part.startswith("`") else _literal(part) for part in parts)


def _literal(text: str) -> str:
    return re.sub(r"((?<![a-zA-Z0-9])_|_(?![a-zA-Z0-9])|[\[\]|#])", r"\\\1", html.escape(text, quote=False))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Markdown table; a bar in code stands as a slash, for nothing escapes it there."""
    cells = [[_CODE.sub(lambda code: code[0].replace("|", "/"), cell) for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in [list(head), ["---"] * len(head), *cells])


def section(docstring: Docstring, name: str, *, of: str = "") -> str:
    """A section as Markdown under no heading; empty where there is none."""
    text = docstring.sections.get(name, "")
    if not text:
        return ""
    if name in {"Parameters", "Attributes", "Methods", "Other Parameters"}:
        rows = [(f"`{item.name}`", inline(item.kind), inline(item.text)) for item in docstring.entries(name)]
        return table((of or "name", "type", "meaning"), rows)
    if name == "Examples":
        return f"```pycon\n{text}\n```"
    if name == "Raises":
        entries = docstring.entries(name)
        return "\n\n".join(" ".join(filter(None, [f"`{item.name}`", inline(item.text)])) for item in entries)
    if name in {"Returns", "Yields"}:
        return "\n\n".join(_returned(item) for item in docstring.entries(name))
    return "\n\n".join(inline(part) for part in _paragraphs(text))


def _returned(item: Entry) -> str:
    named = f"`{item.name}`" if re.fullmatch(r"[A-Za-z_][\w.]*", item.name) else inline(item.name)
    said = f"{named}: {inline(item.kind)}" if item.kind else named
    return f"{said}. {inline(item.text)}" if item.text else said
