"""How far two lists of counts are apart as distributions, what chance makes of it, and how sure it is."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import rel_entr

from auditkit.metrics.fairness.directional import rates_along

__all__ = ["chance_of", "distance_of", "resampled_error"]

Counts = NDArray[Any]
Distance = Literal["total_variation", "jensen_shannon"]


def distance_of(first: Counts, second: Counts, distance: Distance = "total_variation") -> NDArray[np.float64]:
    """Distance between the shares of two lists of counts, along the last axis.

    Parameters
    ----------
    first, second : ndarray of shape (..., n_cells)
    distance : {"total_variation", "jensen_shannon"}
        The latter is the root of the divergence to base 2.

    Returns
    -------
    ndarray of shape (...), in [0, 1]
    """
    p, q = rates_along(first, -1), rates_along(second, -1)
    if distance == "total_variation":
        return np.asarray(np.abs(p - q).sum(axis=-1) / 2)
    middle = (p + q) / 2
    divergence = (rel_entr(p, middle) + rel_entr(q, middle)).sum(axis=-1) / (2 * np.log(2))
    return np.asarray(np.sqrt(np.clip(divergence, 0.0, 1.0)))


def chance_of(
    first: Counts, second: Counts, distance: Distance, *, draws: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Mean distance where all samples are dealt anew to both sets, and the chance of one as large as that found.

    Parameters
    ----------
    first, second : ndarray of shape (n_cells,)
    distance : str
    draws : int
    rng : numpy.random.Generator

    Returns
    -------
    tuple of (float, float)
    """
    pooled = np.asarray(first + second, np.int64)
    dealt = rng.multivariate_hypergeometric(pooled, int(first.sum()), size=draws, method="marginals")
    values = distance_of(dealt, pooled - dealt, distance)
    found = float(distance_of(first, second, distance))
    # Rounding must not make an equal distance a smaller one.
    return float(values.mean()), float((1 + np.count_nonzero(values >= found - 1e-12)) / (1 + draws))


def resampled_error(
    first: Counts, second: Counts, distance: Distance, *, draws: int, rng: np.random.Generator
) -> float:
    """Standard error of a distance, from both sets drawn anew from their own counts.

    Parameters
    ----------
    first, second : ndarray of shape (n_cells,)
    distance : str
    draws : int
    rng : numpy.random.Generator
    """
    drawn = [rng.multinomial(int(counts.sum()), counts / counts.sum(), size=draws) for counts in (first, second)]
    return float(np.std(distance_of(drawn[0], drawn[1], distance), ddof=1))
