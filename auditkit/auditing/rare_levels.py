"""Groups and classes of very few real people have no name in what an audit writes: they count as one, "(rare)"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.metrics.registry import Part, Reading
from auditkit.metrics.side import Role
from auditkit.results import MIN_CELL

__all__ = ["RARE_LEVEL", "pooled_levels", "without_few"]

RARE_LEVEL = "(rare)"
"""Stands for all levels of a group or label that fewer than `MIN_CELL` real units have or the holdout alone has."""


def pooled_levels(levels: Mapping[Role, NDArray[np.object_]]) -> dict[Role, NDArray[np.object_]]:
    """Levels of each unit, the rare ones under one name.

    Parameters
    ----------
    levels : mapping of role to ndarray of shape (n,), object
        Of one group or of the label, the real set's among them.

    Returns
    -------
    dict of role to ndarray of shape (n,), object
        Levels that synthetic units alone have keep their name: they are nobody's.
    """
    names, counts = np.unique(levels["real"].astype(str), return_counts=True)
    rare = set(names[counts < MIN_CELL].tolist())
    known = set(names.tolist()) | {str(level) for level in levels.get("synthetic", ())}
    rare |= {str(level) for level in levels.get("holdout", ())} - known
    return {role: _renamed(items, rare) for role, items in levels.items()} if rare else dict(levels)


def _renamed(levels: NDArray[Any], rare: set[str]) -> NDArray[np.object_]:
    return np.array([RARE_LEVEL if str(level) in rare else level for level in levels], dtype=object)


def without_few(reading: Reading) -> Reading:
    """Reading that tells no rate of the rare levels where fewer than `MIN_CELL` real units have them.

    Parameters
    ----------
    reading : Reading
        Of groups, each a part whose details hold its `"real"` share; the value is the largest of theirs.
    """
    hidden = [part.where for part in reading.parts if _tells_of_few(part)]
    if not hidden:
        return reading
    parts = tuple(replace(part, reading=_HIDDEN) if part.where in hidden else part for part in reading.parts)
    if reading.details.get("worst") not in [dict(where) for where in hidden]:
        return replace(reading, parts=parts)
    told = [part for part in parts if part.reading.value is not None]
    worst = max(told, key=lambda part: abs(part.reading.value or 0.0), default=None)
    if worst is None:
        return replace(_HIDDEN, n=reading.n, parts=parts)
    details = {**reading.details, "worst": dict(worst.where)}
    return replace(reading, value=abs(worst.reading.value or 0.0), parts=parts, details=details)


def _tells_of_few(part: Part) -> bool:
    share = part.reading.details.get("real")
    if RARE_LEVEL not in part.where.values() or not isinstance(share, float):
        return False
    return round(share * part.reading.n[0]) < MIN_CELL


_HIDDEN = Reading(None, (0, 0), f"fewer than {MIN_CELL} real units are in it: its share would tell their number.")
