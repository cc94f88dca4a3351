"""Groups and classes of very few real people have no name in what an audit writes: they count as one, "(rare)".

Fewer than five in all would follow from what is told of the whole and of the other levels, however well their own
numbers were hidden. So these few count with the smallest level that is told, and every sum is right without them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.metrics.registry import Part, Reading
from auditkit.metrics.side import Role
from auditkit.results import MIN_CELL

__all__ = ["RARE_LEVEL", "host_note", "hosted_levels", "pooled_levels", "without_few"]

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
        Levels that synthetic units alone have keep their name: they are nobody's. Where all rare units of the real set
        or of the holdout are fewer than `MIN_CELL`, they have its smallest other level.
    """
    names, counts = np.unique(levels["real"].astype(str), return_counts=True)
    rare = set(names[counts < MIN_CELL].tolist())
    known = set(names.tolist()) | {str(level) for level in levels.get("synthetic", ())}
    rare |= {str(level) for level in levels.get("holdout", ())} - known
    if not rare:
        return dict(levels)
    pooled = {role: _renamed(items, rare) for role, items in levels.items()}
    return {role: items if role == "synthetic" else hosted_levels(items) for role, items in pooled.items()}


def hosted_levels(levels: NDArray[np.object_]) -> NDArray[np.object_]:
    """Levels in which fewer than `MIN_CELL` rare units have the smallest other level.

    Parameters
    ----------
    levels : ndarray of shape (n,), object
        The rare ones are `RARE_LEVEL`.
    """
    host = _host(levels)
    if host is None:
        return levels
    found: NDArray[np.object_] = levels.copy()
    found[levels == RARE_LEVEL] = levels[levels.astype(str) == host][0]
    return found


def host_note(name: str, levels: NDArray[np.object_], role: str) -> str | None:
    """What becomes of the few units of rare levels, in a sentence; None where there are none, or enough.

    Parameters
    ----------
    name : str
        Column of the levels.
    levels : ndarray of shape (n,), object
        As they are in the data.
    role : str
        Set that they are from.
    """
    host = _host(levels)
    if host is None:
        return None
    return f"Fewer than {MIN_CELL} `{role}` units of rare levels of {name!r} count with {host!r}."


def _host(levels: NDArray[np.object_]) -> str | None:
    """Smallest level that is told, of equal ones the first by name; None where rare units are none, or enough."""
    names, counts = np.unique(levels.astype(str), return_counts=True)
    rare = (counts < MIN_CELL) | (names == RARE_LEVEL)
    if not 0 < counts[rare].sum() < MIN_CELL or rare.all():
        return None
    return str(names[~rare][counts[~rare].argmin()])


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
