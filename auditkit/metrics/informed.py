"""Is it realistic without being copied? The Fréchet distance, punished where samples point where real ones point.

It misleads: with the usual threshold it is either the Fréchet distance itself or explodes, and it looks at directions
only, so a scaled sample counts as a copy.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from auditkit.blocks import run_blocks, split_blocks
from auditkit.metrics.arrays import feature_sides
from auditkit.metrics.directions import unit_rows
from auditkit.metrics.frechet import distance_of_gaussians
from auditkit.metrics.gaussians import EPS, Gaussian
from auditkit.metrics.parameters import number, one_of
from auditkit.metrics.products import Side
from auditkit.metrics.registry import Reading, metric, value_of
from auditkit.metrics.sample_sizes import require_samples

__all__ = ["memorization_informed_frechet_distance"]

Variant = Literal["paper", "torchmetrics"]
# Rows whose cosines with all others are at hand at once, and how many others at a time: 16 MB.
ROWS, OTHERS = 512, 4096
# What torchmetrics adds to the cosine distance, and the Fréchet distance up to which it answers 0.
PEER_SHIFT, PEER_ZERO = 1e-14, 1e-8


def _memorization_informed_frechet_distance(
    real: Side,
    synthetic: Side,
    real_gaussian: Gaussian,
    synthetic_gaussian: Gaussian,
    *,
    epsilon: float,
    variant: Variant,
) -> Reading:
    number("epsilon", epsilon, above=0, most=1, give=0.1)
    one_of("variant", variant, Variant)
    n = (real_gaussian.n, synthetic_gaussian.n)
    name = "memorization_informed_frechet_distance"
    require_samples(name, 2, real=n[0], synthetic=n[1])
    as_peer = variant == "torchmetrics"
    lines = [_directions(side.features, by_sum=as_peer) for side in (real, synthetic)]
    if not all(map(len, lines)):
        empty = "real" if not len(lines[0]) else "synthetic"
        return Reading(None, n, f"{name} needs a row that is not zero in each set, `{empty}` has none.")
    frechet = run_blocks(lambda pair: distance_of_gaussians(*pair), [(real_gaussian, synthetic_gaussian)])[0]
    nearest = _nearest_cosine_distances(*(lines if as_peer else lines[::-1]))
    cosine = float(nearest.mean())
    factor = cosine if cosine < epsilon else 1.0
    details = {"frechet_distance": frechet, "cosine_distance": cosine, "thresholded": cosine >= epsilon}
    if as_peer:
        return Reading(frechet / (factor + PEER_SHIFT) if frechet > PEER_ZERO else 0.0, n, details=details)
    if factor <= 8 * EPS:
        reason = f"{name} is undefined: every synthetic sample points where a real one does, so all of them are copies."
        return Reading(None, n, reason, details=details)
    return Reading(frechet / factor, n, details=details)


@metric(
    reads=_memorization_informed_frechet_distance,
    family="realism",
    direction="lower",
    bounds=(0.0, None),
    default=False,
    source="Bai et al. 2021, memorization-informed Fréchet distance (MiFID)",
    meaning="How far the cloud of synthetic features lies from the real one, made larger where samples are copies.",
    misleads=(
        "The threshold makes it either the Fréchet distance itself or explode; only directions count, so a sample at "
        "another scale counts as a copy."
    ),
    advice="Where it is much larger than frechet_distance, read copy_excess and holdout_share; then train less.",
)
def memorization_informed_frechet_distance(
    *, real: ArrayLike, synthetic: ArrayLike, epsilon: float = 0.1, variant: Variant = "paper"
) -> float:
    """Fréchet distance over the mean cosine distance from a synthetic sample to its nearest real one.

    m(real, synthetic) = FD / D' with D = mean_j min_i (1 - |cos(s_j, r_i)|) and D' = D if D < epsilon, else 1.

    Parameters
    ----------
    real : array_like of shape (n, d)
        Features of the training samples, n >= 2.
    synthetic : array_like of shape (m, d)
        Features of synthetic samples by the same extractor, m >= 2.
    epsilon : float, default 0.1
        Mean cosine distance from which nothing counts as memorized; in (0, 1].
    variant : {"paper", "torchmetrics"}, default "paper"
        Whose definition: the paper's, or torchmetrics' (see Notes).

    Returns
    -------
    float in [0, inf); lower is better.

    Raises
    ------
    ShapeError
        If the numbers of features differ or a feature is not finite.
    SampleSizeError
        If a set has fewer than 2 samples.
    UndefinedError
        If a set has only zero rows, or every synthetic sample is a copy, where D is 0.
    UnknownNameError
        If the variant is unknown.

    Notes
    -----
    A perfect copy of the training set has distance 0 over 0: it has no value here, where torchmetrics answers 0, the
    best there is. torchmetrics also averages over the *real* rows the distance to the nearest synthetic one, adds
    1e-14 to it, answers 0 for every Fréchet distance up to 1e-8, and leaves out rows whose sum is 0;
    `variant="torchmetrics"` does the same. Here only zero rows are left out, as they point nowhere.

    Cosines are taken block by block in float64 and the nearest again from the difference of the two directions, so a
    near copy keeps its digits; O(n m d) time on top of the Fréchet distance, O(n + m) d memory. Biased upwards by
    O(1/n), as the Fréchet distance is.

    References
    ----------
    Bai et al. 2021, "On Training Sample Memorization: Lessons from Benchmarking Generative Modeling with a Large-scale
    Competition", KDD, arXiv:2106.03062, section 4.

    Examples
    --------
    >>> x = np.array([[4.0, 0.0], [0.0, 4.0], [4.0, 1.0], [1.0, 4.0]])
    >>> round(memorization_informed_frechet_distance(real=x, synthetic=x + [0.0, 1.0]), 3)
    160.354
    """
    sides = feature_sides(real, synthetic)
    return value_of(_memorization_informed_frechet_distance, sides, epsilon=epsilon, variant=variant)


def _directions(features: NDArray[np.floating[Any]], *, by_sum: bool) -> NDArray[np.float64]:
    """Rows of length 1, without those that point nowhere, or (`by_sum`) without those whose sum is 0."""
    rows = features.astype(np.float64)
    return unit_rows(rows[rows.sum(axis=1) != 0] if by_sum else rows[rows.any(axis=1)])


def _nearest_cosine_distances(rows: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 - |cos| from each row to the nearest of the others; both of length 1."""

    def nearest(block: slice) -> NDArray[np.float64]:
        part = rows[block]
        best, where = np.full(len(part), -1.0), np.zeros(len(part), np.intp)
        for columns in split_blocks(len(others), OTHERS):
            cosines = np.abs(part @ others[columns].T)
            place = cosines.argmax(axis=1)
            found = cosines[np.arange(len(part)), place]
            better = found > best
            best[better], where[better] = found[better], place[better] + columns.start
        # 1 - |cos| is half the squared distance, which does not cancel.
        match = others[where]
        sign = np.where(np.einsum("ij,ij->i", part, match) < 0, -1.0, 1.0)
        apart = part - sign[:, None] * match
        return np.asarray(0.5 * np.einsum("ij,ij->i", apart, apart))

    return np.concatenate(run_blocks(nearest, split_blocks(len(rows), ROWS)))
