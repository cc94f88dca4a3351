"""Tree of a constraint: its parts, and how a mistake in one is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal as OneOf

from auditkit.errors import ConfigError

__all__ = [
    "Arithmetic",
    "Comparison",
    "Junction",
    "Literal",
    "Member",
    "Missing",
    "Name",
    "Node",
    "Not",
    "Order",
    "Size",
    "Unary",
    "mistake",
    "nodes",
    "shown",
]

_SHOWN = 60
Order = OneOf["==", "!=", "<", "<=", ">", ">="]


@dataclass(frozen=True)
class Node:
    """Part of a constraint; `at` is the position of its first character, from 1 on."""

    at: int


@dataclass(frozen=True)
class Literal(Node):
    """A number, a text or a truth."""

    value: int | float | str | bool


@dataclass(frozen=True)
class Name(Node):
    """A column."""

    name: str


@dataclass(frozen=True)
class Missing(Node):
    """Whether a column's cell is missing."""

    name: str


@dataclass(frozen=True)
class Unary(Node):
    """A number with the other sign."""

    operand: Node


@dataclass(frozen=True)
class Size(Node):
    """A number without its sign."""

    operand: Node


@dataclass(frozen=True)
class Arithmetic(Node):
    """Two numbers, added, subtracted, multiplied or divided."""

    sign: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Comparison(Node):
    """Two values, compared."""

    sign: Order
    left: Node
    right: Node


@dataclass(frozen=True)
class Member(Node):
    """Whether a value is one of a list."""

    operand: Node
    values: tuple[Literal, ...]


@dataclass(frozen=True)
class Not(Node):
    """The opposite."""

    operand: Node


@dataclass(frozen=True)
class Junction(Node):
    """Several truths, joined by one word."""

    word: OneOf["and", "or"]
    parts: tuple[Node, ...]


def nodes(tree: Node) -> Iterator[Node]:
    """A tree's parts, itself first, from left to right."""
    yield tree
    match tree:
        case Arithmetic(left=left, right=right) | Comparison(left=left, right=right):
            below: tuple[Node, ...] = (left, right)
        case Unary(operand=operand) | Size(operand=operand) | Not(operand=operand) | Member(operand=operand):
            below = (operand,)
        case Junction(parts=parts):
            below = parts
        case _:
            below = ()
    for node in below:
        yield from nodes(node)


def mistake(text: str, at: int, words: str) -> ConfigError:
    """Error about a place in a constraint."""
    end = "" if words.endswith("?") else "."
    return ConfigError(f"constraint {shown(text)}, position {at}: {words}{end}")


def shown(text: str) -> str:
    """Text in quotation marks, its end left out where it is long."""
    return repr(text) if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]!r}..."
