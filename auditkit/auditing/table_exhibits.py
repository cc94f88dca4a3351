"""Bounded exhibits of tables: how columns are distributed, how pairs hang together, what tells the sets apart.

Ranges end at quantiles, rare levels and those that only real rows have stand together without names, and where fewer
than five real rows meet nothing is told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.auditing.told_levels import hidden_cells, level_counts, told_ends
from auditkit.data.cells import CellColumn, Cells
from auditkit.data.levels import MISSING
from auditkit.exhibits import Exhibit
from auditkit.metrics.giveaways import giveaways
from auditkit.metrics.products import Role, Side
from auditkit.metrics.tables.bins import code_cells
from auditkit.metrics.tables.contingency import all_pairs, associations
from auditkit.metrics.tables.fidelity import pair_edges
from auditkit.results import MIN_CELL

__all__ = ["table_exhibits"]

Declared = tuple[tuple[str, ...], dict[Role, NDArray[np.int64]]]
EXPLAINED = "classifier_two_sample"
MOST_COLUMNS = 24
BINS = 12
TAIL = 0.01
HEAP = 0.1
"""Share of the rows, of either set, whose one value stands by itself."""
MOST_HEAPS = 2
Counts = NDArray[np.int64]


def table_exhibits(
    sides: Mapping[Role, Side], *, seed: int = 0, metrics: Collection[str] = (EXPLAINED,)
) -> Iterator[Exhibit]:
    """Exhibits of the tables of an audit; none where there are none.

    Parameters
    ----------
    sides : mapping of role to Side
    seed : int, default 0
        Of the classifiers that say which columns give the synthetic table away.
    metrics : collection of str, optional
        Metrics of the audit: what gives the synthetic table away is told beside `classifier_two_sample` only.
    """
    tables = {role: side.cells for role, side in sides.items() if side.cells is not None}
    if len(tables) < len(sides) or "real" not in tables:
        return
    named = _declared(sides, tables)
    columns = [_column(tables, place, named.get(column.name)) for place, column in enumerate(tables["real"].columns)]
    apart = [_distance(tables["real"], tables["synthetic"], place) for place in range(len(columns))]
    worst = [columns[place] for place in sorted(range(len(columns)), key=lambda at: -apart[at])][:MOST_COLUMNS]
    title = "How each column is distributed, the least alike first"
    yield Exhibit("columns", "columns", title, {"items": worst, "n_columns": len(columns)})
    if 1 < len(columns) <= MOST_COLUMNS:
        yield _associations(tables)
    if EXPLAINED not in metrics:
        return
    found = giveaways(sides["real"], sides["synthetic"], seed=seed)[:MOST_COLUMNS]
    told = [{"column": item.column, "lost": round(item.lost, 4), "alone": _rounded(item.alone)} for item in found]
    if told:
        yield Exhibit("giveaways", "giveaways", "What gives the synthetic data away", {"items": told})


def _distance(real: Cells, synthetic: Cells, place: int) -> float:
    """What a column lacks in its score: the largest gap between distribution functions, or of levels the variation."""
    if real.columns[place].kind == "category":
        levels = len(real.columns[place].levels) + 1
        shares = [np.bincount(item.values[place], minlength=levels) / max(len(item), 1) for item in (real, synthetic)]
        return float(np.abs(shares[0] - shares[1]).sum() / 2)
    numbers = [item.numbers(place) for item in (real, synthetic)]
    present = [np.sort(item[~np.isnan(item)]) for item in numbers]
    lacking = [1.0 - len(known) / max(len(item), 1) for known, item in zip(present, numbers, strict=True)]
    missing = abs(lacking[0] - lacking[1])
    if not all(map(len, present)):
        return missing
    values = np.concatenate(present)
    below = [np.searchsorted(item, values, side="right") / len(item) for item in present]
    return max(missing, float(np.abs(below[0] - below[1]).max()))


def _declared(sides: Mapping[Role, Side], tables: Mapping[Role, Cells]) -> dict[str, Declared]:
    """Levels of groups and classes as all scores count them: two ways of counting would tell what each one hides."""
    real, cells = sides["real"], tables["real"]
    if any(len(side) != len(tables[role]) for role, side in sides.items()):
        return {}  # units of several rows
    found: dict[str, Declared] = {
        name: (levels, {role: side.groups[name] for role, side in sides.items()})
        for name, levels in real.group_levels.items()
    }
    labels = {role: side.labels for role, side in sides.items() if side.labels is not None}
    if real.target is not None and len(labels) == len(sides):
        found[cells.names[cells.matrix_places[real.target]]] = (real.label_levels, labels)
    return found


def _column(tables: Mapping[Role, Cells], place: int, declared: Declared | None) -> dict[str, Any]:
    column = tables["real"].columns[place]
    if column.kind != "category":
        names, counts = _bin_counts(tables, place)
    elif declared is None:
        names, counts = _level_counts(tables, place)
    else:
        levels, codes = declared
        names, counts = level_counts(
            {role: np.bincount(items, minlength=len(levels)) for role, items in codes.items()}, levels
        )
    shares = {str(role): _told(found, len(tables[role]), real=role != "synthetic") for role, found in counts.items()}
    return {"name": column.name, "kind": column.kind, "bins": names, **shares}


def _told(counts: Counts, n: int, *, real: bool) -> list[float | None]:
    """Shares of cells; of real rows, the holdout's too, none where fewer than five meet."""
    hidden = hidden_cells(counts) & real
    return [None if hide else round(float(item) / n, 6) for item, hide in zip(counts, hidden, strict=True)]


def _level_counts(tables: Mapping[Role, Cells], place: int) -> tuple[list[str], dict[Role, Counts]]:
    levels = (MISSING, *tables["real"].columns[place].levels)
    return level_counts(
        {role: np.bincount(item.values[place], minlength=len(levels)) for role, item in tables.items()}, levels
    )


def _bin_counts(tables: Mapping[Role, Cells], place: int) -> tuple[list[str], dict[Role, Counts]]:
    numbers = {role: item.numbers(place) for role, item in tables.items()}
    present = {role: item[~np.isnan(item)] for role, item in numbers.items()}
    if not len(present["real"]):
        return [MISSING], {role: np.array([len(item)], np.int64) for role, item in numbers.items()}
    column = tables["real"].columns[place]
    heaps = _heaps(present)
    rest = {role: item[~np.isin(item, heaps)] for role, item in present.items()}
    low, high = told_ends(rest["real"], TAIL)
    # Halves, for the difference of two huge numbers need not be one.
    edges = 2.0 * np.linspace(low / 2.0, high / 2.0, BINS + 1)[1:-1] if high > low else np.array([low])
    words = [_word(edge, column) for edge in edges]
    names = [f"= {_word(heap, column)}" for heap in heaps]
    names += [f"below {words[0]}", *(f"from {word}" for word in words)]
    found = {
        role: np.array(
            [
                *(np.count_nonzero(present[role] == heap) for heap in heaps),
                *np.bincount(np.searchsorted(edges, item, side="right"), minlength=len(edges) + 1),
            ],
            np.int64,
        )
        for role, item in rest.items()
    }
    if any(len(present[role]) < len(item) for role, item in numbers.items()):
        names.append(MISSING)
        found = {role: np.append(item, len(numbers[role]) - len(present[role])) for role, item in found.items()}
    return names, found


def _heaps(present: Mapping[Role, NDArray[np.float64]]) -> list[float]:
    """Values that many rows of a set have, which equal bins hide among their neighbours; a few values need no bins."""
    found: set[float] = set()
    for role in ("real", "synthetic"):
        values, counts = np.unique(present[role], return_counts=True)
        if role == "real" and len(values) <= BINS:
            return []
        found |= set(values[counts >= max(HEAP * len(present[role]), MIN_CELL)].tolist())
    share = {
        value: [np.count_nonzero(present[role] == value) / max(len(present[role]), 1) for role in ("real", "synthetic")]
        for value in found
    }
    heaps = sorted(found, key=lambda value: (-abs(share[value][0] - share[value][1]), value))[:MOST_HEAPS]
    # What is left must be enough for ends that are nobody's own.
    left = np.count_nonzero(~np.isin(present["real"], heaps))
    return sorted(heaps) if left > 2 * MIN_CELL else []


def _word(edge: float, column: CellColumn) -> str:
    if column.kind != "moment":
        return f"{edge:.4g}"
    return str(np.datetime64(round(edge), column.unit).astype("datetime64[D]"))


def _associations(tables: Mapping[Role, Cells]) -> Exhibit:
    """Cramér's V of every pair, numbers in tenths of the real ones."""
    edges = pair_edges(tables["real"])
    names = [column.name for column in tables["real"].columns]
    pairs = all_pairs(len(names))
    data: dict[str, Any] = {"columns": names}
    for role in ("real", "synthetic"):
        strength = associations(code_cells(tables[role], edges), pairs).cramers_v
        matrix: list[list[float | None]] = [[None] * len(names) for _ in names]
        for (i, j), value in zip(pairs.tolist(), strength.tolist(), strict=True):
            matrix[i][j] = matrix[j][i] = None if np.isnan(value) else round(value, 3)
        data[role] = matrix
    return Exhibit("associations", "associations", "How strongly pairs of columns hang together", data)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
