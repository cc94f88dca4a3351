"""How large a training step is at each share of a run."""

from __future__ import annotations

import math

__all__ = ["one_cycle"]


def one_cycle(progress: float, *, warm_up: float = 0.2, start: float = 0.04, end: float = 1e-3) -> float:
    """Factor of the learning rate at a share of the run: cosine up from `start` to 1, then down to `end`.

    Parameters
    ----------
    progress : float in [0, 1]
        Share of the run that is done.
    warm_up : float in (0, 1), default 0.2
        Share of the run after which the factor is 1.
    start, end : float
        Factors of the first and of the last step.

    Returns
    -------
    float in (0, 1]

    Examples
    --------
    >>> [round(one_cycle(share), 3) for share in (0.0, 0.2, 1.0)]
    [0.04, 1.0, 0.001]
    """
    if progress < warm_up:
        return start + (1 - start) * (1 - math.cos(math.pi * progress / warm_up)) / 2
    return end + (1 - end) * (1 + math.cos(math.pi * (progress - warm_up) / (1 - warm_up))) / 2
