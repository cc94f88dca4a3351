"""What one set of samples offers to metrics: features, record numbers, labels, groups, a table, rows unit by unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from auditkit.errors import UndefinedError

if TYPE_CHECKING:
    from auditkit.data.cells import Cells
    from auditkit.metrics.raw_samples import RawSamples
    from auditkit.metrics.tables.unit_sides import UnitRows
    from auditkit.metrics.tables.words import Words

__all__ = ["ROLES", "Floor", "Role", "Side"]

Role = Literal["real", "synthetic", "holdout"]
ROLES: tuple[Role, ...] = get_args(Role)
Floor = Literal["shuffled", "uniform", "dealt"]


@dataclass(frozen=True, eq=False)
class Side:
    """What one set of n samples offers to products; whatever a set lacks is None or empty.

    Attributes
    ----------
    features : ndarray of shape (n, d)
        What the embedder made of the samples.
    records : ndarray of shape (n,), int64, or None
        Equal numbers mean identical records, across all sides of one audit.
    labels : ndarray of shape (n,), int64, or None
        Positions in `label_levels`.
    groups : mapping of str to ndarray of shape (n,), int64
        Positions in `group_levels[name]`.
    columns : ndarray of shape (n, p), float64, or None
        What a discriminator may look at; NaN is missing; categories are whole numbers.
    categorical : tuple of bool
        Which columns are categories.
    target : int or None
        The column that holds the label, if any.
    cells : Cells or None
        The table, in one encoding with those of the other sides.
    broken : ndarray of shape (n,), bool, or None
        Which samples break the real data's schema or a constraint.
    words : mapping of (column, part) to Words
        Cells of free text and personal data, as digests.
    units : UnitRows or None
        The n units' rows, where samples have several, in one encoding with those of the other sides.
    samples : RawSamples or None
        The texts, recordings, series or images themselves, in the order of the features; tables have none, and a set
        that is known from a reference has none at hand.
    name : str
        What messages call the set.
    """

    features: NDArray[np.floating[Any]]
    records: NDArray[np.int64] | None = None
    labels: NDArray[np.int64] | None = None
    label_levels: tuple[str, ...] = ()
    groups: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)
    group_levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    columns: NDArray[np.float64] | None = None
    categorical: tuple[bool, ...] = ()
    target: int | None = None
    cells: Cells | None = None
    broken: NDArray[np.bool_] | None = None
    words: Mapping[tuple[str, str], Words] = field(default_factory=dict)
    units: UnitRows | None = None
    samples: RawSamples | None = None
    name: str = "features"

    def __len__(self) -> int:
        return len(self.features)

    def take(self, index: NDArray[np.intp]) -> Side:
        """Side of some of the samples, in the order of `index`."""
        return replace(
            self,
            features=self.features[index],
            records=None if self.records is None else self.records[index],
            labels=None if self.labels is None else self.labels[index],
            groups={name: codes[index] for name, codes in self.groups.items()},
            columns=None if self.columns is None else self.columns[index],
            cells=None if self.cells is None else self.cells.take(index),
            broken=None if self.broken is None else self.broken[index],
            words={key: item.take(index) for key, item in self.words.items()},
            units=None if self.units is None else self.units.take(index),
            samples=None if self.samples is None else self.samples.take(index),
        )

    def at_floor(self, floor: Floor, rng: np.random.Generator, *, like: Side | None = None) -> Side:
        """Side with as many rows whose table says nothing of what a metric looks for; the rest stays.

        Parameters
        ----------
        floor : {"shuffled", "uniform", "dealt"}
            Each column in an order of its own, or drawn evenly from a range and levels; dealt, rows that belong to
            units go whole to any place of any unit.
        rng : numpy.random.Generator
        like : Side, optional
            Whose range and levels they are; the side's own by default.

        Raises
        ------
        UndefinedError
            If the side has no table, or one of one row per unit whose rows are to be dealt.
        """
        like = self if like is None else like
        if self.units is not None:
            return replace(self, units=_units_at_floor(self.units, floor, rng, like.units or self.units))
        if self.cells is None or floor == "dealt":
            what = "table" if self.cells is None else "unit of several rows"
            raise UndefinedError(f"there is no {what} to shuffle.")
        destroyed = self.cells.shuffled(rng) if floor == "shuffled" else self.cells.uniform(rng, like=like.cells)
        return replace(self, cells=destroyed)


def _units_at_floor(units: UnitRows, floor: Floor, rng: np.random.Generator, like: UnitRows) -> UnitRows:
    if floor == "dealt":
        return units.dealt(rng)
    return units.shuffled(rng) if floor == "shuffled" else units.uniform(rng, like=like)
