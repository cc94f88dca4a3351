"""Conditions where there are no columns: clusters of all rows in feature space, the real and the synthetic alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from auditkit.metrics.neighbours import merge_rows
from auditkit.metrics.partition import clusters_of
from auditkit.metrics.slices.conditions import Axis, Codes, axis_of_levels

__all__ = ["cluster_axis", "number_of_clusters"]

ROWS_PER_CLUSTER = 150
MOST_CLUSTERS = 24


def number_of_clusters(n_rows: int) -> int:
    """One per 150 rows, 2 to 24."""
    return int(np.clip(n_rows // ROWS_PER_CLUSTER, 2, MOST_CLUSTERS))


def cluster_axis(
    features: Mapping[str, NDArray[np.floating]],
    roles: Sequence[str],
    *,
    least: int,
    seed: int,
    n_clusters: int | None = None,
) -> tuple[Axis, dict[str, Codes]]:
    """Axis of k-means clusters of the rows of all sets together, which therefore favour none.

    Parameters
    ----------
    features : mapping of role to ndarray of shape (n, d)
    roles : sequence of str
        The sets in order, the real one first.
    least : int
    seed : int
    n_clusters : int, optional

    Returns
    -------
    Axis, dict of role to codes
    """
    pooled = merge_rows(np.concatenate([features[role] for role in roles]))
    wanted = number_of_clusters(len(pooled)) if n_clusters is None else n_clusters
    wanted = min(wanted, pooled.n_distinct)
    (found,) = clusters_of(pooled, (pooled,), wanted, seed)
    ends = np.cumsum([len(features[role]) for role in roles])[:-1]
    # Numbered by size, so that a name says something.
    order = np.argsort(-np.bincount(found, minlength=wanted), kind="stable")
    place = np.empty(wanted, np.int64)
    place[order] = np.arange(wanted)
    names = [str(number + 1) for number in range(wanted)]
    axis, codes = axis_of_levels("cluster", names, np.split(place[found], ends), least=least, verb="")
    return axis, dict(zip(roles, codes, strict=True))
