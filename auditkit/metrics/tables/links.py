"""One foreign key in one set: which parent row each child row names, and how many children each parent has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.data.cells import MISSING_CODE
from auditkit.data.joint import encode_frames
from auditkit.errors import DataError
from auditkit.metrics.tables.codes import column_codes

__all__ = ["Links", "cardinality_agreement", "links_of"]

Whole = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Links:
    """Child rows and the parent rows that they name.

    Attributes
    ----------
    parent : ndarray of int64, shape (n_children,)
        Row of the parent that each child names, the first one of its key; -1 where there is none.
    missing : ndarray of bool, shape (n_children,)
        Children that name no key.
    children : ndarray of int64, shape (n_parents,)
        Child rows of each parent that has a key, in the order of the rows.
    repeated : int
        Parent rows whose key an earlier one has.
    keyless : int
        Parent rows without a key, which are left out of `children`.
    """

    parent: Whole
    missing: NDArray[np.bool_]
    children: Whole
    repeated: int
    keyless: int

    @property
    def orphans(self) -> NDArray[np.bool_]:
        """Children whose key no parent has."""
        return (self.parent < 0) & ~self.missing


def links_of(child: Any, parent: Any) -> Links:
    """Links of one foreign key.

    Parameters
    ----------
    child, parent : column
        The child's foreign key and the parent's key; cells of another type meet by what they say.

    Returns
    -------
    Links
    """
    columns = {"parent": {"key": parent}, "child": {"key": child}}
    try:
        cells = encode_frames(columns)
    except DataError:  # a child that names a row by what is no number, say: it has no parent, and the others may
        cells = encode_frames(columns, kinds={"key": "category"})
    (keys, named), n_codes = column_codes([cells["parent"], cells["child"]], 0)
    known = keys != MISSING_CODE
    found, first = np.unique(keys[known], return_index=True)
    row_of = np.full(n_codes, -1, np.int64)
    row_of[found] = np.flatnonzero(known)[first]
    row_of[MISSING_CODE] = -1
    counts = np.bincount(named, minlength=n_codes)
    keyless = int((~known).sum())
    repeated = len(keys) - keyless - len(found)
    return Links(row_of[named], named == MISSING_CODE, counts[keys[known]], repeated, keyless)


def cardinality_agreement(real: Whole, other: Whole) -> float:
    """One minus the largest difference of the distribution functions of two lists of counts."""
    size = int(max(real.max(), other.max())) + 1
    one, two = (np.cumsum(np.bincount(item, minlength=size)) / len(item) for item in (real, other))
    return 1.0 - float(np.abs(one - two).max())
