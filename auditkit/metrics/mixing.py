"""Do real and synthetic samples mix? Whether the nearest neighbour of a sample comes from its own set.

Where both sets have one distribution it does so by chance. Where it always does, the sets lie apart; where it never
does, each sample sits on one of the other set, as copies do.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from auditkit.metrics.arrays import feature_sides
from auditkit.metrics.crossing import Crossing
from auditkit.metrics.neighbours import Neighbours, Points
from auditkit.metrics.registry import Reading, metric, value_of
from auditkit.metrics.tiles import tied

__all__ = ["nearest_neighbour_accuracy"]


def _nearest_neighbour_accuracy(
    crossing: Crossing,
    real_neighbours: Neighbours,
    synthetic_neighbours: Neighbours,
    real_points: Points,
    synthetic_points: Points,
) -> Reading:
    of_real = _votes(real_neighbours.squared_radius(1), crossing.nearest_synthetic_squared)
    of_synthetic = _votes(synthetic_neighbours.squared_radius(1), crossing.nearest_real_squared)
    shares = [points.mean(votes) for votes, points in ((of_real, real_points), (of_synthetic, synthetic_points))]
    return Reading(
        sum(shares) / 2.0,
        (len(real_points), len(synthetic_points)),
        contributions=of_synthetic[synthetic_points.inverse],
        details={"real": shares[0], "synthetic": shares[1]},
    )


def _votes(own: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 where the nearest neighbour is of the own set, 0 where of the other, one half where both are as near."""
    return np.where(tied(own, other), 0.5, own < other)


@metric(
    reads=_nearest_neighbour_accuracy,
    family="detection",
    direction="match",
    bounds=(0.0, 1.0),
    null=0.5,
    unit="share",
    default=False,
    source="Lopez-Paz and Oquab 2017, section 3; Xu et al. 2018, section 2 (1-nearest-neighbour)",
    meaning="How often the nearest neighbour of a sample is of its own set, real or synthetic; 0.5 is chance.",
    misleads=(
        "Collapse above 0.5 and copies below it cancel to a perfect 0.5: read the two halves in the details. In many "
        "dimensions it sees less than a classifier."
    ),
    advice="Above: find what sets the sets apart. Below: samples sit on training records, so read the copying metrics.",
)
def nearest_neighbour_accuracy(*, real: ArrayLike, synthetic: ArrayLike) -> float:
    """Accuracy of guessing a sample's set from its nearest neighbour, itself left out.

    a(real, synthetic) = (1/2) mean_i 1[ r_1(r_i) < d(r_i, S) ] + (1/2) mean_j 1[ r_1(s_j) < d(s_j, R) ], with r_1
    the distance to the nearest other sample of the own set.

    Parameters
    ----------
    real : array_like of shape (n, d)
        At least two samples.
    synthetic : array_like of shape (m, d)
        At least two samples.

    Returns
    -------
    float in [0, 1]; nearest to that of fresh real samples is best, about 0.5. 1 for sets that lie apart, 0 for copies.

    Raises
    ------
    ShapeError, SampleSizeError

    Notes
    -----
    A sample is left out by its index, so a twin in its own set is a neighbour like others. A neighbour of either set
    at the same distance counts one half: identical sets score 0 where no sample repeats, and one half of the share of
    samples that do. The mean of both accuracies is 0.5 by chance at any sizes, up to 1 / (2 (n + m - 1)) below it;
    each alone stands in the details. data-copying's `NN_test` takes the second neighbour among all, which may be the
    sample itself where there are copies. Clusters hide each other: in high dimensions it sees less than a classifier.
    O((n + m)^2 d) time.

    References
    ----------
    Lopez-Paz and Oquab 2017, "Revisiting Classifier Two-Sample Tests", ICLR, section 3.
    Xu et al. 2018, "An Empirical Study on Evaluation Metrics of Generative Adversarial Networks", section 2.

    Examples
    --------
    >>> nearest_neighbour_accuracy(real=[[0.0], [1.0], [2.0]], synthetic=[[9.0], [9.5], [2.1]])
    0.6666666666666666
    """
    return value_of(_nearest_neighbour_accuracy, feature_sides(real, synthetic))
