"""How far each set follows the user's constraints; the real data first, for a rule that they break is no fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit.data.breaches import find_breaches, share_in_words, unique_columns
from auditkit.results import MIN_CELL

if TYPE_CHECKING:
    from auditkit.auditing.inputs import Inputs
    from auditkit.data.constraints import Constraint
    from auditkit.metrics.products import Role, Side

__all__ = ["HeldRules", "hold_rules", "judged_sides"]


@dataclass(frozen=True)
class HeldRules:
    """What samples are held against beside the schema.

    Attributes
    ----------
    constraints : tuple of Constraint
    keys : tuple of str
        Columns that name each real row once.
    counts : tuple of mapping
        Per constraint its `text`, and per set how many rows are `broken`, `undecided` and there at all (`n`); of real
        rows None where there are one to four.
    notes : tuple of str
        Constraints that rows break, a sentence each.
    """

    constraints: tuple[Constraint, ...] = ()
    keys: tuple[str, ...] = ()
    counts: tuple[Mapping[str, Any], ...] = ()
    notes: tuple[str, ...] = ()


def hold_rules(inputs: Inputs, constraints: Sequence[Constraint]) -> HeldRules:
    """Hold every set against the constraints.

    Parameters
    ----------
    inputs : Inputs
        Of an audit; a reference keeps no cells of real rows, so that only the synthetic ones are looked at.
    constraints : sequence of Constraint

    Raises
    ------
    UnknownNameError
        If a constraint names a column that a set lacks.
    ConfigError
        If a set's columns are not of the types that a constraint needs.
    """
    real = inputs.sets["real"]
    sets: dict[Role, Any] = {role: item for role, item in inputs.sets.items() if inputs.has_real or role == "synthetic"}
    counts = []
    for rule in constraints:
        found: dict[str, Any] = {"text": rule.text}
        for role, item in sets.items():
            broken, undecided = rule.check(item, schema=real.schema)
            found[role] = {"broken": int(broken.sum()), "undecided": int(undecided.sum()), "n": len(broken)}
            if role != "synthetic":
                found[role] = {what: _told(count) for what, count in found[role].items()}
        counts.append(found)
    notes = [note for note in map(_note, counts) if note is not None]
    if constraints and not inputs.has_real:
        notes.append("The constraints were not held against the real data: a reference keeps no cells of them.")
    keys = unique_columns(real.table, real.schema) if inputs.has_real else ()
    return HeldRules(tuple(constraints), keys, tuple(counts), tuple(notes))


def judged_sides(inputs: Inputs, rules: HeldRules) -> dict[Role, Side]:
    """Sides that know which of their units break the real data's schema or a constraint; those of tables.

    Parameters
    ----------
    inputs : Inputs
        Against a reference the real sets have no cells to judge.
    rules : HeldRules
    """
    real, sides = inputs.sets["real"], dict(inputs.sides)
    if real.modality != "tabular" or not inputs.has_real:
        return sides
    for role, item in inputs.sets.items():
        found = find_breaches(item.table, real.schema, keys=rules.keys, constraints=rules.constraints)
        rows = np.any([breach.broken for breach in found], axis=0) if found else np.zeros(item.n_rows, np.bool_)
        units = np.arange(len(item)) if item.unit_of_row is None else item.unit_of_row
        sides[role] = replace(sides[role], broken=np.bincount(units[rows], minlength=len(item)) > 0)
    return sides


def _note(found: Mapping[str, Any]) -> str | None:
    """Sentence about a constraint that real or synthetic rows break."""
    synthetic, real = found["synthetic"], found.get("real")
    if not synthetic["broken"] and (real is None or real["broken"] == 0):
        return None
    said = f"Constraint {found['text']!r} is broken by {_share(synthetic)} synthetic rows"
    if real is None:
        return f"{said}."
    if real["broken"] == 0:
        return f"{said} and by none of {real['n']:,} real ones."
    return f"{said}, and by {_share(real)} real ones too: a rule that the real data do not follow is no fault."


def _told(count: int) -> int | None:
    """Number of real rows; None where so few could be told apart."""
    return None if 0 < count < MIN_CELL else count


def _share(count: Mapping[str, int | None]) -> str:
    if count["broken"] is None or count["n"] is None:
        return f"fewer than {MIN_CELL}"
    return share_in_words(count["broken"], count["n"])
