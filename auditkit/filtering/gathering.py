"""What rules read: the audit's row of every sample, and what was given beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.breaches import without_unseen
from auditkit.errors import DataError, ShapeError

if TYPE_CHECKING:
    from auditkit.auditing.result import Audit
    from auditkit.data import Dataset

__all__ = ["HUMAN", "EvidenceLike", "content_notes", "gather_evidence", "with_derived"]

EvidenceLike: TypeAlias = pd.DataFrame | Mapping[str, Any]
"""Columns with a value per sample, in the set's order or beside a column `id`."""

HUMAN = "human"
_WORDS = ("accept", "reject")


def gather_evidence(
    synthetic: Dataset, audit: Audit, given: EvidenceLike | Iterable[EvidenceLike] | None = None
) -> pd.DataFrame:
    """A row per synthetic unit, in the set's order.

    Parameters
    ----------
    synthetic : Dataset
    audit : Audit
    given : frame or mapping, or several, optional
        Further columns, in the set's order or with a column `id`; units without a row have no value.

    Returns
    -------
    pandas.DataFrame
        The columns of the audit's samples, `duplicate` (whether a sample repeats one that stands before it in its
        duplicate cluster), `impossible` (`violations` without what a larger real table might have: new levels, and
        values not far beyond a range), and what was given.

    Raises
    ------
    DataError
        If the audit does not know the samples, or what is given cannot be put beside them.
    ShapeError
        If a given column has another length.
    """
    evidence = _audited(synthetic, audit)
    alone = given is None or isinstance(given, (pd.DataFrame, Mapping))
    if isinstance(given, (np.ndarray, str)):
        raise DataError(
            f"evidence must be a frame or a mapping of columns, got {type(given).__name__}: name its column."
        )
    items = [] if given is None else [given] if alone else list(given)
    for item in items:
        for name, column in _columns(item, evidence["id"]).items():
            if name in evidence.columns:
                raise DataError(f"evidence brings the column {name!r}, which the samples have already: rename it.")
            evidence[name] = column
    if HUMAN in evidence.columns:
        _check_human(evidence[HUMAN])
    return evidence


def _audited(synthetic: Dataset, audit: Audit) -> pd.DataFrame:
    if not hasattr(audit, "samples"):
        message = f"`audit` must be an Audit, got {type(audit).__name__}: make one with auditkit.audit or open_audit."
        raise DataError(message)
    samples = audit.samples
    if "id" not in samples.columns:
        raise DataError("the audit has no ids for its samples: audit the synthetic set again.")
    rows = _places(samples["id"], pd.Series(synthetic.ids))
    strangers = int((rows < 0).sum())
    if strangers:
        raise DataError(
            f"the audit does not know {strangers} of the {len(synthetic)} samples to filter: pass the synthetic set "
            f"that was audited."
        )
    _check_content(synthetic, audit, rows)
    return with_derived(samples.iloc[rows].reset_index(drop=True))


def with_derived(evidence: pd.DataFrame) -> pd.DataFrame:
    """The audit's columns with `duplicate` and `impossible` behind them, in place."""
    if "duplicate_cluster" in evidence.columns and "duplicate" not in evidence.columns:
        cluster = evidence["duplicate_cluster"]
        evidence["duplicate"] = np.asarray(cluster.notna() & cluster.duplicated(), dtype=bool)
    if "violations" in evidence.columns and "impossible" not in evidence.columns:
        evidence["impossible"] = evidence["violations"].map(without_unseen, na_action="ignore")
    return evidence


def _places(ids: pd.Series, wanted: pd.Series) -> NDArray[np.intp]:
    """Row of each wanted id, -1 where there is none."""
    return np.asarray(pd.Index(ids.astype("str")).get_indexer(pd.Index(wanted.astype("str"))), dtype=np.intp)


def _check_content(synthetic: Dataset, audit: Audit, rows: NDArray[np.intp]) -> None:
    # Ids like s0, s1 are the same in every generated set; content tells one from the other.
    audited = audit.inputs.get("synthetic")
    if audited is synthetic:
        return
    if audited is not None:
        same = len(rows) == len(audited) and bool((rows == np.arange(len(rows))).all())
        wanted = audited.hash if same else audited.take(rows).hash
        ordered = synthetic
    else:
        wanted = audit.about.get("hashes", {}).get("synthetic")
        if wanted is None or len(synthetic) != len(audit.samples):
            return
        ordered = synthetic.take(np.argsort(rows)) if (np.diff(rows) < 0).any() else synthetic
    if wanted not in {ordered.hash, _with_roles(ordered, audit).hash}:
        raise DataError(
            "the samples to filter have the ids of the audited set and other content: pass the set that was audited, "
            "loaded with the same label and groups and with `schema=real.schema`."
        )


def _with_roles(dataset: Dataset, audit: Audit) -> Dataset:
    """The set with the audit's label and groups, where it has such columns."""
    label, groups = audit.about.get("label"), list(audit.about.get("groups", ()))
    if not {*groups, *([label] if label else [])} <= set(dataset.schema.names):
        return dataset
    return dataset.with_roles(label=label, groups=groups)


def content_notes(synthetic: Dataset, audit: Audit) -> list[str]:
    """What could not be found out about whether these are the samples that were audited."""
    if "synthetic" in audit.inputs or len(synthetic) == len(audit.samples):
        return []
    note = (
        f"these {len(synthetic):,} of {len(audit.samples):,} audited samples were recognised by their ids alone, "
        "since a saved audit holds no samples to compare them with: make sure that they are of the audited set."
    )
    return [note]


def _columns(given: EvidenceLike, ids: pd.Series) -> dict[str, pd.Series]:
    columns = {str(name): given[name] for name in given}
    if "id" not in columns:
        return {name: _in_order(name, values, len(ids)) for name, values in columns.items()}
    named = pd.Series(np.asarray(columns.pop("id"))).astype("str")
    if named.duplicated().any():
        raise DataError(f"evidence has two rows for the sample {named[named.duplicated()].iloc[0]!r}: leave one out.")
    rows = _places(named, ids)
    if len(named) and (rows < 0).all():
        raise DataError("evidence names none of the samples by its column 'id': pass that of the audited set.")
    found = {}
    for name, values in columns.items():
        column = _in_order(name, values, len(named))
        found[name] = column.reindex(np.where(rows < 0, len(named), rows)).reset_index(drop=True)
    return found


def _in_order(name: str, values: Any, n: int) -> pd.Series:
    column = values.reset_index(drop=True) if isinstance(values, pd.Series) else pd.Series(np.asarray(values))
    if len(column) != n:
        raise ShapeError(
            f"evidence needs one value of {name!r} per sample, {n}, got {len(column)}: pass all, or add a column 'id'."
        )
    return column


def _check_human(column: pd.Series) -> None:
    for word in column.dropna().unique():
        if word not in _WORDS:
            raise DataError(f"the column 'human' of the evidence holds 'accept', 'reject' or nothing, got {word!r}.")
