"""Compiled loops of the search: rows into a cube of cells, cumulated, and every conjunction read off its corners."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from auditkit.metrics.tiles import compiled

__all__ = ["FIXED", "N_SUMS", "REFERENCE", "REST", "SHARES", "best_conjunction", "fill_cube"]

Codes = NDArray[np.int32]
Double = NDArray[np.float64]
Places = NDArray[np.int64]

REST, FIXED, REFERENCE, SHARES = range(4)
"""What the mean in a slice is held against: the other rows, a number, reference rows in it; or shares are compared."""

N_SUMS = 5
"""Sums per cell: rows, values and squares of the target; rows and values of the reference."""


@compiled()
def fill_cube(codes: Codes, axes: Places, sizes: Places, values: Double, n_target: int, cube: Double) -> None:
    """Cumulated sums over up to three axes, a slot per corner; the first `n_target` rows are the target's."""
    wide, deep = sizes[1] + 1, sizes[2] + 1
    corners = (sizes[0] + 1) * wide * deep
    cube[: corners * N_SUMS] = 0.0
    for row in range(codes.shape[1]):
        j = codes[axes[1], row] if axes[1] >= 0 else 0
        k = codes[axes[2], row] if axes[2] >= 0 else 0
        at = (((codes[axes[0], row] + 1) * wide + j + 1) * deep + k + 1) * N_SUMS
        value = values[row]
        if row < n_target:
            cube[at] += 1.0
            cube[at + 1] += value
            cube[at + 2] += value * value
        else:
            cube[at + 3] += 1.0
            cube[at + 4] += value
    steps = (wide * deep * N_SUMS, deep * N_SUMS, N_SUMS)
    for side in range(3):
        step, starts = steps[side], (int(side == 0), int(side == 1), int(side == 2))  # noqa: PLR2004 - three axes
        for i in range(starts[0], sizes[0] + 1):
            for j in range(starts[1], wide):
                for k in range(starts[2], deep):
                    at = ((i * wide + j) * deep + k) * N_SUMS
                    for part in range(N_SUMS):
                        cube[at + part] += cube[at - step + part]


@compiled()
def strength(
    n: float, s: float, q: float, m: float, t: float, mode: int, whole: Double, shift: float, effect: Double
) -> float:
    """Z of a slice, positive is bad; `effect[0]` becomes its size. `whole` holds the five sums of all rows."""
    if mode == SHARES:
        pooled = (n + m) / (whole[0] + whole[3])
        share, other = n / whole[0], m / whole[3]
        effect[0] = 1.0 - other / share
        error = math.sqrt(pooled * (1.0 - pooled) * (1.0 / whole[0] + 1.0 / whole[3]))
        return (share - other) / error if error > 0 else 0.0
    mean, against = s / n, shift
    if mode == FIXED:
        squared = (q - 2.0 * shift * s + n * shift * shift) / (n * n)
    elif mode == REST:
        rest = whole[0] - n
        against = max((whole[1] - s) / rest, shift)
        spread = whole[2] / whole[0] - (whole[1] / whole[0]) ** 2
        squared = max(spread, q / n - mean * mean) / n + spread / rest
    else:
        against = t / m + shift
        pooled = (s + t) / (n + m)
        squared = pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m)
    effect[0] = mean - against
    # As if there were no difference: a few rows that are all alike are no certainty.
    return float(effect[0] / math.sqrt(max(squared, 1e-300)))


@compiled()
def best_conjunction(
    cube: Double,
    sizes: Places,
    lows: tuple[Places, Places, Places],
    highs: tuple[Places, Places, Places],
    mode: int,
    whole: Double,
    shift: float,
    least: Double,
    best: Double,
) -> int:
    """Strongest conjunction of one condition per axis into `best` (z, places); returns how many had the support.

    `least` holds the rows of the target and of the reference that a slice needs, and the smallest effect.
    """
    wide, deep = sizes[1] + 1, sizes[2] + 1
    sums, effect = np.empty(N_SUMS), np.empty(1)
    best[0], looked = -np.inf, 0
    for a in range(lows[0].shape[0]):
        for b in range(lows[1].shape[0]):
            for c in range(lows[2].shape[0]):
                for part in range(N_SUMS):
                    sums[part] = 0.0
                for corner in range(8):
                    i = highs[0][a] if corner & 1 else lows[0][a]
                    j = highs[1][b] if corner & 2 else lows[1][b]
                    k = highs[2][c] if corner & 4 else lows[2][c]
                    sign = 1.0 if corner in (1, 2, 4, 7) else -1.0
                    at = ((i * wide + j) * deep + k) * N_SUMS
                    for part in range(N_SUMS):
                        sums[part] += sign * cube[at + part]
                if sums[0] < least[0] or sums[3] < least[1] or whole[0] - sums[0] < 1.0:
                    continue
                looked += 1
                z = strength(sums[0], sums[1], sums[2], sums[3], sums[4], mode, whole, shift, effect)
                if z > best[0] and effect[0] >= least[2]:
                    best[0], best[1], best[2], best[3] = z, a, b, c
    return looked
