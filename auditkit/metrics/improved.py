"""Precision and recall as they are reported for images: three neighbours, and the rim of a ball belongs to it.

The readings are those of `manifold.py` with other defaults. Precision is the share of synthetic samples in real
balls, recall the share of real samples in synthetic balls; tables of before 2026 often have the two swapped.
"""

from __future__ import annotations

from numpy.typing import ArrayLike

from auditkit.metrics.arrays import feature_sides
from auditkit.metrics.manifold import Ties, read_precision, read_recall
from auditkit.metrics.registry import metric, value_of

__all__ = ["improved_precision", "improved_recall"]


@metric(
    reads=read_precision,
    family="realism",
    direction="higher",
    bounds=(0.0, 1.0),
    unit="share",
    default=False,
    sized_by=("real",),
    source="Kynkäänniemi et al. 2019, eq. 2-3 (precision)",
    meaning="The share of synthetic samples that lie where real samples lie, by the rule used for images.",
    misleads=(
        "One real outlier owns a huge ball; copies score 1; on tables, ties count inside, which is generous. Tables of "
        "torch-fidelity's numbers may have it swapped with recall."
    ),
    advice="Filter the samples outside the real manifold; train longer; lower the sampling temperature.",
)
def improved_precision(*, real: ArrayLike, synthetic: ArrayLike, k: int = 3, ties: Ties = "inclusive") -> float:
    """Share of synthetic samples inside or on the rim of the ball of some real sample.

    p(real, synthetic) = mean_j 1[ exists i: d(s_j, r_i) <= r_k(r_i) ].

    Parameters
    ----------
    real : array_like of shape (n, d)
    synthetic : array_like of shape (m, d)
    k : int, default 3
        Neighbours that set a ball's radius; 1 <= k < min(n, m).
    ties : {"strict", "inclusive", "half"}, default "inclusive"
        What a sample on the rim of a ball counts: 0, 1, or one half.

    Returns
    -------
    float in [0, 1]; higher is better. 1 on identical sets.

    Raises
    ------
    ShapeError, SampleSizeError

    Notes
    -----
    The numbers of torch-fidelity 0.4 (`prc_neighborhood=3`) in float64; its versions from git between May 2022 and
    February 2026 reported precision and recall under each other's names (torch-fidelity issue 58). On tables, where
    distances tie, the inclusive rule is generous and the strict one of `precision` is harsh: the share of samples
    that hang on a tie stands in the details of the score (`tie_rate`), and audits count a tie one half unless asked
    for `improved_precision[ties=inclusive]`. Depends on n and m: compare only equal sizes.
    O(n m d) time.

    References
    ----------
    Kynkäänniemi et al. 2019, "Improved Precision and Recall Metric for Assessing Generative Models", NeurIPS, eq. 2-3.

    Examples
    --------
    >>> improved_precision(real=[[0.0], [1.0], [3.0]], synthetic=[[2.0], [5.0], [9.0]], k=1)
    0.6666666666666666
    """
    return value_of(read_precision, feature_sides(real, synthetic), k=k, ties=ties)


@metric(
    reads=read_recall,
    family="variety",
    direction="higher",
    bounds=(0.0, 1.0),
    unit="share",
    default=False,
    source="Kynkäänniemi et al. 2019, eq. 2-3 (recall)",
    meaning="The share of real samples that lie where synthetic samples lie, by the rule used for images.",
    misleads=(
        "One synthetic outlier owns a huge ball and lifts it: read coverage beside it. Tables of torch-fidelity's "
        "numbers may have it swapped with precision."
    ),
    advice="Look for missing modes; sample at a higher temperature; train with more variety.",
)
def improved_recall(*, real: ArrayLike, synthetic: ArrayLike, k: int = 3, ties: Ties = "inclusive") -> float:
    """Share of real samples inside or on the rim of the ball of some synthetic sample.

    r(real, synthetic) = mean_i 1[ exists j: d(r_i, s_j) <= r_k(s_j) ].

    Parameters
    ----------
    real : array_like of shape (n, d)
    synthetic : array_like of shape (m, d)
    k : int, default 3
        Neighbours that set a ball's radius; 1 <= k < min(n, m).
    ties : {"strict", "inclusive", "half"}, default "inclusive"

    Returns
    -------
    float in [0, 1]; higher is better. 1 on identical sets.

    Raises
    ------
    ShapeError, SampleSizeError

    Notes
    -----
    One synthetic outlier has a huge ball and can lift it: read coverage beside it. See `improved_precision` for ties
    and for the years in which torch-fidelity reported the two under each other's names.

    References
    ----------
    Kynkäänniemi et al. 2019, "Improved Precision and Recall Metric for Assessing Generative Models", NeurIPS, eq. 2-3.

    Examples
    --------
    >>> improved_recall(real=[[0.0], [1.0], [3.0]], synthetic=[[2.0], [2.5], [2.6]], k=1)
    0.0
    """
    return value_of(read_recall, feature_sides(real, synthetic), k=k, ties=ties)
