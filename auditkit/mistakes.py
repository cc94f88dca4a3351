"""What is wrong in a config, as one sentence with its place: what was expected, what was found, what to do."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator, Mapping
from datetime import date, time
from typing import Any, TypeAlias

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from auditkit.errors import did_you_mean
from auditkit.positions import Path, Place

__all__ = ["FILLED_IN", "Places", "first_mistake", "place_of", "unknown_key"]

Places: TypeAlias = Mapping[Path, Place]
Model: TypeAlias = type[BaseModel]

# Marks a field that the reader fills in, which is no key of the file.
FILLED_IN = "filled in by the reader"

_WORDS = (
    ("a valid tuple", "a list"),
    ("a valid string", "text"),
    ("a valid integer", "a whole number"),
    ("a valid boolean", "true or false"),
    ("valid ", ""),
)


def first_mistake(error: ValidationError, *, model: Model, places: Places, inside: Path = ()) -> tuple[Place, str]:
    """Place and sentence of the mistake that stands first in the file.

    Parameters
    ----------
    error : pydantic.ValidationError
    model : type
        What the whole file was read as.
    places : mapping
        From `auditkit.positions.key_positions`.
    inside : tuple of str, default ()
        Table of another file that holds it all, as `("tool", "auditkit")`.

    Returns
    -------
    tuple of ((line, column), sentence)
    """
    items = error.errors(include_url=False)
    first = min(items, key=lambda item: place_of(item["loc"], places))
    return place_of(first["loc"], places), _sentence(first, model, places, inside)


def place_of(path: Path, places: Places) -> Place:
    """Line and column of a key, or of the nearest table around it that is written."""
    return places.get(_written(path, places), (1, 1))


def unknown_key(name: str, table: Path, model: Model, inside: Path = ()) -> str:
    """Sentence about a key that does not exist, with the nearest one that does."""
    hint = did_you_mean(name, _keys(table, model))
    if not hint.endswith("?"):
        others = [_table((*inside, *path)) for path in _tables_with(name, model)]
        hint = f"; it belongs in {' or '.join(others)}" if others else hint
    where = f"in {_table((*inside, *table))}" if table or inside else "at the top of the file"
    return f"unknown key {name!r} {where}{hint}{'' if hint.endswith('?') else '.'}"


def _sentence(item: ErrorDetails, model: Model, places: Places, inside: Path) -> str:
    kind, loc, found = item["type"], item["loc"], item["input"]
    if kind == "extra_forbidden":
        return unknown_key(str(loc[-1]), loc[:-1], model, inside)
    if kind == "missing":
        return f"{_table((*inside, *loc[:-1]))} needs the key {str(loc[-1])!r}."
    path = _written(loc, places)
    subject = _subject(path, model, inside)
    context = item.get("ctx", {})
    if kind == "value_error":
        return f"{subject} {context['error']}."
    if kind == "literal_error":
        return f"{subject} should be {context['expected']}, got {_shown(found)}{_offer(found, context['expected'])}"
    if kind == "tuple_type" and _model_at(path, model):
        name = ".".join(map(str, (*inside, *path)))
        return f"[{name}] is a list of tables: write [[{name}]]."
    return f"{subject} {_expected(item)}, got {_shown(found)}."


def _expected(item: ErrorDetails) -> str:
    """What pydantic expected, in TOML's words."""
    if item["type"] in ("model_type", "dict_type"):
        return "should be a table"
    words = item["msg"].removeprefix("Input ")
    for theirs, ours in _WORDS:
        words = words.replace(theirs, ours)
    return words


def _offer(found: object, expected: str) -> str:
    hint = did_you_mean(str(found), re.findall(r"'([^']*)'", expected))
    return hint if hint.endswith("?") else "."


def _subject(path: Path, model: Model, inside: Path) -> str:
    """Name of a table, a key or an element, as the file's author would say it."""
    whole = (*inside, *path)
    if not whole:
        return "the file"
    if path and isinstance(path[-1], int):
        return _table(whole) if _model_at(path, model) else f"each item of {_subject(path[:-1], model, inside)}"
    if not path or _model_at(path, model):
        return _table(whole)
    return f"{path[-1]!r} in {_table(whole[:-1])}" if whole[:-1] else repr(path[-1])


def _table(path: Path) -> str:
    name = ".".join(part for part in path if isinstance(part, str))
    if not path:
        return "the file"
    return f"[[{name}]]" if isinstance(path[-1], int) else f"[{name}]"


def _shown(found: object) -> str:
    if isinstance(found, Mapping):
        return "a table"
    if isinstance(found, bool):
        return str(found).lower()
    if isinstance(found, date | time):
        return found.isoformat()
    text = repr(list(found)) if isinstance(found, tuple) else repr(found)
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004 - half a line


def _keys(table: Path, model: Model) -> list[str]:
    """Keys that a table may have; none for open tables, whose keys are the author's own."""
    at = _model_at(table, model)
    fields = at.model_fields if at else {}
    return [field.alias or name for name, field in fields.items() if FILLED_IN not in field.metadata]


def _tables_with(name: str, model: Model, path: Path = ()) -> Iterator[Path]:
    """Tables that have a key of that name, lists of tables by their first one."""
    for key, field in model.model_fields.items():
        held = _model_in(field.annotation)
        here = (*path, field.alias or key)
        if held is not None:
            at = here if typing.get_origin(field.annotation) is not tuple else (*here, 0)
            if name in _keys((), held):
                yield at
            yield from _tables_with(name, held, at)


def _model_at(path: Path, model: Model) -> Model | None:
    at: Model | None = model
    for part in path:
        if isinstance(part, str):
            fields = at.model_fields if at else {}
            found = [field for name, field in fields.items() if part == (field.alias or name)]
            at = _model_in(found[0].annotation) if found else None
    return at


def _model_in(annotation: Any) -> Model | None:
    """Model that a field holds, alone, in a list or beside None."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, typing.get_args(annotation))), None)


def _written(loc: Path, places: Places) -> Path:
    """Part of a location that the file has; the rest is pydantic's, as the member of a union."""
    path = tuple(loc)
    while path and path not in places:
        path = path[:-1]
    return path
