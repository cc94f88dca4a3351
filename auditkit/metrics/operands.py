"""What the neighbour passes multiply: centred rows in float32, with what makes bounds of distances of products.

The product of two rows of operands, added to what belongs to both ends, never exceeds the squared distance of the
rows as they were given. Small sets are centred once; of large ones each block is centred when it is met, so that no
second copy of the features is held.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import run_blocks, split_blocks
from auditkit.metrics.points import Points
from auditkit.metrics.row_tiles import centre_rows, centred_norms, largest_offset
from auditkit.metrics.tiles import Candidates, RowArray, Single

__all__ = [
    "FLUSH",
    "SLICE",
    "TINY",
    "UNIT",
    "FloatArray",
    "Operand",
    "StatePool",
    "TileBuffer",
    "Tiling",
    "centre_of",
    "operands",
    "rounding_share",
    "scale_factor",
    "tiling",
]  # fmt: skip

FloatArray = NDArray[np.float64]
T = TypeVar("T")

UNIT = 2.0**-24
"""Largest relative error of rounding to float32."""

TINY = 1e-30
"""Products below the smallest normal float32 lose more than a share of themselves; this much at most."""

SLICE = 512
"""Rows of a product at most; half as many where only one side of the diagonal is needed."""

FLUSH = 1 << 18
RESIDENT = 1 << 23
WIDE = 512
CENTRE_ROWS = 1024
_BLOCK = 512


class Tiling(NamedTuple):
    """Rows that meet a block of columns at once, and columns in a block."""

    strip: int
    columns: int

    @property
    def tile(self) -> int:
        """Numbers in a tile at most."""
        return min(self.strip, SLICE) * self.columns

    def blocks(self, n: int, *, start: int = 0) -> list[slice]:
        """Blocks of columns from a start on."""
        return [slice(at, min(at + self.columns, n)) for at in range(start, n, self.columns)]


@dataclass(frozen=True, eq=False)
class Operand:
    """One set's side of the products.

    Attributes
    ----------
    rows : ndarray of shape (u, d)
        The rows that it stands for.
    centre : ndarray of shape (d,), float64
        What is taken off each row.
    factor : float
        Power of two that each row is then multiplied by.
    features : ndarray of shape (u, m), float32, or None
        What is multiplied: the centred rows, or coordinates that keep no distance from shrinking. None means the
        centred rows, made block by block.
    low : ndarray of shape (u,), float32
        Squared norms less the largest error of float32; `low_a + low_b - 2 a.b` never exceeds the squared distance.
    error : ndarray of shape (u,), float32
        What the two ends add to that bound to make it one from above; infinite where nothing does.
    """

    rows: RowArray
    centre: FloatArray
    factor: float
    features: Single | None
    low: Single
    error: Single

    def __len__(self) -> int:
        return len(self.low)

    @property
    def width(self) -> int:
        """Columns that are multiplied."""
        return int((self.rows if self.features is None else self.features).shape[1])

    def left(self, block: slice) -> Single:
        """Rows of a block times -2, as an own copy."""
        out = np.empty((block.stop - block.start, self.width), dtype=np.float32)
        if self.features is None:
            centre_rows(self.rows[block], self.centre, -2.0 * self.factor, out)
        else:
            np.multiply(self.features[block], np.float32(-2.0), out=out)
        return out

    def right(self, block: slice, buffer: TileBuffer) -> Single:
        """Rows of a block, valid until the buffer's next."""
        if self.features is not None:
            return self.features[block]
        out = buffer.columns(block.stop - block.start, self.width)
        centre_rows(self.rows[block], self.centre, self.factor, out)
        return out


def centre_of(points: Points) -> FloatArray:
    """Mean of rows spread over a set: near enough to the mean to take any offset off."""
    step = -(-points.n_distinct // CENTRE_ROWS)
    return np.asarray(points.rows[::step].mean(axis=0, dtype=np.float64))


def scale_factor(sets: tuple[Points, ...], centre: FloatArray) -> float:
    """Power of two that brings the longest centred row to a norm of at most 1."""
    # The largest entry bounds the norm without squaring what may overflow or vanish.
    longest = max(largest_offset(points.rows, centre) for points in sets) * float(np.sqrt(len(centre)))
    exponent = -int(np.clip(np.ceil(np.log2(longest)), -450, 450)) if longest > 0 else 0
    return float(2.0**exponent)


def operands(
    sets: tuple[Points, ...], *, centre: FloatArray, factor: float, resident: int | None = None
) -> list[Operand]:
    """Centred rows of several sets, in one unit.

    The error of a product of d terms is at most d u |a| |b| in any order of summation, u = 2^-24; rounding the
    rows, the norms and the sums adds less than 24 u (|a|^2 + |b|^2). Sets of more than `resident` numbers are
    centred block by block.
    """
    held = max(points.rows.size for points in sets) <= (RESIDENT if resident is None else resident)
    return [_operand(points, centre, factor, held=held) for points in sets]


def _operand(points: Points, centre: FloatArray, factor: float, *, held: bool) -> Operand:
    rows = points.rows
    norms = np.empty(len(rows))
    features = np.empty(rows.shape, dtype=np.float32) if held else None

    def visit(block: slice) -> None:
        centred_norms(rows[block], centre, factor, norms[block])
        if features is not None:
            centre_rows(rows[block], centre, factor, features[block])

    run_blocks(visit, split_blocks(len(rows), _BLOCK))
    share = rounding_share(rows.shape[1])
    low = (norms * (1.0 - share) - TINY).astype(np.float32)
    error = (norms * (2.0 * share) * (1.0 + 2.0**-20) + 4.0 * TINY).astype(np.float32)
    return Operand(rows, centre, factor, features, low, error)


def rounding_share(width: int) -> float:
    """Share of the squared norms of two ends that float32 can have got a lower bound of so many terms wrong by."""
    share = (width + 24) * UNIT
    return share / (1.0 - min(share, 0.5))


def tiling(operand: Operand) -> Tiling:
    """Tiles for an operand; where columns must be centred anew for each strip, strips are longer."""
    if operand.features is None:
        return Tiling(1024 if len(operand) >= 1 << 12 else 512, 1024)
    return Tiling(512, 1024) if operand.width >= WIDE else Tiling(256, 2048)


class TileBuffer:
    """One thread's room for a tile of products and for the candidates that wait to be measured.

    Candidates are measured when more than `FLUSH` wait, so there is room for that many and one more tile. `waiting`
    counts those that outlast a strip.
    """

    def __init__(self, tiles: Tiling, *, candidates: bool = True) -> None:
        self.waiting = 0
        self._products = np.empty(tiles.tile, dtype=np.float32)
        self._columns = np.empty(0, dtype=np.float32)
        room = FLUSH + tiles.tile if candidates else 0
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

    def columns(self, n: int, width: int) -> Single:
        """Room for n rows of so many columns."""
        if len(self._columns) < n * width:
            self._columns = np.empty(n * width, dtype=np.float32)
        return self._columns[: n * width].reshape(n, width)


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
