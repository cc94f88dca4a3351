"""Whether there are enough samples for a metric: one sentence that says which set is short and what to do."""

from __future__ import annotations

from auditkit.errors import SampleSizeError

__all__ = ["require_samples"]


def require_samples(name: str, least: int, **sizes: int) -> None:
    """Refuse sets that are too small.

    Parameters
    ----------
    name : str
        What needs the samples, as `"frechet_distance"`.
    least : int
        How many it needs of each set.
    **sizes : int
        Samples of each set.

    Raises
    ------
    SampleSizeError
        If a set has fewer.

    Examples
    --------
    >>> require_samples("frechet_distance", 2, real=60, synthetic=60)
    """
    if min(sizes.values()) >= least:
        return
    got = ", ".join(f"{role}={n}" for role, n in sizes.items())
    every = " per set" if len(sizes) > 1 else ""
    raise SampleSizeError(f"{name} needs at least {least} samples{every}, got {got}: add samples.")
