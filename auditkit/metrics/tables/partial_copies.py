"""Copies with a cell changed: records that equal a training record but for one column, or but for all that name it.

A column that is different in nearly every record (a weight, a number drawn to the cent) makes each record unique, so a
copy with that cell redrawn equals nothing. Each column is left out in turn, and all such columns at once. A record of
several rows is equal where all of its rows are; such a record is also a copy where a long run of its rows is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.data.dataset import Dataset
from auditkit.errors import UndefinedError
from auditkit.metrics.copies import excess_of_records
from auditkit.metrics.registry import Part, Reading, evaluate, metric
from auditkit.metrics.side import Role, Side
from auditkit.metrics.tables.shared_runs import RowsOfUnits, run_excess
from auditkit.metrics.tables.sides import named_sets, table_sides
from auditkit.metrics.tables.strongest import strongest
from auditkit.metrics.tables.unit_sides import unit_sides
from auditkit.metrics.tables.whole_table import table_of

__all__ = ["partial_copy_excess"]

NEARLY_UNIQUE = 0.5
"""A column with more distinct values than this share of the rows names records."""
SOME_ROWS = "(some rows)"
"""Stands for a column where units share a run of rows with a real one, see `shared_runs`."""
_SEED = 20261121
_WEIGHTS = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD1B54A32D192ED03))


def _partial_copy_excess(real: Side, synthetic: Side, holdout: Side) -> Reading:
    tables = [_table_of(side) for side in (real, synthetic, holdout)]
    n = (len(real), len(synthetic))
    single = len(tables[0].names) < 2  # noqa: PLR2004 - one column left out leaves nothing
    if single and tables[0].starts is None:
        return Reading(None, n, "a table of one column has no part to compare.")
    cells = _hashed(tables)
    whole = [item.sum(axis=0, dtype=np.uint64) for item in cells]
    found: dict[str, Reading] = {}
    for name, places in ({} if single else _subsets(tables[0])).items():
        # Sums of hashes wrap around, so that what is left out can be taken off again.
        keys = [total - item[places].sum(axis=0, dtype=np.uint64) for total, item in zip(whole, cells, strict=True)]
        records = [table.joined(key).view(np.int64) for table, key in zip(tables, keys, strict=True)]
        found[name] = excess_of_records(*records)
    if tables[0].starts is not None:
        found[SOME_ROWS] = run_excess(*map(_runs_of, tables, cells))
    return strongest([Part({"without": name}, reading) for name, reading in found.items()])


def _runs_of(table: _Table, cells: NDArray[np.uint64]) -> RowsOfUnits:
    """Rows without what orders them: that shifts where a row is left out."""
    starts = np.zeros(1, np.int64) if table.starts is None else table.starts
    rows = cells[: len(cells) - table.ordered].sum(axis=0, dtype=np.uint64)
    return RowsOfUnits(rows, starts, table.ordered)


@dataclass(frozen=True, eq=False)
class _Table:
    """Columns of one set, and which rows are one record."""

    names: tuple[str, ...]
    columns: tuple[NDArray[Any], ...]
    starts: NDArray[np.int64] | None = None
    ordered: bool = False

    def joined(self, rows: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """Hash of each record from those of its rows, which stand in an order where there is one."""
        if self.starts is None:
            return rows
        first, second = _WEIGHTS
        places = np.arange(len(rows), dtype=np.uint64) - np.repeat(self.starts[:-1], np.diff(self.starts)).astype(
            np.uint64
        )
        placed = rows + _mixed(places + np.uint64(1), second, first) if self.ordered else rows
        return np.add.reduceat(_mixed(placed, first, second), self.starts[:-1])


def _table_of(side: Side) -> _Table:
    if side.units is None:
        cells = table_of(side)
        return _Table(cells.names, cells.values)
    cells, steps = side.units.cells, side.units.steps
    if steps is None:
        return _Table(cells.names, cells.values, side.units.starts)
    return _Table((*cells.names, side.units.order), (*cells.values, steps), side.units.starts, ordered=True)


def _subsets(real: _Table) -> dict[str, list[int]]:
    """What to leave out: each column, and together those that name records where there are several."""
    left = {name: [place] for place, name in enumerate(real.names)}
    naming = [
        place
        for place, values in enumerate(real.columns[: len(real.names) - real.ordered])
        if len(np.unique(values)) > NEARLY_UNIQUE * len(values)
    ]
    if 1 < len(naming) < len(real.names):
        left[", ".join(real.names[place] for place in naming)] = naming
    return left


def _hashed(tables: Sequence[_Table]) -> list[NDArray[np.uint64]]:
    """Hash of each cell, shape (n_columns, n_rows) for each table; equal cells of a column have equal hashes."""
    weights = np.random.default_rng(_SEED).integers(0, 2**64, (len(tables[0].names), 2), dtype=np.uint64) | np.uint64(1)
    return [
        np.stack([_mixed(_bits(values), *weights[place]) for place, values in enumerate(table.columns)])
        for table in tables
    ]


def _bits(values: NDArray[Any]) -> NDArray[np.uint64]:
    if values.dtype == np.float64:
        plain = values + 0.0  # -0.0 is 0.0
        plain[np.isnan(plain)] = np.nan  # one of the many
        return plain.view(np.uint64)
    return values.astype(np.int64).view(np.uint64)


def _mixed(bits: NDArray[np.uint64], first: np.uint64, second: np.uint64) -> NDArray[np.uint64]:
    """Multiply and fold twice, as splitmix64 does: every bit of a cell reaches every bit of its hash."""
    mixed = (bits ^ first) * second
    mixed ^= mixed >> np.uint64(32)
    mixed *= first
    mixed ^= mixed >> np.uint64(29)
    mixed *= second
    return mixed ^ (mixed >> np.uint64(32))


@metric(
    reads=_partial_copy_excess,
    family="copying",
    modalities=("tabular",),
    direction="lower",
    bounds=(None, None),
    unit="share",
    null=0.0,
    interval="none",
    by_group=False,
    asks=("rows",),
    source="Sign test of copy_excess on each subset of columns, Bonferroni over the subsets",
    meaning="The share of synthetic records that equal a training record but for a column, beyond what fresh real "
    "records would match.",
    misleads=(
        "One column is left out at a time, and those that identify records together: a copy with two coarse columns "
        "changed is not found."
    ),
    advice="Treat these records as copies: a redrawn weight or number does not hide whose record it is.",
)
def partial_copy_excess(*, real: Any, synthetic: Any, holdout: Any) -> float:
    """Largest `copy_excess` over records with a column left out.

    max over subsets S of (share of synthetic rows that on S equal a train-only record, less the share that equal a
    holdout-only record), the subset taken whose sign test is the clearest.

    Parameters
    ----------
    real, synthetic, holdout : table of n, m and h rows
        Training records, synthetic ones, and real ones that the generator never saw. Of Datasets with a key a record
        is all rows of a unit, in their order where there is one; leaving out the column that orders them finds copies
        whose dates or times are shifted. Units that share a long run of rows with a real one, whatever the order's
        values, are looked for too: at least three rows and half those of the shorter unit, or all rows but one.

    Returns
    -------
    float in [-n / s, n / s] with s = min(n, h); lower is better. About 0 for a generator that does not copy.

    Raises
    ------
    UndefinedError
        If there is one column only.
    DataError, SampleSizeError
        If tables cannot be read, share no column or have no row.

    Notes
    -----
    The subsets: all columns but one, for each, and, where they are several, all but those columns with more distinct
    values in train than half its rows. An audit corrects the evidence for the number of subsets. O(n p log n); rows are
    told apart by 64-bit hashes, so that among a million rows two different ones are taken for equal with a chance of
    1e-7.

    References
    ----------
    Bonferroni 1936; for the sign test see `copy_excess`.

    Examples
    --------
    >>> real = {"weight": [1.5, 2.5, 3.5, 4.5], "job": list("abcd"), "town": list("xyzx")}
    >>> fresh = {"weight": [5.5, 6.5, 7.5, 8.5], "job": list("dcba"), "town": list("yyxy")}
    >>> copies = {"weight": [9.5, 9.6, 9.7, 9.8], "job": list("abcd"), "town": list("xyzx")}
    >>> partial_copy_excess(real=real, synthetic=copies, holdout=fresh)
    1.0
    """
    sets = named_sets(real=real, synthetic=synthetic, holdout=holdout)
    roles: tuple[Role, ...] = ("real", "synthetic", "holdout")
    if isinstance(real, Dataset) and real.key is not None:
        units = unit_sides(sets, key=None, order=None)
        sides = {role: Side(np.zeros((len(units[role]), 0)), units=units[role]) for role in roles}
    else:
        cells = table_sides(sets)
        sides = {role: Side(np.zeros((len(cells[role]), 0)), cells=cells[role]) for role in roles}
    reading = evaluate(_partial_copy_excess, sides)
    if reading.value is None:
        raise UndefinedError(reading.reason)
    return float(reading.value)
