"""What happens within units as products of an audit: how rows follow each other, column by column.

A score of the whole table is the mean over its columns, each of which is a part of the reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from auditkit.errors import UndefinedError
from auditkit.metrics.products import product
from auditkit.metrics.registry import Part, Reading
from auditkit.metrics.side import Role, Side
from auditkit.metrics.tables.sides import named_sets
from auditkit.metrics.tables.unit_sides import UnitRows, unit_sides
from auditkit.metrics.tables.unit_traits import COHERENCE, Trait, agreement, step_traits, traits_of

__all__ = [
    "SequenceScores",
    "StepScores",
    "coherence_means",
    "coherence_reading",
    "length_reading",
    "named_unit_sides",
    "sequence_scores",
    "step_reading",
    "step_scores",
    "transition_reading",
]

NO_UNITS = "there are no units of several rows."


@dataclass(frozen=True, eq=False)
class SequenceScores:
    """How the units of two sets agree.

    Attributes
    ----------
    n : tuple of (int, int)
        Real and synthetic units.
    found : mapping of measure to mapping of column to float or None
        Agreement in [0, 1]; None where no unit has a value, as of next rows where every unit has one row.
    """

    n: tuple[int, int]
    found: Mapping[str, Mapping[str, float | None]]


@dataclass(frozen=True, eq=False)
class StepScores:
    """How alike numbers change from a row to the next.

    Attributes
    ----------
    n : tuple of (int, int)
        Real and synthetic units.
    found : mapping of column to float or None
        Of columns in which a real number changes to another; 0 where no synthetic one does, None where no unit of one
        of the sets has a next row.
    """

    n: tuple[int, int]
    found: Mapping[str, float | None]


def _units_of(side: Side) -> UnitRows:
    if side.units is None:
        raise UndefinedError(NO_UNITS)
    return side.units


@product(sides=("real", "synthetic"))
def sequence_scores(real: Side, synthetic: Side) -> SequenceScores:
    """Agreement in every measure of rows that follow each other."""
    sets = {"real": _units_of(real), "synthetic": _units_of(synthetic)}
    found: dict[str, dict[str, float | None]] = {}
    for trait, value in _agreements(traits_of(sets, numbers=False), sets):
        found.setdefault(trait.measure, {})[trait.column] = value
    return SequenceScores((len(sets["real"]), len(sets["synthetic"])), found)


@product(sides=("real", "synthetic"))
def step_scores(real: Side, synthetic: Side) -> StepScores:
    """Agreement of the changes from a row to the next."""
    sets = {"real": _units_of(real), "synthetic": _units_of(synthetic)}
    follow = all(len(rows.firsts) for rows in sets.values())
    found = {
        trait.column: value for trait, value in _agreements(step_traits(sets), sets) if len(trait.values) or not follow
    }
    return StepScores((len(sets["real"]), len(sets["synthetic"])), found)


def _agreements(
    traits: Mapping[str, list[Trait]], sets: Mapping[str, UnitRows]
) -> Iterator[tuple[Trait, float | None]]:
    """Each trait of the real units, and how well the synthetic ones agree with it."""
    real, synthetic = (np.ones(len(sets[role])) for role in ("real", "synthetic"))
    for ours, theirs in zip(traits["real"], traits["synthetic"], strict=True):
        yield ours, agreement(ours, theirs, real, synthetic)


def named_unit_sides(
    *, real: Any, synthetic: Any, key: str | None = None, order: str | None = None
) -> dict[Role, Side]:
    """Sides of two tables with several rows per unit, as public functions are given them."""
    sets = unit_sides(named_sets(real=real, synthetic=synthetic), key=key, order=order)
    roles: tuple[Role, ...] = ("real", "synthetic")
    return {role: Side(np.empty((len(sets[role]), 0)), units=sets[role], name=role) for role in roles}


def coherence_means(agreements: Iterable[tuple[str, float | None]]) -> dict[str, float]:
    """Means over columns of the three measures whose mean is the coherence.

    Parameters
    ----------
    agreements : iterable of (str, float or None)
        Measure, any, and agreement of a column; None or NaN where it has none.
    """
    known: dict[str, list[float]] = {}
    for measure, value in agreements:
        if value is not None and not np.isnan(value):
            known.setdefault(measure, []).append(value)
    return {measure: float(np.mean(known[measure])) for measure in COHERENCE if measure in known}


def coherence_reading(sequence_scores: SequenceScores) -> Reading:
    """Mean over columns of the mean of the three measures of coherence, which stand in the details."""
    n, found = sequence_scores.n, sequence_scores.found
    columns = list(found.get(COHERENCE[0], ()))
    if not columns:
        return Reading(None, n, "no column but the key and the order can be compared.")
    means = {
        name: float(np.mean([value for measure in COHERENCE if (value := found[measure][name]) is not None]))
        for name in columns
    }
    details = coherence_means((measure, value) for measure in COHERENCE for value in found[measure].values())
    parts = tuple(Part({"column": name}, Reading(value, n)) for name, value in means.items())
    return Reading(float(np.mean(list(details.values()))), n, parts=parts, details=details)


def transition_reading(sequence_scores: SequenceScores) -> Reading:
    """Mean over the columns."""
    found = sequence_scores.found.get("transition", {})
    return _mean(found, sequence_scores.n, none="no column but the key and the order can be compared.")


def step_reading(step_scores: StepScores) -> Reading:
    """Mean over the columns of numbers, and the one that orders the rows."""
    return _mean(step_scores.found, step_scores.n, none="there is no column of numbers or dates.")


def _mean(found: Mapping[str, float | None], n: tuple[int, int], *, none: str) -> Reading:
    if not found:
        return Reading(None, n, none)
    known = [value for value in found.values() if value is not None]
    if not known:
        return Reading(None, n, "no unit of one of the sets has a next row.")
    parts = tuple(Part({"column": name}, Reading(value, n)) for name, value in found.items())
    return Reading(float(np.mean(known)), n, parts=parts)


def length_reading(sequence_scores: SequenceScores) -> Reading:
    """Agreement of the number of rows."""
    return Reading(sequence_scores.found["length"]["(rows)"], sequence_scores.n)
