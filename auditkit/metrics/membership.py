"""Can one tell who was in the training set? An attack that knows only the synthetic data.

It looks for records that lie nearer to the synthetic set than records of their kind should. Its success against
training records is compared with its success against fresh ones; that it fails proves nothing about stronger attacks.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from auditkit.metrics.arrays import feature_sides
from auditkit.metrics.crossing import Crossing
from auditkit.metrics.fresh import FreshDistances
from auditkit.metrics.mixed_space import mixed_membership
from auditkit.metrics.neighbours import FloatArray, Neighbours, Points
from auditkit.metrics.parameters import one_of
from auditkit.metrics.ranks import area_interval, area_under_curve, null_error, with_ties
from auditkit.metrics.registry import Reading, defined, metric, value_of
from auditkit.metrics.spaces import Space, is_mixed

__all__ = ["membership_inference"]

Attack = Literal["density_ratio", "distance"]
FALSE_POSITIVE_RATE = 0.01


def _membership_inference(
    crossing: Crossing,
    holdout_crossing: Crossing,
    fresh_distances: FreshDistances,
    real_neighbours: Neighbours,
    holdout_neighbours: Neighbours,
    real_points: Points,
    holdout_points: Points,
    synthetic_points: Points,
    *,
    attack: Attack,
) -> Reading:
    members = crossing.nearest_synthetic_squared
    strangers = holdout_crossing.nearest_synthetic_squared
    if attack == "density_ratio":
        members = relative_distance(
            members, np.minimum(real_neighbours.squared_radius(1), fresh_distances.real_squared)
        )
        strangers = relative_distance(
            strangers, np.minimum(holdout_neighbours.squared_radius(1), fresh_distances.holdout_squared)
        )
    return attack_reading(
        members[real_points.inverse],
        strangers[holdout_points.inverse],
        n_synthetic=len(synthetic_points),
        attack=attack,
    )


def attack_reading(members: FloatArray, strangers: FloatArray, *, n_synthetic: int, attack: Attack) -> Reading:
    """How well small distances tell members from strangers.

    Parameters
    ----------
    members : ndarray of shape (n,), float64
        What is small where a training record looks like one.
    strangers : ndarray of shape (h,), float64
        The same of fresh records.
    n_synthetic : int
    attack : {"density_ratio", "distance"}

    Returns
    -------
    Reading

    Raises
    ------
    UnknownNameError
        If there is no such attack.
    """
    one_of("attack", attack, Attack)
    # The nearer to the synthetic set, the more a record looks like a member.
    scores = -with_ties(np.concatenate([members, strangers]))
    is_member = np.arange(len(scores)) < len(members)
    found = area_under_curve(scores, is_member)
    n = (len(members), n_synthetic)
    if found is None:
        return Reading(None, n, f"an attack takes 2 records of each kind, got {n[0]} real and {len(strangers)} fresh.")
    value, error = found
    return Reading(
        value,
        n,
        interval=area_interval(value, error, min(n[0], len(strangers))),
        method="delong",
        spread={"kind": "normal", "se": null_error(scores, is_member)},
        details={
            "true_positive_rate": _true_positive_rate(scores, is_member),
            "at_false_positive_rate": FALSE_POSITIVE_RATE,
        },
    )


def relative_distance(distances: FloatArray, real: FloatArray) -> FloatArray:
    """Distance to the synthetic set over that to the nearest other real record, member or not.

    That `real` takes both kinds of records alike is what makes it fair: no label is in it.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = distances / real
    # A record that equals another real one and a synthetic one is as near to either.
    return np.where((distances == 0) & (real == 0), 1.0, ratio)


def _true_positive_rate(scores: NDArray[np.float64], is_member: NDArray[np.bool_]) -> float:
    """Share of members above a threshold that at most one in a hundred strangers passes."""
    strangers = np.sort(scores[~is_member])[::-1]
    allowed = int(FALSE_POSITIVE_RATE * len(strangers))
    return float((scores[is_member] > strangers[allowed]).mean())


@metric(
    reads=_membership_inference,
    family="copying",
    direction="lower",
    bounds=(0.0, 1.0),
    unit="area under the curve",
    null=0.5,
    interval="reading",
    default=False,
    source="Hilprecht et al. 2019, section 4; van Breugel et al. 2023, equation 2 (DOMIAS), with nearest neighbours",
    meaning="How well closeness to the synthetic set tells training records from fresh ones: 0.5 not at all, 1 always.",
    misleads=(
        "That this attack fails proves nothing about stronger ones, and an area near 0.5 may hide a few records that "
        "are given away: see the details."
    ),
    advice="Train for fewer steps, with more data or with differential privacy; do not publish the set as anonymous.",
    mixed=mixed_membership,
)
def membership_inference(
    *, real: Any, synthetic: Any, holdout: Any, attack: Attack = "density_ratio", space: Space = "features"
) -> float:
    """Area under the ROC curve of an attack that guesses from the synthetic set who was in the training set.

    The attack scores a record x with d(x, nearest real record but itself) / d(x, nearest synthetic sample), the d-th
    root of a nearest-neighbour estimate of p_synthetic(x) / p_real(x). Of scores a_i of members and b_l of strangers
    the area is mean_il ( 1[a_i > b_l] + 1[a_i = b_l] / 2 ).

    Parameters
    ----------
    real : array_like of shape (n, d)
        Training records: the members.
    synthetic : array_like of shape (m, d)
    holdout : array_like of shape (h, d)
        Real records that the generator never saw: the strangers.
    attack : {"density_ratio", "distance"}, default "density_ratio"
        `"distance"` scores with -d(x, nearest synthetic sample) alone, which is weaker where density varies.
    space : {"features", "mixed"}, default "features"
        With `"mixed"` the sets are tables and distances are those of `distance_to_closest_record`, on the ranges of
        both real sets.

    Returns
    -------
    float in [0, 1]; lower is better, 0.5 is chance.

    Raises
    ------
    ShapeError, SampleSizeError, DataError, UnknownNameError

    Notes
    -----
    The real density is estimated from members and strangers together, each record left out of its own estimate, so
    that the score holds no label: of a generator that took nothing from single records it is 0.5 in the mean, with
    the variance of the Mann-Whitney test, ties corrected. The interval is DeLong's. Its details hold the share of
    members found where at most 1 % of strangers are accused (Carlini et al. 2022): an area near 0.5 may hide that some
    records are given away. DOMIAS takes an own reference set and Gaussian kernels; k is 1 here.

    References
    ----------
    Hilprecht, Härterich and Bernau 2019, "Monte Carlo and Reconstruction Membership Inference Attacks against
    Generative Models", PoPETs.
    van Breugel et al. 2023, "Membership Inference Attacks against Synthetic Data through Overfitting Detection",
    AISTATS, equation 2.
    Carlini et al. 2022, "Membership Inference Attacks From First Principles", IEEE S&P, section 3.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> real, holdout = rng.normal(size=(100, 2)), rng.normal(size=(100, 2))
    >>> membership_inference(real=real, synthetic=real, holdout=holdout)
    1.0
    >>> 0.4 < membership_inference(real=real, synthetic=rng.normal(size=(100, 2)), holdout=holdout) < 0.6
    True
    """
    if is_mixed(space):
        from auditkit.metrics.tables.members import mixed_suspicion  # noqa: PLC0415 - needs pandas

        return defined(mixed_suspicion(real=real, synthetic=synthetic, holdout=holdout, attack=attack).reading)
    return value_of(_membership_inference, feature_sides(real, synthetic, holdout=holdout), attack=attack)
