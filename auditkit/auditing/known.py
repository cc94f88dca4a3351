"""What a reference knows of real sets: what their columns are, their sizes, and what audits read of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from auditkit.auditing.kept_rules import crossed_breaks, unit_breaks
from auditkit.auditing.leaked_cells import unit_words
from auditkit.auditing.sides import Described, describe
from auditkit.data.dataset import Dataset
from auditkit.data.empty import empty_samples
from auditkit.metrics.moments import Moments, moments
from auditkit.metrics.neighbours import Neighbours, merge_rows, neighbours
from auditkit.metrics.products import Side

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from auditkit.data.constraints import Constraint
    from auditkit.data.personal import PersonalKind
    from auditkit.data.schema import Schema
    from auditkit.features.registry import StorableEmbedder
    from auditkit.kinds import Modality
    from auditkit.metrics.products import Role
    from auditkit.metrics.tables.words import Words

__all__ = ["KNEAREST", "KnownSet", "Roles", "SetFacts", "with_breaks"]

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
        cells = {column.name: pd.Series([], dtype=column.dtype) for column in self.schema.columns}
        return Dataset(
            pd.DataFrame(cells),
            empty_samples(self.modality, self.schema),
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
    broken : ndarray of shape (n,), bool, or None
        Which units broke the rules when they were at hand; of the real ones only where there is no holdout.
    words : mapping of (column, part) to Words
        Cells of free text and personal data, as digests.
    """

    described: Described
    near: Neighbours | None
    moments: Moments
    broken: NDArray[np.bool_] | None = None
    words: Mapping[tuple[str, str], Words] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        dataset: Dataset,
        embedder: StorableEmbedder,
        *,
        schema: Schema,
        kinds: Mapping[str, PersonalKind],
        name: str,
    ) -> KnownSet:
        """Describe a set and find what costs most of an audit."""
        described = describe(dataset, embedder, schema=schema, name=name)
        k = min(KNEAREST, len(dataset) - 1)
        near = neighbours(merge_rows(described.features), k=k, name=name) if k else None
        return cls(described, near, moments(Side(described.features)), words=unit_words(dataset, kinds))

    def completed(self, side: Side) -> Side:
        """Side that knows what its units broke, and their words."""
        return replace(side, broken=self.broken, words=dict(self.words))


def with_breaks(
    known: Mapping[Role, KnownSet],
    sets: Mapping[Role, Dataset],
    keys: Sequence[str],
    constraints: Sequence[Constraint],
    *,
    seed: int,
) -> dict[Role, KnownSet]:
    """Known sets of tables with what fresh units break, or real ones of each other's rules without a holdout.

    Parameters
    ----------
    known : mapping of role to KnownSet
    sets : mapping of role to Dataset
        The same, at hand.
    keys : sequence of str
        Columns that name each real row once.
    constraints : sequence of Constraint
    seed : int
        Of the halves without a holdout.
    """
    real = sets["real"]
    if real.modality != "tabular":
        return dict(known)
    if "holdout" not in sets:
        return {"real": replace(known["real"], broken=crossed_breaks(real, constraints=constraints, seed=seed))}
    broken = unit_breaks(sets["holdout"], real.schema, keys=keys, constraints=constraints)
    return {**known, "holdout": replace(known["holdout"], broken=broken)}
