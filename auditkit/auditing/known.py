"""What a reference knows of real sets: what their columns are, their sizes, and what audits read of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from auditkit.auditing.sides import Described, describe
from auditkit.data.dataset import Dataset
from auditkit.data.samples import ArraySamples
from auditkit.metrics.moments import Moments, moments
from auditkit.metrics.neighbours import Neighbours, merge_rows, neighbours
from auditkit.metrics.products import Side

if TYPE_CHECKING:
    from auditkit.data.schema import Schema
    from auditkit.features.registry import StorableEmbedder
    from auditkit.kinds import Modality

__all__ = ["KNEAREST", "KnownSet", "Roles", "SetFacts"]

KNEAREST = 10
"""Neighbours of each real unit that a reference knows; metrics that ask for more find them anew."""


@dataclass(frozen=True)
class Roles:
    """What the columns of the real data are, and how they are read.

    Attributes
    ----------
    modality : str
    schema : Schema
    label : str or None
    groups : tuple of str
    key, order : str or None
    """

    modality: Modality
    schema: Schema
    label: str | None
    groups: tuple[str, ...]
    key: str | None
    order: str | None

    @classmethod
    def of(cls, dataset: Dataset) -> Roles:
        """Roles of the columns of a set."""
        return cls(dataset.modality, dataset.schema, dataset.label, dataset.groups, dataset.key, dataset.order)

    def template(self, source: str) -> Dataset:
        """Set without units whose schema and roles other sets are read with."""
        shape = self.schema.shape
        cells = {column.name: pd.Series([], dtype=column.dtype) for column in self.schema.columns}
        return Dataset(
            pd.DataFrame(cells),
            None if shape is None else ArraySamples(np.empty((0, *shape), np.uint8)),
            self.schema,
            self.modality,
            self.label,
            self.groups,
            self.key,
            self.order,
            source=source,
            unit_of_row=None if self.key is None else np.empty(0, np.intp),
        )


@dataclass(frozen=True)
class SetFacts:
    """A real set in words.

    Attributes
    ----------
    n : int
        Units.
    source : str
        Name for messages.
    hash : str
        Of its content; in a private reference of what is kept of it.
    """

    n: int
    source: str
    hash: str


@dataclass(frozen=True, eq=False)
class KnownSet:
    """What is kept of the units of one real set.

    Attributes
    ----------
    described : Described
    near : Neighbours or None
        Of the distinct rows of its features; None for a single unit.
    moments : Moments
    """

    described: Described
    near: Neighbours | None
    moments: Moments

    @classmethod
    def of(cls, dataset: Dataset, embedder: StorableEmbedder, *, schema: Schema, name: str) -> KnownSet:
        """Describe a set and find what costs most of an audit."""
        described = describe(dataset, embedder, schema=schema, name=name)
        k = min(KNEAREST, len(dataset) - 1)
        near = neighbours(merge_rows(described.features), k=k, name=name) if k else None
        return cls(described, near, moments(Side(described.features)))
