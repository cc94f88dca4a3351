"""How often each level of an attribute comes with each class: in the real data, and in what is compared with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.errors import AuditkitError, DataError, ShapeError
from auditkit.metrics.cross_tables import cross_table
from auditkit.metrics.fairness.amounts import cut_amounts
from auditkit.metrics.fairness.level_names import Names, column_levels, numbered, table_levels

__all__ = ["Association", "associations_of_tables", "refuse_label"]

Counts = NDArray[np.int64]
_TRUTHS = {"True": "1", "False": "0"}


@dataclass(frozen=True, eq=False)
class Association:
    """Counts of an attribute's levels (rows) by class (columns).

    Attributes
    ----------
    attribute, label : str
    levels, classes : tuple of str
    truth : ndarray of shape (n_levels, n_classes), int64
        Of the real data.
    other : ndarray of the same shape
        Of the synthetic data, or of predicted classes.
    directions : ndarray of the same shape
        Of the set that says which cells go together; the truth itself unless another was given.
    paired : ndarray of shape (n_levels, n_classes, n_classes), or None
        True by predicted class, where both are known of the same samples.
    crossed : bool
        Whether the attribute is the intersection of several columns, whose levels name them.
    """

    attribute: str
    label: str
    levels: tuple[str, ...]
    classes: tuple[str, ...]
    truth: Counts
    other: Counts
    directions: Counts
    paired: Counts | None = None
    crossed: bool = False

    def only(self, rows: NDArray[np.bool_], columns: NDArray[np.bool_]) -> Association:
        """The same of some levels and classes."""
        index = np.ix_(rows, columns)
        return replace(
            self,
            levels=tuple(name for name, kept in zip(self.levels, rows, strict=True) if kept),
            classes=tuple(name for name, kept in zip(self.classes, columns, strict=True) if kept),
            truth=self.truth[index],
            other=self.other[index],
            directions=self.directions[index],
            paired=None,
        )

    def resampled(self, n: int, rng: np.random.Generator) -> tuple[Counts, Counts]:
        """Tables `truth` and `other` of samples drawn anew, shape (n, n_levels, n_classes) each."""
        if self.paired is not None:
            drawn = _drawn(self.paired, n, rng)
            return drawn.sum(axis=-1), drawn.sum(axis=-2)
        return _drawn(self.truth, n, rng), _drawn(self.other, n, rng)


def associations_of_tables(
    *,
    real: Any,
    synthetic: Any,
    attribute: str | Sequence[str],
    label: str,
    predictions: Any = None,
    train: Any = None,
) -> Association:
    """Counts from tables.

    Parameters
    ----------
    real : table
        With the columns of attribute and label.
    synthetic : table or None
        With the same columns; None where `predictions` are of the rows of `real`.
    attribute : str or sequence of str
        Several columns stand for their intersection.
    label : str
        Amounts, numbers of more than 20 values, are cut at the real quartiles.
    predictions : array_like, optional
        Classes in the place of the label: one per row of `synthetic`, or of `real` where there is no `synthetic`.
    train : table, optional
        Where it is read which cells go together.

    Raises
    ------
    AuditkitError
        If there is nothing to compare with, or the label is the attribute.
    ShapeError
        If there is not one prediction per row.
    DataError, SampleSizeError, UnknownNameError
        If a set is no table, is empty or lacks a column, or no class is in both.
    """
    refuse_label(attribute, label)
    if synthetic is None and predictions is None:
        raise AuditkitError("there is nothing to compare `real` with: give `synthetic`, or `predictions` of its rows.")
    rows, classes = _columns(real, attribute, label, "real")
    if synthetic is None:
        other_rows, other_classes = rows, classes
    else:
        # Predictions stand for the label, so that a table without one will do.
        other_rows, other_classes = _columns(synthetic, attribute, label if predictions is None else None, "synthetic")
    if predictions is not None:
        other_classes = _checked(predictions, len(other_rows), "real" if synthetic is None else "synthetic")
    signs = (rows, classes) if train is None else _columns(train, attribute, label, "train")
    levels = numbered(rows, other_rows, signs[0])
    coded = cut_amounts(*_alike(classes, other_classes, signs[1]))
    _refuse_strangers(label, *coded[:2])
    outcomes = numbered(*coded)
    shape = (len(levels.names), len(outcomes.names))
    truth, other, directions = (cross_table(*codes, shape) for codes in zip(levels.codes, outcomes.codes, strict=True))
    paired = None
    if synthetic is None:
        joint = levels.codes[0] * shape[1] + outcomes.codes[0]
        paired = cross_table(joint, outcomes.codes[1], (shape[0] * shape[1], shape[1])).reshape(*shape, shape[1])
    names = [attribute] if isinstance(attribute, str) else list(attribute)
    return Association(
        ", ".join(names), label, levels.names, outcomes.names, truth, other, directions, paired, crossed=len(names) > 1
    )


def refuse_label(attribute: str | Sequence[str], label: str | None) -> None:
    """Refuse an attribute that is the label: it goes with itself whatever the data."""
    if label in ([attribute] if isinstance(attribute, str) else list(attribute)):
        raise AuditkitError(f"the label {label!r} is the attribute, too: choose another one.")


def _refuse_strangers(label: str, classes: Names, others: Names) -> None:
    known, found = set(classes.tolist()), set(others.tolist())
    if not known & found and len(known | found) > 2:  # noqa: PLR2004 - one class in each may be so
        raise DataError(
            f"no class of {label!r} in `real`, as {min(known)!r}, is in what it is compared with, as {min(found)!r}: "
            "spell the classes alike."
        )


def _checked(predictions: Any, n: int, of: str) -> Names:
    classes = column_levels(predictions, name="predictions")
    if len(classes) != n:
        message = f"`predictions` has {len(classes)} classes and `{of}` {n} rows: give one per row."
        raise ShapeError(message)
    return classes


def _columns(table: Any, attribute: str | Sequence[str], label: str | None, name: str) -> tuple[Names, Names]:
    rows = table_levels(table, attribute, name=name)
    return rows, rows if label is None else table_levels(table, label, name=name)


def _alike(*columns: Names) -> list[Names]:
    """Classes of all sets; truth values are 0 and 1 where some set writes them so."""
    spoken = {level for column in columns for level in column.tolist()}
    if not spoken <= {*_TRUTHS, *_TRUTHS.values()}:
        return list(columns)
    return [np.array([_TRUTHS.get(level, level) for level in column], object) for column in columns]


def _drawn(counts: Counts, n: int, rng: np.random.Generator) -> Counts:
    # Half a sample more in each cell of a level that occurs: a class that few samples lack would not vary at all.
    occurs = counts.sum(axis=tuple(range(1, counts.ndim)), keepdims=True) > 0
    weights = np.where(occurs, counts + 0.5, 0.0).ravel()
    drawn = rng.multinomial(int(counts.sum()), weights / weights.sum(), size=n)
    return drawn.reshape(n, *counts.shape).astype(np.int64)
