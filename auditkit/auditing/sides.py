"""From datasets to sides: embed, encode jointly, number identical records, name classes and groups alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditkit.data.digests import record_digests
from auditkit.data.table import encode_tables
from auditkit.errors import DataError
from auditkit.metrics.products import Role, Side
from auditkit.metrics.records import number_records

if TYPE_CHECKING:
    from auditkit.data import Dataset
    from auditkit.features.registry import Embedder

__all__ = ["make_sides"]


def make_sides(sets: Mapping[Role, Dataset], embedder: Embedder) -> dict[Role, Side]:
    """Sides of some sets, comparable with each other.

    Parameters
    ----------
    sets : mapping of role to Dataset
        All read with the real data's schema.
    embedder : Embedder
        Fitted on the real set.

    Returns
    -------
    dict of role to Side

    Raises
    ------
    DataError
        If an embedding holds a number that is not finite; names the set and the count.
    """
    sides: dict[Role, Side] = {role: Side(_features(role, item, embedder), name=role) for role, item in sets.items()}
    sides = _with_records(sides, sets)
    sides = _with_names(sides, sets)
    return _with_columns(sides, sets)


def _features(role: Role, dataset: Dataset, embedder: Embedder) -> NDArray[np.floating[Any]]:
    features = embedder.transform(dataset)
    bad = int(np.count_nonzero(~np.isfinite(features).all(axis=1)))
    if bad:
        message = (
            f"the {role} set ({dataset.source}) has {bad} of {len(features)} samples with non-finite features "
            f"from embedder {embedder.name!r}: repair or drop them first."
        )
        raise DataError(message)
    return features


def _with_records(sides: Mapping[Role, Side], sets: Mapping[Role, Dataset]) -> dict[Role, Side]:
    schema = sets["real"].schema
    numbers = number_records(*(record_digests(item, schema=schema) for item in sets.values()))
    return {role: replace(sides[role], records=records) for role, records in zip(sets, numbers, strict=True)}


def _with_names(sides: Mapping[Role, Side], sets: Mapping[Role, Dataset]) -> dict[Role, Side]:
    real = sets["real"]
    named = dict(sides)
    if real.label is not None:
        values = {role: item.label_values for role, item in sets.items()}
        levels = _joint_levels({role: item for role, item in values.items() if item is not None})
        named = {
            role: replace(side, labels=_positions(values[role], levels), label_levels=levels)
            for role, side in named.items()
        }
    for name in real.groups:
        found = {role: item.group_values(name) for role, item in sets.items()}
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


def _joint_levels(values: Mapping[Role, NDArray[Any]]) -> tuple[str, ...]:
    """Levels of the real set first, then those that only other sets have; each sorted."""
    real = sorted(set(values["real"].tolist()))
    others = sorted({level for item in values.values() for level in item.tolist()} - set(real))
    return tuple(map(str, (*real, *others)))


def _positions(values: NDArray[Any] | None, levels: tuple[str, ...]) -> NDArray[np.int64]:
    position = {level: number for number, level in enumerate(levels)}
    return np.array([position[str(value)] for value in ([] if values is None else values)], np.int64)


def _with_columns(sides: Mapping[Role, Side], sets: Mapping[Role, Dataset]) -> dict[Role, Side]:
    """Columns for the discriminator; sets of several rows per unit and images are told apart by their features."""
    real = sets["real"]
    if real.modality != "tabular" or real.key is not None:
        return dict(sides)
    encoded = encode_tables(dict(sets.items()), schema=real.schema)
    names = (*encoded["real"].numeric_columns, *encoded["real"].code_columns)
    categorical = tuple(name in encoded["real"].code_columns for name in names)
    target = names.index(real.label) if real.label in names else None
    columns = {}
    for role, table in encoded.items():
        codes = np.where(table.codes < 0, np.nan, table.codes)
        columns[role] = np.concatenate([table.numeric, codes], axis=1)
    return {
        role: replace(side, columns=columns[role], categorical=categorical, target=target)
        for role, side in sides.items()
    }
