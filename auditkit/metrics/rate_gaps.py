"""Difference of two rates with its interval: a share of all, or the rate of a class within a group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from auditkit.intervals import NORMAL_95, mover_difference, wilson
from auditkit.metrics.registry import Reading
from auditkit.results import Estimate

__all__ = ["Rate", "gap_of"]


@dataclass(frozen=True)
class Rate:
    """k of n units."""

    k: int
    n: int

    @property
    def share(self) -> float:
        """K / n."""
        return self.k / self.n

    @property
    def estimate(self) -> Estimate:
        """The share with its Wilson limits."""
        low, high = wilson(self.k, self.n)
        return Estimate(self.share, low, high, "wilson", (self.n, self.n))

    @property
    def variance(self) -> float:
        """Of the share, from its Wilson limits: never 0, also when k is 0 or n."""
        low, high = wilson(self.k, self.n)
        return float(((high - low) / (2 * NORMAL_95)) ** 2)


def gap_of(real: Rate, synthetic: Rate) -> Reading:
    """Synthetic minus real, with its interval; a share of nothing has no value."""
    n = (real.n, synthetic.n)
    if not min(n):
        empty = "real" if not real.n else "synthetic"
        return Reading(None, n, f"there is no {empty} unit to take a rate from.")
    difference = mover_difference(synthetic.estimate, real.estimate)
    return Reading(
        difference.value,
        n,
        interval=None if difference.low is None or difference.high is None else (difference.low, difference.high),
        method="mover",
        spread={"kind": "normal", "se": float(np.sqrt(real.variance + synthetic.variance))},
        details={"real": real.share, "synthetic": synthetic.share},
    )
