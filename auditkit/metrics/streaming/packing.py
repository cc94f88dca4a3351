"""What a state holds: rows, or their moments, as a string of bytes.

Bytes, because `module.to(torch.half)` casts every state of floats and leaves whole numbers alone; because one string
carries numbers of either precision; and because strings of any length, an empty one too, can be gathered from
processes that have seen different amounts of data.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from auditkit.errors import ShapeError
from auditkit.metrics.moments import Moments

__all__ = [
    "Shifted",
    "add_rows",
    "joined_rows",
    "merge_gathered",
    "merge_packed",
    "moments_width",
    "nothing",
    "pack_rows",
    "row_width",
]

_HEADER = 3
_FLOATS = {4: np.float32, 8: np.float64}


def nothing(device: torch.device) -> Tensor:
    """The empty string: what a state holds before the first row."""
    return torch.zeros(0, dtype=torch.uint8, device=device)


def pack_rows(rows: Tensor) -> Tensor:
    """Bytes of float rows of shape (n, d): number, width and size of an element, then the elements."""
    header = torch.tensor([*rows.shape, rows.element_size()], dtype=torch.int64, device=rows.device)
    return torch.cat([header.view(torch.uint8), rows.contiguous().view(torch.uint8).flatten()])


def row_width(strings: Iterable[Tensor]) -> int | None:
    """Features of the first rows in strings that `pack_rows` made; None if they hold none."""
    for packed in strings:
        if packed.numel():
            return int(packed[: 8 * _HEADER].cpu().view(torch.int64)[1])
    return None


def joined_rows(strings: Iterable[Tensor], name: str) -> NDArray[np.floating] | None:
    """All rows of some strings, in their order; None if there are none.

    Raises
    ------
    ShapeError
        If rows differ in width, which only rows of several processes can.
    """
    blocks = [block for packed in strings for block in _blocks(packed.cpu().numpy())]
    if not blocks:
        return None
    _check_widths([block.shape[1] for block in blocks], name)
    return np.concatenate(blocks)


def _blocks(string: NDArray[np.uint8]) -> Iterable[NDArray[np.floating]]:
    start = 0
    while start < len(string):
        n, width, size = (int(item) for item in np.frombuffer(string, np.int64, _HEADER, start))
        start += 8 * _HEADER
        yield np.frombuffer(string, _FLOATS[size], n * width, start).reshape(n, width)
        start += n * width * size


@dataclass(frozen=True, eq=False)
class Shifted:
    """Moments of some rows less a shift, which is one of them.

    Means of huge numbers lose the digits that matter; means of what is left after the shift do not.

    Attributes
    ----------
    shift : ndarray of shape (d,)
    moments : Moments
        Of the rows less the shift.
    """

    shift: NDArray[np.float64]
    moments: Moments

    @classmethod
    def unpack(cls, packed: Tensor) -> Shifted | None:
        """What a string of moments holds; None if no row was added."""
        numbers = packed.cpu().view(torch.float64).numpy()
        if not len(numbers):
            return None
        d = math.isqrt(len(numbers)) - 1
        scatter = numbers[1 + 2 * d :].reshape(d, d)
        return cls(numbers[1 : 1 + d], Moments(int(numbers[0]), numbers[1 + d : 1 + 2 * d], scatter))

    def pack(self) -> Tensor:
        """String of number, shift, mean and scatter: 8 (1 + d)^2 bytes."""
        moments = self.moments
        numbers = np.concatenate([[float(moments.n)], self.shift, moments.mean, moments.scatter.ravel()])
        return torch.from_numpy(numbers).view(torch.uint8)

    def about(self, origin: NDArray[np.float64]) -> Moments:
        """Moments of the rows less another shift."""
        return replace(self.moments, mean=self.moments.mean + (self.shift - origin))


def add_rows(packed: Tensor, rows: Tensor) -> Tensor:
    """Packed moments with float64 rows of shape (n, d), n >= 1, added: one product of matrices on the rows' device."""
    count, d = rows.shape
    numbers = packed.view(torch.float64).clone()
    if not len(numbers):
        numbers = rows.new_zeros((1 + d) ** 2)
        numbers[1 : 1 + d] = rows[0]
    mean, scatter = numbers[1 + d : 1 + 2 * d], numbers[1 + 2 * d :].view(d, d)
    before = float(numbers[0])
    centred = rows - numbers[1 : 1 + d]
    offset = centred.mean(dim=0)
    centred -= offset
    # What Chan's merge adds for the distance of the means is one more row of the product.
    weight = math.sqrt(before * count / (before + count))
    centred = torch.cat([centred, weight * (offset - mean)[None]])
    mean += (offset - mean) * (count / (before + count))
    scatter.addmm_(centred.T, centred)
    numbers[0] += count
    return numbers.view(torch.uint8)


def moments_width(packed: Tensor) -> int | None:
    """Features of packed moments; None if no row was added."""
    return math.isqrt(packed.numel() // 8) - 1 if packed.numel() else None


def merge_packed(strings: Sequence[Tensor], name: str) -> Tensor:
    """One string of moments for several, merged in their order (Chan, Golub and LeVeque 1983).

    Raises
    ------
    ShapeError
        If their widths differ.
    """
    found = [packed for packed in strings if packed.numel()]
    if len(found) <= 1:
        return found[0] if found else strings[0]
    _check_widths([moments_width(packed) or 0 for packed in found], name)
    parts = [part for part in map(Shifted.unpack, found) if part is not None]
    shift = parts[0].shift
    total = reduce(Moments.merge, (part.about(shift) for part in parts))
    return Shifted(shift, total).pack().to(strings[0].device)


def merge_gathered(strings: Sequence[Tensor]) -> Tensor | Sequence[Tensor]:
    """Moments of all processes merged in the order of ranks.

    Where widths differ all strings come back: an error amid a synchronisation would leave a metric with half of it.
    """
    widths = {packed.numel() for packed in strings if packed.numel()}
    return merge_packed(strings, "moments") if len(widths) <= 1 else strings


def _check_widths(widths: list[int], name: str) -> None:
    if len(set(widths)) > 1:
        message = f"`{name}` has {min(widths)} features in one process and {max(widths)} in another: use one extractor."
        raise ShapeError(message)
