"""Cells of free text and personal data as digests: which are equal can be told, what they say cannot be read."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from auditkit.data.levels import level_codes
from auditkit.data.personal import normal_text, personal_columns, personal_parts
from auditkit.errors import ConfigError, UnknownNameError

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.data.personal import PersonalKind
    from auditkit.data.schema import Schema

__all__ = ["PARTS", "Words", "word_columns", "words_of"]

PARTS: tuple[PersonalKind, ...] = ("email", "iban", "phone")
"""What is looked for inside free text."""
_IS_SAID = re.compile(r"(?:\W*\w){4}")
"""Four letters or digits: shorter cells are mere marks."""
_BYTES = 8


@dataclass(frozen=True, eq=False)
class Words:
    """The cells of one column, or what stands inside them, sample by sample.

    Attributes
    ----------
    digests : ndarray of int64, shape (n_cells,)
        Equal where cells are, without regard to case, blanks and the signs between digits.
    samples : ndarray of int64, shape (n_cells,)
        Whose they are, in order.
    n : int
        Samples, those without such a cell included.
    """

    digests: NDArray[np.int64]
    samples: NDArray[np.int64]
    n: int

    def take(self, index: NDArray[np.intp]) -> Words:
        """Cells of some of the samples, in the order of `index`."""
        first, behind = (np.searchsorted(self.samples, index, side=side) for side in ("left", "right"))
        lengths = behind - first
        starts = np.cumsum(lengths) - lengths
        places = np.repeat(first - starts, lengths) + np.arange(int(lengths.sum()))
        samples = np.repeat(np.arange(len(index)), lengths)
        return Words(self.digests[places], samples, len(index))

    def of_units(self, unit_of_row: NDArray[np.intp], n: int) -> Words:
        """Cells of units of several rows, each cell once per unit.

        Parameters
        ----------
        unit_of_row : ndarray of int, shape (n_rows,)
        n : int
            Units.
        """
        units = unit_of_row[self.samples].astype(np.int64)
        order = np.lexsort((self.digests, units))
        units, digests = units[order], self.digests[order]
        is_new = np.ones(len(units), np.bool_)
        is_new[1:] = (units[1:] != units[:-1]) | (digests[1:] != digests[:-1])
        return Words(digests[is_new], units[is_new], n)


def word_columns(
    table: pd.DataFrame, schema: Schema, *, columns: Sequence[str] | None = None
) -> dict[str, PersonalKind]:
    """Columns whose cells are looked at, and what they are.

    Parameters
    ----------
    table : pandas.DataFrame
        The real one.
    schema : Schema
    columns : sequence of str, optional
        By default those that are recognised as free text or personal data.

    Raises
    ------
    ConfigError
        If `columns` is no list.
    UnknownNameError
        If the real data lack one of them.
    """
    recognised = personal_columns(table, schema)
    if columns is None:
        return recognised
    if isinstance(columns, str) or not isinstance(columns, Iterable):
        message = f"`columns` must be a list of names, got {columns!r}: put it in brackets."
        raise ConfigError(message)
    for name in columns:
        if name not in table.columns:
            raise UnknownNameError.of("column", name, table.columns, "in the real set")
    return {name: recognised.get(name, "id") for name in columns}


def words_of(table: pd.DataFrame, kinds: Mapping[str, PersonalKind]) -> dict[tuple[str, str], Words]:
    """Cells of some columns, by column and part.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns that it lacks are left out.
    kinds : mapping of str to str
        Columns and what they are, from `personal_columns`.

    Returns
    -------
    dict of (column, part) to Words
        The part is `"cell"`, and one of `PARTS` for what stands inside cells of free text.

    Notes
    -----
    O(n). Digests are 8 bytes of BLAKE2b: among a million different cells two are taken for equal with a chance of 3e-8.
    """
    found: dict[tuple[str, str], Words] = {}
    for name, kind in kinds.items():
        if name not in table.columns:
            continue
        codes, texts = level_codes(table[name])
        found[name, "cell"] = _cells(codes, texts, kind)
        if kind == "text":
            found |= {(name, part): item for part, item in _parts(codes, texts).items()}
    return found


def _cells(codes: NDArray[np.int32], texts: Sequence[str], kind: PersonalKind) -> Words:
    plain = [normal_text(text, kind) for text in texts]
    is_said = np.array([*(_IS_SAID.match(text) is not None for text in plain), False], np.bool_)
    rows = np.flatnonzero(is_said[codes])
    return Words(_digests(plain)[codes[rows]], rows, len(codes))


def _parts(codes: NDArray[np.int32], texts: Sequence[str]) -> dict[PersonalKind, Words]:
    """What stands inside the cells, each once per cell."""
    said: dict[PersonalKind, list[tuple[int, str]]] = {part: [] for part in PARTS}
    for number, text in enumerate(texts):
        inside = list(personal_parts(text))
        for part, item in sorted({(part, normal_text(item, part)) for part, item in inside}) if inside else ():
            said[part].append((number, item))
    by_text = _rows_of(codes, len(texts))
    return {part: _spread(by_text, said[part], len(codes)) for part in PARTS}


def _rows_of(codes: NDArray[np.int32], n_texts: int) -> Words:
    """Rows of each text, as cells of the texts."""
    order = np.argsort(codes, kind="stable")
    order = order[np.searchsorted(codes[order], 0) :].astype(np.int64)
    return Words(order, codes[order].astype(np.int64), n_texts)


def _spread(by_text: Words, said: Sequence[tuple[int, str]], n_rows: int) -> Words:
    """Cells of rows from what stands in each text; several rows share a text."""
    found = by_text.take(np.array([number for number, _ in said], np.intp))
    digests = _digests([item for _, item in said])[found.samples]
    order = np.argsort(found.digests, kind="stable")
    return Words(digests[order], found.digests[order], n_rows)


def _digests(texts: Iterable[str]) -> NDArray[np.int64]:
    made = (hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=_BYTES).digest() for text in texts)
    return np.frombuffer(b"".join(made), "<i8").astype(np.int64)
