"""Is it varied? How many samples that have nothing in common would be as varied as these.

It needs no reference and so cannot say whether the variety is the right one: noise raises it, and a set of few perfect
samples may have less than the data. It is bounded by the number of features; read it beside the holdout's.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from auditkit.blocks import run_blocks, single_threaded, split_blocks
from auditkit.errors import ShapeError
from auditkit.metrics.arrays import feature_side
from auditkit.metrics.directions import lacking_direction, unit_rows
from auditkit.metrics.parameters import number, one_of
from auditkit.metrics.products import Side
from auditkit.metrics.registry import Reading, metric, value_of

__all__ = ["vendi_score"]

Double = NDArray[np.float64]
Kernel = Literal["cosine", "precomputed"]
BLOCK = 1024
# How far a similarity may be from symmetry and from 1 on its diagonal.
SLACK = 1e-6


def _vendi_score(synthetic: Side, *, q: float | str, kernel: Kernel) -> Reading:
    order, n = _order(q), (0, len(synthetic))
    one_of("kernel", kernel, Kernel)
    if kernel == "cosine" and (reason := lacking_direction(synthetic)):
        return Reading(None, n, reason)
    with single_threaded():
        similarity = _similarity(synthetic.features) if kernel == "cosine" else _given(synthetic)
        if order == 2 and kernel == "cosine":  # noqa: PLR2004
            # The squares of the eigenvalues sum to those of the entries.
            value = 1.0 / float(np.einsum("ij,ij->", similarity, similarity))
        else:
            value = _effective_number(_eigenvalues(similarity, synthetic.name), order)
    return Reading(max(1.0, value), n)


def _order(q: object) -> float:
    if isinstance(q, str | float | np.floating) and q in ("inf", math.inf):
        return math.inf
    return number("q", q, above=0, give=1)


def _similarity(features: NDArray[np.floating[Any]]) -> Double:
    """X X^T / n of unit rows, or X^T X / n where that is smaller: both have the same eigenvalues but for zeros."""
    n, d = features.shape
    if n <= d:
        rows = unit_rows(features)
        return np.asarray(rows @ rows.T / n)

    def products(block: slice) -> Double:
        rows = unit_rows(features[block])
        return np.asarray(rows.T @ rows)

    blocks = run_blocks(products, split_blocks(n, BLOCK))
    total = blocks[0]
    for block in blocks[1:]:
        total += block
    return np.asarray(total / n)


def _given(side: Side) -> Double:
    similarity = np.asarray(side.features, np.float64)
    if similarity.shape[0] != similarity.shape[1]:
        raise ShapeError(f"`{side.name}` must be a square matrix of similarities, got shape {similarity.shape}.")
    odd = max(float(np.abs(similarity - similarity.T).max()), float(np.abs(np.diagonal(similarity) - 1.0).max()))
    if odd > SLACK:
        raise ShapeError(
            f"`{side.name}` must be symmetric with ones on its diagonal, and is off by {odd:.3g}: give similarities of "
            "the samples, or features with kernel='cosine'."
        )
    return similarity / len(similarity)


def _eigenvalues(similarity: Double, name: str) -> Double:
    """Eigenvalues above rounding, scaled to sum to 1, the largest first."""
    values = np.linalg.eigvalsh(similarity)[::-1]
    if values[-1] < -SLACK:
        raise ShapeError(
            f"`{name}` has an eigenvalue of {len(values) * values[-1]:.3g}, so it holds no similarities of samples: "
            "give a positive semi-definite matrix, or features with kernel='cosine'."
        )
    kept = values[values > len(values) * float(np.finfo(np.float64).eps) * values[0]]
    return np.asarray(kept / kept.sum())


def _effective_number(shares: Double, order: float) -> float:
    """Exponential of the Renyi entropy of some order."""
    logs = np.log(shares)
    if math.isinf(order):
        return float(1.0 / shares[0])
    if order == 1:
        return math.exp(-float(shares @ logs))
    if abs(order - 1.0) < 0.5:  # noqa: PLR2004 - near 1 the sum of the powers is near 1, and its digits are lost
        return math.exp(math.log1p(float(shares @ np.expm1((order - 1.0) * logs))) / (1.0 - order))
    # Over the largest, whose powers would leave the range of float64.
    powers = float(np.exp(order * (logs - logs[0])).sum())
    return math.exp((order * float(logs[0]) + math.log(powers)) / (1.0 - order))


@metric(
    reads=_vendi_score,
    family="variety",
    direction="match",
    bounds=(1.0, None),
    unit="samples",
    default=False,
    source="Friedman and Dieng 2023, definition 3.1; Pasarkar and Dieng 2024 (other orders)",
    meaning="How many samples without anything in common would be as varied as the synthetic ones.",
    misleads=(
        "It has no reference: noise raises it too, and it cannot exceed the number of features. More is better only up "
        "to the yardstick, with precision beside it."
    ),
    advice="Below the yardstick: find what repeats, add variety. Above it: look for noise, with precision beside it.",
)
def vendi_score(*, features: ArrayLike, q: float | str = 1, kernel: Kernel = "cosine") -> float:
    """Effective number of distinct samples in a set.

    v(features) = exp( H_q(lambda) ), H_q the Renyi entropy of order q of the eigenvalues lambda of K / n, and K_ij the
    cosine of samples i and j. H_1 = -sum lambda log lambda, H_q = log(sum lambda^q) / (1 - q), H_inf = -log max lambda.

    Parameters
    ----------
    features : array_like of shape (n, d)
        One set; with `kernel="precomputed"` its similarities, of shape (n, n).
    q : float or "inf", default 1
        Order, from above 0 to infinity, also as a word ("inf"). Small orders count rare samples more.
    kernel : {"cosine", "precomputed"}, default "cosine"
        Cosines of the features, or a symmetric positive semi-definite matrix with ones on its diagonal.

    Returns
    -------
    float in [1, min(n, d)]; nearest to the holdout's is best. 1 where all samples point the same way.

    Raises
    ------
    ShapeError
        If a feature is not finite, or given similarities are not symmetric with ones on the diagonal or have an
        eigenvalue below 0.
    UndefinedError
        If rows have length 0, which have no cosine.

    Notes
    -----
    An audit reads it on the synthetic set, with the holdout of equal size as yardstick. More is not simply better:
    noise raises it too, so its direction is to match.

    Only the eigenvalues of X^T X / n are taken where d < n, of X X^T / n elsewhere; order 2 needs none, its entropy
    follows from the entries (given similarities are decomposed all the same, to see that they are some). Values below
    rounding are dropped. The vendi-score package agrees in `score_dual`; its
    `score_X` always works with n x n similarities and ignores q. O(n d min(n, d) + min(n, d)^3) time; no cubic term
    for q = 2.

    References
    ----------
    Friedman and Dieng 2023, "The Vendi Score: A Diversity Evaluation Metric for Machine Learning", TMLR, definition
    3.1. Pasarkar and Dieng 2024, "Cousins of the Vendi Score", AISTATS.

    Examples
    --------
    >>> round(vendi_score(features=np.eye(4)), 9), round(vendi_score(features=np.ones((4, 2)), q=2), 9)
    (4.0, 1.0)
    """
    return value_of(_vendi_score, {"synthetic": feature_side(features, "features")}, q=q, kernel=kernel)
