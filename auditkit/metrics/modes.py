"""Is it varied? Which modes (classes) of the real data the synthetic data reach.

It misleads when the synthetic set is small: some modes are then missed by chance, so the expected number of modes
stands beside the value.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from auditkit.metrics.occupancy import Occupancy
from auditkit.metrics.registry import Reading, metric, value_of
from auditkit.metrics.shares import absences, joint_codes, label_sides

__all__ = ["missing_classes", "mode_coverage"]


def _mode_coverage(real_occupancy: Occupancy, synthetic_occupancy: Occupancy) -> Reading:
    real, synthetic = real_occupancy.labels, synthetic_occupancy.labels
    n = (real_occupancy.n, synthetic_occupancy.n)
    if real is None or synthetic is None:
        return Reading(None, n, "no label was declared, so there are no classes to cover.")
    modes = real > 0
    shares = real[modes] / real.sum()
    reached = synthetic[modes] > 0
    # Some modes are missed by chance alone: with m draws, class c is seen with 1 - (1 - p_c)^m.
    expected = float(np.mean(1.0 - (1.0 - shares) ** synthetic.sum()))
    missed = [real_occupancy.label_levels[code] for code in np.flatnonzero(modes & (synthetic == 0))]
    return Reading(float(reached.mean()), n, null=expected, details={"missed": missed})


def _missing_classes(real_occupancy: Occupancy, synthetic_occupancy: Occupancy) -> Reading:
    real, synthetic = real_occupancy.labels, synthetic_occupancy.labels
    n = (real_occupancy.n, synthetic_occupancy.n)
    if real is None or synthetic is None:
        return Reading(None, n, "no label was declared, so no class can be missing.")
    names = real_occupancy.label_levels
    return absences(zip(names, map(int, real), map(int, synthetic), strict=True), n)


@metric(
    reads=_missing_classes,
    family="variety",
    direction="lower",
    target=0.0,
    bounds=(0.0, None),
    unit="count",
    null=0.0,
    interval="none",
    by_group=False,
    asks=("label",),
    source="Fisher 1935: exact chance of absence given the counts, corrected for the number of classes",
    meaning="Classes of the real data that are absent from the synthetic data beyond what chance explains.",
    advice="Condition the generator on the class, or oversample the missed classes when training it.",
)
def missing_classes(*, real: ArrayLike, synthetic: ArrayLike) -> float:
    """Number of real classes that no synthetic sample belongs to, where chance cannot explain it.

    Parameters
    ----------
    real : array_like of shape (n,)
        Classes of the real samples.
    synthetic : array_like of shape (m,)
        Classes of the synthetic samples, given or predicted.

    Returns
    -------
    float, a whole number; 0 is best.

    Notes
    -----
    A rare class that is lost moves no rate by much: this sees it where its k real samples could not all have fallen
    on the real side by chance, (n / (n + m))^k below 0.01 over the number of classes.

    References
    ----------
    Fisher 1935, "The Logic of Inductive Inference", Journal of the Royal Statistical Society 98.

    Examples
    --------
    >>> missing_classes(real=["ok"] * 980 + ["fraud"] * 20, synthetic=["ok"] * 1000)
    1.0
    """
    first, second, levels = joint_codes(real, synthetic)
    return value_of(_missing_classes, label_sides(first, second, levels))


@metric(
    reads=_mode_coverage,
    family="variety",
    direction="higher",
    bounds=(0.0, 1.0),
    unit="share",
    interval="none",
    by_group=False,
    asks=("label",),
    source="Srivastava et al. 2017 (VEEGAN); Lin et al. 2018 (PacGAN)",
    meaning="The share of real classes that occur in the synthetic data at all.",
    advice="Condition the generator on the class, or oversample the missed classes when training it.",
)
def mode_coverage(*, real: ArrayLike, synthetic: ArrayLike) -> float:
    """Share of the real classes that at least one synthetic sample belongs to.

    Parameters
    ----------
    real : array_like of shape (n,)
        Classes of the real samples.
    synthetic : array_like of shape (m,)
        Classes of the synthetic samples, given or predicted.

    Returns
    -------
    float in [0, 1]; higher is better.

    Notes
    -----
    An audit shows beside it what m draws with the real shares reach: the mean of 1 - (1 - p_c)^m.

    References
    ----------
    Lin et al. 2018, "PacGAN: The Power of Two Samples in Generative Adversarial Networks", NeurIPS.

    Examples
    --------
    >>> mode_coverage(real=["a", "b", "c", "d"], synthetic=["a", "b", "b", "c"])
    0.75
    """
    first, second, levels = joint_codes(real, synthetic)
    return value_of(_mode_coverage, label_sides(first, second, levels))
