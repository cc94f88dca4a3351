"""The share of a set that people would accept, from a sample that looked harder where something seemed wrong.

Each stratum (the suspicious samples, the others) is drawn from at random by itself, so every sample of it had the same
chance to be shown: n_h of N_h. The share of the whole set is the mean of the strata's shares, weighted by how many
samples they hold and not by how many were shown. This is the Horvitz-Thompson estimate of such a design.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from auditkit.errors import DataError
from auditkit.intervals import wilson
from auditkit.results import Estimate

__all__ = ["Stratum", "stratified_share"]


@dataclass(frozen=True)
class Stratum:
    """A part of the set that was drawn from by itself.

    Attributes
    ----------
    name : str
    size : int
        Samples that it holds.
    n : int
        Samples of it that were judged.
    accepted : float
        How many of them were accepted; a tie between reviewers counts as a half.
    """

    name: str
    size: int
    n: int
    accepted: float


def stratified_share(strata: Iterable[Stratum]) -> tuple[Estimate | None, str]:
    """Share of the whole set that is accepted, with a 95 % interval.

    p = sum_h W_h p_h with W_h = N_h / N and p_h the accepted share of what was judged in stratum h.

    Parameters
    ----------
    strata : iterable of Stratum

    Returns
    -------
    estimate : Estimate or None
        In [0, 1]. None where a stratum was not judged at all: nothing is known about that part of the set.
    reason : str
        Why there is no estimate; empty with one.

    Raises
    ------
    DataError
        If more was judged than there is, or more accepted than judged.

    Notes
    -----
    Each stratum has Wilson's limits, at the effective number n (N - 1) / (N - n): what has been looked at in full is
    known. The limits of the mean are at the root of the weighted squared distances (MOVER), which for one stratum is
    Wilson's interval itself. A plain mean of all answers would be too low where suspicious samples were sought out.

    References
    ----------
    Horvitz and Thompson 1952, JASA 47; Wilson 1927, JASA 22; Zou and Donner 2008, Statistics in Medicine 27 (MOVER).

    Examples
    --------
    >>> found, _ = stratified_share([Stratum("suspicious", 100, 10, 0), Stratum("others", 900, 10, 10)])
    >>> found.value, round(found.low, 2), round(found.high, 2)
    (0.9, 0.65, 0.93)
    """
    held = [item for item in strata if item.size]
    total, judged = sum(item.size for item in held), sum(item.n for item in held)
    for item in held:
        if not 0 <= item.accepted <= item.n <= item.size:
            message = (
                f"{item.name!r} has {item.accepted:g} accepted of {item.n} judged of {item.size}: the counts clash."
            )
            raise DataError(message)
    empty = [item.name for item in held if not item.n]
    if not held or not judged:
        return None, "nothing was accepted or rejected yet"
    if empty:
        return None, f"nothing of the part {empty[0]!r} was accepted or rejected yet"
    value = below = above = 0.0
    for item in held:
        weight, share = item.size / total, item.accepted / item.n
        low, high = _limits(item)
        value += weight * share
        below += (weight * (share - low)) ** 2
        above += (weight * (high - share)) ** 2
    low, high = max(0.0, value - math.sqrt(below)), min(1.0, value + math.sqrt(above))
    return Estimate(value, low, high, "wilson" if len(held) == 1 else "stratified wilson", (0, judged)), ""


def _limits(item: Stratum) -> tuple[float, float]:
    if item.n == item.size:
        return item.accepted / item.n, item.accepted / item.n
    effective = item.n * (item.size - 1) / (item.size - item.n)
    return wilson(item.accepted / item.n * effective, effective)
