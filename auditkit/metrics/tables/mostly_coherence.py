"""Coherence of sequential tables to the digits of mostlyai-qa 1.10.11."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from auditkit.data.cells import MISSING_CODE, Cells
from auditkit.metrics.tables.marginal_tiles import expected_overlap, overlap
from auditkit.metrics.tables.mostly import DIGITS, is_text
from auditkit.metrics.tables.quantile_bins import SPECIAL, below_edges, mostly_bins, mostly_edges
from auditkit.metrics.tables.unit_sides import UnitRows

__all__ = ["capped", "mostly_coherence"]

ROW_BINS, COUNT_BINS = 30, 10
MOST_ROWS = 100
TOP_LEVELS = 9
OTHER_PLACE = -len(SPECIAL) + SPECIAL.index("(other)")

Whole = NDArray[np.int64]
Figures = dict[tuple[str, str], tuple[float, float]]


def mostly_coherence(real: UnitRows, synthetic: UnitRows, *, rng: np.random.Generator) -> Figures:
    """Accuracy and expected maximum of each column, by measure.

    Parameters
    ----------
    real, synthetic : UnitRows
        The peer joins train and holdout to the first.
    rng : Generator
        Draws the pair of rows of each unit, and 100 rows of units that have more.

    Returns
    -------
    dict of (measure, column) to (accuracy, expected maximum)
    """
    texts = {name for name in real.cells.names if is_text(real.cells, name)}
    names = sorted(name for name in real.cells.names if name not in texts)
    sides = [UnitRows(item.cells.only(names), None, item.starts, item.ids) for item in (real, synthetic)]
    found: Figures = {}
    if names:
        found |= _next_rows(sides[0], sides[1], rng)
        rows = [capped(item, rng) for item in sides]
        bins = mostly_bins(["real"], {"real": rows[0].cells, "synthetic": rows[1].cells}, n_bins=ROW_BINS)
        codes = [bins.codes[role].astype(np.int64) for role in ("real", "synthetic")]
        for place, name in enumerate(names):
            size = int(bins.sizes[place])
            levels = [np.unique(item.unit_of_row * size + code[place]) for item, code in zip(rows, codes, strict=True)]
            found["distinct_levels", name] = _distinct(*(np.bincount(item // size) for item in levels))
            category = rows[0].cells.columns[place].kind == "category"
            other = size + OTHER_PLACE if category else size
            found["units_per_level", name] = _top_levels(levels[0], levels[1], size, other)
    return found


def _figures(real: Whole, synthetic: Whole) -> tuple[float, float]:
    value, expected = overlap(real, synthetic), expected_overlap(real, float(real.sum()), float(synthetic.sum()))
    return round(value, DIGITS), round(expected, DIGITS)


def _next_rows(real: UnitRows, synthetic: UnitRows, rng: np.random.Generator) -> Figures:
    firsts, seconds = {}, {}
    for role, item in (("real", real), ("synthetic", synthetic)):
        picked = item.starts[:-1] + ((item.lengths - 1) * rng.random(len(item))).astype(np.int64)
        firsts[role] = item.cells.take(picked)
        seconds[role] = _without(item.cells.take(np.where(item.lengths > 1, picked + 1, picked)), item.lengths == 1)
    one, two = (mostly_bins(["real"], cells) for cells in (firsts, seconds))
    found = {}
    for place, name in enumerate(one.names):
        sizes = int(one.sizes[place]), int(two.sizes[place])
        joint = [one.codes[role][place].astype(np.int64) * sizes[1] + two.codes[role][place] for role in firsts]
        counts = [np.bincount(item, minlength=sizes[0] * sizes[1]) for item in joint]
        found["next_row", name] = _figures(*counts)
    return found


def _without(cells: Cells, gone: NDArray[np.bool_]) -> Cells:
    """The same rows, all cells of some of them missing."""
    if not gone.any():
        return cells
    values, missing = [], []
    for column, given, absent in zip(cells.columns, cells.values, cells.missing, strict=True):
        blank = MISSING_CODE if column.kind == "category" else np.nan if given.dtype == np.float64 else given.min()
        values.append(np.where(gone, blank, given).astype(given.dtype))
        missing.append(gone if absent is None else absent | gone)
    return replace(cells, values=tuple(values), missing=tuple(missing))


def capped(item: UnitRows, rng: np.random.Generator) -> UnitRows:
    """At most 100 rows of each unit, drawn at random."""
    if item.lengths.max() <= MOST_ROWS:
        return item
    order = np.lexsort((rng.random(len(item.cells)), item.unit_of_row))
    kept = np.sort(order[np.arange(len(order)) - np.repeat(item.starts[:-1], item.lengths) < MOST_ROWS])
    starts = np.append(0, np.cumsum(np.minimum(item.lengths, MOST_ROWS)))
    return UnitRows(item.cells.take(kept), None, starts, item.ids)


def _distinct(real: Whole, synthetic: Whole) -> tuple[float, float]:
    edges = mostly_edges(real.astype(np.float64), n_bins=COUNT_BINS)
    codes = [below_edges(item.astype(np.float64), edges) for item in (real, synthetic)]
    return _figures(*(np.bincount(item, minlength=len(edges)) for item in codes))


def _top_levels(real: Whole, synthetic: Whole, size: int, other: int) -> tuple[float, float]:
    """Units per level: the nine levels that most real units have stay, the rest is joined to the other ones."""
    top = np.argsort(-np.bincount(real % size, minlength=size), kind="stable")[:TOP_LEVELS]
    places = np.full(size, other)
    places[top] = top
    joined = [np.unique(item // size * (size + 1) + places[item % size]) for item in (real, synthetic)]
    return _figures(*(np.bincount(item % (size + 1), minlength=size + 1) for item in joined))
