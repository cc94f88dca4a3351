"""Compiled search for real rows within a tolerance: a window of one sorted column, then all columns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from auditkit.metrics.tiles import compiled

__all__ = ["Sorted", "Sought", "find_matches"]

Double = NDArray[np.float64]
Whole = NDArray[np.int64]


class Sorted(NamedTuple):
    """Real rows group by group, each in the order of `key`: where groups start, and the columns by rows."""

    starts: Whole
    key: Double
    floats: Double
    whole: Whole


class Sought(NamedTuple):
    """Synthetic rows: group, window of the key, cells, and how far off each may be."""

    group: Whole
    low: Double
    high: Double
    floats: Double
    whole: Whole
    float_allowed: Double
    whole_allowed: Double


@compiled()
def find_matches(  # noqa: C901 - a call in the loop would cost more than what it does
    real: Sorted, sought: Sought, start: int, stop: int, found: NDArray[np.bool_]
) -> None:
    """Whether each row from `start` to `stop` has a real row of its group that is near enough in every column."""
    starts, key, floats, whole = real.starts, real.key, real.floats, real.whole
    group, low, high = sought.group, sought.low, sought.high
    my_floats, my_whole = sought.floats, sought.whole
    float_allowed, whole_allowed = sought.float_allowed, sought.whole_allowed
    for q in range(start, stop):
        left, end = starts[group[q]], starts[group[q] + 1]
        right = end
        while left < right:
            middle = (left + right) // 2
            if key[middle] < low[q]:
                left = middle + 1
            else:
                right = middle
        for r in range(left, end):
            if key[r] > high[q]:
                break
            near = True
            for c in range(floats.shape[1]):
                if not abs(floats[r, c] - my_floats[q, c]) <= float_allowed[q, c]:
                    near = False
                    break
            if near:
                for c in range(whole.shape[1]):
                    a, b = max(whole[r, c], my_whole[q, c]), min(whole[r, c], my_whole[q, c])
                    if not np.float64(np.uint64(a) - np.uint64(b)) <= whole_allowed[q, c]:
                        near = False
                        break
            if near:
                found[q] = True
                break
