"""A map of the features: two principal directions of the real ones, real units as counts in cells unless shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditkit.auditing.told_levels import hidden_cells, told_ends
from auditkit.blocks import single_threaded
from auditkit.exhibits import Exhibit
from auditkit.results import MIN_CELL

if TYPE_CHECKING:
    from auditkit.metrics.products import Role, Side

__all__ = ["feature_map"]

POINTS = 800
SCALE = 1000
_CELLS = (40, 32, 25, 20, 16, 12, 10, 8, 6, 5, 4, 3)
_TOLD = 0.9
_TAIL = 0.005

Numbers = NDArray[np.float64]


def feature_map(
    sides: Mapping[Role, Side], rng: np.random.Generator, allowed: NDArray[np.intp], *, show_real: bool
) -> Exhibit:
    """Where the sets lie along the two directions in which the real features vary most.

    Real units are counted in cells of a grid that is as fine as nine in ten of them lie in cells of five or more; other
    cells are not told. The map ends where at least five real units, and one in two hundred, lie beyond each side.

    Parameters
    ----------
    sides : mapping of role to Side
    rng : numpy.random.Generator
        Draws the points that are shown.
    allowed : ndarray of intp
        Synthetic units that may be shown.
    show_real : bool
        Real units are points as well.

    Returns
    -------
    Exhibit
        Of kind `"projection"`: `synthetic` (points in thousandths of the map), `real` and `holdout` (points), or
        `real_cells` and `holdout_cells` (shares of the set, rows from below); `n` units in each set.
    """
    real = np.asarray(sides["real"].features, np.float64)
    centre = real.mean(axis=0)
    with single_threaded():
        _, _, directions = np.linalg.svd(np.cov(real - centre, rowvar=False).reshape(real.shape[1], -1))
        axes = directions[:2].T
        axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
        places = {role: (np.asarray(side.features, np.float64) - centre) @ axes for role, side in sides.items()}
    places = {
        role: item if item.shape[1] > 1 else np.column_stack([item, np.zeros(len(item))])
        for role, item in places.items()
    }
    low, high = _box(places["real"], places["synthetic"][allowed])
    data: dict[str, Any] = {"n": {str(role): len(item) for role, item in places.items()}}
    data["n_hidden"] = len(places["synthetic"]) - len(allowed)
    for role, item in places.items():
        if role == "synthetic":
            data["synthetic"] = _points(item[allowed], low, high, rng)
        elif show_real:
            data[str(role)] = _points(item, low, high, rng)
        else:
            data[f"{role}_cells"] = _cells(item, low, high)
    return Exhibit("projection", "projection", "Map of the features", data)


def _box(real: Numbers, synthetic: Numbers) -> tuple[Numbers, Numbers]:
    """Ends of the map: quantiles of the real set, or the synthetic set's where these lie further out."""
    ends = []
    for axis in (0, 1):
        low, high = told_ends(real[:, axis], _TAIL)
        if len(synthetic):
            made = np.quantile(synthetic[:, axis], [_TAIL, 1.0 - _TAIL])
            low, high = min(low, made[0]), max(high, made[1])
        room = 0.03 * (high - low) or 0.5
        ends.append((low - room, high + room))
    return np.array([end[0] for end in ends]), np.array([end[1] for end in ends])


def _points(places: Numbers, low: Numbers, high: Numbers, rng: np.random.Generator) -> list[list[int]]:
    inside = places[((places >= low) & (places <= high)).all(axis=1)]
    chosen = inside[np.sort(rng.permutation(len(inside))[:POINTS])]
    found: list[list[int]] = np.round((chosen - low) / (high - low) * SCALE).astype(np.int64).tolist()
    return found


def _cells(places: Numbers, low: Numbers, high: Numbers) -> list[list[float]]:
    """Shares of a set in the cells of a grid, 0 where one to four units lie."""
    counts = np.zeros((1, 1), np.int64)
    for size in _CELLS:
        edges = [np.linspace(low[axis], high[axis], size + 1) for axis in (1, 0)]
        counts = np.histogram2d(places[:, 1], places[:, 0], bins=(edges[0], edges[1]))[0].astype(np.int64)
        if counts[counts >= MIN_CELL].sum() >= _TOLD * max(int(counts.sum()), 1):
            break
    hidden = hidden_cells(counts.ravel()).reshape(counts.shape)
    shares: list[list[float]] = np.round(np.where(hidden, 0, counts) / max(len(places), 1), 4).tolist()
    return shares
