"""Which rows have a counterpart on the other side: read off the crossings that coverage and precision read."""

from __future__ import annotations

from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from auditkit.data.cells import Cells
from auditkit.metrics.crossing import Crossing
from auditkit.metrics.neighbours import Neighbours, Points
from auditkit.metrics.products import Products, Role, Rows, Side, View
from auditkit.metrics.proximity import build_crossing, build_neighbours
from auditkit.metrics.slices.spots import Counterparts
from auditkit.metrics.tables.draws import two_halves
from auditkit.metrics.tiles import tied

PARAMETERS = {build.__name__: {"k": 5} for build in (build_neighbours, build_crossing)}
__all__ = ["PARAMETERS", "counterparts_of", "equal_views", "plain_features"]

K = 5
MOST_HOT = 64
Double = NDArray[np.float64]


def counterparts_of(products: Products, matched: View, yardstick: View, *, k: int = K) -> Counterparts:
    """Counterparts of the same real rows among synthetic and among fresh real rows.

    Parameters
    ----------
    products : Products
    matched, yardstick : View
        The synthetic rows, and as many fresh real ones in their place, beside the same real rows.
    k : int, default 5
        Neighbours that set a ball's radius.

    Returns
    -------
    Counterparts

    Raises
    ------
    SampleSizeError
        If a set has no more than k rows.
    """
    real: Points = products.get(Points, matched, "real")
    near: Neighbours = products.get(Neighbours, matched, "real")
    radius = near.squared_radius(k)
    ours: Crossing = products.get(Crossing, matched)
    theirs: Crossing = products.get(Crossing, yardstick)
    synthetic: Points = products.get(Points, matched, "synthetic")
    fresh: Points = products.get(Points, yardstick, "synthetic")
    closer = ours.nearest_synthetic_squared <= theirs.nearest_synthetic_squared
    nearest = np.where(closer, ours.nearest_synthetic, synthetic.n_distinct + theirs.nearest_synthetic)
    source = yardstick.rows["synthetic"].source
    return Counterparts(
        real=_rows(products, matched.rows["real"]),
        synthetic=_rows(products, matched.rows["synthetic"]),
        fresh=_rows(products, yardstick.rows["synthetic"]),
        covered=_covered(ours, radius)[real.inverse],
        fresh_covered=_covered(theirs, radius)[real.inverse],
        nearest=nearest[real.inverse].astype(np.int64),
        unlike=_unlike(ours, k)[synthetic.inverse],
        fresh_unlike=_unlike(theirs, k)[fresh.inverse],
        records=np.concatenate([synthetic.inverse, synthetic.n_distinct + fresh.inverse]),
        fresh_role=cast("Literal['real', 'holdout']", source),
    )


def _rows(products: Products, rows: Rows) -> NDArray[np.intp]:
    return np.arange(products.sizes(View("", {}, {"real": rows}))["real"]) if rows.index is None else rows.index


def _covered(found: Crossing, radius: Double) -> Double:
    """1 where a real row has a row in its ball, one half where it has one on the rim alone."""
    rim = tied(found.nearest_synthetic_squared, radius)
    return np.where(rim, 0.5, (found.nearest_synthetic_squared < radius).astype(np.float64))


def _unlike(found: Crossing, k: int) -> Double:
    """1 where a row is in no real row's ball, one half where it is on rims alone."""
    inside = found.inside_real(k)
    return np.where(inside.strict > 0, 0.0, np.where(inside.tied > 0, 0.5, 1.0))


def equal_views(sides: dict[Role, Side], rng: np.random.Generator, *, most: int) -> tuple[View, View] | None:
    """Views of at most `most` rows: synthetic rows, and as many fresh real ones, beside the same real rows.

    Parameters
    ----------
    sides : dict of role to Side
        Without a holdout one half of the real rows stands for fresh ones.
    rng : numpy.random.Generator
    most : int

    Returns
    -------
    tuple of View, or None where there are too few rows
    """
    if "holdout" in sides:
        fresh_role: Role = "holdout"
        real, fresh = (rng.permutation(len(sides[role])) for role in ("real", fresh_role))
    else:
        fresh_role = "real"
        real, fresh = (rng.permutation(half) for half in two_halves(len(sides["real"]), rng))
    size = min(len(fresh), len(sides["synthetic"]), most)
    if min(size, len(real)) <= K:
        return None
    synthetic = rng.permutation(len(sides["synthetic"]))
    first = Rows("real", np.sort(real[:most]))
    return (
        View("matched", {}, {"real": first, "synthetic": Rows("synthetic", np.sort(synthetic[:size]))}),
        View("yardstick", {}, {"real": first, "synthetic": Rows(fresh_role, np.sort(fresh[:size]))}),
    )


def plain_features(sets: dict[str, Cells]) -> dict[str, NDArray[np.float64]]:
    """Rows of tables as points: numbers as ranks among the real ones, categories as one direction per level.

    Cells that differ wholly (another level; a missing number and a given one) are at distance 1.
    """
    parts: dict[str, list[Any]] = {role: [] for role in sets}
    real = sets["real"]
    for place, column in enumerate(real.columns):
        if column.kind == "category":
            counts = np.bincount(real.values[place], minlength=len(column.levels) + 1)
            top = np.argsort(-counts, kind="stable")[:MOST_HOT]
            for role, cells in sets.items():
                parts[role].append((cells.values[place][:, None] == top[None, :]) * np.sqrt(0.5))
            continue
        holes = any(np.isnan(cells.numbers(place)).any() for cells in sets.values())
        ordered = np.sort(real.offsets(place)[~np.isnan(real.offsets(place))])
        for role, cells in sets.items():
            numbers = cells.offsets(place)
            absent = np.isnan(numbers)
            sides = [np.searchsorted(ordered, numbers, side=side) for side in ("left", "right")]
            ranks = (sides[0] + sides[1]) / (2.0 * max(len(ordered), 1))
            parts[role].append(np.where(absent, 0.5, ranks)[:, None])
            if holes:
                parts[role].append(absent[:, None] * 1.0)
    return {role: np.concatenate(items, axis=1).astype(np.float64) for role, items in parts.items()}
