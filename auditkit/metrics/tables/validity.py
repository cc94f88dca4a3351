"""Which rows of a synthetic table are possible under what the real data show, and under the user's rules.

Misleads where the real table is small: fresh real rows leave its ranges too, which is why their own rate stands beside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit.data.breaches import find_breaches, sentences, share_in_words, unique_columns
from auditkit.data.constraints import Constraint, parse_constraints
from auditkit.data.fitted_table import fitted_table, set_of
from auditkit.data.renamed import renamed_columns
from auditkit.data.schema import Schema
from auditkit.errors import ConfigError
from auditkit.intervals import mover_difference, wilson
from auditkit.metrics.products import Side
from auditkit.metrics.registry import Reading, metric
from auditkit.metrics.tables.sides import named_sets
from auditkit.metrics.tables.validity_result import Validity, ValidityRule
from auditkit.results import Estimate

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.data.breaches import Breach

__all__ = ["Validity", "ValidityRule", "validity"]


def _validity(synthetic: Side) -> Reading:
    n = len(synthetic)
    if synthetic.broken is None:
        return Reading(None, (0, n), "only an audit with the real table at hand knows its rules.")
    valid = int(np.count_nonzero(~synthetic.broken))
    return Reading(
        valid / n,
        (0, n),
        contributions=(~synthetic.broken).astype(np.float64),
        interval=wilson(valid, n),
        method="wilson",
    )


@metric(
    reads=_validity,
    family="realism",
    modalities=("tabular",),
    direction="higher",
    bounds=(0.0, 1.0),
    unit="share",
    interval="reading",
    asks=("rules",),
    source="Share of rows with Wilson's limits: Wilson 1927",
    meaning="The share of synthetic records that are possible: types, ranges, levels, gaps, keys, constraints.",
    misleads="A small real table: fresh real rows leave its ranges too. And a possible row need not be a likely one.",
    advice="Drop the records with entries in the column `violations` of the samples, or bound the generator.",
)
def validity(
    *,
    real: Any,
    synthetic: Any,
    holdout: Any = None,
    constraints: Sequence[str | Constraint] = (),
    schema: Schema | None = None,
) -> Validity:
    """Which synthetic rows are possible, by column and rule.

    valid = #{rows that break no rule} / n; rules are: a cell of the column's type, whole numbers where all real ones
    are, within the real range, a level that the real data have, no missing cell where none is missing there, names of
    records once each, and the constraints.

    Parameters
    ----------
    real : table or Dataset
        Pandas, polars or arrow table, mapping of columns, or Dataset. What the rules are read off.
    synthetic : table or Dataset
    holdout : table or Dataset, optional
        Fresh real rows: how many of them break the rules is what chance explains.
    constraints : sequence of str, optional
        Rules for each row, as `"end >= start"`; see docs/constraints.md.
    schema : Schema, optional
        What columns should be, instead of what the real table shows.

    Returns
    -------
    Validity
        `.valid` in [0, 1], higher is better, 1 on identical sets; `.rules`, `.violations` per row, `.frame()`.

    Raises
    ------
    DataError
        If a set is no table, or columns of the real one mix types.
    SampleSizeError
        If a set has no row.
    UnknownNameError
        If a constraint names a column that the real data have not.
    ConfigError
        If a constraint is no rule, or compares what cannot be compared.

    Notes
    -----
    O(n) per rule. Missing cells break only the rule about missing cells; a constraint that they leave open counts as
    undecided and not as broken. Absent columns break no row: they are in `absent`. SDMetrics' DiagnosticReport averages
    over columns, and has neither rows nor fresh real data to compare with.

    Examples
    --------
    >>> real = {"age": [20, 30, 40], "sex": ["f", "m", "f"]}
    >>> found = validity(real=real, synthetic={"age": [25, 50.5, 30], "sex": ["f", "f", "x"]})
    >>> round(found.valid.value, 3), found.violations[2]
    (0.333, 'sex: a level that the real data do not have')
    >>> [(rule.column, rule.rule) for rule in found.broken]
    [('age', 'maximum'), ('age', 'whole'), ('sex', 'level')]
    """
    given = named_sets(real=real, synthetic=synthetic, holdout=holdout)
    if schema is not None and not isinstance(schema, Schema):
        raise ConfigError(f"`schema` must be a Schema, got {type(schema).__name__}: take that of a loaded set.")
    if schema is None:
        given["real"] = set_of(real, name="real")
        schema = given["real"].schema
    tables = {role: fitted_table(item, schema, name=role) for role, item in given.items()}
    rules = parse_constraints(constraints)
    for rule in rules:
        rule.check_names(tables["real"].columns)
    keys = unique_columns(tables["real"], schema)
    found = {role: find_breaches(table, schema, keys=keys, constraints=rules) for role, table in tables.items()}
    sizes = {role: len(table) for role, table in tables.items()}
    valid = {role: _valid(found[role], role, sizes) for role in given if role != "real"}
    fresh = valid.get("holdout")
    absent, extra, renamed = _structure(tables["real"], tables["synthetic"], schema)
    counted = _counted(found, sizes)
    unchecked = [rule for rule in rules if not set(rule.columns) <= set(tables["synthetic"].columns)]
    return Validity(
        valid=valid["synthetic"],
        holdout=fresh,
        excess=None if fresh is None else mover_difference(fresh, valid["synthetic"]),
        absent=absent,
        extra=extra,
        renamed=renamed,
        rules=(*counted, *(_unchecked(rule, found["real"]) for rule in unchecked)),
        violations=tuple(sentences(found["synthetic"], sizes["synthetic"])),
        notes=(*_structure_notes(absent, extra, renamed), *_rule_notes(found["real"]), *_no_holdout(fresh)),
    )


def _valid(breaches: Iterable[Breach], role: str, sizes: Mapping[str, int]) -> Estimate:
    broken = np.zeros(sizes[role], np.bool_)
    for breach in breaches:
        broken |= breach.broken
    return _share(int((~broken).sum()), sizes[role], (sizes["real"], sizes[role]))


def _share(count: int, n: int, sizes: tuple[int, int]) -> Estimate:
    return Estimate(count / n, *wilson(count, n), method="wilson", n=sizes)


def _counted(found: Mapping[str, list[Breach]], sizes: Mapping[str, int]) -> list[ValidityRule]:
    places = {role: {(item.rule, item.column): item for item in breaches} for role, breaches in found.items()}
    made = []
    for item in found["synthetic"]:
        key = (item.rule, item.column)
        shares = {role: _rule_share(of.get(key), role, sizes) for role, of in places.items()}
        made.append(
            ValidityRule(
                rule=item.rule,
                column=item.column,
                words=item.words,
                n_broken=int(item.broken.sum()),
                n_undecided=len(item.broken) - item.n_decided,
                share=shares["synthetic"],
                holdout=shares.get("holdout"),
                real=shares["real"],
                reason="" if shares["synthetic"] else "every row has a missing cell there",
            )
        )
    return made


def _rule_share(item: Breach | None, role: str, sizes: Mapping[str, int]) -> Estimate | None:
    if item is None or not item.n_decided:
        return None
    return _share(int(item.broken.sum()), item.n_decided, (sizes["real"], sizes[role]))


def _unchecked(rule: Constraint, real: Iterable[Breach]) -> ValidityRule:
    (item,) = (item for item in real if item.rule == "constraint" and item.column == rule.text)
    n = len(item.broken)
    rate = _rule_share(item, "real", {"real": n})
    reason = "the synthetic table lacks a column that it names"
    return ValidityRule("constraint", rule.text, item.words, 0, 0, None, None, rate, reason)


def _structure(
    real: pd.DataFrame, table: pd.DataFrame, schema: Schema
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Absent and extra columns, and pairs of them that may be one."""
    absent = tuple(name for name in schema.names if name not in table.columns)
    extra = tuple(str(name) for name in table.columns if name not in schema)
    known = {name: real[name] for name in schema.names if name in real.columns}
    renamed = renamed_columns(known, {name: table[name] for name in table.columns})
    return absent, extra, tuple(renamed.items())


def _structure_notes(absent: Sequence[str], extra: Sequence[str], renamed: Sequence[tuple[str, str]]) -> list[str]:
    maybe = dict(renamed)
    notes = [
        f"Column {name!r} is absent in the synthetic table"
        + (f"; {maybe[name]!r} may be it: rename it." if name in maybe else ".")
        for name in absent
    ]
    others = [name for name in extra if name not in maybe.values()]
    return [*notes, *(f"Column {name!r} of the synthetic table is not in the real one." for name in others)]


def _rule_notes(real: Iterable[Breach]) -> list[str]:
    """Rules that the real data break too."""
    return [
        f"Constraint {item.column!r} is broken by {share_in_words(int(item.broken.sum()), len(item.broken))} real rows "
        "too: a rule that the real data do not follow is no fault."
        for item in real
        if item.rule == "constraint" and item.broken.any()
    ]


def _no_holdout(fresh: Estimate | None) -> list[str]:
    said = "No holdout was given: fresh real rows leave ranges and levels too, and how many is not known."
    return [] if fresh is not None else [said]
