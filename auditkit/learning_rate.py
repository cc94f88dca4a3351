"""How large a training step is at each share of a run."""

from __future__ import annotations

import math

__all__ = ["one_cycle"]


def one_cycle(progress: float, *, warm_up: float = 0.2, start: float = 0.04, end: float = 1e-3) -> float:
    """Factor of the learning rate at a share of the run: cosine up from `start` to 1, then down to `end`.

    Examples
    --------
    >>> [round(one_cycle(share), 3) for share in (0.0, 0.2, 1.0)]
    [0.04, 1.0, 0.001]
    """
    if progress < warm_up:
        return start + (1 - start) * (1 - math.cos(math.pi * progress / warm_up)) / 2
    return end + (1 - end) * (1 + math.cos(math.pi * (progress - warm_up) / (1 - warm_up))) / 2
