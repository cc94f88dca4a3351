"""Pages of Python names, made from their docstrings."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

import docstrings
from docstrings import inline, section, table
from metric_pages import linked

__all__ = ["python_page"]

WIDTH = 80
"""Signatures that are longer have a line per parameter."""


def python_page(title: str, about: str, module: Any, names: Iterable[str]) -> str:
    """Functions and classes of a module, with their docstrings."""
    parts = [f"# {title}", about]
    for name in names:
        item = getattr(module, name)
        if inspect.isfunction(item) or inspect.isclass(item):
            parts += [
                f"## {name}",
                *_python(item, f"{module.__name__.removeprefix('auditkit').lstrip('.')}.{name}".lstrip(".")),
            ]
    return linked("\n\n".join(parts) + "\n", folder="../metrics/")


def _python(item: Any, name: str) -> Iterable[str]:
    told = docstrings.read(item)
    if inspect.isfunction(item):
        yield f"```python\n{_signature(item, name)}\n```"
    yield inline(told.summary)
    if told.extended:
        yield "\n\n".join(inline(text) for text in told.extended)
    for heading in ("Parameters", "Attributes", "Returns", "Raises", "Notes", "References", "Examples"):
        text = section(told, heading)
        if text:
            yield text if heading in {"Parameters", "Attributes", "Examples"} else f"**{heading}**\n\n{text}"
    if inspect.isclass(item):
        found = [(f"`.{key}`", inline(docstrings.read(member).summary)) for key, member in _members(item)]
        if found:
            yield table(("member", "what it is"), found)


def _members(item: type) -> Iterable[tuple[str, Any]]:
    for key in sorted(dir(item)):
        member = inspect.getattr_static(item, key)
        held = getattr(member, "__func__", getattr(member, "fget", getattr(member, "func", member)))
        own = getattr(held, "__module__", "") or ""
        if not key.startswith("_") and callable(held) and own.startswith("auditkit") and inspect.getdoc(held):
            yield key, held


def _signature(item: Any, name: str) -> str:
    """Name and parameters, without annotations: their kinds stand in the table below."""
    given = inspect.signature(item)
    bare = given.replace(
        parameters=[part.replace(annotation=part.empty) for part in given.parameters.values()],
        return_annotation=given.empty,
    )
    text = f"{name}{bare}"
    return text if len(text) <= WIDTH else f"{name}(\n    " + ",\n    ".join(str(bare)[1:-1].split(", ")) + ",\n)"
