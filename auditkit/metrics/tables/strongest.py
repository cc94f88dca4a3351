"""The clearest of several readings about copying, its evidence corrected for having looked at them all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from auditkit.metrics.registry import Part, Reading
from auditkit.spreads import p_above

__all__ = ["strongest"]


def strongest(found: Sequence[Part]) -> Reading:
    """Reading of the part that speaks most for copying, with all parts.

    Parameters
    ----------
    found : sequence of Part
        Readings of a sign test, one or more.

    Returns
    -------
    Reading
        The details name the part and tell the number of `looks`.
    """
    looks = len(found)

    def evidence(part: Part) -> tuple[float, float]:
        value = part.reading.value or 0.0
        # Rounded, so that of parts that found the same copies the first is named.
        return -float(f"{p_above(value, part.reading.spread or {}, margin=0.0):.9g}"), round(value, 12)

    clearest = max(found, key=evidence)
    return replace(
        clearest.reading,
        spread={**(clearest.reading.spread or {}), "looks": looks},
        details={**clearest.reading.details, **clearest.where, "looks": looks},
        parts=tuple(found),
    )
