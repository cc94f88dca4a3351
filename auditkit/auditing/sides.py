"""From datasets to sides: each set described on its own, then all of them in joint codes and record numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditkit.auditing.rare_levels import pooled_levels
from auditkit.data.amounts import has_amounts
from auditkit.data.cells import Cells
from auditkit.data.digests import record_digests
from auditkit.data.joint import encode_sets, join_cells
from auditkit.errors import DataError
from auditkit.features.cache import features_of
from auditkit.metrics.fairness.amounts import cut_amounts
from auditkit.metrics.raw_samples import RawSamples
from auditkit.metrics.records import number_records
from auditkit.metrics.side import Role, Side
from auditkit.metrics.tables.unit_sides import UnitRows, join_units, unit_rows

if TYPE_CHECKING:
    from auditkit.data import Dataset
    from auditkit.data.schema import Schema
    from auditkit.features.registry import Embedder

__all__ = ["Described", "describe", "join_sides", "make_sides", "quarters_note"]


@dataclass(frozen=True, eq=False)
class Described:
    """All that an audit reads of one set of n units, before it meets the others.

    Attributes
    ----------
    features : ndarray of shape (n, d)
    digests : ndarray of shape (n,), dtype "S16"
    labels : ndarray of shape (n,), object, or None
        Label of each unit as text.
    groups : mapping of str to ndarray of shape (n,), object
        Level of each unit as text.
    cells : Cells or None
        The table, encoded on its own; sets of several rows per unit and images have none.
    units : UnitRows or None
        The rows of each unit, encoded on their own; only with several rows per unit.
    samples : RawSamples or None
        The texts, recordings, series or images themselves, or what a reference keeps of them; tables have none.
    """

    features: NDArray[np.floating[Any]]
    digests: NDArray[np.bytes_]
    labels: NDArray[np.object_] | None
    groups: Mapping[str, NDArray[np.object_]]
    cells: Cells | None
    units: UnitRows | None = None
    samples: RawSamples | None = None

    def __len__(self) -> int:
        return len(self.features)


def make_sides(sets: Mapping[Role, Dataset], embedder: Embedder, *, show_real: bool = False) -> dict[Role, Side]:
    """Sides of some sets, comparable with each other.

    Parameters
    ----------
    sets : mapping of role to Dataset
        All read with the real data's schema.
    embedder : Embedder
        Fitted on the real set.
    show_real : bool, default False
        As for `join_sides`.

    Returns
    -------
    dict of role to Side

    Raises
    ------
    DataError
        If an embedding holds a number that is not finite; names the set and the count.
    """
    schema = sets["real"].schema
    described = {role: describe(item, embedder, schema=schema, name=role) for role, item in sets.items()}
    amount = has_amounts(schema, sets["real"].label)
    return join_sides(described, label=sets["real"].label, show_real=show_real, amount=amount)


def describe(dataset: Dataset, embedder: Embedder | None, *, schema: Schema, name: str) -> Described:
    """What an audit reads of one set.

    Parameters
    ----------
    dataset : Dataset
        With the real set's label and groups.
    embedder : Embedder or None
        Fitted on the real set; None where no features are wanted.
    schema : Schema
        The real set's.
    name : str
        What messages call the set.

    Returns
    -------
    Described

    Raises
    ------
    DataError
        If an embedding holds a number that is not finite; names the set and the count.
    """
    coded = dataset.modality == "tabular" and dataset.key is None
    return Described(
        features=np.zeros((len(dataset), 0)) if embedder is None else _features(name, dataset, embedder),
        digests=record_digests(dataset, schema=schema),
        labels=dataset.label_values,
        groups={group: dataset.group_values(group) for group in dataset.groups},
        cells=encode_sets({name: dataset}, schema=schema)[name] if coded else None,
        units=unit_rows(dataset, schema=schema, name=name),
        samples=None if dataset.samples is None else RawSamples(dataset.samples),
    )


def join_sides(
    described: Mapping[Role, Described], *, label: str | None, show_real: bool = False, amount: bool = False
) -> dict[Role, Side]:
    """Sides of described sets: records numbered alike, levels in one order.

    Parameters
    ----------
    described : mapping of role to Described
    label : str or None
        The column that is the label.
    show_real : bool, default False
        Name groups and classes of very few real units too; otherwise they count as one.
    amount : bool, default False
        Whether the label is an amount: its classes are its quarters between the real quartiles.

    Returns
    -------
    dict of role to Side
    """
    sides: dict[Role, Side] = {
        role: Side(item.features, samples=item.samples, name=role) for role, item in described.items()
    }
    numbers = number_records(*(item.digests for item in described.values()))
    sides = {role: replace(sides[role], records=own) for role, own in zip(sides, numbers, strict=True)}
    sides = _with_names(sides, described, amount=label if amount else None, show_real=show_real)
    sides = _with_cells(sides, described, label=label)
    units = {role: item.units for role, item in described.items() if item.units is not None}
    if len(units) < len(described):
        return sides
    return {role: replace(sides[role], units=rows) for role, rows in join_units(units).items()}


def _features(name: str, dataset: Dataset, embedder: Embedder) -> NDArray[np.floating[Any]]:
    features = features_of(embedder, dataset)
    bad = int(np.count_nonzero(~np.isfinite(features).all(axis=1)))
    if bad:
        message = (
            f"the {name} set ({dataset.source}) has {bad} of {len(features)} samples with non-finite features "
            f"from embedder {embedder.name!r}: repair or drop them first."
        )
        raise DataError(message)
    return features


def _with_names(
    sides: Mapping[Role, Side], described: Mapping[Role, Described], *, amount: str | None, show_real: bool
) -> dict[Role, Side]:
    named = dict(sides)
    labels = {role: item.labels for role, item in described.items() if item.labels is not None}
    if "real" in labels:
        labels = labels if amount is None else _quarters(labels, amount)
        labels = labels if show_real else pooled_levels(labels)
        levels = _joint_levels(labels)
        named = {
            role: replace(side, labels=_positions(labels[role], levels), label_levels=levels)
            for role, side in named.items()
        }
    for name in described["real"].groups:
        found = {role: item.groups[name] for role, item in described.items()}
        found = found if show_real else pooled_levels(found)
        levels = _joint_levels(found)
        named = {
            role: replace(
                side,
                groups={**side.groups, name: _positions(found[role], levels)},
                group_levels={**side.group_levels, name: levels},
            )
            for role, side in named.items()
        }
    return named


def _quarters(labels: Mapping[Role, NDArray[np.object_]], name: str) -> dict[Role, NDArray[np.object_]]:
    """Labels as they are; amounts as quarters between the real quartiles, which say whose they are."""
    roles: list[Role] = ["real", *(role for role in labels if role != "real")]
    before = [labels[role] for role in roles]
    after = cut_amounts(*before, sure=True)
    return {
        role: np.array(
            [new if new == old else f"{name} {new}" for old, new in zip(old_values, new_values, strict=True)], object
        )
        for role, old_values, new_values in zip(roles, before, after, strict=True)
    }


def quarters_note(label: str | None, levels: Sequence[str]) -> tuple[str, ...]:
    """Says so where the classes of an audit are quarters of an amount.

    Parameters
    ----------
    label : str or None
    levels : sequence of str
        Classes, as the sides name them.
    """
    if label is None or not any(level.startswith(f"{label} to ") for level in levels):
        return ()
    said = f"The label {label} is an amount: "
    return (f"{said}its classes are its quarters between the real quartiles.",)


def _joint_levels(values: Mapping[Role, NDArray[Any]]) -> tuple[str, ...]:
    """Levels of the real set first, then those that only other sets have; each sorted."""
    real = sorted(set(values["real"].tolist()))
    others = sorted({level for item in values.values() for level in item.tolist()} - set(real))
    return tuple(map(str, (*real, *others)))


def _positions(values: NDArray[Any] | None, levels: tuple[str, ...]) -> NDArray[np.int64]:
    position = {level: number for number, level in enumerate(levels)}
    return np.array([position[str(value)] for value in ([] if values is None else values)], np.int64)


def _with_cells(
    sides: Mapping[Role, Side], described: Mapping[Role, Described], *, label: str | None
) -> dict[Role, Side]:
    """Tables in one encoding, and what a discriminator looks at."""
    tables = {role: item.cells for role, item in described.items() if item.cells is not None}
    if "real" not in tables:
        return dict(sides)
    made = {}
    for role, cells in join_cells(tables).items():
        columns, categorical, names = cells.matrix()
        target = names.index(label) if label in names else None
        made[role] = replace(sides[role], cells=cells, columns=columns, categorical=categorical, target=target)
    return made
