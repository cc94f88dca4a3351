"""A metric of one's own, measured by an audit and judged by a gate like those that come along.

`python examples/own_metric.py` takes a second. docs/extending.md tells more, and how a package adds its metrics.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

import auditkit as ak
from auditkit.metrics.arrays import feature_sides
from auditkit.metrics.moments import Moments
from auditkit.metrics.registry import Reading, metric, value_of

GATE = """
extends = "none"

[[gate]]
id = "spread"
metric = "spread_ratio"
min = 0.9
why = "Samples that all lie near the middle teach a model that nothing is ever rare."
"""


def _spread_ratio(real_moments: Moments, synthetic_moments: Moments) -> Reading:
    """The logic, on what the audit has built already; it reads the holdout alike, for the yardstick."""
    n = (real_moments.n, synthetic_moments.n)
    real, synthetic = (float(np.trace(side.scatter)) / side.n for side in (real_moments, synthetic_moments))
    if real == 0:
        return Reading(None, n, reason="no feature of the real samples varies")
    return Reading(float(np.sqrt(synthetic / real)), n)


@metric(
    reads=_spread_ratio,
    family="variety",
    direction="higher",
    bounds=(0.0, None),
    default=False,
    source="This example",
    meaning="How far samples spread in features, beside real ones.",
    misleads="Noise spreads far as well: read it with precision.",
    advice="Look for the columns that lost their tails.",
)
def spread_ratio(*, real: ArrayLike, synthetic: ArrayLike) -> float:
    """Spread of synthetic samples over that of real ones.

    Parameters
    ----------
    real, synthetic : array_like of shape (n, d)

    Returns
    -------
    float in [0, inf); higher is better.
    """
    return value_of(_spread_ratio, feature_sides(real, synthetic))


def table(n: int, seed: int, spread: float = 1.0) -> ak.Dataset:
    """Rows of three numbers."""
    return ak.load(pd.DataFrame(np.random.default_rng(seed).normal(0, spread, (n, 3)), columns=["x", "y", "z"]))


def main() -> None:
    """Judge samples that lie too near the middle."""
    audit = ak.audit(
        real=table(500, 0), synthetic=table(500, 1, spread=0.6), holdout=table(500, 2), metrics=["spread_ratio"]
    )
    print(audit.scores["spread_ratio"])
    Path("auditkit.toml").write_text(GATE, encoding="utf-8")
    for result in audit.check("auditkit.toml").failed:
        print(f"{result.name}: {result.sentence}")


if __name__ == "__main__":
    main()
