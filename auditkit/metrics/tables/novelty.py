"""Is it new? Or is a synthetic row a real one over again, but for a little noise in its numbers.

Noise of one percent makes no copy private. A high share proves nothing either: one column of noise, or of numbers that
name records, makes every row new.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import run_blocks, split_blocks
from auditkit.data.cells import Cells
from auditkit.metrics.parameters import number
from auditkit.metrics.products import Side
from auditkit.metrics.registry import Reading, metric
from auditkit.metrics.tables.codes import combined, stacked
from auditkit.metrics.tables.gower import spans
from auditkit.metrics.tables.novelty_tiles import Sorted, Sought, find_matches
from auditkit.metrics.tables.peers import SDMetrics, check_peer
from auditkit.metrics.tables.sides import named_sets, table_sides
from auditkit.metrics.tables.whole_table import table_of

__all__ = ["new_row_synthesis"]

Numbers = NDArray[np.float64]

_BLOCK = 1024
_SLACK = 1e-9


def _new_row_synthesis(real: Side, synthetic: Side, *, tolerance: float) -> Reading:
    new = ~matched_rows(table_of(real), table_of(synthetic), tolerance=tolerance)
    return Reading(float(new.mean()), (len(real), len(synthetic)), contributions=new.astype(np.float64))


@metric(
    reads=_new_row_synthesis,
    family="copying",
    modalities=("tabular",),
    direction="higher",
    bounds=(0.0, 1.0),
    unit="share",
    default=False,
    sized_by=("real",),
    source="NewRowSynthesis of sdmetrics 0.32",
    meaning="The share of synthetic records that match no training record, numbers being near within one percent.",
    misleads=(
        "A high share proves nothing: one column of noise makes every row new. In tables with few columns fresh real "
        "rows match too."
    ),
    advice="Read it beside fresh real records: a lower share means copies under a little noise.",
)
def new_row_synthesis(
    *, real: Any, synthetic: Any, tolerance: float = 0.01, compatible: SDMetrics | None = None
) -> float:
    """Share of synthetic rows that match no real row.

    A row matches a real one if their categories are equal, the same cells are missing, and each of its numbers s is
    near the real one: |r - s| <= tolerance |s|.

    Parameters
    ----------
    real : table of n rows
    synthetic : table of m rows
    tolerance : float, default 0.01
        Of numbers relative to the synthetic number, of moments relative to the range of the real ones.
    compatible : {"sdmetrics"}, optional
        NewRowSynthesis of SDMetrics 0.32, which takes moments for numbers: a hundredth of the time since 1970.

    Returns
    -------
    float in [0, 1]; nearest to the holdout's is best.

    Raises
    ------
    AuditkitError, DataError, SampleSizeError, UnknownNameError

    Notes
    -----
    A synthetic 0 matches nothing but 0. Rows are grouped by categories and missing cells, and within a group sorted by
    the number with most distinct values: O((n + m) log n), and O(p) for each pair within the tolerance of that number.

    References
    ----------
    sdmetrics 0.32.0, NewRowSynthesis.

    Examples
    --------
    >>> real = {"city": ["Oslo", "Rome"], "rent": [900.0, 800.0]}
    >>> new_row_synthesis(real=real, synthetic={"city": ["Oslo", "Rome"], "rent": [905.0, 900.0]})
    0.5
    """
    check_peer(compatible, SDMetrics)
    matched = matched_rows(
        **table_sides(named_sets(real=real, synthetic=synthetic)), tolerance=tolerance, compatible=compatible
    )
    return float(np.count_nonzero(~matched)) / len(matched)


def matched_rows(
    real: Cells, synthetic: Cells, *, tolerance: float = 0.01, compatible: SDMetrics | None = None
) -> NDArray[np.bool_]:
    """Which synthetic rows match a real row.

    Parameters
    ----------
    real, synthetic : Cells
        Of one encoding.
    tolerance, compatible
        As for `new_row_synthesis`.

    Returns
    -------
    ndarray of shape (m,), bool
    """
    share = number("tolerance", tolerance, give=0.01, least=0.0)
    sets = (real, synthetic)
    (real_group, group), n_groups = combined([_pattern(sets, place) for place in range(len(real.columns))])
    order, key = np.argsort(real_group, kind="stable"), np.zeros(len(real))
    low = high = np.zeros(len(synthetic))
    place = _most_distinct(real)
    if place is not None:
        key, mine = (_cells(item, place).astype(np.float64) for item in sets)
        order = np.lexsort([key, real_group])
        allowed = _allowed(real, synthetic, place, share, compatible)
        slack = _SLACK * (np.abs(mine) + allowed)
        low, high = mine - allowed - slack, mine + allowed + slack
    floats, whole = (
        [place for place in real.places("number", "moment") if real.values[place].dtype == dtype]
        for dtype in (np.float64, np.int64)
    )
    limits = (
        stacked([_allowed(real, synthetic, place, share, compatible) for place in places], len(synthetic), np.float64)
        for places in (floats, whole)
    )
    table = Sorted(
        np.append(0, np.cumsum(np.bincount(real_group, minlength=n_groups))).astype(np.int64),
        key[order],
        stacked([_cells(real, place)[order] for place in floats], len(real), np.float64),
        stacked([_cells(real, place)[order] for place in whole], len(real), np.int64),
    )
    sought = Sought(
        group,
        low,
        high,
        stacked([_cells(synthetic, place) for place in floats], len(synthetic), np.float64),
        stacked([_cells(synthetic, place) for place in whole], len(synthetic), np.int64),
        *limits,
    )
    found = np.zeros(len(synthetic), np.bool_)
    run_blocks(
        lambda block: find_matches(table, sought, block.start, block.stop, found), split_blocks(len(synthetic), _BLOCK)
    )
    return found


def _pattern(sets: Sequence[Cells], place: int) -> tuple[list[NDArray[np.int64]], int]:
    """Codes of categories; of numbers only whether they are missing."""
    column = sets[0].columns[place]
    if column.kind == "category":
        return [item.values[place].astype(np.int64) for item in sets], len(column.levels) + 1
    return [item.absent(place).astype(np.int64) for item in sets], 2


def _most_distinct(real: Cells) -> int | None:
    """The number or moment with most distinct values; None where there is no such column."""
    places = real.places("number", "moment")
    counts = [len(np.unique(real.values[place])) for place in places]
    return places[int(np.argmax(counts))] if places else None


def _cells(cells: Cells, place: int) -> NDArray[Any]:
    """Column with 0 where missing: rows of one group lack the same cells."""
    values, absent = cells.values[place], cells.missing[place]
    return values if absent is None else np.where(absent, values.dtype.type(0), values)


def _allowed(real: Cells, synthetic: Cells, place: int, share: float, compatible: SDMetrics | None) -> Numbers:
    """How far each synthetic cell of a column may be from a real one."""
    if real.columns[place].kind == "moment" and compatible is None:
        return np.full(len(synthetic), share * float(spans(real.only([real.names[place]]))[0] or 0))
    return np.abs(share * _cells(synthetic, place).astype(np.float64))
