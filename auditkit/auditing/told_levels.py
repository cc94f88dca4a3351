"""Which shares and ends of ranges an exhibit tells: one rule for all, or one would tell what another one hides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from auditkit.data.levels import MISSING
from auditkit.metrics.products import Role
from auditkit.results import MIN_CELL

__all__ = ["MOST_LEVELS", "OTHERS", "hidden_cells", "level_counts", "told_ends", "told_shares"]

MOST_LEVELS = 10
OTHERS = "(others)"
Counts = NDArray[np.int64]


def hidden_cells(counts: Counts) -> NDArray[np.bool_]:
    """Cells of a real set that are not told: those of one to four rows, and a second one where there is a single one.

    Parameters
    ----------
    counts : ndarray of int64, shape (n_cells,)
        Rows in each cell; together they are the set, so that a single hidden one could be had from the rest.

    Returns
    -------
    ndarray of bool, shape (n_cells,)
    """
    hidden = (counts > 0) & (counts < MIN_CELL)
    if hidden.sum() == 1:
        left = np.where(hidden | (counts == 0), np.iinfo(np.int64).max, counts)
        hidden[int(left.argmin())] = True
    return hidden


def told_shares(counts: Mapping[Role, Counts] | Mapping[str, Counts]) -> tuple[list[int], dict[str, list[float]]]:
    """Cells that are hidden in no real set, and the share that each set has in them.

    Parameters
    ----------
    counts : mapping of role to ndarray of int64, shape (n_cells,)

    Returns
    -------
    shown : list of int
        Places of the cells told.
    shares : dict of role to list of float
    """
    hidden = np.any([hidden_cells(items) for role, items in counts.items() if role != "synthetic"], axis=0)
    shown = np.flatnonzero(~hidden).tolist()
    sizes = {role: max(int(items.sum()), 1) for role, items in counts.items()}
    return shown, {
        str(role): [round(float(items[place]) / sizes[role], 6) for place in shown] for role, items in counts.items()
    }


def told_ends(values: NDArray[np.float64], tail: float) -> tuple[float, float]:
    """Values beyond which a share lies on each side, and as many as may be told; the middle one where these are few.

    Parameters
    ----------
    values : ndarray of float64
    tail : float
        The share.

    Returns
    -------
    low, high : float
    """
    ordered = np.sort(values)
    beyond = min(max(MIN_CELL, int(tail * len(ordered))), (len(ordered) - 1) // 2)
    return float(ordered[beyond]), float(ordered[-1 - beyond])


def level_counts(
    counts: Mapping[Role, Counts], levels: Sequence[str], *, most: int = MOST_LEVELS
) -> tuple[list[str], dict[Role, Counts]]:
    """Rows per level, rare levels and those that synthetic rows lack together.

    Parameters
    ----------
    counts : mapping of role to ndarray of int64, shape (n_levels,)
        Of the real and the synthetic set at least.
    levels : sequence of str
        `"(missing)"` for cells that are missing.
    most : int, default 10
        How many levels are named.

    Returns
    -------
    names : list of str
        The most frequent real levels first, equally frequent ones by their names; then `"(others)"` and `"(missing)"`
        where any set has these.
    counts : dict of role to ndarray of int64
    """
    missing = np.array([level == MISSING for level in levels], dtype=np.bool_)
    # Words that stand in real records only are told to nobody.
    known = np.where(missing | (counts["synthetic"] == 0), 0, counts["real"])
    order = sorted(range(len(levels)), key=lambda place: (-known[place], levels[place]))
    shown = [place for place in order[:most] if known[place] >= MIN_CELL]
    rest = ~missing
    rest[shown] = False
    names = [levels[place] for place in shown]
    found = {role: [int(item[place]) for place in shown] for role, item in counts.items()}
    for name, which in ((OTHERS, rest), (MISSING, missing)):
        if any(item[which].any() for item in counts.values()):
            names.append(name)
            for role, item in counts.items():
                found[role].append(int(item[which].sum()))
    return names, {role: np.array(item, np.int64) for role, item in found.items()}
