"""Votes of synthetic rows for train or holdout: the share for train, and how far it is from chance."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from auditkit.intervals import normal_interval
from auditkit.metrics.reading import Reading

__all__ = ["vote_reading"]

# Between these lies the chance of the rarest outcome, as quantiles are finite and above 0 there.
_RAREST, _COMMONEST = 1e-300, 0.4


def vote_reading(shares: NDArray[np.float64], squares: float, sizes: tuple[int, int]) -> Reading:
    """Share of the votes for train, with its variance when train and holdout labels are permuted among all records.

    Parameters
    ----------
    shares : ndarray of shape (m,)
        What each synthetic row gives to train of its one vote.
    squares : float
        Sum over all records of the squared votes that they get.
    sizes : tuple of (int, int)
        Records in train and in the holdout.

    Returns
    -------
    Reading
        Its excess is that of sets of one size: half the share of the synthetic rows that are drawn to train.

    Notes
    -----
    If a share c of the rows votes for train whatever the holdout holds, the mean is null + c (1 - null). Of a holdout
    that is small beside train, the distance from the null cannot but be small: c / 2 does not depend on the sizes, and
    is that distance where both are equal.
    """
    (n_real, n_holdout), m = sizes, len(shares)
    n_records = n_real + n_holdout
    null = n_real / n_records
    value = float(shares.sum() / m)
    variance = null * (1 - null) * n_records / (n_records - 1) * (squares - m**2 / n_records) / m**2
    error = max(float(np.sqrt(max(variance, 0.0))), abs(value - null) / _largest_score(n_real, n_holdout))
    scale = 0.5 / (1 - null)
    return Reading(
        value,
        (n_real, m),
        contributions=shares,
        interval=normal_interval(value, error, bounds=(0.0, 1.0)),
        method="permutation",
        null=null,
        spread={"kind": "normal", "se": scale * error},
        scale=scale,
        details={
            "effective_sample_size": m**2 / squares,
            "share_of_equal_sets": min(max(0.5 + scale * (value - null), 0.0), 1.0),
        },
    )


def _largest_score(n_real: int, n_holdout: int) -> float:
    """Most standard errors that can be shown: no outcome is rarer than one in all ways to draw the holdout."""
    ways = math.lgamma(n_real + n_holdout + 1) - math.lgamma(n_real + 1) - math.lgamma(n_holdout + 1)
    return -NormalDist().inv_cdf(min(max(math.exp(-ways), _RAREST), _COMMONEST))
