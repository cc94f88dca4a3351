"""Scores of an ablation, all built alike: an estimate with its interval, what stands beside it, why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auditkit.ablation.grid import Grid
from auditkit.ablation.paired import Paired
from auditkit.results import Direction, Estimate, Reference, Score, Status

__all__ = ["ONE_REPEAT", "build_score", "estimate_of"]

_METHOD = "corrected t over repeats and bootstrap of test units"
ONE_REPEAT = "a single repeat gives no interval: ask for 5."


def build_score(  # noqa: PLR0913 - all that a score says
    grid: Grid,
    metric: str,
    found: Paired | None,
    *,
    where: Mapping[str, str],
    model: str,
    n: tuple[int, int],
    n_test: int,
    direction: Direction,
    bounds: tuple[float | None, float | None] = (None, None),
    told: tuple[Status, str] = ("ok", ""),
    references: Mapping[Reference, Estimate] | None = None,
    excess: Paired | None = None,
    spread: Paired | None = None,
    n_dropped: int = 0,
) -> Score:
    """Score of a mean over the repeats.

    Parameters
    ----------
    grid : Grid
    metric : str
    found : Paired or None
        The mean; None where it is undefined.
    where : mapping of str to str
    model : str
    n : tuple of (int, int)
        Real and synthetic units behind it.
    n_test : int
        Units tested on.
    direction : {"higher", "lower", "none"}
    bounds : tuple of (float or None, float or None)
    told : tuple of (status, reason)
        `("ok", "")` lets a single repeat, which has no interval, be degraded.
    references : mapping
    excess : Paired, optional
        A difference in the measure's own unit: the excess counts it so that positive is worse.
    spread : Paired, optional
        Whose spread the details keep.
    n_dropped : int, default 0

    Returns
    -------
    Score
    """
    status, reason = told
    if status == "ok" and found is not None and found.low is None:
        status, reason = "degraded", ONE_REPEAT
    details: dict[str, Any] = {"n_test": n_test}
    if spread is not None and spread.spread:
        details["spread"] = spread.spread
    return Score(
        metric=metric,
        where=where,
        estimate=None if found is None else estimate_of(found, n),
        references=references or {},
        excess=None if excess is None else estimate_of(excess, n, sign=1.0 if direction == "lower" else -1.0),
        direction=direction,
        target=None,
        bounds=bounds,
        unit="",
        status=status,
        reason=reason,
        embedder="",
        parameters={"model": model, "repeats": grid.repeats},
        n_dropped=n_dropped,
        seed=grid.seed,
        details=details,
    )


def estimate_of(paired: Paired, n: tuple[int, int], *, sign: float = 1.0) -> Estimate:
    """Estimate of a mean over repeats, or with sign -1.0 of its negative."""
    low, high = paired.low, paired.high
    if low is None or high is None:
        return Estimate(sign * paired.value, n=n)
    ends = sorted((sign * low, sign * high))
    return Estimate(sign * paired.value, ends[0], ends[1], _METHOD, n)
