"""How far each set follows the user's constraints; the real data first, for a rule that they break is no fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from auditkit.auditing.kept_rules import KeptRules, crossed_breaks, keys_of, rule_counts, unit_breaks
from auditkit.data.breaches import share_in_words
from auditkit.data.constraints import parse_constraints
from auditkit.results import MIN_CELL

if TYPE_CHECKING:
    from auditkit.auditing.inputs import Inputs
    from auditkit.data.constraints import Constraint

__all__ = ["HeldRules", "hold_rules", "judged_inputs"]


@dataclass(frozen=True)
class HeldRules:
    """What samples are held against beside the schema.

    Attributes
    ----------
    constraints : tuple of Constraint
        A reference's own ones first.
    keys : tuple of str
        Columns that name each real row once.
    counts : tuple of mapping
        Per constraint its `text`, and per set how many rows are `broken`, `undecided` and there at all (`n`); of real
        rows None where there are one to four.
    notes : tuple of str
        Constraints that rows break, a sentence each.
    judged : tuple of Constraint
        Those that `validity` counts: all that real rows were held against too.
    """

    constraints: tuple[Constraint, ...] = ()
    keys: tuple[str, ...] = ()
    counts: tuple[Mapping[str, Any], ...] = ()
    notes: tuple[str, ...] = ()
    judged: tuple[Constraint, ...] = ()


def hold_rules(inputs: Inputs, constraints: Sequence[Constraint]) -> HeldRules:
    """Hold every set against the constraints.

    Parameters
    ----------
    inputs : Inputs
        Of an audit; against a reference only synthetic rows are looked at, and what it was built with is known of the
        real ones.
    constraints : sequence of Constraint

    Raises
    ------
    UnknownNameError
        If a constraint names a column that a set lacks.
    ConfigError
        If a set's columns are not of the types that a constraint needs.
    """
    real = inputs.sets["real"]
    if inputs.rules is None:
        kept = KeptRules(keys_of(real))
        own: tuple[Constraint, ...] = ()
        sets = dict(inputs.sets)
    else:
        kept, own = inputs.rules, parse_constraints(inputs.rules.constraints)
        sets = {"synthetic": inputs.sets["synthetic"]}
    every = parse_constraints((*own, *constraints))
    counts = [kept.count_of(rule.text) | rule_counts(rule, sets, schema=real.schema) for rule in every]
    notes = [note for note in map(_note, counts) if note is not None]
    judged = every if inputs.rules is None else own
    unknown = [rule for rule in every if rule not in judged]
    if unknown:
        notes.append(_not_kept(unknown))
    return HeldRules(every, kept.keys, tuple(counts), tuple(notes), judged)


def judged_inputs(inputs: Inputs, rules: HeldRules, *, seed: int) -> Inputs:
    """Inputs whose sides know which of their units break the real data's schema or a constraint; those of tables.

    Parameters
    ----------
    inputs : Inputs
        Against a reference real units are known by what they broke when it was built.
    rules : HeldRules
    seed : int
        Of the halves of the real units that stand for fresh ones without a holdout.
    """
    real = inputs.sets["real"]
    if real.modality != "tabular":
        return inputs
    sides = dict(inputs.sides)
    for role, item in inputs.sets.items():
        if role == "synthetic" or (inputs.rules is None and role == "holdout"):
            broken = unit_breaks(item, real.schema, keys=rules.keys, constraints=rules.judged)
            sides[role] = replace(sides[role], broken=broken)
    if inputs.rules is None and "holdout" not in inputs.sets:
        sides["real"] = replace(sides["real"], broken=crossed_breaks(real, constraints=rules.judged, seed=seed))
    served = None if inputs.served is None else replace(inputs.served, sides=sides)
    return replace(inputs, sides=sides, served=served)


def _not_kept(rules: Sequence[Constraint]) -> str:
    named = ", ".join(repr(rule.text) for rule in rules)
    return (
        f"The reference was built without the constraint{'s' if len(rules) > 1 else ''} {named}, so real rows were not "
        "held against it and `validity` leaves it out: build it with --constraint."
    )


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


def _share(count: Mapping[str, int | None]) -> str:
    if count["broken"] is None or count["n"] is None:
        return f"fewer than {MIN_CELL}"
    return share_in_words(count["broken"], count["n"])
