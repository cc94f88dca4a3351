"""Sizes of an image and of the coarser grids that convolutions pass through."""

from __future__ import annotations

__all__ = ["FLAT_SIDE", "grids"]

FLAT_SIDE = 16
"""Up to this side images are rows of pixels, which layers without convolutions learn faster."""


def grids(height: int, width: int, *, coarsest: int = 8) -> list[tuple[int, int]]:
    """The image's size, then half of it, and so on until no side is above `coarsest`.

    Examples
    --------
    >>> grids(28, 28)
    [(28, 28), (14, 14), (7, 7)]
    """
    sizes = [(height, width)]
    while max(sizes[-1]) > coarsest:
        sizes.append((-(-sizes[-1][0] // 2), -(-sizes[-1][1] // 2)))
    return sizes
