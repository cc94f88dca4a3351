"""Attacks on all records of a set: their rates, and what an audit reads of them, a score whose null is 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from auditkit.intervals import standard_error
from auditkit.metrics.registry import Reading
from auditkit.metrics.tables.risks import Rate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from auditkit.metrics.tables.risks import Risk

__all__ = ["ALWAYS", "Hits", "Rows", "rate_of", "reading_of_risk"]

ALWAYS = "the attack succeeds on all fresh records"
Hits = NDArray[np.bool_]
Rows = NDArray[np.int64]


def rate_of(hits: Hits) -> Rate:
    """Rate of independent attacks."""
    return Rate(float(hits.mean()), len(hits), len(hits))


def reading_of_risk(found: Risk, n: tuple[int, int], *, details: Mapping[str, object] | None = None) -> Reading:
    """Reading of an attack on all records.

    Parameters
    ----------
    found : Risk
    n : tuple of (int, int)
        Real and synthetic rows.
    details : mapping, optional
        Further plain facts.

    Returns
    -------
    Reading
        Without a value where the risk is undefined, with its reason.
    """
    told: dict[str, object] = {"attacks": found.n_attacks, **(details or {})}
    for name, estimate in (("attack", found.attack), ("control", found.control)):
        if estimate is not None:
            told[name] = estimate.value
    if found.risk is None or found.low is None or found.high is None:
        return Reading(None, n, found.reason or "the attack has no limits.", details=told)
    return Reading(
        found.value,
        n,
        interval=(found.low, found.high),
        method=found.risk.method,
        null=0.0,
        spread={"kind": "normal", "se": standard_error(found.value, found.low, found.high)},
        details=told,
    )
