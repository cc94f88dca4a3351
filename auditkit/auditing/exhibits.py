"""Bounded, shareable exhibits for a page: occupancy, distance curves, a projection, near pairs, samples."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditkit.auditing.feature_map import feature_map
from auditkit.auditing.galleries import gallery
from auditkit.auditing.guarding import Guard
from auditkit.auditing.near_pairs import among_themselves, closest_limit, near_pairs, pair_rows
from auditkit.auditing.table_exhibits import table_exhibits
from auditkit.auditing.told_levels import level_counts, told_ends, told_shares
from auditkit.exhibits import Exhibit
from auditkit.results import MIN_CELL

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.data import Dataset
    from auditkit.metrics.products import Role, Side

__all__ = ["make_exhibits"]

CURVE_POINTS = 60
TAIL = 0.01
MAX_LEVELS = 40


def make_exhibits(
    sides: Mapping[Role, Side],
    sets: Mapping[Role, Dataset],
    samples: pd.DataFrame,
    *,
    yardstick_distances: NDArray[np.float64] | None,
    show_real: bool,
    seed: int,
    metrics: Collection[str],
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
    metrics : collection of str
        Those that were asked: an exhibit that explains one of them is made with it only.
    has_rows : bool, default True
        Whether the real features are those of real units; otherwise there is nothing to map.
    others : sequence of Exhibit
        Made before, to stand among them.

    Returns
    -------
    tuple of Exhibit
    """
    rng = np.random.default_rng([seed, 7])
    tables = table_exhibits(sides, seed=seed, metrics=metrics) if has_rows else ()
    found = [*others, *_occupancy(sides), *tables]
    features = {role: side.features for role, side in sides.items()} if has_rows else None
    near = samples["distance_real"].notna().any()
    fresh = yardstick_distances
    if near and fresh is None and features is not None:
        fresh = among_themselves(features["real"], np.random.default_rng([seed, 8]))
    closer_than = closest_limit(fresh)
    real = [item for role, item in sets.items() if role != "synthetic"]
    guard = Guard(real, sets["synthetic"], samples, show_real=show_real, closer_than=closer_than)
    shown = gallery(guard, rng, also=pair_rows(samples, guard) if near else ())
    if near:
        found.append(_distances(samples["distance_real"].to_numpy(), yardstick_distances))
        told: dict[str, Any] = {"fresh": yardstick_distances, "closer_than": closer_than}
        found.append(near_pairs(sets, samples, guard, features=features, **told))
    if has_rows and len(sides["real"]) > 1:  # one point has no directions
        found.append(feature_map(sides, rng, guard.allowed(), show_real=show_real))
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
        shown, shares = told_shares(counts)
        title = "Classes" if name == "label" else f"Groups by {name.removeprefix('group:')}"
        data: dict[str, Any] = {"title": title, "levels": [names[number] for number in shown], **shares}
        yield Exhibit(f"occupancy-{name.replace(':', '-')}", "occupancy", title, data)


def _distances(synthetic: NDArray[np.float64], yardstick: NDArray[np.float64] | None) -> Exhibit:
    """Shares of both sets at least that near; of the holdout only where five units or more were passed."""
    ends = [told_ends(items, TAIL)[1] for items in (synthetic, yardstick) if items is not None]
    grid = np.linspace(0.0, max(*ends, 1e-12), CURVE_POINTS)
    data: dict[str, Any] = {"x": _rounded(grid), "synthetic": _rounded(_below(synthetic, grid) / len(synthetic))}
    if yardstick is not None:
        data["holdout"] = _in_fives(_below(yardstick, grid), len(yardstick))
    return Exhibit("distances", "distances", "Distance to the closest training record", data)


def _below(values: NDArray[np.float64], grid: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.searchsorted(np.sort(values), grid, side="right").astype(np.int64)


def _in_fives(counts: NDArray[np.int64], n: int) -> list[float | None]:
    """Shares where five units or more came since the last one told, or none did; no number in between."""
    told: list[float | None] = []
    last = 0
    for count in counts.tolist():
        known = count == last or count - last >= MIN_CELL
        told.append(round(count / n, 5) if known else None)
        last = count if known else last
    return told


def _rounded(values: NDArray[np.float64]) -> list[float]:
    return [round(float(value), 5) for value in values]
