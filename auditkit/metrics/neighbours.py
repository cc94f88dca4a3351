"""The k nearest neighbours of a set within itself: exact to float64 at the price of float32 products.

Rows that are equal are merged first and carry a count, so that a duplicated row has a neighbour at distance 0 and
costs nothing. Half of the products are computed (each pair once), in tiles that stay in the cache; `tiles.py` says
why the result is that of float64 brute force all the same. Memory is O(tile + n * k) per thread and never n * n.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from auditkit.blocks import run_blocks, split_blocks
from auditkit.errors import AuditkitError, SampleSizeError, ShapeError
from auditkit.metrics.tiles import Candidates, RowArray, SelfFindings, Single, merge_nearest, self_refine, self_tile

__all__ = ["Neighbours", "Points", "merge_rows", "neighbours"]

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.int64]
T = TypeVar("T")

LARGEST = 1e18
STRIP = 256
COLUMNS = 2048
FLUSH = 1 << 18


@dataclass(frozen=True, eq=False)
class Points:
    """The distinct rows of a feature matrix and how often each occurs.

    Attributes
    ----------
    rows : ndarray of shape (u, d), float32 or float64
        Distinct rows in order of first appearance, as they were given.
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


def merge_rows(features: ArrayLike, *, name: str = "features") -> Points:
    """Merge equal rows of a feature matrix; -0.0 equals 0.0.

    Parameters
    ----------
    features : array_like of shape (n, d)
        Numbers of any real type. float16 and float32 are held as float32, all others as float64.
    name : str, default "features"
        What error messages call the matrix.

    Returns
    -------
    Points

    Raises
    ------
    ShapeError
        If it is not a real matrix with at least one row and one column, or holds values beyond 1e18 in size.
    AuditkitError
        If it holds NaN or infinity.

    Examples
    --------
    >>> points = merge_rows(np.array([[0.0, 1.0], [2.0, 3.0], [-0.0, 1.0]]))
    >>> points.counts.tolist(), points.inverse.tolist()
    ([2, 1], [0, 1, 0])
    """
    rows = _checked(features, name)
    keys = rows.view(np.dtype((np.void, rows.itemsize * rows.shape[1]))).ravel()
    _, first, inverse, counts = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
    order = np.argsort(first, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    distinct = rows if len(order) == len(rows) else rows[first[order]]
    return Points(distinct, counts[order].astype(np.int64), place[inverse].astype(np.int64))


def _checked(features: ArrayLike, name: str) -> RowArray:
    """Own contiguous copy in float32 or float64, with -0.0 written as 0.0."""
    given = np.asarray(features)
    if given.ndim != 2 or 0 in given.shape or given.dtype.kind not in "fiub":  # noqa: PLR2004 - a matrix
        raise ShapeError(
            f"`{name}` must be a matrix of real numbers with at least one row and one column, "
            f"got shape {given.shape} of {given.dtype}: pass an array of shape (n, d)."
        )
    single = given.dtype in (np.float16, np.float32)
    rows = np.array(given, np.float32, order="C") if single else np.array(given, np.float64, order="C")
    rows += 0.0
    finite = np.isfinite(rows)
    if not finite.all():
        raise AuditkitError(
            f"`{name}` holds {rows.size - np.count_nonzero(finite)} values that are NaN or infinite in "
            f"{np.count_nonzero(~finite.all(axis=1))} of {len(rows)} rows: fill or drop them first."
        )
    largest = float(np.abs(rows).max())
    if largest > LARGEST:
        raise ShapeError(
            f"`{name}` holds values as large as {largest:.3g}, beyond {LARGEST:.0e} distances lose their meaning: "
            "rescale the features."
        )
    return rows


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The k nearest neighbours of each distinct row within its own set, copies counted.

    A row that occurs c times has c - 1 neighbours at distance 0, which are itself.

    Attributes
    ----------
    squared_distances : ndarray of shape (u, k), float64
        Squared Euclidean distances, ascending, in the unit of the features squared.
    indices : ndarray of shape (u, k), int64
        Distinct rows; a row with several copies is named once per copy. Among equal distances the lowest index.
    name : str
        What messages call the set.
    """

    squared_distances: FloatArray
    indices: IndexArray
    name: str = "features"

    @property
    def k(self) -> int:
        """Neighbours known per row."""
        return int(self.indices.shape[1])

    @property
    def distances(self) -> FloatArray:
        """Euclidean distances of shape (u, k), ascending."""
        return np.sqrt(self.squared_distances)

    def radius(self, k: int) -> FloatArray:
        """Distance of each distinct row to its k-th neighbour, shape (u,)."""
        return np.asarray(np.sqrt(self.squared_radius(k)))

    def squared_radius(self, k: int) -> FloatArray:
        """Squared distance of each distinct row to its k-th neighbour, shape (u,).

        Raises
        ------
        SampleSizeError
            If fewer neighbours are known.
        """
        if not 1 <= k <= self.k:
            raise SampleSizeError(
                f"each row of `{self.name}` has {self.k} known neighbours ({self.k + 1} rows with itself), got k={k}: "
                "lower k or add rows."
            )
        return self.squared_distances[:, k - 1]

    def first(self, k: int) -> FloatArray:
        """Squared distances of each distinct row to its first k neighbours, shape (u, k), as an own copy."""
        self.squared_radius(k)
        return self.squared_distances[:, :k].copy()


def neighbours(points: Points, *, k: int, name: str = "features") -> Neighbours:
    """Find the k nearest neighbours of each row within its set, itself left out.

    Parameters
    ----------
    points : Points
        From `merge_rows`.
    k : int
        Neighbours per row; 1 <= k < n.
    name : str, default "features"
        What error messages call the set.

    Returns
    -------
    Neighbours
        The same bytes for any number of threads.

    Raises
    ------
    SampleSizeError
        If k < 1 or k >= n.

    Notes
    -----
    O(u^2 d / 2) time for u distinct rows, O(u k) memory and a fixed buffer per thread.

    Examples
    --------
    >>> found = neighbours(merge_rows(np.array([[0.0], [1.0], [3.0], [3.0]])), k=2)
    >>> found.distances.tolist()
    [[1.0, 3.0], [1.0, 2.0], [0.0, 2.0]]
    """
    check_k(k, len(points), name)
    (operand,), scale = operands((points,))
    limit = np.full(points.n_distinct, np.inf, dtype=np.float32)
    limit[points.counts > k] = 0.0
    pool = StatePool(lambda: (_own_copies(points.counts, k), TileBuffer()))

    def visit(strip: slice) -> None:
        with pool.borrow() as (found, buffer):
            _self_strip(points, operand, scale, limit, strip, found, buffer)

    run_blocks(visit, split_blocks(points.n_distinct, STRIP))
    (first, _), *others = pool.all()
    for other, _ in others:
        merge_nearest(first.squared, first.indices, other.squared, other.indices)
    return Neighbours(first.squared, first.indices, name)


def check_k(k: object, n: int, name: str) -> None:
    """Refuse a number of neighbours that a set of n rows does not have."""
    if isinstance(k, bool) or not isinstance(k, int | np.integer):
        raise SampleSizeError(f"k must be a whole number of neighbours, got {k!r}: give k=5, say.")
    if not 1 <= k < n:
        raise SampleSizeError(
            f"k nearest neighbours need k >= 1 and more than k rows, got k={k} and {n} rows in `{name}`: "
            "lower k or add rows."
        )


@dataclass(frozen=True, eq=False)
class Operand:
    """Centred and scaled float32 rows, with what turns their products into bounds of squared distances.

    Attributes
    ----------
    features : ndarray of shape (u, d), float32
        Rows less the centre, scaled by a power of two so that the longest has a norm of at most 1.
    low : ndarray of shape (u,), float32
        Squared norms less the largest error of float32; `low_a + low_b - 2 a.b` never exceeds the squared distance.
    error : ndarray of shape (u,), float32
        What the two ends add to that bound to make it one from above.
    """

    features: Single
    low: Single
    error: Single


def operands(sets: tuple[Points, ...]) -> tuple[list[Operand], float]:
    """Operands of several sets around the centre of the first, and the factor of their squared distances.

    The error of a product of d terms is at most d u |a| |b| in any order of summation, u = 2^-24; rounding the
    rows, the norms and the sums adds less than 24 u (|a|^2 + |b|^2).
    """
    centre = sets[0].rows.mean(axis=0, dtype=np.float64)
    longest = max(_longest(points.rows, centre) for points in sets)
    exponent = -int(np.clip(np.ceil(np.log2(longest)), -450, 450)) if longest > 0 else 0
    factor = 2.0**exponent
    return [_operand(points.rows, centre, factor) for points in sets], factor * factor


def _longest(rows: RowArray, centre: FloatArray) -> float:
    blocks = split_blocks(len(rows), COLUMNS)
    # The largest entry bounds the norm without squaring what may overflow or vanish.
    return max(float(np.abs(rows[block] - centre).max()) for block in blocks) * float(np.sqrt(rows.shape[1]))


def _operand(rows: RowArray, centre: FloatArray, factor: float) -> Operand:
    features = np.empty(rows.shape, dtype=np.float32)
    norms = np.empty(len(rows))
    for block in split_blocks(len(rows), COLUMNS):
        features[block] = (rows[block] - centre) * factor
        norms[block] = np.square(features[block], dtype=np.float64).sum(axis=1)
    share = (rows.shape[1] + 24) * 2.0**-24
    share /= 1.0 - min(share, 0.5)
    tiny = 1e-30  # products below the smallest normal float32 lose more than a share of themselves
    low = (norms * (1.0 - share) - tiny).astype(np.float32)
    error = (norms * (2.0 * share) * (1.0 + 2.0**-20) + 4.0 * tiny).astype(np.float32)
    return Operand(features, low, error)


class TileBuffer:
    """One thread's room for a tile of products and for the candidates that wait to be measured.

    Attributes
    ----------
    candidates : Candidates
        They are measured when more than `FLUSH` wait, so there is room for that many and one more tile.
    """

    def __init__(self) -> None:
        self._products = np.empty(STRIP * COLUMNS, dtype=np.float32)
        room = FLUSH + STRIP * COLUMNS
        self.candidates = Candidates(
            np.empty((room, 2), dtype=np.int32),
            np.empty(room, dtype=np.float32),
            np.empty(room, dtype=np.float64),
            np.empty(room, dtype=np.uint8),
        )

    def products(self, left: Single, right: Single) -> Single:
        """Products of all rows of the left with all rows of the right."""
        out = self._products[: len(left) * len(right)].reshape(len(left), len(right))
        np.matmul(left, right.T, out=out)
        return out


class StatePool(Generic[T]):
    """States that blocks borrow, as many as blocks run at once, so that no two threads write to one."""

    def __init__(self, start: Callable[[], T]) -> None:
        self._start = start
        self._idle: SimpleQueue[T] = SimpleQueue()

    def borrow(self) -> _Borrowed[T]:
        """Context that holds one state."""
        try:
            return _Borrowed(self._idle, self._idle.get_nowait())
        except Empty:
            return _Borrowed(self._idle, self._start())

    def all(self) -> list[T]:
        """Every state, once no block runs."""
        states = []
        while not self._idle.empty():
            states.append(self._idle.get_nowait())
        return states


class _Borrowed(Generic[T]):
    def __init__(self, home: SimpleQueue[T], state: T) -> None:
        self._home = home
        self._state = state

    def __enter__(self) -> T:
        return self._state

    def __exit__(self, *_: object) -> None:
        self._home.put(self._state)


def _own_copies(counts: IndexArray, k: int) -> SelfFindings:
    """Neighbours of each row while only its own copies are known."""
    copies = np.arange(k) < (counts - 1)[:, None]
    own = np.broadcast_to(np.arange(len(counts))[:, None], copies.shape)
    return SelfFindings(
        np.where(copies, np.float32(0.0), np.float32(np.inf)), np.where(copies, 0.0, np.inf), np.where(copies, own, -1)
    )


def _self_strip(
    points: Points,
    operand: Operand,
    scale: float,
    limit: Single,
    strip: slice,
    found: SelfFindings,
    buffer: TileBuffer,
) -> None:
    """Meet the rows of one strip with all rows from its start on."""
    left = operand.features[strip] * np.float32(-2.0)
    waiting = 0
    for start in range(strip.start, points.n_distinct, COLUMNS):
        products = buffer.products(left, operand.features[start : start + COLUMNS])
        waiting = self_tile(
            products, strip.start, start, operand.low, operand.error, points.counts, limit, found.bounds,
            buffer.candidates, waiting,
        )  # fmt: skip
        if waiting > FLUSH or start + COLUMNS >= points.n_distinct:
            self_refine(points.rows, points.counts, scale, limit, found, buffer.candidates, waiting)
            waiting = 0
