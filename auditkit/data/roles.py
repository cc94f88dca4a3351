"""The same units with another label, other groups or other kinds of columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from auditkit.data.amounts import AMOUNTS
from auditkit.data.casting import cast_table
from auditkit.data.dataset import Dataset
from auditkit.data.inference import infer_schema
from auditkit.data.role_kinds import role_kinds
from auditkit.data.schema import Kind
from auditkit.data.units import check_constant
from auditkit.errors import UnknownNameError

__all__ = ["change_roles"]


def change_roles(
    dataset: Dataset, *, label: str | None, groups: Sequence[str] | None, overrides: Mapping[str, Kind]
) -> Dataset:
    """Set with other roles; see `Dataset.with_roles`.

    Parameters
    ----------
    dataset : Dataset
    label : str or None
    groups : sequence of str or None
    overrides : mapping of str to str

    Returns
    -------
    Dataset

    Raises
    ------
    UnknownNameError, DataError
    """
    label = dataset.label if label is None else label
    groups = dataset.groups if groups is None else tuple(groups)
    roles = [name for name in (label, *groups) if name is not None]
    for name in (*roles, *overrides):
        if name not in dataset.table.columns:
            raise UnknownNameError.of("column", name, dataset.table.columns, f"in {dataset.source}")
    kinds: dict[str, Kind] = {column.name: column.kind for column in dataset.schema.columns}
    # What a label is was said when it became one.
    told = {label: kinds[label]} if label is not None and label == dataset.label else {}
    wanted = role_kinds(
        dataset.table,
        label=label,
        groups=groups,
        key=dataset.key,
        declared={**told, **overrides},
        source=dataset.source,
        amounts=dataset.samples is None,
    )
    changed = set(overrides) | {name for name in roles if not _is(kinds[name], wanted[name])}
    # Other columns keep what they are held against, also where cells of this set break it.
    fresh = infer_schema(
        dataset.table[[name for name in dataset.table.columns if name in changed]],
        overrides={name: kind for name, kind in wanted.items() if name in changed},
        key=dataset.key,
        source=dataset.source,
    )
    columns = tuple(fresh[name] if name in changed else dataset.schema[name] for name in dataset.schema.names)
    schema = replace(dataset.schema, columns=columns)
    table = cast_table(dataset.table, schema)
    check_constant(table, dataset.unit_of_row, roles, source=dataset.source)
    return replace(dataset, table=table, schema=schema, label=label, groups=groups)


def _is(kind: Kind, wanted: Kind) -> bool:
    """Whether a column is what its role wants: an amount of either kind stays as it is."""
    return kind == wanted or (kind in AMOUNTS and wanted in AMOUNTS)
