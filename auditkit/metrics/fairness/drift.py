"""Has the whole table of group by class moved? Distances between distributions, beside what chance alone makes of them.

A distance is never below 0, so that two samples of one population are apart too: what counts is how far beyond chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from auditkit.metrics.fairness.association import Association, associations_of_tables
from auditkit.metrics.fairness.attributes import associations, crossed_associations, draws_for, worst_of
from auditkit.metrics.fairness.divergence import chance_of, distance_of, resampled_error
from auditkit.metrics.occupancy import Occupancy
from auditkit.metrics.parameters import one_of
from auditkit.metrics.registry import Part, Reading, metric

__all__ = ["joint_drift"]

Distance = Literal["total_variation", "jensen_shannon"]
DRAWS = 400
# Cells of two attributes and the label: an audit reads them many times over, and each costs its draws.
MOST_CROSSED = 100


def _joint_drift(real_occupancy: Occupancy, synthetic_occupancy: Occupancy, *, distance: Distance) -> Reading:
    real, synthetic = real_occupancy, synthetic_occupancy
    one_of("distance", distance, Distance)
    parts, crossed = (
        tuple(Part({"attribute": found.attribute}, _reading(found, distance)) for found in tables)
        for tables in (
            associations(real, synthetic),
            [found for found in crossed_associations(real, synthetic) if found.truth.size <= MOST_CROSSED],
        )
    )
    worst = worst_of(parts, (real.n, synthetic.n), "no label was declared.", further=crossed)
    if worst.value is None:
        return worst
    reading = next(part.reading for part in parts if dict(part.where) == worst.details["worst"])
    return Reading(
        worst.value,
        worst.n,
        interval=reading.interval,
        method=reading.method,
        null=reading.null,
        # The farthest of several is the farthest by chance too.
        spread=None if reading.spread is None else {**reading.spread, "looks": len(parts)},
        parts=worst.parts,
        details=worst.details,
    )


def _reading(found: Association, distance: Distance) -> Reading:
    first, second = found.truth.ravel(), found.other.ravel()
    n = (int(first.sum()), int(second.sum()))
    value = float(distance_of(first, second, distance))
    rng, draws = np.random.default_rng(0), draws_for(found, DRAWS)
    chance, p = chance_of(first, second, distance, draws=draws, rng=rng)
    error = resampled_error(first, second, distance, draws=draws, rng=rng)
    return Reading(
        value,
        n,
        # What resampling adds to a distance is taken off by laying the limits around the value.
        interval=(max(value - 1.96 * error, 0.0), min(value + 1.96 * error, 1.0)),
        method="multinomial resampling",
        null=chance,
        spread={"kind": "normal", "se": error},
        details={"p": p, "cells": int(np.count_nonzero(first + second))},
    )


@metric(
    reads=_joint_drift,
    family="fairness",
    direction="lower",
    bounds=(0.0, 1.0),
    unit="share",
    interval="reading",
    by_group=False,
    asks=("label", "groups"),
    embedded=False,
    source="Total variation of the joint shares; its chance by permutation given the pooled counts (Fisher 1935)",
    meaning="Which share of the samples would have to change group or class for both tables to be alike.",
    misleads=(
        "Never below 0: two samples of one population are apart too, the more so the more cells there are. Only what "
        "exceeds chance counts."
    ),
    advice="Read shares and label rates of the groups: they tell which cells have moved, and condition on them.",
)
def joint_drift(
    *,
    real: Any,
    synthetic: Any,
    attribute: str | Sequence[str],
    label: str,
    distance: Distance = "total_variation",
) -> float:
    """Distance between the joint distributions of group and class.

    Total variation: (1/2) sum_{a,t} | Q(a, t) - P(a, t) |, with P the real and Q the synthetic shares. Jensen-Shannon:
    the root of ( KL(P || M) + KL(Q || M) ) / 2 with M = (P + Q) / 2 and logarithms to base 2.

    Parameters
    ----------
    real, synthetic : table
        Dataset, frame or mapping of columns.
    attribute : str or sequence of str
        Column of the group; several stand for their intersection.
    label : str
        Column of the class.
    distance : {"total_variation", "jensen_shannon"}, default "total_variation"

    Returns
    -------
    float in [0, 1]; 0 is best: group and class have their real joint shares.

    Raises
    ------
    DataError, SampleSizeError, UnknownNameError
        If a set is no table, is empty or lacks a column, or the distance is unknown.

    Notes
    -----
    The distance, not the divergence, and to base 2, so that it lies within 0 and 1: scipy's `jensenshannon` with
    `base=2`. By chance alone it is some sqrt(cells / min(n, m)): an audit judges what exceeds the mean over samples
    dealt anew to both sets, and says the chance of as large a distance (`p` in the details).

    References
    ----------
    Lin 1991, "Divergence Measures Based on the Shannon Entropy", IEEE Transactions on Information Theory 37.

    Examples
    --------
    >>> real = {"sex": ["f", "f", "m", "m"], "hired": ["y", "n", "y", "n"]}
    >>> synthetic = {"sex": ["f", "f", "m", "m"], "hired": ["n", "n", "y", "y"]}
    >>> joint_drift(real=real, synthetic=synthetic, attribute="sex", label="hired")
    0.5
    """
    one_of("distance", distance, Distance)
    found = associations_of_tables(real=real, synthetic=synthetic, attribute=attribute, label=label)
    first, second = found.truth.ravel(), found.other.ravel()
    return float(distance_of(first, second, distance))
