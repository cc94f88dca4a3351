"""What a state holds: rows, or their moments, as a string of bytes.

Bytes, because `module.to(torch.half)` casts every state of floats and leaves whole numbers alone; because one string
carries numbers of either precision; and because strings of any length, an empty one too, can be gathered from
processes that have seen different amounts of data.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from auditkit.errors import ShapeError
from auditkit.metrics.moments import Moments

__all__ = [
    "add_rows",
    "joined_rows",
    "merge_gathered",
    "merge_packed",
    "moments_width",
    "nothing",
    "pack_rows",
    "row_width",
    "unpack_moments",
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


def add_rows(packed: Tensor, rows: Tensor) -> Tensor:
    """Packed moments with float64 rows of shape (n, d), n >= 1, added: one product of matrices on the rows' device."""
    count, width = rows.shape
    # The first row is taken off before the sum: a mean of huge numbers loses the digits that matter.
    shifted = rows - rows[0]
    offset = shifted.mean(dim=0)
    centred, mean = shifted - offset, rows[0] + offset
    if packed.numel():
        numbers = packed.view(torch.float64).clone()
        before = float(numbers[0])
        step = mean - numbers[1 : 1 + width]
        # What Chan's merge adds for the distance of the means is one more row of the product.
        centred = torch.cat([centred, math.sqrt(before * count / (before + count)) * step[None]])
        numbers[1 : 1 + width] += step * (count / (before + count))
    else:
        numbers = torch.cat([torch.zeros(1, dtype=torch.float64, device=rows.device), mean, mean.new_zeros(width**2)])
    numbers[0] += count
    numbers[1 + width :].view(width, width).addmm_(centred.T, centred)
    return numbers.view(torch.uint8)


def unpack_moments(packed: Tensor) -> Moments | None:
    """Moments in a string; None if no row was added."""
    numbers = packed.cpu().view(torch.float64).numpy()
    if not len(numbers):
        return None
    width = _side(len(numbers))
    return Moments(int(numbers[0]), numbers[1 : 1 + width], numbers[1 + width :].reshape(width, width))


def moments_width(packed: Tensor) -> int | None:
    """Features of packed moments; None if no row was added."""
    return _side(packed.numel() // 8) if packed.numel() else None


def merge_packed(strings: Sequence[Tensor], name: str) -> Tensor:
    """One string of moments for several, merged in their order (Chan, Golub and LeVeque 1983).

    Raises
    ------
    ShapeError
        If their widths differ.
    """
    if len(strings) == 1:
        return strings[0]
    found = [moments for moments in map(unpack_moments, strings) if moments is not None]
    if not found:
        return strings[0]
    _check_widths([len(moments.mean) for moments in found], name)
    total = found[0]
    for moments in found[1:]:
        total = total.merge(moments)
    numbers = np.concatenate([[float(total.n)], total.mean, total.scatter.ravel()])
    return torch.from_numpy(numbers).to(strings[0].device).view(torch.uint8)


def merge_gathered(strings: Sequence[Tensor]) -> Tensor | Sequence[Tensor]:
    """Moments of all processes merged in the order of ranks.

    Where widths differ all strings come back: an error amid a synchronisation would leave a metric with half of it.
    """
    widths = {width for width in map(moments_width, strings) if width is not None}
    return merge_packed(strings, "moments") if len(widths) <= 1 else strings


def _side(size: int) -> int:
    """Width d of the moments that take 1 + d + d^2 numbers."""
    return (math.isqrt(4 * size - 3) - 1) // 2


def _check_widths(widths: list[int], name: str) -> None:
    if len(set(widths)) > 1:
        message = f"`{name}` has {min(widths)} features in one process and {max(widths)} in another: use one extractor."
        raise ShapeError(message)
