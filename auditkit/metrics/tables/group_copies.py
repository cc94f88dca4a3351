"""Units of sequential tables that are copied whole: all of their rows, whatever they are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditkit.intervals import binomial_tail
from auditkit.metrics.copies import excess_of_records
from auditkit.metrics.records import number_records
from auditkit.metrics.tables.codes import column_codes, combined
from auditkit.metrics.tables.unit_sides import UnitRows

__all__ = ["GroupCopies", "group_copies", "group_records"]

Whole = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class GroupCopies:
    """Synthetic units that equal real ones in all rows.

    Attributes
    ----------
    copied, fresh_match : ndarray of bool, shape (n_synthetic,)
        Which synthetic units equal a training unit, and a holdout unit.
    source : ndarray of int64, shape (n_synthetic,)
        Place of the first training unit that each equals; -1 where none.
    repeated : ndarray of bool, shape (n_synthetic,)
        Which synthetic units equal an earlier synthetic one.
    same_ids : int
        Synthetic units that bear the id of a training unit, which is no copy by itself.
    excess : float or None
        Share of units that equal a train-only unit less the share that equal a holdout-only unit, both as if the sets
        were of equal sizes and times n / s: in [-n / s, n / s], n the training units and s the fewer of them and the
        holdout's. None without a holdout.
    train_only, holdout_only : int
        Distinct train-only and holdout-only units that were hit.
    p_value : float or None
        Of the sign test on these two: how often chance would hit as many train-only units.
    """

    copied: NDArray[np.bool_]
    fresh_match: NDArray[np.bool_]
    source: Whole
    repeated: NDArray[np.bool_]
    same_ids: int
    excess: float | None
    train_only: int
    holdout_only: int
    p_value: float | None

    @property
    def share(self) -> float:
        """Share of the synthetic units that equal a training unit."""
        return float(self.copied.mean())

    @property
    def holdout_share(self) -> float | None:
        """Share that equal a holdout unit; None without a holdout."""
        return None if self.excess is None else float(self.fresh_match.mean())


def group_records(sets: Mapping[str, UnitRows], *, ordered: bool) -> dict[str, Whole]:
    """Numbers of units that are equal exactly where all rows are.

    Parameters
    ----------
    sets : mapping of str to UnitRows
        Of one encoding.
    ordered : bool
        Whether equal units have their rows in the same order.

    Returns
    -------
    dict of str to ndarray of int64, shape (n_units,)
    """
    given = list(sets.values())
    cells = [rows.cells for rows in given]
    n_rows = [len(item) for item in cells]
    if cells[0].columns:
        rows, _ = combined([column_codes(cells, place) for place in range(len(cells[0].columns))])
    else:
        rows = [np.zeros(n, np.int64) for n in n_rows]
    joined = np.concatenate(rows)
    offsets = np.cumsum([0, *n_rows[:-1]])
    starts = np.concatenate([item.starts[:-1] + offset for item, offset in zip(given, offsets, strict=True)])
    lengths = np.concatenate([item.lengths for item in given])
    if not ordered:
        joined = joined[np.lexsort((joined, np.repeat(np.arange(len(lengths)), lengths)))]
    numbers = np.empty(len(starts), np.int64)
    n_found = 0
    for length in np.unique(lengths):
        units = np.flatnonzero(lengths == length)
        matrix = np.ascontiguousarray(joined[starts[units][:, None] + np.arange(length)])
        (found,) = number_records(matrix.view(f"V{8 * int(length)}").ravel())
        numbers[units] = n_found + found
        n_found += int(found.max()) + 1
    return dict(zip(sets, np.split(numbers, np.cumsum([len(item) for item in given])[:-1]), strict=True))


def group_copies(sets: Mapping[str, UnitRows], *, ordered: bool) -> GroupCopies:
    """Synthetic units that equal real ones, see `GroupCopies`.

    Parameters
    ----------
    sets : mapping of str to UnitRows
        `"real"`, `"synthetic"` and, where there is one, `"holdout"`.
    ordered : bool
        Whether equal units have their rows in the same order.
    """
    records = group_records(sets, ordered=ordered)
    real, synthetic = records["real"], records["synthetic"]
    found, first = np.unique(real, return_index=True)
    place = np.minimum(np.searchsorted(found, synthetic), len(found) - 1)
    copied = found[place] == synthetic
    _, earliest, inverse = np.unique(synthetic, return_index=True, return_inverse=True)
    repeated = earliest[inverse] != np.arange(len(synthetic))
    same_ids = int(np.isin(sets["synthetic"].ids, sets["real"].ids).sum())
    source = np.where(copied, first[place], -1)
    if "holdout" not in sets:
        return GroupCopies(copied, np.zeros(len(copied), np.bool_), source, repeated, same_ids, None, 0, 0, None)
    holdout = records["holdout"]
    excess = excess_of_records(real, synthetic, holdout).value
    hit = np.unique(synthetic)
    train_only, holdout_only = np.setdiff1d(real, holdout), np.setdiff1d(holdout, real)
    hits = int(np.isin(hit, train_only).sum()), int(np.isin(hit, holdout_only).sum())
    p_value = _sign_test(*hits, len(train_only), len(holdout_only))
    return GroupCopies(copied, np.isin(synthetic, holdout), source, repeated, same_ids, excess, *hits, p_value)


def _sign_test(train_hits: int, holdout_hits: int, n_train: int, n_holdout: int) -> float:
    """Chance of as many train-only among the units hit, where each unit is as likely to be hit."""
    if train_hits == 0:
        return 1.0
    return binomial_tail(train_hits, train_hits + holdout_hits, n_train / (n_train + n_holdout))
