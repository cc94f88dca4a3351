"""How typical is each synthetic sample? One number per sample, from the balls around real samples.

Realism says how far inside the dense part of the real data a sample lies, rarity how empty its surroundings are. They
are made for sorting samples and for looking at both ends. As a score of a set stands the median, which means little
without the yardstick: both depend on the number of real samples, and rarity on the unit of the features.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from auditkit.errors import AuditkitError
from auditkit.metrics.arrays import feature_sides
from auditkit.metrics.crossing import Crossing
from auditkit.metrics.crossing import crossing as cross
from auditkit.metrics.neighbours import Neighbours, Points
from auditkit.metrics.registry import Reading, evaluate, metric

__all__ = ["rarity", "realism"]


def _realism(
    crossing: Crossing,
    real_points: Points,
    synthetic_points: Points,
    real_neighbours: Neighbours,
    synthetic_neighbours: Neighbours,
    *,
    k: int,
) -> Reading:
    crossing.require(k)
    if crossing.realism_k != k:
        crossing = cross(
            real_points,
            synthetic_points,
            real_neighbours=real_neighbours,
            synthetic_neighbours=synthetic_neighbours,
            k=k,
            realism_k=k,
        )
    each = crossing.realism[synthetic_points.inverse]
    n, on_centre = (len(real_points), len(each)), int(np.isinf(each).sum())
    details = {"inside": float((each >= 1.0).mean()), "on_centre": on_centre / len(each)}
    median = float(np.median(each))
    if not np.isfinite(median):
        reason = (
            f"realism has no finite median, for {on_centre} of {len(each)} synthetic samples equal a typical real "
            "one: read identical_match_share."
        )
        return Reading(None, n, reason, contributions=each, details=details)
    return Reading(median, n, contributions=each, details=details)


def _rarity(crossing: Crossing, real_points: Points, synthetic_points: Points, *, k: int) -> Reading:
    radius = crossing.smallest_radius(k, tied=True)[synthetic_points.inverse]
    inside = np.isfinite(radius)
    each = np.where(inside, radius, np.nan)
    n, details = (len(real_points), len(each)), {"outside": float((~inside).mean())}
    if not inside.any():
        reason = f"rarity is not defined outside the balls of real samples, where all {len(each)} synthetic ones lie."
        return Reading(None, n, reason, contributions=each, details=details)
    return Reading(float(np.median(each[inside])), n, contributions=each, details=details)


def _per_sample(reading: Reading) -> NDArray[np.float64]:
    if reading.contributions is None:
        raise AuditkitError("this reading has no value per sample: read its score instead.")
    return reading.contributions


@metric(
    reads=_realism,
    family="realism",
    direction="match",
    bounds=(0.0, None),
    unit="ratio",
    default=False,
    source="Kynkäänniemi et al. 2019, section 5 (realism score)",
    meaning="How far inside the dense part of the real data the median synthetic sample lies; 1 is its edge.",
    misleads=(
        "It depends on the number of real samples, so a value means nothing without the yardstick; a sample equal to a "
        "real one is infinitely realistic."
    ),
    advice="Below the yardstick: drop the least realistic samples. Above it: the samples are too typical, add variety.",
)
def realism(*, real: ArrayLike, synthetic: ArrayLike, k: int = 3) -> NDArray[np.float64]:
    """How realistic each synthetic sample is, against the smaller half of the real balls.

    R(s) = max_i r_k(r_i) / d(s, r_i) over the real samples i with r_k(r_i) <= median(r_k).

    Parameters
    ----------
    real : array_like of shape (n, d)
    synthetic : array_like of shape (m, d)
    k : int, default 3
        Neighbours that set a ball's radius; 1 <= k < min(n, m).

    Returns
    -------
    ndarray of shape (m,) in [0, inf]; at least 1 inside or on the rim of one of those balls. Higher is more typical,
    and the median nearest to that of fresh real samples is best.

    Raises
    ------
    ShapeError, SampleSizeError

    Notes
    -----
    Infinite where a synthetic sample equals a real one whose ball is among those; 1 where that ball has no extent,
    for a real sample with more than k copies. kynkaat's code returns the square of this with 1e-5 added to the squared
    distance, dgm-eval takes k = 5 and leaves out the balls as large as the median. As a score: the median over the
    samples, undefined where that is infinite. O(n m d) time, and once more for k other than 3.

    References
    ----------
    Kynkäänniemi et al. 2019, "Improved Precision and Recall Metric for Assessing Generative Models", NeurIPS,
    section 5.

    Examples
    --------
    >>> realism(real=[[0.0], [1.0], [2.0], [5.0]], synthetic=[[1.5], [4.0], [1.0]], k=1).tolist()
    [2.0, 0.5, inf]
    """
    return _per_sample(evaluate(_realism, feature_sides(real, synthetic), k=k))


@metric(
    reads=_rarity,
    family="variety",
    direction="match",
    bounds=(0.0, None),
    unit="feature units",
    default=False,
    source="Han et al. 2023, section 3 (rarity score)",
    meaning="How empty the surroundings of the median synthetic sample are in the real data.",
    misleads=(
        "Noise outside every real ball is left out, not called rare; the value is in the features' own unit, so "
        "another embedder gives another number."
    ),
    advice="Below the yardstick: the generator avoids what is rare; sample at a higher temperature, balance the data.",
)
def rarity(*, real: ArrayLike, synthetic: ArrayLike, k: int = 3) -> NDArray[np.float64]:
    """How rare each synthetic sample is: the radius of the smallest real ball that holds it.

    rarity(s) = min { r_k(r_i) : d(s, r_i) <= r_k(r_i) }.

    Parameters
    ----------
    real : array_like of shape (n, d)
    synthetic : array_like of shape (m, d)
    k : int, default 3
        Neighbours that set a ball's radius; 1 <= k < min(n, m).

    Returns
    -------
    ndarray of shape (m,) in [0, inf), in units of the features, NaN outside all real balls. Higher is rarer, and the
    median nearest to that of fresh real samples is best.

    Raises
    ------
    ShapeError, SampleSizeError

    Notes
    -----
    Outside the balls nothing is known about rarity, and NaN says so; the authors' code has 0 there, the value of the
    most common samples, and leaves out the rim. As a score: the median over the samples inside, with the share of the
    others in its details (`outside`). O(n m d) time.

    References
    ----------
    Han et al. 2023, "Rarity Score: A New Metric to Evaluate the Uncommonness of Synthesized Images", ICLR, section 3.

    Examples
    --------
    >>> rarity(real=[[0.0], [1.0], [3.0], [7.0]], synthetic=[[0.5], [2.5], [5.5], [20.0]], k=1).tolist()
    [1.0, 2.0, 4.0, nan]
    """
    return _per_sample(evaluate(_rarity, feature_sides(real, synthetic), k=k))
