"""What is kept of the real side of an audit, so that synthetic data can be judged where the real data may not be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.auditing.inputs import Inputs, checked_sets, fitting
from auditkit.auditing.sides import Described, describe, join_sides
from auditkit.data.dataset import Dataset
from auditkit.data.samples import ArraySamples
from auditkit.errors import DataError, UnknownNameError
from auditkit.features.registry import StorableEmbedder, create_embedder
from auditkit.metrics.moments import Moments, moments
from auditkit.metrics.neighbours import Neighbours, merge_rows, neighbours
from auditkit.metrics.products import Products, Role, Rows, Side, View, check_seed

if TYPE_CHECKING:
    from os import PathLike

    from auditkit.data.schema import Schema
    from auditkit.kinds import Modality

__all__ = ["KNEAREST", "KnownSet", "Reference", "Roles", "build_reference", "open_reference"]

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


@dataclass(frozen=True, eq=False)
class KnownSet:
    """What is kept of one real set.

    Attributes
    ----------
    n : int
    source : str
        Name for messages.
    hash : str
    described : Described
    near : Neighbours
        Of the distinct rows of its features.
    moments : Moments
    """

    n: int
    source: str
    hash: str
    described: Described
    near: Neighbours | None
    moments: Moments

    @classmethod
    def of(cls, dataset: Dataset, embedder: StorableEmbedder, *, schema: Schema, name: str) -> KnownSet:
        """Describe a set and find what costs most of an audit."""
        described = describe(dataset, embedder, schema=schema, name=name)
        k = min(KNEAREST, len(dataset) - 1)
        near = neighbours(merge_rows(described.features), k=k, name=name) if k else None
        return cls(len(dataset), dataset.source, dataset.hash, described, near, moments(Side(described.features)))


@dataclass(frozen=True, eq=False)
class Reference:
    """The real side of audits: what they read of the real data, and neither the cells nor the ids.

    Make one with `build_reference`, read one with `open_reference`, and give it to `auditkit.audit` as `real`.

    Attributes
    ----------
    roles : Roles
    embedder : StorableEmbedder
        Fitted on the real set.
    sets : mapping of role to KnownSet
        The real set, and the holdout where there is one.
    seed : int
        That the embedder was fitted with.
    """

    roles: Roles
    embedder: StorableEmbedder
    sets: Mapping[Role, KnownSet]
    seed: int = 0
    notes: tuple[str, ...] = field(default=())

    @property
    def n(self) -> dict[Role, int]:
        """Units of each set."""
        return {role: item.n for role, item in self.sets.items()}

    @property
    def template(self) -> Dataset:
        """Set without units that others are read with: its schema and roles hold for them."""
        return self.roles.template(self.sets["real"].source)

    def __repr__(self) -> str:
        sizes = ", ".join(f"{n} {role}" for role, n in self.n.items())
        return f"Reference({self.sets['real'].source!r}, {self.roles.modality}, {sizes})"

    def inputs(self, synthetic: Dataset, *, embedder: str | None, groups: Sequence[str] | None) -> Inputs:
        """Inputs of an audit of a synthetic set.

        Parameters
        ----------
        synthetic : Dataset
        embedder : str or None
            Only the reference's own, or none.
        groups : sequence of str or None
            Some of the reference's groups; all by default.

        Raises
        ------
        DataError
            If the set cannot be compared, or another embedder is asked for.
        UnknownNameError
            If the reference does not know a group.
        """
        if embedder is not None and embedder != self.embedder.name:
            message = (
                f"the reference holds features of embedder {self.embedder.name!r}, not of {embedder!r}: "
                "build another one, or leave the embedder out."
            )
            raise DataError(message)
        roles = self._with_groups(groups)
        template = roles.template(self.sets["real"].source)
        ours = fitting(template, synthetic, "synthetic")
        described = {role: _only(item.described, roles.groups) for role, item in self.sets.items()}
        named: dict[Role, Dataset] = {role: _named(template, item) for role, item in self.sets.items()}
        described["synthetic"] = describe(ours, self.embedder, schema=roles.schema, name="synthetic")
        named["synthetic"] = ours
        order: tuple[Role, ...] = ("real", "synthetic", "holdout")
        sets = {role: named[role] for role in order if role in named}
        return Inputs(
            sets=sets,
            sides=join_sides({role: described[role] for role in sets}, schema=roles.schema, label=roles.label),
            embedder=self.embedder,
            hashes={role: self.sets[role].hash if role in self.sets else sets[role].hash for role in sets},
            held={"synthetic": ours},
            prepare=self._prepare,
            has_real=False,
        )

    def _with_groups(self, groups: Sequence[str] | None) -> Roles:
        if groups is None:
            return self.roles
        for name in groups:
            if name not in self.roles.groups:
                raise UnknownNameError.of("group", name, self.roles.groups, "in the reference")
        return replace(self.roles, groups=tuple(groups))

    def _prepare(self, products: Products) -> None:
        for role, item in self.sets.items():
            view = View("full", {}, {role: Rows(role)})
            products.put(item.moments, view, role)
            k = products.parameters(Neighbours).get("k", 1)
            near = item.near
            if near is not None and min(k, item.n - 1) <= near.k:
                k = min(k, item.n - 1)
                cut = replace(near, squared_distances=near.squared_distances[:, :k], indices=near.indices[:, :k])
                products.put(cut, view, role)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the reference to one file, atomically; the same reference gives the same bytes.

        Raises
        ------
        DataError
            If the file cannot be written.
        """
        from auditkit.auditing.reference_file import write_reference  # noqa: PLC0415 - it builds on this class

        write_reference(path, self)


def build_reference(
    *,
    real: Dataset,
    holdout: Dataset | None = None,
    path: str | PathLike[str] | None = None,
    embedder: str | None = None,
    groups: Sequence[str] | None = None,
    seed: int = 0,
) -> Reference:
    """Keep of the real data what audits read, so that they can run where the real data may not be.

    Parameters
    ----------
    real : Dataset
        What the generator is trained on, with its label and groups.
    holdout : Dataset, optional
        Real units that no generator sees; without them copying cannot be judged.
    path : path, optional
        Where to write it, as `"ref.safetensors"`.
    embedder : str, optional
        Name of an embedder; each modality has a default.
    groups : sequence of str, optional
        Columns whose levels are compared; those of `real` by default.
    seed : int, default 0
        Of the embedder. An audit with the same seed gives the scores that it gives with the real data.

    Returns
    -------
    Reference

    Raises
    ------
    DataError
        If sets cannot be compared, an embedder cannot be kept, or the file cannot be written.
    SampleSizeError
        If a set is empty.

    Notes
    -----
    The file holds features, cells as codes and a digest of each record: it is as confidential as the data.
    """
    given: dict[Role, Dataset] = {"real": real} if holdout is None else {"real": real, "holdout": holdout}
    sets = checked_sets(given, groups)
    fitted = _storable(embedder, sets["real"]).fit(sets["real"], seed=check_seed(seed))
    schema = sets["real"].schema
    known = {role: KnownSet.of(item, fitted, schema=schema, name=role) for role, item in sets.items()}
    made = Reference(Roles.of(sets["real"]), fitted, known, seed)
    if path is not None:
        made.save(path)
    return made


def open_reference(path: str | PathLike[str]) -> Reference:
    """Reference from the file that `build_reference` wrote.

    Raises
    ------
    DataError
        If it is absent or damaged, no reference, or one whose format, metrics, tie rule or embedder are others than
        this auditkit's.
    """
    from auditkit.auditing.reference_file import read_reference  # noqa: PLC0415 - it builds on this class

    return read_reference(path)


def _storable(name: str | None, real: Dataset) -> StorableEmbedder:
    made = create_embedder(name, modality=real.modality)
    if not isinstance(made, StorableEmbedder):
        message = f"embedder {made.name!r} cannot be kept in a reference: it has no state() and restore()."
        raise DataError(message)
    return made


def _named(template: Dataset, known: KnownSet) -> Dataset:
    """Set of which only the number of units is known; they have made-up names and no cells."""
    ids: NDArray[Any] = np.array([f"R{number + 1}" for number in range(known.n)])
    return replace(template, ids=ids, source=known.source)


def _only(described: Described, groups: Sequence[str]) -> Described:
    return replace(described, groups={name: described.groups[name] for name in groups})
