"""Orders between columns that every real row follows and synthetic rows break: nobody leaves before they came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from auditkit.data.orders import Order, compared_columns, orders_of
from auditkit.gates.digits import percent
from auditkit.intervals import clopper_pearson

if TYPE_CHECKING:
    from auditkit.data.dataset import Dataset
    from auditkit.metrics.products import Role

__all__ = ["broken_orders", "orders_fact"]

_LEAST_EXCESS = 0.01
_MOST_FRESH = 0.005
_ALPHA = 0.01
_NAMED = 3


class _Count(NamedTuple):
    """Share of rows that break an order, and of how many independent units it is one."""

    share: float
    n: int


def orders_fact(sets: Mapping[Role, Dataset]) -> dict[str, str]:
    """A sentence on orders between columns that every real row follows and that synthetic rows break beyond chance.

    Parameters
    ----------
    sets : mapping of role to Dataset
        Only tables are looked at.

    Returns
    -------
    dict
        `{"orders": sentence}`, or nothing.
    """
    found = broken_orders(sets)
    if not found:
        return {}
    told = "; ".join(
        f"{order.sentence}, but {percent(share)} of the synthetic rows break that (`{order.constraint}`)"
        for order, share in found[:_NAMED]
    )
    left = len(found) - _NAMED
    more = f"; they break {left} more {'order' if left == 1 else 'orders'}" if left > 0 else ""
    fresh = " and at least 99.5 % of the held-out ones" if "holdout" in sets else ""
    return {"orders": f"in every real training row{fresh} {told}{more}."}


def broken_orders(sets: Mapping[Role, Dataset]) -> list[tuple[Order, float]]:
    """Orders that synthetic rows break beyond chance, and the share of those that do, the most broken first.

    An order is one that all training rows follow, and at least 99.5 % of the held-out ones. It is broken where the
    lower Clopper-Pearson limit of the synthetic share is more than 1 % above the upper limit of the real one, both
    of level .99 shared among all ordered pairs of columns. Rows of one unit count as one.

    Parameters
    ----------
    sets : mapping of role to Dataset

    Returns
    -------
    list of (Order, float)
    """
    real, synthetic = sets["real"], sets["synthetic"]
    if real.samples is not None:
        return []
    n_columns = len(compared_columns(real.schema))
    level = 1 - _ALPHA / max(n_columns * (n_columns - 1), 1)
    found = []
    for order in orders_of(real.table, real.schema):
        seen = _count(order, real)
        if "holdout" in sets:
            fresh = _count(order, sets["holdout"])
            if fresh.share > _MOST_FRESH:
                continue
            seen = _Count(fresh.share * fresh.n / (fresh.n + seen.n), fresh.n + seen.n)
        made = _count(order, synthetic)
        low, high = (clopper_pearson(item.share * item.n, item.n, level=level) for item in (made, seen))
        if low[0] - high[1] > _LEAST_EXCESS:
            found.append((order, made.share))
    return sorted(found, key=lambda item: -item[1])


def _count(order: Order, dataset: Dataset) -> _Count:
    broken, known = order.held_against(dataset.table)
    n = int(known.sum())
    if dataset.unit_of_row is not None:
        return _Count(float(broken.sum()) / max(n, 1), len(np.unique(dataset.unit_of_row[known])))
    return _Count(float(broken.sum()) / max(n, 1), n)
