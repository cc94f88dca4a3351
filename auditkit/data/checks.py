"""Whether two sets can be compared, and which samples break the real data's schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from auditkit.data.amounts import has_amounts
from auditkit.data.breaches import find_breaches, sentences
from auditkit.data.casting import is_number
from auditkit.data.constraints import Constraint
from auditkit.data.dataset import Dataset
from auditkit.data.inference import as_numbers
from auditkit.data.levels import level_codes, sort_levels
from auditkit.data.renamed import renamed_columns
from auditkit.data.samples import Samples
from auditkit.data.schema import Column, Schema
from auditkit.errors import DataError, ShapeError, UnknownNameError, did_you_mean

__all__ = ["check_compatible", "check_dataset", "schema_violations", "unread_notes"]

_SHOWN = 5


def check_dataset(name: str, given: object) -> Dataset:
    """What was given, where it is a Dataset; frames, paths and all else are refused.

    Raises
    ------
    DataError
    """
    if not isinstance(given, Dataset):
        message = f"`{name}` must be a Dataset, got {type(given).__name__}: make one with auditkit.load."
        raise DataError(message)
    return given


def check_compatible(real: Dataset, other: Dataset, name: str) -> None:
    """Refuse a set that cannot stand beside the real one.

    Parameters
    ----------
    real, other : Dataset
    name : str
        What the other set is called in messages, as `"synthetic"`.

    Raises
    ------
    DataError
        If modalities, labels, keys, orders or columns (but for ids) differ, or numbers stand beside text.
    ShapeError
        If images differ in shape, recordings in rate, or samples in their number of channels.
    """
    if other.modality != real.modality:
        message = f"real is {real.modality} data and {name} is {other.modality} data: compare sets of one modality."
        raise DataError(message)
    if real.label is not None and real.label not in other.table.columns:
        hint = did_you_mean(real.label, other.table.columns)
        message = f"the label column {real.label!r} is missing in {name}{hint or '; it has no columns.'}"
        raise DataError(message)
    _check_columns(real, other, name)
    for role in ("key", "order"):
        _check_role(role, getattr(real, role), getattr(other, role), name)
    _check_labels(real, other, name)
    if real.samples is not None and other.samples is not None:
        _check_form(real.samples, other.samples, name)


def _check_form(real: Samples, other: Samples, name: str) -> None:
    """Refuse samples of another size, rate or channels."""
    if real.shape != other.shape and real.modality == "image":
        message = (
            f"images of real have shape {real.shape} and those of {name} {other.shape} "
            "(height, width, channels): bring them to one size before loading."
        )
        raise ShapeError(message)
    if real.shape != other.shape:
        message = f"real has {real.shape[0]} channel(s) and {name} {other.shape[0]}: give both the same channels."
        raise ShapeError(message)
    if real.rate != other.rate:
        message = f"real has {real.rate} Hz and {name} {other.rate} Hz: bring them to one rate before loading."
        raise ShapeError(message)
    if real.channels != other.channels:
        ours, theirs = _listed(real.channels), _listed(other.channels)
        message = f"real has the channels {ours} and {name} has {theirs}: name them alike."
        raise DataError(message)


def _check_columns(real: Dataset, other: Dataset, name: str) -> None:
    if real.modality != "tabular":
        wanted = [column for column in (real.label, *real.groups) if column is not None]
    else:
        # Generators leave ids out, and no comparison reads them.
        ids = {column for column in real.schema.of_kind("id") if column != real.key}
        wanted = [column for column in real.table.columns if column not in ids or column in other.table.columns]
    lacking = [column for column in wanted if column not in other.table.columns]
    extra = [column for column in other.table.columns if column not in real.table.columns]
    if lacking or (extra and real.modality == "tabular"):
        lacks = f"{name} lacks {_listed(lacking)}" if lacking else ""
        has = f"{name} has {_listed(extra)} that real has not" if extra else ""
        renamed = renamed_columns(real.table, other.table)
        near = next((name for name in lacking if name in renamed), None)
        hint = "" if near is None else f" ({renamed[near]!r} may be {near!r}: rename it)"
        both = " and ".join(part for part in (lacks, has) if part)
        message = f"{both}{hint}: give both sets the same columns."
        raise DataError(message)
    for column in real.schema.columns:
        if column.kind in {"numeric", "integer", "datetime"} and column.name in other.table.columns:
            _check_numbers(column, other, name)


def _check_role(role: str, ours: str | None, theirs: str | None, name: str) -> None:
    """Refuse a set whose rows are other samples than the real rows: units beside single rows."""
    if ours == theirs:
        return
    if ours is None:
        message = f"`{name}` has the {role} {theirs!r}, `real` has none: load both with {role}={theirs!r}, or neither."
    else:
        has = "has none" if theirs is None else f"has {theirs!r}"
        message = f"`real` has the {role} {ours!r}, `{name}` {has}: load it with {role}={ours!r}."
    raise DataError(message)


def _check_labels(real: Dataset, other: Dataset, name: str) -> None:
    """Refuse labels that are written in other words, as 0 and 1 beside no and yes."""
    if real.label is None or has_amounts(real.schema, real.label):
        return
    known, found = (set(level_codes(item.table[real.label])[1]) for item in (real, other))
    known |= set(real.schema[real.label].levels)  # a part of a set still knows all labels of its schema
    if known and found and not known & found:
        message = (
            f"no label of {name} ({_some(found)}) is one of real's ({_some(known)}): write the labels of both alike."
        )
        raise DataError(message)


def _some(levels: Iterable[str]) -> str:
    first = sort_levels(levels)
    return ", ".join(repr(level) for level in first[:_SHOWN]) + (", ..." if len(first) > _SHOWN else "")


def _check_numbers(column: Column, other: Dataset, name: str) -> None:
    values = other.table[column.name]
    present = int(values.notna().sum())
    if present and np.isnan(as_numbers(values, moments=column.kind == "datetime")).all():
        held = "dates" if column.kind == "datetime" else "numbers"
        message = f"column {column.name!r} holds {held} in real and only other values in {name}: convert it to {held}."
        raise DataError(message)


def unread_notes(sets: Mapping[str, Dataset], schema: Schema) -> list[str]:
    """A sentence for each set and column with cells that are not of the column's kind, and so count as missing.

    Parameters
    ----------
    sets : mapping of str to Dataset
        By role; columns that a set has not are passed over.
    schema : Schema
        The real data's.

    Returns
    -------
    list of str
        Without any cell.
    """
    notes = []
    for role, item in sets.items():
        for column in schema.columns:
            count = _n_unread(item.table[column.name], column) if column.name in item.table.columns else 0
            if count:
                what = "ISO 8601 date, as 2020-01-31," if column.kind == "datetime" else "number"
                verbs = ("is no", "counts") if count == 1 else ("are no", "count")
                words = f"{count:,} of {item.n_rows:,} cells of column {column.name!r} of the {role} set"
                notes.append(f"{words} {verbs[0]} {what} and {verbs[1]} as missing.")
    return notes


def _n_unread(values: pd.Series, column: Column) -> int:
    if column.kind not in {"numeric", "integer", "datetime"}:
        return 0
    moments = column.kind == "datetime"
    if pd.api.types.is_datetime64_any_dtype(values.dtype) if moments else is_number(values):
        return 0
    return int((np.isnan(as_numbers(values, moments=moments)) & values.notna().to_numpy()).sum())


def _listed(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in names)


def schema_violations(
    dataset: Dataset, schema: Schema, *, keys: Iterable[str] = (), constraints: Sequence[Constraint] = ()
) -> list[str]:
    """What is impossible about each unit under the real data's schema and the user's constraints.

    Parameters
    ----------
    dataset : Dataset
        Usually the synthetic set.
    schema : Schema
        The real data's.
    keys : iterable of str
        Columns that name each row once in the real data; those that the set lacks break nothing.
    constraints : sequence of Constraint
        Rules for each row; see `parse_constraint`.

    Returns
    -------
    list of str, one per unit
        Broken rules as `"age: above the real range; sex: unknown level; breaks end >= start"`; empty for none. Values
        of real records are not shown.

    Raises
    ------
    UnknownNameError
        If the set lacks a column of the schema, or one that a constraint names.
    """
    for column in schema.columns:
        if column.kind != "id" and column.name not in dataset.table.columns:
            raise UnknownNameError.of("column", column.name, dataset.table.columns, f"in {dataset.source}")
    for rule in constraints:
        rule.check_names(dataset.table.columns)
    found = find_breaches(dataset.table, schema, keys=keys, constraints=constraints)
    return sentences(found, len(dataset), units=dataset.unit_of_row)
