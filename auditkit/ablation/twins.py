"""Units that equal a real one: a copy belongs to the real unit that it copies."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from auditkit.data import Schema, record_digests

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["seen_schema", "twins_of"]

_UNSEEN = frozenset({"id", "text", "constant"})


def seen_schema(real: Dataset, *, label: bool, apart: frozenset[str] = frozenset()) -> Schema:
    """Columns that models see: no ids, texts and constants, with or without the label.

    Parameters
    ----------
    real : Dataset
    label : bool
        Whether the label belongs to them.
    apart : frozenset of str
        Further columns to leave out.

    Returns
    -------
    Schema
        Without columns for images, whose record is their pixels.
    """
    kept = [c for c in real.schema.columns if c.kind not in _UNSEEN and c.name not in {real.key, *apart}]
    return replace(real.schema, columns=tuple(c for c in kept if label or c.name != real.label))


def twins_of(dataset: Dataset, real: Dataset) -> NDArray[np.intp]:
    """Place in the real set of the unit that each unit equals in what models see, label included; -1 for none.

    Parameters
    ----------
    dataset, real : Dataset

    Returns
    -------
    ndarray of intp, shape (len(dataset),)
        Where several real units are equal, copies are dealt out among them in turn.
    """
    if not len(dataset) or not len(real):
        return np.full(len(dataset), -1, dtype=np.intp)
    schema = seen_schema(real, label=True)
    held = record_digests(real, schema=schema)
    order = np.argsort(held, kind="stable")
    levels, first, n_real = np.unique(held[order], return_index=True, return_counts=True)
    found = record_digests(dataset, schema=schema)
    place = np.minimum(np.searchsorted(levels, found), len(levels) - 1)
    equal = levels[place] == found
    turn = _turns(np.where(equal, place, -1))
    return np.asarray(np.where(equal, order[first[place] + turn % n_real[place]], -1), dtype=np.intp)


def _turns(values: NDArray[np.intp]) -> NDArray[np.intp]:
    """How many equal values stand before each."""
    order = np.argsort(values, kind="stable")
    _, first, counts = np.unique(values[order], return_index=True, return_counts=True)
    turns = np.empty(len(values), dtype=np.intp)
    turns[order] = np.arange(len(values)) - np.repeat(first, counts)
    return turns
