"""Bounded, shareable exhibits for a page: occupancy, distance curves, a projection, near pairs, samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditkit.auditing.galleries import gallery
from auditkit.auditing.near_pairs import near_pairs
from auditkit.auditing.table_exhibits import table_exhibits
from auditkit.auditing.told_levels import hidden_cells, level_counts
from auditkit.blocks import single_threaded
from auditkit.results import Exhibit

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.data import Dataset
    from auditkit.metrics.products import Role, Side

__all__ = ["make_exhibits"]

CURVE_POINTS = 60
MAP_POINTS = 400
MAX_LEVELS = 40


def make_exhibits(
    sides: Mapping[Role, Side],
    sets: Mapping[Role, Dataset],
    samples: pd.DataFrame,
    *,
    yardstick_distances: NDArray[np.float64] | None,
    show_real: bool,
    seed: int,
    has_rows: bool = True,
    others: Sequence[Exhibit] = (),
) -> tuple[Exhibit, ...]:
    """Exhibits of an audit; none holds a real record unless `show_real`.

    Parameters
    ----------
    sides, sets : mapping of role to Side and to Dataset
    samples : pandas.DataFrame
        From `sample_table`.
    yardstick_distances : ndarray, optional
        Distance of each holdout unit to its closest training record.
    show_real : bool
        Show both sides of near pairs.
    seed : int
        Picks the points of the map and the samples that are shown.
    has_rows : bool, default True
        Whether the real features are those of real units; otherwise there is nothing to map.
    others : sequence of Exhibit
        Made before, to stand among them.

    Returns
    -------
    tuple of Exhibit
    """
    rng = np.random.default_rng([seed, 7])
    found = [*others, *_occupancy(sides), *(table_exhibits(sides, seed=seed) if has_rows else ())]
    if samples["distance_real"].notna().any():
        found.append(_distances(samples["distance_real"].to_numpy(), yardstick_distances))
        found.append(near_pairs(sets, samples, show_real=show_real))
    if has_rows and len(sides["real"]) > 1:  # one point has no directions
        found.append(_projection(sides, rng))
    shown = gallery(sets, samples, rng, show_real=show_real)
    if shown is not None:
        found.append(shown)
    # In the order in which a folder gives them back, so that a page is the same from memory and from disk.
    return tuple(sorted(found, key=lambda item: item.name))


def _occupancy(sides: Mapping[Role, Side]) -> Iterator[Exhibit]:
    real = sides["real"]
    named: dict[str, tuple[tuple[str, ...], dict[Role, NDArray[np.int64]]]] = {
        f"group:{name}": (levels, {role: side.groups[name] for role, side in sides.items()})
        for name, levels in real.group_levels.items()
    }
    labels = {role: side.labels for role, side in sides.items() if side.labels is not None}
    if len(labels) == len(sides):
        named = {"label": (real.label_levels, labels), **named}
    for name, (levels, codes) in named.items():
        if len(levels) > MAX_LEVELS:
            continue
        counts = {role: np.bincount(items, minlength=len(levels)) for role, items in codes.items()}
        names: Sequence[str] = levels
        if real.cells is not None:  # the columns' exhibit tells of these levels too
            names, counts = level_counts(counts, levels)
        hidden = np.any([hidden_cells(items) for role, items in counts.items() if role != "synthetic"], axis=0)
        shown = np.flatnonzero(~hidden).tolist()
        title = "Classes" if name == "label" else f"Groups by {name.removeprefix('group:')}"
        data: dict[str, Any] = {"title": title, "levels": [names[number] for number in shown]}
        for role, items in counts.items():
            n = max(int(items.sum()), 1)
            data[str(role)] = [round(float(items[number]) / n, 6) for number in shown]
        yield Exhibit(f"occupancy-{name.replace(':', '-')}", "occupancy", title, data)


def _distances(synthetic: NDArray[np.float64], yardstick: NDArray[np.float64] | None) -> Exhibit:
    largest = [float(np.quantile(items, 0.99)) for items in (synthetic, yardstick) if items is not None]
    grid = np.linspace(0.0, max(*largest, 1e-12), CURVE_POINTS)
    data: dict[str, Any] = {"x": _rounded(grid), "synthetic": _rounded(_share_below(synthetic, grid))}
    if yardstick is not None:
        data["holdout"] = _rounded(_share_below(yardstick, grid))
    return Exhibit("distances", "distances", "Distance to the closest training record", data)


def _share_below(values: NDArray[np.float64], grid: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.searchsorted(np.sort(values), grid, side="right") / len(values)


def _projection(sides: Mapping[Role, Side], rng: np.random.Generator) -> Exhibit:
    """Two principal directions of the real features; real points blurred by rounding to a grid of 40 cells."""
    real = np.asarray(sides["real"].features, np.float64)
    centre = real.mean(axis=0)
    with single_threaded():
        _, _, directions = np.linalg.svd(np.cov(real - centre, rowvar=False).reshape(real.shape[1], -1))
    axes = directions[:2].T
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    data: dict[str, Any] = {}
    points = {}
    for role, side in sides.items():
        chosen = np.sort(rng.permutation(len(side))[:MAP_POINTS])
        points[role] = (np.asarray(side.features, np.float64)[chosen] - centre) @ axes
    step = max(float(np.ptp(points["real"])) / 40, 1e-9)
    for role, items in points.items():
        snapped = items if role == "synthetic" else np.round(items / step) * step
        if snapped.shape[1] == 1:
            snapped = np.column_stack([snapped, np.zeros(len(snapped))])
        data[role] = [_rounded(row) for row in snapped]
    return Exhibit("projection", "projection", "Map of the features", data)


def _rounded(values: NDArray[np.float64]) -> list[float]:
    return [round(float(value), 5) for value in values]
