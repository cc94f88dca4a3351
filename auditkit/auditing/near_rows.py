"""Which rows of a synthetic table are a real row but for a little in every number."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from auditkit.errors import UndefinedError
from auditkit.metrics.crossing import Crossing
from auditkit.metrics.neighbours import Points
from auditkit.metrics.products import Rows
from auditkit.metrics.records import records_of

if TYPE_CHECKING:
    from auditkit.metrics.products import Products, Role, View

__all__ = ["TOLERANCES", "near_rows", "nearest"]

TOLERANCES = (0.05, 0.02, 0.01)
"""Standard deviations of the training data by which a number may be off, from lax to strict."""

Mask = NDArray[np.bool_]


def near_rows(products: Products, view: View, role: Role, tolerance: float) -> tuple[Mask, Mask]:
    """Which synthetic rows are nearly their nearest real row, and which distinct real ones are met.

    Nearly: every category and every gap is the same, every number is off by this part of its standard deviation in the
    training data at most.

    Raises
    ------
    UndefinedError
        If there is no table of one row per unit, or it has no numbers.
    """
    real, made, train = (products.side(view.rows[name]) for name in (role, "synthetic", "real"))
    if real.columns is None or made.columns is None or train.columns is None or all(real.categorical):
        raise UndefinedError("near copies of rows are told in tables with numbers, of one row per unit.")
    _, place = nearest(products, view, role)
    known = np.where(np.isnan(train.columns).all(axis=0), 0.0, train.columns)
    theirs = real.columns[place]
    with np.errstate(over="ignore", invalid="ignore"):  # near the ends of float64 the spread is infinite
        spread = np.nanstd(known, axis=0)
        room = np.where(np.array(real.categorical) | ~np.isfinite(spread), 0.0, tolerance * spread)
        off = np.abs(made.columns - theirs)
    gaps = np.isnan(made.columns), np.isnan(theirs)
    records, own = records_of(real, made)
    near = np.where(gaps[0] | gaps[1], gaps[0] & gaps[1], off <= room).all(axis=1) & (own != records[place])
    _, number = np.unique(records, return_inverse=True)
    met = np.zeros(int(number.max(initial=-1)) + 1, np.bool_)
    met[number[place[near]]] = True
    return near, met


def nearest(products: Products, view: View, role: Role) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Distance of each synthetic unit from its nearest real one, and the place of that: the first of identical ones."""
    # The neighbours of all units are there already, those of some would be sought again.
    index = view.rows["synthetic"].index
    whole = replace(view, rows={**view.rows, "synthetic": Rows(view.rows["synthetic"].source)})
    crossing: Crossing = products.get(Crossing, whole, role if role == "holdout" else None)
    points: Points = products.get(Points, whole, role)
    first = np.full(points.n_distinct, len(points), np.int64)
    np.minimum.at(first, points.inverse, np.arange(len(points)))
    rows = products.get(Points, whole, "synthetic").inverse
    rows = rows if index is None else rows[index]
    return crossing.nearest_real_distance[rows], first[crossing.nearest_real[rows]]
