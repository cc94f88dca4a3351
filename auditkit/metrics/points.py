"""The distinct rows of a set: rows that are equal are merged, found by digests and never by distance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from auditkit.errors import AuditkitError, ShapeError
from auditkit.metrics.row_tiles import digest_rows
from auditkit.metrics.tiles import RowArray

__all__ = ["LARGEST", "SMALLEST", "IndexArray", "Points", "merge_rows"]

IndexArray = NDArray[np.int64]

LARGEST = 1e18
SMALLEST = 1e-60
_DIGEST_SEED = 20240607


@dataclass(frozen=True, eq=False)
class Points:
    """The distinct rows of a feature matrix and how often each occurs.

    Attributes
    ----------
    rows : ndarray of shape (u, d), float32 or float64
        Distinct rows in order of first appearance, as they were given: the caller's own array where no row repeats.
    counts : ndarray of shape (u,), int64
        How many rows of the input equal each distinct row; sums to n.
    inverse : ndarray of shape (n,), int64
        The distinct row of each input row: `rows[inverse]` is the input.
    """

    rows: RowArray
    counts: IndexArray
    inverse: IndexArray

    def __len__(self) -> int:
        """Rows of the input, copies included."""
        return len(self.inverse)

    @property
    def n_distinct(self) -> int:
        """Rows that differ."""
        return len(self.counts)

    def mean(self, values: NDArray[Any]) -> float:
        """Mean over the rows of the input, copies included, of one value per distinct row."""
        return float((values * self.counts).sum() / len(self))


def merge_rows(features: ArrayLike, *, name: str = "features") -> Points:
    """Merge equal rows of a feature matrix; -0.0 equals 0.0.

    Parameters
    ----------
    features : array_like of shape (n, d)
        Numbers of any real type. float16 and float32 are held as float32, all others as float64. A contiguous
        matrix of either type is not copied.
    name : str, default "features"
        What error messages call the matrix.

    Returns
    -------
    Points

    Raises
    ------
    ShapeError
        If it is not a real matrix with at least one row and one column, or the largest of its values in size is beyond
        1e18, or not 0 and below 1e-60.
    AuditkitError
        If it holds NaN or infinity.

    Notes
    -----
    O(n d) time. Rows of equal digests are compared entry by entry.

    Examples
    --------
    >>> points = merge_rows(np.array([[0.0, 1.0], [2.0, 3.0], [-0.0, 1.0]]))
    >>> points.counts.tolist(), points.inverse.tolist()
    ([2, 1], [0, 1, 0])
    """
    rows = _matrix(features, name)
    digests, largest = _digested(rows)
    if not largest <= LARGEST or 0 < largest < SMALLEST:
        raise _unusable(rows, largest, name)
    _, first, inverse, counts = np.unique(digests, return_index=True, return_inverse=True, return_counts=True)
    if len(first) == len(rows):
        return Points(rows, np.ones(len(rows), dtype=np.int64), np.arange(len(rows)))
    if not _all_equal(rows, first[inverse]):
        first, inverse, counts = _compared_as_bytes(rows)
    order = np.argsort(first, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return Points(rows[first[order]], counts[order].astype(np.int64), place[inverse].astype(np.int64))


def _matrix(features: ArrayLike, name: str) -> RowArray:
    """Contiguous rows in float32 or float64, the caller's own where they are that."""
    given = np.asarray(features)
    if given.ndim != 2 or 0 in given.shape or given.dtype.kind not in "fiub":  # noqa: PLR2004 - a matrix
        raise ShapeError(
            f"`{name}` must be a matrix of real numbers with at least one row and one column, "
            f"got shape {given.shape} of {given.dtype}: pass an array of shape (n, d)."
        )
    dtype = np.float32 if given.dtype in (np.float16, np.float32) else np.float64
    # The compiled loops take arrays that may be written to; they write to none.
    return np.require(given, dtype, ["C_CONTIGUOUS", "ALIGNED", "WRITEABLE"])


def _digested(rows: RowArray) -> tuple[NDArray[np.uint64], float]:
    """Digest of each row, and the largest size of an entry: infinite or NaN if one is."""
    bits = rows.view(np.uint32) if rows.dtype == np.float32 else rows.view(np.uint64)
    weights = np.random.default_rng(_DIGEST_SEED).integers(0, 2**64, (rows.shape[1],), dtype=np.uint64)
    weights |= np.uint64(1)
    digests = np.empty(len(rows), dtype=np.uint64)
    top = digest_rows(bits, int(np.iinfo(bits.dtype).max >> 1), weights, digests)
    return digests, float(np.array(top, dtype=bits.dtype).view(rows.dtype))


def _unusable(rows: RowArray, largest: float, name: str) -> AuditkitError:
    if 0 < largest < SMALLEST:
        return ShapeError(
            f"`{name}` holds no value above {largest:.3g} in size, below {SMALLEST:.0e} squares of distances vanish: "
            "rescale the features."
        )
    if np.isfinite(largest):
        return ShapeError(
            f"`{name}` holds values as large as {largest:.3g}, beyond {LARGEST:.0e} distances lose their meaning: "
            "rescale the features."
        )
    finite = np.isfinite(rows)
    return AuditkitError(
        f"`{name}` holds {rows.size - np.count_nonzero(finite)} values that are NaN or infinite in "
        f"{np.count_nonzero(~finite.all(axis=1))} of {len(rows)} rows: fill or drop them first."
    )


def _all_equal(rows: RowArray, original: NDArray[np.intp]) -> bool:
    """Whether each row equals the one that its digest says it equals."""
    repeated = np.flatnonzero(original != np.arange(len(rows)))
    return all(np.array_equal(rows[i], rows[original[i]]) for i in repeated)


def _compared_as_bytes(rows: RowArray) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """First appearance, position and count of each distinct row without digests."""
    keys = (rows + 0.0).view(np.dtype((np.void, rows.itemsize * rows.shape[1]))).ravel()
    _, first, inverse, counts = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
    return first, inverse, counts
