"""Text of a constraint into a tree: its own tokens and recursive descent, nothing is ever evaluated as code."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal as OneOf

from auditkit.data.constraint_tree import (
    Arithmetic,
    Comparison,
    Junction,
    Literal,
    Member,
    Missing,
    Name,
    Node,
    Not,
    Order,
    Size,
    Unary,
    mistake,
    nodes,
    shown,
)
from auditkit.errors import ConfigError

__all__ = ["parse_tree"]

MOST_TOKENS = 300
MOST_DEPTH = 40
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?![\w.])
    | (?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")
    | (?P<quoted>`(?:[^`]|``)+`)
    | (?P<name>[^\W\d]\w*(?:\.\w+)*)
    | (?P<sign>==|!=|<=|>=|[-<>+*/()\[\],])
    )""",
    re.VERBOSE,
)
_WORDS = frozenset({"and", "or", "not", "in"})
_TRUTHS = {"true": True, "True": True, "false": False, "False": False}
_ORDERS = ("==", "!=", "<=", ">=", "<", ">")
_HINTS = {
    "=": "write == to compare",
    "&": "write and",
    "|": "write or",
    "!": "write not, or != to compare",
    "%": "only + - * / are known",
    "^": "only + - * / are known",
    "'": "the quotation mark is never closed",
    '"': "the quotation mark is never closed",
    "`": "the backtick is never closed, or nothing stands in it",
}
_Rule = Callable[[], Node]


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


def parse_tree(text: str) -> Node:
    """Tree of a constraint.

    Raises
    ------
    ConfigError
        If the text is no constraint, with the position and what is wrong there.
    """
    parser = _Parser(text)
    tree = parser.rule()
    if isinstance(tree, Arithmetic | Unary | Size) or (isinstance(tree, Literal) and not isinstance(tree.value, bool)):
        raise mistake(text, tree.at, "this is a value, neither true nor false: compare it with something")
    if not any(isinstance(node, Name | Missing) for node in nodes(tree)):
        raise mistake(text, tree.at, "no column is named: write names without quotation marks, or in backticks")
    return tree


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    place = 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            start = place + len(text[place:]) - len(text[place:].lstrip())
            raise mistake(text, start + 1, _unread(text[start:]))
        found.append(_Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup) + 1))
        place = match.end()
        if len(found) > MOST_TOKENS:
            raise mistake(text, found[-1].at, f"more than {MOST_TOKENS} words and signs: split it into several")
    return [*found, _Token("end", "", len(text.rstrip()) + 1)]


def _unread(rest: str) -> str:
    if rest[0].isdigit():
        word = re.match(r"[\w.]+", rest)
        return f"{shown(word[0] if word else rest[0])} is neither a number nor a name: put names like it in backticks"
    hint = _HINTS.get(rest[0])
    return f"{rest[0]!r} has no meaning here" + (f": {hint}" if hint else "")


class _Parser:
    """Recursive descent, one method for each level of the grammar in docs/constraints.md."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._tokens = _tokens(text)
        self._place = 0
        self._depth = 0

    @property
    def _next(self) -> _Token:
        return self._tokens[self._place]

    def _take(self) -> _Token:
        token = self._next
        self._place += 1
        return token

    def _is(self, *words: str, ahead: int = 0) -> bool:
        token = self._tokens[min(self._place + ahead, len(self._tokens) - 1)]
        return token.kind in ("name", "sign") and token.text in words

    def _expect(self, sign: str) -> None:
        if not self._is(sign):
            raise self._wrong(f"expected {sign!r}")
        self._take()

    def _wrong(self, words: str) -> ConfigError:
        found = "the end" if self._next.kind == "end" else shown(self._next.text)
        return mistake(self.text, self._next.at, f"{words}, found {found}")

    def rule(self) -> Node:
        tree = self._either()
        if self._next.kind != "end":
            raise self._wrong("expected a comparison, and, or, or the end")
        return tree

    def _either(self) -> Node:
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise mistake(self.text, self._next.at, f"nested more than {MOST_DEPTH} deep: split it into several")
        tree = self._junction("or", lambda: self._junction("and", self._opposite))
        self._depth -= 1
        return tree

    def _junction(self, word: OneOf["and", "or"], part: _Rule) -> Node:
        at = self._next.at
        parts = [part()]
        while self._is(word):
            self._take()
            parts.append(part())
        return parts[0] if len(parts) == 1 else Junction(at, word, tuple(parts))

    def _opposite(self) -> Node:
        signs = []
        while self._is("not"):
            signs.append(self._take().at)
        tree = self._comparison()
        for at in reversed(signs):
            tree = Not(at, tree)
        return tree

    def _comparison(self) -> Node:
        at = self._next.at
        left = self._sum()
        if self._is("in") or (self._is("not") and self._is("in", ahead=1)):
            return self._member(left, at)
        compared: list[Node] = []
        while self._is(*_ORDERS):
            sign: Order = self._take().text  # type: ignore[assignment]  # one of _ORDERS
            right = self._sum()
            compared.append(Comparison(at, sign, left, right))
            left, at = right, right.at
        if not compared:
            return left
        return compared[0] if len(compared) == 1 else Junction(compared[0].at, "and", tuple(compared))

    def _member(self, operand: Node, at: int) -> Node:
        negated = self._is("not")
        if negated:
            self._take()
        self._take()
        self._expect("[")
        values = [self._constant()]
        while self._is(","):
            self._take()
            values.append(self._constant())
        self._expect("]")
        tree = Member(at, operand, tuple(values))
        return Not(at, tree) if negated else tree

    def _constant(self) -> Literal:
        at = self._next.at
        negative = self._is("-")
        if negative:
            self._take()
        found = self._literal()
        if found is None or (negative and not _is_number(found.value)):
            raise self._wrong("expected a number or a text in quotation marks")
        return Literal(at, -found.value) if negative and not isinstance(found.value, str) else found

    def _sum(self) -> Node:
        return self._chain(("+", "-"), lambda: self._chain(("*", "/"), self._signed))

    def _chain(self, signs: tuple[str, ...], part: _Rule) -> Node:
        tree = part()
        while self._is(*signs):
            sign = self._take().text
            tree = Arithmetic(tree.at, sign, tree, part())
        return tree

    def _signed(self) -> Node:
        signs = []
        while self._is("-", "+"):
            signs.append(self._take())
        tree = self._primary()
        for token in reversed(signs):
            if token.text == "-":
                number = isinstance(tree, Literal) and _is_number(tree.value)
                tree = Literal(token.at, -tree.value) if number else Unary(token.at, tree)  # type: ignore[attr-defined]
        return tree

    def _primary(self) -> Node:
        literal = self._literal()
        if literal is not None:
            return literal
        token = self._next
        if token.kind == "name" and self._is("(", ahead=1) and token.text not in _WORDS:
            return self._call()
        if token.kind == "quoted" or (token.kind == "name" and token.text not in _WORDS):
            return Name(token.at, self._column())
        if self._is("("):
            self._take()
            tree = self._either()
            self._expect(")")
            return tree
        raise self._wrong("expected a column, a number or a text")

    def _call(self) -> Node:
        token = self._take()
        if token.text not in ("missing", "abs"):
            words = f"unknown function {shown(token.text)}: known are missing(column) and abs(number)"
            raise mistake(self.text, token.at, words)
        self._expect("(")
        tree: Node
        if token.text == "abs":
            self._depth += 1
            tree = Size(token.at, self._either())
            self._depth -= 1
        elif self._next.kind in ("name", "quoted"):
            tree = Missing(token.at, self._column())
        else:
            raise self._wrong("expected a column in missing(column)")
        self._expect(")")
        return tree

    def _column(self) -> str:
        token = self._take()
        return token.text[1:-1].replace("``", "`") if token.kind == "quoted" else token.text

    def _literal(self) -> Literal | None:
        token = self._next
        if token.kind == "number":
            self._take()
            return Literal(token.at, self._number(token))
        if token.kind == "text":
            self._take()
            mark = token.text[0]
            return Literal(token.at, token.text[1:-1].replace(mark * 2, mark))
        if token.kind == "name" and token.text in _TRUTHS:
            self._take()
            return Literal(token.at, _TRUTHS[token.text])
        return None

    def _number(self, token: _Token) -> int | float:
        if token.text.isdecimal():
            whole = int(token.text[:20])
            if len(token.text) <= 20 and whole < 2**63:  # noqa: PLR2004 - more digits than 64 bits hold
                return whole
            raise mistake(self.text, token.at, "this whole number does not fit 64 bits")
        number = float(token.text)
        if not math.isfinite(number):
            raise mistake(self.text, token.at, "this number is too large")
        return number


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
